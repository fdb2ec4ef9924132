/* SPDX-License-Identifier: Apache-2.0
 *
 * Rewritten system calls: which instructions of an address space have become jumps, and the thunks
 * they lead to. Layer: core.
 *
 * Thunks lie in areas: mappings of the guest that the sentry alone can write. A forked child has the
 * same areas, and goes on filling them. A thunk lives as long as its area, since a thread may be in
 * it when the code that led there goes away.
 */
#include <fcntl.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/objcount.h"
#include "core/platform/trap/rewrite.h"
#include "core/platform/trap/stub.h"

/* Most code that runs twice runs often, and a rewritten call costs less than a few traps by signal. */
#define WORTH_IT 2
#define BREAKPOINT 0xcc

OBJCOUNT(area_count, "thunk area");

/* ---- areas ---- */

void trap_area_unref(struct thunk_area *a)
{
	if (--a->refs)
		return;
	munmap(a->mem, AS_THUNK_AREA);
	free(a->thunk);
	free(a);
	obj_died(&area_count);
}

struct rewrites *trap_rewrites_of(struct as *as)
{
	if (!as->rewrites)
		as->rewrites = calloc(1, sizeof(*as->rewrites));
	return as->rewrites;
}

int trap_area_new(struct thunk_area **ret)
{
	struct thunk_area *a;
	uint64_t entry = STUB_ADDR(stub_fast_entry);
	char path[64];
	int fd = memfd_create("picket-thunks", MFD_CLOEXEC), ro = -1;

	if (fd < 0)
		return -errno;
	a = calloc(1, sizeof(*a));
	if (!a || ftruncate(fd, AS_THUNK_AREA))
		goto fail;
	a->mem = mmap(NULL, AS_THUNK_AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (a->mem == MAP_FAILED)
		goto fail;
	/* Opened again for reading alone: the guest's mapping can never write there. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	if (ro < 0) {
		munmap(a->mem, AS_THUNK_AREA);
		goto fail;
	}
	close(fd);
	a->refs = 1;
	memcpy(a->mem, &entry, sizeof(entry));
	a->used[0] = 1;
	obj_born(&area_count);
	*ret = a;
	return ro;
fail:
	free(a);
	close(fd);
	return -ENOMEM;
}

int trap_as_thunk_area(struct as *as, gaddr_t addr)
{
	struct rewrites *r = trap_rewrites_of(as);
	struct thunk_area *a;

	if (!r || r->nr_areas == AREAS_MAX)
		return -ENOMEM;
	int fd = trap_area_new(&a);
	if (fd >= 0)
		r->area[r->nr_areas++] = (struct area_map){ a, addr };
	return fd;
}

/* A free thunk where the patch can reach it, or -1. */
static int find_place(const struct area_map *m, const struct syscall_patch *p)
{
	for (unsigned i = 0; i < THUNKS; i++)
		if (!(m->a->used[i / 32] >> (i % 32) & 1) &&
		    syscall_patch_fits(p, m->addr + i * THUNK_SIZE))
			return (int)i;
	return -1;
}

struct syscall_patch trap_patch_at(const struct thunk *t, gaddr_t addr)
{
	struct syscall_patch p = t->patch;

	p.start += addr;
	p.after += addr;
	return p;
}

int trap_thunk_new(const struct area_map *m, struct syscall_patch *p)
{
	struct thunk_area *a = m->a;
	uint8_t code[THUNK_SIZE];
	int at = a->nr < UINT16_MAX ? find_place(m, p) : -1;
	unsigned index = (unsigned)at;

	if (at < 0)
		return -ENOSPC;
	struct thunk *t;

	if (a->nr == a->room) {
		unsigned room = a->room ? 2 * a->room : 16;
		t = realloc(a->thunk, room * sizeof(*t));
		if (!t)
			return -ENOMEM;
		a->thunk = t;
		a->room = room;
	}
	if (syscall_patch_emit(p, m->addr + index * THUNK_SIZE, m->addr, code))
		return -EINVAL;
	t = &a->thunk[a->nr];
	*t = (struct thunk){ index, *p };
	t->patch.start -= m->addr;
	t->patch.after -= m->addr;
	a->used[index / 32] |= 1u << (index % 32);
	memcpy(a->mem + index * THUNK_SIZE, code, THUNK_SIZE);
	return (int)a->nr++;
}

/* ---- sites ---- */

/* The first site that ends above addr. */
static unsigned site_after(const struct rewrites *r, gaddr_t addr)
{
	unsigned lo = 0, hi = r->nr;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		if (r->site[mid].start + r->site[mid].len > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

bool trap_site_covers(const struct rewrites *r, gaddr_t start, gaddr_t end)
{
	unsigned i = site_after(r, start);

	return i < r->nr && r->site[i].start < end;
}

/* The patch that covers addr, or NULL. */
static const struct thunk *site_thunk(const struct rewrites *r, gaddr_t addr, gaddr_t *area)
{
	unsigned i = site_after(r, addr);

	if (i == r->nr || r->site[i].start > addr)
		return NULL;
	const struct area_map *m = &r->area[r->site[i].area];
	*area = m->addr;
	return &m->a->thunk[r->site[i].nr];
}

int trap_site_add(struct rewrites *r, const struct syscall_patch *p, unsigned area, unsigned nr)
{
	unsigned i = site_after(r, p->start);

	if (r->nr == r->room) {
		unsigned room = r->room ? 2 * r->room : 16;
		struct site *s = realloc(r->site, room * sizeof(*s));
		if (!s)
			return -ENOMEM;
		r->site = s;
		r->room = room;
	}
	memmove(&r->site[i + 1], &r->site[i], (r->nr - i) * sizeof(*r->site));
	r->site[i] = (struct site){ p->start, p->len, (uint16_t)area, (uint16_t)nr };
	r->nr++;
	return 0;
}

void trap_as_forget(struct as *as, gaddr_t start, gaddr_t end)
{
	struct rewrites *r = as->rewrites;

	if (!r)
		return;
	unsigned i = site_after(r, start), j = i;
	while (j < r->nr && r->site[j].start < end)
		j++;
	if (j > i)
		memmove(&r->site[i], &r->site[j], (r->nr - j) * sizeof(*r->site));
	r->nr -= j - i;
	for (i = 0; i < ARRAY_LEN(r->counter); i++)
		if (r->counter[i].pc >= start && r->counter[i].pc < end)
			r->counter[i].pc = 0;
}

int trap_rewrites_fork(const struct as *parent, struct as *child)
{
	const struct rewrites *p = parent->rewrites;
	struct rewrites *r;

	if (!p)
		return 0;
	r = malloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = *p;
	r->room = r->nr;
	r->site = r->nr ? malloc(r->nr * sizeof(*r->site)) : NULL;
	if (r->nr && !r->site) {
		free(r);
		return -ENOMEM;
	}
	if (r->nr)
		memcpy(r->site, p->site, r->nr * sizeof(*r->site));
	for (unsigned i = 0; i < r->nr_areas; i++)
		r->area[i].a->refs++;
	child->rewrites = r;
	return 0;
}

void trap_rewrites_free(struct as *as)
{
	struct rewrites *r = as->rewrites;

	if (!r)
		return;
	for (unsigned i = 0; i < r->nr_areas; i++)
		trap_area_unref(r->area[i].a);
	free(r->site);
	free(r);
	as->rewrites = NULL;
}

/* ---- counting ---- */

/* Of a site that isn't known yet: the one least used goes, and those that stay have to earn it. */
static struct counter *counter_new(struct counter *set, gaddr_t pc)
{
	struct counter *least = set;

	for (struct counter *c = set; c < set + COUNTER_WAYS; c++) {
		if (c->traps)
			c->traps--;
		if (c->traps < least->traps)
			least = c;
	}
	*least = (struct counter){ .pc = pc };
	return least;
}

static struct counter *counter_of(struct rewrites *r, gaddr_t pc)
{
	unsigned hash = (unsigned)((pc * 0x9e3779b97f4a7c15ULL) >> 32) % COUNTER_SETS;
	struct counter *set = &r->counter[hash * COUNTER_WAYS];

	for (struct counter *c = set; c < set + COUNTER_WAYS; c++)
		if (c->pc == pc)
			return c;
	return counter_new(set, pc);
}

bool trap_rewrite_due(struct as *as, gaddr_t pc, bool *due)
{
	struct rewrites *r = trap_g.params->has_fsgsbase && !platform_options.no_rewrite
	                             ? trap_rewrites_of(as) : NULL;

	*due = false;
	if (!r)
		return false;
	struct counter *c = counter_of(r, pc);
	if (c->traps < UINT8_MAX)
		c->traps++;
	if (c->tried)
		return false;
	*due = c->tried = c->traps >= WORTH_IT;
	return true;
}

/* ---- what a guest knows of its pc ---- */

static const struct thunk *thunk_at(const struct rewrites *r, gaddr_t pc, unsigned *off, gaddr_t *area)
{
	for (unsigned i = 0; i < r->nr_areas; i++) {
		const struct thunk_area *a = r->area[i].a;

		*area = r->area[i].addr;
		if (pc - *area >= AS_THUNK_AREA)
			continue;
		*off = (unsigned)(pc - *area) % THUNK_SIZE;
		for (unsigned k = 0; k < a->nr; k++)
			if (a->thunk[k].index == (pc - *area) / THUNK_SIZE)
				return &a->thunk[k];
	}
	return NULL;
}

gaddr_t trap_pc_shown(const struct as *as, gaddr_t pc)
{
	const struct thunk *t;
	gaddr_t area;
	unsigned off;

	t = as->rewrites ? thunk_at(as->rewrites, pc, &off, &area) : NULL;
	if (!t)
		return pc;
	struct syscall_patch p = trap_patch_at(t, area);
	if (off < p.tail)
		return p.start;
	if (off >= p.resume)
		return p.mov ? p.after : p.start + p.len;
	for (unsigned i = p.nr_moved; i-- > 0;)
		if (off >= p.moved_to[i])
			return p.start + p.moved[i];
	return p.after;
}

gaddr_t trap_pc_meant(const struct as *as, gaddr_t pc)
{
	gaddr_t area;
	const struct thunk *t = as->rewrites ? site_thunk(as->rewrites, pc, &area) : NULL;

	for (unsigned i = 0; t && i < t->patch.nr_moved; i++)
		if (pc == t->patch.start + area + t->patch.moved[i])
			return area + t->index * THUNK_SIZE + t->patch.moved_to[i];
	return pc;
}

bool trap_pc_retry(const struct as *as, int signo, gaddr_t *pc)
{
	gaddr_t at = signo == SIGTRAP ? *pc - 1 : *pc, area;
	const struct thunk *t;

	if (signo != SIGTRAP && signo != SIGILL)
		return false;
	t = site_thunk(as->rewrites, at, &area);
	if (!t)
		return false;
	if (signo == SIGTRAP && at == t->patch.start + area) {
		*pc = at; /* the breakpoint of a change that is, or was, under way */
		return true;
	}
	*pc = trap_pc_meant(as, at);
	return *pc != at;
}

/* ---- changing code ---- */

/* Operations for one hand-over. */
struct change {
	struct slot *slot;
	unsigned n;         /* operations in it; the slot's own number is the guest's to change */
	gaddr_t start, end; /* pages */
};

static void add_op(struct change *c, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	/* The most that is asked for fits: see the callers. */
	if (c->n < SLOT_OPS_MAX)
		c->slot->ops[c->n++] = (struct stub_op){ .nr = nr, .args = { a0, a1, a2 } };
}

static void poke(struct change *c, gaddr_t addr, const uint8_t *bytes, unsigned n)
{
	while (n) {
		unsigned k = MIN(n, 8u);
		uint64_t word = 0;

		memcpy(&word, bytes, k);
		add_op(c, OP_POKE, addr, word, k);
		addr += k;
		bytes += k;
		n -= k;
	}
}

static void barrier(struct change *c)
{
	add_op(c, SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	add_op(c, SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
}

static CO_FN void change_begin(struct change *c, struct ctx *by, const struct syscall_patch *p)
{
	c->slot = trap_ops_begin(by);
	c->n = 0;
	c->start = PAGE_DOWN(p->start);
	c->end = PAGE_UP(p->start + p->len);
	add_op(c, SYS_mprotect, c->start, c->end - c->start, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static CO_FN int change_end(struct change *c, struct ctx *by)
{
	add_op(c, SYS_mprotect, c->start, c->end - c->start, PROT_READ | PROT_EXEC);
	return trap_ops_run(by, c->n);
}

static bool has_other_threads(const struct as *as)
{
	const struct ctx *first = LIST_FIRST(&as->ctxs);

	return first && LIST_NEXT(first, as_entry);
}

/*
 * The bytes of a patch from old to new, or back. With other threads running, no pc may ever see half
 * of it: first traps where instructions begin, then the rest, then what is at those places.
 */
static CO_FN int put_code(struct ctx *by, const struct syscall_patch *p, const uint8_t *bytes)
{
	static const uint8_t trap = BREAKPOINT;
	uint8_t with_traps[PATCH_MAX];
	struct change c;

	change_begin(&c, by, p);
	if (!has_other_threads(by->as)) {
		poke(&c, p->start, bytes, p->len);
		return change_end(&c, by);
	}
	memcpy(with_traps, bytes, p->len);
	with_traps[0] = trap;
	poke(&c, p->start, &trap, 1);
	for (unsigned i = 0; i < p->nr_moved; i++) {
		with_traps[p->moved[i]] = trap;
		poke(&c, p->start + p->moved[i], &trap, 1);
	}
	barrier(&c);
	poke(&c, p->start, with_traps, p->len);
	barrier(&c);
	for (unsigned i = 0; i < p->nr_moved; i++)
		poke(&c, p->start + p->moved[i], bytes + p->moved[i], 1);
	poke(&c, p->start, bytes, 1);
	barrier(&c);
	return change_end(&c, by);
}

/* A thunk for p that all who map the file may have; another process may have made it. */
static int text_thunk(struct text *text, gaddr_t base, const struct area_map *m, struct syscall_patch *p)
{
	int nr = trap_text_find(text, p->start - base);

	if (nr < 0)
		return trap_thunk_new(m, p);
	struct syscall_patch q = trap_patch_at(&m->a->thunk[nr], m->addr);
	if (q.start != p->start || q.len != p->len || q.nr_context != p->nr_context ||
	    memcmp(q.context, p->context, p->nr_context))
		return -EINVAL;
	*p = q;
	return nr;
}

/* A thunk for p, in the area whose place in r->area is *area. */
static int find_thunk(struct rewrites *r, const struct as_rewrite *rq, struct syscall_patch *p,
                      unsigned *area)
{
	int nr = -ENOSPC;

	if (rq->text && !rq->elsewhere) {
		int mapped = trap_text_area_of(rq->text, r, rq->base);
		if (mapped < 0)
			return -ENOSPC;
		*area = (unsigned)mapped;
		nr = text_thunk(rq->text, rq->base, &r->area[mapped], p);
		return nr == -ENOSPC ? -EINVAL : nr;
	}
	for (unsigned i = 0; i < r->nr_areas && nr == -ENOSPC; i++) {
		*area = i;
		if (!r->area[i].a->shared)
			nr = trap_thunk_new(&r->area[i], p);
	}
	return nr;
}

/* What was rewritten is to be so in the next processes. */
static void learn(const struct as_rewrite *rq, struct syscall_patch p, unsigned nr)
{
	int shared = (int)nr;

	if (rq->elsewhere) {
		struct area_map m = trap_text_map(rq->text, rq->base);
		shared = m.a ? text_thunk(rq->text, rq->base, &m, &p) : -ENOMEM;
	}
	if (shared >= 0)
		trap_text_note(rq->text, p.start - rq->base, (unsigned)shared, rq->common);
}

static CO_FN int rewrite(struct ctx *by, const struct as_rewrite *rq)
{
	struct rewrites *r = trap_rewrites_of(by->as);
	struct syscall_patch p;
	unsigned i;

	if (!r || by->own_gs || by->as->dead || r->nr >= SITES_MAX)
		return -EINVAL;
	int err = syscall_patch_plan(&p, rq->after, rq->nr, rq->code, rq->code_addr, rq->n);
	if (err)
		return err;
	if (!syscall_patch_near(&p))
		return -EINVAL;
	if (trap_site_covers(r, p.start, p.start + p.len))
		return -EINVAL; /* in the middle of another */
	int nr = find_thunk(r, rq, &p, &i);
	if (nr < 0)
		return nr;
	/* Known before the first byte changes: traps there have to be told from the guest's. */
	err = trap_site_add(r, &p, i, (unsigned)nr);
	if (!err)
		err = put_code(by, &p, p.new);
	if (err)
		trap_as_forget(by->as, p.start, p.start + p.len);
	else if (rq->text && (rq->common || !rq->elsewhere))
		learn(rq, p, (unsigned)nr);
	return err;
}

CO_FN int trap_as_rewrite(struct ctx *by, const struct as_rewrite *rq)
{
	int err = rewrite(by, rq);

	if (!err)
		platform_stats.rewritten++;
	else if (err != -ENOSPC)
		platform_stats.unfit++;
	return err;
}

CO_FN int trap_as_restore(struct ctx *by, gaddr_t start, gaddr_t end)
{
	struct rewrites *r = by->as->rewrites;
	const struct thunk *t;
	gaddr_t area;
	unsigned i;

	while (r && (i = site_after(r, start)) < r->nr && r->site[i].start < end) {
		t = site_thunk(r, r->site[i].start, &area);
		struct syscall_patch p = trap_patch_at(t, area);
		int err = put_code(by, &p, p.old);
		trap_as_forget(by->as, p.start, p.start + p.len);
		if (err)
			return err;
	}
	return 0;
}
