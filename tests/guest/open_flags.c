/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	struct stat st;
	char c;
	int fd, fd2;

	umask(022);
	check_errno(open(null_ptr, O_RDONLY), EFAULT, "path NULL");
	check_errno(open(odd_ptr, O_RDONLY), EFAULT, "path not canonical");
	check_errno(open(kernel_ptr, O_RDONLY), EFAULT, "path in the kernel");
	check_errno(open("", O_RDONLY), ENOENT, "empty path");
	check_errno(open("none", O_RDONLY), ENOENT, "no such file");
	check_errno(open("none/", O_CREAT | O_RDWR, 0644), EISDIR, "create with a trailing slash");
	check_errno(open("none/x", O_CREAT | O_RDWR, 0644), ENOENT, "create under nothing");
	char *longname = malloc(300);
	memset(longname, 'n', 256);
	longname[256] = 0;
	check_errno(open(longname, O_CREAT | O_RDWR, 0644), ENAMETOOLONG, "name of 256");
	longname[255] = 0;
	check((fd = open(longname, O_CREAT | O_RDWR, 0644)) >= 0, "name of 255");
	close(fd);
	unlink(longname);
	char *longpath = malloc(5000);
	for (int i = 0; i < 4096; i += 2)
		memcpy(longpath + i, "./", 2);
	longpath[4096] = 0;
	check_errno(open(longpath, O_RDONLY), ENAMETOOLONG, "path of 4096");
	longpath[4095] = 0;
	check((fd = open(longpath, O_RDONLY)) >= 0, "path of 4095");
	close(fd);

	fd = file("f", "hello");
	close(fd);
	check_errno(open("f", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST, "O_EXCL on a file");
	check_errno(open("f", O_DIRECTORY), ENOTDIR, "O_DIRECTORY on a file");
	check_errno(open("f/", O_RDONLY), ENOTDIR, "trailing slash on a file");
	check_errno(open("f/x", O_RDONLY), ENOTDIR, "file as a directory");
	check_errno(open("f", O_CREAT | O_DIRECTORY, 0644), EINVAL, "O_CREAT with O_DIRECTORY");
	need(symlink("gone", "dangling") == 0);
	check_errno(open("dangling", O_RDONLY), ENOENT, "dangling link");
	check_errno(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST, "O_EXCL on a dangling link");
	check_errno(open("dangling", O_NOFOLLOW | O_RDONLY), ELOOP, "O_NOFOLLOW");
	fd = open("dangling", O_CREAT | O_RDWR, 0600);
	check(fd >= 0 && stat("gone", &st) == 0, "O_CREAT through a dangling link");
	close(fd);
	need(symlink("loop", "loop") == 0);
	check_errno(open("loop", O_RDONLY), ELOOP, "link to itself");
	fd = open("loop", O_PATH | O_NOFOLLOW);
	check(fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode), "O_PATH|O_NOFOLLOW on a link");
	close(fd);

	need(mkdir("d", 0755) == 0);
	check_errno(open("d", O_WRONLY), EISDIR, "directory for writing");
	check_errno(open("d", O_RDWR), EISDIR, "directory for both");
	check_errno(open("d", O_RDONLY | O_CREAT, 0644), EISDIR, "O_CREAT on a directory");
	check_errno(open("d", O_RDONLY | O_TRUNC), EISDIR, "O_TRUNC on a directory");
	fd = open("d", O_RDONLY);
	check_errno(read(fd, &c, 1), EISDIR, "read of a directory");
	check_errno(write(fd, &c, 1), EBADF, "write to a directory");
	check_errno(openat(fd, "../none", O_RDONLY), ENOENT, "openat ..");
	fd2 = openat(fd, "in", O_CREAT | O_WRONLY, 0777);
	check(fd2 >= 0 && fstat(fd2, &st) == 0 && (st.st_mode & 07777) == 0755, "umask is applied");
	check_errno(read(fd2, &c, 1), EBADF, "read of O_WRONLY");
	close(fd2);
	close(fd);
	fd2 = open("f", O_RDONLY);
	check_errno(openat(fd2, "x", O_RDONLY), ENOTDIR, "openat from a file");
	check_errno(openat(12345, "x", O_RDONLY), EBADF, "openat from a closed descriptor");
	check_errno(openat(12345, "", O_RDONLY), ENOENT, "empty path comes before the descriptor");
	fd = openat(12345, "/", O_RDONLY);
	check(fd >= 0, "absolute path ignores the descriptor");
	close(fd);
	check_errno(write(fd2, &c, 1), EBADF, "write to O_RDONLY");
	close(fd2);

	fd = open("f", O_PATH);
	check_errno(read(fd, &c, 1), EBADF, "read of O_PATH");
	check_errno(fchmod(fd, 0600), EBADF, "fchmod of O_PATH");
	check_errno(lseek(fd, 0, SEEK_SET), EBADF, "lseek of O_PATH");
	check_errno(ioctl(fd, FIONREAD, &c), EBADF, "ioctl of O_PATH");
	check(fstat(fd, &st) == 0 && st.st_size == 5, "fstat of O_PATH");
	check_is(fcntl(fd, F_GETFL) & O_PATH, O_PATH, "F_GETFL of O_PATH");
	close(fd);
	fd = open("f", 3);
	check(fd >= 0, "access mode 3 opens");
	check_errno(read(fd, &c, 1), EBADF, "mode 3 reads not");
	check_errno(write(fd, "x", 1), EBADF, "mode 3 writes not");
	close(fd);
	fd = open("f", O_WRONLY | O_TRUNC);
	check(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0, "O_TRUNC");
	close(fd);
	fd = open("x1", O_CREAT | O_RDWR, 0);
	check(fd >= 0 && write(fd, "a", 1) == 1, "mode 0 file is writable through its first descriptor");
	close(fd);
	fd = open("f", O_RDWR | O_CLOEXEC | O_NONBLOCK | O_APPEND);
	check_is(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_APPEND | O_CREAT), O_RDWR | O_NONBLOCK | O_APPEND,
		 "F_GETFL");
	check_is(fcntl(fd, F_GETFD), FD_CLOEXEC, "F_GETFD");
	close(fd);
	check_errno(close(fd), EBADF, "close twice");
	check_errno(close(-1), EBADF, "close -1");
	check_errno(close(0x7fffffff), EBADF, "close of a huge descriptor");
	return done();
}
