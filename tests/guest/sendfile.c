/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/sendfile.h>

int main(void)
{
	char buf[64];
	int in = file("in", "0123456789"), out = file("out", ""), p[2];
	off_t off = 3;

	check_is(sendfile(out, in, NULL, 4), 4, "file to file");
	check_is(lseek(in, 0, SEEK_CUR), 4, "moves the input");
	check_is(sendfile(out, in, &off, 100), 7, "with an offset, to the end");
	check_is(off, 10, "the offset is told");
	check_is(lseek(in, 0, SEEK_CUR), 4, "the input stays");
	check(pread(out, buf, 64, 0) == 11 && !memcmp(buf, "01233456789", 11), "the bytes");
	check_is(sendfile(out, in, &off, 10), 0, "at the end");
	off = -1;
	check_errno(sendfile(out, in, &off, 10), EINVAL, "offset -1");
	check_errno(syscall(SYS_sendfile, out, in, low_ptr, 10), EFAULT, "offset wild");
	check_errno(sendfile(12345, in, NULL, 1), EBADF, "closed output");
	check_errno(sendfile(out, 12345, NULL, 1), EBADF, "closed input");
	int ro = open("out", O_RDONLY), ap = open("out", O_WRONLY | O_APPEND);
	check_errno(sendfile(ro, in, NULL, 1), EBADF, "output not writable");
	check_errno(sendfile(ap, in, NULL, 1), EINVAL, "output with O_APPEND");
	need(pipe(p) == 0);
	check_errno(sendfile(out, p[0], &off, 1), ESPIPE, "offset for a pipe");
	check_is(sendfile(p[1], in, NULL, 100), 6, "file to pipe");
	check(read(p[0], buf, 64) == 6 && !memcmp(buf, "456789", 6), "the bytes");
	off = 0;
	need(ftruncate(in, 1 << 20) == 0);
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	long n = sendfile(p[1], in, &off, 1 << 20);
	check(n > 0 && n < 1 << 20 && off == n, "stops when the pipe is full");
	check_errno(sendfile(p[1], in, &off, 10), EAGAIN, "then it would block");
	check_is(off, n, "and leaves the offset");
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	check_errno(sendfile(p[1], in, &off, 10), EPIPE, "no reader");
	return done();
}
