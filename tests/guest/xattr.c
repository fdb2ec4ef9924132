/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>
#include <sys/xattr.h>

int main(void)
{
	char buf[256], *longname = malloc(400), *huge = calloc(1, 65537);
	int fd = file("f", "x");

	need_root();
	chmod(".", 0755);
	check_is(setxattr("f", "user.a", "hello", 5, 0), 0, "set");
	check_is(getxattr("f", "user.a", buf, sizeof(buf)), 5, "get");
	check(!memcmp(buf, "hello", 5), "its value");
	check_is(getxattr("f", "user.a", NULL, 0), 5, "its size");
	check_errno(getxattr("f", "user.a", buf, 4), ERANGE, "too small");
	check_errno(getxattr("f", "user.none", buf, 4), ENODATA, "no such");
	check_errno(setxattr("f", "user.a", "x", 1, XATTR_CREATE), EEXIST, "CREATE of an old one");
	check_errno(setxattr("f", "user.b", "x", 1, XATTR_REPLACE), ENODATA, "REPLACE of a new one");
	check_errno(setxattr("f", "user.b", "x", 1, 4), EINVAL, "unknown flag");
	check_is(fsetxattr(fd, "user.b", "", 0, XATTR_CREATE), 0, "empty value");
	check_is(fgetxattr(fd, "user.b", buf, 10), 0, "is empty");
	check_is(listxattr("f", NULL, 0), 14, "size of the list");
	check_errno(listxattr("f", buf, 3), ERANGE, "list too small");
	check_is(flistxattr(fd, buf, sizeof(buf)), 14, "list");
	check(memmem(buf, 14, "user.a", 7) && memmem(buf, 14, "user.b", 7), "both names");
	memset(longname, 'n', 400);
	memcpy(longname, "user.", 5);
	longname[256] = 0;
	check_errno(setxattr("f", longname, "x", 1, 0), ERANGE, "name of 256");
	check_errno(setxattr("f", "", "x", 1, 0), ERANGE, "empty name");
	check_errno(setxattr("f", "noprefix", "x", 1, 0), EOPNOTSUPP, "no namespace");
	check_errno(setxattr("f", "user.", "x", 1, 0), EINVAL, "nothing after the prefix");
	check_errno(setxattr("f", "user.c", huge, 65537, 0), E2BIG, "value of 65537");
	check_errno(setxattr("f", "user.c", low_ptr, 5, 0), EFAULT, "wild value");
	check_errno(setxattr("f", odd_ptr, "x", 1, 0), EFAULT, "wild name");
	check_errno(getxattr("f", "user.a", low_ptr, 5), EFAULT, "wild buffer");
	check_errno(setxattr("none", "user.a", "x", 1, 0), ENOENT, "no file");
	check_errno(fsetxattr(12345, "user.a", "x", 1, 0), EBADF, "closed descriptor");
	check_is(removexattr("f", "user.a"), 0, "remove");
	check_errno(removexattr("f", "user.a"), ENODATA, "again");
	need(symlink("f", "l") == 0);
	check_errno(lsetxattr("l", "user.a", "x", 1, 0), EPERM, "user attribute of a link");
	check_is(setxattr("l", "user.via", "x", 1, 0), 0, "through the link");
	check_is(getxattr("f", "user.via", buf, 10), 1, "is the file's");
	check_is(setxattr("f", "trusted.t", "x", 1, 0), 0, "trusted by root");
	int path = open("f", O_PATH);
	check_errno(fgetxattr(path, "user.via", buf, 10), EBADF, "O_PATH descriptor");
	check_is(rename("f", "g"), 0, "rename");
	check_is(getxattr("g", "user.via", buf, 10), 1, "keeps them");
	chmod("g", 0644);
	check(exited(in_child({
		setgroups(0, NULL);
		need(setresuid(1000, 1000, 1000) == 0);
		check_is(getxattr("g", "user.via", buf, 10), 1, "a stranger reads");
		check_errno(setxattr("g", "user.via", "y", 1, 0), EACCES, "but writes not");
		check_errno(getxattr("g", "trusted.t", buf, 10), ENODATA, "and sees no trusted ones");
		check_errno(setxattr("g", "trusted.u", "y", 1, 0), EPERM, "nor sets any");
		_exit(tap_failed);
	}), 0), "the child agrees");
	return done();
}
