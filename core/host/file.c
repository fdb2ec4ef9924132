/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the host. Layer: core/host.
 */
#include "core/host/file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/host/io.h"

static int self_fd = -1; /* /proc/self/fd */
static unsigned fd_limit;

/* As many descriptors as the host allows: guests' files and cached paths both take some. */
static void raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r))
		getrlimit(RLIMIT_NOFILE, &r);
	fd_limit = r.rlim_cur > INT32_MAX ? INT32_MAX : (unsigned)r.rlim_cur;
}

unsigned host_fd_limit(void)
{
	return fd_limit;
}

int host_file_init(void)
{
	raise_limit();
	self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return self_fd < 0 ? -errno : 0;
}

void host_file_done(void)
{
	host_close(self_fd);
	self_fd = -1;
}

static inline long neg(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* The name of a descriptor in /proc/self/fd. */
struct fd_name {
	char s[12];
};

static struct fd_name fd_name(int fd)
{
	struct fd_name n;

	snprintf(n.s, sizeof(n.s), "%d", fd);
	return n;
}

CO_FN int host_open_path(int dirfd, const char *name)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	struct open_how how = { .flags = (uint64_t)flags, .resolve = RESOLVE_CACHED };
	int fd = (int)neg(syscall(SYS_openat2, dirfd, name, &how, sizeof(how)));

	if (fd != -EAGAIN)
		return fd;
	/* The name isn't in the host's cache. dirfd's owner may close it while we wait. */
	int dir = host_dup(dirfd);
	if (dir < 0)
		return dir;
	fd = host_io_openat(dir, name, flags);
	host_close(dir);
	return fd;
}

CO_FN int host_reopen(int fd, int flags)
{
	return (int)neg(openat(self_fd, fd_name(fd).s, flags | O_CLOEXEC | O_NOCTTY));
}

CO_FN int host_create(int dirfd, const char *name, uint32_t mode)
{
	return (int)neg(openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
}

CO_FN int host_tmpfile(int dirfd, uint32_t mode)
{
	return (int)neg(openat(dirfd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode));
}

CO_FN int host_stat(int fd, struct statx *ret)
{
	return (int)neg(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, ret));
}

CO_FN int host_stat_at(int dirfd, const char *name, struct statx *ret)
{
	return (int)neg(statx(dirfd, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, ret));
}

CO_FN int host_statfs(int fd, struct statfs *ret)
{
	return (int)neg(fstatfs(fd, ret));
}

CO_FN ssize_t host_readlink(int fd, char *buf, size_t size)
{
	return neg(readlinkat(fd, "", buf, size));
}

CO_FN ssize_t host_getdents(int fd, void *buf, size_t size)
{
	return neg(syscall(SYS_getdents64, fd, buf, size));
}

CO_FN int64_t host_seek(int fd, int64_t off, int whence)
{
	return neg(lseek(fd, off, whence));
}

CO_FN ssize_t host_pread(int fd, void *buf, size_t n, int64_t off)
{
	struct iovec v = { buf, n };
	struct stat st;
	ssize_t got = neg(preadv2(fd, &v, 1, off, RWF_NOWAIT));

	/* Not offered: files in memory, and overlays, whose reads are then made here. */
	if (got == -EOPNOTSUPP)
		return neg(pread(fd, buf, n, off));
	if (got == -EAGAIN)
		got = 0;
	if (got < 0 || (size_t)got == n)
		return got;
	/* Short at the end of the file, or for want of a page in the host's cache. */
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && off + got >= st.st_size)
		return got;
	ssize_t rest = host_io_pread(fd, (char *)buf + got, n - (size_t)got, off + got);
	return rest >= 0 ? got + rest : got ? got : rest;
}

CO_FN ssize_t host_pwrite(int fd, const void *buf, size_t n, int64_t off)
{
	return neg(pwrite(fd, buf, n, off));
}

CO_FN ssize_t host_append(int fd, const void *buf, size_t n, int64_t *end)
{
	struct iovec v = { .iov_base = (void *)buf, .iov_len = n };
	/* Offset -1: the descriptor's own position moves, and tells where the bytes went. */
	ssize_t put = neg(pwritev2(fd, &v, 1, -1, RWF_APPEND));

	if (put > 0)
		*end = lseek(fd, 0, SEEK_CUR);
	return put;
}

CO_FN int host_syncfs(int fd)
{
	return (int)neg(syncfs(fd));
}

CO_FN int host_fsync(int fd, bool data_only)
{
	return host_io_fsync(fd, data_only);
}

CO_FN int host_fallocate(int fd, int mode, int64_t off, int64_t len)
{
	return (int)neg(fallocate(fd, mode, off, len));
}

CO_FN int host_ftruncate(int fd, int64_t size)
{
	return (int)neg(ftruncate(fd, size));
}

CO_FN int host_mkdir(int dirfd, const char *name, uint32_t mode)
{
	return (int)neg(mkdirat(dirfd, name, mode));
}

CO_FN int host_mknod(int dirfd, const char *name, uint32_t mode, dev_t rdev)
{
	return (int)neg(mknodat(dirfd, name, mode, rdev));
}

CO_FN int host_symlink(const char *target, int dirfd, const char *name)
{
	return (int)neg(symlinkat(target, dirfd, name));
}

CO_FN int host_link(int fd, int dirfd, const char *name)
{
	return (int)neg(linkat(self_fd, fd_name(fd).s, dirfd, name, AT_SYMLINK_FOLLOW));
}

CO_FN int host_unlink(int dirfd, const char *name, bool dir)
{
	return (int)neg(unlinkat(dirfd, name, dir ? AT_REMOVEDIR : 0));
}

CO_FN int host_rename(int odir, const char *oname, int ndir, const char *nname, unsigned flags)
{
	return (int)neg(renameat2(odir, oname, ndir, nname, flags));
}

CO_FN int host_chmod(int fd, uint32_t mode)
{
	return (int)neg(fchmodat(self_fd, fd_name(fd).s, mode, 0));
}

CO_FN int host_chown(int fd, uid_t uid, gid_t gid)
{
	return (int)neg(fchownat(fd, "", uid, gid, AT_EMPTY_PATH));
}

CO_FN int host_utimes(int fd, const struct timespec ts[2])
{
	return (int)neg(utimensat(fd, "", ts, AT_EMPTY_PATH));
}

/*
 * The xattr calls take no O_PATH descriptor, so they go by its name in /proc/self/fd, which is no
 * path from the root any more: it becomes the working directory, which serves for nothing else.
 */
CO_FN ssize_t host_getxattr(int fd, const char *name, void *buf, size_t size)
{
	return neg(fchdir(self_fd) ? -1 : getxattr(fd_name(fd).s, name, buf, size));
}

CO_FN int host_setxattr(int fd, const char *name, const void *val, size_t size, int flags)
{
	return (int)neg(fchdir(self_fd) ? -1 : setxattr(fd_name(fd).s, name, val, size, flags));
}

CO_FN ssize_t host_listxattr(int fd, char *buf, size_t size)
{
	return neg(fchdir(self_fd) ? -1 : listxattr(fd_name(fd).s, buf, size));
}

CO_FN int host_removexattr(int fd, const char *name)
{
	return (int)neg(fchdir(self_fd) ? -1 : removexattr(fd_name(fd).s, name));
}

int host_dup(int fd)
{
	return (int)neg(fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

void host_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
