/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

static volatile int *shared;

static void *counts(void *arg UNUSED)
{
	for (;;)
		shared[1]++;
	return NULL;
}

static void on_cont(int sig UNUSED)
{
	shared[2]++;
}

int main(void)
{
	int st;
	pthread_t t;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0); /* a group that is not orphaned, wherever the test runs: its parent is beside it */
		on_signal(SIGCONT, on_cont, SA_RESTART);
		pthread_create(&t, NULL, counts, NULL);
		for (;;)
			shared[0]++;
	}
	check(wait_for(shared[0] > 0 && shared[1] > 0), "both threads run");
	kill(pid, SIGSTOP);
	check(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP, "stopped");
	int a = shared[0], b = shared[1];
	ms(20);
	check(a == shared[0] && b == shared[1], "neither runs");
	check_is(waitpid(pid, &st, WUNTRACED | WNOHANG), 0, "told once");
	kill(pid, SIGSTOP);
	check_is(waitpid(pid, &st, WUNTRACED | WNOHANG), 0, "a second stop is nothing");
	kill(pid, SIGCONT);
	check(waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st), "continued");
	check(wait_for(shared[0] != a && shared[1] != b), "both run again");
	check(wait_for(shared[2] == 1), "the handler of SIGCONT runs");
	kill(pid, SIGTSTP);
	check(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st) && WSTOPSIG(st) == SIGTSTP, "SIGTSTP");
	kill(pid, SIGTERM);
	check_is(waitpid(pid, &st, WNOHANG), 0, "a stopped one does not see SIGTERM");
	kill(pid, SIGCONT);
	check(waitpid(pid, &st, 0) == pid && killed(st, SIGTERM), "until it goes on");
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		_exit(5);
	}
	check(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st), "stops itself");
	kill(pid, SIGCONT);
	check(waitpid(pid, &st, 0) == pid && exited(st, 5), "and goes on");
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	kill(pid, SIGKILL);
	check(waitpid(pid, &st, 0) == pid && killed(st, SIGKILL), "SIGKILL does not wait for SIGCONT");
	/* SIGCONT takes pending stops away, and the other way round. */
	sigset_t s, o;
	sigfillset(&s);
	st = in_child({
		sigprocmask(SIG_BLOCK, &s, NULL);
		raise(SIGTSTP);
		raise(SIGCONT);
		sigpending(&o);
		if (sigismember(&o, SIGTSTP) || !sigismember(&o, SIGCONT))
			_exit(1);
		raise(SIGTSTP);
		sigpending(&o);
		if (!sigismember(&o, SIGTSTP) || sigismember(&o, SIGCONT))
			_exit(2);
		_exit(0);
	});
	check(exited(st, 0), "SIGCONT takes pending stops away, a stop a pending SIGCONT");
	/* A stopped process in a sleeping call goes on sleeping. */
	int p[2];
	char c;
	need(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		close(p[1]);
		_exit(read(p[0], &c, 1) == 1 && c == 'k' ? 0 : 1);
	}
	ms(5);
	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	kill(pid, SIGCONT);
	waitpid(pid, &st, WCONTINUED);
	write(p[1], "k", 1);
	check(waitpid(pid, &st, 0) == pid && exited(st, 0), "a blocking read goes on after stop and continue");
	/* An orphaned group does not stop at SIGTTIN, SIGTTOU, SIGTSTP. */
	st = in_child({
		setsid();
		raise(SIGTSTP);
		raise(SIGTTIN);
		raise(SIGTTOU);
		_exit(6);
	});
	check(exited(st, 6), "an orphaned process group ignores terminal stops");
	return done();
}
