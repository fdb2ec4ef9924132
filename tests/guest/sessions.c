/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int st, p[2], q[2];
	char c;
	pid_t pid;

	need(pipe(p) == 0 && pipe(q) == 0);
	st = in_child({
		check(getpgrp() == getpgid(0) && getpgid(getpid()) == getpgrp(), "getpgrp is getpgid(0)");
		check(setsid() == getpid(), "setsid");
		check(getsid(0) == getpid() && getpgrp() == getpid(), "a new session and group");
		check_errno(setsid(), EPERM, "a leader can't again");
		check_errno(setpgid(0, 0), EPERM, "a session leader stays in its group");
		check_errno(setpgid(0, -1), EINVAL, "group -1");
		check_errno(setpgid(-1, 0), EINVAL, "pid -1");
		check_errno(setpgid(1 << 22, 0), ESRCH, "pid of nobody");
		check_errno(getpgid(1 << 22), ESRCH, "getpgid of nobody");
		check_errno(getsid(-1), ESRCH, "getsid of -1");
		check_errno(setpgid(getppid(), 0), ESRCH, "not a child");
		pid = fork();
		if (pid == 0) {
			read(p[0], &c, 1);
			_exit(getpgrp() == getpid() ? 0 : 1);
		}
		check_errno(setpgid(pid, 1 << 22), EPERM, "into no group");
		check_is(setpgid(pid, 0), 0, "a child gets a group of its own");
		check(getpgid(pid) == pid && getsid(pid) == getpid(), "in the same session");
		pid_t pid2 = fork();
		if (pid2 == 0) {
			read(p[0], &c, 1);
			_exit(0);
		}
		check_is(setpgid(pid2, pid), 0, "another joins it");
		check_is(setpgid(pid2, getpgrp()), 0, "and returns");
		write(p[1], "xx", 2);
		waitpid(pid, &st, 0);
		check(exited(st, 0), "the child sees its group");
		waitpid(pid2, &st, 0);
		check_errno(setpgid(pid2, 0), ESRCH, "a reaped child");
		pid = fork();
		if (pid == 0) {
			setsid();
			write(q[1], "x", 1);
			read(p[0], &c, 1);
			_exit(0);
		}
		read(q[0], &c, 1);
		check_errno(setpgid(pid, getpgrp()), EPERM, "a child in another session");
		check_is(getsid(pid), pid, "its session");
		check_errno(setpgid(0, pid), EPERM, "a group of another session");
		write(p[1], "x", 1);
		waitpid(pid, &st, 0);
		pid = fork();
		if (pid == 0) {
			dup2(q[1], 1);
			dup2(p[0], 0);
			execl("/bin/sh", "sh", "-c", "echo; read a", NULL);
			_exit(1);
		}
		read(q[0], &c, 1);
		check_errno(setpgid(pid, 0), EACCES, "a child that has called exec");
		write(p[1], "\n", 1);
		waitpid(pid, &st, 0);
		_exit(tap_failed);
	});
	check(exited(st, 0), "the session leader agrees");
	/* A signal to a group reaches each member once. */
	pid_t group = 0;
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (pid == 0)
			for (;;)
				pause();
		if (!group)
			group = pid;
		need(setpgid(pid, group) == 0);
	}
	check_is(kill(-group, 0), 0, "probe of a group");
	check_is(kill(-group, SIGTERM), 0, "a signal to a group");
	int n = 0;
	while (waitpid(-group, &st, 0) > 0)
		n += killed(st, SIGTERM);
	check_is(n, 3, "reaches all members");
	check_errno(kill(-group, 0), ESRCH, "then it is gone");
	return done();
}
