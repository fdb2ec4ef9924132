/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/falloc.h>

static long size(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : st.st_size;
}

int main(void)
{
	char buf[16];
	int fd = file("f", "0123456789"), ro = open("f", O_RDONLY), p[2];

	check_is(ftruncate(fd, 4), 0, "shorter");
	check_is(size(fd), 4, "size");
	check_is(ftruncate(fd, 10), 0, "longer");
	check(pread(fd, buf, 16, 0) == 10 && !memcmp(buf, "0123\0\0\0\0\0\0", 10), "zeroes, not old bytes");
	check_errno(ftruncate(fd, -1), EINVAL, "to -1");
	check_errno(ftruncate(ro, 0), EINVAL, "of a read-only descriptor");
	check_errno(ftruncate(12345, 0), EBADF, "of a closed one");
	check_errno(truncate("none", 0), ENOENT, "of nothing");
	check_errno(truncate(".", 0), EISDIR, "of a directory");
	check_errno(truncate("f", -1), EINVAL, "path, to -1");
	check_errno(truncate(odd_ptr, 0), EFAULT, "path wild");
	check_is(truncate("f", 1L << 40), 0, "to 1 TiB");
	check_is(size(fd), 1L << 40, "size");
	check_is(pread(fd, buf, 8, (1L << 40) - 4), 4, "read at its end");
	check_is(truncate("f", 5), 0, "and back");
	need(pipe(p) == 0);
	check_errno(ftruncate(p[1], 0), EINVAL, "of a pipe");

	check_is(fallocate(fd, 0, 0, 8192), 0, "fallocate");
	check_is(size(fd), 8192, "makes it longer");
	check_is(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 65536), 0, "KEEP_SIZE");
	check_is(size(fd), 8192, "does not");
	check_errno(fallocate(fd, 0, -1, 10), EINVAL, "offset -1");
	check_errno(fallocate(fd, 0, 0, 0), EINVAL, "length 0");
	check_errno(fallocate(fd, 0, 0, -1), EINVAL, "length -1");
	check_errno(fallocate(fd, 0, INT64_MAX, 10), EFBIG, "overflow");
	check_errno(fallocate(fd, 0x4000, 0, 10), EOPNOTSUPP, "unknown mode");
	check_errno(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10), EOPNOTSUPP, "PUNCH_HOLE without KEEP_SIZE");
	check_errno(fallocate(ro, 0, 0, 10), EBADF, "read-only");
	check_errno(fallocate(p[1], 0, 0, 10), ESPIPE, "pipe");
	need(pwrite(fd, "ABCDEFGH", 8, 0) == 8);
	check_is(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 4), 0, "punch a hole");
	check(pread(fd, buf, 8, 0) == 8 && !memcmp(buf, "AB\0\0\0\0GH", 8), "of exactly these bytes");
	check_is(posix_fallocate(fd, 100000, 1), 0, "posix_fallocate");
	check_is(size(fd), 100001, "size");
	/* Signals and files past the limit are another test's; O_APPEND does not stop ftruncate. */
	int ap = open("f", O_WRONLY | O_APPEND);
	check_is(ftruncate(ap, 3), 0, "O_APPEND truncates");
	check_is(pwrite(ap, "zz", 2, 0), 2, "pwrite to O_APPEND");
	check(pread(fd, buf, 16, 0) == 5 && !memcmp(buf, "AB\0zz", 5), "appends whatever the offset");
	return done();
}
