/* SPDX-License-Identifier: Apache-2.0
 *
 * Making and removing names: mknod(2), mkdir(2), symlink(2), link(2), unlink(2), rmdir(2).
 * Layer: core. Checks in the order of fs/namei.c; a directory changes under its inode's lock.
 */
#include <sys/sysmacros.h>

#include "core/fs/internal.h"
#include "core/fs/mount.h"
#include "core/fs/notify.h"

CO_FN int may_create(struct inode *dir, const struct cred *cred, const struct dentry *child)
{
	if (child->inode)
		return -EEXIST;
	if (dir->dead_dir)
		return -ENOENT;
	return inode_permission(dir, cred, MAY_WRITE | MAY_EXEC);
}

/* A sticky directory: only the owners of file and directory remove or rename. */
static bool sticky_forbids(const struct inode *dir, const struct inode *victim,
                           const struct cred *cred)
{
	return dir->mode & S_ISVTX && victim->uid != cred->fsuid && dir->uid != cred->fsuid &&
	       !cred_capable(cred, CAP_FOWNER);
}

CO_FN int may_delete(struct dentry *dir, struct dentry *victim, const struct cred *cred,
                     bool isdir)
{
	int err;

	if (!victim->inode)
		return -ENOENT;
	err = inode_permission(dir->inode, cred, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (sticky_forbids(dir->inode, victim->inode, cred))
		return -EPERM;
	if (isdir) {
		if (!S_ISDIR(victim->inode->mode))
			return -ENOTDIR;
		if (victim->parent == victim)
			return -EBUSY;
	} else if (S_ISDIR(victim->inode->mode)) {
		return -EISDIR;
	}
	return dir->inode->dead_dir ? -ENOENT : 0;
}

/* The filesystem made the name; takes over the inode reference. */
static void entry_made(struct inode *dir, struct dentry *d, struct inode *ino)
{
	dentry_instantiate(d, ino);
	notify_entry(dir, IN_CREATE, d->name, ino);
}

CO_FN int dentry_mknod(struct dentry *dir, struct dentry *d, uint32_t mode, dev_t rdev,
                       const struct walk *w)
{
	struct inode *ino = NULL;
	int err = may_create(dir->inode, w->cred, d);

	if (err)
		return err;
	if (!dir->inode->ops->mknod)
		return -EACCES;
	err = dir->inode->ops->mknod(dir->inode, d->name,
	                             (mode & S_IFMT) | (mode & 07777 & ~w->fs->umask), rdev,
	                             w->cred, &ino);
	if (!err)
		entry_made(dir->inode, d, ino);
	return err;
}

/*
 * Walks to where a new name goes and looks it up: on success the directory is locked and *ret is
 * its negative dentry. `dir`: a directory is to be made, for which slashes at the end are right.
 */
static CO_FN int create_begin(struct nd *nd, const struct walk *w, const char *name, bool dir,
                              struct dentry **ret)
{
	struct dentry *d;
	int err = walk_parent(nd, w, name);

	if (err)
		return err;
	if (nd->last_type != LAST_NORM) {
		nd_done(nd);
		return -EEXIST;
	}
	comutex_lock(&nd->cur.dentry->inode->lock);
	err = dentry_lookup(nd->cur.dentry, nd->last, nd->last_len, true, false, &d);
	if (!err) {
		if (d->inode)
			err = -EEXIST;
		else if (nd->trailing && !dir)
			err = -ENOENT;
		else if (!mount_writable(nd->cur.mnt))
			err = -EROFS;
		if (err)
			dentry_unref(d);
	}
	if (err) {
		comutex_unlock(&nd->cur.dentry->inode->lock);
		nd_done(nd);
		return err;
	}
	*ret = d;
	return 0;
}

static void create_end(struct nd *nd, struct dentry *d)
{
	comutex_unlock(&nd->cur.dentry->inode->lock);
	dentry_unref(d);
	nd_done(nd);
}

static int check_mknod(uint32_t mode, dev_t rdev, const struct cred *cred)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		/* A whiteout, 0:0, gives access to nothing. */
		if (!cred_capable(cred, CAP_MKNOD) && !(S_ISCHR(mode) && rdev == 0))
			return -EPERM;
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

static CO_FN int mknod_at(const struct walk *w, const char *name, uint32_t mode, dev_t rdev,
                          struct path *ret)
{
	struct nd nd;
	struct dentry *d;
	int err;

	/* The type is judged before the walk, the right to make a device after it. */
	err = check_mknod(mode, 0, w->cred);
	if (err == -EINVAL || S_ISDIR(mode))
		return err;
	err = create_begin(&nd, w, name, false, &d);
	if (err)
		return err;
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	err = may_create(nd.cur.dentry->inode, w->cred, d);
	if (!err)
		err = check_mknod(mode, rdev, w->cred);
	if (!err && !nd.cur.dentry->inode->ops->mknod)
		err = -EPERM;
	if (!err)
		err = dentry_mknod(nd.cur.dentry, d, mode, rdev, w);
	if (!err && ret)
		*ret = (struct path){ mount_ref(nd.cur.mnt), dentry_ref(d) };
	create_end(&nd, d);
	return err;
}

CO_FN int vfs_mknod(const struct walk *w, const char *name, uint32_t mode, dev_t rdev)
{
	return mknod_at(w, name, mode, rdev, NULL);
}

CO_FN int vfs_mknod_path(const struct walk *w, const char *name, uint32_t mode, struct path *ret)
{
	return mknod_at(w, name, mode, 0, ret);
}

CO_FN int vfs_mkdir(const struct walk *w, const char *name, uint32_t mode)
{
	struct nd nd;
	struct inode *dir, *ino = NULL;
	struct dentry *d;
	int err = create_begin(&nd, w, name, true, &d);

	if (err)
		return err;
	dir = nd.cur.dentry->inode;
	err = may_create(dir, w->cred, d);
	if (!err && !dir->ops->mkdir)
		err = -EPERM;
	if (!err)
		err = dir->ops->mkdir(dir, d->name, S_IFDIR | (mode & 01777 & ~w->fs->umask), w->cred,
		                      &ino);
	if (!err)
		entry_made(dir, d, ino);
	create_end(&nd, d);
	return err;
}

CO_FN int vfs_symlink(const struct walk *w, const char *target, const char *name)
{
	struct nd nd;
	struct inode *dir, *ino = NULL;
	struct dentry *d;
	int err;

	if (!*target)
		return -ENOENT;
	if (strnlen(target, PATH_MAX) >= PATH_MAX)
		return -ENAMETOOLONG;
	err = create_begin(&nd, w, name, false, &d);
	if (err)
		return err;
	dir = nd.cur.dentry->inode;
	err = may_create(dir, w->cred, d);
	if (!err && !dir->ops->symlink)
		err = -EPERM;
	if (!err)
		err = dir->ops->symlink(dir, d->name, target, w->cred, &ino);
	if (!err)
		entry_made(dir, d, ino);
	create_end(&nd, d);
	return err;
}

/* fs.protected_hardlinks: only what cred owns, or a plain file it may read and write (proc(5)). */
static CO_FN int may_link(struct inode *ino, const struct cred *cred)
{
	if (inode_owner_or_capable(ino, cred))
		return 0;
	if (!S_ISREG(ino->mode) || ino->mode & S_ISUID ||
	    (ino->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ||
	    inode_permission(ino, cred, MAY_READ | MAY_WRITE))
		return -EPERM;
	return 0;
}

static CO_FN int do_link(struct nd *nd, struct dentry *d, struct inode *ino,
                         const struct cred *cred)
{
	struct inode *dir = nd->cur.dentry->inode;
	int err = may_create(dir, cred, d);

	if (err)
		return err;
	if (dir->sb != ino->sb)
		return -EXDEV;
	if (!dir->ops->link || S_ISDIR(ino->mode))
		return -EPERM;
	if (!ino->nlink && !ino->linkable)
		return -ENOENT;
	err = dir->ops->link(dir, d->name, ino);
	if (!err) {
		ino->linkable = false; /* once: with its last name gone it can't come back */
		notify_inode(ino, IN_ATTRIB);
		entry_made(dir, d, inode_ref(ino));
	}
	return err;
}

CO_FN int vfs_link(const struct walk *from, const char *oldname, unsigned flags,
                   const struct walk *to, const char *newname)
{
	struct path old;
	struct nd nd;
	struct dentry *d;
	int err = vfs_lookup(from, oldname, flags & (WALK_NOFOLLOW | WALK_EMPTY), &old);

	if (err)
		return err;
	err = create_begin(&nd, to, newname, false, &d);
	if (!err) {
		if (old.mnt != nd.cur.mnt)
			err = -EXDEV;
		if (!err)
			err = may_link(old.dentry->inode, to->cred);
		if (!err)
			err = do_link(&nd, d, old.dentry->inode, to->cred);
		create_end(&nd, d);
	}
	path_put(&old);
	return err;
}

/* ---- removing ---- */

static bool is_mountpoint(const struct dentry *d)
{
	return d->mounted > 0;
}

/* The filesystem removed the name. */
static void entry_gone(struct inode *dir, struct dentry *d)
{
	struct inode *ino = d->inode;

	if (S_ISDIR(ino->mode))
		dcache_shrink_parent(d);
	else
		notify_inode(ino, IN_ATTRIB); /* the number of its links */
	dentry_drop(d);
	/* Nobody else uses it: nothing will happen to it any more. */
	if (d->refs == 1 && dentry_is_removed(d))
		notify_removed(ino);
	notify_entry(dir, IN_DELETE, d->name, ino);
	if (d->refs == 1)
		dentry_delete(d);
}

static CO_FN int remove_entry(struct nd *nd, struct dentry *d, bool isdir)
{
	struct inode *dir = nd->cur.dentry->inode, *ino = d->inode;
	int err = may_delete(nd->cur.dentry, d, nd->w->cred, isdir);

	if (err)
		return err;
	if (isdir ? !dir->ops->rmdir : !dir->ops->unlink)
		return -EPERM;
	if (is_mountpoint(d))
		return -EBUSY;
	if (!isdir)
		err = dir->ops->unlink(dir, d->name, ino);
	else {
		/* Nothing may be made in it meanwhile. */
		comutex_lock(&ino->lock);
		err = dir->ops->rmdir(dir, d->name, ino);
		if (!err)
			ino->dead_dir = true;
		comutex_unlock(&ino->lock);
	}
	if (!err)
		entry_gone(dir, d);
	return err;
}

static CO_FN int remove_name(const struct walk *w, const char *name, bool isdir)
{
	static const int rmdir_err[] = {
		[LAST_DOT] = -EINVAL, [LAST_DOTDOT] = -ENOTEMPTY, [LAST_ROOT] = -EBUSY,
		[LAST_BIND] = -EBUSY,
	};
	struct nd nd;
	struct inode *dir;
	struct dentry *d = NULL;
	int err = walk_parent(&nd, w, name);

	if (err)
		return err;
	if (nd.last_type != LAST_NORM) {
		err = isdir ? rmdir_err[nd.last_type] : -EISDIR;
		goto out;
	}
	err = mount_writable(nd.cur.mnt) ? 0 : -EROFS;
	if (err)
		goto out;
	dir = nd.cur.dentry->inode;
	comutex_lock(&dir->lock);
	err = dentry_lookup(nd.cur.dentry, nd.last, nd.last_len, true, false, &d);
	if (!err && !d->inode)
		err = -ENOENT;
	if (!err && !isdir && nd.trailing)
		err = S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
	if (!err)
		err = remove_entry(&nd, d, isdir);
	comutex_unlock(&dir->lock);
	if (d)
		dentry_unref(d);
out:
	nd_done(&nd);
	return err;
}

CO_FN int vfs_unlink(const struct walk *w, const char *name)
{
	return remove_name(w, name, false);
}

CO_FN int vfs_rmdir(const struct walk *w, const char *name)
{
	return remove_name(w, name, true);
}
