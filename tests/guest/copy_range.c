/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char buf[64];
	int in = file("in", "0123456789"), out = file("out", ""), p[2], dir = open(".", O_RDONLY);
	loff_t a, b;

	check_is(copy_file_range(in, NULL, out, NULL, 4, 0), 4, "with both offsets");
	check(lseek(in, 0, SEEK_CUR) == 4 && lseek(out, 0, SEEK_CUR) == 4, "both move");
	a = 8, b = 10;
	check_is(copy_file_range(in, &a, out, &b, 100, 0), 2, "to the end");
	check(a == 10 && b == 12 && lseek(in, 0, SEEK_CUR) == 4, "given offsets move, the others stay");
	check(pread(out, buf, 64, 0) == 12 && !memcmp(buf, "0123\0\0\0\0\0\0" "89", 12), "the bytes, and a hole");
	check_is(copy_file_range(in, &a, out, &b, 100, 0), 0, "at the end");
	a = 0, b = 2;
	check_errno(copy_file_range(in, &a, in, &b, 5, 0), EINVAL, "overlap in one file");
	b = 5;
	check_is(copy_file_range(in, &a, in, &b, 5, 0), 5, "in one file");
	check(pread(in, buf, 64, 0) == 10 && !memcmp(buf, "0123401234", 10), "the bytes");
	check_errno(copy_file_range(in, NULL, out, NULL, 1, 1), EINVAL, "flags");
	a = -1;
	check_errno(copy_file_range(in, &a, out, NULL, 1, 0), EOVERFLOW, "offset -1");
	check_errno(copy_file_range(12345, NULL, out, NULL, 1, 0), EBADF, "closed input");
	check_errno(copy_file_range(in, NULL, 12345, NULL, 1, 0), EBADF, "closed output");
	check_errno(copy_file_range(dir, NULL, out, NULL, 1, 0), EISDIR, "directory");
	need(pipe(p) == 0);
	check_errno(copy_file_range(p[0], NULL, out, NULL, 1, 0), EINVAL, "pipe");
	int ro = open("out", O_RDONLY), ap = open("out", O_WRONLY | O_APPEND);
	check_errno(copy_file_range(in, NULL, ro, NULL, 1, 0), EBADF, "output not writable");
	check_errno(copy_file_range(in, NULL, ap, NULL, 1, 0), EBADF, "output with O_APPEND");
	check_errno(syscall(SYS_copy_file_range, in, low_ptr, out, NULL, 1, 0), EFAULT, "offset wild");
	return done();
}
