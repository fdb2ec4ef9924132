/* SPDX-License-Identifier: Apache-2.0
 *
 * Mounts and mount namespaces: attach, detach, crossing, bind, move. Layer: core.
 *
 * The namespace holds one reference to each of its mounts; paths hold the others, so a mount is
 * busy when it has more than one, or other mounts on it. `parent` is borrowed: detaching a mount
 * takes everything mounted below it along. Propagation (shared subtrees) isn't kept: every mount
 * is private.
 */
#include <stdlib.h>

#include "core/assert.h"
#include "core/fs/filesystems.h"
#include "core/fs/internal.h"
#include "core/fs/mount.h"
#include "core/objcount.h"

OBJCOUNT(mount_count, "mount");
OBJCOUNT(ns_count, "mount_ns");

static uint64_t next_id = 20;

static struct mount *mount_new(struct super *sb, struct dentry *root, unsigned flags,
                               const char *source)
{
	struct mount *m = calloc(1, sizeof(*m));

	if (m)
		m->source = strdup(source && *source ? source : "none");
	if (!m || !m->source) {
		free(m);
		return NULL;
	}
	m->refs = 1;
	m->id = next_id++;
	m->sb = super_ref(sb);
	m->root = dentry_ref(root);
	m->flags = flags;
	obj_born(&mount_count);
	return m;
}

struct mount *mount_ref(struct mount *m)
{
	m->refs++;
	return m;
}

struct mount *mount_unref(struct mount *m)
{
	if (!m || --m->refs)
		return NULL;
	ASSERT(!m->ns, "the namespace holds its mounts");
	dentry_unref(m->root);
	super_unref(m->sb);
	free(m->source);
	free(m);
	obj_died(&mount_count);
	return NULL;
}

struct mount *mount_internal(struct super *sb, struct dentry *root)
{
	return mount_new(sb, root, 0, NULL);
}

struct path path_ref(const struct path *p)
{
	if (p->mnt)
		mount_ref(p->mnt);
	if (p->dentry)
		dentry_ref(p->dentry);
	return *p;
}

void path_put(struct path *p)
{
	struct dentry *d = p->dentry;
	struct mount *m = p->mnt;

	p->dentry = NULL;
	p->mnt = NULL;
	if (d)
		dentry_unref(d);
	mount_unref(m); /* last: the dentry's super block lives as long as its mount */
}

const char *const fs_type[FS_TYPES] = { "tmpfs", "proc", "overlay", "mqueue" };

/* ---- the tree ---- */

struct mount *mount_find(const struct mount *m, const struct dentry *d)
{
	struct mount *it;

	if (!d->mounted || !m || !m->ns)
		return NULL;
	TAILQ_FOREACH(it, &m->ns->mounts, ns_entry)
		if (it->point == d && it->parent == m)
			return it;
	return NULL;
}

struct mount *mount_of_dev(const struct mount_ns *ns, dev_t dev)
{
	struct mount *m;

	if (!ns)
		return NULL;
	TAILQ_FOREACH(m, &ns->mounts, ns_entry)
		if (m->sb->dev == dev)
			return m;
	return NULL;
}

void mount_cross(struct path *p)
{
	struct mount *m;

	while (p->dentry->mounted && (m = mount_find(p->mnt, p->dentry))) {
		struct path top = { mount_ref(m), dentry_ref(m->root) };

		path_put(p);
		*p = top;
	}
}

bool mount_up(struct path *p)
{
	struct mount *m = p->mnt;
	struct path up;

	if (!m || !m->parent)
		return false;
	up.mnt = mount_ref(m->parent);
	up.dentry = dentry_ref(m->point);
	path_put(p);
	*p = up;
	return true;
}

bool path_is_under(const struct path *p, const struct path *top)
{
	const struct mount *m = p->mnt;
	const struct dentry *d = p->dentry;

	while (m && m != top->mnt) {
		if (!m->parent)
			return false;
		d = m->point;
		m = m->parent;
	}
	return m && dentry_is_below(d, top->dentry);
}

/* Links m into the tree; the namespace takes over the caller's reference. */
static void mount_link(struct mount_ns *ns, struct mount *m, struct mount *parent,
                       struct dentry *point)
{
	m->ns = ns;
	m->parent = parent;
	if (point) {
		m->point = dentry_ref(point);
		point->mounted++;
	}
	TAILQ_INSERT_TAIL(&ns->mounts, m, ns_entry);
	ns->nr_mounts++;
}

static void mount_unlink(struct mount *m)
{
	struct dentry *point = m->point;

	TAILQ_REMOVE(&m->ns->mounts, m, ns_entry);
	m->ns->nr_mounts--;
	m->ns = NULL;
	m->parent = NULL;
	m->point = NULL;
	if (point) {
		point->mounted--;
		dentry_unref(point);
	}
}

static int check_place(struct mount_ns *ns, const struct path *at, const struct dentry *root)
{
	if (!at->mnt || at->mnt->ns != ns)
		return -EINVAL;
	if (!at->dentry->inode || !root->inode)
		return -ENOENT;
	if (S_ISDIR(at->dentry->inode->mode) != S_ISDIR(root->inode->mode))
		return -ENOTDIR;
	if (at->dentry->parent != at->dentry && !at->dentry->hashed && at->dentry->sb->exclusive)
		return -ENOENT; /* removed meanwhile */
	return 0;
}

int mount_attach(struct mount_ns *ns, const struct path *at, struct super *sb, struct dentry *root,
                 unsigned flags, const char *source, struct mount **ret)
{
	struct path top = path_ref(at);
	struct mount *m;
	int err;

	mount_cross(&top); /* the last mount covers the ones before */
	err = check_place(ns, &top, root);
	if (!err && top.mnt->sb == sb && top.dentry == root && top.mnt->root == root &&
	    !(flags & MS_BIND))
		err = -EBUSY; /* the same file system twice on one place */
	if (!err && ns->nr_mounts >= MOUNTS_MAX)
		err = -ENOSPC;
	m = err ? NULL : mount_new(sb, root, flags & ~(unsigned)MS_BIND, source);
	if (!err && !m)
		err = -ENOMEM;
	if (!err) {
		mount_link(ns, m, top.mnt, top.dentry);
		if (ret)
			*ret = m;
	}
	path_put(&top);
	return err;
}

static bool below(const struct mount *m, const struct mount *top)
{
	for (; m; m = m->parent)
		if (m == top)
			return true;
	return false;
}

int mount_detach(struct mount *m, bool lazy)
{
	struct mount_ns *ns = m->ns;
	struct mount *it, *next;

	if (!ns || ns->root == m)
		return -EINVAL;
	if (!lazy) {
		if (m->refs > 1)
			return -EBUSY;
		TAILQ_FOREACH(it, &ns->mounts, ns_entry)
			if (it->parent == m)
				return -EBUSY;
	}
	/* Children come after their parents in the list unless moved: look until nothing is left. */
	for (it = TAILQ_LAST(&ns->mounts, mount_list); it; it = next) {
		next = TAILQ_PREV(it, mount_list, ns_entry);
		if (it != m && below(it, m)) {
			/* `below` of the remaining ones needs their parents: unlink leaves first. */
			struct mount *c;
			bool leaf = true;

			TAILQ_FOREACH(c, &ns->mounts, ns_entry)
				if (c->parent == it)
					leaf = false;
			if (!leaf)
				continue;
			mount_unlink(it);
			mount_unref(it);
			next = TAILQ_LAST(&ns->mounts, mount_list);
		}
	}
	mount_unlink(m);
	mount_unref(m);
	return 0;
}

int mount_umount(const struct path *p, int flags)
{
	struct mount *m = p->mnt;

	if (!m || p->dentry != m->root || !m->ns)
		return -EINVAL;
	if (m->ns->root == m)
		return flags & MNT_DETACH ? -EINVAL : -EBUSY;
	if (!(flags & MNT_DETACH)) {
		struct mount *it;

		if (m->refs > 2) /* the namespace's and the caller's */
			return -EBUSY;
		TAILQ_FOREACH(it, &m->ns->mounts, ns_entry)
			if (it->parent == m)
				return -EBUSY;
	}
	return mount_detach(m, true);
}

/* ---- bind and move ---- */

static struct mount *clone_mount(struct mount *m, struct dentry *root)
{
	return mount_new(m->sb, root, m->flags, m->source);
}

int mount_bind(struct mount_ns *ns, const struct path *from, const struct path *at, bool recursive)
{
	struct mount *src = from->mnt, *top, *it, *last;
	struct { struct mount *from, *to; } *map = NULL;
	unsigned n = 0;
	int err;

	if (!src || !src->ns)
		return -EINVAL;
	err = mount_attach(ns, at, src->sb, from->dentry, src->flags | MS_BIND, src->source, &top);
	if (err || !recursive)
		return err;
	map = calloc(ns->nr_mounts + 1, sizeof(*map));
	if (!map) {
		mount_detach(top, true);
		return -ENOMEM;
	}
	map[n].from = src;
	map[n++].to = top;
	last = TAILQ_LAST(&ns->mounts, mount_list);
	TAILQ_FOREACH(it, &src->ns->mounts, ns_entry) {
		struct mount *copy, *parent = NULL;

		for (unsigned i = 0; i < n; i++)
			if (map[i].from == it->parent)
				parent = map[i].to;
		if (it != top && parent && it->point &&
		    (it->parent != src || dentry_is_below(it->point, from->dentry))) {
			copy = ns->nr_mounts < MOUNTS_MAX ? clone_mount(it, it->root) : NULL;
			if (!copy) {
				err = ns->nr_mounts < MOUNTS_MAX ? -ENOMEM : -ENOSPC;
				break;
			}
			mount_link(ns, copy, parent, it->point);
			map[n].from = it;
			map[n++].to = copy;
		}
		if (it == last)
			break; /* not the copies */
	}
	free(map);
	if (err)
		mount_detach(top, true);
	return err;
}

/* Puts a mount elsewhere in its tree: point NULL for the top of it. */
static void set_place(struct mount *m, struct mount *parent, struct dentry *point)
{
	struct dentry *old = m->point;

	if (point)
		dentry_ref(point)->mounted++;
	m->parent = parent;
	m->point = point;
	if (old) {
		old->mounted--;
		dentry_unref(old);
	}
	/* Parents stay before their children in the list as far as bind looks at it. */
	TAILQ_REMOVE(&m->ns->mounts, m, ns_entry);
	TAILQ_INSERT_TAIL(&m->ns->mounts, m, ns_entry);
}

int mount_move(const struct path *from, const struct path *at)
{
	struct mount *m = from->mnt;
	struct path top;
	int err;

	if (!m || !m->ns || from->dentry != m->root || !m->parent)
		return -EINVAL;
	top = path_ref(at);
	mount_cross(&top);
	err = check_place(m->ns, &top, m->root);
	if (!err && below(top.mnt, m))
		err = -ELOOP;
	if (!err)
		set_place(m, top.mnt, top.dentry);
	path_put(&top);
	return err;
}

int mount_pivot(const struct path *root, const struct path *new_root, const struct path *put_old)
{
	struct mount_ns *ns = root->mnt->ns;
	struct mount *m = new_root->mnt, *parent = root->mnt->parent;
	struct path old = path_ref(put_old);
	struct dentry *point;
	int err = 0;

	mount_cross(&old);
	if (!ns || m->ns != ns || old.mnt->ns != ns)
		err = -EINVAL;
	else if (new_root->dentry->inode->dead_dir)
		err = -ENOENT;
	else if (m == root->mnt || old.mnt == root->mnt)
		err = -EBUSY; /* a loop */
	else if (root->dentry != root->mnt->root || new_root->dentry != m->root || !m->parent)
		err = -EINVAL;
	else if (!path_is_under(&old, new_root) || !path_is_under(new_root, root))
		err = -EINVAL;
	if (!err) {
		point = root->mnt->point ? dentry_ref(root->mnt->point) : NULL;
		set_place(m, parent, point);
		if (!parent)
			ns->root = m;
		set_place(root->mnt, old.mnt, old.dentry);
		if (point)
			dentry_unref(point);
	}
	path_put(&old);
	return err;
}

/* ---- namespaces ---- */

struct mount_ns *mount_ns_new(struct super *root_sb, unsigned flags, const char *source)
{
	struct mount_ns *ns = calloc(1, sizeof(*ns));

	if (!ns)
		return NULL;
	ns->refs = 1;
	TAILQ_INIT(&ns->mounts);
	ns->root = mount_new(root_sb, root_sb->root, flags, source);
	if (!ns->root) {
		free(ns);
		return NULL;
	}
	mount_link(ns, ns->root, NULL, NULL);
	obj_born(&ns_count);
	return ns;
}

struct mount_ns *mount_ns_ref(struct mount_ns *ns)
{
	ns->refs++;
	return ns;
}

struct mount_ns *mount_ns_unref(struct mount_ns *ns)
{
	struct mount *m;

	if (!ns || --ns->refs)
		return NULL;
	TAILQ_FOREACH(m, &ns->mounts, ns_entry)
		m->parent = NULL; /* all go: no order needed */
	while ((m = TAILQ_LAST(&ns->mounts, mount_list))) {
		mount_unlink(m);
		mount_unref(m);
	}
	free(ns);
	obj_died(&ns_count);
	return NULL;
}

int mount_ns_dup(const struct mount_ns *ns, struct mount_ns **ret)
{
	struct mount_ns *copy = mount_ns_new(ns->root->sb, ns->root->flags, ns->root->source);
	struct { struct mount *from, *to; } *map = calloc(ns->nr_mounts + 1, sizeof(*map));
	unsigned n = 0, before;

	if (!copy || !map) {
		mount_ns_unref(copy);
		free(map);
		return -ENOMEM;
	}
	map[n].from = ns->root;
	map[n++].to = copy->root;
	do { /* until no mount finds its parent any more: moved ones may come in any order */
		struct mount *it;

		before = n;
		TAILQ_FOREACH(it, &ns->mounts, ns_entry) {
			struct mount *parent = NULL, *m;
			bool have = false;

			for (unsigned i = 0; i < n; i++) {
				have = have || map[i].from == it;
				if (map[i].from == it->parent)
					parent = map[i].to;
			}
			if (have || !parent)
				continue;
			m = clone_mount(it, it->root);
			if (!m) {
				mount_ns_unref(copy);
				free(map);
				return -ENOMEM;
			}
			mount_link(copy, m, parent, it->point);
			map[n].from = it;
			map[n++].to = m;
		}
	} while (n != before);
	free(map);
	*ret = copy;
	return 0;
}

/* ---- files without a name ---- */

static const struct super_ops anon_ops = { .name = "anon_inodefs" };
static const struct inode_ops anon_dir_ops = { .destroy = NULL };
static struct mount *anon;

struct mount *anon_mount(void)
{
	struct super *sb;
	struct inode *ino;

	if (anon)
		return anon;
	sb = super_new(&anon_ops, NULL);
	if (!sb)
		return NULL;
	sb->exclusive = true;
	ino = inode_new(sb, &anon_dir_ops, NULL, 1, S_IFDIR | 0500);
	sb->root = ino ? dentry_root(sb, ino) : NULL;
	anon = sb->root ? mount_internal(sb, sb->root) : NULL;
	super_unref(sb);
	return anon;
}

void vfs_shutdown(void)
{
	tmpfs_shutdown();
	mount_unref(anon);
	anon = NULL;
}
