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

static void take_attributes(struct inode *ino, const struct kstat *st)
{
	const struct ovl_node *n = ovl_node(ino);

	ino->mode = st->mode;
	ino->uid = st->uid;
	ino->gid = st->gid;
	ino->size = st->size;
	ino->nlink = n->upper || st->nlink <= n->lower_gone ? st->nlink : st->nlink - n->lower_gone;
	if (!n->upper && st->nlink <= n->lower_gone)
		ino->nlink = 0;
	ino->atime = st->atime;
	ino->mtime = st->mtime;
	ino->ctime = st->ctime;
	ino->btime = st->btime;
}

CO_FN int ovl_refresh(struct inode *ino)
{
	struct kstat st;
	int err = inode_getattr(ovl_real(ino), &st);

	if (!err)
		take_attributes(ino, &st);
	return err;
}

static void hash_upper(struct ovl *fs, struct ovl_node *n)
{
	HASH_ADD(by_upper, fs->by_upper, upper, sizeof(n->upper), n);
	n->pinned = true;
	inode_ref(n->inode);
}

void ovl_set_upper(struct inode *ino, struct inode *upper)
{
	struct ovl_node *n = ovl_node(ino);

	n->upper = upper;
	hash_upper(ovl_of(ino), n);
}

void ovl_unpin(struct inode *ino)
{
	struct ovl_node *n = ovl_node(ino);

	if (!n->pinned)
		return;
	n->pinned = false;
	HASH_DELETE(by_upper, ovl_of(ino)->by_upper, n);
	inode_unref(ino);
}

int ovl_moved(struct inode *ino, struct inode *dir, const char *name)
{
	struct ovl_node *n = ovl_node(ino);
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(n->name);
	n->name = copy;
	inode_ref(dir);
	if (n->parent)
		inode_unref(n->parent);
	n->parent = dir;
	return 0;
}

static struct ovl_node *find(struct ovl *fs, struct inode *lower, struct inode *upper)
{
	struct ovl_node *n = NULL;

	if (upper)
		HASH_FIND(by_upper, fs->by_upper, &upper, sizeof(upper), n);
	else
		HASH_FIND(by_lower, fs->by_lower, &lower, sizeof(lower), n);
	return n;
}

int ovl_get(struct super *sb, struct inode *lower, struct inode *upper, struct inode *dir,
            const char *name, struct inode **ret)
{
	struct ovl *fs = sb->priv;
	struct ovl_node *n = find(fs, lower, upper);
	struct inode *real = upper ? upper : lower, *ino = NULL;
	char *copy = NULL;

	if (n) {
		if (lower)
			inode_unref(lower);
		if (upper)
			inode_unref(upper);
		*ret = inode_ref(n->inode);
		return ovl_refresh(n->inode);
	}
	n = calloc(1, sizeof(*n));
	copy = n ? strdup(name) : NULL;
	if (copy)
		ino = inode_new(sb, &ovl_inode_ops, fops_of(real->mode),
		                lower ? lower->ino : upper->ino + OVL_UPPER_INO, real->mode);
	if (!ino) {
		free(copy);
		free(n);
		if (lower)
			inode_unref(lower);
		if (upper)
			inode_unref(upper);
		return -ENOMEM;
	}
	n->inode = ino;
	n->lower = lower;
	n->upper = upper;
	n->name = copy;
	n->parent = dir ? inode_ref(dir) : NULL;
	ino->priv = n;
	ino->rdev = real->rdev;
	obj_born(&ovl_count);
	if (lower)
		HASH_ADD(by_lower, fs->by_lower, lower, sizeof(n->lower), n);
	if (upper)
		hash_upper(fs, n);
	int err = ovl_refresh(ino);
	if (err) {
		ovl_unpin(ino);
		inode_unref(ino);
		return err;
	}
	*ret = ino;
	return 0;
}

void ovl_destroy_inode(struct inode *ino)
{
	struct ovl_node *n = ovl_node(ino);
	struct ovl *fs = ovl_of(ino);

	if (!n)
		return;
	if (n->lower) {
		HASH_DELETE(by_lower, fs->by_lower, n);
		inode_unref(n->lower);
	}
	if (n->upper)
		inode_unref(n->upper);
	struct inode *parent = n->parent;
	free(n->name);
	free(n);
	obj_died(&ovl_count);
	if (parent)
		inode_unref(parent);
}
