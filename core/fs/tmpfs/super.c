/* SPDX-License-Identifier: Apache-2.0
 *
 * tmpfs(5): the instance, its inodes and their attributes. Layer: core.
 */
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fs/internal.h"
#include "core/fs/filesystems.h"
#include "core/fs/tmpfs/tmpfs.h"
#include "core/host/memio.h"

static uint64_t all_inodes;

static int tmpfs_statfs(struct super *sb, struct kstatfs *ret)
{
	struct tmpfs *fs = sb->priv;

	ret->type = TMPFS_MAGIC;
	ret->bsize = ret->frsize = PAGE_SIZE;
	ret->namelen = 255;
	if (fs->max_pages) {
		ret->blocks = fs->max_pages;
		ret->bfree = ret->bavail = fs->max_pages - MIN(fs->pages, fs->max_pages);
	}
	if (fs->max_inodes) {
		ret->files = fs->max_inodes;
		ret->ffree = fs->max_inodes - MIN(fs->inodes, fs->max_inodes);
	}
	return 0;
}

static void tmpfs_destroy(struct super *sb)
{
	free(sb->priv);
}

static void tmpfs_show_options(struct super *sb, char *buf, size_t size)
{
	struct tmpfs *fs = sb->priv;
	int n = 0;

	buf[0] = '\0';
	if (fs->max_pages)
		n = snprintf(buf, size, ",size=%lluk",
		             (unsigned long long)(fs->max_pages * (PAGE_SIZE / 1024)));
	if (fs->max_inodes && n >= 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, ",nr_inodes=%llu",
		         (unsigned long long)fs->max_inodes);
}

static const struct super_ops tmpfs_super_ops = {
	.name = "tmpfs",
	.statfs = tmpfs_statfs,
	.destroy = tmpfs_destroy,
	.show_options = tmpfs_show_options,
};

int tmpfs_new(uint64_t max_bytes, uint64_t max_inodes, uint32_t root_mode, struct super **ret)
{
	struct tmpfs *fs = calloc(1, sizeof(*fs));
	struct super *sb = fs ? super_new(&tmpfs_super_ops, fs) : NULL;
	struct inode *root;
	int err;

	if (!sb) {
		free(fs);
		return -ENOMEM;
	}
	fs->max_pages = max_bytes / PAGE_SIZE + (max_bytes % PAGE_SIZE != 0);
	fs->max_inodes = max_inodes;
	fs->next_ino = 1;
	sb->exclusive = true;
	err = tmpfs_inode(sb, S_IFDIR | (root_mode & 07777), 0, 0, &root);
	if (!err) {
		node_of(root)->parent_ino = root->ino;
		sb->root = dentry_root(sb, root);
		err = sb->root ? 0 : -ENOMEM;
	}
	if (err) {
		super_unref(sb);
		return err;
	}
	*ret = sb;
	return 0;
}

/* ---- inodes ---- */

static const struct inode_ops *ops_for(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return &tmpfs_dir_ops;
	case S_IFREG:
		return &tmpfs_reg_ops;
	case S_IFLNK:
		return &tmpfs_link_ops;
	default:
		return &tmpfs_special_ops;
	}
}

int tmpfs_inode(struct super *sb, uint32_t mode, uid_t uid, gid_t gid, struct inode **ret)
{
	struct tmpfs *fs = sb->priv;
	const struct file_ops *fops = S_ISDIR(mode) ? &tmpfs_dir_fops
	                              : S_ISREG(mode) ? &tmpfs_reg_fops : NULL;
	struct node *n;
	struct inode *ino;

	/* As many as Linux allows by default, but for all instances together. */
	if ((fs->max_inodes && fs->inodes >= fs->max_inodes) || all_inodes >= memio_pages_max())
		return -ENOSPC;
	n = calloc(1, sizeof(*n));
	ino = n ? inode_new(sb, ops_for(mode), fops, fs->next_ino++, mode) : NULL;
	if (!ino) {
		free(n);
		return -ENOMEM;
	}
	fs->inodes++;
	all_inodes++;
	n->fs = fs;
	n->seals = F_SEAL_SEAL;
	TAILQ_INIT(&n->xattrs);
	tmpfs_dir_init(n);
	data_init(&n->data, fs);
	ino->priv = n;
	ino->uid = uid;
	ino->gid = gid;
	if (S_ISDIR(mode)) {
		ino->nlink = 2;
		ino->size = 2 * DIRENT_COST; /* "." and ".." */
	}
	*ret = ino;
	return 0;
}

void tmpfs_destroy_inode(struct inode *ino)
{
	struct node *n = node_of(ino);

	tmpfs_dir_free(n);
	data_free(&n->data);
	tmpfs_xattr_free(n);
	free(n->target);
	n->fs->inodes--;
	all_inodes--;
	free(n);
}

int tmpfs_getattr(struct inode *ino, struct kstat *st)
{
	struct node *n = node_of(ino);

	if (S_ISREG(ino->mode)) {
		data_recount(&n->data);
		st->blocks = n->data.pages * (PAGE_SIZE / 512);
	} else {
		st->blocks = 0;
	}
	st->has_btime = true;
	return 0;
}

static int set_size(struct inode *ino, uint64_t size)
{
	struct node *n = node_of(ino);
	int err;

	if ((size < ino->size && n->seals & F_SEAL_SHRINK) ||
	    (size > ino->size && n->seals & F_SEAL_GROW))
		return -EPERM;
	if (size > INT64_MAX)
		return -EFBIG;
	err = data_truncate(&n->data, ino->size, size);
	if (!err) {
		ino->size = size;
		ino->mtime = vfs_now();
	}
	return err;
}

int tmpfs_setattr(struct inode *ino, const struct attr_change *ch, const struct cred *cred UNUSED)
{
	int err;

	if (ch->valid & ATTR_MODE && node_of(ino)->seals & 0x20 && (ino->mode ^ ch->mode) & 0111)
		return -EPERM; /* F_SEAL_EXEC */
	if (ch->valid & ATTR_SIZE) {
		err = set_size(ino, ch->size);
		if (err)
			return err;
	}
	inode_apply_attr(ino, ch);
	return 0;
}

/* Devices, FIFOs, sockets. */
const struct inode_ops tmpfs_special_ops = {
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.destroy = tmpfs_destroy_inode,
};

static ssize_t tmpfs_readlink(struct inode *ino, char *buf, size_t size)
{
	size_t n = MIN(size, (size_t)ino->size);

	memcpy(buf, node_of(ino)->target, n);
	return (ssize_t)n;
}

const struct inode_ops tmpfs_link_ops = {
	.readlink = tmpfs_readlink,
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.destroy = tmpfs_destroy_inode,
};
