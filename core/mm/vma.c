/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of mappings: order, splitting, merging, accounting, and the free gaps between them.
 * Layer: core. See vma.h for the rules.
 *
 * Each node knows the free bytes just below it and the largest such gap of its subtree, so a place
 * for a new mapping is found in logarithmic time however many mappings a guest makes.
 */
#include "core/mm/vma.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/fs/file.h"
#include "core/objcount.h"

OBJCOUNT(vma_count, "vma");

static int vma_cmp(const struct vma *a, const struct vma *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

/* libbsd's tree calls this for a node whose children changed. */
static void vma_augment(struct vma *v)
{
	const struct vma *l = RB_LEFT(v, entry), *r = RB_RIGHT(v, entry);

	v->max_gap = v->gap;
	if (l && l->max_gap > v->max_gap)
		v->max_gap = l->max_gap;
	if (r && r->max_gap > v->max_gap)
		v->max_gap = r->max_gap;
}
#undef RB_AUGMENT
#define RB_AUGMENT(x) vma_augment(x)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
RB_GENERATE_INTERNAL(vma_tree, vma, entry, vma_cmp, static UNUSED)
#pragma GCC diagnostic pop

struct vma *vma_new(void)
{
	struct vma *v = calloc(1, sizeof(*v));

	if (v)
		obj_born(&vma_count);
	return v;
}

void vma_free(struct vma *v)
{
	if (!v)
		return;
	if (v->file && v->file->ops->vma_close)
		v->file->ops->vma_close(v->file);
	if (v->file)
		file_unref(v->file);
	obj_died(&vma_count);
	free(v);
}

void vma_set_file(struct vma *v, struct file *f)
{
	v->file = f ? file_ref(f) : NULL;
	if (f && f->ops->vma_open)
		f->ops->vma_open(f);
}

int vma_spares_get(struct vma_spares *s, unsigned n)
{
	for (s->n = 0; s->n < n; s->n++) {
		s->v[s->n] = vma_new();
		if (!s->v[s->n]) {
			vma_spares_put(s);
			return -ENOMEM;
		}
	}
	return 0;
}

void vma_spares_put(struct vma_spares *s)
{
	while (s->n)
		vma_free(s->v[--s->n]);
}

struct vma *vma_find(struct mm *mm, gaddr_t addr)
{
	struct vma *v = RB_ROOT(&mm->vmas), *best = NULL;

	while (v) {
		if (v->end > addr) {
			best = v;
			v = RB_LEFT(v, entry);
		} else {
			v = RB_RIGHT(v, entry);
		}
	}
	return best;
}

struct vma *vma_prev(struct vma *v)
{
	return vma_tree_RB_PREV(v);
}

struct vma *vma_next(struct vma *v)
{
	return vma_tree_RB_NEXT(v);
}

struct vma *vma_meets(struct mm *mm, gaddr_t start, gaddr_t end)
{
	struct vma *v = vma_find(mm, start);

	return v && v->start < end ? v : NULL;
}

uint64_t vma_count_pages(struct mm *mm, gaddr_t start, gaddr_t end)
{
	uint64_t pages = 0;

	for (struct vma *v = vma_meets(mm, start, end); v && v->start < end; v = vma_next(v))
		pages += (MIN(v->end, end) - MAX(v->start, start)) >> PAGE_SHIFT;
	return pages;
}

/* ---- gaps ---- */

static uint64_t gap_below(struct vma *v)
{
	struct vma *p = vma_prev(v);
	gaddr_t low = p ? p->end : 0, high = v->start;

	if (v->flags & MAP_GROWSDOWN)
		high = high > MM_GUARD_GAP ? high - MM_GUARD_GAP : 0;
	return high > low ? high - low : 0;
}

static void augment_up(struct vma *v)
{
	for (; v; v = RB_PARENT(v, entry))
		vma_augment(v);
}

static void gap_changed(struct vma *v)
{
	if (!v)
		return;
	v->gap = gap_below(v);
	augment_up(v);
}

/* ---- accounting ---- */

bool vma_is_data(int prot, int flags)
{
	return (prot & PROT_WRITE) && !(flags & (MAP_SHARED | MAP_GROWSDOWN));
}

static void account(struct mm *mm, const struct vma *v, uint64_t pages, bool add)
{
	uint64_t n = add ? pages : -pages;

	mm->total_pages += n;
	if (vma_shared(v))
		mm->shared_pages += n;
	if (v->flags & MAP_GROWSDOWN)
		mm->stack_pages += n;
	if (vma_is_data(v->prot, v->flags))
		mm->data_pages += n;
	if (v->locked)
		mm->locked_pages += n;
}

void vma_set_prot(struct mm *mm, struct vma *v, int prot)
{
	account(mm, v, vma_pages(v), false);
	v->prot = prot;
	account(mm, v, vma_pages(v), true);
}

void vma_set_locked(struct mm *mm, struct vma *v, bool locked)
{
	account(mm, v, vma_pages(v), false);
	v->locked = locked;
	account(mm, v, vma_pages(v), true);
}

/* ---- structure ---- */

void vma_insert(struct mm *mm, struct vma *v)
{
	struct vma *clash = vma_tree_RB_INSERT(&mm->vmas, v);

	ASSERT(!clash, "a mapping was added where there is one");
	mm->nr_vmas++;
	account(mm, v, vma_pages(v), true);
	gap_changed(v);
	gap_changed(vma_next(v));
}

static void tree_remove(struct mm *mm, struct vma *v)
{
	struct vma *next = vma_next(v), *up = RB_PARENT(v, entry);

	vma_tree_RB_REMOVE(&mm->vmas, v);
	mm->nr_vmas--;
	account(mm, v, vma_pages(v), false);
	augment_up(up);
	gap_changed(next);
}

void vma_set_start(struct mm *mm, struct vma *v, gaddr_t start)
{
	account(mm, v, vma_pages(v), false);
	if (v->file)
		v->off -= v->start - start;
	v->start = start;
	account(mm, v, vma_pages(v), true);
	gap_changed(v);
}

void vma_set_end(struct mm *mm, struct vma *v, gaddr_t end)
{
	account(mm, v, vma_pages(v), false);
	v->end = end;
	account(mm, v, vma_pages(v), true);
	gap_changed(vma_next(v));
}

/* v keeps [start, at), the spare becomes [at, end). */
static void split(struct mm *mm, struct vma *v, gaddr_t at, struct vma_spares *s)
{
	ASSERT(s->n, "a split without a spare");
	struct vma *n = s->v[--s->n];

	*n = *v;
	vma_set_file(n, v->file);
	if (n->file)
		n->off += at - v->start;
	n->start = at;
	account(mm, v, vma_pages(n), false);
	v->end = at;
	vma_insert(mm, n);
}

static struct vma *crossing(struct mm *mm, gaddr_t at)
{
	struct vma *v = vma_find(mm, at);

	return v && v->start < at ? v : NULL;
}

unsigned vma_splits(struct mm *mm, gaddr_t start, gaddr_t end)
{
	return !!crossing(mm, start) + !!crossing(mm, end);
}

void vma_isolate(struct mm *mm, gaddr_t start, gaddr_t end, struct vma_spares *s)
{
	struct vma *v = crossing(mm, start);

	if (v)
		split(mm, v, start, s);
	v = crossing(mm, end);
	if (v)
		split(mm, v, end, s);
}

void vma_drop(struct mm *mm, gaddr_t start, gaddr_t end, struct vma_spares *s)
{
	vma_isolate(mm, start, end, s);
	struct vma *v = vma_find(mm, start);

	while (v && v->start < end) {
		struct vma *next = vma_next(v);

		tree_remove(mm, v);
		vma_free(v);
		v = next;
	}
}

static bool can_join(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags &&
	       a->advice == b->advice && a->locked == b->locked && a->file == b->file &&
	       a->name == b->name && (!a->file || a->off + (a->end - a->start) == b->off) &&
	       !(a->file && a->file->ops->vma_close);
}

void vma_merge(struct mm *mm, gaddr_t start, gaddr_t end)
{
	struct vma *v = vma_find(mm, start ? start - 1 : 0);

	while (v && v->start <= end) {
		struct vma *next = vma_next(v);

		if (next && can_join(v, next)) {
			tree_remove(mm, next);
			account(mm, v, vma_pages(next), true);
			v->end = next->end;
			gap_changed(vma_next(v));
			vma_free(next);
		} else {
			v = next;
		}
	}
}

void vma_clear(struct mm *mm)
{
	struct vma *v;

	while ((v = RB_ROOT(&mm->vmas)) != NULL) {
		tree_remove(mm, v);
		vma_free(v);
	}
}

/* ---- for everybody ---- */

struct vma *mm_find(struct mm *mm, gaddr_t addr)
{
	return vma_find(mm, addr);
}

struct vma *mm_next(struct vma *v)
{
	return vma_next(v);
}

void mm_verify(struct mm *mm)
{
	uint64_t total = 0, data = 0, stack = 0, locked = 0, shared = 0;
	struct vma *prev = NULL;
	unsigned n = 0;

	for (struct vma *v = vma_find(mm, 0); v; prev = v, v = vma_next(v)) {
		const struct vma *l = RB_LEFT(v, entry), *r = RB_RIGHT(v, entry);
		uint64_t max = v->gap;

		n++;
		ASSERT(v->start < v->end && v->end <= TASK_SIZE, "a mapping's range is wrong");
		ASSERT(!((v->start | v->end) & ~PAGE_MASK), "a mapping isn't aligned");
		ASSERT(!prev || prev->end <= v->start, "mappings overlap");
		ASSERT(!prev || !can_join(prev, v), "equal neighbours weren't merged");
		ASSERT(!(v->prot & ~PROT_ALL), "odd protection bits");
		ASSERT(vma_shared(v) != !!(v->flags & MAP_PRIVATE), "neither shared nor private");
		ASSERT(v->gap == gap_below(v), "a gap is stale");
		max = MAX(max, l ? l->max_gap : 0);
		max = MAX(max, r ? r->max_gap : 0);
		ASSERT(v->max_gap == max, "a subtree's largest gap is stale");
		total += vma_pages(v);
		data += vma_is_data(v->prot, v->flags) ? vma_pages(v) : 0;
		stack += v->flags & MAP_GROWSDOWN ? vma_pages(v) : 0;
		locked += v->locked ? vma_pages(v) : 0;
		shared += vma_shared(v) ? vma_pages(v) : 0;
	}
	ASSERT(n == mm->nr_vmas, "the number of mappings is wrong");
	ASSERT(total == mm->total_pages && data == mm->data_pages && stack == mm->stack_pages &&
	               locked == mm->locked_pages && shared == mm->shared_pages,
	       "accounting doesn't agree with the tree");
}
