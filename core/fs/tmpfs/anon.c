/* SPDX-License-Identifier: Apache-2.0
 *
 * Nameless tmpfs files, memfd_create(2) and shared anonymous memory, and file seals. Layer: core.
 */
#include "core/fs/filesystems.h"
#include "core/fs/mount.h"
#include "core/fs/tmpfs/seals.h"
#include "core/fs/tmpfs/tmpfs.h"
#include "core/host/memio.h"

static struct mount *shm; /* the private instance */

static struct mount *shm_mount(void)
{
	struct super *sb;

	if (!shm && !tmpfs_new(0, 0, 0700, &sb)) {
		shm = mount_internal(sb, sb->root);
		super_unref(sb);
	}
	return shm;
}

void tmpfs_shutdown(void)
{
	mount_unref(shm);
	shm = NULL;
}

CO_FN int tmpfs_anon_file(const char *name, uint64_t size, unsigned open_flags, struct file **ret)
{
	struct mount *m = shm_mount();
	struct inode *ino;
	struct path p;
	int err;

	if (!m)
		return -ENOMEM;
	if (size > INT64_MAX)
		return -EINVAL;
	err = tmpfs_inode(m->sb, S_IFREG | 0777, 0, 0, &ino);
	if (err)
		return err;
	ino->nlink = 0;
	ino->size = size;
	p.dentry = dentry_anon(ino, name);
	if (!p.dentry)
		return -ENOMEM;
	p.mnt = mount_ref(m);
	*ret = file_new(&tmpfs_reg_fops, p, open_flags, NULL);
	return *ret ? 0 : -ENOMEM;
}

/* ---- seals ---- */

static bool sealable(const struct file *f)
{
	return f->inode && f->inode->ops == &tmpfs_reg_ops;
}

int tmpfs_get_seals(struct file *f)
{
	return sealable(f) ? (int)node_of(f->inode)->seals : -EINVAL;
}

void tmpfs_init_seals(struct file *f, unsigned seals)
{
	node_of(f->inode)->seals = seals;
}

int tmpfs_add_seals(struct file *f, unsigned seals)
{
	const unsigned all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
	                     F_SEAL_FUTURE_WRITE | SEAL_EXEC;
	struct node *n;
	int err;

	if (!sealable(f))
		return -EINVAL;
	n = node_of(f->inode);
	if (!f->can_write)
		return -EPERM;
	if (seals & ~all)
		return -EINVAL;
	if (n->seals & F_SEAL_SEAL)
		return -EPERM;
	/*
	 * Whether anybody maps it shared and writable, the host knows exactly: its own seal is
	 * refused then.
	 */
	if (seals & F_SEAL_WRITE && !(n->seals & F_SEAL_WRITE) && n->data.fd >= 0) {
		err = memio_seal(n->data.fd, F_SEAL_WRITE);
		if (err)
			return err;
	}
	/* As Linux: who may not execute may not be written either. */
	if (seals & SEAL_EXEC && f->inode->mode & 0111)
		seals |= F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	n->seals |= seals;
	return 0;
}
