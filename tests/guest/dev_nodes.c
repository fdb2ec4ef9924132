/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char buf[64] = "", zero[64] = "";
	struct stat st;
	int fd;

	fd = open("/dev/null", O_RDWR);
	check_is(read(fd, buf, 10), 0, "null: end of file");
	check_is(write(fd, buf, 10), 10, "null: takes everything");
	check_is(write(fd, low_ptr, 1000), 1000, "null: does not even look");
	check_is(lseek(fd, 100, SEEK_SET), 0, "null: lseek");
	check_errno(ftruncate(fd, 0), EINVAL, "null: ftruncate");
	close(fd);
	fd = open("/dev/null", O_WRONLY | O_TRUNC | O_CREAT, 0644);
	check(fd >= 0, "null: O_CREAT|O_TRUNC");
	close(fd);
	fd = open("/dev/zero", O_RDWR);
	memset(buf, 'x', 64);
	check_is(read(fd, buf, 64), 64, "zero: read");
	check(!memcmp(buf, zero, 64), "zero: zeroes");
	check_errno(read(fd, odd_ptr, 10), EFAULT, "zero: wild");
	check_is(write(fd, buf, 10), 10, "zero: write");
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(m != MAP_FAILED && m[5000] == 0 && (m[5000] = 1), "zero: private mapping");
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(m != MAP_FAILED && m[0] == 0, "zero: shared mapping");
	in_child(m[0] = 7);
	check_is(m[0], 7, "zero: is shared with a child");
	close(fd);
	fd = open("/dev/full", O_RDWR);
	check_errno(write(fd, "x", 1), ENOSPC, "full: write");
	check_is(read(fd, buf, 64), 64, "full: read");
	check(!memcmp(buf, zero, 64), "full: zeroes");
	close(fd);
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "/dev/urandom" : "/dev/random";

		fd = open(name, O_RDONLY);
		memset(buf, 0, 64);
		check(read(fd, buf, 64) == 64 && memcmp(buf, zero, 64), "%s: random", name);
		check_errno(read(fd, odd_ptr, 64), EFAULT, "%s: wild", name);
		close(fd);
	}
	check(stat("/dev/tty", &st) == 0 && S_ISCHR(st.st_mode), "tty is there");
	setsid();
	if (fork() == 0) {
		setsid();
		_exit(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO ? 0 : 1);
	}
	int s;
	wait(&s);
	check(exited(s, 0), "tty: ENXIO without a terminal");
	check(stat("/dev/fd", &st) == 0, "/dev/fd");
	check(stat("/dev/shm", &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 01777, "/dev/shm");
	check(lstat("/dev/stdin", &st) == 0 && S_ISLNK(st.st_mode), "/dev/stdin");
	fd = shm_open("/guest-test", O_CREAT | O_EXCL | O_RDWR, 0600);
	check(fd >= 0 && ftruncate(fd, 4096) == 0, "shm_open");
	check_is(shm_unlink("/guest-test"), 0, "shm_unlink");
	return done();
}
