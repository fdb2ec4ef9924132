/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static bool fails(void *m, int want)
{
	return m == MAP_FAILED && errno == want;
}

int main(void)
{
	int rw = file("f", "hello"), ro = open("f", O_RDONLY), wo = open("f", O_WRONLY), dir = open(".", O_RDONLY), p[2];
	int r = PROT_READ, w = PROT_READ | PROT_WRITE;
	char *m;

	check(fails(mmap(NULL, 0, r, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL), "length 0");
	check(fails(mmap(NULL, -1ul, r, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM), "length -1");
	check(fails(mmap(NULL, 1ul << 47, r, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM), "the whole space");
	check(fails(mmap(NULL, 4096, r, MAP_ANONYMOUS, -1, 0), EINVAL), "neither shared nor private");
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, -1, 0), EBADF), "descriptor -1");
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, 12345, 0), EBADF), "closed descriptor");
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, rw, 1), EINVAL), "offset of 1");
	check(fails(mmap(NULL, 8192, r, MAP_PRIVATE, rw, -4096), EOVERFLOW), "offset that wraps");
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, wo, 0), EACCES), "write-only file");
	check(fails(mmap(NULL, 4096, w, MAP_SHARED, ro, 0), EACCES), "shared writable of a read-only file");
	m = mmap(NULL, 4096, w, MAP_PRIVATE, ro, 0);
	check(m != MAP_FAILED, "private writable of a read-only file");
	m = mmap(NULL, 4096, r, MAP_SHARED, ro, 0);
	check_errno(mprotect(m, 4096, w), EACCES, "mprotect does not get round it");
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, dir, 0), ENODEV), "directory");
	need(pipe(p) == 0);
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, p[0], 0), ENODEV), "pipe");
	int path = open("f", O_PATH);
	check(fails(mmap(NULL, 4096, r, MAP_PRIVATE, path, 0), EBADF), "O_PATH");
	check(fails(mmap((void *)1, 4096, r, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EINVAL), "FIXED, not aligned");
	check(fails(mmap((void *)0x7ffffffff000, 8192, r, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM),
	      "FIXED, beyond the end");
	check(fails(mmap(kernel_ptr, 4096, r, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM), "FIXED in the kernel");
	m = mmap(kernel_ptr, 4096, r, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(m != MAP_FAILED, "as a mere hint it is passed over");
	m = mmap(NULL, 1, w, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(m != MAP_FAILED && m[4095] == 0 && ((uintptr_t)m & 4095) == 0, "length 1 is a page");
	m = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(m != MAP_FAILED && write(p[1], m, 1) == -1 && errno == EFAULT, "PROT_NONE");
	m = mmap(NULL, 1ul << 36, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(m != MAP_FAILED, "64 GiB of reserved room");
	check_is(munmap(m, 1ul << 36), 0, "and away");
	m = mmap(NULL, 1 << 20, w, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	check(m != MAP_FAILED && m[1 << 19] == 0, "MAP_POPULATE");
	m = mmap(NULL, 4096, w, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	check(m != MAP_FAILED && (uintptr_t)m < 1ul << 31, "MAP_32BIT");
	check(fails(mmap(NULL, 4096, r, 0x03 | 0x4000000 | MAP_ANONYMOUS, -1, 0), EINVAL) || errno == EOPNOTSUPP, "SHARED_VALIDATE with an unknown flag");
	check_errno(munmap(m + 1, 4096), EINVAL, "munmap not aligned");
	check_errno(munmap(m, 0), EINVAL, "munmap of 0");
	check_errno(munmap(m, -1ul), EINVAL, "munmap of -1");
	check_errno(munmap((void *)0x7ffffffff000, 8192), EINVAL, "munmap beyond the end");
	check_is(munmap(m, 4096), 0, "munmap");
	check_is(munmap(m, 4096), 0, "munmap of nothing");
	/* A hole in the middle. */
	m = mmap(NULL, 5 * 4096, w, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 'q', 5 * 4096);
	check_is(munmap(m + 4096, 4096), 0, "munmap of a middle page");
	check_errno(write(p[1], m + 4096, 1), EFAULT, "is gone");
	check(m[4095] == 'q' && m[8192] == 'q', "its neighbours are not");
	check_is(munmap(m, 5 * 4096), 0, "munmap over the hole");
	/* PROT_EXEC */
	m = mmap(NULL, 4096, w | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(m, "\xb8\x2a\x00\x00\x00\xc3", 6);
	check_is(((int (*)(void))(void *)m)(), 42, "code can be made and run");
	memcpy(m, "\xb8\x2b\x00\x00\x00\xc3", 6);
	check_is(((int (*)(void))(void *)m)(), 43, "and changed");
	return done();
}
