/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char a[8] = "", b[8] = "", *edge = page_edge();
	struct iovec v[3] = { { a, 3 }, { null_ptr, 0 }, { b, 4 } }, *many;
	int fd = file("f", "0123456789"), p[2];

	check_is(readv(fd, v, 3), 7, "readv");
	check(!strcmp(a, "012") && !strcmp(b, "3456"), "its bytes");
	check_is(readv(fd, v, 3), 3, "short readv");
	check_is(readv(fd, v, 0), 0, "readv of no vectors");
	check_errno(syscall(SYS_readv, fd, v, -1), EINVAL, "-1 vectors");
	check_errno(syscall(SYS_readv, fd, v, 1025), EINVAL, "1025 vectors");
	check_errno(readv(fd, null_ptr, 1), EFAULT, "vectors at NULL");
	check_errno(readv(-1, null_ptr, 1), EBADF, "a bad descriptor comes first");
	v[0].iov_len = (size_t)-1;
	check_errno(readv(fd, v, 1), EINVAL, "length -1");
	many = calloc(1024, sizeof(*many));
	for (int i = 0; i < 1024; i++)
		many[i] = (struct iovec){ a, 1 };
	a[0] = 'q';
	check_is(pwritev(fd, many, 1024, 10), 1024, "1024 vectors");
	check_is(lseek(fd, 0, SEEK_END), 1034, "all are there");
	v[0] = (struct iovec){ edge - 2, 2 };
	v[1] = (struct iovec){ edge, 4 };
	v[2] = (struct iovec){ b, 2 };
	check_is(preadv(fd, v, 3, 0), 2, "a wild vector after a good one: partial");
	check(!memcmp(edge - 2, "01", 2), "its bytes");
	v[0] = (struct iovec){ edge, 2 };
	check_errno(preadv(fd, v, 3, 0), EFAULT, "a wild vector first");
	check_errno(pwritev(fd, v, 1, 0), EFAULT, "write from a wild vector");
	v[0] = (struct iovec){ a, 4 };
	check_errno(preadv(fd, v, 1, -1), EINVAL, "preadv at -1");
	need(lseek(fd, 4, SEEK_SET) == 4);
	check_is(preadv2(fd, v, 1, -1, 0), 4, "preadv2 at -1 is the offset");
	check(!memcmp(a, "4567", 4), "its bytes");
	check_is(lseek(fd, 0, SEEK_CUR), 8, "and moves it");
	check_errno(preadv2(fd, v, 1, 0, 0x40000000), EOPNOTSUPP, "unknown RWF flag");
	check_is(pwritev2(fd, v, 1, 0, RWF_APPEND), 4, "RWF_APPEND");
	check_is(lseek(fd, 0, SEEK_END), 1038, "went to the end");
	check_is(pwritev2(fd, v, 1, 0, RWF_SYNC), 4, "RWF_SYNC");
	need(pipe(p) == 0);
	check_errno(preadv(p[0], v, 1, 0), ESPIPE, "preadv of a pipe");
	v[0] = (struct iovec){ "ab", 2 };
	v[1] = (struct iovec){ edge, 2 };
	check_errno(writev(p[1], v, 2), EFAULT, "writev to a pipe with a wild vector writes nothing");
	need(write(p[1], "ab", 2) == 2);
	v[0] = (struct iovec){ a, 1 };
	v[1] = (struct iovec){ b, 1 };
	check_is(readv(p[0], v, 2), 2, "readv of a pipe");
	check(a[0] == 'a' && b[0] == 'b', "its bytes");
	check_errno(preadv2(p[0], v, 1, -1, RWF_NOWAIT), EAGAIN, "RWF_NOWAIT of an empty pipe");
	check_errno(writev(fd, (struct iovec *)odd_ptr, 2), EFAULT, "vectors at a non-canonical address");
	return done();
}
