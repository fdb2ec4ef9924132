/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/fs.h>

static bool has(const char *name, const char *text)
{
	char buf[16] = "";
	int fd = open(name, O_RDONLY);
	bool ok = fd >= 0 && read(fd, buf, 15) >= 0 && !strcmp(buf, text);

	close(fd);
	return ok;
}

int main(void)
{
	struct stat a, b;
	int fd;

	close(file("a", "A"));
	close(file("b", "B"));
	need(mkdir("d1", 0755) == 0 && mkdir("d2", 0755) == 0 && mkdir("full", 0755) == 0);
	close(file("full/x", "X"));
	check_errno(rename("none", "x"), ENOENT, "of nothing");
	check_errno(rename("a", "none/x"), ENOENT, "into nothing");
	check_errno(rename("a", ""), ENOENT, "to an empty path");
	check_errno(rename(null_ptr, "x"), EFAULT, "from NULL");
	check_errno(rename("a", odd_ptr), EFAULT, "to a wild pointer");
	check_errno(rename("a", "d1"), EISDIR, "file over directory");
	check_errno(rename("d1", "a"), ENOTDIR, "directory over file");
	check_errno(rename("d1", "full"), ENOTEMPTY, "directory over a full one");
	check_errno(rename("d1", "d1/in"), EINVAL, "directory into itself");
	check_errno(rename("full", "full/x/y"), ENOTDIR, "below a file");
	check_errno(rename("a", "a/"), ENOTDIR, "file to a name with a slash");
	check_errno(rename("a", "new/"), ENOTDIR, "file to a new name with a slash");
	check_errno(rename(".", "x"), EBUSY, "of .");
	check_errno(rename("d1/..", "x"), EBUSY, "of ..");
	check_errno(rename("a", "d1/."), EBUSY, "to .");
	check_errno(rename("/", "x"), EBUSY, "of the root");
	check_is(rename("a", "a"), 0, "to itself");
	check_is(rename("a", "b"), 0, "file over file");
	check(has("b", "A") && access("a", F_OK) == -1, "replaced");
	need(link("b", "c") == 0);
	check_is(rename("b", "c"), 0, "two names of one file");
	check(access("b", F_OK) == 0 && access("c", F_OK) == 0, "both stay");
	check_is(rename("d1", "d2"), 0, "directory over an empty one");
	check(access("d1", F_OK) == -1 && stat("d2", &a) == 0 && a.st_nlink == 2, "replaced");
	check_is(rename("d2/", "d3/"), 0, "directory with slashes");
	need(stat("full", &a) == 0);
	check_is(rename("full", "d3/full"), 0, "directory moves to another parent");
	check(stat("d3/full/..", &a) == 0 && stat("d3", &b) == 0 && a.st_ino == b.st_ino && b.st_nlink == 3,
	      ".. and the links follow");
	check_errno(rename("d3", "d3/full/x2"), EINVAL, "into a grandchild");
	fd = open("d3/full/x", O_RDWR);
	need(fd >= 0);
	check_is(rename("d3/full/x", "moved"), 0, "an open file moves");
	check(write(fd, "M", 1) == 1 && has("moved", "M"), "the descriptor follows");
	need(symlink("moved", "sym") == 0);
	check_is(rename("sym", "sym2"), 0, "of a link");
	check(lstat("sym2", &a) == 0 && S_ISLNK(a.st_mode) && has("moved", "M"), "moves the link itself");

	check_errno(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "moved", RENAME_NOREPLACE), EEXIST, "NOREPLACE");
	check_is(syscall(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "b2", RENAME_NOREPLACE), 0, "NOREPLACE to a free name");
	check_is(syscall(SYS_renameat2, AT_FDCWD, "b2", AT_FDCWD, "moved", RENAME_EXCHANGE), 0, "EXCHANGE");
	check(has("b2", "M") && has("moved", "A"), "both have changed places");
	check_is(syscall(SYS_renameat2, AT_FDCWD, "b2", AT_FDCWD, "d3", RENAME_EXCHANGE), 0, "EXCHANGE file and directory");
	check(has("d3", "M") && stat("b2/full", &a) == 0, "changed places");
	check_errno(syscall(SYS_renameat2, AT_FDCWD, "b2", AT_FDCWD, "none", RENAME_EXCHANGE), ENOENT,
		    "EXCHANGE with nothing");
	check_errno(syscall(SYS_renameat2, AT_FDCWD, "b2", AT_FDCWD, "d3", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL,
		    "both flags");
	check_errno(syscall(SYS_renameat2, AT_FDCWD, "b2", AT_FDCWD, "d3", 0x80), EINVAL, "unknown flag");
	check_errno(renameat(12345, "a", AT_FDCWD, "b"), EBADF, "closed descriptor");
	return done();
}
