/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	struct stat st;

	umask(022);
	check_is(mkdir("d", 0777), 0, "mkdir");
	check(stat("d", &st) == 0 && (st.st_mode & 07777) == 0755, "its mode");
	check_errno(mkdir("d", 0777), EEXIST, "again");
	check_errno(mkdir("none/d", 0777), ENOENT, "in nothing");
	check_errno(mkdir("", 0777), ENOENT, "empty path");
	check_errno(mkdir(null_ptr, 0777), EFAULT, "NULL");
	check_errno(mkdir("/", 0777), EEXIST, "the root");
	check_errno(mkdir(".", 0777), EEXIST, ".");
	check_errno(mkdir("d/..", 0777), EEXIST, "..");
	close(file("f", ""));
	check_errno(mkdir("f", 0777), EEXIST, "over a file");
	check_errno(mkdir("f/d", 0777), ENOTDIR, "below a file");
	need(symlink("none", "s") == 0);
	check_errno(mkdir("s", 0777), EEXIST, "over a dangling link");
	check_is(mkdir("e///", 01777), 0, "with slashes and the sticky bit");
	check(stat("e", &st) == 0 && (st.st_mode & 07777) == 01755, "keeps the sticky bit");
	check_errno(mkdirat(12345, "x", 0777), EBADF, "closed descriptor");

	check_errno(rmdir("none"), ENOENT, "rmdir of nothing");
	check_errno(rmdir("f"), ENOTDIR, "of a file");
	check_errno(rmdir("."), EINVAL, "of .");
	check_errno(rmdir("d/.."), ENOTEMPTY, "of ..");
	check_errno(rmdir("/"), EBUSY, "of the root");
	check_errno(rmdir(odd_ptr), EFAULT, "of a wild pointer");
	need(symlink("d", "sd") == 0);
	check_errno(rmdir("sd"), ENOTDIR, "of a link to a directory");
	check_errno(rmdir("sd/"), ENOTDIR, "of a link with a slash");
	close(file("d/x", ""));
	check_errno(rmdir("d"), ENOTEMPTY, "of a full one");
	need(unlink("d/x") == 0);
	int fd = open("d", O_RDONLY);
	need(chdir("d") == 0);
	check_is(rmdir("../d"), 0, "of the current one");
	check(fstat(fd, &st) == 0 && st.st_nlink == 0, "no links are left");
	check_errno(open("x", O_CREAT | O_RDWR, 0644), ENOENT, "nothing can be created in it");
	check_errno(mkdir("x", 0755), ENOENT, "nor a directory");
	check_errno(openat(fd, "x", O_RDONLY), ENOENT, "nor found");
	char buf[256];
	check_errno(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT, "getcwd");
	check(stat(".", &st) == 0 && S_ISDIR(st.st_mode), ". is still a directory");
	need(chdir("..") == 0);
	check_is(stat("e", &st), 0, ".. still works");
	check_is(rmdir("e/"), 0, "rmdir with a slash");

	/* Depth */
	for (int i = 0; i < 100; i++)
		need(mkdir("deep", 0755) == 0 && chdir("deep") == 0);
	int n = 0;
	for (; n < 100; n++)
		if (chdir("..") || rmdir("deep"))
			break;
	check_is(n, 100, "a hundred levels down and up");
	return done();
}
