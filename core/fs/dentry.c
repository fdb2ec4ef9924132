/* SPDX-License-Identifier: Apache-2.0
 *
 * Dentries: names in directories, as a tree. Layer: core. The hash and the list of unused ones are
 * in dcache.c.
 *
 * A dentry holds its parent and its inode. One that nobody uses stays in the cache when a look-up
 * can find it, and goes at once otherwise. Dropping a chain of parents is a loop.
 */
#include <stdlib.h>

#include "core/assert.h"
#include "core/fs/internal.h"
#include "core/fs/notify.h"
#include "core/objcount.h"

OBJCOUNT(dentry_count, "dentry");

static struct dentry *dentry_alloc(struct super *sb, const char *name, size_t len,
                                   struct inode *ino)
{
	struct dentry *d = zalloc(sizeof(*d));

	if (d)
		d->name = malloc(len + 1);
	if (!d || !d->name) {
		free(d);
		inode_unref(ino);
		return NULL;
	}
	memcpy(d->name, name, len);
	d->name[len] = '\0';
	d->refs = 1;
	d->sb = sb;
	d->inode = ino;
	LIST_INIT(&d->children);
	obj_born(&dentry_count);
	return d;
}

struct dentry *dentry_root(struct super *sb, struct inode *ino)
{
	struct dentry *d = dentry_alloc(sb, "/", 1, ino);

	if (d)
		d->parent = d;
	return d;
}

struct dentry *dentry_anon(struct inode *ino, const char *name)
{
	struct dentry *d = dentry_alloc(ino->sb, name, strlen(name), ino);

	if (d)
		d->parent = d;
	return d;
}

struct dentry *dentry_new(struct dentry *parent, const char *name, size_t len, struct inode *ino)
{
	struct dentry *d = dentry_alloc(parent->sb, name, len, ino);

	if (!d)
		return NULL;
	d->parent = dentry_ref(parent);
	LIST_INSERT_HEAD(&parent->children, d, sibling);
	return d;
}

struct dentry *dentry_ref(struct dentry *d)
{
	if (!d->refs)
		dcache_lru_del(d);
	d->refs++;
	return d;
}

struct dentry *dentry_kill(struct dentry *d)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	ASSERT(LIST_EMPTY(&d->children), "children hold their parent");
	dcache_lru_del(d);
	dentry_drop(d);
	if (parent)
		LIST_REMOVE(d, sibling);
	if (dentry_is_removed(d))
		notify_removed(d->inode);
	inode_unref(d->inode);
	free(d->name);
	free(d);
	obj_died(&dentry_count);
	return parent;
}

struct dentry *dentry_unref(struct dentry *d)
{
	while (d && !--d->refs) {
		if (d->hashed && d->sb->refs > 0 && (d->inode || d->sb->exclusive)) {
			dcache_lru_add(d);
			break;
		}
		d = dentry_kill(d);
	}
	return NULL;
}

void dentry_hash(struct dentry *d)
{
	if (!d->hashed)
		dcache_insert(d);
}

void dentry_drop(struct dentry *d)
{
	if (!d->hashed)
		return;
	dcache_remove(d);
	if (!d->refs && d->on_lru) {
		/* Nobody uses it and nobody can find it any more. */
		d->refs = 1;
		dcache_lru_del(d);
		dentry_unref(d);
	}
}

void dentry_delete(struct dentry *d)
{
	if (!d->sb->exclusive || d->parent->inode->dead_dir)
		return;
	d->inode = inode_unref(d->inode);
	dcache_insert(d);
}

void dentry_absent(struct dentry *parent, const char *name)
{
	struct dentry *d = parent->sb->exclusive ? dentry_new(parent, name, strlen(name), NULL) : NULL;

	if (!d)
		return;
	dcache_insert(d);
	dentry_unref(d);
}

void dentry_instantiate(struct dentry *d, struct inode *ino)
{
	ASSERT(!d->inode, "only a negative dentry gets an inode");
	d->inode = ino;
	dentry_hash(d);
}

static void dentry_set_parent(struct dentry *d, struct dentry *parent)
{
	LIST_REMOVE(d, sibling);
	LIST_INSERT_HEAD(&parent->children, d, sibling);
	d->parent = parent;
}

void dentry_move(struct dentry *d, struct dentry *parent, char *name)
{
	struct dentry *old = d->parent;

	if (d->hashed)
		dcache_remove(d);
	free(d->name);
	d->name = name;
	if (old != parent) {
		dentry_set_parent(d, dentry_ref(parent));
		dentry_unref(old);
	}
	dcache_insert(d);
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
	struct dentry *ap = a->parent, *bp = b->parent;
	char *name = a->name;

	if (a->hashed)
		dcache_remove(a);
	if (b->hashed)
		dcache_remove(b);
	a->name = b->name;
	b->name = name;
	if (ap != bp) { /* each takes over the other's reference to its parent */
		dentry_set_parent(a, bp);
		dentry_set_parent(b, ap);
	}
	dcache_insert(a);
	dcache_insert(b);
}

bool dentry_is_removed(const struct dentry *d)
{
	return d->inode && (!d->inode->nlink || d->inode->dead_dir);
}

bool dentry_is_below(const struct dentry *d, const struct dentry *top)
{
	for (; d != top; d = d->parent)
		if (d->parent == d)
			return false;
	return true;
}
