/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	static char out[4096];

	setvbuf(stdout, out, _IOFBF, sizeof(out)); /* so that stdio does not allocate between two sbrk */
	char *start = sbrk(0), *raw;
	int p[2];

	need(pipe(p) == 0);
	check(syscall(SYS_brk, 0) == (long)start, "brk(0) tells the end");
	check(sbrk(100000) == start, "sbrk");
	bool zero = true;
	char *end = sbrk(0);
	for (char *q = start; q < end; q++)
		zero = zero && *q == 0;
	check(zero, "new memory is zero");
	memset(start, 'x', end - start);
	check(sbrk(-90000) == end, "less");
	check_errno(write(p[1], start + 50000, 1), EFAULT, "is unmapped");
	check(sbrk(90000) != (void *)-1 && start[50000] == 0 && start[5000] == 'x', "and zero when it comes back");
	raw = (char *)syscall(SYS_brk, 1);
	check(raw == end, "brk below the start changes nothing");
	raw = (char *)syscall(SYS_brk, -1l);
	check(raw == end, "nor does brk to -1");
	raw = (char *)syscall(SYS_brk, 1ul << 46);
	check(raw == end, "nor far into other mappings");
	struct rlimit r, old;
	getrlimit(RLIMIT_DATA, &old);
	r = old;
	r.rlim_cur = 1 << 20;
	check_is(setrlimit(RLIMIT_DATA, &r), 0, "RLIMIT_DATA");
	check_errno(sbrk(16 << 20) == (void *)-1 ? -1 : 0, ENOMEM, "stops it");
	setrlimit(RLIMIT_DATA, &old);
	need(mmap((void *)(((uintptr_t)end + 0x200000) & ~4095ul), 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) != MAP_FAILED);
	check_errno(sbrk(8 << 20) == (void *)-1 ? -1 : 0, ENOMEM, "a mapping in the way stops it");
	check(exited(in_child({
		      char *e = sbrk(0);
		      if (sbrk(8192) != e)
			      _exit(1);
		      start[0] = 'c';
	      }), 0) && sbrk(0) == end && start[0] == 'x', "a child's heap is its own");
	return done();
}
