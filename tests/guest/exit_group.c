/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

static void *ends_all(void *arg)
{
	_exit((int)(long)arg);
}

static void *ends_self(void *arg)
{
	syscall(SYS_exit, (long)arg);
	return NULL;
}

static void *sleeps(void *arg UNUSED)
{
	for (;;)
		pause();
	return NULL;
}

static void *spins(void *arg UNUSED)
{
	for (volatile long i = 0;; i++)
		;
	return NULL;
}

static void *reads(void *arg)
{
	char c;

	read((int)(long)arg, &c, 1);
	syscall(SYS_exit, 47);
	return NULL;
}

int main(void)
{
	pthread_t t;
	int st, p[2];

	need(pipe(p) == 0);
	st = in_child({
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, i & 1 ? spins : sleeps, NULL);
		pthread_create(&t, NULL, reads, (void *)(long)p[0]);
		pthread_create(&t, NULL, ends_all, (void *)42);
		for (;;)
			pause();
	});
	check(exited(st, 42), "exit_group in a thread ends all");
	st = in_child({
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, i & 1 ? spins : sleeps, NULL);
		_exit(43);
	});
	check(exited(st, 43), "in the leader too");
	st = in_child({
		pthread_create(&t, NULL, ends_self, (void *)9);
		pthread_join(t, NULL);
		_exit(44);
	});
	check(exited(st, 44), "exit of a thread ends only it");
	st = in_child({
		pthread_create(&t, NULL, ends_all, (void *)45);
		syscall(SYS_exit, 9);
	});
	check(exited(st, 45), "the leader ends first: the status is exit_group's");
	st = in_child({
		syscall(SYS_exit, 0x1234);
	});
	check(exited(st, 0x34), "exit of the only thread");
	/* A zombie leader is waited for only when the last thread has gone. */
	int q[2];
	need(pipe(q) == 0);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(q[1]);
		pthread_create(&t, NULL, reads, (void *)(long)q[0]);
		syscall(SYS_exit, 46);
	}
	close(q[0]);
	ms(20);
	check_is(waitpid(pid, &st, WNOHANG), 0, "a dead leader with a living thread is not reaped");
	check_is(kill(pid, 0), 0, "and can be signalled");
	close(q[1]);
	check(waitpid(pid, &st, 0) == pid && exited(st, 47), "its status is the last thread's");
	st = in_child({
		pthread_create(&t, NULL, spins, NULL);
		pthread_create(&t, NULL, sleeps, NULL);
		raise(SIGTERM);
	});
	check(killed(st, SIGTERM), "a fatal signal ends all threads");
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 8; i++)
			pthread_create(&t, NULL, spins, NULL);
		sleeps(NULL);
	}
	ms(10);
	kill(pid, SIGKILL);
	check(waitpid(pid, &st, 0) == pid && killed(st, SIGKILL), "SIGKILL ends spinning threads");
	return done();
}
