/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: open regular files. Layer: core.
 *
 * An open file goes through to the real one. When its file is copied up later through another
 * descriptor, the next operation moves over to the upper file, so that all see the same bytes.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/overlay/overlay.h"

struct ovl_file {
	struct file *real;
	bool upper;
};

CO_FN int ovl_open_real(struct ovl *fs, struct inode *real, unsigned flags, struct file **ret)
{
	struct path p = {
		.mnt = mount_ref(real->sb == fs->upper ? fs->upper_mnt : fs->lower_mnt),
		.dentry = dentry_anon(inode_ref(real), "real"),
	};

	if (!p.dentry) {
		mount_unref(p.mnt);
		return -ENOMEM;
	}
	struct file *f = file_new(real->fops, p, flags, fs->cred);
	if (!f)
		return -ENOMEM;
	int err = real->ops->open ? real->ops->open(real, f) : 0;
	if (err) {
		static const struct file_ops none = { .release = NULL };
		f->ops = &none; /* nothing to release */
		file_unref(f);
		return err;
	}
	*ret = f;
	return 0;
}

static unsigned real_flags(const struct file *f)
{
	return f->flags & (O_ACCMODE | O_DIRECT | O_SYNC | O_DSYNC | O_NOATIME);
}

CO_FN int ovl_open(struct inode *ino, struct file *f)
{
	if (!S_ISREG(ino->mode))
		return 0;
	/* What is about to be truncated need not be copied. */
	int err = !f->can_write ? 0 : ovl_copy_up_size(ino, f->flags & O_TRUNC ? 0 : UINT64_MAX);
	if (err)
		return err;
	struct ovl_file *o = zalloc(sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->upper = ovl_node(ino)->upper != NULL;
	err = ovl_open_real(ovl_of(ino), ovl_real(ino), real_flags(f), &o->real);
	if (err) {
		free(o);
		return err;
	}
	f->priv = o;
	return 0;
}

/* The real file with a reference, since another task may move f over to the upper one meanwhile. */
static CO_FN int real_of(struct file *f, struct file **ret)
{
	struct ovl_file *o = f->priv;

	if (!o->upper && ovl_node(f->inode)->upper) {
		struct file *now;
		int err = ovl_open_real(ovl_of(f->inode), ovl_node(f->inode)->upper, real_flags(f), &now);
		if (err)
			return err;
		if (o->upper) { /* somebody was faster */
			file_unref(now);
		} else {
			file_unref(o->real);
			o->real = now;
			o->upper = true;
		}
	}
	*ret = file_ref(o->real);
	return 0;
}

static CO_FN ssize_t read_file(struct file *f, struct uio *u, int64_t *pos)
{
	struct file *real;
	int err = real_of(f, &real);

	if (err)
		return err;
	ssize_t n = real->ops->read(real, u, pos);
	file_unref(real);
	return n;
}

static CO_FN ssize_t write_file(struct file *f, struct uio *u, int64_t *pos)
{
	struct file *real;
	int err = real_of(f, &real);

	if (err)
		return err;
	ssize_t n = real->ops->write(real, u, pos);
	f->inode->size = real->inode->size;
	f->inode->mtime = real->inode->mtime;
	f->inode->ctime = real->inode->ctime;
	file_unref(real);
	return n;
}

static CO_FN int64_t seek_file(struct file *f, int64_t off, int whence)
{
	struct file *real;

	if (whence != SEEK_DATA && whence != SEEK_HOLE) {
		if (whence == SEEK_END) {
			int err = ovl_refresh(f->inode);
			if (err)
				return err;
		}
		return generic_llseek(f, off, whence);
	}
	int err = real_of(f, &real);
	if (err)
		return err;
	int64_t at = real->ops->llseek(real, off, whence);
	file_unref(real);
	if (at >= 0)
		f->pos = at;
	return at;
}

static CO_FN int mmap_file(struct file *f, int prot, bool shared, uint64_t off, uint64_t len, int *fd,
                           uint64_t *host_off)
{
	struct file *real;
	int err = real_of(f, &real);

	if (err)
		return err;
	err = real->ops->mmap ? real->ops->mmap(real, prot, shared, off, len, fd, host_off) : -ENODEV;
	file_unref(real);
	return err;
}

static CO_FN int fsync_file(struct file *f UNUSED, bool data_only UNUSED)
{
	return 0; /* the upper tree lives in memory */
}

static CO_FN int fallocate_file(struct file *f, int mode, int64_t off, int64_t len)
{
	struct file *real;
	int err = real_of(f, &real);

	if (err)
		return err;
	/* Who calls may lose the set-id bits; below, all is done with every capability. */
	const struct cred *cred = co_self()->cred ? co_self()->cred : f->cred;
	comutex_lock(&f->inode->lock);
	err = cred ? inode_remove_privs(f->inode, cred) : 0;
	if (!err)
		err = real->ops->fallocate ? real->ops->fallocate(real, mode, off, len) : -EOPNOTSUPP;
	if (!err)
		err = ovl_refresh(f->inode);
	comutex_unlock(&f->inode->lock);
	file_unref(real);
	return err;
}

static CO_FN int64_t ioctl_file(struct file *f, unsigned cmd, uint64_t arg)
{
	struct file *real;
	int err = real_of(f, &real);

	if (err)
		return err;
	int64_t n = real->ops->ioctl ? real->ops->ioctl(real, cmd, arg) : -ENOTTY;
	file_unref(real);
	return n;
}

static void release_file(struct file *f)
{
	struct ovl_file *o = f->priv;

	if (!o)
		return;
	file_unref(o->real);
	free(o);
}

const struct file_ops ovl_file_fops = {
	.read = read_file,
	.write = write_file,
	.llseek = seek_file,
	.ioctl = ioctl_file,
	.mmap = mmap_file,
	.fsync = fsync_file,
	.fallocate = fallocate_file,
	.release = release_file,
};
