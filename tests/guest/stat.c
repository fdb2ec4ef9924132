/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/sysmacros.h>

int main(void)
{
	struct stat a, b;
	char *edge = page_edge();
	int fd;

	need_root();
	umask(022);
	fd = file("f", "hello");
	check_is(fstat(fd, &a), 0, "fstat");
	check(S_ISREG(a.st_mode) && (a.st_mode & 07777) == 0644, "mode");
	check(a.st_size == 5 && a.st_nlink == 1 && a.st_uid == 0 && a.st_gid == 0, "size, links, owner");
	check(a.st_blksize >= 512, "block size");
	check(stat("f", &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev, "stat tells the same inode");
	need(symlink("f", "l") == 0);
	check(stat("l", &b) == 0 && a.st_ino == b.st_ino, "stat follows");
	check(lstat("l", &b) == 0 && S_ISLNK(b.st_mode) && b.st_size == 1, "lstat does not");
	check((b.st_mode & 07777) == 0777, "links have mode 777");
	check_errno(stat("none", &b), ENOENT, "nothing there");
	check_errno(stat("f/", &b), ENOTDIR, "trailing slash");
	check_errno(lstat("l/", &b), ENOTDIR, "trailing slash follows the link");
	check_errno(stat("", &b), ENOENT, "empty path");
	check_errno(syscall(SYS_stat, null_ptr, &b), EFAULT, "path NULL");
	check_errno(syscall(SYS_stat, "f", null_ptr), EFAULT, "buffer NULL");
	check_errno(syscall(SYS_stat, "none", null_ptr), ENOENT, "the path comes first");
	check_errno(syscall(SYS_stat, "f", edge - 8), EFAULT, "buffer over the edge");
	memcpy(edge - 1, "f", 1);
	check_errno(syscall(SYS_stat, edge - 1, &b), EFAULT, "path runs over the edge");
	memcpy(edge - 2, "f", 2);
	check_is(syscall(SYS_stat, edge - 2, &b), 0, "path ends at the edge");
	check_errno(fstat(12345, &b), EBADF, "closed descriptor");
	check_errno(fstatat(12345, "f", &b, 0), EBADF, "closed directory");
	check_errno(fstatat(fd, "f", &b, 0), ENOTDIR, "not a directory");
	check_errno(fstatat(AT_FDCWD, "", &b, 0), ENOENT, "empty without AT_EMPTY_PATH");
	check_is(fstatat(fd, "", &b, AT_EMPTY_PATH), 0, "AT_EMPTY_PATH");
	check(b.st_ino == a.st_ino, "is the descriptor");
	check(fstatat(AT_FDCWD, "", &b, AT_EMPTY_PATH) == 0 && S_ISDIR(b.st_mode), "AT_EMPTY_PATH of the cwd");
	check_errno(fstatat(AT_FDCWD, "f", &b, 0x40000000), EINVAL, "unknown flag");
	need(mkdir("d", 0700) == 0);
	check(stat("d", &b) == 0 && S_ISDIR(b.st_mode) && b.st_nlink == 2, "an empty directory has two links");
	need(mkdir("d/1", 0700) == 0 && mkdir("d/2", 0700) == 0);
	check(stat("d", &b) == 0 && b.st_nlink == 4, "one more for each child directory");
	check(stat("d/1/..", &a) == 0 && a.st_ino == b.st_ino, ".. is the parent");
	check(stat("/dev/null", &b) == 0 && S_ISCHR(b.st_mode) && b.st_rdev == makedev(1, 3), "/dev/null");
	int p[2];
	need(pipe(p) == 0);
	check(fstat(p[0], &b) == 0 && S_ISFIFO(b.st_mode) && (b.st_mode & 07777) == 0600, "a pipe");
	need(ftruncate(fd, 1 << 20) == 0);
	check(fstat(fd, &b) == 0 && b.st_size == 1 << 20 && b.st_blocks < 100, "a hole takes no blocks");
	return done();
}
