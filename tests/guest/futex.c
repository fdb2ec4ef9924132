/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>

static volatile uint32_t w[4];
static volatile int woken, waiting;

static long fut(volatile void *a, int op, uint32_t v, void *t, volatile void *b, uint32_t v3)
{
	return syscall(SYS_futex, a, op, v, t, b, v3);
}

static void *waiter(void *arg)
{
	uint32_t bits = (uint32_t)(long)arg;

	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	long r = bits ? fut(&w[0], FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, bits) : fut(&w[0], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
	return (void *)r;
}

/* Wakes until so many have been: they may not sleep yet. */
static long wake_all(int want, int op, uint32_t bits, volatile void *a)
{
	long sum = 0;

	wait_for((sum += fut(a, op, INT_MAX, NULL, NULL, bits)) >= want);
	return sum;
}

int main(void)
{
	struct timespec ts = { 0, 20000000 };
	pthread_t t[10];
	double was;

	check_errno(fut(&w[0], FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN, "another value");
	check_errno(fut(&w[0], FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT, "a timeout");
	was = now();
	check_errno(fut(&w[0], FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT, "a private one");
	check(now() - was >= 0.019, "is waited for");
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec -= 1;
	check_errno(fut(&w[0], FUTEX_WAIT_BITSET, 0, &ts, NULL, 1), ETIMEDOUT, "an absolute time in the past");
	ts = (struct timespec){ 1, 0 };
	check_errno(fut(&w[0], FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 1), ETIMEDOUT, "by the real clock");
	check_errno(fut(&w[0], FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL, "an empty bitset");
	check_errno(fut(&w[0], FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL, "to wake");
	check_errno(fut((char *)w + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL, "not aligned");
	check_errno(fut((char *)w + 1, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL, "wake, not aligned");
	check_errno(fut(null_ptr, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT, "NULL");
	check_errno(fut((void *)((uintptr_t)kernel_ptr), FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT, "in the kernel");
	check_errno(fut(&w[0], FUTEX_WAIT, 0, (void *)low_ptr, NULL, 0), EFAULT, "wild time");
	ts = (struct timespec){ 0, 1000000000 };
	check_errno(fut(&w[0], FUTEX_WAIT, 0, &ts, NULL, 0), EINVAL, "too many nanoseconds");
	ts = (struct timespec){ -1, 0 };
	check_errno(fut(&w[0], FUTEX_WAIT, 0, &ts, NULL, 0), EINVAL, "negative time");
	check_errno(fut(&w[0], 77, 0, NULL, NULL, 0), ENOSYS, "unknown operation");
	check_errno(fut(&w[0], FUTEX_FD, 0, NULL, NULL, 0), ENOSYS, "FUTEX_FD");
	check_is(fut(&w[0], FUTEX_WAKE, 1, NULL, NULL, 0), 0, "nobody to wake");
	check_errno(fut(&w[0], FUTEX_CMP_REQUEUE, 1, (void *)1, &w[1], 5), EAGAIN, "CMP_REQUEUE of another value");
	check_errno(fut(&w[0], FUTEX_CMP_REQUEUE, -1, (void *)1, &w[1], 0), EINVAL, "CMP_REQUEUE of -1");

	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, waiter, NULL);
	check_is(wake_all(5, FUTEX_WAKE_PRIVATE, 0, &w[0]), 5, "five are woken");
	for (int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	check_is(woken, 5, "each once");
	woken = waiting = 0;
	for (long i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, waiter, (void *)(1l << (i & 1)));
	check_is(wake_all(2, FUTEX_WAKE_BITSET_PRIVATE, 2, &w[0]), 2, "those of one bit");
	wait_for(woken == 2);
	check_is(woken, 2, "only they");
	check_is(wake_all(2, FUTEX_WAKE_BITSET_PRIVATE, 1, &w[0]), 2, "those of the other");
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	/* Requeue: one is woken, the others wait on the other word. */
	woken = waiting = 0;
	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, waiter, NULL);
	long moved = 0;
	wait_for(waiting == 5);
	/* Move all of them without waking any; late ones follow. */
	wait_for((moved += fut(&w[0], FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)100, &w[1], 0)) >= 5);
	check_is(moved, 5, "five are requeued");
	check_is(fut(&w[0], FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0), 0, "nobody is left at the first word");
	check_is(woken, 0, "nobody was woken");
	check_is(fut(&w[1], FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0), 2, "two at the second");
	check_is(fut(&w[1], FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0), 3, "then three");
	for (int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	/* WAKE_OP */
	w[2] = 5;
	check_is(fut(&w[0], FUTEX_WAKE_OP, 1, (void *)1, &w[2], FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)), 0, "WAKE_OP");
	check_is(w[2], 8, "has added");
	fut(&w[0], FUTEX_WAKE_OP, 1, (void *)1, &w[2], FUTEX_OP(FUTEX_OP_ANDN, 8, FUTEX_OP_CMP_EQ, 5));
	check_is(w[2], 0, "ANDN");
	fut(&w[0], FUTEX_WAKE_OP, 1, (void *)1, &w[2], FUTEX_OP((FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_EQ, 5));
	check_is(w[2], 16, "SET of a shifted bit");
	check_errno(fut(&w[0], FUTEX_WAKE_OP, 1, (void *)1, low_ptr, 0), EFAULT, "WAKE_OP at a wild place");
	check_errno(fut(&w[0], FUTEX_WAKE_OP, 1, (void *)1, &w[2], 0x7fffffff), ENOSYS, "unknown operation in it");
	/* Shared between processes, by file and by anonymous page. */
	int fd = file("f", "");
	need(ftruncate(fd, 4096) == 0);
	for (int k = 0; k < 2; k++) {
		volatile uint32_t *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, k ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, k ? fd : -1, 0);
		pid_t pid = fork();
		if (pid == 0) {
			if (k) /* another mapping of the same file */
				s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			_exit(fut(s, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 0 : 1);
		}
		int st;
		check_is(wake_all(1, FUTEX_WAKE, 0, s), 1, "a child waits on a shared %s", k ? "file" : "page");
		waitpid(pid, &st, 0);
		check(exited(st, 0), "and is woken");
	}
	return done();
}
