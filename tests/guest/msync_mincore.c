/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	int fd = file("f", ""), prot = PROT_READ | PROT_WRITE;
	unsigned char v[8];
	char *m, *a, buf[8];

	need(ftruncate(fd, 3 * 4096) == 0);
	m = mmap(NULL, 3 * 4096, prot, MAP_SHARED, fd, 0);
	m[0] = 'x';
	check_is(msync(m, 3 * 4096, MS_SYNC), 0, "MS_SYNC");
	check(pread(fd, buf, 1, 0) == 1 && buf[0] == 'x', "the byte");
	check_is(msync(m, 4096, MS_ASYNC), 0, "MS_ASYNC");
	check_is(msync(m, 4096, MS_INVALIDATE), 0, "MS_INVALIDATE");
	check_errno(msync(m, 4096, MS_SYNC | MS_ASYNC), EINVAL, "both");
	check_errno(msync(m, 4096, 0x100), EINVAL, "unknown flag");
	check_errno(msync(m + 1, 4096, MS_SYNC), EINVAL, "not aligned");
	check_is(msync(m, 0, MS_SYNC), 0, "length 0");
	check_errno(msync(m, -4096ul, MS_SYNC), ENOMEM, "length that wraps");
	a = mmap(NULL, 3 * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check_is(msync(a, 4096, MS_SYNC), 0, "of anonymous memory");
	need(munmap(a + 4096, 4096) == 0);
	check_errno(msync(a, 3 * 4096, MS_SYNC), ENOMEM, "over a hole");
	a[0] = 1;
	check_is(mincore(a, 4096, v), 0, "mincore");
	check_is(v[0] & 1, 1, "a touched page is there");
	check_errno(mincore(a, 3 * 4096, v), ENOMEM, "over a hole");
	check_errno(mincore(a + 1, 4096, v), EINVAL, "not aligned");
	check_errno(mincore(a, 4096, null_ptr), EFAULT, "vector NULL");
	check_is(mincore(a, 0, v), 0, "length 0");
	char *fresh = mmap(NULL, 2 * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(mincore(fresh, 8192, v) == 0 && !(v[0] & 1) && !(v[1] & 1), "untouched pages are not");
	fresh[4096] = 1;
	check(mincore(fresh, 8192, v) == 0 && !(v[0] & 1) && (v[1] & 1), "one touched");
	return done();
}
