/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int fd = file("f", "0123456789"), d;

	check_is(lseek(fd, 4, SEEK_SET), 4, "SEEK_SET");
	check_is(lseek(fd, 3, SEEK_CUR), 7, "SEEK_CUR");
	check_is(lseek(fd, -7, SEEK_CUR), 0, "back to the start");
	check_errno(lseek(fd, -1, SEEK_CUR), EINVAL, "before the start");
	check_is(lseek(fd, 0, SEEK_CUR), 0, "stays");
	check_is(lseek(fd, -2, SEEK_END), 8, "SEEK_END");
	check_is(lseek(fd, 100, SEEK_END), 110, "behind the end");
	check_errno(lseek(fd, 0, 5), EINVAL, "unknown whence");
	check_errno(lseek(fd, 0, -1), EINVAL, "whence -1");
	check_errno(lseek(fd, INT64_MAX, SEEK_END), EINVAL, "overflow from the end");
	check_errno(lseek(fd, INT64_MIN, SEEK_SET), EINVAL, "the smallest offset");
	check_is(lseek(fd, 0, SEEK_DATA), 0, "SEEK_DATA at the start");
	check_is(lseek(fd, 5, SEEK_HOLE), 10, "SEEK_HOLE is the end");
	check_errno(lseek(fd, 10, SEEK_DATA), ENXIO, "SEEK_DATA at the end");
	check_errno(lseek(fd, 10, SEEK_HOLE), ENXIO, "SEEK_HOLE at the end");
	check_errno(lseek(fd, -1, SEEK_DATA), ENXIO, "SEEK_DATA at -1");
	need(ftruncate(fd, 0) == 0);
	need(pwrite(fd, "x", 1, 1 << 20) == 1);
	check_is(lseek(fd, 0, SEEK_HOLE), 0, "a file that starts with a hole");
	off_t at = lseek(fd, 0, SEEK_DATA);
	check(at > 0 && at <= 1 << 20 && at % 4096 == 0, "its data start on a block");
	check_is(lseek(fd, 1 << 20, SEEK_DATA), 1 << 20, "data where it was written");
	check_is(lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 1, "then the end");
	check_errno(lseek(12345, 0, SEEK_SET), EBADF, "closed descriptor");
	int fd2 = dup(fd);
	lseek(fd, 77, SEEK_SET);
	check_is(lseek(fd2, 0, SEEK_CUR), 77, "a duplicate shares the offset");
	check(exited(in_child(lseek(fd, 5, SEEK_SET)), 0), "a child seeks");
	check_is(lseek(fd2, 0, SEEK_CUR), 5, "and the parent sees it");
	d = open("f", O_RDONLY);
	check_is(lseek(d, 0, SEEK_CUR), 0, "another open has its own");
	return done();
}
