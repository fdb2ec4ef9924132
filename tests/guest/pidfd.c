/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>

int main(void)
{
	int fd, p[2], st;
	struct pollfd pf;
	siginfo_t si;
	char c;

	check_errno(pidfd_open(0, 0), EINVAL, "pid 0");
	check_errno(pidfd_open(-1, 0), EINVAL, "pid -1");
	check_errno(pidfd_open(1 << 22, 0), ESRCH, "nobody");
	check_errno(pidfd_open(getpid(), 1 << 20), EINVAL, "unknown flag");
	fd = pidfd_open(getpid(), 0);
	check(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "oneself, close-on-exec");
	check_is(pidfd_send_signal(fd, 0, NULL, 0), 0, "probe");
	check_errno(pidfd_send_signal(fd, 65, NULL, 0), EINVAL, "signal 65");
	check_errno(pidfd_send_signal(fd, 0, NULL, 1 << 20), EINVAL, "unknown flag");
	check_errno(pidfd_send_signal(0, 0, NULL, 0), EBADF, "not a pidfd");
	check_errno(pidfd_send_signal(12345, 0, NULL, 0), EBADF, "closed");
	check_errno(read(fd, &c, 1), EINVAL, "read");
	close(fd);
	need(pipe(p) == 0);
	int other = file("f", "other");
	pid_t pid = fork();
	if (pid == 0) {
		dup2(other, 50);
		close(p[1]);
		pid = fork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
		read(p[0], &c, 1);
		for (;;)
			pause();
	}
	fd = pidfd_open(pid, PIDFD_NONBLOCK);
	check(fd >= 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK), "non-blocking");
	pf = (struct pollfd){ fd, POLLIN, 0 };
	check_is(poll(&pf, 1, 0), 0, "a living child is not readable");
	check_errno(waitid(P_PIDFD, fd, &si, WEXITED), EAGAIN, "waitid would block");
	int got = -1;
	check(wait_for((got = pidfd_getfd(fd, 50, 0)) >= 0), "pidfd_getfd");
	char buf[8] = "";
	check(pread(got, buf, 8, 0) == 5 && !strcmp(buf, "other") && fcntl(got, F_GETFD) == FD_CLOEXEC, "is the child's file");
	check_errno(pidfd_getfd(fd, 999, 0), EBADF, "of a closed one");
	check_errno(pidfd_getfd(fd, 50, 1), EINVAL, "with flags");
	int ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };
	check_is(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0, "in an epoll set");
	check_is(pidfd_send_signal(fd, SIGTERM, NULL, 0), 0, "SIGTERM");
	check_is(epoll_wait(ep, &ev, 1, 5000), 1, "the end wakes epoll");
	pf.revents = 0;
	check(poll(&pf, 1, 0) == 1 && pf.revents == POLLIN, "and poll");
	check(pidfd_send_signal(fd, 0, NULL, 0) == 0, "a zombie can be signalled");
	check(waitid(P_PIDFD, fd, &si, WEXITED) == 0 && si.si_pid == pid && si.si_status == SIGTERM, "waitid");
	check_errno(pidfd_send_signal(fd, 0, NULL, 0), ESRCH, "then it is gone");
	check_errno(waitid(P_PIDFD, fd, &si, WEXITED), ECHILD, "no longer a child");
	pf.revents = 0;
	check(poll(&pf, 1, 0) == 1 && (pf.revents & POLLIN), "still readable");
	(void)st;
	return done();
}
