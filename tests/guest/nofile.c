/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	struct rlimit r, old;
	int fd = file("f", "x"), n = 0, p[2], last = -1, got;

	need(getrlimit(RLIMIT_NOFILE, &old) == 0);
	r = (struct rlimit){ 64, old.rlim_max };
	check_is(setrlimit(RLIMIT_NOFILE, &r), 0, "limit of 64");
	while ((got = dup(fd)) >= 0 && n < 1000)
		n++, last = got;
	check(got == -1 && errno == EMFILE, "dup: EMFILE");
	check_is(last, 63, "the last one is 63");
	check_errno(open("f", O_RDONLY), EMFILE, "open");
	check_errno(open("new", O_CREAT | O_RDWR, 0644), EMFILE, "open with O_CREAT");
	check_errno(access("new", F_OK), ENOENT, "has created nothing");
	check_errno(pipe(p), EMFILE, "pipe");
	check_errno(memfd_create("x", 0), EMFILE, "memfd_create");
	check_errno(fcntl(fd, F_DUPFD, 10), EMFILE, "F_DUPFD");
	check_errno(fcntl(fd, F_DUPFD, 64), EINVAL, "F_DUPFD at the limit");
	check_errno(dup2(fd, 64), EBADF, "dup2 at the limit");
	check_errno(dup3(fd, 64, 0), EBADF, "dup3 at the limit");
	check_is(dup2(fd, 63), 63, "dup2 below it");
	close(63);
	check_errno(pipe(p), EMFILE, "pipe with one left");
	check_is(dup(fd), 63, "has taken none");
	r.rlim_cur = 10;
	check_is(setrlimit(RLIMIT_NOFILE, &r), 0, "a lower limit");
	check_is(write(63, "y", 1), 1, "open ones above it still work");
	check_is(fcntl(63, F_GETFD), 0, "in every way");
	close(5);
	check_is(dup(fd), 5, "below it there is room");
	check_errno(dup(fd), EMFILE, "then no more");
	check_is(setrlimit(RLIMIT_NOFILE, &old), 0, "back");
	check_is(dup(fd), 64, "the next after the old ones");
	r = (struct rlimit){ 200, 100 };
	check_errno(setrlimit(RLIMIT_NOFILE, &r), EINVAL, "soft above hard");
	for (int i = 3; i < 100; i++)
		close(i);
	fd = open("f", O_RDONLY);
	check_is(fcntl(fd, F_DUPFD, 5000), 5000, "a far one");
	check_is(dup(fd), 4, "leaves the low ones free");
	return done();
}
