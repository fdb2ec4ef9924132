/* SPDX-License-Identifier: Apache-2.0
 *
 * tmpfs directories: two trees of entries, by name and by cookie. Layer: core.
 *
 * A cookie is an entry's position for getdents; it grows and is never reused, so a reader's place
 * stays right whatever is removed meanwhile. Nothing here yields.
 */
#include <linux/fs.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/internal.h"
#include "core/fs/tmpfs/tmpfs.h"

static int name_cmp(const struct entry *a, const struct entry *b)
{
	return strcmp(a->name, b->name);
}
RB_GENERATE_INTERNAL(name_tree, entry, by_name, name_cmp, UNUSED static)

static int cookie_cmp(const struct entry *a, const struct entry *b)
{
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}
RB_GENERATE_INTERNAL(cookie_tree, entry, by_cookie, cookie_cmp, UNUSED static)

void tmpfs_dir_init(struct node *n)
{
	RB_INIT(&n->names);
	RB_INIT(&n->cookies);
	n->next_cookie = 2; /* 0 and 1 are "." and ".." */
}

void tmpfs_dir_free(struct node *n)
{
	struct entry *e;

	while ((e = RB_ROOT(&n->cookies))) {
		RB_REMOVE(cookie_tree, &n->cookies, e);
		inode_unref(e->ino);
		free(e);
	}
	RB_INIT(&n->names);
}

static struct entry *entry_find(struct inode *dir, const char *name)
{
	struct entry *e = RB_ROOT(&node_of(dir)->names);

	while (e) {
		int c = strcmp(name, e->name);

		if (!c)
			break;
		e = c < 0 ? RB_LEFT(e, by_name) : RB_RIGHT(e, by_name);
	}
	return e;
}

static struct entry *entry_alloc(const char *name)
{
	size_t len = strlen(name) + 1;
	struct entry *e = calloc(1, sizeof(*e) + len);

	if (e)
		memcpy(e->name, name, len);
	return e;
}

static void dir_touched(struct inode *dir)
{
	dir->mtime = dir->ctime = vfs_now();
}

/* Takes over the inode reference. */
static void entry_insert(struct inode *dir, struct entry *e, struct inode *ino)
{
	struct node *n = node_of(dir);

	e->ino = ino;
	e->cookie = n->next_cookie++;
	RB_INSERT(name_tree, &n->names, e);
	RB_INSERT(cookie_tree, &n->cookies, e);
	dir->size += DIRENT_COST;
	if (S_ISDIR(ino->mode)) {
		dir->nlink++;
		node_of(ino)->parent_ino = dir->ino;
	}
	dir_touched(dir);
}

/* Takes e out and frees it; its inode reference goes too. */
static void entry_remove(struct inode *dir, struct entry *e)
{
	struct node *n = node_of(dir);

	RB_REMOVE(name_tree, &n->names, e);
	RB_REMOVE(cookie_tree, &n->cookies, e);
	dir->size -= DIRENT_COST;
	if (S_ISDIR(e->ino->mode))
		dir->nlink--;
	dir_touched(dir);
	inode_unref(e->ino);
	free(e);
}

static int tmpfs_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	struct entry *e = entry_find(dir, name);

	if (!e)
		return -ENOENT;
	*ret = inode_ref(e->ino);
	return 0;
}

/* A new inode with a name in dir, or without one (name NULL). */
static int make(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                struct inode **ret)
{
	struct entry *e = name ? entry_alloc(name) : NULL;
	uid_t uid;
	gid_t gid;
	int err;

	if (name && !e)
		return -ENOMEM;
	inode_init_owner(dir, cred, &mode, &uid, &gid);
	err = dir->dead_dir ? -ENOENT : tmpfs_inode(dir->sb, mode, uid, gid, ret);
	if (err) {
		free(e);
		return err;
	}
	if (e)
		entry_insert(dir, e, inode_ref(*ret));
	return 0;
}

static int tmpfs_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                       const struct cred *cred, struct inode **ret)
{
	int err = make(dir, name, mode, cred, ret);

	if (!err && (S_ISCHR(mode) || S_ISBLK(mode)))
		(*ret)->rdev = rdev;
	return err;
}

static int tmpfs_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                       struct inode **ret)
{
	return make(dir, name, S_IFDIR | (mode & 07777), cred, ret);
}

static int tmpfs_symlink(struct inode *dir, const char *name, const char *target,
                         const struct cred *cred, struct inode **ret)
{
	char *copy = strdup(target);
	int err = copy ? make(dir, name, S_IFLNK | 0777, cred, ret) : -ENOMEM;

	if (err) {
		free(copy);
		return err;
	}
	node_of(*ret)->target = copy;
	(*ret)->size = strlen(copy);
	return 0;
}

static int tmpfs_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred,
                         struct inode **ret)
{
	int err = make(dir, NULL, mode, cred, ret);

	if (!err)
		(*ret)->nlink = 0;
	return err;
}

static int tmpfs_link(struct inode *dir, const char *name, struct inode *target)
{
	struct entry *e;

	if (target->nlink >= UINT32_MAX - 1)
		return -EMLINK;
	e = entry_alloc(name);
	if (!e)
		return -ENOMEM;
	target->nlink++;
	target->ctime = vfs_now();
	entry_insert(dir, e, inode_ref(target));
	return 0;
}

static int tmpfs_unlink(struct inode *dir, const char *name, struct inode *victim)
{
	struct entry *e = entry_find(dir, name);

	if (!e || e->ino != victim)
		return -ENOENT;
	victim->nlink--;
	victim->ctime = vfs_now();
	entry_remove(dir, e);
	return 0;
}

static bool is_empty(const struct inode *dir)
{
	return RB_EMPTY(&node_of(dir)->names);
}

static int tmpfs_rmdir(struct inode *dir, const char *name, struct inode *victim)
{
	struct entry *e = entry_find(dir, name);

	if (!e || e->ino != victim)
		return -ENOENT;
	if (!is_empty(victim))
		return -ENOTEMPTY;
	victim->nlink = 0;
	victim->ctime = vfs_now();
	entry_remove(dir, e);
	return 0;
}

/* ---- rename ---- */

static void exchange(struct inode *odir, struct entry *a, struct inode *ndir, struct entry *b)
{
	struct inode *t = a->ino;
	int diff = (int)S_ISDIR(b->ino->mode) - (int)S_ISDIR(a->ino->mode);

	a->ino = b->ino;
	b->ino = t;
	odir->nlink += (uint32_t)diff;
	ndir->nlink -= (uint32_t)diff;
	node_of(a->ino)->parent_ino = odir->ino;
	node_of(b->ino)->parent_ino = ndir->ino;
	a->ino->ctime = b->ino->ctime = vfs_now();
	dir_touched(odir);
	dir_touched(ndir);
}

static int tmpfs_rename(struct inode *odir, const char *oname, struct inode *victim,
                        struct inode *ndir, const char *nname, struct inode *target, unsigned flags)
{
	struct entry *old = entry_find(odir, oname), *new = entry_find(ndir, nname), *e;
	struct entry *we = NULL;
	struct inode *white = NULL;

	if (!old || old->ino != victim || (new ? new->ino : NULL) != target)
		return -ENOENT;
	if (flags & RENAME_EXCHANGE) {
		if (!new)
			return -ENOENT;
		exchange(odir, old, ndir, new);
		return 0;
	}
	if (target && S_ISDIR(target->mode) && !is_empty(target))
		return -ENOTEMPTY;
	e = entry_alloc(nname);
	if (!e)
		return -ENOMEM;
	if (flags & RENAME_WHITEOUT) {
		int err = -ENOMEM;

		we = entry_alloc(oname);
		if (we) /* the vfs gives it its owner */
			err = tmpfs_inode(odir->sb, S_IFCHR, 0, odir->mode & S_ISGID ? odir->gid : 0,
			                  &white);
		if (err) {
			free(we);
			free(e);
			return err;
		}
	}
	if (target) {
		target->nlink = S_ISDIR(target->mode) ? 0 : target->nlink - 1;
		target->ctime = vfs_now();
		entry_remove(ndir, new);
	}
	inode_ref(victim);
	entry_remove(odir, old);
	entry_insert(ndir, e, victim);
	if (white)
		entry_insert(odir, we, white);
	victim->ctime = vfs_now();
	return 0;
}

const struct inode_ops tmpfs_dir_ops = {
	.lookup = tmpfs_lookup,
	.mknod = tmpfs_mknod,
	.mkdir = tmpfs_mkdir,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.destroy = tmpfs_destroy_inode,
};

/* ---- reading ---- */

static struct entry *entry_from(struct node *n, uint64_t cookie)
{
	struct entry key = { .cookie = cookie };

	return RB_NFIND(cookie_tree, &n->cookies, &key);
}

static int tmpfs_iterate(struct file *f, struct dir_sink *s)
{
	struct node *n = node_of(f->inode);
	struct entry *e;

	/*
	 * A pass ends where the directory ended when it began: a reader that renames what it sees
	 * would otherwise never finish.
	 */
	if (f->pos == 0 || !f->priv)
		f->priv = (void *)(uintptr_t)n->next_cookie;
	if (f->pos == 0) {
		if (!s->emit(s, ".", 1, f->inode->ino, S_IFDIR, 1))
			return 0;
		f->pos = 1;
	}
	if (f->pos == 1) {
		if (!s->emit(s, "..", 2, n->parent_ino, S_IFDIR, 2))
			return 0;
		f->pos = 2;
	}
	for (e = entry_from(n, (uint64_t)f->pos); e && e->cookie < (uintptr_t)f->priv;
	     e = RB_NEXT(cookie_tree, &n->cookies, e)) {
		if (!s->emit(s, e->name, strlen(e->name), e->ino->ino, e->ino->mode & S_IFMT,
		             (int64_t)e->cookie + 1))
			break;
		f->pos = (int64_t)e->cookie + 1;
	}
	file_accessed(f);
	return 0;
}

const struct file_ops tmpfs_dir_fops = {
	.llseek = dir_llseek,
	.iterate = tmpfs_iterate,
	.fsync = memory_fsync,
};
