/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char buf[5000], *edge = page_edge();
	struct stat a, b;
	int fd = file("f", "x");

	check_is(link("f", "g"), 0, "link");
	check(stat("f", &a) == 0 && stat("g", &b) == 0 && a.st_ino == b.st_ino && a.st_nlink == 2, "two names");
	check_errno(link("f", "g"), EEXIST, "to a taken name");
	check_errno(link("none", "h"), ENOENT, "of nothing");
	need(mkdir("d", 0755) == 0);
	check_errno(link("d", "dd"), EPERM, "of a directory");
	check_errno(link("f", "d"), EEXIST, "over a directory");
	check_errno(link("f", "new/"), ENOENT, "to a name with a slash");
	check_errno(link("f", "none/x"), ENOENT, "into nothing");
	check_errno(link("f", "f/x"), ENOTDIR, "below a file");
	check_errno(link(null_ptr, "x"), EFAULT, "from NULL");
	check_errno(link("f", kernel_ptr), EFAULT, "to a wild pointer");
	check_errno(linkat(AT_FDCWD, "f", AT_FDCWD, "x", 0x10), EINVAL, "unknown flag");
	check_is(symlink("g", "s"), 0, "symlink");
	check_is(link("s", "s2"), 0, "link of a symlink");
	check(lstat("s2", &b) == 0 && S_ISLNK(b.st_mode) && b.st_nlink == 2, "is the symlink itself");
	check_is(linkat(AT_FDCWD, "s", AT_FDCWD, "s3", AT_SYMLINK_FOLLOW), 0, "AT_SYMLINK_FOLLOW");
	check(lstat("s3", &b) == 0 && S_ISREG(b.st_mode) && b.st_nlink == 3, "is the file");
	check_is(linkat(fd, "", AT_FDCWD, "viafd", AT_EMPTY_PATH), 0, "AT_EMPTY_PATH");
	check(lstat("viafd", &b) == 0 && b.st_nlink == 4, "a fourth name");
	check_is(unlink("f"), 0, "unlink the first");
	check(fstat(fd, &b) == 0 && b.st_nlink == 3, "one name less");

	check_errno(symlink("x", "s"), EEXIST, "symlink to a taken name");
	check_errno(symlink("", "e"), ENOENT, "empty target");
	check_errno(symlink("x", ""), ENOENT, "empty name");
	check_errno(symlink(odd_ptr, "e"), EFAULT, "wild target");
	check_errno(symlink("x", "t/"), ENOENT, "name with a slash");
	memset(buf, 'a', 5000);
	buf[4096] = 0;
	check_errno(symlink(buf, "long"), ENAMETOOLONG, "target of 4096");
	buf[4000] = 0;
	check_is(symlink(buf, "long"), 0, "target of 4000");
	check_is(readlink("long", buf, sizeof(buf)), 4000, "readlink of it");
	check_is(readlink("s", buf, sizeof(buf)), 1, "readlink");
	need(symlink("target", "t") == 0);
	memset(buf, '.', 10);
	check_is(readlink("t", buf, 3), 3, "is cut");
	check(!memcmp(buf, "tar.", 4), "without a zero");
	check_errno(readlink("t", buf, 0), EINVAL, "size 0");
	check_errno(syscall(SYS_readlink, "t", buf, -1), EINVAL, "size -1");
	check_errno(readlink("g", buf, 10), EINVAL, "of a file");
	check_errno(readlink("none", buf, 10), ENOENT, "of nothing");
	check_errno(readlink("", buf, 10), ENOENT, "of an empty path");
	check_errno(readlink("t", null_ptr, 10), EFAULT, "to NULL");
	check_errno(readlink("t", edge - 2, 10), EFAULT, "over the edge");
	int l = open("t", O_PATH | O_NOFOLLOW);
	check_is(readlinkat(l, "", buf, 10), 6, "readlinkat of a descriptor");
	check_errno(readlinkat(fd, "", buf, 10), ENOENT, "readlinkat of a file's descriptor");

	/* A chain of 40 links is followed, one of 41 is not. */
	char from[16], to[16];
	for (int i = 1; i <= 41; i++) {
		snprintf(from, sizeof(from), "c%d", i);
		snprintf(to, sizeof(to), i == 1 ? "g" : "c%d", i - 1);
		need(symlink(to, from) == 0);
	}
	check_is(stat("c40", &b), 0, "40 links");
	check_errno(stat("c41", &b), ELOOP, "41 links");
	return done();
}
