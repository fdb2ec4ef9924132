/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/locks: advisory locks on files that a process has open. Layer: tasks.
 *
 * There is no list of all locks. A lock lives no longer than a descriptor for its file, so the
 * descriptors are gone through; what was met is remembered, since a file may be open in several
 * processes.
 */
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "core/fs/locks.h"
#include "tasks/proc/proc.h"

#define MET_MAX 4096 /* files with locks; the rest isn't shown */

struct listing {
	struct seq *s;
	unsigned nr; /* locks shown */
	struct { uint64_t object, table; } met[MET_MAX];
	unsigned nr_met;
	/* what is looked at */
	struct thread_group *tg;
	struct file *f;
	uint64_t table;
	bool new_posix, new_file;
};

/* False when it was met before, or can't be remembered any more. */
static bool meet(struct listing *l, uint64_t object, uint64_t table)
{
	for (unsigned i = 0; i < l->nr_met; i++)
		if (l->met[i].object == object && l->met[i].table == table)
			return false;
	if (l->nr_met == MET_MAX)
		return false;
	l->met[l->nr_met].object = object;
	l->met[l->nr_met++].table = table;
	return true;
}

/* Each lock is shown where its owner is: the descriptor table, or the open file. */
static void show_lock(const char *kind, const struct record_lock *k, void *arg)
{
	struct listing *l = arg;
	const struct inode *ino = l->f->inode;
	bool posix = kind[0] == 'P';

	if (posix ? !l->new_posix || k->owner != l->table : !l->new_file || k->owner != l->f->gen)
		return;
	seq_printf(l->s, "%u: %-6s ADVISORY  %s %d %02x:%02x:%llu %lld ", ++l->nr, kind,
	           k->type == F_RDLCK ? "READ " : "WRITE",
	           posix ? k->pid : kind[0] == 'F' ? l->tg->tgid : -1, major(ino->sb->dev),
	           minor(ino->sb->dev), (unsigned long long)ino->ino, (long long)k->start);
	if (k->end == INT64_MAX)
		seq_puts(l->s, "EOF\n");
	else
		seq_printf(l->s, "%lld\n", (long long)k->end);
}

static void show_group(struct listing *l, struct thread_group *tg)
{
	struct fdtable *files = tg->leader ? tg->leader->files : NULL;

	l->tg = tg;
	for (int fd = files ? fd_next(files, 0) : -1; fd >= 0; fd = fd_next(files, fd + 1)) {
		l->f = fd_get_path(files, fd);
		if (l->f->inode->locks) {
			l->table = fdtable_id(files);
			l->new_posix = meet(l, l->f->inode->gen, l->table);
			l->new_file = meet(l, l->f->gen, 0);
			locks_each(l->f->inode, show_lock, l);
		}
		file_unref(l->f);
	}
}

CO_FN int proc_locks_show(struct seq *s, struct pseudo_open *o UNUSED)
{
	struct listing *l = malloc(sizeof(*l));
	struct thread_group *tg;
	pid_t at = 0;

	if (!l)
		return -ENOMEM;
	l->s = s;
	l->nr = l->nr_met = 0;
	while ((tg = tg_next(at)) != NULL && !s->overflow) {
		at = tg->tgid;
		show_group(l, tg);
		co_did_entries(1);
	}
	free(l);
	return 0;
}
