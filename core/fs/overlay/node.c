/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay inodes: pairs of a lower and an upper one. Layer: core.
 */
#include <stdlib.h>

#include "core/fs/overlay/overlay.h"
#include "core/objcount.h"

OBJCOUNT(ovl_count, "overlay node");

static const struct file_ops *fops_of(uint32_t mode)
{
	if (S_ISREG(mode))
		return &ovl_file_fops;
	return S_ISDIR(mode) ? &ovl_dir_fops : NULL;
}

/* Lower names that still lead here, and upper ones. */
static uint32_t links(const struct ovl_node *n)
{
	uint32_t low = n->lower_links > n->lower_gone ? n->lower_links - n->lower_gone : 0;

	if (n->dead)
		return 0;
	if (!S_ISDIR(n->inode->mode))
		return low + (n->upper ? n->upper->nlink : 0);
	if (n->one_link || !n->upper)
		return n->lower_links;
	return n->upper->nlink + n->lower_dirs;
}

static void take_attributes(struct inode *ino, const struct kstat *st)
{
	ino->mode = st->mode;
	ino->uid = st->uid;
	ino->gid = st->gid;
	ino->size = st->size;
	ino->nlink = links(ovl_node(ino));
	ino->atime = st->atime;
	ino->mtime = st->mtime;
	ino->ctime = st->ctime;
	ino->btime = st->btime;
}

CO_FN int ovl_getattr(struct inode *ino, struct kstat *ret)
{
	struct inode *real;

	do { /* copied up while the host was asked: what the lower one says is old */
		real = ovl_real(ino);
		int err = inode_getattr(real, ret);
		if (err)
			return err;
	} while (real != ovl_real(ino));
	take_attributes(ino, ret);
	ret->ino = ino->ino;
	ret->dev = ino->sb->dev;
	ret->nlink = ino->nlink;
	ret->rdev = ino->rdev;
	return 0;
}

CO_FN int ovl_refresh(struct inode *ino)
{
	struct kstat st;

	return ovl_getattr(ino, &st);
}

void ovl_repin(struct inode *ino)
{
	struct ovl_node *n = ovl_node(ino);
	struct ovl *fs = ovl_of(ino);
	/* What the upper side holds and which lower names are gone is written down nowhere else. */
	bool keep = links(n) && (n->upper || (n->lower_gone && !S_ISDIR(ino->mode)));

	if (keep == n->pinned)
		return;
	n->pinned = keep;
	if (keep) {
		TAILQ_INSERT_TAIL(&fs->pins, n, pin);
		inode_ref(ino);
	} else {
		TAILQ_REMOVE(&fs->pins, n, pin);
		inode_unref(ino);
	}
}

static void set_upper(struct ovl_node *n, struct inode *upper)
{
	n->upper = upper;
	upper->above = n;
	if (S_ISDIR(n->inode->mode) && n->lower) {
		n->one_link = n->lower_links < 2;
		n->lower_dirs = n->one_link ? 0 : n->lower_links - 2;
	}
}

void ovl_set_upper(struct inode *ino, struct inode *upper)
{
	struct ovl_node *n = ovl_node(ino);

	set_upper(n, upper);
	if (n->parent)
		inode_unref(n->parent);
	n->parent = NULL;
	free(n->name);
	n->name = NULL;
	ovl_repin(ino);
}

/* Each inode below belongs to one overlay, so it can lead there itself. */
struct ovl_node *ovl_find(const struct inode *real)
{
	return real->above;
}

static struct ovl_node *node_new(struct super *sb, struct inode *lower, struct inode *upper,
                                 struct inode *dir, const char *name)
{
	struct inode *real = upper ? upper : lower;
	bool place = !upper && S_ISDIR(real->mode);
	struct ovl_node *n = zalloc(sizeof(*n));

	if (!n)
		return NULL;
	n->name = place ? strdup(name) : NULL;
	if (!place || n->name)
		n->inode = inode_new(sb, &ovl_inode_ops, fops_of(real->mode),
		                     lower ? lower->ino : upper->ino + OVL_UPPER_INO, real->mode);
	if (!n->inode) {
		free(n->name);
		free(n);
		return NULL;
	}
	comutex_init(&n->copyup);
	n->parent = place && dir ? inode_ref(dir) : NULL;
	n->lower = lower;
	n->lower_links = lower ? lower->nlink : 0;
	n->inode->priv = n;
	n->inode->rdev = real->rdev;
	obj_born(&ovl_count);
	if (lower)
		lower->above = n;
	if (upper)
		set_upper(n, upper);
	return n;
}

int ovl_get(struct super *sb, struct inode *lower, struct inode *upper, struct inode *dir,
            const char *name, struct inode **ret)
{
	struct ovl_node *n = ovl_find(upper ? upper : lower);
	struct inode *ino = NULL;

	if (n) {
		ino = inode_ref(n->inode);
	} else {
		n = node_new(sb, lower, upper, dir, name);
		if (n) {
			ino = n->inode;
			lower = upper = NULL; /* taken over */
		}
	}
	if (lower)
		inode_unref(lower);
	if (upper)
		inode_unref(upper);
	if (!ino)
		return -ENOMEM;
	int err = ovl_refresh(ino);
	if (err) {
		inode_unref(ino);
		return err;
	}
	ovl_repin(ino);
	*ret = ino;
	return 0;
}

void ovl_destroy_inode(struct inode *ino)
{
	struct ovl_node *n = ovl_node(ino);

	if (!n)
		return;
	ovl_list_forget(ino);
	if (n->lower) {
		n->lower->above = NULL;
		inode_unref(n->lower);
	}
	if (n->upper) {
		n->upper->above = NULL;
		inode_unref(n->upper);
	}
	if (n->parent)
		inode_unref(n->parent);
	comutex_done(&n->copyup);
	free(n->name);
	free(n);
	obj_died(&ovl_count);
}
