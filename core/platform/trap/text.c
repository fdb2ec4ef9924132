/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of a file's code: system calls that were rewritten in one process, to be rewritten in the
 * next ones when they map the file. Layer: core.
 *
 * All processes share the thunks of a file, in an area that lies just before it in each of them: so jumps
 * and thunks are the same bytes everywhere. The stub compares all bytes that a change was decided by,
 * before it makes any, and does all or nothing: a file that was changed meanwhile is left alone from then on.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/objcount.h"
#include "core/platform/trap/rewrite.h"

/* A page that is changed is copied for the process: more than these aren't worth it. */
#define PAGES_MAX 64

OBJCOUNT(text_count, "known text");

struct text_site {
	uint64_t off; /* in the file */
	uint16_t nr;  /* of its thunk */
	bool wanted;
};

struct text {
	int refs;
	struct thunk_area *area; /* NULL: none yet; it ends where the file begins */
	int fd;
	struct text_site *site; /* by offset */
	unsigned nr, room, nr_wanted;
	bool stale;    /* it isn't what it was */
};

struct text *trap_text_new(void)
{
	struct text *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->refs = 1;
	t->fd = -1;
	obj_born(&text_count);
	return t;
}

struct text *trap_text_ref(struct text *t)
{
	t->refs++;
	return t;
}

void trap_text_unref(struct text *t)
{
	if (--t->refs)
		return;
	if (t->area)
		trap_area_unref(t->area);
	if (t->fd >= 0)
		close(t->fd);
	free(t->site);
	free(t);
	obj_died(&text_count);
}

/* ---- the area ---- */

int trap_text_area(struct text *t)
{
	if (!t->area) {
		int fd = trap_area_new(&t->area);

		if (fd < 0)
			return fd;
		t->fd = fd;
		t->area->shared = true;
	}
	return t->fd;
}

struct area_map trap_text_map(struct text *t, gaddr_t base)
{
	trap_text_area(t);
	return (struct area_map){ t->area, base - AS_THUNK_AREA };
}

int trap_text_area_of(const struct text *t, const struct rewrites *r, gaddr_t base)
{
	for (unsigned i = 0; t->area && i < r->nr_areas; i++)
		if (r->area[i].a == t->area && r->area[i].addr == base - AS_THUNK_AREA)
			return (int)i;
	return -1;
}

bool trap_as_has_text(struct as *as, const struct text *t, gaddr_t base)
{
	return as->rewrites && trap_text_area_of(t, as->rewrites, base) >= 0;
}

int trap_as_add_text(struct as *as, struct text *t, gaddr_t base)
{
	struct rewrites *r = trap_rewrites_of(as);

	if (!r || !t->area || r->nr_areas == AREAS_MAX)
		return -ENOMEM;
	if (trap_text_area_of(t, r, base) < 0) {
		t->area->refs++;
		r->area[r->nr_areas++] = (struct area_map){ t->area, base - AS_THUNK_AREA };
	}
	return 0;
}

/* ---- sites ---- */

/* The first that doesn't lie below off. */
static unsigned at_or_after(const struct text *t, uint64_t off)
{
	unsigned lo = 0, hi = t->nr;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		if (t->site[mid].off >= off)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int trap_text_find(const struct text *t, uint64_t off)
{
	unsigned i = at_or_after(t, off);

	return i < t->nr && t->site[i].off == off ? t->site[i].nr : -1;
}

static struct text_site *site_insert(struct text *t, unsigned i)
{
	if (t->nr == t->room) {
		unsigned room = t->room ? 2 * t->room : 16;
		struct text_site *s = realloc(t->site, room * sizeof(*s));
		if (!s)
			return NULL;
		t->site = s;
		t->room = room;
	}
	memmove(&t->site[i + 1], &t->site[i], (t->nr - i) * sizeof(*t->site));
	t->nr++;
	return &t->site[i];
}

void trap_text_note(struct text *t, uint64_t off, unsigned nr, bool wanted)
{
	unsigned i = at_or_after(t, off);
	struct text_site *s = i < t->nr && t->site[i].off == off ? &t->site[i] : NULL;

	if (!s) {
		s = t->nr < UINT16_MAX ? site_insert(t, i) : NULL;
		if (!s)
			return;
		*s = (struct text_site){ .off = off, .nr = (uint16_t)nr };
	}
	t->nr_wanted += wanted && !s->wanted;
	s->wanted |= wanted;
}

/* ---- when the file is mapped ---- */

static bool next_wanted(const struct text *t, unsigned *i, uint64_t end)
{
	while (*i < t->nr && !t->site[*i].wanted)
		++*i;
	return *i < t->nr && t->site[*i].off + PATCH_MAX <= end;
}

bool trap_text_wanted(struct text *t, uint64_t off, uint64_t len)
{
	unsigned i = at_or_after(t, off);

	return !t->stale && t->nr_wanted && next_wanted(t, &i, off + len);
}

unsigned trap_text_room(const struct text *t)
{
	return MIN(t->nr_wanted, TEXT_PATCHES_MAX);
}

/* Isn't it so already? */
static bool is_patched(const struct as *as, const struct syscall_patch *p)
{
	return as->rewrites && trap_site_covers(as->rewrites, p->start, p->start + p->len);
}

unsigned trap_text_fill(const struct as *as, const struct text *t, gaddr_t base, uint64_t off, uint64_t len,
                        struct stub_patch *out)
{
	unsigned n = 0, pages = 0;
	gaddr_t last = 0;

	for (unsigned i = at_or_after(t, off); n < TEXT_PATCHES_MAX && next_wanted(t, &i, off + len); i++) {
		struct syscall_patch p = trap_patch_at(&t->area->thunk[t->site[i].nr], base - AS_THUNK_AREA);

		if (is_patched(as, &p))
			continue;
		pages += PAGE_DOWN(p.start) != last;
		last = PAGE_DOWN(p.start);
		if (pages > PAGES_MAX)
			break;
		out[n] = (struct stub_patch){
			.addr = p.start, .len = p.len, .was_addr = p.start - p.before, .nr_was = p.nr_context
		};
		memcpy(out[n].was, p.context, p.nr_context);
		memcpy(out[n++].new, p.new, p.len);
	}
	return n;
}

bool trap_text_next(struct text *t, struct as *as, gaddr_t base, uint64_t *off, uint64_t end,
                    uint64_t *after, uint64_t *nr)
{
	for (unsigned i = at_or_after(t, *off); !t->stale && next_wanted(t, &i, end); i++) {
		struct syscall_patch p = trap_patch_at(&t->area->thunk[t->site[i].nr], base - AS_THUNK_AREA);

		*off = t->site[i].off + 1;
		*after = p.after - base;
		*nr = p.nr;
		if (!is_patched(as, &p))
			return true;
	}
	return false;
}

void trap_text_applied(struct as *as, struct text *t, gaddr_t base, const struct stub_patch *done, unsigned n)
{
	int area = trap_text_area_of(t, as->rewrites, base);

	for (unsigned i = 0; i < n && area >= 0; i++) {
		unsigned nr = (unsigned)trap_text_find(t, done[i].addr - base);
		struct syscall_patch p = trap_patch_at(&t->area->thunk[nr], base - AS_THUNK_AREA);
		if (trap_site_add(as->rewrites, &p, (unsigned)area, nr))
			return; /* it works all the same, but for who looks at its own code */
		platform_stats.known++;
	}
}

void trap_text_undone(struct as *as, struct text *t, gaddr_t base, uint64_t off, uint64_t len, bool stale)
{
	t->stale |= stale;
	trap_as_forget(as, base + off, base + off + len);
}
