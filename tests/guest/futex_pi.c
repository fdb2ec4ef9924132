/* SPDX-License-Identifier: Apache-2.0
 *
 * PI futexes: taking, handing over, what words and waiters may say, dying owners, requeueing.
 */
#include "guest.h"

#include <linux/futex.h>
#include <pthread.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static uint32_t *word, *cond; /* shared memory */
static volatile pid_t tid_of_thread;

static long futex(void *addr, int op, uint32_t val, const void *ts, void *addr2, uint32_t val3)
{
	return syscall(SYS_futex, addr, op, val, ts, addr2, val3);
}

static long futex_n(void *addr, int op, uint32_t val, long n, void *addr2, uint32_t val3)
{
	return syscall(SYS_futex, addr, op, val, n, addr2, val3);
}

static long lock(void) { return futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0); }
static long unlock(void) { return futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0); }
static pid_t tid(void) { return (pid_t)syscall(SYS_gettid); }

/* Is the thread asleep in the kernel? */
static bool asleep(pid_t t)
{
	char name[64], line[512];
	int fd;
	ssize_t n;

	if (!t)
		return false;
	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", t);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		return false;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return false;
	line[n] = '\0';
	return strstr(line, ") S") != NULL;
}

static void test_alone(void)
{
	struct timespec bad = { 0, 1000000000 }, past = { 1, 0 };

	*word = 0;
	check_is(lock(), 0, "a free lock");
	check_is(*word, (uint32_t)tid(), "holds the tid");
	check_errno(lock(), EDEADLK, "again: EDEADLK");
	check_errno(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK, "trylock too");
	check_is(unlock(), 0, "unlock");
	check_is(*word, 0, "is free");
	check_errno(unlock(), EPERM, "unlock of what isn't mine");
	check_is(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), 0, "trylock");
	check_is(unlock(), 0, "unlock");
	check_is(futex(word, FUTEX_LOCK_PI2, 0, NULL, NULL, 0), 0, "LOCK_PI2");
	check_is(unlock(), 0, "unlock");
	*word = FUTEX_OWNER_DIED;
	check_is(lock(), 0, "after a dead owner");
	check_is(*word, (uint32_t)tid() | FUTEX_OWNER_DIED, "that stays to be seen");
	check_is(unlock(), 0, "unlock");
	*word = 0x3ffffff0;
	check_errno(lock(), ESRCH, "held by nobody");
	check_errno(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), ESRCH, "trylock of that");
	check_is(*word, 0x3ffffff0 | FUTEX_WAITERS, "the waiters' bit is set");
	*word = (uint32_t)getppid();
	check_errno(futex(word, FUTEX_LOCK_PI, 0, &bad, NULL, 0), EINVAL, "a bad time");
	check_errno(futex(word, FUTEX_LOCK_PI, 0, odd_ptr, NULL, 0), EFAULT, "a wild time");
	check_errno(futex(word, FUTEX_LOCK_PI, 0, &past, NULL, 0), ETIMEDOUT, "a time that is past");
	check_errno(futex(word, FUTEX_LOCK_PI2, 0, &past, NULL, 0), ETIMEDOUT, "LOCK_PI2's too");
	check_errno(futex(word, FUTEX_LOCK_PI2 | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 0), ETIMEDOUT,
	            "and of the real clock");
	check_errno(futex(word, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, &past, NULL, 0), ENOSYS,
	            "LOCK_PI has no choice of clock");
	check_errno(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN, "trylock of a held one");
}

static void test_wild(void)
{
	static const int op[] = { FUTEX_LOCK_PI, FUTEX_LOCK_PI2, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI };
	static const uint32_t rodata = 0;
	char *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 4; i++) {
		check_errno(futex(gone, op[i], 0, NULL, NULL, 0), EFAULT, "op %d: no access", op[i]);
		check_errno(futex(kernel_ptr, op[i], 0, NULL, NULL, 0), EFAULT, "op %d: kernel", op[i]);
		*word = 0;
		check_errno(futex((char *)word + 1, op[i], 0, NULL, NULL, 0),
		            op[i] == FUTEX_UNLOCK_PI ? EPERM : EINVAL, "op %d: unaligned", op[i]);
	}
	check_errno(futex((void *)&rodata, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0), EFAULT, "read-only");
	check_errno(futex(word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, word, 0), EINVAL, "requeue to itself");
	check_errno(futex(cond, FUTEX_WAIT_REQUEUE_PI, *cond + 1, NULL, word, 0), EAGAIN, "a value that isn't");
	check_errno(futex(cond, FUTEX_WAIT_REQUEUE_PI, *cond, NULL, kernel_ptr, 0), EFAULT, "a wild lock");
	check_errno(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, 1, cond, *cond), EINVAL, "cmp_requeue to itself");
	check_errno(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 2, 1, word, *cond), EINVAL, "waking two");
	check_errno(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, -1, word, *cond), EINVAL, "moving fewer than none");
	check_errno(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, 1, word, *cond + 1), EAGAIN, "a value that isn't");
	check_is(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, 1, word, *cond), 0, "nobody there");
}

static void *locks_once(void *arg)
{
	long *ret = arg;

	tid_of_thread = tid();
	ret[0] = lock() ? -errno : 0;
	ret[1] = *word;
	ret[2] = unlock() ? -errno : 0;
	return NULL;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	tid_of_thread = 0;
	need(!pthread_create(&t, NULL, fn, arg));
	need(wait_for(asleep(tid_of_thread)));
	return t;
}

static void test_hand_over(void)
{
	long ret[3] = { -1, -1, -1 };
	pthread_t t;
	pid_t other;

	*word = 0;
	need(!lock());
	t = start(locks_once, ret);
	other = tid_of_thread;
	check_is(*word, (uint32_t)tid() | FUTEX_WAITERS, "a waiter shows in the word");
	check_errno(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL, "FUTEX_WAKE can't wake it");
	check_errno(futex_n(word, FUTEX_REQUEUE, 0, 1, cond, 0), EINVAL, "nor FUTEX_REQUEUE move it");
	*word = (uint32_t)other | FUTEX_WAITERS;
	check_errno(unlock(), EPERM, "a word that says another: not mine");
	*word = (uint32_t)tid() | FUTEX_WAITERS;
	check_is(unlock(), 0, "unlock");
	pthread_join(t, NULL);
	check(ret[0] == 0 && ret[2] == 0, "the waiter had it");
	check(ret[1] == (long)((uint32_t)other | FUTEX_WAITERS), "and the word said so");
	check_is(*word, 0, "and let go of it");
}

static void *dies_with_it(void *arg UNUSED)
{
	need(!lock());
	tid_of_thread = tid();
	wait_for(__atomic_load_n(word, __ATOMIC_SEQ_CST) & FUTEX_WAITERS);
	return NULL;
}

static void *locks_and_holds(void *arg)
{
	tid_of_thread = tid();
	*(long *)arg = lock() ? -errno : (long)(*word & ~FUTEX_TID_MASK);
	unlock();
	return NULL;
}

static void test_death(void)
{
	pthread_t a, b;
	long ret = -1;

	*word = 0;
	tid_of_thread = 0;
	need(!pthread_create(&a, NULL, dies_with_it, NULL));
	need(wait_for(tid_of_thread));
	need(!pthread_create(&b, NULL, locks_and_holds, &ret));
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	check(ret >= 0 && ret & FUTEX_OWNER_DIED, "a waiter gets what a dead thread held, and is told");
	*word = 0;
}

static volatile int handled;
static void on_usr1(int sig UNUSED) { handled++; }

static void *waits_by_cond(void *arg)
{
	long *ret = arg;

	tid_of_thread = tid();
	ret[0] = futex(cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, word, 0) ? -errno : 0;
	ret[1] = *word & FUTEX_TID_MASK;
	ret[2] = tid();
	if (!ret[0])
		unlock();
	return NULL;
}

static void test_signal(void)
{
	long ret[3] = { -1, -1, -1 };
	pthread_t t;

	on_signal(SIGUSR1, on_usr1, 0);
	*word = 0;
	need(!lock());
	t = start(locks_once, ret);
	handled = 0;
	pthread_kill(t, SIGUSR1);
	need(wait_for(handled == 1));
	need(wait_for(asleep(tid_of_thread)));
	check_is(unlock(), 0, "unlock after a signal");
	pthread_join(t, NULL);
	check(ret[0] == 0, "a signal doesn't end a wait for a lock");

	*cond = 0;
	need(!lock());
	t = start(waits_by_cond, ret);
	handled = 0;
	pthread_kill(t, SIGUSR1);
	need(wait_for(handled == 1));
	need(wait_for(asleep(tid_of_thread)));
	check_is(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, 0, word, 0), 1, "nor one for a condition");
	handled = 0;
	pthread_kill(t, SIGUSR1);
	pthread_join(t, NULL);
	check_is(ret[0], -EAGAIN, "once moved to the lock it does: EAGAIN");
	check_is(unlock(), 0, "unlock");
	*word = 0;
}

static void test_requeue(void)
{
	long ret[3][3];
	pthread_t t[3];

	memset(ret, 0xff, sizeof(ret));
	*word = *cond = 0;
	for (int i = 0; i < 3; i++)
		t[i] = start(waits_by_cond, ret[i]);
	check_errno(futex(cond, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL, "FUTEX_WAKE of a requeue waiter");
	check_errno(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, 1, word + 1, 0), EINVAL, "to another lock than it waits for");
	check_is(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, 0, word, 0), 1, "a free lock is the first one's");
	pthread_join(t[0], NULL);
	check(ret[0][0] == 0 && ret[0][1] == ret[0][2], "and it owned it");
	need(!lock());
	check_is(futex_n(cond, FUTEX_CMP_REQUEUE_PI, 1, INT32_MAX, word, 0), 2, "the others wait for the lock");
	check(*word & FUTEX_WAITERS, "which the word says");
	check_is(unlock(), 0, "unlock");
	pthread_join(t[1], NULL);
	pthread_join(t[2], NULL);
	check(!ret[1][0] && !ret[2][0] && ret[1][1] == ret[1][2] && ret[2][1] == ret[2][2], "each owned it");
	check_is(*word, 0, "and it is free");
}

static void *plain_wait(void *arg)
{
	tid_of_thread = tid();
	*(long *)arg = futex(word, FUTEX_WAIT, (uint32_t)getpid(), NULL, NULL, 0);
	return NULL;
}

static void test_mixed(void)
{
	pthread_t t;
	long ret = -1;

	*word = (uint32_t)getpid();
	t = start(plain_wait, &ret);
	*word = (uint32_t)getppid();
	check_errno(lock(), EINVAL, "a lock that somebody waits at by FUTEX_WAIT");
	check_is(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "who can be woken");
	pthread_join(t, NULL);
	*word = 0;
}

/* ---- as C libraries use it ---- */

static pthread_mutex_t mutex;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;

static void *counts(void *arg UNUSED)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *takes_turns(void *arg)
{
	int me = (int)(long)arg;

	for (int i = 0; i < 50; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 3 != me)
			pthread_cond_wait(&cv, &mutex);
		turn++;
		pthread_cond_broadcast(&cv);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *takes_and_ends(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void test_library(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t *m;
	pthread_t t[4];

	pthread_mutexattr_init(&a);
	need(!pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT));
	check_is(pthread_mutex_init(&mutex, &a), 0, "a mutex with inheritance");
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, counts, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	check_is(counter, 8000, "excludes");
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, takes_turns, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	check_is(turn, 150, "and conditions work with it");

	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	need(!pthread_mutex_init(m, &a));
	pthread_create(&t[0], NULL, takes_and_ends, m);
	pthread_join(t[0], NULL);
	check_is(pthread_mutex_lock(m), EOWNERDEAD, "a robust one left by a thread");
	check_is(pthread_mutex_consistent(m), 0, "made consistent");
	check_is(pthread_mutex_unlock(m), 0, "unlock");
	check(exited(in_child(pthread_mutex_lock(m)), 0), "a child ends with it");
	check_is(pthread_mutex_lock(m), EOWNERDEAD, "EOWNERDEAD");
	check_is(pthread_mutex_consistent(m), 0, "made consistent");
	check(exited(in_child(_exit(pthread_mutex_trylock(m) == EBUSY ? 0 : 1)), 0), "busy for a child");
	check_is(pthread_mutex_unlock(m), 0, "unlock");
}

int main(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cond = word + 16;
	test_alone();
	test_wild();
	test_hand_over();
	test_death();
	test_signal();
	test_requeue();
	test_mixed();
	test_library();
	return done();
}
