/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char buf[64];
	int in = file("in", "0123456789"), out = file("out", ""), p[2], q[2];
	loff_t off = 2;

	need(pipe(p) == 0 && pipe(q) == 0);
	check_is(splice(in, &off, p[1], NULL, 5, 0), 5, "file to pipe");
	check(off == 7 && lseek(in, 0, SEEK_CUR) == 0, "the given offset moves");
	check_is(tee(p[0], q[1], 3, 0), 3, "tee");
	check(read(q[0], buf, 64) == 3 && !memcmp(buf, "234", 3), "the copy");
	check_is(splice(p[0], NULL, out, NULL, 100, 0), 5, "pipe to file");
	check(pread(out, buf, 64, 0) == 5 && !memcmp(buf, "23456", 5), "the bytes");
	need(write(p[1], "abcdef", 6) == 6);
	check_is(splice(p[0], NULL, q[1], NULL, 4, 0), 4, "pipe to pipe");
	check(read(q[0], buf, 64) == 4 && !memcmp(buf, "abcd", 4), "the bytes");
	check(read(p[0], buf, 64) == 2 && !memcmp(buf, "ef", 2), "the rest stays");
	check_errno(splice(in, NULL, out, NULL, 1, 0), EINVAL, "neither is a pipe");
	check_errno(splice(p[0], &off, out, NULL, 1, 0), ESPIPE, "offset for a pipe");
	check_errno(splice(p[0], NULL, p[1], NULL, 1, 0), EINVAL, "a pipe to itself");
	check_errno(tee(p[0], p[1], 1, 0), EINVAL, "tee to itself");
	check_errno(tee(in, p[1], 1, 0), EINVAL, "tee of a file");
	check_errno(splice(p[0], NULL, q[1], NULL, 1, 0x100), EINVAL, "unknown flag");
	check_errno(splice(12345, NULL, q[1], NULL, 1, 0), EBADF, "closed input");
	check_errno(splice(p[1], NULL, q[1], NULL, 1, 0), EBADF, "input is a write end");
	check_errno(splice(p[0], NULL, q[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN, "empty, non-blocking");
	check_errno(tee(p[0], q[1], 1, SPLICE_F_NONBLOCK), EAGAIN, "tee, empty, non-blocking");
	int ap = open("out", O_WRONLY | O_APPEND);
	need(write(p[1], "x", 1) == 1);
	check_errno(splice(p[0], NULL, ap, NULL, 1, 0), EINVAL, "output with O_APPEND");
	check_errno(syscall(SYS_splice, in, low_ptr, p[1], NULL, 1, 0), EFAULT, "offset wild");
	off = 10;
	check_is(splice(in, &off, p[1], NULL, 5, 0), 0, "end of file");
	check_is(splice(in, &off, p[1], NULL, 0, 0), 0, "length 0");
	struct iovec v[2] = { { "vm", 2 }, { "splice", 6 } };
	check_is(vmsplice(p[1], v, 2, 0), 8, "vmsplice");
	check(read(p[0], buf, 64) == 9 && !memcmp(buf, "xvmsplice", 9), "the bytes");
	close(p[1]);
	check_is(splice(p[0], NULL, q[1], NULL, 5, 0), 0, "no writer is the end of file");
	close(q[0]);
	signal(SIGPIPE, SIG_IGN);
	off = 0;
	check_errno(splice(in, &off, q[1], NULL, 5, 0), EPIPE, "no reader");
	return done();
}
