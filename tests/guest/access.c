/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>

int main(void)
{
	int fd = file("f", "x");

	need_root();
	chmod(".", 0755);
	chmod("f", 0600);
	check_is(access("f", R_OK | W_OK), 0, "root reads and writes");
	check_errno(access("f", X_OK), EACCES, "nobody may execute, root neither");
	chmod("f", 0001);
	check_is(access("f", R_OK | W_OK | X_OK), 0, "one x is enough for root");
	check_errno(access("f", 8), EINVAL, "mode 8");
	check_errno(access("f", -1), EINVAL, "mode -1");
	check_errno(access("none", F_OK), ENOENT, "nothing there");
	check_errno(access(null_ptr, F_OK), EFAULT, "NULL");
	check_errno(syscall(SYS_faccessat2, AT_FDCWD, "f", 0, 0x8000), EINVAL, "unknown flag");
	check_errno(syscall(SYS_faccessat2, 12345, "f", 0, 0), EBADF, "closed descriptor");
	check_is(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH), 0, "AT_EMPTY_PATH");
	check_errno(syscall(SYS_faccessat2, fd, "", R_OK, 0), ENOENT, "empty path");
	need(symlink("none", "l") == 0);
	check_errno(access("l", F_OK), ENOENT, "dangling link");
	check_is(syscall(SYS_faccessat2, AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW), 0, "the link itself");
	chmod("f", 0640);
	chown("f", 0, 1000);
	need(mkdir("d", 0700) == 0);
	fflush(stdout);
	int st = in_child({
		/* Real ids decide, not effective ones. */
		setgroups(0, NULL);
		need(setresgid(1000, 0, 0) == 0 && setresuid(1000, 0, 0) == 0);
		check_is(access("f", R_OK), 0, "real group reads");
		check_errno(access("f", W_OK), EACCES, "but writes not");
		check_is(syscall(SYS_faccessat2, AT_FDCWD, "f", W_OK, AT_EACCESS), 0, "AT_EACCESS takes the effective ids");
		check_errno(access("d/x", F_OK), EACCES, "a closed directory on the way");
		int w = open("f", O_RDWR);
		check(w >= 0, "open takes the effective ids");
		need(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		check_errno(open("f", O_RDWR), EACCES, "after giving up root");
		check_is(write(w, "y", 1), 1, "an open descriptor keeps its rights");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	return done();
}
