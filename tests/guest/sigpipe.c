/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static volatile int hits;

static void hit(int sig UNUSED)
{
	hits++;
}

int main(void)
{
	int p[2];
	struct iovec v = { "x", 1 };

	need(pipe(p) == 0);
	close(p[0]);
	on_signal(SIGPIPE, hit, 0);
	check_errno(write(p[1], "x", 1), EPIPE, "write");
	check_is(hits, 1, "SIGPIPE");
	check_errno(writev(p[1], &v, 1), EPIPE, "writev");
	check_is(hits, 2, "SIGPIPE");
	check_is(write(p[1], "", 0), 0, "nothing is written without complaint");
	check_is(hits, 2, "no SIGPIPE");
	check_errno(write(p[1], odd_ptr, 5), EFAULT, "a wild pointer that no user may have comes first");
	signal(SIGPIPE, SIG_IGN);
	check_errno(write(p[1], "x", 1), EPIPE, "ignored");
	signal(SIGPIPE, SIG_DFL);
	check(killed(in_child(write(p[1], "x", 1)), SIGPIPE), "kills by default");
	sigset_t s, o;
	sigemptyset(&s);
	sigaddset(&s, SIGPIPE);
	sigprocmask(SIG_BLOCK, &s, NULL);
	check_errno(write(p[1], "x", 1), EPIPE, "blocked");
	sigpending(&o);
	check(sigismember(&o, SIGPIPE), "is pending");
	siginfo_t si;
	check(sigwaitinfo(&s, &si) == SIGPIPE, "and taken");
	/* A reader that goes in the middle of a large write. */
	int q[2];
	static char big[1 << 20];
	need(pipe(q) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(q[1]);
		read(q[0], big, 1000);
		_exit(0);
	}
	close(q[0]);
	long n = write(q[1], big, sizeof(big));
	check(n > 0 && n < (long)sizeof(big), "the write says how much there was room for");
	check_errno(write(q[1], big, 1), EPIPE, "the next fails");
	waitpid(pid, NULL, 0);
	return done();
}
