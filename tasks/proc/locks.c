/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/locks: advisory locks on files that a process has open. Layer: tasks.
 *
 * There is no list of all locks; a lock lives no longer than a descriptor for its file, so the
 * descriptors are gone through. The cursor is the pid to go on with, so a process's locks come out
 * in one piece.
 */
#include <sys/sysmacros.h>

#include "core/fs/locks.h"
#include "tasks/proc/proc.h"

struct printing {
	struct seq *s;
	struct file *f;
	struct thread_group *tg;
	uint64_t *count;
	uint64_t table;
};

static void show_lock(const char *kind, const struct record_lock *l, void *arg)
{
	struct printing *p = arg;
	const struct inode *ino = p->f->inode;
	bool posix = !l->ofd && l->owner == p->table;

	/* Each lock where its owner is met: the table, or the open file. */
	if (!posix && l->owner != p->f->gen)
		return;
	seq_printf(p->s, "%llu: %-6s ADVISORY  %s %d %02x:%02x:%llu %lld ",
	           (unsigned long long)++*p->count, kind, l->type == F_RDLCK ? "READ " : "WRITE",
	           posix ? l->pid : kind[0] == 'F' ? p->tg->tgid : -1, major(ino->sb->dev),
	           minor(ino->sb->dev), (unsigned long long)ino->ino, (long long)l->start);
	if (l->end == INT64_MAX)
		seq_puts(p->s, "EOF\n");
	else
		seq_printf(p->s, "%lld\n", (long long)l->end);
}

/* Met before: the same inode, or file, at a lower descriptor. Only asked of files with locks. */
static bool seen(struct fdtable *files, int fd, const struct file *f)
{
	for (int i = fd_next(files, 0); i >= 0 && i < fd; i = fd_next(files, i + 1)) {
		struct file *o = fd_get_path(files, i);
		bool same = o->inode == f->inode;

		file_unref(o);
		if (same)
			return true;
	}
	return false;
}

#define PER_PROCESS_MAX 1024 /* descriptors with locks that are looked at */

static void show_group(struct seq *s, struct thread_group *tg, uint64_t *count)
{
	struct fdtable *files = tg->leader ? tg->leader->files : NULL;
	unsigned looked = 0;

	for (int fd = files ? fd_next(files, 0) : -1; fd >= 0; fd = fd_next(files, fd + 1)) {
		struct printing p = { s, fd_get_path(files, fd), tg, count, fdtable_id(files) };

		if (p.f->inode->locks && looked++ < PER_PROCESS_MAX && !seen(files, fd, p.f))
			locks_each(p.f->inode, show_lock, &p);
		file_unref(p.f);
	}
}

CO_FN int proc_locks_show(struct seq *s, struct pseudo_open *o)
{
	struct thread_group *tg;

	if (!o->cursor)
		o->cookie = 0; /* locks shown so far */
	while (!seq_full(s) && (tg = tg_next((pid_t)o->cursor)) != NULL) {
		o->cursor = (uint64_t)tg->tgid;
		show_group(s, tg, &o->cookie);
		co_did_entries(1);
	}
	return seq_full(s);
}
