/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static int lock(int fd, int cmd, int type, long start, long len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

int main(void)
{
	int fd = file("f", "0123456789"), fd2 = open("f", O_RDWR), d;
	struct flock l = { .l_type = F_WRLCK, .l_pid = 1 };

	check_errno(fcntl(fd, F_OFD_SETLK, &l), EINVAL, "l_pid must be 0");
	check_is(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 5), 0, "lock");
	check_errno(lock(fd2, F_OFD_SETLK, F_WRLCK, 0, 5), EAGAIN, "another open file conflicts");
	check_errno(lock(fd2, F_OFD_SETLK, F_RDLCK, 4, 5), EAGAIN, "partly too");
	check_is(lock(fd2, F_OFD_SETLK, F_WRLCK, 5, 5), 0, "beside it");
	d = dup(fd);
	check_is(lock(d, F_OFD_SETLK, F_RDLCK, 0, 5), 0, "a duplicate is the same owner");
	check_is(lock(fd2, F_OFD_SETLK, F_RDLCK, 0, 5), 0, "two readers");
	l = (struct flock){ .l_type = F_WRLCK, .l_len = 5 };
	check_is(fcntl(fd2, F_OFD_GETLK, &l), 0, "F_OFD_GETLK");
	check(l.l_type == F_RDLCK && l.l_pid == -1 && l.l_start == 0 && l.l_len == 5, "owner is -1");
	l = (struct flock){ .l_type = F_WRLCK, .l_len = 5, .l_pid = 0 };
	check(fcntl(fd2, F_GETLK, &l) == 0 && l.l_type == F_RDLCK && l.l_pid == -1, "classic locks see it too");
	check_errno(lock(fd, F_SETLK, F_WRLCK, 0, 5), EAGAIN, "and conflict with it in one process");
	close(d);
	check_errno(lock(fd2, F_OFD_SETLK, F_WRLCK, 0, 5), EAGAIN, "closing a duplicate keeps it");
	check(exited(in_child(_exit(lock(fd, F_OFD_SETLK, F_WRLCK, 20, 5) == 0 ? 0 : 1)), 0), "a child locks");
	check_errno(lock(fd2, F_OFD_SETLK, F_WRLCK, 20, 5), EAGAIN, "the open file keeps it after the child");
	close(fd);
	check_is(lock(fd2, F_OFD_SETLK, F_WRLCK, 0, 0), 0, "the last close unlocks");
	fd = open("f", O_RDWR);
	pid_t pid = fork();
	if (pid == 0)
		_exit(lock(fd, F_OFD_SETLKW, F_WRLCK, 0, 0) == 0 ? 0 : 1);
	ms(20);
	check_is(lock(fd2, F_OFD_SETLK, F_UNLCK, 0, 0), 0, "unlock");
	int st;
	need(waitpid(pid, &st, 0) == pid);
	check(exited(st, 0), "a waiter gets it");
	return done();
}
