/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char buf[64], *edge = page_edge();
	int fd = file("f", "0123456789"), p[2];

	check_is(read(fd, buf, 4), 4, "read");
	check(!memcmp(buf, "0123", 4), "its bytes");
	check_is(read(fd, buf, 64), 6, "short read at the end");
	check_is(read(fd, buf, 64), 0, "end of file");
	check_is(read(fd, null_ptr, 0), 0, "read 0 to NULL");
	check_is(pread(fd, buf, 3, 2), 3, "pread");
	check(!memcmp(buf, "234", 3), "its bytes");
	check_is(lseek(fd, 0, SEEK_CUR), 10, "pread leaves the offset");
	check_is(pread(fd, buf, 3, 100), 0, "pread beyond the end");
	check_errno(pread(fd, buf, 3, -1), EINVAL, "pread at -1");
	check_errno(pwrite(fd, buf, 3, -5), EINVAL, "pwrite at -5");
	check_is(pwrite(fd, "AB", 2, 4), 2, "pwrite");
	check_is(lseek(fd, 0, SEEK_CUR), 10, "pwrite leaves the offset");
	check_is(lseek(fd, 0, SEEK_SET), 0, "rewind");
	check_errno(read(fd, low_ptr, 4), EFAULT, "read to a wild pointer");
	check_is(lseek(fd, 0, SEEK_CUR), 0, "a failed read moves nothing");
	check_is(read(fd, edge - 4, 8), 4, "read to a page's edge is partial");
	check_is(lseek(fd, 0, SEEK_CUR), 4, "and moves by so much");
	check_errno(read(fd, edge, 4), EFAULT, "read to a forbidden page");
	memcpy(edge - 3, "xyz", 3);
	check_is(lseek(fd, 0, SEEK_SET), 0, "rewind");
	check_errno(write(fd, edge, 4), EFAULT, "write from a forbidden page");
	check_errno(write(fd, kernel_ptr, 4), EFAULT, "write from the kernel");
	check_is(read(fd, buf, 10), 10, "read again");
	check(!memcmp(buf, "0123AB6789", 10), "nothing of the failed writes is there");
	check_errno(syscall(SYS_read, fd, buf, -1L), EFAULT, "read of size -1");
	check_errno(syscall(SYS_write, fd, buf, -1L), EFAULT, "write of size -1");
	check_errno(read(-1, buf, 1), EBADF, "read of -1");
	check_errno(write(-1, null_ptr, 1), EBADF, "write to -1 from NULL");
	check_errno(read(0x10000, buf, 0), EBADF, "read 0 of a closed descriptor");

	need(pipe(p) == 0);
	check_errno(pread(p[0], buf, 1, 0), ESPIPE, "pread of a pipe");
	check_errno(pwrite(p[1], buf, 1, 0), ESPIPE, "pwrite of a pipe");
	check_errno(lseek(p[0], 0, SEEK_CUR), ESPIPE, "lseek of a pipe");
	check_is(write(p[1], "hello", 5), 5, "write to a pipe");
	check_errno(read(p[0], edge, 2), EFAULT, "wild read of a pipe");
	check_is(read(p[0], buf, 64), 5, "loses nothing");
	check_errno(write(p[1], edge, 2), EFAULT, "wild write to a pipe");
	check_is(write(p[1], null_ptr, 0), 0, "write of nothing");
	check_is(fcntl(p[0], F_SETFL, O_NONBLOCK), 0, "make it non-blocking");
	check_errno(read(p[0], buf, 1), EAGAIN, "the pipe is empty");
	check_errno(read(p[1], buf, 1), EBADF, "read of the write end");
	check_errno(write(p[0], buf, 1), EBADF, "write to the read end");

	/* A hole made by writing far behind the end. */
	check_is(pwrite(fd, "z", 1, 100000), 1, "write behind the end");
	check_is(pread(fd, buf, 8, 50000), 8, "read of the hole");
	check(!memcmp(buf, "\0\0\0\0\0\0\0\0", 8), "zeroes");
	check_errno(pwrite(fd, "z", 1, INT64_MAX), EINVAL, "write at the last offset");
	check_errno(lseek(fd, -1, SEEK_SET), EINVAL, "lseek to -1");
	return done();
}
