/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>

static volatile int hits;

static void hit(int sig UNUSED)
{
	hits++;
}

static pid_t child(uid_t real, uid_t eff, uid_t saved, bool own_session)
{
	int p[2];
	char c;
	pid_t pid;

	need(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		if (own_session)
			setsid();
		signal(SIGUSR1, SIG_DFL);
		if (setresuid(real, eff, saved))
			_exit(9);
		write(p[1], "x", 1);
		for (;;)
			pause();
	}
	need(read(p[0], &c, 1) == 1);
	close(p[0]);
	close(p[1]);
	return pid;
}

int main(void)
{
	int st;

	need_root();
	/* kill -1 must not reach what the test runs in: only as another user, below. */
	pid_t a = child(2001, 2001, 2001, false), b = child(2002, 2002, 2002, false), c = child(2001, 2002, 2002, false),
	      d = child(2001, 2001, 2001, true);
	st = in_child({
		setgroups(0, NULL);
		setresuid(2001, 2001, 2001);
		check_is(kill(a, 0), 0, "same user");
		check_errno(kill(b, 0), EPERM, "another user");
		check_is(kill(c, 0), 0, "its real id is ours");
		check_errno(kill(getppid(), 0), EPERM, "root");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	st = in_child({
		setgroups(0, NULL);
		setresuid(2001, 2001, 2001);
		check_is(kill(b, SIGCONT), 0, "SIGCONT in one session needs no right");
		check_errno(kill(b, SIGTERM), EPERM, "SIGTERM does");
		check_is(kill(d, SIGCONT), 0, "own process in another session");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	st = in_child({
		setresuid(5, 2002, 5);
		check_is(kill(b, 0), 0, "the effective id counts");
		check_errno(kill(a, 0), EPERM, "of the sender");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	/* kill(-1): everybody it may, except itself. */
	st = in_child({
		on_signal(SIGTERM, hit, 0);
		setgroups(0, NULL);
		setresuid(2001, 2001, 2001);
		check_is(kill(-1, SIGTERM), 0, "kill -1");
		ms(5);
		check_is(hits, 0, "is not for oneself");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	check(waitpid(a, &st, 0) == a && killed(st, SIGTERM), "but for every process of the user");
	check(waitpid(c, &st, 0) == c && killed(st, SIGTERM), "by its real id");
	check(waitpid(d, &st, 0) == d && killed(st, SIGTERM), "in another session too");
	check_is(waitpid(b, &st, WNOHANG), 0, "not for another user's");
	st = in_child({
		setresuid(77777, 77777, 77777);
		_exit(kill(-1, SIGTERM) == 0 ? 0 : 1);
	});
	check(exited(st, 0), "kill -1 that may reach nobody is no error");
	kill(b, SIGKILL);
	waitpid(b, &st, 0);
	/* kill(0) */
	st = in_child({
		setpgid(0, 0);
		on_signal(SIGUSR1, hit, 0);
		pid_t x = fork();
		if (x == 0)
			for (;;)
				pause();
		kill(0, SIGUSR1);
		check_is(hits, 1, "kill 0 is for oneself too");
		/* The handler is inherited: the child only counts. */
		kill(x, SIGKILL);
		waitpid(x, &st, 0);
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	check_errno(kill(-(1 << 22), 0), ESRCH, "no such group");
	check_errno(kill(INT32_MIN, 0), ESRCH, "the smallest pid");
	return done();
}
