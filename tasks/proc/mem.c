/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/mem, cmdline, environ, auxv: what is read from, or written to, a program's memory.
 * Layer: tasks.
 */
#include <stdlib.h>
#include <unistd.h>

#include "tasks/proc/proc.h"

#define BOUNCE ((size_t)16384)
#define AT_NULL_TYPE 0

/* ---- mem ---- */

/* A debugger's door: page protections don't stop it. */
static CO_FN ssize_t mem_move(struct file *f, struct uio *u, int64_t *pos, bool write)
{
	size_t before = u->done;
	struct mm *mm = proc_mm(f->priv);
	char *buf;

	if (!mm)
		return 0; /* the program is gone, or another one */
	buf = malloc(BOUNCE);
	while (buf && u->resid) {
		size_t want = MIN(u->resid, BOUNCE), got, moved;

		if (write) {
			got = uio_get(u, buf, want);
			moved = mm_access(mm, (gaddr_t)*pos, buf, got, true);
			uio_revert(u, got - moved);
		} else {
			got = mm_access(mm, (gaddr_t)*pos, buf, want, false);
			moved = uio_put(u, buf, got);
		}
		*pos += (int64_t)moved;
		if (moved < want)
			break;
		co_did_bytes(moved);
		if (co_self()->killed)
			break;
	}
	free(buf);
	mm_unref(mm);
	if (!buf)
		return -ENOMEM;
	if (u->done > before)
		return (ssize_t)(u->done - before);
	return u->fault ? -EFAULT : u->resid ? -EIO : 0;
}

static CO_FN ssize_t mem_read(struct file *f, struct uio *u, int64_t *pos)
{
	return mem_move(f, u, pos, false);
}

static CO_FN ssize_t mem_write(struct file *f, struct uio *u, int64_t *pos)
{
	return mem_move(f, u, pos, true);
}

const struct file_ops proc_mem_fops = {
	.read = mem_read, .write = mem_write, .llseek = pseudo_llseek, .release = pseudo_release
};

/* ---- cmdline and environ ---- */

/* Up to a piece from `at`, not past end. Returns how much was there. */
static CO_FN size_t put_memory(struct seq *s, struct mm *mm, gaddr_t at, gaddr_t end)
{
	size_t want = MIN((size_t)(end - at), SEQ_CHUNK);
	char *to = seq_room(s, want);
	size_t got = to ? mm_read_some(mm, to, at, want) : 0;

	s->len += got;
	return got;
}

/*
 * get_mm_cmdline(): a program that overwrote the end of its arguments (setproctitle) has one string
 * that may go on into the environment.
 */
static CO_FN int show_title(struct seq *s, struct mm *mm, gaddr_t start, gaddr_t end)
{
	gaddr_t limit = MIN(end, start + PAGE_SIZE);
	size_t from = s->len, got = put_memory(s, mm, start, limit);
	const char *nul = got ? memchr(s->buf + from, 0, got) : NULL;

	if (nul)
		s->len = (size_t)(nul - s->buf) + 1;
	return 0;
}

CO_FN int proc_cmdline_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	struct mm *mm = t && t->mm ? mm_ref(t->mm) : NULL;
	gaddr_t start, end, env_end;
	int more = 0;
	char last;

	if (!mm)
		return t ? 0 : -ESRCH;
	start = mm->arg_start;
	end = mm->arg_end;
	env_end = mm->env_start == end ? mm->env_end : end;
	if (start < end) {
		if (!o->cursor && env_end > end && !mm_copyin(mm, &last, end - 1, 1) && last) {
			more = show_title(s, mm, start, env_end);
		} else if (start + o->cursor < end) {
			size_t got = put_memory(s, mm, start + o->cursor, end);

			o->cursor += got;
			more = got && start + o->cursor < end;
		}
	}
	mm_unref(mm);
	return more;
}

CO_FN int proc_environ_show(struct seq *s, struct pseudo_open *o)
{
	struct mm *mm = proc_mm(o);
	gaddr_t at;
	int more = 0;

	if (!mm)
		return 0;
	at = mm->env_start + o->cursor;
	if (at < mm->env_end) {
		size_t got = put_memory(s, mm, at, mm->env_end);

		o->cursor += got;
		more = got && at + got < mm->env_end;
	}
	mm_unref(mm);
	return more;
}

CO_FN int proc_auxv_show(struct seq *s, struct pseudo_open *o)
{
	struct mm *mm = proc_mm(o);
	unsigned n = 0;

	if (!mm)
		return 0;
	while (n < MM_AUXV_MAX && mm->auxv[n++].type != AT_NULL_TYPE)
		;
	seq_write(s, mm->auxv, n * sizeof(mm->auxv[0]));
	mm_unref(mm);
	return 0;
}
