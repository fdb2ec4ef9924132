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

#include "core/arch/x86_64/syscall_patch.h"
#include "core/objcount.h"
#include "core/platform/trap/stub.h"
#include "core/platform/trap/trap.h"

/* A call pays for its rewriting after about this many traps by signal. */
#define WORTH_IT 8
#define COUNTER_SETS 32
#define COUNTER_WAYS 4
#define THUNKS (AS_THUNK_AREA / THUNK_SIZE)
#define AREAS_MAX 8
#define SITES_MAX 8192
#define BREAKPOINT 0xcc

OBJCOUNT(area_count, "thunk area");

struct thunk {
	uint32_t index; /* in the area */
	struct syscall_patch patch;
};

struct thunk_area {
	int refs;
	gaddr_t addr;
	uint8_t *mem; /* what the guest executes */
	uint32_t used[THUNKS / 32];
	struct thunk *thunk; /* in order of making */
	unsigned nr, room;
};

struct site {
	gaddr_t start;
	uint32_t len;
	uint16_t area; /* in rewrites.area */
	uint16_t nr;   /* of its thunk there */
};

struct rewrites {
	struct site *site; /* by address */
	unsigned nr, room;
	struct thunk_area *area[AREAS_MAX];
	unsigned nr_areas;
	struct counter {
		gaddr_t pc;
		uint8_t traps;
		bool tried; /* and if it still traps, can't be rewritten */
	} counter[COUNTER_SETS * COUNTER_WAYS]; /* set by set */
};

/* ---- areas ---- */

static void area_unref(struct thunk_area *a)
{
	if (--a->refs)
		return;
	munmap(a->mem, AS_THUNK_AREA);
	free(a->thunk);
	free(a);
	obj_died(&area_count);
}

static struct rewrites *rewrites_of(struct as *as)
{
	if (!as->rewrites)
		as->rewrites = calloc(1, sizeof(*as->rewrites));
	return as->rewrites;
}

int trap_as_thunk_area(struct as *as, gaddr_t addr)
{
	struct rewrites *r = rewrites_of(as);
	struct thunk_area *a;
	uint64_t entry = STUB_ADDR(stub_fast_entry);
	char path[64];

	if (!r || r->nr_areas == AREAS_MAX)
		return -ENOMEM;
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
	a->addr = addr;
	memcpy(a->mem, &entry, sizeof(entry));
	a->used[0] = 1;
	obj_born(&area_count);
	r->area[r->nr_areas++] = a;
	return ro;
fail:
	free(a);
	close(fd);
	return -ENOMEM;
}

/* A free thunk where the patch can reach it, or -1. */
static int find_place(const struct thunk_area *a, const struct syscall_patch *p)
{
	for (unsigned i = 0; i < THUNKS; i++)
		if (!(a->used[i / 32] >> (i % 32) & 1) && syscall_patch_fits(p, a->addr + i * THUNK_SIZE))
			return (int)i;
	return -1;
}

static struct thunk *thunk_new(struct thunk_area *a, unsigned index, const struct syscall_patch *p)
{
	uint8_t code[THUNK_SIZE];
	struct thunk *t;

	if (a->nr == a->room) {
		unsigned room = a->room ? 2 * a->room : 16;
		t = realloc(a->thunk, room * sizeof(*t));
		if (!t)
			return NULL;
		a->thunk = t;
		a->room = room;
	}
	t = &a->thunk[a->nr];
	*t = (struct thunk){ index, *p };
	if (syscall_patch_emit(&t->patch, a->addr + index * THUNK_SIZE, a->addr, code))
		return NULL;
	a->nr++;
	a->used[index / 32] |= 1u << (index % 32);
	memcpy(a->mem + index * THUNK_SIZE, code, THUNK_SIZE);
	return t;
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

/* The patch that covers addr, or NULL. */
static const struct thunk *site_thunk(const struct rewrites *r, gaddr_t addr,
                                      const struct thunk_area **area)
{
	unsigned i = site_after(r, addr);

	if (i == r->nr || r->site[i].start > addr)
		return NULL;
	*area = r->area[r->site[i].area];
	return &(*area)->thunk[r->site[i].nr];
}

static int site_add(struct rewrites *r, const struct syscall_patch *p, unsigned area, unsigned nr)
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
		r->area[i]->refs++;
	child->rewrites = r;
	return 0;
}

void trap_rewrites_free(struct as *as)
{
	struct rewrites *r = as->rewrites;

	if (!r)
		return;
	for (unsigned i = 0; i < r->nr_areas; i++)
		area_unref(r->area[i]);
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

bool trap_rewrite_due(struct as *as, gaddr_t pc)
{
	struct rewrites *r = trap_g.params->has_fsgsbase && !platform_options.no_rewrite
	                             ? rewrites_of(as) : NULL;

	if (!r)
		return false;
	struct counter *c = counter_of(r, pc);
	if (c->traps < UINT8_MAX)
		c->traps++;
	if (c->tried || c->traps < WORTH_IT)
		return false;
	c->tried = true;
	return true;
}

/* ---- what a guest knows of its pc ---- */

static const struct thunk *thunk_at(const struct rewrites *r, gaddr_t pc, unsigned *off)
{
	for (unsigned i = 0; i < r->nr_areas; i++) {
		const struct thunk_area *a = r->area[i];

		if (pc - a->addr >= AS_THUNK_AREA)
			continue;
		*off = (unsigned)(pc - a->addr) % THUNK_SIZE;
		for (unsigned k = 0; k < a->nr; k++)
			if (a->thunk[k].index == (pc - a->addr) / THUNK_SIZE)
				return &a->thunk[k];
	}
	return NULL;
}

gaddr_t trap_pc_shown(const struct as *as, gaddr_t pc)
{
	const struct syscall_patch *p;
	const struct thunk *t;
	unsigned off;

	t = as->rewrites ? thunk_at(as->rewrites, pc, &off) : NULL;
	if (!t)
		return pc;
	p = &t->patch;
	if (off < p->tail)
		return p->start;
	if (off >= p->resume)
		return p->mov ? p->after : p->start + p->len;
	for (unsigned i = p->nr_moved; i-- > 0;)
		if (off >= p->moved_to[i])
			return p->start + p->moved[i];
	return p->after;
}

gaddr_t trap_pc_meant(const struct as *as, gaddr_t pc)
{
	const struct thunk_area *a;
	const struct thunk *t = as->rewrites ? site_thunk(as->rewrites, pc, &a) : NULL;

	for (unsigned i = 0; t && i < t->patch.nr_moved; i++)
		if (pc == t->patch.start + t->patch.moved[i])
			return a->addr + t->index * THUNK_SIZE + t->patch.moved_to[i];
	return pc;
}

bool trap_pc_retry(const struct as *as, int signo, gaddr_t *pc)
{
	const struct thunk_area *a;
	gaddr_t at = signo == SIGTRAP ? *pc - 1 : *pc;
	const struct thunk *t;

	if (signo != SIGTRAP && signo != SIGILL)
		return false;
	t = site_thunk(as->rewrites, at, &a);
	if (!t)
		return false;
	if (signo == SIGTRAP && at == t->patch.start) {
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
	gaddr_t start, end; /* pages */
};

static void add_op(struct change *c, uint32_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	/* The most that is asked for fits: see the callers. */
	if (c->slot->nops < SLOT_OPS_MAX)
		c->slot->ops[c->slot->nops++] = (struct stub_op){ .nr = nr, .args = { a0, a1, a2 } };
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

static void change_begin(struct change *c, struct ctx *by, const struct syscall_patch *p)
{
	c->slot = by->slot;
	c->slot->nops = 0;
	c->start = PAGE_DOWN(p->start);
	c->end = PAGE_UP(p->start + p->len);
	add_op(c, SYS_mprotect, c->start, c->end - c->start, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static CO_FN int change_end(struct change *c, struct ctx *by)
{
	add_op(c, SYS_mprotect, c->start, c->end - c->start, PROT_READ | PROT_EXEC);
	int err = trap_ctx_command(by, CMD_OPS);
	return err ? err : c->slot->op_failed ? -EINVAL : 0;
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

static CO_FN int rewrite(struct ctx *by, const struct as_rewrite *rq)
{
	struct rewrites *r = rewrites_of(by->as);
	struct syscall_patch p;
	struct thunk *t = NULL;
	unsigned i;
	int at = -1, err;

	if (!r || by->own_gs || by->as->dead || r->nr >= SITES_MAX)
		return -EINVAL;
	err = syscall_patch_plan(&p, rq->after, rq->nr, rq->code, rq->code_addr, rq->n);
	if (err)
		return err;
	if (!syscall_patch_near(&p))
		return -EINVAL;
	i = site_after(r, p.start);
	if (i < r->nr && r->site[i].start < p.start + p.len)
		return -EINVAL; /* in the middle of another */
	for (i = 0; i < r->nr_areas && at < 0; i++)
		at = r->area[i]->nr < UINT16_MAX ? find_place(r->area[i], &p) : -1;
	if (at < 0)
		return -ENOSPC;
	struct thunk_area *a = r->area[--i];
	t = thunk_new(a, (unsigned)at, &p);
	if (!t)
		return -EINVAL;
	/* Known before the first byte changes: traps there have to be told from the guest's. */
	err = site_add(r, &p, i, a->nr - 1);
	p = t->patch;
	if (!err)
		err = put_code(by, &p, p.new);
	if (err)
		trap_as_forget(by->as, p.start, p.start + p.len);
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
	const struct thunk_area *a;
	const struct thunk *t;
	struct syscall_patch p;
	unsigned i;

	while (r && (i = site_after(r, start)) < r->nr && r->site[i].start < end) {
		t = site_thunk(r, r->site[i].start, &a);
		p = t->patch;
		int err = put_code(by, &p, p.old);
		trap_as_forget(by->as, p.start, p.start + p.len);
		if (err)
			return err;
	}
	return 0;
}
