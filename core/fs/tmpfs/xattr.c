/* SPDX-License-Identifier: Apache-2.0
 *
 * Extended attributes of tmpfs inodes: a list, in order of setting. Layer: core. Who may do what is
 * decided in core/fs/xattr.c.
 */
#include <linux/xattr.h>
#include <stdlib.h>

#include "core/fs/tmpfs/tmpfs.h"

#define XATTR_BYTES_MAX ((size_t)128 * 1024) /* names and values of one inode */

static struct xattr *find(struct node *n, const char *name)
{
	struct xattr *x;

	TAILQ_FOREACH(x, &n->xattrs, entry)
		if (!strcmp(x->name, name))
			return x;
	return NULL;
}

static size_t cost(const struct xattr *x)
{
	return sizeof(*x) + strlen(x->name) + 1 + x->size;
}

static void xattr_drop(struct node *n, struct xattr *x)
{
	n->xattr_bytes -= cost(x);
	TAILQ_REMOVE(&n->xattrs, x, entry);
	free(x->name);
	free(x);
}

ssize_t tmpfs_getxattr(struct inode *ino, const char *name, void *buf, size_t size)
{
	struct xattr *x = find(node_of(ino), name);

	if (!x)
		return -ENODATA;
	if (size && size < x->size)
		return -ERANGE;
	if (size)
		memcpy(buf, x->value, x->size);
	return (ssize_t)x->size;
}

int tmpfs_setxattr(struct inode *ino, const char *name, const void *val, size_t size, int flags)
{
	struct node *n = node_of(ino);
	struct xattr *old = find(n, name), *x;

	if (flags & XATTR_CREATE && old)
		return -EEXIST;
	if (flags & XATTR_REPLACE && !old)
		return -ENODATA;
	x = malloc(sizeof(*x) + size);
	if (x)
		x->name = strdup(name);
	if (!x || !x->name) {
		free(x);
		return -ENOMEM;
	}
	x->size = size;
	if (size)
		memcpy(x->value, val, size);
	if (n->xattr_bytes + cost(x) - (old ? cost(old) : 0) > XATTR_BYTES_MAX) {
		free(x->name);
		free(x);
		return -ENOSPC;
	}
	n->xattr_bytes += cost(x);
	if (old) {
		TAILQ_INSERT_BEFORE(old, x, entry);
		xattr_drop(n, old);
	} else {
		TAILQ_INSERT_TAIL(&n->xattrs, x, entry);
	}
	ino->ctime = vfs_now();
	return 0;
}

ssize_t tmpfs_listxattr(struct inode *ino, char *buf, size_t size)
{
	struct xattr *x;
	size_t used = 0;

	TAILQ_FOREACH(x, &node_of(ino)->xattrs, entry) {
		size_t len = strlen(x->name) + 1;

		if (size && used + len > size)
			return -ERANGE;
		if (size)
			memcpy(buf + used, x->name, len);
		used += len;
	}
	return (ssize_t)used;
}

int tmpfs_removexattr(struct inode *ino, const char *name)
{
	struct xattr *x = find(node_of(ino), name);

	if (!x)
		return -ENODATA;
	xattr_drop(node_of(ino), x);
	ino->ctime = vfs_now();
	return 0;
}

void tmpfs_xattr_free(struct node *n)
{
	struct xattr *x;

	while ((x = TAILQ_FIRST(&n->xattrs)))
		xattr_drop(n, x);
}
