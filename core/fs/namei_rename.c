/* SPDX-License-Identifier: Apache-2.0
 *
 * rename(2), renameat2(2). Layer: core.
 *
 * Locks: a rename between two directories takes the super block's rename lock first, so that the
 * shape of the tree stands still; then the upper of the two directories, or the older inode when
 * neither is above the other; then directories among the victims. Everything else locks downwards,
 * so no circle can arise.
 */
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fs/internal.h"
#include "core/fs/mount.h"
#include "core/fs/notify.h"

struct rename {
	struct dentry *odir, *ndir; /* borrowed from the walks */
	struct dentry *old, *new;   /* references */
	struct dentry *trap_old;    /* child of odir that is above ndir, or NULL */
	struct dentry *trap_new;    /* child of ndir that is above odir, or NULL */
	const struct cred *cred;
	unsigned flags;
};

/* The child of top on the way down to d, or NULL when d isn't below top. */
static struct dentry *child_towards(struct dentry *d, struct dentry *top)
{
	for (; d->parent != d; d = d->parent)
		if (d->parent == top)
			return d;
	return NULL;
}

static CO_FN void lock_dirs(struct rename *r)
{
	struct inode *a = r->odir->inode, *b = r->ndir->inode;

	if (a == b) {
		comutex_lock(&a->lock);
		return;
	}
	comutex_lock(&a->sb->rename_lock);
	r->trap_old = child_towards(r->ndir, r->odir);
	r->trap_new = child_towards(r->odir, r->ndir);
	if (r->trap_new || (!r->trap_old && b->gen < a->gen)) {
		struct inode *t = a;

		a = b;
		b = t;
	}
	comutex_lock(&a->lock);
	comutex_lock(&b->lock);
}

static void unlock_dirs(struct rename *r)
{
	comutex_unlock(&r->odir->inode->lock);
	if (r->odir->inode == r->ndir->inode)
		return;
	comutex_unlock(&r->ndir->inode->lock);
	comutex_unlock(&r->odir->inode->sb->rename_lock);
}

static CO_FN int check_names(struct rename *r, const struct nd *from, const struct nd *to)
{
	int err;

	err = dentry_lookup(r->odir, from->last, from->last_len, true, false, &r->old);
	if (err)
		return err;
	if (!r->old->inode)
		return -ENOENT;
	err = dentry_lookup(r->ndir, to->last, to->last_len, true, false, &r->new);
	if (err)
		return err;
	if (r->flags & RENAME_NOREPLACE && r->new->inode)
		return -EEXIST;
	if (r->flags & RENAME_EXCHANGE) {
		if (!r->new->inode)
			return -ENOENT;
		if (!S_ISDIR(r->new->inode->mode) && to->trailing)
			return -ENOTDIR;
	}
	if (!S_ISDIR(r->old->inode->mode)) {
		if (from->trailing || (!(r->flags & RENAME_EXCHANGE) && to->trailing))
			return -ENOTDIR;
	}
	if (r->old == r->trap_old) /* into itself */
		return -EINVAL;
	if (r->new == r->trap_new)
		return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static CO_FN int check_permission(struct rename *r)
{
	bool isdir = S_ISDIR(r->old->inode->mode), new_isdir = false;
	int err = may_delete(r->odir, r->old, r->cred, isdir);

	if (err)
		return err;
	if (!r->new->inode) {
		err = may_create(r->ndir->inode, r->cred, r->new);
	} else {
		new_isdir = S_ISDIR(r->new->inode->mode);
		err = may_delete(r->ndir, r->new, r->cred,
		                 r->flags & RENAME_EXCHANGE ? new_isdir : isdir);
	}
	if (!err && !r->odir->inode->ops->rename)
		err = -EPERM;
	/* A directory that changes its parent has its ".." written. */
	if (!err && r->odir->inode != r->ndir->inode) {
		if (isdir)
			err = inode_permission(r->old->inode, r->cred, MAY_WRITE);
		if (!err && r->flags & RENAME_EXCHANGE && new_isdir)
			err = inode_permission(r->new->inode, r->cred, MAY_WRITE);
	}
	if (!err && (r->old->mounted || r->new->mounted))
		err = -EBUSY;
	return err;
}

/* The whiteout that a file system left behind belongs to whoever renamed. */
static CO_FN void own_whiteout(struct rename *r)
{
	struct inode *dir = r->odir->inode, *ino = NULL;
	struct attr_change ch = { .valid = ATTR_UID | ATTR_GID };
	uint32_t mode = S_IFCHR;

	if (!r->cred->fsuid && !r->cred->fsgid)
		return;
	if (dir->ops->lookup(dir, r->old->name, &ino))
		return;
	inode_init_owner(dir, r->cred, &mode, &ch.uid, &ch.gid);
	if (ino->ops->setattr)
		ino->ops->setattr(ino, &ch, r->cred);
	inode_unref(ino);
}

static void notify_renamed(struct rename *r, const char *oname, struct inode *target)
{
	struct inode *odir = r->odir->inode, *ndir = r->ndir->inode;

	if (r->flags & RENAME_EXCHANGE) {
		notify_move(odir, oname, ndir, r->old, NULL);
		notify_move(ndir, r->old->name, odir, r->new, NULL);
	} else {
		notify_move(odir, oname, ndir, r->old, target);
	}
}

static CO_FN int apply(struct rename *r)
{
	char oname[NAME_MAX + 1];
	struct inode *target = r->new->inode;
	bool victim = target && S_ISDIR(target->mode) && !(r->flags & RENAME_EXCHANGE);
	char *name = NULL;
	int err;

	if (!(r->flags & RENAME_EXCHANGE) && !(name = strdup(r->new->name)))
		return -ENOMEM;
	if (victim)
		comutex_lock(&target->lock);
	err = r->odir->inode->ops->rename(r->odir->inode, r->old->name, r->old->inode,
	                                  r->ndir->inode, r->new->name, target, r->flags);
	if (!err && victim)
		target->dead_dir = true;
	if (victim)
		comutex_unlock(&target->lock);
	if (err) {
		free(name);
		return err;
	}
	if (r->flags & RENAME_WHITEOUT)
		own_whiteout(r);
	snprintf(oname, sizeof(oname), "%s", r->old->name);
	if (r->flags & RENAME_EXCHANGE) {
		dentry_exchange(r->old, r->new);
	} else {
		if (victim)
			dcache_shrink_parent(r->new);
		dentry_drop(r->new);
		dentry_move(r->old, r->ndir, name);
		/* The old name is free again, or a whiteout: for that a look-up asks the file system. */
		if (!(r->flags & RENAME_WHITEOUT))
			dentry_absent(r->odir, oname);
	}
	notify_renamed(r, oname, target);
	return 0;
}

static CO_FN int rename_locked(struct rename *r, const struct nd *from, const struct nd *to)
{
	int err = check_names(r, from, to);

	if (err || r->old->inode == r->new->inode) /* two names of one file: nothing happens */
		return err;
	err = check_permission(r);
	return err ? err : apply(r);
}

static int check_flags(unsigned flags)
{
	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT) && flags & RENAME_EXCHANGE)
		return -EINVAL;
	return 0;
}

CO_FN int vfs_rename(const struct walk *from, const char *oldname, const struct walk *to,
                     const char *newname, unsigned flags)
{
	struct nd a, b;
	struct rename r = { .cred = from->cred, .flags = flags };
	int err = check_flags(flags);

	if (err)
		return err;
	err = walk_parent(&a, from, oldname);
	if (err)
		return err;
	err = walk_parent(&b, to, newname);
	if (err) {
		nd_done(&a);
		return err;
	}
	if (a.cur.mnt != b.cur.mnt)
		err = -EXDEV;
	else if (a.last_type != LAST_NORM)
		err = -EBUSY;
	else if (b.last_type != LAST_NORM)
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	else if (!mount_writable(a.cur.mnt))
		err = -EROFS;
	if (!err) {
		r.odir = a.cur.dentry;
		r.ndir = b.cur.dentry;
		lock_dirs(&r);
		err = rename_locked(&r, &a, &b);
		unlock_dirs(&r);
		dentry_unref(r.new);
		dentry_unref(r.old);
	}
	nd_done(&b);
	nd_done(&a);
	return err;
}
