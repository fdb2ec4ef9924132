/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/futex.h>
#include <pthread.h>

static pthread_mutex_t *m;
static pthread_barrier_t bar;

static void *dies_with_it(void *arg UNUSED)
{
	pthread_mutex_lock(m);
	pthread_barrier_wait(&bar);
	return NULL;
}

int main(void)
{
	pthread_mutexattr_t a;
	pthread_t t;
	int st, p[2];
	char c;

	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	need(pthread_mutex_init(m, &a) == 0);
	check(exited(in_child(pthread_mutex_lock(m)), 0), "a child ends with the mutex");
	check_is(pthread_mutex_lock(m), EOWNERDEAD, "EOWNERDEAD");
	check_is(pthread_mutex_consistent(m), 0, "is made consistent");
	check_is(pthread_mutex_unlock(m), 0, "unlock");
	check_is(pthread_mutex_lock(m), 0, "and lock");
	pthread_mutex_unlock(m);
	/* Killed while it holds it and another waits. */
	need(pipe(p) == 0);
	pid_t holder = fork();
	if (holder == 0) {
		pthread_mutex_lock(m);
		write(p[1], "x", 1);
		for (;;)
			pause();
	}
	read(p[0], &c, 1);
	pid_t waiter = fork();
	if (waiter == 0)
		_exit(pthread_mutex_lock(m) == EOWNERDEAD ? 0 : 1);
	check_is(pthread_mutex_trylock(m), EBUSY, "it is held");
	ms(10);
	kill(holder, SIGKILL);
	waitpid(holder, &st, 0);
	need(waitpid(waiter, &st, 0) == waiter);
	check(exited(st, 0), "a waiter is woken by the death");
	check_is(pthread_mutex_lock(m), EOWNERDEAD, "and its own death goes on");
	check_is(pthread_mutex_unlock(m), 0, "unlock without making it consistent");
	check_is(pthread_mutex_lock(m), ENOTRECOVERABLE, "ENOTRECOVERABLE");
	need(pthread_mutex_init(m, &a) == 0);
	pthread_barrier_init(&bar, NULL, 2);
	pthread_create(&t, NULL, dies_with_it, NULL);
	pthread_barrier_wait(&bar);
	pthread_join(t, NULL);
	check_is(pthread_mutex_lock(m), EOWNERDEAD, "a thread's end");
	pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);
	char *v[] = { "true", NULL };
	check(exited(in_child({
		      pthread_mutex_lock(m);
		      execv("/bin/true", v);
	      }), 0), "exec with the mutex");
	check_is(pthread_mutex_lock(m), EOWNERDEAD, "is an end too");

	/* The list itself. */
	void *head = NULL;
	size_t len = 0;
	check(syscall(SYS_get_robust_list, 0, &head, &len) == 0 && head && len == sizeof(struct robust_list_head), "get_robust_list");
	check_errno(syscall(SYS_get_robust_list, 1 << 22, &head, &len), ESRCH, "of nobody");
	check_errno(syscall(SYS_get_robust_list, 0, odd_ptr, &len), EFAULT, "wild");
	check_errno(syscall(SYS_set_robust_list, head, 23), EINVAL, "wrong size");
	/* Hostile lists: a wild pointer, a circle. The end must come all the same. */
	check(exited(in_child(syscall(SYS_set_robust_list, odd_ptr, 24)), 0), "a wild list");
	check(exited(in_child(syscall(SYS_set_robust_list, kernel_ptr, 24)), 0), "a list in the kernel");
	check(exited(in_child({
		      struct robust_list_head *h = calloc(1, 4096);
		      struct robust_list *x = (void *)(h + 1);
		      h->list.next = x;
		      x->next = x;
		      h->futex_offset = 64;
		      syscall(SYS_set_robust_list, h, 24);
	      }), 0), "a circle");
	check(exited(in_child({
		      struct robust_list_head *h = calloc(1, 4096);
		      h->list.next = odd_ptr;
		      h->list_op_pending = kernel_ptr;
		      h->futex_offset = -1;
		      syscall(SYS_set_robust_list, h, 24);
	      }), 0), "wild entries");
	return done();
}
