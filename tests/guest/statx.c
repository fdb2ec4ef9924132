/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	struct statx x, y;
	struct stat st;
	int fd;

	umask(022);
	fd = file("f", "hello");
	memset(&x, 0xff, sizeof(x));
	check_is(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x), 0, "statx");
	check_is(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS, "all basic fields are valid");
	check(x.stx_mode == (S_IFREG | 0644) && x.stx_size == 5 && x.stx_nlink == 1, "mode, size, links");
	need(fstat(fd, &st) == 0);
	check(x.stx_ino == st.st_ino && x.stx_mtime.tv_sec == st.st_mtim.tv_sec &&
	      x.stx_mtime.tv_nsec == st.st_mtim.tv_nsec, "agrees with fstat");
	check_is(statx(fd, "", AT_EMPTY_PATH, STATX_ALL, &y), 0, "AT_EMPTY_PATH");
	check(y.stx_ino == x.stx_ino, "is the descriptor");
	check_is(syscall(SYS_statx, fd, null_ptr, AT_EMPTY_PATH, STATX_ALL, &y), 0, "NULL with AT_EMPTY_PATH");
	check_errno(statx(AT_FDCWD, "f", 0, STATX__RESERVED, &x), EINVAL, "reserved mask");
	check_errno(statx(AT_FDCWD, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_ALL, &x), EINVAL,
		    "both sync flags");
	check_errno(statx(AT_FDCWD, "f", 0x8000, STATX_ALL, &x), EINVAL, "unknown flag");
	check_is(statx(AT_FDCWD, "f", AT_STATX_DONT_SYNC, 0, &x), 0, "an empty mask");
	check_errno(statx(AT_FDCWD, "none", 0, STATX_ALL, &x), ENOENT, "nothing there");
	check_errno(statx(AT_FDCWD, "", 0, STATX_ALL, &x), ENOENT, "empty path");
	check_errno(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_ALL, null_ptr), EFAULT, "buffer NULL");
	check_errno(syscall(SYS_statx, AT_FDCWD, odd_ptr, 0, STATX_ALL, &x), EFAULT, "path wild");
	check_errno(statx(12345, "f", 0, STATX_ALL, &x), EBADF, "closed directory");
	need(symlink("f", "l") == 0);
	check(statx(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x) == 0 && S_ISLNK(x.stx_mode), "NOFOLLOW");
	check(statx(AT_FDCWD, "/dev/zero", 0, STATX_TYPE, &x) == 0 && x.stx_rdev_major == 1 && x.stx_rdev_minor == 5,
	      "/dev/zero");
	return done();
}
