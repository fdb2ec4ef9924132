/* SPDX-License-Identifier: Apache-2.0
 *
 * fsync(2), sync(2), and the hints posix_fadvise(2) and readahead(2). Layer: syscalls.
 */
#include <linux/fs.h>

#include "syscalls/fs_util.h"

static CO_FN int64_t sync_fd(struct task *t, int fd, bool data_only)
{
	struct file *f = fd_get(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = f->ops->fsync ? f->ops->fsync(f, data_only) : -EINVAL;
	file_unref(f);
	return err;
}

SYSCALL1(fsync, int, fd)
{
	return sync_fd(t, fd, false);
}

SYSCALL1(fdatasync, int, fd)
{
	return sync_fd(t, fd, true);
}

static CO_FN int sync_super(struct super *sb)
{
	int err;

	if (!sb->ops->sync || sb->read_only)
		return 0;
	super_ref(sb);
	err = sb->ops->sync(sb);
	super_unref(sb);
	return err;
}

SYSCALL0(sync)
{
	struct mount_ns *ns = t->fs->root.mnt->ns;
	struct mount *m, *next;

	if (!ns)
		return 0;
	mount_ns_ref(ns);
	for (m = TAILQ_FIRST(&ns->mounts); m; m = next) {
		mount_ref(m);
		sync_super(m->sb);
		/* It may have been unmounted meanwhile: then the rest is left. */
		next = m->ns == ns ? TAILQ_NEXT(m, ns_entry) : NULL;
		mount_unref(m);
	}
	mount_ns_unref(ns);
	return 0;
}

SYSCALL1(syncfs, int, fd)
{
	struct file *f = fd_get(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = sync_super(f->inode->sb);
	file_unref(f);
	return err;
}

SYSCALL4(sync_file_range, int, fd, int64_t, off, int64_t, len, unsigned, flags)
{
	const unsigned known = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
	                       SYNC_FILE_RANGE_WAIT_AFTER;
	struct file *f = fd_get(t->files, fd);
	int err = 0;

	if (!f)
		return -EBADF;
	if (flags & ~known || off < 0 || len < 0 || off > INT64_MAX - len)
		err = -EINVAL;
	else if (!S_ISREG(f->inode->mode) && !S_ISDIR(f->inode->mode))
		err = -ESPIPE;
	else if (flags && f->ops->fsync)
		err = f->ops->fsync(f, true); /* more than the range, never less */
	file_unref(f);
	return err;
}

SYSCALL4(fadvise64, int, fd, int64_t, off, int64_t, len, int, advice)
{
	struct file *f = fd_get(t->files, fd);
	int err = 0;

	(void)off;
	if (!f)
		return -EBADF;
	if (S_ISFIFO(f->inode->mode))
		err = -ESPIPE;
	else if (len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		err = -EINVAL;
	/* A hint about caching that is the host's business. */
	file_unref(f);
	return err;
}

SYSCALL3(readahead, int, fd, int64_t, off, size_t, count)
{
	struct file *f = fd_get(t->files, fd);
	int err = 0;

	if (!f)
		return -EBADF;
	if (!f->can_read)
		err = -EBADF;
	else if (!S_ISREG(f->inode->mode) || off < 0 || (int64_t)count < 0)
		err = -EINVAL;
	file_unref(f);
	return err;
}
