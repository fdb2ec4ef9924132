/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/openat2.h>

static long o2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { flags, mode, resolve };

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int main(void)
{
	struct open_how how = { O_RDONLY, 0, 0 };
	char big[4096] = { 0 };
	int dir, fd;

	need(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	close(file("d/f", "x"));
	close(file("out", "x"));
	need(symlink("f", "d/l") == 0 && symlink("/etc", "d/abs") == 0 && symlink("../out", "d/up") == 0 &&
	     symlink("e/../f", "d/in") == 0);
	dir = open("d", O_RDONLY | O_DIRECTORY);

	check_errno(syscall(SYS_openat2, dir, "f", null_ptr, sizeof(how)), EFAULT, "how is NULL");
	check_errno(syscall(SYS_openat2, dir, "f", &how, 0), EINVAL, "size 0");
	check_errno(syscall(SYS_openat2, dir, "f", &how, 23), EINVAL, "size too small");
	check_errno(syscall(SYS_openat2, dir, "f", big, 4097), E2BIG, "size beyond a page");
	memcpy(big, &how, sizeof(how));
	fd = syscall(SYS_openat2, dir, "f", big, sizeof(big));
	check(fd >= 0, "a longer zeroed structure");
	close(fd);
	big[100] = 1;
	check_errno(syscall(SYS_openat2, dir, "f", big, sizeof(big)), E2BIG, "a longer structure with unknown content");
	check_errno(o2(dir, "f", 1ull << 40, 0, 0), EINVAL, "unknown flag");
	check_errno(o2(dir, "f", O_RDONLY, 0, 1 << 20), EINVAL, "unknown resolve flag");
	check_errno(o2(dir, "f", O_RDONLY, 0644, 0), EINVAL, "mode without O_CREAT");
	check_errno(o2(dir, "g", O_RDWR | O_CREAT, 0170644, 0), EINVAL, "mode with type bits");
	check_errno(o2(dir, "f", O_PATH | O_RDWR, 0, 0), EINVAL, "O_PATH with access bits");
	check_errno(o2(dir, "f", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT), EINVAL, "BENEATH with IN_ROOT");

	fd = o2(dir, "f", O_RDONLY, 0, RESOLVE_BENEATH);
	check(fd >= 0, "BENEATH: a child");
	close(fd);
	check_errno(o2(dir, "../out", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV, "BENEATH: ..");
	check_errno(o2(dir, "/etc", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV, "BENEATH: absolute");
	check_errno(o2(dir, "abs", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV, "BENEATH: absolute link");
	check_errno(o2(dir, "up", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV, "BENEATH: link upwards");
	check_errno(o2(dir, "e/../../out", O_RDONLY, 0, RESOLVE_BENEATH), EXDEV, "BENEATH: .. twice");
	fd = o2(dir, "in", O_RDONLY, 0, RESOLVE_BENEATH);
	check(fd >= 0, "BENEATH: .. that stays inside");
	close(fd);
	fd = o2(dir, "e/../..", O_PATH, 0, RESOLVE_IN_ROOT);
	struct stat a, b;
	check(fd >= 0 && fstat(fd, &a) == 0 && fstat(dir, &b) == 0 && a.st_ino == b.st_ino,
	      "IN_ROOT: .. of the root is the root");
	close(fd);
	fd = o2(dir, "/f", O_RDONLY, 0, RESOLVE_IN_ROOT);
	check(fd >= 0, "IN_ROOT: absolute path starts there");
	close(fd);
	check_errno(o2(dir, "abs", O_RDONLY, 0, RESOLVE_IN_ROOT), ENOENT, "IN_ROOT: absolute link starts there");
	check_errno(o2(dir, "up", O_RDONLY, 0, RESOLVE_IN_ROOT), ENOENT, "IN_ROOT: link upwards is held");
	check_errno(o2(dir, "l", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP, "NO_SYMLINKS: last");
	need(symlink("e", "d/le") == 0);
	check_errno(o2(dir, "le/../f", O_RDONLY, 0, RESOLVE_NO_SYMLINKS), ELOOP, "NO_SYMLINKS: in the middle");
	fd = o2(dir, "l", O_PATH | O_NOFOLLOW, 0, RESOLVE_NO_SYMLINKS);
	check(fd >= 0, "NO_SYMLINKS: the link itself");
	close(fd);
	check_errno(o2(AT_FDCWD, "/proc/self", O_PATH, 0, RESOLVE_NO_XDEV), EXDEV, "NO_XDEV");
	check_errno(o2(AT_FDCWD, "/proc/self/exe", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS), ELOOP, "NO_MAGICLINKS");
	check_errno(o2(12345, "f", O_RDONLY, 0, 0), EBADF, "closed descriptor");
	return done();
}
