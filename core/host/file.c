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

#define TABLE_SIZE 8192 /* 8 bytes of the host's memory each; hostfs keeps almost as many open */

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

int host_self_fd(void)
{
	return self_fd;
}

/*
 * The table of descriptors grows by doubling, and once the I/O helper shares it, waits for an RCU grace period
 * each time, 10 ms and more. So it grows now.
 */
static void grow_table(void)
{
	int fd = fcntl(self_fd, F_DUPFD_CLOEXEC, (int)MIN(fd_limit, (unsigned)TABLE_SIZE) - 1);

	if (fd >= 0)
		close(fd);
}

int host_file_init(void)
{
	raise_limit();
	self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self_fd < 0)
		return -errno;
	grow_table();
	return 0;
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

/* More bytes than this to be given back or allocated are much work. */
#define HEAVY ((int64_t)16 << 20)

#define PATH_FLAGS (O_PATH | O_NOFOLLOW | O_CLOEXEC)

static int open_cached(int dirfd, const char *name, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags, .resolve = RESOLVE_CACHED };

	return (int)neg(syscall(SYS_openat2, dirfd, name, &how, sizeof(how)));
}

CO_FN int host_open_path(struct host_disk *d, int dirfd, const char *name, bool killable)
{
	struct io_call c = {
		.nr = SYS_openat, .args = { dirfd, 0, PATH_FLAGS }, .fds = 1, .str = { [1] = name },
		.gives_fd = true, .killable = killable,
	};

	if (!host_io_forced()) {
		if (d && d->memory)
			return (int)host_io_direct(&c);
		int fd = open_cached(dirfd, name, PATH_FLAGS);
		if (fd != -EAGAIN)
			return fd;
	}
	/* The name isn't in the host's cache. */
	return (int)(host_io_usable() ? host_io_run(&c) : host_io_direct(&c));
}

static CO_FN int do_stat(struct host_disk *d, enum disk_kind kind, int fd, const char *name,
                         int flags, struct statx *ret)
{
	struct io_call c = {
		.nr = SYS_statx, .args = { fd, 0, flags, STATX_BASIC_STATS | STATX_BTIME }, .fds = 1,
		.str = { [1] = name }, .out = ret, .out_arg = 4, .len = sizeof(*ret), .out_whole = true,
		.killable = *name,
	};

	/* The inode of a descriptor is in memory. */
	if (!*name && !(d && (d->remote || host_io_forced())))
		return (int)host_io_direct(&c);
	return (int)host_disk_call(d, kind, &c, false);
}

CO_FN int host_look(struct host_disk *d, int dirfd, const char *name, struct statx *ret, int *fd)
{
	*fd = -1;
	if (host_disk_quick(d, DISK_FIND))
		return do_stat(d, DISK_FIND, dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, ret);
	int got = host_io_forced() ? -EAGAIN : open_cached(dirfd, name, PATH_FLAGS);
	if (!host_io_forced())
		host_disk_noted(d, DISK_FIND, got == -EAGAIN);
	if (got == -EAGAIN)
		got = host_open_path(d, dirfd, name, true);
	int err = got < 0 ? got : host_stat(d, got, ret);
	if (err)
		host_close(got);
	else
		*fd = got;
	return err;
}

CO_FN int host_open_file(struct host_disk *d, int dirfd, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct io_call c = {
		.nr = SYS_openat, .args = { dirfd, 0, flags }, .fds = 1, .str = { [1] = name },
		.gives_fd = true,
	};
	int fd = host_io_forced() || (d && d->remote) ? -EAGAIN : open_cached(dirfd, name, flags);

	if (fd != -EAGAIN)
		return fd;
	return (int)(host_io_usable() ? host_io_run(&c) : host_io_direct(&c));
}

CO_FN int host_reopen(struct host_disk *d, int fd, int flags)
{
	struct io_call c = {
		.nr = SYS_openat, .args = { IO_SELF_FD, 0, flags | O_CLOEXEC | O_NOCTTY },
		.named_fd = fd, .named_arg = 1, .gives_fd = true,
	};

	/* The inode is in memory: only other machines and processes need be asked. */
	if (!d || !(d->remote || host_io_forced()))
		return (int)host_io_direct(&c);
	return (int)host_disk_call(d, DISK_LOOK, &c, false);
}

CO_FN int host_create(struct host_disk *d, int dirfd, const char *name, uint32_t mode)
{
	struct io_call c = {
		.nr = SYS_openat,
		.args = { dirfd, 0, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode },
		.fds = 1, .str = { [1] = name }, .gives_fd = true,
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_tmpfile(struct host_disk *d, int dirfd, uint32_t mode)
{
	struct io_call c = {
		.nr = SYS_openat, .args = { dirfd, 0, O_RDWR | O_TMPFILE | O_CLOEXEC, mode },
		.fds = 1, .str = { [1] = "." }, .gives_fd = true,
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_stat(struct host_disk *d, int fd, struct statx *ret)
{
	return do_stat(d, DISK_LOOK, fd, "", AT_EMPTY_PATH, ret);
}

CO_FN int host_stat_at(struct host_disk *d, int dirfd, const char *name, struct statx *ret)
{
	return do_stat(d, DISK_LOOK, dirfd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, ret);
}

CO_FN int host_statfs(int fd, struct statfs *ret)
{
	return (int)neg(fstatfs(fd, ret));
}

CO_FN ssize_t host_readlink(int fd, char *buf, size_t size)
{
	return neg(readlinkat(fd, "", buf, size));
}

CO_FN ssize_t host_getdents(struct host_disk *d, int fd, void *buf, size_t size)
{
	struct io_call c = {
		.nr = SYS_getdents64, .args = { fd, 0, (long)size }, .fds = 1, .out = buf, .out_arg = 1,
		.len = size, .killable = true,
	};

	return host_disk_call(d, DISK_LIST, &c, false);
}

CO_FN int64_t host_seek(int fd, int64_t off, int whence)
{
	return neg(lseek(fd, off, whence));
}

CO_FN ssize_t host_pread(struct host_disk *d, int fd, void *buf, size_t n, int64_t off, int64_t size)
{
	struct iovec v = { buf, n };
	struct io_call c = {
		.nr = SYS_pread64, .args = { fd, 0, (long)n, off }, .fds = 1, .out = buf, .out_arg = 1,
		.len = n, .killable = true,
	};
	struct stat st;
	ssize_t got = -EOPNOTSUPP;

	if (!d->no_nowait && !host_io_forced())
		got = neg(preadv2(fd, &v, 1, off, RWF_NOWAIT));
	/* Not offered: files in memory, and overlays. */
	if (got == -EOPNOTSUPP) {
		d->no_nowait = true;
		return host_disk_call(d, DISK_READ, &c, false);
	}
	if (got == -EAGAIN)
		got = 0;
	if (got < 0 || (size_t)got == n)
		return got;
	/* Short at the end of the file, or for want of a page in the host's cache. */
	if (size >= 0 && off + got == size)
		return got;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && off + got >= st.st_size)
		return got;
	c.args[2] = (long)(n - (size_t)got);
	c.args[3] = off + got;
	c.out = (char *)buf + got;
	c.len = n - (size_t)got;
	ssize_t rest = host_io_usable() ? host_io_run(&c) : host_io_direct(&c);
	return rest >= 0 ? got + rest : got ? got : rest;
}

CO_FN ssize_t host_pwrite(struct host_disk *d, int fd, const void *buf, size_t n, int64_t off)
{
	struct io_call c = {
		.nr = SYS_pwrite64, .args = { fd, 0, (long)n, off }, .fds = 1, .in = buf, .len = n,
	};

	return host_disk_call(d, DISK_WRITE, &c, false);
}

CO_FN ssize_t host_append(struct host_disk *d, int fd, const void *buf, size_t n, int64_t *end)
{
	/* Offset -1: the descriptor's own position moves, and tells where the bytes went. */
	struct io_call c = {
		.nr = SYS_pwritev2, .args = { fd, 0, 1, -1, -1, RWF_APPEND }, .fds = 1, .in = buf, .len = n,
		.in_vector = true,
	};
	ssize_t put = host_disk_call(d, DISK_WRITE, &c, false);

	if (put > 0)
		*end = lseek(fd, 0, SEEK_CUR);
	return put;
}

/* Always waits for the disk. */
static CO_FN int sync_call(int nr, int fd)
{
	struct io_call c = { .nr = nr, .args = { fd }, .fds = 1, .killable = true };

	return (int)(host_io_usable() ? host_io_run(&c) : host_io_direct(&c));
}

CO_FN int host_syncfs(int fd)
{
	return sync_call(SYS_syncfs, fd);
}

CO_FN int host_fsync(int fd, bool data_only)
{
	return sync_call(data_only ? SYS_fdatasync : SYS_fsync, fd);
}

CO_FN int host_fallocate(struct host_disk *d, int fd, int mode, int64_t off, int64_t len)
{
	struct io_call c = { .nr = SYS_fallocate, .args = { fd, mode, off, len }, .fds = 1 };

	return (int)host_disk_call(d, DISK_WRITE, &c, len > HEAVY);
}

CO_FN int host_ftruncate(struct host_disk *d, int fd, int64_t size, int64_t old)
{
	struct io_call c = { .nr = SYS_ftruncate, .args = { fd, size }, .fds = 1 };

	return (int)host_disk_call(d, DISK_WRITE, &c, old - size > HEAVY);
}

CO_FN int host_mkdir(struct host_disk *d, int dirfd, const char *name, uint32_t mode)
{
	struct io_call c = {
		.nr = SYS_mkdirat, .args = { dirfd, 0, mode }, .fds = 1, .str = { [1] = name },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_mknod(struct host_disk *d, int dirfd, const char *name, uint32_t mode, dev_t rdev)
{
	struct io_call c = {
		.nr = SYS_mknodat, .args = { dirfd, 0, mode, (long)rdev }, .fds = 1, .str = { [1] = name },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_symlink(struct host_disk *d, const char *target, int dirfd, const char *name)
{
	struct io_call c = {
		.nr = SYS_symlinkat, .args = { 0, dirfd }, .fds = 2, .str = { target, [2] = name },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_link(struct host_disk *d, int fd, int dirfd, const char *name)
{
	struct io_call c = {
		.nr = SYS_linkat, .args = { IO_SELF_FD, 0, dirfd, 0, AT_SYMLINK_FOLLOW }, .fds = 4,
		.named_fd = fd, .named_arg = 1, .str = { [3] = name },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_unlink(struct host_disk *d, int dirfd, const char *name, bool dir)
{
	struct io_call c = {
		.nr = SYS_unlinkat, .args = { dirfd, 0, dir ? AT_REMOVEDIR : 0 }, .fds = 1,
		.str = { [1] = name },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_rename(struct host_disk *d, int odir, const char *oname, int ndir, const char *nname,
                      unsigned flags)
{
	struct io_call c = {
		.nr = SYS_renameat2, .args = { odir, 0, ndir, 0, flags }, .fds = 1 | 4,
		.str = { [1] = oname, [3] = nname },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_chmod(struct host_disk *d, int fd, uint32_t mode)
{
	struct io_call c = {
		.nr = SYS_fchmodat, .args = { IO_SELF_FD, 0, mode }, .named_fd = fd, .named_arg = 1,
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_chown(struct host_disk *d, int fd, uid_t uid, gid_t gid)
{
	struct io_call c = {
		.nr = SYS_fchownat, .args = { fd, 0, uid, gid, AT_EMPTY_PATH }, .fds = 1, .str = { [1] = "" },
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
}

CO_FN int host_utimes(struct host_disk *d, int fd, const struct timespec ts[2])
{
	struct io_call c = {
		.nr = SYS_utimensat, .args = { fd, 0, 0, AT_EMPTY_PATH }, .fds = 1, .str = { [1] = "" },
		.in = ts, .in_arg = 2, .len = 2 * sizeof(*ts),
	};

	return (int)host_disk_call(d, DISK_CHANGE, &c, false);
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

void host_close_last(struct host_disk *d, int fd, uint64_t size)
{
	if (d->memory || (!d->remote && size <= HEAVY))
		host_close(fd);
	else
		host_io_close(fd);
}

void host_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
