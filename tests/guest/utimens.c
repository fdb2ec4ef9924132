/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <utime.h>
#include <grp.h>

int main(void)
{
	struct timespec t[2] = { { 1000, 123456789 }, { 2000, 987654321 } };
	struct stat st, st2;
	int fd = file("f", "x");

	need_root();
	check_is(utimensat(AT_FDCWD, "f", t, 0), 0, "utimensat");
	check(stat("f", &st) == 0 && st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 123456789, "atime");
	check(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 987654321, "mtime");
	t[0].tv_nsec = UTIME_OMIT;
	t[1] = (struct timespec){ -5, 7 };
	check_is(futimens(fd, t), 0, "futimens with OMIT");
	check(stat("f", &st2) == 0 && st2.st_atim.tv_sec == 1000 && st2.st_mtim.tv_sec == -5 && st2.st_mtim.tv_nsec == 7,
	      "before 1970");
	check(st2.st_ctim.tv_sec > 1000000000, "ctime is now");
	t[1].tv_nsec = 1000000000;
	check_errno(futimens(fd, t), EINVAL, "too many nanoseconds");
	t[1].tv_nsec = -1;
	check_errno(futimens(fd, t), EINVAL, "negative nanoseconds");
	t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
	check_is(utimensat(AT_FDCWD, "f", t, 0), 0, "OMIT for both");
	check_is(utimensat(AT_FDCWD, "none", t, 0), 0, "OMIT for both looks at nothing");
	t[0].tv_nsec = t[1].tv_nsec = UTIME_NOW;
	check_is(utimensat(AT_FDCWD, "f", t, 0), 0, "NOW for both");
	check(stat("f", &st) == 0 && st.st_mtim.tv_sec > 1000000000 && st.st_atim.tv_sec > 1000000000, "now");
	check_is(utimensat(AT_FDCWD, "f", NULL, 0), 0, "NULL is now");
	check_errno(syscall(SYS_utimensat, AT_FDCWD, "f", low_ptr, 0), EFAULT, "times wild");
	check_errno(syscall(SYS_utimensat, AT_FDCWD, odd_ptr, NULL, 0), EFAULT, "path wild");
	check_errno(syscall(SYS_utimensat, AT_FDCWD, "f", NULL, 0x40000), EINVAL, "unknown flag");
	check_errno(syscall(SYS_utimensat, 12345, NULL, NULL, 0), EBADF, "closed descriptor");
	need(symlink("f", "l") == 0);
	t[0] = t[1] = (struct timespec){ 42, 0 };
	check_is(utimensat(AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW), 0, "of a link");
	check(lstat("l", &st) == 0 && st.st_mtime == 42 && stat("l", &st) == 0 && st.st_mtime != 42, "only the link");
	struct timeval tv[2] = { { 7, 1000000 }, { 8, 0 } };
	check_errno(utimes("f", tv), EINVAL, "too many microseconds");
	tv[0].tv_usec = 999999;
	check_is(utimes("f", tv), 0, "utimes");
	check(stat("f", &st) == 0 && st.st_atim.tv_nsec == 999999000 && st.st_mtime == 8, "its times");
	struct utimbuf ub = { 3, 4 };
	check_is(utime("f", &ub), 0, "utime");
	check(stat("f", &st) == 0 && st.st_atime == 3 && st.st_mtime == 4, "its times");
	/* Writing sets mtime, reading of an older atime sets atime. */
	check(write(fd, "y", 1) == 1 && stat("f", &st) == 0 && st.st_mtime > 1000000000, "a write sets mtime");
	t[0] = t[1] = (struct timespec){ 50, 0 };
	need(futimens(fd, t) == 0);
	check(write(fd, "", 0) == 0 && stat("f", &st) == 0 && st.st_mtime == 50, "a write of nothing does not");
	check(chmod("f", 0644) == 0 && stat("f", &st) == 0 && st.st_mtime == 50 && st.st_ctime > 1000000000,
	      "chmod sets ctime alone");
	need(mkdir("d", 0755) == 0 && utimensat(AT_FDCWD, "d", t, 0) == 0);
	close(file("d/x", ""));
	check(stat("d", &st) == 0 && st.st_mtime > 1000000000, "a new entry sets the directory's mtime");
	need(utimensat(AT_FDCWD, "d", t, 0) == 0);
	check(unlink("d/x") == 0 && stat("d", &st) == 0 && st.st_mtime > 1000000000, "so does a removed one");
	chmod("f", 0666);
	chmod(".", 0755);
	check(exited(in_child({
		setgroups(0, NULL);
		need(setresuid(1000, 1000, 1000) == 0);
		check_is(utimensat(AT_FDCWD, "f", NULL, 0), 0, "a stranger who may write sets it to now");
		check_errno(utimensat(AT_FDCWD, "f", t, 0), EPERM, "but to nothing else");
		_exit(tap_failed);
	}), 0), "the child agrees");
	return done();
}
