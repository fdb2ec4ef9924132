/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cv = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t bar;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static long counter, onces, a, b, torn, serial, queue, taken;
static __thread long tls = 42;
static pthread_key_t key;
static int destroyed;

static void *locks(void *arg UNUSED)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&m);
		counter++;
		pthread_mutex_unlock(&m);
	}
	return NULL;
}

static void *own_tls(void *arg)
{
	long was = tls;

	tls = (long)arg;
	sched_yield();
	return (void *)(was == 42 && tls == (long)arg ? 1l : 0l);
}

static void first(void)
{
	onces++;
}

static void *barriers(void *arg UNUSED)
{
	for (int i = 0; i < 50; i++)
		if (pthread_barrier_wait(&bar) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
	pthread_once(&once, first);
	return NULL;
}

static void *readers(void *arg UNUSED)
{
	for (int i = 0; i < 500; i++) {
		pthread_rwlock_rdlock(&rw);
		if (a != b)
			__atomic_add_fetch(&torn, 1, __ATOMIC_SEQ_CST);
		pthread_rwlock_unlock(&rw);
	}
	return NULL;
}

static void *writers(void *arg UNUSED)
{
	for (int i = 0; i < 200; i++) {
		pthread_rwlock_wrlock(&rw);
		a++;
		b++;
		pthread_rwlock_unlock(&rw);
	}
	return NULL;
}

static void *consumes(void *arg UNUSED)
{
	pthread_mutex_lock(&m);
	while (taken < 1000) {
		while (queue == 0 && taken < 1000)
			pthread_cond_wait(&cv, &m);
		if (queue > 0) {
			queue--;
			if (++taken == 1000)
				pthread_cond_broadcast(&cv);
		}
	}
	pthread_mutex_unlock(&m);
	return NULL;
}

static void *cancelled(void *arg)
{
	char c;

	read((int)(long)arg, &c, 1);
	return NULL;
}

static void *posts(void *arg UNUSED)
{
	for (int i = 0; i < 500; i++)
		sem_post(&sem);
	return NULL;
}

static void destroys(void *v)
{
	destroyed += (int)(long)v;
}

static void *has_key(void *arg UNUSED)
{
	pthread_setspecific(key, (void *)1);
	return NULL;
}

static volatile int got_tid;

static void tid_handler(int sig UNUSED)
{
	got_tid = (int)syscall(SYS_gettid);
}

static void *tells(void *arg)
{
	*(int *)arg = (int)syscall(SYS_gettid);
	while (!got_tid)
		sched_yield();
	return NULL;
}

int main(void)
{
	enum { N = 100 };
	pthread_t t[N];
	void *r;
	int p[2];
	long sum = 0;

	for (int i = 0; i < N; i++)
		need(pthread_create(&t[i], NULL, locks, NULL) == 0);
	for (int i = 0; i < N; i++)
		pthread_join(t[i], NULL);
	check_is(counter, N * 2000, "a hundred threads at one mutex");
	for (long i = 0; i < N; i++)
		need(pthread_create(&t[i], NULL, own_tls, (void *)i) == 0);
	for (int i = 0; i < N; i++) {
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	check(sum == N && tls == 42, "each has thread-local memory of its own");
	pthread_barrier_init(&bar, NULL, 10);
	for (int i = 0; i < 10; i++)
		pthread_create(&t[i], NULL, barriers, NULL);
	for (int i = 0; i < 10; i++)
		pthread_join(t[i], NULL);
	check(serial == 50 && onces == 1, "barrier and once");
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, i & 1 ? writers : readers, NULL);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	check(torn == 0 && a == 800 && b == 800, "readers and writers");
	for (int i = 0; i < 6; i++)
		pthread_create(&t[i], NULL, consumes, NULL);
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&m);
		queue++;
		pthread_cond_signal(&cv);
		pthread_mutex_unlock(&m);
	}
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
	check(taken == 1000 && queue == 0, "condition variable");
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 10000000;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_sec++, ts.tv_nsec -= 1000000000;
	pthread_mutex_lock(&m);
	check_is(pthread_cond_timedwait(&cv, &m, &ts), ETIMEDOUT, "a wait with a timeout");
	check_is(pthread_mutex_timedlock(&m, &ts), ETIMEDOUT, "a lock with a timeout");
	pthread_mutex_unlock(&m);
	need(pipe(p) == 0);
	pthread_create(&t[0], NULL, cancelled, (void *)(long)p[0]);
	ms(5);
	pthread_cancel(t[0]);
	pthread_join(t[0], &r);
	check(r == PTHREAD_CANCELED, "a thread that reads is cancelled");
	sem_init(&sem, 0, 0);
	pthread_create(&t[0], NULL, posts, NULL);
	pthread_create(&t[1], NULL, posts, NULL);
	for (int i = 0; i < 1000; i++)
		while (sem_wait(&sem))
			;
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	check_errno(sem_trywait(&sem), EAGAIN, "a semaphore counts right");
	pthread_key_create(&key, destroys);
	for (int i = 0; i < 10; i++)
		pthread_create(&t[i], NULL, has_key, NULL);
	for (int i = 0; i < 10; i++)
		pthread_join(t[i], NULL);
	check_is(destroyed, 10, "destructors of thread keys");
	on_signal(SIGUSR1, tid_handler, SA_RESTART);
	volatile int tid = 0;
	pthread_create(&t[0], NULL, tells, (void *)&tid);
	wait_for(tid != 0);
	pthread_kill(t[0], SIGUSR1);
	pthread_join(t[0], NULL);
	check(got_tid == tid && tid != getpid(), "pthread_kill reaches that thread");
	/* A priority-inheriting and a recursive mutex, shared by a fork. */
	pthread_mutexattr_t at;
	pthread_mutexattr_init(&at);
	pthread_mutexattr_settype(&at, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_t pi;
	check(pthread_mutex_init(&pi, &at) == 0 && pthread_mutex_lock(&pi) == 0 && pthread_mutex_lock(&pi) == 0 && pthread_mutex_unlock(&pi) == 0 &&
	      pthread_mutex_unlock(&pi) == 0, "a recursive mutex");
	/* fork in a process of many threads: the child has one. */
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, cancelled, (void *)(long)p[0]);
	check(exited(in_child({
		      pthread_t x;
		      if (pthread_create(&x, NULL, own_tls, (void *)7) || pthread_join(x, &r) || r != (void *)1)
			      _exit(1);
	      }), 0), "fork among threads");
	close(p[1]);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	return done();
}
