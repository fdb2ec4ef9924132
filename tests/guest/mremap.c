/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS, fd = file("f", "");
	char *room = mmap(NULL, 16 * 4096, prot, anon, -1, 0), *m, *n;

	m = room;
	need(munmap(room + 4 * 4096, 12 * 4096) == 0);
	memset(m, 'a', 4 * 4096);
	check(mremap(m, 4 * 4096, 2 * 4096, 0) == m, "smaller");
	int p[2];
	need(pipe(p) == 0);
	check_errno(write(p[1], m + 2 * 4096, 1), EFAULT, "the rest is gone");
	check(mremap(m, 2 * 4096, 6 * 4096, 0) == m, "larger in place");
	check(m[8191] == 'a' && m[8192] == 0, "new pages are zero");
	need(mmap(m + 6 * 4096, 4096, prot, anon | MAP_FIXED, -1, 0) == m + 6 * 4096 && mprotect(m + 6 * 4096, 4096, PROT_NONE) == 0);
	check(mremap(m, 6 * 4096, 8 * 4096, 0) == MAP_FAILED && errno == ENOMEM, "no room");
	n = mremap(m, 6 * 4096, 8 * 4096, MREMAP_MAYMOVE);
	check(n != MAP_FAILED && n != m && n[0] == 'a' && n[8 * 4096 - 1] == 0, "MAYMOVE");
	check_errno(write(p[1], m, 1), EFAULT, "the old place is empty");
	char *to = mmap(NULL, 8 * 4096, prot, anon, -1, 0);
	check(mremap(n, 8 * 4096, 8 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "FIXED replaces what is there");
	check(to[100] == 'a', "with its contents");
	check(mremap(to, 4096, 4096, MREMAP_FIXED, n) == MAP_FAILED && errno == EINVAL, "FIXED without MAYMOVE");
	check(mremap(to, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED && errno == EINVAL, "FIXED onto itself");
	check(mremap(to + 1, 4096, 4096, 0) == MAP_FAILED && errno == EINVAL, "not aligned");
	check(mremap(to, 4096, 0, 0) == MAP_FAILED && errno == EINVAL, "new size 0");
	check(mremap(to, 0, 4096, MREMAP_MAYMOVE) == MAP_FAILED && errno == EINVAL, "old size 0 of a private one");
	check(mremap(to, 4096, 4096, 0x100) == MAP_FAILED && errno == EINVAL, "unknown flag");
	check(mremap(n, 4096, 8192, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT, "of nothing");
	check(mremap(to, 4096, 1ul << 47, MREMAP_MAYMOVE) == MAP_FAILED && errno == EINVAL, "to the whole space");
	n = mremap(to, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	check(n != MAP_FAILED && n != to && n[0] == 'a' && to[0] == 0, "DONTUNMAP leaves an empty page");
	/* Shared mappings: old size 0 duplicates. */
	char *s = mmap(NULL, 4096, prot, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	n = mremap(s, 0, 4096, MREMAP_MAYMOVE);
	check(n != MAP_FAILED && (s[0] = 'S') && n[0] == 'S', "old size 0 of a shared one is a second view");
	need(ftruncate(fd, 3 * 4096) == 0 && pwrite(fd, "two", 3, 4096) == 3);
	s = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);
	n = mremap(s, 4096, 2 * 4096, MREMAP_MAYMOVE);
	check(n != MAP_FAILED && !memcmp(n + 4096, "two", 4), "a file's mapping grows into the file");
	n[0] = 'W';
	char c = 0;
	check(pread(fd, &c, 1, 0) == 1 && c == 'W', "and writes to it");
	return done();
}
