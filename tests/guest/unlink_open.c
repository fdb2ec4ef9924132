/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	struct stat a, b;
	char buf[32], link[64];
	int fd = file("f", "hello"), fd2;

	need(fstat(fd, &a) == 0);
	check_is(unlink("f"), 0, "unlink");
	check_errno(unlink("f"), ENOENT, "once more");
	check(fstat(fd, &b) == 0 && b.st_nlink == 0 && b.st_ino == a.st_ino && b.st_size == 5, "still there, no name");
	check_is(write(fd, "HE", 2), 2, "write");
	check_is(pread(fd, buf, 32, 0), 5, "read");
	check(!memcmp(buf, "HEllo", 5), "its bytes");
	fd2 = file("f", "new");
	check(fstat(fd2, &b) == 0 && b.st_ino != a.st_ino, "the name is free for another file");
	check_is(pread(fd, buf, 32, 0), 5, "the old one is unchanged");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	int fd3 = open(link, O_RDWR);
	check(fd3 >= 0 && fstat(fd3, &b) == 0 && b.st_ino == a.st_ino, "open again through /proc/self/fd");
	int n = readlink(link, buf, 0);
	check(n == -1 && errno == EINVAL, "readlink with no room");
	char path[4096] = "";
	n = readlink(link, path, sizeof(path) - 1);
	check(n > 10 && !strcmp(path + n - 10, " (deleted)"), "its link says deleted");
	char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	close(fd3);
	check(m != MAP_FAILED && !memcmp(m, "HEllo", 5), "a mapping outlives name and descriptors");
	munmap(m, 4096);

	check_errno(unlink("none"), ENOENT, "of nothing");
	check_errno(unlink(""), ENOENT, "of an empty path");
	check_errno(unlink(odd_ptr), EFAULT, "of a wild pointer");
	check_errno(unlink("f/"), ENOTDIR, "with a slash");
	need(mkdir("d", 0755) == 0);
	check_errno(unlink("d"), EISDIR, "of a directory");
	check_errno(unlinkat(AT_FDCWD, "f", AT_REMOVEDIR), ENOTDIR, "AT_REMOVEDIR of a file");
	check_errno(unlinkat(AT_FDCWD, "f", 1), EINVAL, "unknown flag");
	check_errno(unlinkat(12345, "f", 0), EBADF, "closed descriptor");
	check_is(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR), 0, "AT_REMOVEDIR");
	need(symlink("none", "s") == 0);
	check_is(unlink("s"), 0, "of a dangling link");
	/* A child keeps it open after the parent has gone on. */
	int p[2];
	need(pipe(p) == 0);
	fd = file("g", "child");
	pid_t pid = fork();
	if (pid == 0) {
		char c;

		close(p[1]);
		read(p[0], &c, 1);
		_exit(pread(fd, buf, 32, 0) == 5 && !memcmp(buf, "child", 5) ? 0 : 1);
	}
	unlink("g");
	close(fd);
	close(p[1]);
	int st;
	need(waitpid(pid, &st, 0) == pid);
	check(exited(st, 0), "a child still reads it");
	return done();
}
