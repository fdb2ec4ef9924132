/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/file.h>

static void nop(int sig UNUSED)
{
}

int main(void)
{
	int fd = file("f", "x"), fd2 = open("f", O_RDONLY), d, st;

	check_is(flock(fd, LOCK_EX), 0, "exclusive");
	check_is(flock(fd, LOCK_EX | LOCK_NB), 0, "again by the same");
	check_errno(flock(fd2, LOCK_SH | LOCK_NB), EAGAIN, "another open file");
	check_errno(flock(fd, 77), EINVAL, "unknown operation");
	check_errno(flock(fd, LOCK_NB), EINVAL, "no operation");
	check_errno(flock(12345, LOCK_EX), EBADF, "closed descriptor");
	check_is(flock(fd, LOCK_SH), 0, "downgrade");
	check_is(flock(fd2, LOCK_SH | LOCK_NB), 0, "two readers");
	check_errno(flock(fd, LOCK_EX | LOCK_NB), EAGAIN, "no upgrade");
	check_is(flock(fd2, LOCK_UN), 0, "unlock");
	check_is(flock(fd, LOCK_EX | LOCK_NB), 0, "upgrade");
	d = dup(fd);
	close(fd);
	check_errno(flock(fd2, LOCK_EX | LOCK_NB), EAGAIN, "a duplicate keeps it");
	check(exited(in_child(flock(d, LOCK_UN)), 0), "a child unlocks it");
	check_is(flock(fd2, LOCK_EX | LOCK_NB), 0, "for everybody");
	check_errno(flock(d, LOCK_EX | LOCK_NB), EAGAIN, "now the other way round");
	struct flock l = { .l_type = F_WRLCK };
	check_is(fcntl(d, F_SETLK, &l), 0, "record locks are another world");
	on_signal(SIGALRM, nop, 0);
	ticks(20);
	check_errno(flock(d, LOCK_EX), EINTR, "waiting ends with a signal");
	ticks(0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(close(fd2) || flock(d, LOCK_EX) ? 1 : 0);
	ms(10);
	close(fd2);
	need(waitpid(pid, &st, 0) == pid);
	check(exited(st, 0), "the last close wakes a waiter");
	int dir = open(".", O_RDONLY);
	check_is(flock(dir, LOCK_EX), 0, "of a directory");
	int path = open("f", O_PATH);
	check_errno(flock(path, LOCK_EX), EBADF, "of O_PATH");
	return done();
}
