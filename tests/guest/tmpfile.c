/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	struct stat st;
	char buf[64], path[64];
	int fd;

	umask(022);
	check_errno(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL, "read-only");
	check_errno(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT, "in nothing");
	close(file("plain", ""));
	check_errno(open("plain", O_TMPFILE | O_RDWR, 0600), ENOTDIR, "in a file");
	fd = open(".", O_TMPFILE | O_RDWR, 0666);
	check(fd >= 0, "O_TMPFILE");
	check(fstat(fd, &st) == 0 && st.st_nlink == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644, "no name");
	check_is(write(fd, "tmp", 3), 3, "write");
	check_is(linkat(fd, "", AT_FDCWD, "named", AT_EMPTY_PATH), 0, "link by descriptor");
	check(stat("named", &st) == 0 && st.st_nlink == 1 && st.st_size == 3, "has a name now");
	close(fd);
	fd = open(".", O_TMPFILE | O_WRONLY, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_is(write(fd, "proc", 4), 4, "another");
	check_is(linkat(AT_FDCWD, path, AT_FDCWD, "named2", AT_SYMLINK_FOLLOW), 0, "link through /proc/self/fd");
	close(fd);
	fd = open("named2", O_RDONLY);
	check(read(fd, buf, 64) == 4 && !memcmp(buf, "proc", 4), "its bytes");
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	check(fd >= 0, "with O_EXCL");
	check_errno(linkat(fd, "", AT_FDCWD, "named3", AT_EMPTY_PATH), ENOENT, "can never be linked");
	close(fd);
	fd = open("named", O_RDWR);
	unlink("named");
	check_errno(linkat(fd, "", AT_FDCWD, "again", AT_EMPTY_PATH), ENOENT, "an unlinked file can't come back");
	return done();
}
