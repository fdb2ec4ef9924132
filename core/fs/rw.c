/* SPDX-License-Identifier: Apache-2.0
 *
 * read(2), write(2), lseek(2) below the descriptor: access mode, position, limits. Layer: core.
 */
#include <limits.h>
#include <unistd.h>

#include "core/fs/internal.h"
#include "core/fs/notify.h"
#include "core/fs/rw.h"

/* As FMODE_ATOMIC_POS: only these have a position that two threads may fight for. */
static bool locks_pos(const struct file *f)
{
	return f->ops->llseek && (S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode));
}

CO_FN void file_pos_lock(struct file *f)
{
	if (locks_pos(f))
		comutex_lock(&f->pos_lock);
}

void file_pos_unlock(struct file *f)
{
	if (locks_pos(f))
		comutex_unlock(&f->pos_lock);
}

/* -EINVAL where a transfer would leave the range of offsets. */
static int check_area(const struct uio *u, int64_t pos)
{
	if (pos < 0 || (u->resid && pos > INT64_MAX - (int64_t)u->resid))
		return -EINVAL;
	return 0;
}

CO_FN ssize_t vfs_read_silent(struct file *f, struct uio *u, int64_t *pos)
{
	ssize_t n;

	if (!f->can_read)
		return -EBADF;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!f->ops->read)
		return -EINVAL;
	if (pos) {
		if (!f->ops->llseek || f->ops->stream)
			return -ESPIPE;
		n = check_area(u, *pos);
		return n ? n : f->ops->read(f, u, pos);
	}
	file_pos_lock(f);
	n = f->ops->llseek ? check_area(u, f->pos) : 0;
	if (!n)
		n = f->ops->read(f, u, &f->pos);
	file_pos_unlock(f);
	return n;
}

CO_FN ssize_t vfs_read(struct file *f, struct uio *u, int64_t *pos)
{
	ssize_t n = vfs_read_silent(f, u, pos);

	if (n > 0)
		notify_file(f, IN_ACCESS);
	return n;
}

static CO_FN int64_t current_size(struct inode *ino)
{
	struct kstat st = { .size = ino->size };

	if (ino->ops->getattr && !ino->sb->exclusive && !ino->ops->getattr(ino, &st))
		return (int64_t)st.size;
	return (int64_t)ino->size;
}

/* Regular files: append, limits, set-id bits; ino->lock is held. */
static CO_FN ssize_t write_regular(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize,
                                   bool append)
{
	size_t cut = 0;
	ssize_t n;

	if (!u->resid)
		return 0;
	if (append)
		*pos = current_size(f->inode);
	n = check_area(u, *pos);
	if (n)
		return n;
	if ((uint64_t)*pos >= fsize)
		return -EFBIG;
	if (u->resid > fsize - (uint64_t)*pos) {
		cut = u->resid - (size_t)(fsize - (uint64_t)*pos);
		u->resid -= cut;
	}
	const struct cred *cred = co_self()->cred ? co_self()->cred : f->cred;
	uint32_t mode = f->inode->mode;
	n = cred ? inode_remove_privs(f->inode, cred) : 0;
	if (f->inode->mode != mode)
		notify_dentry(f->path.dentry, IN_ATTRIB);
	if (!n)
		n = f->ops->write(f, u, pos);
	u->resid += cut;
	return n;
}

static CO_FN ssize_t do_write(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize, int rwf)
{
	bool append = (f->flags & O_APPEND && !(rwf & RWF_NOAPPEND_BIT)) || rwf & RWF_APPEND;
	bool sync = rwf & (RWF_SYNC | RWF_DSYNC) || f->flags & O_DSYNC;
	int64_t at, *p = pos ? pos : &f->pos;
	ssize_t n;

	if (!f->can_write)
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	if (pos && !f->ops->llseek)
		return -ESPIPE;
	if (pos && *pos < 0)
		return -EINVAL;
	if (!pos)
		file_pos_lock(f);
	if (S_ISREG(f->inode->mode)) {
		comutex_lock(&f->inode->lock);
		at = *p;
		n = write_regular(f, u, &at, fsize, append);
		if (n > 0)
			*p = at;
		comutex_unlock(&f->inode->lock);
	} else {
		n = f->ops->llseek ? check_area(u, *p) : 0;
		if (!n)
			n = f->ops->write(f, u, p);
	}
	if (!pos)
		file_pos_unlock(f);
	if (n > 0 && sync && f->ops->fsync) {
		int err = f->ops->fsync(f, !(rwf & RWF_SYNC) && (f->flags & O_SYNC) != O_SYNC);

		if (err)
			return err;
	}
	return n;
}

CO_FN ssize_t vfs_write_flags(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize, int rwf)
{
	ssize_t n = do_write(f, u, pos, fsize, rwf);

	if (n > 0)
		notify_file(f, IN_MODIFY);
	return n;
}

CO_FN ssize_t vfs_write(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize)
{
	return vfs_write_flags(f, u, pos, fsize, 0);
}

CO_FN ssize_t vfs_write_silent(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize)
{
	return do_write(f, u, pos, fsize, 0);
}

CO_FN ssize_t file_pread(struct file *f, void *buf, size_t n, int64_t off)
{
	size_t done = 0;

	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!f->ops->read)
		return -EINVAL;
	while (done < n) {
		struct uio u;
		int64_t pos = off + (int64_t)done;
		ssize_t got;

		uio_kernel(&u, (char *)buf + done, n - done);
		got = f->ops->read(f, &u, &pos);
		if (got < 0)
			return done ? (ssize_t)done : got;
		if (!got)
			break;
		notify_file(f, IN_ACCESS);
		done += (size_t)got;
	}
	return (ssize_t)done;
}

uint32_t file_poll(struct file *f, struct poll_table *pt)
{
	if (f->flags & O_PATH)
		return POLLNVAL;
	return f->ops->poll ? f->ops->poll(f, pt) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static int64_t set_pos(struct file *f, int64_t pos)
{
	if (pos < 0)
		return -EINVAL;
	f->pos = pos;
	return pos;
}

CO_FN int64_t generic_llseek(struct file *f, int64_t off, int whence)
{
	int64_t base, size, pos;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = f->pos;
		break;
	case SEEK_END:
		base = current_size(f->inode);
		break;
	case SEEK_DATA:
	case SEEK_HOLE: /* a file without holes but the one at its end */
		size = current_size(f->inode);
		if (off < 0 || off >= size)
			return -ENXIO;
		return set_pos(f, whence == SEEK_DATA ? off : size);
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, off, &pos))
		return -EINVAL;
	return set_pos(f, pos);
}

int64_t noop_llseek(struct file *f, int64_t off UNUSED, int whence UNUSED)
{
	return f->pos;
}

int64_t dir_llseek(struct file *f, int64_t off, int whence)
{
	if (whence != SEEK_CUR && whence != SEEK_SET)
		return -EINVAL;
	if ((whence == SEEK_CUR && __builtin_add_overflow(off, f->pos, &off)) || off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

int memory_fsync(struct file *f UNUSED, bool data_only UNUSED)
{
	return 0;
}
