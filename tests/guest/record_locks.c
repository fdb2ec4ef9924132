/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static int lock(int fd, int cmd, int type, long start, long len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

static void nop(int sig UNUSED)
{
}

int main(void)
{
	struct flock l;
	int fd = file("f", "0123456789"), ro = open("f", O_RDONLY), a[2], b[2];
	char c;

	check_is(lock(fd, F_SETLK, F_WRLCK, 0, 10), 0, "write lock");
	check_is(lock(fd, F_SETLK, F_RDLCK, 2, 3), 0, "own locks never conflict");
	check_errno(lock(ro, F_SETLK, F_WRLCK, 0, 1), EBADF, "write lock on a read-only descriptor");
	check_errno(lock(fd, F_SETLK, 77, 0, 1), EINVAL, "unknown type");
	check_errno(lock(fd, F_SETLK, F_RDLCK, -1, 1), EINVAL, "start -1");
	check_errno(lock(fd, F_SETLK, F_RDLCK, 0, -1), EINVAL, "before the start");
	check_errno(lock(12345, F_SETLK, F_RDLCK, 0, 1), EBADF, "closed descriptor");
	check_errno(fcntl(fd, F_SETLK, null_ptr), EFAULT, "NULL");
	check_is(lock(fd, F_SETLK, F_UNLCK, 0, 0), 0, "unlock everything");
	/* Two processes with a question-and-answer protocol. */
	need(pipe(a) == 0 && pipe(b) == 0);
	lock(fd, F_SETLK, F_WRLCK, 10, 10);
	lock(fd, F_SETLK, F_RDLCK, 13, 2);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		check_errno(lock(fd, F_SETLK, F_WRLCK, 10, 1), EAGAIN, "child: locked by the parent");
		check_is(lock(fd, F_SETLK, F_WRLCK, 0, 10), 0, "child: in front of it");
		check_is(lock(fd, F_SETLK, F_RDLCK, 13, 2), 0, "child: shares the read lock");
		check_errno(lock(fd, F_SETLK, F_RDLCK, 12, 2), EAGAIN, "child: but not a byte more");
		l = (struct flock){ .l_type = F_WRLCK, .l_start = 0, .l_len = 0 };
		check_is(fcntl(fd, F_GETLK, &l), 0, "child: F_GETLK");
		check(l.l_type == F_WRLCK && l.l_start == 10 && l.l_len == 3 && l.l_pid == getppid(),
		      "child: the first of the three pieces");
		l = (struct flock){ .l_type = F_RDLCK, .l_start = 13, .l_len = 2 };
		check(fcntl(fd, F_GETLK, &l) == 0 && l.l_type == F_UNLCK && l.l_start == 13, "child: nothing against reading");
		write(b[1], "1", 1);
		check_is(lock(fd, F_SETLKW, F_WRLCK, 10, 3), 0, "child: waits until it is free");
		write(b[1], "2", 1);
		read(a[0], &c, 1);
		_exit(tap_failed);
	}
	read(b[0], &c, 1);
	check_errno(lock(fd, F_SETLK, F_RDLCK, 5, 1), EAGAIN, "parent: locked by the child");
	check_errno(lock(fd, F_SETLK, F_WRLCK, 13, 2), EAGAIN, "parent: no upgrade while the child reads");
	lock(fd, F_SETLK, F_UNLCK, 10, 3);
	read(b[0], &c, 1);
	check_errno(lock(fd, F_SETLK, F_WRLCK, 10, 3), EAGAIN, "parent: now the child's");
	on_signal(SIGALRM, nop, 0);
	ticks(20);
	check_errno(lock(fd, F_SETLKW, F_WRLCK, 10, 3), EINTR, "parent: waiting ends with a signal");
	ticks(0);
	/* The child sleeps in read now; locks go with the process. */
	write(a[1], "x", 1);
	int st;
	need(waitpid(pid, &st, 0) == pid);
	check(exited(st, 0), "child agrees");
	check_is(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0, "its locks went with it");
	/* Closing any descriptor of the file drops all of them. */
	close(ro);
	check(exited(in_child(_exit(lock(fd, F_SETLK, F_WRLCK, 0, 0) == 0 ? 1 : 2)), 1), "close of another descriptor unlocks");

	/* Deadlock: parent holds 0 and waits for 1, child holds 1 and wants 0. */
	need(lock(fd, F_SETLK, F_WRLCK, 0, 1) == 0);
	pid = fork();
	if (pid == 0) {
		need(lock(fd, F_SETLK, F_WRLCK, 1, 1) == 0);
		write(b[1], "x", 1);
		_exit(lock(fd, F_SETLKW, F_WRLCK, 0, 1) == 0 ? 0 : errno == EDEADLK ? 1 : 2);
	}
	read(b[0], &c, 1);
	int r = lock(fd, F_SETLKW, F_WRLCK, 1, 1), e = errno;
	lock(fd, F_SETLK, F_UNLCK, 0, 0);
	need(waitpid(pid, &st, 0) == pid);
	check((r == -1 && e == EDEADLK && exited(st, 0)) || (r == 0 && exited(st, 1)), "exactly one of two gets EDEADLK");
	return done();
}
