/* SPDX-License-Identifier: Apache-2.0
 *
 * Picking addresses for new mappings: top-down below mmap_base, as Linux's
 * arch_get_unmapped_area_topdown. Layer: core; private to core/mm.
 *
 * The platform's window is avoided by searching above and below it, never by a fake mapping.
 */
#include "core/mm/build.h"
#include "core/mm/vma.h"

#define LOW_2G_START ((gaddr_t)0x40000000) /* MAP_32BIT: see mmap(2), "first 2 Gigabytes" */
#define LOW_2G_END ((gaddr_t)0x80000000)
#define NOWHERE UINT64_MAX

bool mm_in_window(gaddr_t start, gaddr_t end)
{
	const struct platform_limits *l = &platform->limits;

	return start < l->window_end && end > l->window_start;
}

uint64_t mm_span(gaddr_t addr, uint64_t n)
{
	const struct platform_limits *l = &platform->limits;

	if (addr >= TASK_SIZE)
		return 0;
	n = MIN(n, TASK_SIZE - addr);
	if (addr >= l->window_end)
		return n;
	return addr < l->window_start ? MIN(n, l->window_start - addr) : 0;
}

static gaddr_t gap_end(const struct vma *v)
{
	if (!(v->flags & MAP_GROWSDOWN))
		return v->start;
	return v->start > MM_GUARD_GAP ? v->start - MM_GUARD_GAP : 0;
}

/* The highest (or lowest) start of len bytes inside both [glo, ghi) and [lo, hi). */
static gaddr_t fit(gaddr_t glo, gaddr_t ghi, gaddr_t lo, gaddr_t hi, uint64_t len, bool top)
{
	lo = MAX(lo, glo);
	hi = MIN(hi, ghi);
	if (hi < lo || hi - lo < len)
		return NOWHERE;
	return top ? hi - len : lo;
}

/*
 * Searches the gaps below the mappings of a subtree. Sub-trees whose largest gap is too small, or
 * that lie outside [lo, hi), are skipped, so only one path and its fringe is visited.
 */
static gaddr_t search(const struct vma *v, gaddr_t lo, gaddr_t hi, uint64_t len, bool top)
{
	if (!v || v->max_gap < len)
		return NOWHERE;

	gaddr_t ghi = gap_end(v), glo = ghi - v->gap, found = NOWHERE;
	const struct vma *first = top ? RB_RIGHT(v, entry) : RB_LEFT(v, entry);
	const struct vma *second = top ? RB_LEFT(v, entry) : RB_RIGHT(v, entry);
	bool above = v->end < hi, below = v->start > lo;

	if (top ? above : below)
		found = search(first, lo, hi, len, top);
	if (found == NOWHERE && v->gap >= len)
		found = fit(glo, ghi, lo, hi, len, top);
	if (found == NOWHERE && (top ? below : above))
		found = search(second, lo, hi, len, top);
	return found;
}

static gaddr_t search_all(struct mm *mm, gaddr_t lo, gaddr_t hi, uint64_t len, bool top)
{
	if (hi <= lo || hi - lo < len)
		return NOWHERE;

	const struct vma *last = RB_ROOT(&mm->vmas);
	while (last && RB_RIGHT(last, entry))
		last = RB_RIGHT(last, entry);

	gaddr_t over = fit(last ? last->end : 0, TASK_SIZE, lo, hi, len, top);
	if (top && over != NOWHERE)
		return over;
	gaddr_t found = search(RB_ROOT(&mm->vmas), lo, hi, len, top);
	return found != NOWHERE ? found : over;
}

static gaddr_t search_outside_window(struct mm *mm, gaddr_t lo, gaddr_t hi, uint64_t len, bool top)
{
	const struct platform_limits *l = &platform->limits;
	gaddr_t alo = MAX(lo, l->window_end), bhi = MIN(hi, l->window_start);

	if (!mm_in_window(lo, hi))
		return search_all(mm, lo, hi, len, top);
	gaddr_t found = top ? search_all(mm, alo, hi, len, top) : search_all(mm, lo, bhi, len, top);
	if (found != NOWHERE)
		return found;
	return top ? search_all(mm, lo, bhi, len, top) : search_all(mm, alo, hi, len, top);
}

static bool hint_is_free(struct mm *mm, gaddr_t hint, uint64_t len)
{
	if (hint < MM_MIN_ADDR || hint > TASK_SIZE - len || mm_in_window(hint, hint + len))
		return false;
	const struct vma *v = vma_find(mm, hint);
	return !v || hint + len <= gap_end(v);
}

int64_t mm_place(struct mm *mm, gaddr_t hint, uint64_t len, int flags)
{
	gaddr_t found;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & MAP_32BIT) {
		if (hint >= LOW_2G_START && hint + len <= LOW_2G_END && hint_is_free(mm, hint, len))
			return (int64_t)hint;
		found = search_outside_window(mm, LOW_2G_START, LOW_2G_END, len, false);
		return found == NOWHERE ? -ENOMEM : (int64_t)found;
	}
	if (hint && hint_is_free(mm, hint, len))
		return (int64_t)hint;
	found = search_outside_window(mm, MM_MIN_ADDR, mm->mmap_base, len, true);
	if (found == NOWHERE)
		found = search_outside_window(mm, PAGE_UP(TASK_SIZE / 3), TASK_SIZE, len, false);
	return found == NOWHERE ? -ENOMEM : (int64_t)found;
}

int64_t mm_place_for(struct mm *mm, uint64_t len)
{
	return mm_place(mm, 0, len, 0);
}
