/* SPDX-License-Identifier: Apache-2.0
 *
 * chmod(2), chown(2), utimensat(2) and kin, truncate(2), fallocate(2). Layer: syscalls.
 */
#include <linux/falloc.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "core/fs/internal.h"
#include "core/fs/notify.h"
#include "syscalls/fs_util.h"

/* ---- mode ---- */

static CO_FN int64_t chmod_at(struct task *t, int dirfd, gaddr_t path, uint32_t mode, int flags)
{
	struct attr_change ch = { .valid = ATTR_MODE, .mode = mode & 07777 };
	struct path p;
	int err = path_at(t, dirfd, path, flags, &p);

	if (err)
		return err;
	err = vfs_setattr(&p, &ch, t->cred);
	path_put(&p);
	return err;
}

SYSCALL2(chmod, gaddr_t, path, uint32_t, mode)
{
	return chmod_at(t, AT_FDCWD, path, mode, 0);
}

SYSCALL3(fchmodat, int, dirfd, gaddr_t, path, uint32_t, mode)
{
	return chmod_at(t, dirfd, path, mode, 0);
}

SYSCALL4(fchmodat2, int, dirfd, gaddr_t, path, uint32_t, mode, int, flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return chmod_at(t, dirfd, path, mode, flags);
}

SYSCALL2(fchmod, int, fd, uint32_t, mode)
{
	struct attr_change ch = { .valid = ATTR_MODE, .mode = mode & 07777 };
	struct file *f = fd_get(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = vfs_setattr(&f->path, &ch, t->cred);
	file_unref(f);
	return err;
}

/* ---- owner ---- */

static CO_FN int do_owner(struct task *t, const struct path *p, uid_t uid, gid_t gid)
{
	struct attr_change ch = { .uid = uid, .gid = gid };

	if (uid != (uid_t)-1)
		ch.valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		ch.valid |= ATTR_GID;
	return vfs_setattr(p, &ch, t->cred);
}

SYSCALL5(fchownat, int, dirfd, gaddr_t, path, uid_t, uid, gid_t, gid, int, flags)
{
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_at(t, dirfd, path, flags, &p);
	if (err)
		return err;
	err = do_owner(t, &p, uid, gid);
	path_put(&p);
	return err;
}

SYSCALL3(chown, gaddr_t, path, uid_t, uid, gid_t, gid)
{
	return do_fchownat(t, AT_FDCWD, path, uid, gid, 0);
}

SYSCALL3(lchown, gaddr_t, path, uid_t, uid, gid_t, gid)
{
	return do_fchownat(t, AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

SYSCALL3(fchown, int, fd, uid_t, uid, gid_t, gid)
{
	struct file *f = fd_get(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = do_owner(t, &f->path, uid, gid);
	file_unref(f);
	return err;
}

/* ---- times ---- */

static CO_FN int utimes_at(struct task *t, int dirfd, gaddr_t path, const struct timespec *ts,
                           int flags)
{
	struct path p;
	struct file *f;
	int err;

	if (!path && dirfd != AT_FDCWD) { /* futimens(3) */
		if (flags)
			return -EINVAL;
		f = fd_get(t->files, dirfd);
		if (!f)
			return -EBADF;
		err = vfs_utimes(&f->path, ts, t->cred);
		file_unref(f);
		return err;
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = path_at(t, dirfd, path, flags, &p);
	if (err)
		return err;
	err = vfs_utimes(&p, ts, t->cred);
	path_put(&p);
	return err;
}

SYSCALL4(utimensat, int, dirfd, gaddr_t, path, gaddr_t, times, int, flags)
{
	struct timespec ts[2];

	if (times) {
		if (copyin(ts, times, sizeof(ts)))
			return -EFAULT;
		if (ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
			return 0; /* nothing to do, so nothing is checked */
	}
	return utimes_at(t, dirfd, path, times ? ts : NULL, flags);
}

static CO_FN int64_t utimeval(struct task *t, int dirfd, gaddr_t path, gaddr_t times)
{
	struct timeval tv[2];
	struct timespec ts[2];

	if (times && copyin(tv, times, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; times && i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -EINVAL;
		ts[i].tv_sec = tv[i].tv_sec;
		ts[i].tv_nsec = tv[i].tv_usec * 1000;
	}
	return utimes_at(t, dirfd, path, times ? ts : NULL, 0);
}

SYSCALL2(utimes, gaddr_t, path, gaddr_t, times)
{
	return utimeval(t, AT_FDCWD, path, times);
}

SYSCALL3(futimesat, int, dirfd, gaddr_t, path, gaddr_t, times)
{
	return utimeval(t, dirfd, path, times);
}

SYSCALL2(utime, gaddr_t, path, gaddr_t, times)
{
	int64_t sec[2]; /* struct utimbuf: actime, modtime */
	struct timespec ts[2] = { { 0, 0 }, { 0, 0 } };

	if (times) {
		if (copyin(sec, times, sizeof(sec)))
			return -EFAULT;
		ts[0].tv_sec = sec[0];
		ts[1].tv_sec = sec[1];
	}
	return utimes_at(t, AT_FDCWD, path, times ? ts : NULL, 0);
}

/* ---- size ---- */

SYSCALL2(truncate, gaddr_t, path, int64_t, size)
{
	struct path p;
	int err;

	if (size < 0)
		return -EINVAL;
	err = path_at(t, AT_FDCWD, path, 0, &p);
	if (err)
		return err;
	err = vfs_truncate(&p, size, t->cred, task_rlimit(t, RLIMIT_FSIZE));
	path_put(&p);
	return write_result(t, err);
}

SYSCALL2(ftruncate, int, fd, int64_t, size)
{
	struct file *f;
	int err;

	if (size < 0)
		return -EINVAL;
	f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	if (!S_ISREG(f->inode->mode) || !f->can_write)
		err = -EINVAL;
	else if ((uint64_t)size > task_rlimit(t, RLIMIT_FSIZE) && (uint64_t)size > f->inode->size)
		err = -EFBIG;
	else
		err = inode_do_truncate(f->path.dentry, size, t->cred);
	file_unref(f);
	return write_result(t, err);
}

static int check_fallocate(const struct file *f, int mode, int64_t off, int64_t len)
{
	const int known = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
	                  FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE;
	const int both = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~known || (mode & both) == both)
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE) && mode & (mode - 1))
		return -EOPNOTSUPP; /* these stand alone */
	if (!f->can_write)
		return -EBADF;
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if (off > INT64_MAX - len)
		return -EFBIG;
	return f->ops->fallocate ? 0 : -EOPNOTSUPP;
}

static CO_FN int fallocate_file(struct file *f, int mode, int64_t off, int64_t len)
{
	uint32_t perm = f->inode->mode;
	int err = f->ops->fallocate(f, mode, off, len);

	if (f->inode->mode != perm) /* set-id bits went */
		notify_dentry(f->path.dentry, IN_ATTRIB);
	if (!err)
		notify_file(f, IN_MODIFY);
	return err;
}

SYSCALL4(fallocate, int, fd, int, mode, int64_t, off, int64_t, len)
{
	struct file *f = fd_get(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = check_fallocate(f, mode, off, len);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) &&
	    (uint64_t)(off + len) > task_rlimit(t, RLIMIT_FSIZE) &&
	    (uint64_t)(off + len) > f->inode->size)
		err = write_result(t, -EFBIG);
	else if (!err)
		err = fallocate_file(f, mode, off, len);
	file_unref(f);
	return err;
}
