/* SPDX-License-Identifier: Apache-2.0
 *
 * getdents(2), mkdir(2), mknod(2), rmdir(2), rename(2). Layer: syscalls.
 */
#include <dirent.h>
#include <stdlib.h>

#include "core/fs/notify.h"
#include "syscalls/fs_util.h"

#define DENTS_STEP ((size_t)65536) /* most that one call fills */

/* ---- getdents ---- */

struct dents {
	struct dir_sink sink;
	char *buf;
	size_t size, used;
	bool old;   /* struct linux_dirent, with the type in the last byte */
	bool small; /* the buffer can't hold even one */
};

static bool emit(struct dir_sink *s, const char *name, size_t len, uint64_t ino, unsigned type,
                 int64_t next_off)
{
	struct dents *d = container_of(s, struct dents, sink);
	size_t head = d->old ? 18 : 19;
	size_t rec = (head + len + 1 + d->old + 7) & ~(size_t)7;
	uint16_t rec16 = (uint16_t)rec;
	char *at = d->buf + d->used;
	/* A file system may give DT_* or the type bits of the mode. */
	uint8_t dt = (uint8_t)(type > DT_WHT ? IFTODT(type) : type);

	if (rec > d->size - d->used) {
		d->small = !d->used;
		return false;
	}
	memset(at, 0, rec);
	memcpy(at, &ino, 8);
	memcpy(at + 8, &next_off, 8);
	memcpy(at + 16, &rec16, 2);
	memcpy(at + head, name, len);
	at[d->old ? rec - 1 : 18] = (char)dt;
	d->used += rec;
	return true;
}

static CO_FN int64_t iterate(struct file *f, struct dents *d)
{
	struct inode *dir = f->inode;
	int err;

	comutex_lock(&dir->lock);
	err = dir->dead_dir ? -ENOENT : f->ops->iterate(f, &d->sink);
	comutex_unlock(&dir->lock);
	if (!dir->dead_dir)
		notify_file(f, IN_ACCESS);
	if (d->used)
		return (int64_t)d->used;
	return err ? err : d->small ? -EINVAL : 0;
}

static CO_FN int64_t do_dents(struct task *t, int fd, gaddr_t buf, unsigned count, bool old)
{
	struct dents d = { .sink.emit = emit, .size = MIN(count, DENTS_STEP), .old = old };
	struct file *f = fd_get(t->files, fd);
	int64_t r, pos;

	if (!f)
		return -EBADF;
	if (!f->ops->iterate) {
		file_unref(f);
		return -ENOTDIR;
	}
	d.buf = malloc(MAX(d.size, (size_t)1));
	if (!d.buf) {
		file_unref(f);
		return -ENOMEM;
	}
	file_pos_lock(f);
	pos = f->pos;
	r = iterate(f, &d);
	if (r > 0 && copyout(buf, d.buf, (size_t)r)) {
		f->pos = pos; /* nothing was consumed */
		r = -EFAULT;
	}
	file_pos_unlock(f);
	free(d.buf);
	file_unref(f);
	return r;
}

SYSCALL3(getdents64, int, fd, gaddr_t, buf, unsigned, count)
{
	return do_dents(t, fd, buf, count, false);
}

SYSCALL3(getdents, int, fd, gaddr_t, buf, unsigned, count)
{
	return do_dents(t, fd, buf, count, true);
}

/* ---- making and removing ---- */

SYSCALL3(mkdirat, int, dirfd, gaddr_t, path, uint32_t, mode)
{
	struct at_arg a;
	int err = at_arg(t, dirfd, path, &a);

	if (err)
		return err;
	err = vfs_mkdir(&a.w, a.name, mode);
	at_arg_done(&a);
	return err;
}

SYSCALL2(mkdir, gaddr_t, path, uint32_t, mode)
{
	return do_mkdirat(t, AT_FDCWD, path, mode);
}

/* What the mode alone rules out, before the name is read. */
static int may_mknod(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case 0: case S_IFREG: case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK: return 0;
	case S_IFDIR: return -EPERM;
	}
	return -EINVAL;
}

SYSCALL4(mknodat, int, dirfd, gaddr_t, path, uint32_t, mode, uint32_t, dev)
{
	struct at_arg a;
	int err = may_mknod(mode);

	if (!err)
		err = at_arg(t, dirfd, path, &a);
	if (err)
		return err;
	/* The 32-bit encoding of the call is the low part of glibc's. */
	err = vfs_mknod(&a.w, a.name, mode & (S_IFMT | 07777), dev);
	at_arg_done(&a);
	return err;
}

SYSCALL3(mknod, gaddr_t, path, uint32_t, mode, uint32_t, dev)
{
	return do_mknodat(t, AT_FDCWD, path, mode, dev);
}

static CO_FN int64_t remove_at(struct task *t, int dirfd, gaddr_t path, bool dir)
{
	struct at_arg a;
	int err = at_arg(t, dirfd, path, &a);

	if (err)
		return err;
	err = dir ? vfs_rmdir(&a.w, a.name) : vfs_unlink(&a.w, a.name);
	at_arg_done(&a);
	return err;
}

SYSCALL1(rmdir, gaddr_t, path)
{
	return remove_at(t, AT_FDCWD, path, true);
}

SYSCALL1(unlink, gaddr_t, path)
{
	return remove_at(t, AT_FDCWD, path, false);
}

SYSCALL3(unlinkat, int, dirfd, gaddr_t, path, int, flags)
{
	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	return remove_at(t, dirfd, path, flags & AT_REMOVEDIR);
}

/* ---- renaming ---- */

SYSCALL5(renameat2, int, odirfd, gaddr_t, opath, int, ndirfd, gaddr_t, npath, unsigned, flags)
{
	struct at_arg a, b;

	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT) ||
	    (flags & RENAME_EXCHANGE && flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
		return -EINVAL; /* before the names are read */
	int err = at_arg(t, odirfd, opath, &a);

	if (err)
		return err;
	err = at_arg(t, ndirfd, npath, &b);
	if (!err) {
		err = vfs_rename(&a.w, a.name, &b.w, b.name, flags);
		at_arg_done(&b);
	}
	at_arg_done(&a);
	return err;
}

SYSCALL4(renameat, int, odirfd, gaddr_t, opath, int, ndirfd, gaddr_t, npath)
{
	return do_renameat2(t, odirfd, opath, ndirfd, npath, 0);
}

SYSCALL2(rename, gaddr_t, opath, gaddr_t, npath)
{
	return do_renameat2(t, AT_FDCWD, opath, AT_FDCWD, npath, 0);
}
