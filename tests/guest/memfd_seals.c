/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	char buf[16], name[300];
	struct stat st;
	int fd, plain;

	memset(name, 'n', sizeof(name));
	name[250] = 0;
	check_errno(memfd_create(name, 0), EINVAL, "name of 250");
	name[249] = 0;
	check((fd = memfd_create(name, 0)) >= 0, "name of 249");
	close(fd);
	check_errno(memfd_create("x", 0x100), EINVAL, "unknown flag");
	check_errno(memfd_create(odd_ptr, 0), EFAULT, "wild name");
	plain = memfd_create("plain", MFD_CLOEXEC);
	check_is(fcntl(plain, F_GETFD), FD_CLOEXEC, "MFD_CLOEXEC");
	check_is(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL, "sealed against seals by default");
	check_errno(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM, "no more seals");
	fd = memfd_create("x", MFD_ALLOW_SEALING);
	check(fstat(fd, &st) == 0 && st.st_size == 0 && st.st_nlink == 0 && S_ISREG(st.st_mode), "empty, without name");
	check_is(fcntl(fd, F_GET_SEALS), 0, "no seals");
	check_is(write(fd, "hello", 5), 5, "write");
	check_errno(fcntl(fd, F_ADD_SEALS, 0x1000), EINVAL, "unknown seal");
	check_is(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0, "F_SEAL_SHRINK");
	check_errno(ftruncate(fd, 1), EPERM, "shorter");
	check_is(ftruncate(fd, 10), 0, "longer");
	check_is(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0, "F_SEAL_GROW");
	check_errno(ftruncate(fd, 11), EPERM, "longer");
	check_errno(pwrite(fd, "x", 1, 10), EPERM, "write behind the end");
	check_is(pwrite(fd, "x", 1, 9), 1, "write inside");
	check_errno(fallocate(fd, 0, 0, 20), EPERM, "fallocate");
	char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(m != MAP_FAILED, "shared writable mapping");
	check_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "F_SEAL_WRITE while mapped");
	munmap(m, 4096);
	check_is(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0, "F_SEAL_WRITE");
	check_errno(pwrite(fd, "x", 1, 0), EPERM, "write");
	check(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
	      "shared writable mapping");
	m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	check(m != MAP_FAILED && !memcmp(m, "hello", 5), "shared read-only mapping");
	check_errno(mprotect(m, 4096, PROT_READ | PROT_WRITE), EACCES, "mprotect to writable");
	char *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(w != MAP_FAILED && (w[0] = 'J') && m[0] == 'h', "private writable mapping");
	check_errno(fallocate(fd, 3, 0, 4096), EPERM, "punch a hole");
	check_is(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0, "F_SEAL_SEAL");
	check_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), EPERM, "the end of seals");
	check_is(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, "all of them");
	int d = dup(fd);
	check_errno(write(d, "x", 1), EPERM, "a duplicate is the same file");
	int fut = memfd_create("fut", MFD_ALLOW_SEALING);
	need(ftruncate(fut, 4096) == 0);
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fut, 0);
	check_is(fcntl(fut, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0, "F_SEAL_FUTURE_WRITE while mapped");
	m[0] = 'F';
	check(pread(fut, buf, 1, 0) == 1 && buf[0] == 'F', "the old mapping writes on");
	check_errno(write(fut, "x", 1), EPERM, "write does not");
	int reg = file("f", "");
	check_errno(fcntl(reg, F_ADD_SEALS, F_SEAL_WRITE), EINVAL, "seals of a plain file");
	return done();
}
