/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: the super block. Layer: core.
 */
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fs/filesystems.h"
#include "core/fs/mount.h"
#include "core/fs/overlay/overlay.h"
#include "core/host/cpu.h"

const struct inode_ops ovl_inode_ops = {
	.lookup = ovl_lookup,
	.mknod = ovl_mknod,
	.mkdir = ovl_mkdir,
	.symlink = ovl_symlink,
	.link = ovl_link,
	.unlink = ovl_unlink,
	.rmdir = ovl_rmdir,
	.rename = ovl_rename,
	.tmpfile = ovl_tmpfile,
	.readlink = ovl_readlink,
	.getattr = ovl_getattr,
	.setattr = ovl_setattr,
	.open = ovl_open,
	.getxattr = ovl_getxattr,
	.setxattr = ovl_setxattr,
	.listxattr = ovl_listxattr,
	.removexattr = ovl_removexattr,
	.destroy = ovl_destroy_inode,
};

static CO_FN int statfs_super(struct super *sb, struct kstatfs *ret)
{
	struct ovl *fs = sb->priv;
	uint64_t total, unused;
	int err = fs->upper->ops->statfs(fs->upper, ret);

	if (err)
		return err;
	ret->type = OVERLAYFS_SUPER_MAGIC;
	if (ret->blocks)
		return 0;
	/* An upper tree without a limit of its own has what memory there is. */
	host_memory(&total, &unused);
	ret->blocks = total / ret->bsize;
	ret->bfree = ret->bavail = unused / ret->bsize;
	ret->files = ret->blocks;
	ret->ffree = ret->bfree;
	return 0;
}

static void show_options(struct super *sb UNUSED, char *buf, size_t size)
{
	snprintf(buf, size, ",lowerdir=/,upperdir=tmpfs");
}

static void free_fs(struct ovl *fs)
{
	if (fs->whiteout)
		inode_unref(fs->whiteout);
	if (fs->lower_mnt)
		mount_unref(fs->lower_mnt);
	if (fs->upper_mnt)
		mount_unref(fs->upper_mnt);
	super_unref(fs->lower);
	super_unref(fs->upper);
	if (fs->cred)
		cred_unref(fs->cred);
	free(fs);
}

static void destroy_super(struct super *sb)
{
	free_fs(sb->priv);
}

/* Before the inodes go, those that only the overlay itself holds must be let go. */
static void release_pins(struct super *sb)
{
	struct ovl *fs = sb->priv;
	struct ovl_node *n;

	while ((n = TAILQ_FIRST(&fs->pins))) {
		TAILQ_REMOVE(&fs->pins, n, pin);
		n->pinned = false;
		inode_unref(n->inode);
	}
}

static const struct super_ops super_ops = {
	.name = "overlay",
	.statfs = statfs_super,
	.destroy = destroy_super,
	.release = release_pins,
	.show_options = show_options,
};

CO_FN int overlay_new(struct super *lower, struct super *upper, struct super **ret)
{
	struct ovl *fs = calloc(1, sizeof(*fs));
	struct super *sb = NULL;
	struct inode *root;
	int err = -ENOMEM;

	if (!fs) {
		super_unref(lower);
		super_unref(upper);
		return -ENOMEM;
	}
	TAILQ_INIT(&fs->pins);
	fs->lower = lower;
	fs->upper = upper;
	fs->lower_mnt = mount_internal(lower, lower->root);
	fs->upper_mnt = mount_internal(upper, upper->root);
	fs->cred = cred_new();
	if (fs->lower_mnt && fs->upper_mnt && fs->cred) {
		fs->cred->cap_effective = fs->cred->cap_permitted = ~(uint64_t)0;
		sb = super_new(&super_ops, fs);
	}
	if (!sb) {
		free_fs(fs);
		return -ENOMEM;
	}
	/* The root shows the lower root's attributes from the start. */
	struct inode *uroot = upper->root->inode;
	err = ovl_copy_attributes(fs, lower->root->inode, uroot);
	if (!err)
		err = uroot->ops->tmpfile(uroot, S_IFCHR, fs->cred, &fs->whiteout);
	sb->exclusive = true; /* changes made below meanwhile are not promised to show */
	if (!err)
		err = ovl_get(sb, inode_ref(lower->root->inode), inode_ref(uroot), NULL, "/", &root);
	if (!err) {
		sb->root = dentry_root(sb, root);
		if (!sb->root)
			err = -ENOMEM;
	}
	if (err) {
		super_unref(sb);
		return err;
	}
	*ret = sb;
	return 0;
}
