/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>

int main(void)
{
	char start[4096], buf[4096], want[4200], small[2];

	need_root();
	need(getcwd(start, sizeof(start)));
	need(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0);
	check_is(chdir("a/b"), 0, "chdir");
	snprintf(want, sizeof(want), "%s/a/b", start);
	check_is(syscall(SYS_getcwd, buf, sizeof(buf)), strlen(want) + 1, "getcwd counts the zero");
	check(!strcmp(buf, want), "its path");
	check_is(rename("../../a", "../../c"), 0, "a parent is renamed");
	snprintf(want, sizeof(want), "%s/c/b", start);
	check(getcwd(buf, sizeof(buf)) && !strcmp(buf, want), "getcwd follows");
	check_errno(syscall(SYS_getcwd, small, sizeof(small)), ERANGE, "too small");
	check_errno(syscall(SYS_getcwd, buf, 0), ERANGE, "size 0");
	check_errno(syscall(SYS_getcwd, null_ptr, 4096), EFAULT, "NULL");
	check_errno(chdir("none"), ENOENT, "chdir to nothing");
	check_errno(chdir(""), ENOENT, "chdir to an empty path");
	check_errno(chdir(odd_ptr), EFAULT, "chdir to a wild pointer");
	int fd = file("f", "x"), d = open("..", O_PATH);
	check_errno(chdir("f"), ENOTDIR, "chdir to a file");
	check_errno(fchdir(fd), ENOTDIR, "fchdir to a file");
	check_errno(fchdir(12345), EBADF, "fchdir to a closed descriptor");
	check_is(fchdir(d), 0, "fchdir with O_PATH");
	check_is(access("b/f", F_OK), 0, "is there");
	need(symlink("b", "sb") == 0);
	check_is(chdir("sb"), 0, "chdir through a link");
	check(getcwd(buf, sizeof(buf)) && !strcmp(buf, want), "getcwd has no links");
	check_is(access("../sb", F_OK), 0, ".. is the real parent");
	check(exited(in_child(chdir("/")), 0) && getcwd(buf, sizeof(buf)) && !strcmp(buf, want), "a child's chdir is its own");

	int st = in_child({
		check_errno(chroot("none"), ENOENT, "chroot to nothing");
		check_errno(chroot("f"), ENOTDIR, "chroot to a file");
		check_errno(chroot(null_ptr), EFAULT, "chroot to NULL");
		need(mkdir("jail", 0755) == 0);
		close(file("jail/in", "j"));
		need(symlink("/in", "jail/abs") == 0);
		check_is(chroot("jail"), 0, "chroot");
		check_is(access("/in", F_OK), 0, "a new root");
		check_is(access("/abs", F_OK), 0, "absolute links start there");
		check_errno(access("/etc", F_OK), ENOENT, "nothing else");
		check(syscall(SYS_getcwd, buf, sizeof(buf)) > 0 && !strncmp(buf, "(unreachable)", 13), "cwd is outside");
		check_is(access("jail", F_OK), 0, "and still works");
		check_is(chdir("/"), 0, "chdir to the root");
		check_is(access("../../../in", F_OK), 0, ".. stays in the root");
		check(getcwd(buf, sizeof(buf)) && !strcmp(buf, "/"), "getcwd is /");
		setgroups(0, NULL);
		need(setresuid(1000, 1000, 1000) == 0);
		check_errno(chroot("/"), EPERM, "an ordinary user may not");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	check_is(access("/etc", F_OK), 0, "the parent kept its root");
	return done();
}
