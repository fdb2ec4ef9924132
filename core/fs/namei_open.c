/* SPDX-License-Identifier: Apache-2.0
 *
 * open(2), openat2(2): the last component of an open, permissions, special files, truncation.
 * Layer: core. The order of checks is that of fs/namei.c (open_last_lookups, do_open, may_open).
 */
#include <stdio.h>
#include <sys/sysmacros.h>

#include "core/fs/filesystems.h"
#include "core/fs/internal.h"
#include "core/fs/mount.h"
#include "core/fs/notify.h"

#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)

static int access_of(unsigned flags)
{
	static const int acc[4] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
		                    MAY_READ | MAY_WRITE };
	int mask = acc[flags & O_ACCMODE];

	if (flags & FMODE_EXEC_OPEN)
		mask = MAY_EXEC;
	if (flags & O_TRUNC)
		mask |= MAY_WRITE;
	return mask;
}

static CO_FN int may_open(const struct path *p, unsigned flags, int mask, const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	int err;

	switch (ino->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (mask & MAY_WRITE)
			return -EISDIR;
		if (flags & FMODE_EXEC_OPEN)
			return -EACCES;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (p->mnt->flags & MS_NODEV)
			return -EACCES;
		/* fall through */
	case S_IFIFO:
	case S_IFSOCK:
		if (flags & FMODE_EXEC_OPEN)
			return -EACCES;
		break;
	case S_IFREG:
		if (flags & FMODE_EXEC_OPEN && p->mnt->flags & MS_NOEXEC)
			return -EACCES;
		break;
	}
	err = mask ? inode_permission(ino, cred, mask) : 0;
	if (err)
		return err;
	if (flags & O_NOATIME && !inode_owner_or_capable(ino, cred))
		return -EPERM;
	return 0;
}

/* Answers for an open that failed: nothing to release. */
static const struct file_ops no_ops = { .release = NULL };
/* O_PATH: a file that only names its place. */
static const struct file_ops path_ops = { .release = NULL };

static CO_FN int open_inode(struct file *f)
{
	struct inode *ino = f->inode;

	/* Something without a name, opened anew through /proc/PID/fd: it isn't what its type says. */
	if (f->path.dentry->parent == f->path.dentry && ino->fops)
		return ino->ops->open ? ino->ops->open(ino, f) : 0;
	switch (ino->mode & S_IFMT) {
	case S_IFCHR:
		return chrdev_open(ino, f);
	case S_IFIFO:
		return fifo_open(ino, f);
	case S_IFBLK:
	case S_IFSOCK:
		return -ENXIO;
	}
	if (!ino->fops)
		return -ENXIO;
	return ino->ops->open ? ino->ops->open(ino, f) : 0;
}

/* Makes the open file after all checks; p's references are borrowed. */
static CO_FN int open_file(const struct path *p, unsigned flags, struct cred *cred,
                           struct file **ret)
{
	struct inode *ino = p->dentry->inode;
	bool counted = false;
	struct file *f;
	int err;

	if ((flags & O_ACCMODE) != O_RDONLY && (S_ISREG(ino->mode) || S_ISDIR(ino->mode))) {
		err = inode_get_write(ino);
		if (err)
			return err;
		counted = true;
		if (!mount_writable(p->mnt)) {
			inode_put_write(ino);
			return -EROFS;
		}
	}
	f = file_new(ino->fops ? ino->fops : &no_ops, path_ref(p), flags, cred);
	if (!f) {
		if (counted)
			inode_put_write(ino);
		return -ENOMEM;
	}
	f->counted_writer = counted;
	f->notify = false;
	err = open_inode(f);
	if (err) {
		f->ops = &no_ops;
		file_unref(f);
		return err;
	}
	f->flags &= ~(unsigned)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | FMODE_EXEC_OPEN);
	f->notify = true;
	notify_file(f, IN_OPEN);
	*ret = f;
	return 0;
}

static CO_FN int do_open(const struct path *p, unsigned flags, bool created, bool dir_only,
                         struct cred *cred, struct file **ret)
{
	struct inode *ino = p->dentry->inode;
	bool trunc = false;
	int mask = access_of(flags), err;

	if (flags & O_CREAT && !created) {
		if (flags & O_EXCL)
			return -EEXIST;
		if (S_ISDIR(ino->mode))
			return -EISDIR;
	}
	if ((dir_only || flags & O_DIRECTORY) && !S_ISDIR(ino->mode))
		return -ENOTDIR;
	if (created) {
		mask = 0;
	} else if (S_ISREG(ino->mode) && flags & O_TRUNC) {
		if (!mount_writable(p->mnt))
			return -EROFS;
		trunc = true;
	}
	err = may_open(p, flags, mask, cred);
	if (err)
		return err;
	err = open_file(p, flags, cred, ret);
	if (err || !trunc)
		return err;
	err = inode_get_write(ino);
	if (!err) {
		err = inode_do_truncate(p->dentry, 0, cred);
		inode_put_write(ino);
	}
	if (err)
		*ret = file_unref(*ret);
	return err;
}

CO_FN int vfs_open_path(const struct path *p, unsigned flags, struct cred *cred, struct file **ret)
{
	struct file *f;

	if (!p->dentry->inode)
		return -ENOENT;
	if (!(flags & O_PATH))
		return do_open(p, flags & ~(unsigned)(O_CREAT | O_EXCL | O_CLOEXEC), false, false,
		               cred, ret);
	if (flags & O_DIRECTORY && !S_ISDIR(p->dentry->inode->mode))
		return -ENOTDIR;
	f = file_new(&path_ops, path_ref(p), flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW), cred);
	if (!f)
		return -ENOMEM;
	*ret = f;
	return 0;
}

static CO_FN int open_tmpfile(const struct walk *w, const char *name, unsigned flags, uint32_t mode,
                              struct file **ret)
{
	struct path dir, p;
	struct inode *di, *ino = NULL;
	struct dentry *d;
	char text[32];
	int err;

	err = vfs_lookup(w, name, WALK_DIRECTORY | (flags & O_NOFOLLOW ? WALK_NOFOLLOW : 0), &dir);
	if (err)
		return err;
	di = dir.dentry->inode;
	if (!mount_writable(dir.mnt))
		err = -EROFS;
	if (!err)
		err = inode_permission(di, w->cred, MAY_WRITE | MAY_EXEC);
	if (!err && !di->ops->tmpfile)
		err = -EOPNOTSUPP;
	if (!err) {
		comutex_lock(&di->lock);
		err = di->ops->tmpfile(di, S_IFREG | (mode & 07777 & ~w->fs->umask), w->cred, &ino);
		comutex_unlock(&di->lock);
	}
	if (!err) {
		ino->linkable = !(flags & O_EXCL);
		snprintf(text, sizeof(text), "#%llu", (unsigned long long)ino->ino);
		d = dentry_new(dir.dentry, text, strlen(text), ino);
		err = d ? 0 : -ENOMEM;
	}
	if (!err) {
		p = (struct path){ mount_ref(dir.mnt), d };
		/* O_DIRECTORY is only part of the flag's encoding here. */
		err = open_file(&p, flags & ~(unsigned)(O_CREAT | O_EXCL | O_TRUNC),
		                (struct cred *)w->cred, ret);
		path_put(&p);
	}
	path_put(&dir);
	return err;
}

/* O_CREAT: looks the last component up under the directory's lock and makes it if need be. */
static CO_FN int open_create(struct nd *nd, uint32_t mode, bool follow, bool *created)
{
	struct dentry *dir = nd->cur.dentry, *d;
	int err;

	if (nd->trailing)
		return -EISDIR;
	comutex_lock(&dir->inode->lock);
	for (int tries = 0; tries < 8; tries++) {
		err = dentry_lookup(dir, nd->last, nd->last_len, true, false, &d);
		if (err || d->inode)
			break;
		err = mount_writable(nd->cur.mnt)
		              ? dentry_mknod(dir, d, S_IFREG | (mode & 07777), 0, nd->w)
		              : -EROFS;
		*created = !err;
		if (!err)
			break;
		dentry_unref(d);
		/* A tree shared with the host: somebody there made it just now, so it exists. */
		if (err != -EEXIST || dir->sb->exclusive)
			break;
	}
	comutex_unlock(&dir->inode->lock);
	if (err)
		return err;
	err = nd_step(nd, d, follow, true);
	return err == ND_LINK ? nd_link(nd) : err;
}

CO_FN int vfs_open(const struct walk *w, const char *name, unsigned flags, uint32_t mode,
                   struct file **ret)
{
	struct nd nd;
	struct path p;
	bool created = false, dir_only = false;
	bool follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
	int err;

	flags &= ~(unsigned)O_CLOEXEC;
	if (flags & O_PATH) {
		err = vfs_lookup(w, name, (follow ? 0 : WALK_NOFOLLOW) |
		                 (flags & O_DIRECTORY ? WALK_DIRECTORY : 0), &p);
		if (!err) {
			err = vfs_open_path(&p, flags, (struct cred *)w->cred, ret);
			path_put(&p);
		}
		return err;
	}
	if (flags & TMPFILE_BIT)
		return open_tmpfile(w, name, flags, mode, ret);
	err = nd_init(&nd, w, name, 0);
	if (err)
		return err;
	do {
		err = nd_parent(&nd);
		if (err)
			break;
		dir_only = dir_only || nd.trailing;
		if (flags & O_CREAT && nd.last_type == LAST_NORM)
			err = open_create(&nd, mode, follow, &created);
		else
			err = nd_last(&nd, follow || dir_only);
	} while (err == ND_LINK);
	if (!err && nd.last_type == LAST_ROOT)
		dir_only = true;
	if (!err)
		err = do_open(&nd.cur, flags, created, dir_only, (struct cred *)w->cred, ret);
	nd_done(&nd);
	return err;
}
