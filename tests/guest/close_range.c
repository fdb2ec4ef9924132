/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int fd = file("f", "x"), p[2];

	for (int i = 100; i < 120; i++)
		need(dup2(fd, i) == i);
	check_is(close_range(105, 110, 0), 0, "close_range");
	check(fcntl(104, F_GETFD) == 0 && fcntl(111, F_GETFD) == 0, "the neighbours stay");
	check_errno(fcntl(105, F_GETFD), EBADF, "the first is closed");
	check_errno(fcntl(110, F_GETFD), EBADF, "the last is closed");
	check_is(close_range(105, 110, 0), 0, "of closed ones");
	check_errno(close_range(10, 9, 0), EINVAL, "backwards");
	check_errno(close_range(100, 101, 0x100), EINVAL, "unknown flag");
	check_is(close_range(111, 112, CLOSE_RANGE_CLOEXEC), 0, "CLOEXEC");
	check(fcntl(111, F_GETFD) == FD_CLOEXEC && fcntl(113, F_GETFD) == 0, "sets the flag");
	check_is(close_range(200, ~0u, 0), 0, "up to the largest");
	check_is(close_range(~0u, ~0u, 0), 0, "only the largest");
	check(exited(in_child({
		      if (close_range(3, ~0u, CLOSE_RANGE_UNSHARE) || fcntl(100, F_GETFD) != -1)
			      _exit(1);
	      }), 0), "UNSHARE in a child");
	check_is(fcntl(100, F_GETFD), 0, "does not reach the parent");
	/* The lowest free number is taken. */
	check_is(close_range(3, ~0u, 0), 0, "close all");
	check_is(open("f", O_RDONLY), 3, "the lowest is free");
	check(pipe(p) == 0 && p[0] == 4 && p[1] == 5, "then the next");
	close(4);
	check_is(open("f", O_RDONLY), 4, "a gap is filled");
	return done();
}
