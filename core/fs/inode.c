/* SPDX-License-Identifier: Apache-2.0
 *
 * Super blocks and inodes: birth, references, death. Layer: core.
 *
 * A super block is used (`refs`) by mounts and by whoever made it. Its inodes keep the object
 * alive, but not in use: otherwise the root dentry, which the super block holds, would keep it for
 * ever. Destruction of inodes is a loop over a list, never a recursion: a guest chooses the depth
 * of its trees.
 */
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "core/clock.h"
#include "core/fs/internal.h"
#include "core/fs/locks.h"
#include "core/fs/notify.h"
#include "core/objcount.h"

OBJCOUNT(super_count, "super");
OBJCOUNT(inode_count, "inode");

static unsigned next_minor = 1;
static uint64_t next_ino = 1;
static uint64_t next_gen = 1;

struct super *super_new(const struct super_ops *ops, void *priv)
{
	struct super *sb = calloc(1, sizeof(*sb));

	if (!sb)
		return NULL;
	sb->refs = 1;
	sb->ops = ops;
	sb->priv = priv;
	/* As Linux's anonymous devices: major 0, minors in order of birth. */
	sb->dev = makedev(0, next_minor++);
	comutex_init(&sb->rename_lock);
	obj_born(&super_count);
	return sb;
}

static void super_free(struct super *sb)
{
	if (sb->ops->destroy)
		sb->ops->destroy(sb);
	comutex_done(&sb->rename_lock);
	free(sb);
	obj_died(&super_count);
}

struct super *super_ref(struct super *sb)
{
	sb->refs++;
	return sb;
}

struct super *super_unref(struct super *sb)
{
	struct dentry *root;

	if (!sb || --sb->refs)
		return NULL;
	sb->nr_inodes++; /* keeps it while the root goes */
	notify_unmount(sb);
	if (sb->ops->release)
		sb->ops->release(sb);
	dcache_shrink_super(sb);
	root = sb->root;
	sb->root = NULL;
	if (root)
		dentry_unref(root);
	if (!--sb->nr_inodes)
		super_free(sb);
	return NULL;
}

struct timespec vfs_now(void)
{
	return ktime_to_timespec(clock_realtime());
}

uint64_t inode_next_ino(void)
{
	return next_ino++;
}

struct inode *inode_new(struct super *sb, const struct inode_ops *ops, const struct file_ops *fops,
                        uint64_t ino, uint32_t mode)
{
	struct inode *i = zalloc(sizeof(*i));

	if (!i)
		return NULL;
	i->refs = 1;
	i->sb = sb;
	sb->nr_inodes++;
	i->ops = ops;
	i->fops = fops;
	i->ino = ino;
	i->mode = mode;
	i->nlink = 1;
	i->gen = next_gen++;
	i->atime = i->mtime = i->ctime = i->btime = vfs_now();
	comutex_init(&i->lock);
	obj_born(&inode_count);
	return i;
}

struct inode *inode_ref(struct inode *ino)
{
	ino->refs++;
	return ino;
}

static void inode_free(struct inode *i)
{
	struct super *sb = i->sb;

	if (i->ops && i->ops->destroy)
		i->ops->destroy(i);
	locks_free(i);
	comutex_done(&i->lock);
	free(i);
	obj_died(&inode_count);
	if (!--sb->nr_inodes && !sb->refs)
		super_free(sb);
}

struct inode *inode_unref(struct inode *ino)
{
	static struct inode *dying;
	static bool busy;

	if (!ino || --ino->refs)
		return NULL;
	ino->next_dying = dying;
	dying = ino;
	if (busy)
		return NULL;
	busy = true;
	while (dying) {
		struct inode *i = dying;

		dying = i->next_dying;
		inode_free(i);
	}
	busy = false;
	return NULL;
}

int inode_get_write(struct inode *ino)
{
	if (ino->exec_denies > 0)
		return -ETXTBSY;
	ino->writers++;
	return 0;
}

void inode_put_write(struct inode *ino)
{
	ino->writers--;
}

int inode_deny_write(struct inode *ino)
{
	if (ino->writers > 0)
		return -ETXTBSY;
	ino->exec_denies++;
	return 0;
}

void inode_allow_write(struct inode *ino)
{
	ino->exec_denies--;
}

void inode_init_owner(const struct inode *dir, const struct cred *cred, uint32_t *mode, uid_t *uid,
                      gid_t *gid)
{
	*uid = cred->fsuid;
	*gid = cred->fsgid;
	if (!(dir->mode & S_ISGID))
		return;
	*gid = dir->gid;
	if (S_ISDIR(*mode))
		*mode |= S_ISGID;
	else if ((*mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
	         !cred_in_group(cred, dir->gid) && !cred_capable(cred, CAP_FSETID))
		*mode &= ~(uint32_t)S_ISGID;
}
