/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/fd and fdinfo, and the links exe, cwd and root. Layer: tasks.
 * A key's sub is the descriptor.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tasks/proc/proc.h"

/* The file behind a key as a reference, or NULL. */
static struct file *file_of(const struct pseudo_key *k)
{
	struct task *t = proc_task(k);

	return t && t->files ? fd_get_path(t->files, (int)k->sub) : NULL;
}

/* Memory without a name in the tree (memfd, shared memory): Linux's tmpfs has one, unlinked. */
ssize_t proc_file_name(const struct path *p, char *buf, size_t size)
{
	const struct dentry *d = p->dentry;

	if (d->parent != d || !S_ISREG(d->inode->mode) || strcmp(d->inode->sb->ops->name, "tmpfs") != 0)
		return 0;
	return MIN((ssize_t)snprintf(buf, size, "/%s (deleted)", d->name), (ssize_t)size - 1);
}

/* The name of a path as the caller sees it, into buf without an end. */
static ssize_t name_of(const struct path *p, char *buf, size_t size)
{
	const struct task *by = current_task();
	char *name = malloc(PATH_MAX);
	ssize_t n;

	if (!name)
		return -ENOMEM;
	n = proc_file_name(p, name, PATH_MAX);
	if (n == 0)
		n = vfs_path_name(p, by && by->fs ? &by->fs->root : NULL, name, PATH_MAX);
	/* d_path() shows what can't be reached as from the top. */
	if (n > 0 && !strncmp(name, "(unreachable)", 13))
		n = vfs_path_name(p, NULL, name, PATH_MAX);
	if (n > 0) {
		n = (ssize_t)MIN((size_t)n, size);
		memcpy(buf, name, (size_t)n);
	}
	free(name);
	return n;
}

/* ---- fd ---- */

static int fd_refresh(const struct pseudo_key *k, struct inode *ino)
{
	struct file *f = file_of(k);

	if (!f)
		return 0;
	if (S_ISLNK(ino->mode)) {
		ino->mode = S_IFLNK | (f->can_read ? 0500 : 0) | (f->can_write ? 0300 : 0);
		ino->size = 64;
	}
	file_unref(f);
	return proc_refresh(k, ino);
}

static ssize_t fd_readlink(const struct pseudo_key *k, const struct pseudo_entry *e UNUSED,
                           char *buf, size_t size)
{
	struct task *t = proc_task(k);
	struct file *f;
	ssize_t n;

	if (!t)
		return -ENOENT;
	if (!proc_may_access(t))
		return -EACCES;
	f = file_of(k);
	if (!f)
		return -ENOENT;
	n = name_of(&f->path, buf, size);
	file_unref(f);
	return n;
}

static int fd_follow(const struct pseudo_key *k, struct path *ret)
{
	struct task *t = proc_task(k);
	struct file *f;

	if (!t)
		return -ENOENT;
	if (!proc_may_access(t))
		return -EACCES;
	f = file_of(k);
	if (!f)
		return -ENOENT;
	*ret = path_ref(&f->path);
	file_unref(f);
	return 0;
}

static const struct pseudo_entry fd_entry = {
	.mode = S_IFLNK | 0700, .readlink = fd_readlink, .follow = fd_follow, .refresh = fd_refresh
};

/* ---- fdinfo ---- */

static int fdinfo_open(struct pseudo_open *o, struct file *f UNUSED)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	return proc_may_access(t) ? 0 : -EACCES;
}

static int fdinfo_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	struct file *f = file_of(&o->key);
	char *at;
	int n;

	if (!f)
		return -ENOENT;
	/* Everything that was opened by name has O_LARGEFILE, which the file doesn't remember. */
	seq_printf(s, "pos:\t%lli\nflags:\t0%o\nmnt_id:\t%llu\nino:\t%llu\n", (long long)f->pos,
	           f->flags | (f->cred ? 0100000u : 0) |
	               (fd_cloexec_get(t->files, (int)o->key.sub) == 1 ? (unsigned)O_CLOEXEC : 0),
	           (unsigned long long)f->path.mnt->id, (unsigned long long)f->inode->ino);
	if (f->ops->show_fdinfo && (at = seq_room(s, SEQ_CHUNK))) {
		n = f->ops->show_fdinfo(f, at, SEQ_CHUNK);
		if (n > 0)
			s->len += MIN((size_t)n, SEQ_CHUNK - 1);
	}
	file_unref(f);
	return 0;
}

static const struct pseudo_entry fdinfo_entry = {
	.mode = S_IFREG | 0444, .open = fdinfo_open, .show = fdinfo_show, .refresh = fd_refresh
};

/* ---- the directories ---- */

static int fill(const struct pseudo_key *dir, int fd, const struct pseudo_entry *e,
                struct pseudo_child *ret)
{
	ret->entry = e;
	ret->key = *dir;
	ret->key.sub = fd;
	ret->nr = (uint64_t)fd;
	snprintf(ret->name, sizeof(ret->name), "%d", fd);
	return 0;
}

static int find(const struct pseudo_key *dir, const char *name, const struct pseudo_entry *e,
                struct pseudo_child *ret)
{
	struct task *t = proc_task(dir);
	int64_t fd = pseudo_number(name);

	if (!t || !t->files || fd < 0 || fd_cloexec_get(t->files, (int)fd) < 0)
		return -ENOENT;
	return fill(dir, (int)fd, e, ret);
}

static int next(const struct pseudo_key *dir, uint64_t nr, const struct pseudo_entry *e,
                struct pseudo_child *ret)
{
	struct task *t = proc_task(dir);
	int fd = t && t->files && nr < FDTABLE_MAX ? fd_next(t->files, (int)nr) : -1;

	return fd < 0 ? -ENOENT : fill(dir, fd, e, ret);
}

static int fd_lookup(const struct pseudo_key *dir, const char *name, struct pseudo_child *ret)
{
	return find(dir, name, &fd_entry, ret);
}

static int fd_iterate(const struct pseudo_key *dir, uint64_t nr, struct pseudo_child *ret)
{
	return next(dir, nr, &fd_entry, ret);
}

static int fdinfo_lookup(const struct pseudo_key *dir, const char *name, struct pseudo_child *ret)
{
	return find(dir, name, &fdinfo_entry, ret);
}

static int fdinfo_iterate(const struct pseudo_key *dir, uint64_t nr, struct pseudo_child *ret)
{
	return next(dir, nr, &fdinfo_entry, ret);
}

/*
 * proc_fd_permission(): a process that may not be traced (it changed its user) can still look at its
 * own descriptors. The owner in the inode is who may, so that is the caller then.
 */
int proc_fd_dir_refresh(const struct pseudo_key *k, struct inode *ino)
{
	const struct task *t = proc_task(k), *by = current_task();

	if (!proc_refresh(k, ino))
		return 0;
	if (by && by->tg == t->tg)
		ino->uid = by->cred->fsuid;
	return 1;
}

struct pseudo_dir proc_fd_dir = { .lookup = fd_lookup, .next = fd_iterate };
struct pseudo_dir proc_fdinfo_dir = { .lookup = fdinfo_lookup, .next = fdinfo_iterate };

/* ---- exe, cwd, root ---- */

static int link_path(const struct pseudo_key *k, int (*get)(const struct task *t, struct path *ret),
                     struct path *ret)
{
	struct task *t = proc_task(k);

	if (!t)
		return -ENOENT;
	return proc_may_access(t) ? get(t, ret) : -EACCES;
}

static int get_exe(const struct task *t, struct path *ret)
{
	if (!t->mm || !t->mm->exe)
		return -ENOENT;
	*ret = path_ref(&t->mm->exe->path);
	return 0;
}

static int get_cwd(const struct task *t, struct path *ret)
{
	if (!t->fs)
		return -ENOENT;
	*ret = path_ref(&t->fs->cwd);
	return 0;
}

static int get_root(const struct task *t, struct path *ret)
{
	if (!t->fs)
		return -ENOENT;
	*ret = path_ref(&t->fs->root);
	return 0;
}

int proc_exe_follow(const struct pseudo_key *k, struct path *ret)
{
	return link_path(k, get_exe, ret);
}

int proc_cwd_follow(const struct pseudo_key *k, struct path *ret)
{
	return link_path(k, get_cwd, ret);
}

int proc_root_follow(const struct pseudo_key *k, struct path *ret)
{
	return link_path(k, get_root, ret);
}

ssize_t proc_path_readlink(const struct pseudo_key *k, const struct pseudo_entry *e, char *buf,
                           size_t size)
{
	struct path p;
	ssize_t n = e->follow(k, &p);

	if (n)
		return n;
	n = name_of(&p, buf, size);
	path_put(&p);
	return n;
}
