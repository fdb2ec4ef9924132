/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of a generated filesystem: inodes, look-up, directories, links. Layer: core.
 *
 * Inode numbers are made of the parent's number and the name, so that readdir and stat agree though
 * inodes come and go. Positions in a directory: "." and "..", the tables' entries in order, then
 * those that callbacks make, by number.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/proc/pseudo.h"

#define FIRST_DYNAMIC ((int64_t)4096)

struct pseudo_node {
	struct pseudo_key key;
	const struct pseudo_entry *entry; /* NULL: the top */
	struct pseudo_dir *dir;
	pseudo_refresh_fn refresh;
	uint64_t parent_ino;
};

static struct pseudo_node *node_of(const struct inode *ino)
{
	return ino->priv;
}

int64_t pseudo_number(const char *name)
{
	int64_t n = 0;

	if (!*name || (name[0] == '0' && name[1]))
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || n > INT32_MAX / 10)
			return -1;
		n = n * 10 + (*name - '0');
	}
	return n <= INT32_MAX ? n : -1;
}

static uint64_t child_ino(uint64_t parent, const char *name)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ parent * 0x9e3779b97f4a7c15ULL;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3ULL;
	h ^= h >> 29;
	return (h & 0xffffffffffffULL) | 0x1000000000000ULL;
}

/* 1 when what the inode is about still exists. */
static int refresh(struct inode *ino)
{
	const struct pseudo_node *n = node_of(ino);

	return n->refresh ? n->refresh(&n->key, ino) : 1;
}

/* ---- tables ---- */

int pseudo_dir_add(struct pseudo_dir *d, const struct pseudo_entry *table)
{
	for (size_t i = 0; i < PSEUDO_TABLES_MAX; i++) {
		if (d->tables[i] == table)
			return 0;
		if (!d->tables[i]) {
			d->tables[i] = table;
			return 0;
		}
	}
	return -ENOSPC;
}

static const struct pseudo_entry *table_find(const struct pseudo_dir *d, const char *name)
{
	const struct pseudo_entry *found = NULL;

	for (size_t i = 0; i < PSEUDO_TABLES_MAX && d->tables[i]; i++)
		for (const struct pseudo_entry *e = d->tables[i]; e->name; e++)
			if (!strcmp(e->name, name))
				found = e;
	return found;
}

/* The i-th entry of all tables, or NULL. */
static const struct pseudo_entry *table_at(const struct pseudo_dir *d, int64_t i)
{
	for (size_t t = 0; t < PSEUDO_TABLES_MAX && d->tables[t]; t++)
		for (const struct pseudo_entry *e = d->tables[t]; e->name; e++)
			if (i-- == 0)
				return e;
	return NULL;
}

static unsigned count_dirs(const struct pseudo_node *n)
{
	unsigned count = n->dir->count ? n->dir->count(&n->key) : 0;
	const struct pseudo_entry *e;

	for (int64_t i = 0; (e = table_at(n->dir, i)); i++)
		count += S_ISDIR(e->mode) && table_find(n->dir, e->name) == e;
	return count;
}

/* ---- attributes ---- */

static CO_FN int pseudo_getattr(struct inode *ino, struct kstat *st)
{
	/* A descriptor for something that is gone can still be asked about. */
	if (!refresh(ino))
		ino->uid = ino->gid = 0;
	st->mode = ino->mode;
	st->uid = ino->uid;
	st->gid = ino->gid;
	st->blocks = 0;
	st->blksize = 1024;
	if (S_ISDIR(ino->mode))
		st->nlink = 2 + count_dirs(node_of(ino));
	return 0;
}

/* Truncation by O_TRUNC and changes of times mean nothing here; owner and mode can't change. */
static int pseudo_setattr(struct inode *ino UNUSED, const struct attr_change *ch,
                          const struct cred *cred UNUSED)
{
	return ch->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static CO_FN int pseudo_revalidate(struct dentry *d)
{
	const struct pseudo_node *dir = d->parent->inode ? node_of(d->parent->inode) : NULL;

	if (!d->inode)
		return 0;
	/* A table that was added meanwhile may hide what was found before. */
	if (dir && dir->dir && node_of(d->inode)->entry->name &&
	    table_find(dir->dir, d->name) != node_of(d->inode)->entry)
		return 0;
	return refresh(d->inode);
}

static void pseudo_destroy(struct inode *ino)
{
	free(ino->priv);
}

/* ---- links ---- */

static CO_FN ssize_t pseudo_readlink(struct inode *ino, char *buf, size_t size)
{
	const struct pseudo_node *n = node_of(ino);
	size_t len;

	if (!refresh(ino))
		return -ENOENT;
	if (n->entry->readlink)
		return n->entry->readlink(&n->key, n->entry, buf, size);
	len = MIN(strlen(n->entry->target), size);
	memcpy(buf, n->entry->target, len);
	return (ssize_t)len;
}

static CO_FN int pseudo_follow(struct inode *ino, struct mount **mnt, struct dentry **dentry)
{
	const struct pseudo_node *n = node_of(ino);
	struct path p;
	int err;

	if (!refresh(ino))
		return -ENOENT;
	err = n->entry->follow(&n->key, &p);
	if (err)
		return err;
	*mnt = p.mnt;
	*dentry = p.dentry;
	return 0;
}

/* ---- files and directories ---- */

/* proc_pid_permission(): what is gone can't be walked through. */
static int dir_permission(struct inode *ino, const struct cred *cred UNUSED, int mask UNUSED)
{
	return refresh(ino) ? 0 : -ESRCH;
}

/* test_perm() of proc_sysctl.c; the files are root's. */
static int strict_permission(struct inode *ino, const struct cred *cred, int mask)
{
	unsigned mode = ino->mode;

	if (cred->euid == 0)
		mode >>= 6;
	else if (cred->egid == 0 || cred_in_group(cred, 0))
		mode >>= 3;
	return mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC) ? -EACCES : 0;
}

static CO_FN int pseudo_open(struct inode *ino, struct file *f)
{
	const struct pseudo_node *n = node_of(ino);

	if (!refresh(ino))
		return -ENOENT;
	return S_ISREG(ino->mode) ? pseudo_open_file(&n->key, n->entry, f) : 0;
}

static CO_FN int pseudo_lookup(struct inode *dir, const char *name, struct inode **ret);
static CO_FN int pseudo_iterate(struct file *f, struct dir_sink *s);

#define COMMON                                                                                     \
	.getattr = pseudo_getattr, .setattr = pseudo_setattr, .revalidate = pseudo_revalidate,     \
	.destroy = pseudo_destroy
static const struct inode_ops dir_iops = {
	.lookup = pseudo_lookup, .open = pseudo_open, .permission = dir_permission, COMMON
};
static const struct inode_ops reg_iops = { .open = pseudo_open, COMMON };
static const struct inode_ops strict_iops = {
	.open = pseudo_open, .permission = strict_permission, COMMON
};
static const struct inode_ops link_iops = { .readlink = pseudo_readlink, COMMON };
static const struct inode_ops magic_iops = {
	.readlink = pseudo_readlink, .follow = pseudo_follow, COMMON
};
static const struct file_ops dir_fops = { .iterate = pseudo_iterate, .llseek = pseudo_llseek };

/* Takes `tmpl` as the new inode's own; parent NULL: the top. */
static int make_inode(struct super *sb, const struct pseudo_node *tmpl, uint32_t mode, uint64_t nr,
                      struct inode **ret)
{
	struct pseudo_node *n = malloc(sizeof(*n));
	const struct inode_ops *iops = &reg_iops;
	const struct file_ops *fops = NULL;
	struct inode *ino;

	if (S_ISDIR(mode)) {
		iops = &dir_iops;
		fops = &dir_fops;
	} else if (S_ISLNK(mode)) {
		iops = tmpl->entry->follow ? &magic_iops : &link_iops;
	} else {
		iops = tmpl->entry->strict ? &strict_iops : &reg_iops;
		fops = tmpl->entry->fops ? tmpl->entry->fops : &pseudo_file_ops;
	}
	ino = n ? inode_new(sb, iops, fops, nr, mode) : NULL;
	if (!ino) {
		free(n);
		return -ENOMEM;
	}
	*n = *tmpl;
	ino->priv = n;
	if (S_ISLNK(mode) && tmpl->entry->target)
		ino->size = strlen(tmpl->entry->target);
	*ret = ino;
	return 0;
}

static CO_FN int pseudo_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	const struct pseudo_node *dn = node_of(dir);
	struct pseudo_child c = { .entry = table_find(dn->dir, name), .key = dn->key };
	struct pseudo_node tmpl;
	int err;

	if (!refresh(dir))
		return -ENOENT;
	if (!c.entry) {
		err = dn->dir->lookup ? dn->dir->lookup(&dn->key, name, &c) : -ENOENT;
		if (err)
			return err;
	}
	tmpl = (struct pseudo_node){
		.key = c.key, .entry = c.entry, .dir = c.entry->dir, .parent_ino = dir->ino,
		.refresh = c.entry->refresh ? c.entry->refresh : dn->refresh,
	};
	err = make_inode(dir->sb, &tmpl, c.entry->mode, child_ino(dir->ino, name), ret);
	if (!err && !refresh(*ret)) {
		inode_unref(*ret);
		err = -ENOENT;
	}
	return err;
}

static bool emit(struct file *f, struct dir_sink *s, const char *name, uint64_t nr, uint32_t mode,
                 int64_t next)
{
	if (!s->emit(s, name, strlen(name), nr, mode & S_IFMT, next))
		return false;
	f->pos = next;
	return true;
}

static bool emit_tables(struct file *f, struct dir_sink *s, const struct pseudo_node *n)
{
	const struct pseudo_entry *e;

	while (f->pos < FIRST_DYNAMIC && (e = table_at(n->dir, f->pos - 2))) {
		if (table_find(n->dir, e->name) != e)
			f->pos++; /* hidden by a later one */
		else if (!emit(f, s, e->name, child_ino(f->inode->ino, e->name), e->mode, f->pos + 1))
			return false;
	}
	return true;
}

static CO_FN int pseudo_iterate(struct file *f, struct dir_sink *s)
{
	const struct pseudo_node *n = node_of(f->inode);
	struct pseudo_child c;

	if (!refresh(f->inode))
		return -ENOENT;
	if (f->pos == 0 && !emit(f, s, ".", f->inode->ino, S_IFDIR, 1))
		return 0;
	if (f->pos == 1 && !emit(f, s, "..", n->parent_ino, S_IFDIR, 2))
		return 0;
	if (!emit_tables(f, s, n))
		return 0;
	if (!n->dir->next)
		return 0;
	f->pos = MAX(f->pos, FIRST_DYNAMIC);
	for (;;) {
		c.key = n->key;
		if (n->dir->next(&n->key, (uint64_t)(f->pos - FIRST_DYNAMIC), &c))
			return 0;
		if (!emit(f, s, c.name, child_ino(f->inode->ino, c.name), c.entry->mode,
		          FIRST_DYNAMIC + (int64_t)c.nr + 1))
			return 0;
		co_did_entries(1);
	}
}

/* ---- the instance ---- */

int pseudo_new(const struct super_ops *ops, struct pseudo_dir *root, struct super **ret)
{
	struct pseudo_node tmpl = { .dir = root, .parent_ino = 1 };
	struct super *sb = super_new(ops, NULL);
	struct inode *ino;
	int err;

	if (!sb)
		return -ENOMEM;
	err = make_inode(sb, &tmpl, S_IFDIR | 0555, 1, &ino);
	if (!err) {
		sb->root = dentry_root(sb, ino);
		err = sb->root ? 0 : -ENOMEM;
	}
	if (err)
		super_unref(sb);
	else
		*ret = sb;
	return err;
}
