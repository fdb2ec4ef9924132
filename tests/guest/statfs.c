/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/statfs.h>
#include <sys/statvfs.h>

int main(void)
{
	struct statfs s, t;
	struct statvfs v;
	int fd = file("f", "x"), p[2];

	check_is(statfs(".", &s), 0, "statfs");
	check(s.f_bsize >= 512 && s.f_blocks > 0 && s.f_bfree <= s.f_blocks && s.f_namelen == 255, "sane");
	check(fstatfs(fd, &t) == 0 && t.f_type == s.f_type, "fstatfs agrees");
	check(statfs("/proc", &t) == 0 && t.f_type == 0x9fa0, "/proc is proc");
	check(statfs("/dev/shm", &t) == 0 && t.f_type == 0x01021994, "/dev/shm is tmpfs");
	need(pipe(p) == 0);
	check(fstatfs(p[0], &t) == 0 && t.f_type == 0x50495045, "a pipe");
	int m = memfd_create("m", 0);
	check(fstatfs(m, &t) == 0 && t.f_type == 0x01021994, "a memfd is tmpfs");
	check_is(statvfs("/", &v), 0, "statvfs");
	check_errno(statfs("none", &s), ENOENT, "nothing there");
	check_errno(statfs(".", null_ptr), EFAULT, "buffer NULL");
	check_errno(statfs(odd_ptr, &s), EFAULT, "path wild");
	check_errno(fstatfs(12345, &s), EBADF, "closed descriptor");
	int path = open("f", O_PATH);
	check_is(fstatfs(path, &s), 0, "O_PATH descriptor");
	check_is(fsync(fd), 0, "fsync");
	check_is(fdatasync(fd), 0, "fdatasync");
	check_errno(fsync(12345), EBADF, "fsync of a closed descriptor");
	check_errno(fsync(p[0]), EINVAL, "fsync of a pipe");
	check_errno(fsync(path), EBADF, "fsync of O_PATH");
	check_is(syncfs(fd), 0, "syncfs");
	check_is(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE), 0, "sync_file_range");
	check_errno(sync_file_range(fd, 0, 0, 0x100), EINVAL, "with an unknown flag");
	check_errno(sync_file_range(p[0], 0, 0, 0), ESPIPE, "of a pipe");
	check_is(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0, "fadvise");
	check_is(posix_fadvise(fd, 0, 0, 77), EINVAL, "unknown advice");
	check_is(posix_fadvise(p[0], 0, 0, POSIX_FADV_NORMAL), ESPIPE, "fadvise of a pipe");
	check_is(posix_fadvise(12345, 0, 0, POSIX_FADV_NORMAL), EBADF, "of a closed descriptor");
	check_is(readahead(fd, 0, 10), 0, "readahead");
	check_errno(readahead(p[0], 0, 10), EINVAL, "readahead of a pipe");
	return done();
}
