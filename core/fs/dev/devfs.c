/* SPDX-License-Identifier: Apache-2.0
 *
 * /dev: a tmpfs that starts with the nodes every program expects. null(4), tty(4), fd(4).
 * Layer: core.
 */
#include <sys/sysmacros.h>

#include "core/fs/dev/dev.h"

static const struct node {
	const char *name;
	uint32_t mode;
	unsigned major, minor;
	const char *target; /* of a symlink */
} nodes[] = {
	{ "null", S_IFCHR | 0666, 1, 3, NULL },    { "zero", S_IFCHR | 0666, 1, 5, NULL },
	{ "full", S_IFCHR | 0666, 1, 7, NULL },    { "random", S_IFCHR | 0666, 1, 8, NULL },
	{ "urandom", S_IFCHR | 0666, 1, 9, NULL }, { "tty", S_IFCHR | 0666, 5, 0, NULL },
	{ "fd", S_IFLNK, 0, 0, "/proc/self/fd" },  { "stdin", S_IFLNK, 0, 0, "/proc/self/fd/0" },
	{ "stdout", S_IFLNK, 0, 0, "/proc/self/fd/1" },
	{ "stderr", S_IFLNK, 0, 0, "/proc/self/fd/2" },
	{ "core", S_IFLNK, 0, 0, "/proc/kcore" },  { "shm", S_IFDIR | 01777, 0, 0, NULL },
	{ "pts", S_IFDIR | 0755, 0, 0, NULL },     { "mqueue", S_IFDIR | 01777, 0, 0, NULL },
};

static CO_FN int make_node(struct inode *dir, const struct node *n, const struct cred *cred)
{
	struct inode *ino;
	int err;

	if (S_ISLNK(n->mode))
		err = dir->ops->symlink(dir, n->name, n->target, cred, &ino);
	else if (S_ISDIR(n->mode))
		err = dir->ops->mkdir(dir, n->name, n->mode & 07777, cred, &ino);
	else
		err = dir->ops->mknod(dir, n->name, n->mode, makedev(n->major, n->minor), cred, &ino);
	if (!err)
		inode_unref(ino);
	return err;
}

int devfs_new(struct super **ret)
{
	struct cred *root = cred_new();
	struct super *sb;
	int err = root ? mem_devices_register() : -ENOMEM;

	if (!err)
		err = tmpfs_new(0, 0, 0755, &sb);
	if (err) {
		if (root)
			cred_unref(root);
		return err;
	}
	for (size_t i = 0; i < ARRAY_LEN(nodes) && !err; i++)
		err = make_node(sb->root->inode, &nodes[i], root);
	cred_unref(root);
	if (err)
		super_unref(sb);
	else
		*ret = sb;
	return err;
}
