/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static mode_t mode(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_mode & 07777;
}

int main(void)
{
	struct stat st;
	int fd;

	need_root();
	umask(0);
	chmod(".", 0777);
	fd = file("f", "x");
	check_is(mode("f"), 0644, "as created");
	check_is(umask(0777), 0, "umask");
	close(open("m", O_CREAT | O_RDWR, 0666));
	check_is(mode("m"), 0, "masks everything");
	check_is(umask(01000000 | 022), 0777, "old value");
	check_is(umask(0), 022, "only nine bits");
	check_is(chmod("f", 07777), 0, "chmod");
	check_is(mode("f"), 07777, "all bits");
	check_is(write(fd, "y", 1), 1, "write by root");
	check_is(mode("f"), 07777, "keeps the set-id bits for root");
	check_is(chown("f", 1000, 1000), 0, "chown");
	check_is(mode("f"), 01777, "drops both set-id bits");
	check(stat("f", &st) == 0 && st.st_uid == 1000 && st.st_gid == 1000, "owner");
	check_is(chown("f", -1, -1), 0, "chown of nothing");
	check(stat("f", &st) == 0 && st.st_uid == 1000 && st.st_gid == 1000, "changes nothing");
	check_is(chmod("f", 02644), 0, "mandatory lock bits");
	check_is(chown("f", -1, 1000), 0, "chgrp");
	check_is(mode("f"), 02644, "S_ISGID without group execute stays");
	check_is(mkdir("sg", 02777), 0, "mkdir with setgid");
	chmod("sg", 02777);
	chown("sg", 0, 77);
	chmod("sg", 02777);
	close(file("sg/f", ""));
	check(stat("sg/f", &st) == 0 && st.st_gid == 77, "a file takes the group of a setgid directory");
	mkdir("sg/d", 0755);
	check(stat("sg/d", &st) == 0 && st.st_gid == 77 && (st.st_mode & 02000), "a directory also the bit");
	mkdir("sticky", 01777);
	chmod("sticky", 01777);
	close(file("sticky/root", ""));
	check_errno(chmod("none", 0), ENOENT, "chmod of nothing");
	check_errno(chmod(null_ptr, 0), EFAULT, "chmod of NULL");
	check_errno(fchmod(12345, 0), EBADF, "fchmod of a closed descriptor");
	check_errno(chown(odd_ptr, 0, 0), EFAULT, "chown of a wild pointer");
	check_errno(fchownat(AT_FDCWD, "f", 0, 0, 0x10), EINVAL, "fchownat with an unknown flag");
	need(symlink("f", "l") == 0);
	check_is(lchown("l", 5, 6), 0, "lchown");
	check(lstat("l", &st) == 0 && st.st_uid == 5 && stat("l", &st) == 0 && st.st_uid == 1000, "is the link's");
	check_is(syscall(SYS_fchmodat2, AT_FDCWD, "l", 0600, 0), 0, "fchmodat2 follows");
	check_errno(syscall(SYS_fchmodat2, AT_FDCWD, "l", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP, "a link has no mode");

	close(file("rootfile", "secret"));
	chmod("rootfile", 0600);
	mkdir("rootdir", 0755);
	chmod("f", 0644);
	int rfd = open("f", O_RDWR);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		need(setgroups(0, NULL) == 0 || true);
		need(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		check_errno(open("rootfile", O_RDONLY), EACCES, "1000: root's file");
		check_errno(chmod("rootfile", 0666), EPERM, "1000: chmod of root's");
		check_errno(chown("f", 0, 0), EPERM, "1000: giving away");
		check_is(chown("f", 1000, 1000), 0, "1000: to oneself");
		check_errno(chown("f", -1, 5), EPERM, "1000: to a foreign group");
		check_is(chmod("f", 02755), 0, "1000: setgid of an own group");
		check_is(mode("f"), 02755, "1000: stays");
		check_is(write(rfd, "z", 1), 1, "1000: write");
		check_is(mode("f"), 0755, "1000: drops it");
		close(file("sg/mine", ""));
		check_is(chmod("sg/mine", 02755), 0, "1000: setgid of a foreign group");
		check_is(mode("sg/mine"), 0755, "1000: is left out");
		check_errno(open("rootdir/x", O_CREAT | O_RDWR, 0644), EACCES, "1000: create in root's directory");
		check_errno(unlink("sticky/root"), EPERM, "1000: sticky directory");
		check_errno(rename("sticky/root", "mine"), EPERM, "1000: rename out of it");
		close(file("mine", "m"));
		check_is(chmod("mine", 0), 0, "1000: no rights");
		check_errno(open("mine", O_RDONLY), EACCES, "1000: not even for the owner");
		mkdir("nox", 0600);
		check_errno(stat("nox/a", &st), EACCES, "1000: directory without x");
		check_errno(chdir("nox"), EACCES, "1000: nor chdir");
		_exit(done());
	}
	int status;
	need(waitpid(pid, &status, 0) == pid);
	check(exited(status, 0), "the unprivileged child agrees");
	return done();
}
