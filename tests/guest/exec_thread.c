/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

static pid_t leader;
static char self[4096]; /* a dead leader has no /proc/self/exe */
static pthread_barrier_t bar;

static void *runs_exec(void *arg)
{
	char pid[16], *v[] = { "x", "check", pid, NULL };

	snprintf(pid, sizeof(pid), "%d", leader);
	pthread_barrier_wait(&bar);
	execve(self, v, arg);
	_exit(99);
}

static void *sleeps(void *arg UNUSED)
{
	pthread_barrier_wait(&bar);
	for (;;)
		pause();
	return NULL;
}

static void *spins(void *arg UNUSED)
{
	pthread_barrier_wait(&bar);
	for (volatile long i = 0;; i++)
		;
	return NULL;
}

int main(int argc, char **argv)
{
	int st;

	if (argc == 3) {
		/* The pid is the process's, the thread has become its leader. */
		if (getpid() != atoi(argv[2]) || syscall(SYS_gettid) != getpid())
			_exit(1);
		/* And it is alone: a private futex of nobody, threads can be made again. */
		_exit(0);
	}
	need(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	st = in_child({
		pthread_t t[5];

		leader = getpid();
		pthread_barrier_init(&bar, NULL, 5);
		for (int i = 0; i < 4; i++)
			pthread_create(&t[i], NULL, i == 0 ? runs_exec : i == 1 ? spins : sleeps, NULL);
		pthread_barrier_wait(&bar);
		for (;;)
			pause();
	});
	check(exited(st, 0), "exec in a thread takes the leader's pid, and ends the others");
	st = in_child({
		pthread_t t;

		leader = getpid();
		pthread_barrier_init(&bar, NULL, 2);
		pthread_create(&t, NULL, runs_exec, NULL);
		pthread_barrier_wait(&bar);
		pthread_exit(NULL);
	});
	check(exited(st, 0), "exec after the leader has gone");
	st = in_child({
		pthread_t t[3];

		leader = getpid();
		pthread_barrier_init(&bar, NULL, 4);
		for (int i = 0; i < 3; i++)
			pthread_create(&t[i], NULL, runs_exec, NULL);
		pthread_barrier_wait(&bar);
		for (;;)
			pause();
	});
	check(exited(st, 0), "three threads exec at once");
	st = in_child({
		pthread_t t[3];
		char pid[16];
		char *v[] = { "x", "check", pid, NULL };

		leader = getpid();
		snprintf(pid, sizeof(pid), "%d", leader);
		pthread_barrier_init(&bar, NULL, 4);
		for (int i = 0; i < 3; i++)
			pthread_create(&t[i], NULL, i ? sleeps : spins, NULL);
		pthread_barrier_wait(&bar);
		execve(self, v, NULL);
	});
	check(exited(st, 0), "exec in the leader ends the threads");
	return done();
}
