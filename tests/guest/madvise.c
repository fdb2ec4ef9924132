/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, fd = file("f", "file"), p[2];
	char *m = mmap(NULL, 4 * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *s, *f;

	memset(m, 'a', 4 * 4096);
	check_is(madvise(m + 4096, 4096, MADV_DONTNEED), 0, "DONTNEED");
	check(m[4095] == 'a' && m[4096] == 0 && m[8192] == 'a', "drops exactly one page");
	f = mmap(NULL, 4096, prot, MAP_PRIVATE, fd, 0);
	f[0] = 'X';
	check(madvise(f, 4096, MADV_DONTNEED) == 0 && f[0] == 'f', "a file's private page is read again");
	s = mmap(NULL, 4096, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s[0] = 's';
	check(madvise(s, 4096, MADV_DONTNEED) == 0 && s[0] == 's', "a shared page keeps its contents");
	check(madvise(s, 4096, MADV_REMOVE) == 0 && s[0] == 0, "REMOVE drops them");
	check_errno(madvise(m, 4096, MADV_REMOVE), EINVAL, "REMOVE of a private page");
	check_errno(madvise(m + 1, 4096, MADV_NORMAL), EINVAL, "not aligned");
	check_errno(madvise(m, 4096, 12345), EINVAL, "unknown advice");
	check_errno(madvise(m, -4096ul, MADV_DONTNEED), EINVAL, "length that wraps");
	check_is(madvise(m, 0, MADV_DONTNEED), 0, "length 0");
	need(munmap(m + 8192, 4096) == 0);
	memset(m, 'b', 8192);
	check_errno(madvise(m, 4 * 4096, MADV_DONTNEED), ENOMEM, "over a hole");
	check(m[0] == 0 && m[3 * 4096] == 0, "it is still done on both sides");
	for (int a = 0; a <= 3; a++)
		check_is(madvise(m, 8192, a), 0, "advice %d", a);
	check_is(madvise(m, 4096, MADV_FREE), 0, "FREE");
	m[0] = 'z';
	check(m[0] == 'z', "a write takes it back");
	check_errno(madvise(f, 4096, MADV_FREE), EINVAL, "FREE of a file");
	check_is(madvise(m, 8192, MADV_POPULATE_WRITE), 0, "POPULATE_WRITE");
	check_errno(madvise(m + 8192, 4096, MADV_POPULATE_READ), ENOMEM, "POPULATE_READ of nothing");

	m = mmap(NULL, 4 * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 'm', 4 * 4096);
	check_is(madvise(m, 4096, MADV_WIPEONFORK), 0, "WIPEONFORK");
	check_is(madvise(m + 4096, 4096, MADV_DONTFORK), 0, "DONTFORK");
	check_errno(madvise(s, 4096, MADV_WIPEONFORK), EINVAL, "WIPEONFORK of a shared page");
	need(pipe(p) == 0);
	check(exited(in_child({
		      if (m[0] != 0 || m[8192] != 'm')
			      _exit(1);
		      if (write(p[1], m + 4096, 1) != -1 || errno != EFAULT)
			      _exit(2);
		      if (write(p[1], m, 1) != 1)
			      _exit(3);
	      }), 0), "the child has one wiped page and one missing");
	check(m[0] == 'm' && m[4096] == 'm', "the parent has both");
	check_is(madvise(m, 4096, MADV_KEEPONFORK), 0, "KEEPONFORK");
	check_is(madvise(m + 4096, 4096, MADV_DOFORK), 0, "DOFORK");
	check(exited(in_child(_exit(m[0] == 'm' && m[4096] == 'm' ? 0 : 1)), 0), "both come along again");
	madvise(m, 4096, MADV_WIPEONFORK);
	check(exited(in_child({
		      m[0] = 'c';
		      int st = in_child(_exit(m[0] == 0 ? 0 : 1));
		      _exit(exited(st, 0) ? 0 : 2);
	      }), 0), "WIPEONFORK is inherited");
	return done();
}
