/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int prot = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS, fd = file("f", "file");
	char *m = mmap(NULL, 8 * 4096, prot, anon, -1, 0);

	memset(m, 'a', 8 * 4096);
	check(mmap(m + 4096, 4096, prot, anon | MAP_FIXED, -1, 0) == m + 4096, "MAP_FIXED replaces");
	check(m[4095] == 'a' && m[4096] == 0 && m[8191] == 0 && m[8192] == 'a', "exactly one page");
	check(mmap(m + 8192, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == m + 8192, "by a file");
	check(!memcmp(m + 8192, "file", 5), "its bytes");
	check(mmap(m, 4096, prot, anon | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST, "NOREPLACE over a page");
	check(mmap(m - 4096, 3 * 4096, prot, anon | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST,
	      "NOREPLACE partly over one");
	check(m[0] == 'a', "nothing was touched");
	need(munmap(m + 5 * 4096, 4096) == 0);
	check(mmap(m + 5 * 4096, 4096, prot, anon | MAP_FIXED_NOREPLACE, -1, 0) == m + 5 * 4096, "NOREPLACE in a hole");
	check(m[5 * 4096] == 0 && m[6 * 4096] == 'a', "is new");
	need(munmap(m + 3 * 4096, 4096) == 0);
	check(mmap(m + 3 * 4096, 4096, prot, anon, -1, 0) == m + 3 * 4096, "a free hint is taken");
	char *o = mmap(m + 3 * 4096, 4096, prot, anon, -1, 0);
	check(o != MAP_FAILED && o != m + 3 * 4096, "a taken hint is not");
	/* What fails must leave the old mapping. */
	check(mmap(m, 4096, prot, MAP_SHARED | MAP_FIXED, 12345, 0) == MAP_FAILED && errno == EBADF, "FIXED with a bad file");
	check(m[0] == 'a', "keeps the old page");
	/* Many small mappings merge or not, but all live. */
	char *base = mmap(NULL, 512 * 4096, PROT_NONE, anon, -1, 0);
	bool ok = true;
	for (int i = 0; i < 512; i += 2)
		ok = ok && mprotect(base + i * 4096, 4096, prot) == 0;
	for (int i = 0; i < 512; i += 2)
		base[i * 4096] = i;
	for (int i = 0; i < 512; i += 2)
		ok = ok && base[i * 4096] == (char)i;
	check(ok, "512 alternating pages");
	check_is(mprotect(base, 512 * 4096, prot), 0, "all at once");
	check(base[4096] == 0 && base[2 * 4096] == 2, "their contents");
	/* Page 0 is for who may touch the machine (CAP_SYS_RAWIO, which root has here as natively). */
	if (geteuid() == 0) {
		void *zero = mmap(NULL, 4096, prot, anon | MAP_FIXED, -1, 0);

		check(zero == NULL, "page 0 for root");
		if (zero == NULL)
			check(munmap(zero, 4096) == 0, "and unmapped");
	}
	check(exited(in_child(_exit(setresuid(65534, 65534, 65534) == 0 &&
	                            mmap(NULL, 4096, prot, anon | MAP_FIXED, -1, 0) == MAP_FAILED &&
	                            errno == EPERM ? 0 : 1)), 0) || geteuid(), "not for others: EPERM");
	return done();
}
