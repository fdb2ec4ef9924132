/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static void nop(int sig UNUSED)
{
}

int main(void)
{
	struct rusage ru;
	int st, p[2];
	pid_t pid, pid2;
	char c;

	check_errno(wait(&st), ECHILD, "no children");
	check_errno(waitpid(getpid(), &st, 0), ECHILD, "oneself");
	check_errno(waitpid(1 << 30, &st, 0), ECHILD, "a stranger");
	check_errno(waitpid(-1, &st, 0x100), EINVAL, "unknown option");
	check_errno(syscall(SYS_wait4, (long)INT32_MIN, &st, 0, NULL), ESRCH, "the smallest pid");
	for (int code = 0; code < 512; code += 85) {
		st = in_child(_exit(code));
		check(exited(st, code & 255), "exit %d", code);
	}
	int sigs[] = { SIGKILL, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGALRM, SIGRTMIN };
	for (size_t i = 0; i < 7; i++)
		check(killed(in_child(raise(sigs[i])), sigs[i]) , "killed by a signal, case %zu", i);
	int quiet[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };
	for (size_t i = 0; i < 4; i++)
		check(exited(in_child(raise(quiet[i])), 0), "a signal that does nothing, case %zu", i);
	need(pipe(p) == 0);
	pid = fork();
	if (pid == 0) {
		close(p[1]);
		read(p[0], &c, 1);
		_exit(7);
	}
	check_is(waitpid(pid, &st, WNOHANG), 0, "WNOHANG while it runs");
	check_is(waitpid(-1, &st, WNOHANG), 0, "of any");
	check_is(waitpid(0, &st, WNOHANG), 0, "of the group");
	on_signal(SIGALRM, nop, 0);
	ticks(20);
	check_errno(waitpid(pid, &st, 0), EINTR, "a signal ends the wait");
	ticks(0);
	check_errno(waitpid(pid, (int *)odd_ptr, 0 | WNOHANG) == 0 ? (errno = 0, -1) : -2, 0, "nothing is stored while it runs");
	close(p[1]);
	check(wait_for(waitpid(pid, &st, WNOHANG) == pid), "WNOHANG until it ends");
	check(exited(st, 7), "its status");
	check_errno(waitpid(pid, &st, 0), ECHILD, "only once");
	pid = fork();
	if (pid == 0)
		_exit(1);
	check_errno(waitpid(pid, (int *)odd_ptr, 0), EFAULT, "status wild");
	check_errno(waitpid(pid, &st, 0), ECHILD, "it is reaped all the same");
	pid = fork();
	if (pid == 0) {
		volatile char *m = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (int i = 0; i < 4 << 20; i += 4096)
			m[i] = 1;
		_exit(0);
	}
	memset(&ru, 0xff, sizeof(ru));
	check(wait4(pid, &st, 0, &ru) == pid && exited(st, 0), "wait4");
	check(ru.ru_utime.tv_sec >= 0 && ru.ru_utime.tv_sec < 10 && ru.ru_maxrss > 0, "its usage");
	/* Groups */
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		_exit(3);
	}
	setpgid(pid, pid);
	pid2 = fork();
	if (pid2 == 0)
		_exit(4);
	check(waitpid(-pid, &st, 0) == pid && exited(st, 3), "by group");
	check(waitpid(0, &st, 0) == pid2 && exited(st, 4), "by the own group");
	check_errno(waitpid(-pid, &st, 0), ECHILD, "an empty group");
	/* SIGCHLD ignored: no zombies. */
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		_exit(5);
	check_errno(waitpid(pid, &st, 0), ECHILD, "SIGCHLD ignored: wait only waits");
	struct sigaction sa = { .sa_handler = nop, .sa_flags = SA_NOCLDWAIT | SA_RESTART };
	sigaction(SIGCHLD, &sa, NULL);
	pid = fork();
	if (pid == 0)
		_exit(5);
	check_errno(waitpid(pid, &st, 0), ECHILD, "SA_NOCLDWAIT: the same");
	return done();
}
