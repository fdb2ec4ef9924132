/* SPDX-License-Identifier: Apache-2.0
 *
 * Which system calls may be rewritten by the platform, and room for its thunks. Layer: core.
 *
 * Only text that comes from a file and can't be written: what a program makes at run time, it may
 * change again without a word to anybody.
 *
 * Calls are counted by file as well as by process: short programs, run again and again, would never make
 * one often enough. What is rewritten for that reason is so in each process from when it maps the file.
 * But a process can make a call where others have only the same bytes, in the middle of an instruction: so
 * what is known of a file is known to processes with the same rights alone.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cred.h"
#include "core/fs/file.h"
#include "core/host/file.h"
#include "core/mm/build.h"
#include "core/mm/vma.h"

#define BEFORE 16 /* bytes of code shown to the platform, around the instruction */
#define AFTER 32

static const char thunks_name[] = "[picket]";

static bool is_fixed_text(const struct vma *v)
{
	return (v->prot & (PROT_EXEC | PROT_WRITE | PROT_READ)) == (PROT_EXEC | PROT_READ) &&
	       !vma_shared(v) && (v->file || (v->name && !strcmp(v->name, "[vdso]")));
}

/* ---- files ---- */

#define KNOWN_MAX 64   /* files whose calls are counted, */
#define KNOWN_PART 128 /* and of the sandbox's descriptors: each needs one */
#define PLACES 64      /* in each of them */
#define COMMON 4       /* calls by signal from one place, and */
#define COMMON_RATE 4  /* as many as a process in so many makes there */

struct known {
	uint64_t gen;  /* of the inode, which no other one has */
	uid_t ruid, euid; /* of the processes, */
	gid_t rgid, egid;
	uint64_t caps;
	uint64_t used; /* when last */
	struct text *text;
	unsigned maps; /* how often its code was mapped */
	struct {
		uint64_t off;
		unsigned calls;
		bool tried;
	} place[PLACES];
};
static struct known *known[KNOWN_MAX];
static uint64_t uses;
static unsigned version; /* changes with every call that becomes common */

static struct known *known_find(const struct file *f)
{
	const struct cred *c = co_self()->cred;

	for (unsigned i = 0; c && i < KNOWN_MAX; i++)
		if (known[i] && known[i]->gen == f->inode->gen && known[i]->euid == c->euid &&
		    known[i]->ruid == c->ruid && known[i]->egid == c->egid && known[i]->rgid == c->rgid &&
		    known[i]->caps == c->cap_permitted) {
			known[i]->used = ++uses;
			return known[i];
		}
	return NULL;
}

static void known_free(struct known *k)
{
	if (k)
		platform->text_free(k->text);
	free(k);
}

static const struct known *known_find_text(const struct text *t)
{
	for (unsigned i = 0; i < KNOWN_MAX; i++)
		if (known[i] && known[i]->text == t)
			return known[i];
	return NULL;
}

/* In the place of the one that was not used for longest. */
static struct known *known_new(const struct file *f)
{
	const struct cred *c = co_self()->cred;
	unsigned oldest = 0, most = MIN(host_fd_limit() / KNOWN_PART, (unsigned)KNOWN_MAX);
	struct known *k = c && most ? calloc(1, sizeof(*k)) : NULL;

	if (!k)
		return NULL;
	k->ruid = c->ruid;
	k->euid = c->euid;
	k->rgid = c->rgid;
	k->egid = c->egid;
	k->caps = c->cap_permitted;
	k->text = platform->text_new();
	if (!k->text) {
		free(k);
		return NULL;
	}
	for (unsigned i = 0; i < most && known[oldest]; i++)
		if (!known[i] || known[i]->used < known[oldest]->used)
			oldest = i;
	known_free(known[oldest]);
	known[oldest] = k;
	k->gen = f->inode->gen;
	k->used = ++uses;
	k->maps = 1;
	return k;
}

void mm_rewrite_done(void)
{
	for (unsigned i = 0; i < KNOWN_MAX; i++) {
		known_free(known[i]);
		known[i] = NULL;
	}
}

/* Counts a call. Is it time to rewrite it for the sake of all who map the file? */
static bool is_common(struct known *k, uint64_t off)
{
	unsigned least = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		if (k->place[i].off == off && k->place[i].calls) {
			unsigned n = ++k->place[i].calls;
			if (k->place[i].tried || n < COMMON || n < k->maps / COMMON_RATE)
				return false;
			k->place[i].tried = true;
			version++;
			return true;
		}
		if (k->place[i].calls < k->place[least].calls)
			least = i;
	}
	k->place[least].off = off;
	k->place[least].calls = 1;
	k->place[least].tried = false;
	return false;
}

static bool near(gaddr_t a, gaddr_t b)
{
	return (a > b ? a - b : b - a) < AS_THUNK_REACH;
}

/* A place that text at v can reach: below it, where no heap grows, else wherever there is one. */
static int64_t place_near(struct mm *mm, const struct vma *v)
{
	for (uint64_t gap = AS_THUNK_AREA; gap < AS_THUNK_REACH / 2; gap *= 4) {
		int64_t at = v->start > gap + MM_MIN_ADDR
		                     ? mm_place(mm, v->start - gap, AS_THUNK_AREA, 0) : -ENOMEM;

		if (at > 0 && near((gaddr_t)at, v->start) && near((gaddr_t)at + AS_THUNK_AREA, v->end))
			return at;
	}
	return -ENOMEM;
}

/* mm->lock is not held: mapping takes it. */
static CO_FN int add_area(struct mm *mm, struct ctx *by, gaddr_t at)
{
	int fd = platform->as_thunk_area(mm->as, at), err;

	if (fd < 0)
		return fd;
	err = mm_map_special(mm, by, at, AS_THUNK_AREA, PROT_READ | PROT_EXEC, fd, 0, thunks_name);
	close(fd);
	return err;
}

/* The file's own, just before it. */
static CO_FN int add_text_area(struct mm *mm, struct ctx *by, struct text *text, gaddr_t base)
{
	int fd = platform->text_area(text);

	if (fd < 0 || base < AS_THUNK_AREA + MM_MIN_ADDR || base > TASK_SIZE)
		return -ENOMEM;
	int err = mm_map_special(mm, by, base - AS_THUNK_AREA, AS_THUNK_AREA, PROT_READ | PROT_EXEC, fd, 0,
	                         thunks_name);
	return err ? err : platform->as_add_text(mm->as, text, base);
}

/* One try, with mm->lock held. -ENOSPC: an area is wanted at *place. */
static CO_FN int try_rewrite(struct mm *mm, struct ctx *by, struct as_rewrite *rq, int64_t *place)
{
	struct vma *v = vma_find(mm, rq->after - 1);
	uint8_t code[BEFORE + AFTER];

	if (!v || v->start >= rq->after || !is_fixed_text(v) || (rq->text && v->start - v->off != rq->base))
		return -EINVAL;
	rq->code_addr = MAX(v->start, rq->after - BEFORE);
	rq->n = MIN(v->end, rq->after + AFTER) - rq->code_addr;
	rq->code = code;
	if (mm_read_some(mm, code, rq->code_addr, rq->n) != rq->n)
		return -EINVAL;
	int err = platform->as_rewrite(by, rq);
	if (err == -ENOSPC)
		*place = place_near(mm, vma_find(mm, rq->after - 1));
	return err;
}

/* In the area that there is; else in the file's, if it can be mapped; else in one for this process. */
static CO_FN void rewrite(struct mm *mm, struct ctx *by, struct as_rewrite *rq)
{
	int64_t place = -ENOMEM;

	for (int tries = 0; tries < 3; tries++) {
		comutex_lock(&mm->lock);
		int err = try_rewrite(mm, by, rq, &place);
		comutex_unlock(&mm->lock);
		if (err != -ENOSPC || place <= 0)
			return;
		if (rq->text && !rq->elsewhere)
			rq->elsewhere = add_text_area(mm, by, rq->text, rq->base) != 0;
		else if (add_area(mm, by, (gaddr_t)place))
			return;
	}
}

CO_FN void mm_slow_call(struct mm *mm, struct ctx *by, gaddr_t after, uint64_t nr, bool due)
{
	struct as_rewrite rq = { .after = after, .nr = nr };
	const struct vma *v;
	struct known *k = NULL;

	if (!platform->as_rewrite || mm->no_rewrite || nr == SYS_rt_sigreturn || after < BEFORE)
		return;
	v = vma_find(mm, after - 1);
	if (!v || v->start >= after || !is_fixed_text(v))
		return;
	if (v->file && platform->text_new) {
		k = known_find(v->file);
		k = k ? k : known_new(v->file);
	}
	if (k) {
		rq.base = v->start - v->off;
		rq.common = is_common(k, after - rq.base);
		rq.text = k->text;
	}
	if (due || rq.common)
		rewrite(mm, by, &rq);
}

unsigned mm_text_ops(struct mm *mm, const struct file *file, gaddr_t start, uint64_t off, uint64_t len,
                     struct as_op ops[2])
{
	struct known *k = platform->text_new && !mm->no_rewrite && !mm->no_known ? known_find(file) : NULL;
	gaddr_t base = start - off, at = base - AS_THUNK_AREA;
	unsigned n = 0;

	if (!k)
		return 0;
	k->maps++;
	int fd = platform->text_wanted(k->text, off, len) ? platform->text_area(k->text) : -1;
	if (fd < 0 || base < AS_THUNK_AREA + MM_MIN_ADDR || base > start)
		return 0;
	bool has = platform->as_has_text(mm->as, k->text, base);
	if (!has && (vma_meets(mm, at, base) || mm_in_window(at, base)))
		return 0;
	if (!has)
		ops[n++] = (struct as_op){
			.kind = AS_MAP, .addr = at, .len = AS_THUNK_AREA, .prot = PROT_READ | PROT_EXEC,
			.flags = MAP_PRIVATE, .fd = fd,
		};
	ops[n++] = (struct as_op){
		.kind = AS_PATCH, .addr = base, .off = off, .len = len, .text = k->text
	};
	return n;
}

void mm_text_area(struct mm *mm, struct vma *v, gaddr_t at)
{
	v->start = at;
	v->end = at + AS_THUNK_AREA;
	v->prot = PROT_READ | PROT_EXEC;
	v->flags = MAP_PRIVATE | MAP_ANONYMOUS;
	v->name = thunks_name;
	vma_insert(mm, v);
	vma_merge(mm, at, at + AS_THUNK_AREA); /* the areas of two files may be neighbours */
}

/* With the file's area, if that can be mapped. */
static CO_FN int rewrite_text(struct mm *mm, struct ctx *by, struct vma *v)
{
	struct vma *area = NULL;
	struct as_op ops[2];
	unsigned n = mm_text_ops(mm, v->file, v->start, v->off, v->end - v->start, ops);

	if (!n)
		return -ENOSPC;
	if (ops[0].kind == AS_MAP && !(area = vma_new()))
		return -ENOMEM;
	int err = platform->as_exec(by, ops, n);
	if (area && !err)
		mm_text_area(mm, area, ops[0].addr);
	else if (area)
		vma_free(area);
	return err;
}

#define EACH_MAX 64 /* calls that are rewritten one by one */

/* The file that is mapped at `start`. */
static CO_FN void rewrite_known(struct mm *mm, struct ctx *by, gaddr_t start)
{
	struct as_rewrite rq = { .elsewhere = true };
	const struct known *k;
	struct vma *v;
	uint64_t off, end, after;

	comutex_lock(&mm->lock);
	v = vma_find(mm, start);
	k = v && is_fixed_text(v) && v->file ? known_find(v->file) : NULL;
	if (k && rewrite_text(mm, by, v) != -ENOSPC)
		k = NULL;
	if (k) {
		rq.text = k->text;
		rq.base = v->start - v->off;
		off = v->off;
		end = off + (v->end - v->start);
	}
	comutex_unlock(&mm->lock);
	for (unsigned n = 0; k && n < EACH_MAX; n++) {
		if (!platform->text_next(rq.text, mm->as, rq.base, &off, end, &after, &rq.nr))
			return;
		rq.after = rq.base + after;
		rewrite(mm, by, &rq);
		k = known_find_text(rq.text); /* nobody has put another in its place meanwhile */
	}
}

CO_FN void mm_rewrite_known(struct mm *mm, struct ctx *by)
{
	gaddr_t at = 0;
	struct vma *v;

	if (mm->rewritten == version || mm->refs != 1 || mm->no_rewrite)
		return;
	mm->rewritten = version;
	while ((v = vma_find(mm, at))) {
		at = v->end;
		rewrite_known(mm, by, v->start);
	}
}

CO_FN void mm_stop_rewriting(struct mm *mm, struct ctx *by)
{
	if (mm->no_rewrite || !platform->as_restore)
		return;
	comutex_lock(&mm->lock);
	mm->no_rewrite = true;
	(void)platform->as_restore(by, 0, TASK_SIZE); /* fails only with the stub */
	comutex_unlock(&mm->lock);
}
