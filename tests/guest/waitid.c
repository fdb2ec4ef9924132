/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	siginfo_t si;
	struct rusage ru;
	int p[2], st;
	pid_t pid;
	char c;

	need_root();
	check_errno(waitid(P_ALL, 0, &si, WEXITED), ECHILD, "no children");
	check_errno(waitid(P_ALL, 0, &si, 0), EINVAL, "no event");
	check_errno(waitid(P_ALL, 0, &si, WEXITED | 0x100), EINVAL, "unknown option");
	check_errno(waitid(77, 0, &si, WEXITED), EINVAL, "unknown kind");
	check_errno(waitid(P_PID, 0, &si, WEXITED), EINVAL, "pid 0");
	check_errno(waitid(P_PID, -1, &si, WEXITED), EINVAL, "pid -1");
	need(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		close(p[1]);
		read(p[0], &c, 1);
		_exit(9);
	}
	memset(&si, 0xff, sizeof(si));
	check(waitid(P_PID, pid, &si, WEXITED | WNOHANG) == 0 && si.si_pid == 0 && si.si_signo == 0, "WNOHANG while it runs");
	kill(pid, SIGSTOP);
	check_is(waitid(P_PID, pid, &si, WSTOPPED | WNOWAIT), 0, "stopped, WNOWAIT");
	check(si.si_pid == pid && si.si_signo == SIGCHLD && si.si_code == CLD_STOPPED && si.si_status == SIGSTOP, "its info");
	check_is(waitid(P_PID, pid, &si, WSTOPPED), 0, "once more, for good");
	check(waitid(P_PID, pid, &si, WSTOPPED | WNOHANG) == 0 && si.si_pid == 0, "then no more");
	check(waitpid(pid, &st, WUNTRACED | WNOHANG) == 0, "for wait4 neither");
	kill(pid, SIGCONT);
	check_is(waitid(P_PID, pid, &si, WCONTINUED), 0, "continued");
	check(si.si_code == CLD_CONTINUED && si.si_status == SIGCONT, "its info");
	close(p[1]);
	check_is(waitid(P_PID, pid, &si, WEXITED | WNOWAIT), 0, "exited, WNOWAIT");
	check(si.si_code == CLD_EXITED && si.si_status == 9 && si.si_uid == 0, "its info");
	check_is(syscall(SYS_waitid, P_PID, pid, NULL, WEXITED | WNOWAIT, NULL), 0, "without info");
	check_is(syscall(SYS_waitid, P_PID, pid, &si, WEXITED, &ru), 0, "with usage");
	check_errno(waitid(P_PID, pid, &si, WEXITED), ECHILD, "it is gone");
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGKILL);
	check(waitid(P_ALL, 0, &si, WEXITED) == 0 && si.si_code == CLD_KILLED && si.si_status == SIGKILL, "killed");
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		abort();
	}
	setpgid(pid, pid);
	check(waitid(P_PGID, pid, &si, WEXITED) == 0 && (si.si_code == CLD_KILLED || si.si_code == CLD_DUMPED) &&
	      si.si_status == SIGABRT, "by group, aborted");
	pid = fork();
	if (pid == 0)
		_exit(0);
	check_errno(waitid(P_PID, pid, (siginfo_t *)odd_ptr, WEXITED), EFAULT, "info wild");
	check_errno(waitid(P_PIDFD, 12345, &si, WEXITED), EBADF, "closed pidfd");
	check_errno(waitid(P_PIDFD, p[0], &si, WEXITED), EBADF, "not a pidfd");
	return done();
}
