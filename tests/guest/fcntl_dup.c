/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int fd = file("f", "x"), p[2], n;

	check_is(fcntl(fd, F_DUPFD, 100), 100, "F_DUPFD");
	check_is(fcntl(fd, F_DUPFD, 100), 101, "the next free one");
	check_is(fcntl(fd, F_GETFD), 0, "no close-on-exec");
	check_is(fcntl(fd, F_DUPFD_CLOEXEC, 200), 200, "F_DUPFD_CLOEXEC");
	check_is(fcntl(200, F_GETFD), FD_CLOEXEC, "has it");
	check_is(fcntl(200, F_SETFD, 0), 0, "F_SETFD");
	check_is(fcntl(200, F_GETFD), 0, "removes it");
	check_errno(fcntl(fd, F_DUPFD, -1), EINVAL, "F_DUPFD -1");
	check_errno(fcntl(fd, F_DUPFD, 0x7fffffff), EINVAL, "F_DUPFD beyond the limit");
	check_errno(fcntl(12345, F_DUPFD, 0), EBADF, "of a closed one");
	check_errno(fcntl(fd, 12345), EINVAL, "unknown command");
	check_errno(fcntl(12345, 12345), EBADF, "unknown command of a closed one");
	check_is(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_RDONLY | O_CREAT), 0, "F_SETFL");
	check_is(fcntl(fd, F_GETFL) & ~O_LARGEFILE & ~0100000, O_RDWR | O_APPEND | O_NONBLOCK, "only what may change");
	check_is(fcntl(100, F_GETFL) & O_APPEND, O_APPEND, "a duplicate shares the flags");
	n = open("f", O_RDWR);
	check_is(fcntl(n, F_GETFL) & O_APPEND, 0, "another open does not");
	check_is(dup2(fd, 300), 300, "dup2");
	check_is(dup2(fd, fd), fd, "dup2 to itself");
	check_is(dup2(n, 300), 300, "dup2 over an open one");
	check_errno(dup2(12345, 12345), EBADF, "dup2 of a closed one to itself");
	check_errno(dup2(12345, 300), EBADF, "dup2 of a closed one");
	check(fcntl(300, F_GETFD) == 0, "leaves the target open");
	check_errno(dup2(fd, -1), EBADF, "dup2 to -1");
	check_errno(dup2(fd, 0x7fffffff), EBADF, "dup2 beyond the limit");
	check_errno(dup3(fd, fd, 0), EINVAL, "dup3 to itself");
	check_errno(dup3(12345, 12345, 0), EINVAL, "even of a closed one");
	check_errno(dup3(fd, 300, O_NONBLOCK), EINVAL, "dup3 with another flag");
	check_is(dup3(fd, 300, O_CLOEXEC), 300, "dup3");
	check_is(fcntl(300, F_GETFD), FD_CLOEXEC, "close-on-exec");
	check_is(dup2(300, 301), 301, "dup2 of it");
	check_is(fcntl(301, F_GETFD), 0, "has none");
	check_errno(dup(12345), EBADF, "dup of a closed one");
	need(pipe2(p, O_CLOEXEC | O_NONBLOCK) == 0);
	check(fcntl(p[0], F_GETFD) == FD_CLOEXEC && (fcntl(p[1], F_GETFL) & O_NONBLOCK), "pipe2");
	n = dup(p[0]);
	close(p[0]);
	check_is(write(p[1], "x", 1), 1, "a duplicate keeps the pipe alive");
	close(n);
	signal(SIGPIPE, SIG_IGN);
	check_errno(write(p[1], "x", 1), EPIPE, "until it is closed");
	check_errno(fcntl(fd, F_GETLK, null_ptr), EFAULT, "F_GETLK NULL");
	check_is(fcntl(fd, F_SETOWN, getpid()), 0, "F_SETOWN");
	check(fcntl(fd, F_GETOWN) == getpid(), "F_GETOWN");
	check_errno(fcntl(fd, F_SETOWN, 0x7fffffff), ESRCH, "F_SETOWN of nobody");
	check_is(fcntl(fd, F_SETSIG, SIGUSR1), 0, "F_SETSIG");
	check_is(fcntl(fd, F_GETSIG), SIGUSR1, "F_GETSIG");
	check_errno(fcntl(fd, F_SETSIG, 65), EINVAL, "F_SETSIG 65");
	int one = 1;
	check_is(ioctl(p[1], FIONBIO, &one), 0, "FIONBIO");
	check_is(ioctl(p[1], FIOCLEX), 0, "FIOCLEX");
	check_is(fcntl(p[1], F_GETFD), FD_CLOEXEC, "sets it");
	check_is(ioctl(p[1], FIONCLEX), 0, "FIONCLEX");
	check_errno(ioctl(p[1], FIONBIO, null_ptr), EFAULT, "FIONBIO NULL");
	check_errno(ioctl(fd, 0xdeadbeef, 0), ENOTTY, "unknown ioctl");
	check_errno(ioctl(12345, FIONBIO, &one), EBADF, "ioctl of a closed one");
	return done();
}
