/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/maps, smaps_rollup, clear_refs. Layer: tasks.
 *
 * One piece is generated without yielding; the cursor is the address where the next one starts, so
 * a reader gets each mapping at most once though the map changes meanwhile, as in Linux.
 */
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "core/host/procinfo.h"
#include "tasks/proc/proc.h"

#define NAME_COLUMN 72

static void show_name(struct seq *s, const struct vma *v, const struct path *root)
{
	char name[PATH_MAX];

	if (!v->file) {
		seq_puts(s, v->name ? v->name : "");
		return;
	}
	if (!proc_file_name(&v->file->path, name, sizeof(name)) &&
	    vfs_path_name(&v->file->path, root, name, sizeof(name)) < 0)
		return;
	/* A path that the reader's root doesn't reach is shown as it is from the top. */
	if (!strncmp(name, "(unreachable)", 13) &&
	    vfs_path_name(&v->file->path, NULL, name, sizeof(name)) < 0)
		return;
	seq_escape(s, name, "\n");
}

static void show_map(struct seq *s, const struct vma *v, const struct path *root)
{
	const struct inode *ino = v->file ? v->file->inode : NULL;
	dev_t dev = ino ? ino->sb->dev : 0;
	size_t start = s->len;

	seq_printf(s, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu", (unsigned long long)v->start,
	           (unsigned long long)v->end, v->prot & PROT_READ ? 'r' : '-',
	           v->prot & PROT_WRITE ? 'w' : '-', v->prot & PROT_EXEC ? 'x' : '-',
	           v->flags & MAP_SHARED ? 's' : 'p', (unsigned long long)(ino ? v->off : 0),
	           major(dev), minor(dev), (unsigned long long)(ino ? ino->ino : 0));
	if (ino || v->name) {
		seq_pad(s, start, NAME_COLUMN);
		show_name(s, v, root);
	} else {
		seq_putc(s, ' ');
	}
	seq_putc(s, '\n');
}

int proc_show_maps(struct seq *s, struct pseudo_open *o,
                    void (*details)(struct seq *s, const struct vma *v, void *arg), void *arg,
                    size_t piece)
{
	const struct task *by = current_task();
	const struct path *root = by && by->fs ? &by->fs->root : NULL;
	struct mm *mm = proc_mm(o);
	struct vma *v;

	if (!mm)
		return proc_task(&o->key) ? 0 : -ESRCH;
	v = mm_find(mm, o->cursor);
	/* Part of it was shown already, when it was smaller. */
	if (v && o->cursor && v->start < o->cursor)
		v = mm_next(v);
	for (; v && s->len < piece && !s->overflow; v = mm_next(v)) {
		show_map(s, v, root);
		if (details)
			details(s, v, arg);
		o->cursor = v->end;
	}
	mm_unref(mm);
	return v != NULL;
}

CO_FN int proc_maps_show(struct seq *s, struct pseudo_open *o)
{
	return proc_show_maps(s, o, NULL, NULL, SEQ_CHUNK);
}

static void kib(struct seq *s, const char *name, uint64_t n)
{
	seq_printf(s, "%-16s%8llu kB\n", name, (unsigned long long)n);
}

/* The host's own sums; when it doesn't tell, those of status. */
static void show_sums(struct seq *s, pid_t pid)
{
	struct host_memory_use m;
	char buf[4096], *body;

	if (host_process_rollup(pid, buf, sizeof(buf)) > 0 && (body = strchr(buf, '\n'))) {
		seq_puts(s, body + 1);
		return;
	}
	host_process_memory(pid, &m);
	kib(s, "Rss:", m.rss);
	kib(s, "Pss:", m.rss);
	kib(s, "Pss_Dirty:", m.anon);
	kib(s, "Pss_Anon:", m.anon);
	kib(s, "Pss_File:", m.file);
	kib(s, "Pss_Shmem:", m.shmem);
	kib(s, "Private_Clean:", m.file);
	kib(s, "Private_Dirty:", m.anon + m.shmem);
	kib(s, "Referenced:", m.rss);
	kib(s, "Anonymous:", m.anon);
	kib(s, "Swap:", m.swap);
	kib(s, "SwapPss:", m.swap);
	kib(s, "Locked:", 0);
}

CO_FN int proc_smaps_rollup_show(struct seq *s, struct pseudo_open *o)
{
	struct mm *mm = proc_mm(o);
	struct vma *v, *last = NULL;
	size_t start = s->len;

	if (!mm)
		return -ESRCH;
	v = mm_find(mm, 0);
	for (struct vma *i = v; i; i = mm_next(i))
		last = i;
	seq_printf(s, "%08llx-%08llx ---p 00000000 00:00 0", (unsigned long long)(v ? v->start : 0),
	           (unsigned long long)(last ? last->end : 0));
	seq_pad(s, start, NAME_COLUMN);
	seq_puts(s, "[rollup]\n");
	show_sums(s, platform->as_pid(mm->as));
	mm_unref(mm);
	return 0;
}

/* Which pages were referenced isn't kept, so there is nothing to clear but the arguments to check. */
CO_FN ssize_t proc_clear_refs_store(struct pseudo_open *o, const char *buf, size_t n)
{
	int64_t v;

	if (proc_parse(buf, &v) || v < 1 || v > 5)
		return -EINVAL;
	return proc_task(&o->key) ? (ssize_t)n : -ESRCH;
}
