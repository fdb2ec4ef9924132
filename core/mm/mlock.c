/* SPDX-License-Identifier: Apache-2.0
 *
 * mlock(2), mlockall(2) and msync(2). Layer: core.
 *
 * Locking is accounting alone: limits, errors and what /proc shows are Linux's, but the host decides
 * what it pages out.
 */
#include <sys/resource.h>

#include "core/fs/file.h"
#include "core/mm/vma.h"

static bool may_lock_at_all(const struct mm_rlimits *lim)
{
	return !lim || lim->can_lock || lim->memlock;
}

static uint64_t locked_in(struct mm *mm, gaddr_t start, gaddr_t end)
{
	uint64_t pages = 0;

	for (struct vma *v = vma_meets(mm, start, end); v && v->start < end; v = vma_next(v))
		if (v->locked)
			pages += (MIN(v->end, end) - MAX(v->start, start)) >> PAGE_SHIFT;
	return pages;
}

/* Marks from start up to end or the first hole. */
static int mark(struct mm *mm, gaddr_t start, gaddr_t end, bool lock)
{
	struct vma_spares s;
	gaddr_t at = start;

	for (struct vma *v = vma_find(mm, start); v && v->start <= at && at < end; v = vma_next(v))
		at = MIN(v->end, end);
	if (at == start)
		return -ENOMEM;
	if (mm->nr_vmas + vma_splits(mm, start, at) > MM_MAX_MAPS)
		return -ENOMEM;
	int err = vma_spares_get(&s, 2);
	if (err)
		return err;
	vma_isolate(mm, start, at, &s);
	for (struct vma *v = vma_find(mm, start); v && v->start < at; v = vma_next(v))
		vma_set_locked(mm, v, lock);
	vma_merge(mm, start, at);
	mm_changed(mm);
	vma_spares_put(&s);
	return at < end ? -ENOMEM : 0;
}

CO_FN int mm_mlock(struct mm *mm, struct ctx *by UNUSED, const struct mm_rlimits *lim,
                   gaddr_t addr, uint64_t len, bool lock)
{
	if (lock && !may_lock_at_all(lim))
		return -EPERM;
	len = PAGE_UP(len + (addr & ~PAGE_MASK));
	addr = PAGE_DOWN(addr);
	gaddr_t end = addr + len;

	comutex_lock(&mm->lock);
	int err = 0;
	if (lock && lim && !lim->can_lock) {
		uint64_t pages = len >> PAGE_SHIFT;

		if (mm_may_lock(mm, lim, pages)) /* the limit comes before a length that wraps */
			pages -= locked_in(mm, addr, end < addr ? UINT64_MAX : end);
		err = mm_may_lock(mm, lim, pages) ? -ENOMEM : 0;
	}
	if (!err && end < addr)
		err = -EINVAL;
	if (!err && end != addr)
		err = mark(mm, addr, end, lock);
	comutex_unlock(&mm->lock);
	return err;
}

CO_FN int mm_mlockall(struct mm *mm, const struct mm_rlimits *lim, int flags)
{
	bool current = flags & MCL_CURRENT;

	if (flags && !may_lock_at_all(lim))
		return -EPERM;
	comutex_lock(&mm->lock);
	int err = 0;
	if (current && lim && !lim->can_lock && lim->memlock != RLIM_INFINITY &&
	    mm->total_pages > lim->memlock >> PAGE_SHIFT)
		err = -ENOMEM;
	if (!err) {
		mm->lock_future = flags & MCL_FUTURE;
		if (current || !flags) {
			for (struct vma *v = vma_find(mm, 0); v; v = vma_next(v))
				vma_set_locked(mm, v, current);
			vma_merge(mm, 0, TASK_SIZE);
			mm_changed(mm);
		}
	}
	comutex_unlock(&mm->lock);
	return err;
}

/*
 * A shared mapping is the file's own pages, so MS_SYNC is the file's fsync. The lock isn't held
 * while waiting for it: mappings may change meanwhile, and the walk goes on by address.
 */
static CO_FN int msync_range(struct mm *mm, gaddr_t start, gaddr_t end, int flags)
{
	int holes = 0;

	while (start < end) {
		comutex_lock(&mm->lock);
		struct vma *v = vma_find(mm, start);
		struct file *f = NULL;
		int err = 0;

		if (!v || v->start >= end) {
			err = -ENOMEM;
		} else {
			if (v->start > start)
				holes = -ENOMEM;
			if ((flags & MS_INVALIDATE) && v->locked)
				err = -EBUSY;
			else if ((flags & MS_SYNC) && v->file && vma_shared(v) && v->file->ops->fsync)
				f = file_ref(v->file);
			start = v->end;
		}
		comutex_unlock(&mm->lock);
		if (f) {
			err = f->ops->fsync(f, true);
			file_unref(f);
		}
		if (err)
			return err;
		co_did_entries(1);
	}
	return holes;
}

CO_FN int mm_msync(struct mm *mm, gaddr_t addr, uint64_t len, int flags)
{
	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	if ((addr & ~PAGE_MASK) || ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	gaddr_t end = addr + PAGE_UP(len);
	if (end < addr || (len && !PAGE_UP(len)))
		return -ENOMEM;
	return end == addr ? 0 : msync_range(mm, addr, end, flags);
}
