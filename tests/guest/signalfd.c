/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo si[4];
	sigset_t s;
	struct pollfd pf;
	char *edge = page_edge();
	int fd, st;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGRTMIN);
	sigaddset(&s, SIGCHLD);
	sigaddset(&s, SIGKILL);
	sigprocmask(SIG_BLOCK, &s, NULL);
	check_errno(signalfd(-1, &s, 0x100), EINVAL, "unknown flag");
	check_errno(syscall(SYS_signalfd4, -1, &s, 4, 0), EINVAL, "set size 4");
	check_errno(syscall(SYS_signalfd4, -1, odd_ptr, 8, 0), EFAULT, "wild set");
	check_errno(signalfd(12345, &s, 0), EBADF, "closed descriptor");
	check_errno(signalfd(0, &s, 0), EINVAL, "not a signalfd");
	fd = signalfd(-1, &s, SFD_NONBLOCK | SFD_CLOEXEC);
	check(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "signalfd");
	check_errno(read(fd, si, sizeof(si)), EAGAIN, "nothing pending");
	check_errno(read(fd, si, 127), EINVAL, "too small");
	check_errno(write(fd, si, 128), EINVAL, "write");
	pf = (struct pollfd){ fd, POLLIN, 0 };
	check_is(poll(&pf, 1, 0), 0, "not readable");
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 5 });
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 6 });
	check(poll(&pf, 1, 0) == 1 && pf.revents == POLLIN, "readable");
	check_is(read(fd, si, sizeof(si)), 3 * 128, "three at once");
	check(si[0].ssi_signo == SIGUSR1 && si[0].ssi_pid == (unsigned)getpid() && si[0].ssi_code == SI_USER, "SIGUSR1");
	check((int)si[1].ssi_signo == SIGRTMIN && si[1].ssi_int == 5 && si[2].ssi_int == 6 && si[1].ssi_code == SI_QUEUE, "both queued");
	check_errno(read(fd, si, sizeof(si)), EAGAIN, "they are used up");
	pid_t pid = fork();
	if (pid == 0)
		_exit(7);
	check(poll(&pf, 1, 5000) == 1 && read(fd, si, sizeof(si)) == 128, "SIGCHLD");
	check((pid_t)si[0].ssi_pid == pid && si[0].ssi_status == 7 && si[0].ssi_code == CLD_EXITED, "its info");
	waitpid(pid, &st, 0);
	raise(SIGUSR1);
	check_errno(read(fd, edge, 128), EFAULT, "wild buffer");
	check_errno(read(fd, si, 128), EAGAIN, "the signal is used up all the same");
	sigdelset(&s, SIGUSR1);
	check_is(signalfd(fd, &s, 0), fd, "change the set");
	raise(SIGUSR1);
	check_is(poll(&pf, 1, 0), 0, "SIGUSR1 is no longer seen");
	sigaddset(&s, SIGUSR1);
	signalfd(fd, &s, 0);
	check_is(poll(&pf, 1, 0), 1, "put back it is");
	read(fd, si, sizeof(si));
	fcntl(fd, F_SETFL, 0);
	pid = fork();
	if (pid == 0) {
		ms(10);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	check(read(fd, si, 128) == 128 && si[0].ssi_signo == SIGUSR1 && (pid_t)si[0].ssi_pid == pid, "a blocking read waits");
	waitpid(pid, &st, 0);
	/* A child reads its own signals by the same descriptor. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, si, sizeof(si)) > 0)
		;
	raise(SIGUSR1);
	check(exited(in_child({
		      if (read(fd, si, 128) != -1 || errno != EAGAIN)
			      _exit(1);
		      raise(SIGUSR1);
		      _exit(read(fd, si, 128) == 128 ? 0 : 2);
	      }), 0), "a child sees only its own");
	check(read(fd, si, 128) == 128 && si[0].ssi_signo == SIGUSR1, "the parent's is still there");
	return done();
}
