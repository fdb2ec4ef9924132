/* SPDX-License-Identifier: Apache-2.0
 *
 * madvise(2). Layer: core. What has a meaning for memory goes to the stub, whose kernel acts on it;
 * what fork and core dumps ask about is remembered in the tree too.
 */
#include <fcntl.h>

#include "core/fs/file.h"
#include "core/log.h"
#include "core/mm/vma.h"

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef FALLOC_FL_KEEP_SIZE
#define FALLOC_FL_KEEP_SIZE 1
#define FALLOC_FL_PUNCH_HOLE 2
#endif

static bool is_anonymous(const struct vma *v)
{
	return !v->file && (v->flags & MAP_ANONYMOUS);
}

/* Is `advice` one that this kernel has? Memory failure injection is configured out. */
static bool is_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_WILLNEED:
	case MADV_DONTNEED: case MADV_FREE: case MADV_REMOVE: case MADV_DONTFORK: case MADV_DOFORK:
	case MADV_MERGEABLE: case MADV_UNMERGEABLE: case MADV_HUGEPAGE: case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP: case MADV_DODUMP: case MADV_WIPEONFORK: case MADV_KEEPONFORK:
	case MADV_COLD: case MADV_PAGEOUT: case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
	case MADV_COLLAPSE:
		return true;
	}
	return false;
}

/* May this mapping be advised so? */
static int check_mapping(const struct vma *v, int advice)
{
	switch (advice) {
	case MADV_DONTNEED: case MADV_COLD: case MADV_PAGEOUT:
		return v->locked ? -EINVAL : 0;
	case MADV_FREE:
		return is_anonymous(v) ? 0 : -EINVAL;
	case MADV_WIPEONFORK:
		return is_anonymous(v) && !vma_shared(v) ? 0 : -EINVAL;
	case MADV_REMOVE:
		if (v->locked || !v->file)
			return -EINVAL;
		return vma_shared(v) && v->file->can_write ? 0 : -EACCES;
	}
	return 0;
}

/* Same-page merging is a service of the host that picket doesn't use: nothing to hand on. */
static bool is_for_host(int advice)
{
	return advice != MADV_MERGEABLE && advice != MADV_UNMERGEABLE && advice != MADV_REMOVE;
}

/* Advice that sticks to the mapping: which bit, and whether it is set. */
static int sticky_bit(int advice, bool *set)
{
	*set = advice == MADV_DONTFORK || advice == MADV_WIPEONFORK || advice == MADV_DONTDUMP;
	switch (advice) {
	case MADV_DONTFORK: case MADV_DOFORK:
		return VMA_DONTFORK;
	case MADV_WIPEONFORK: case MADV_KEEPONFORK:
		return VMA_WIPEONFORK;
	case MADV_DONTDUMP: case MADV_DODUMP:
		return VMA_DONTDUMP;
	}
	return 0;
}

static CO_FN int advise_host(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end, int advice)
{
	struct as_op op = { .kind = AS_ADVISE, .addr = start, .len = end - start, .advice = advice };

	if (!by) /* another's address space: from outside */
		return platform->as_advise ? platform->as_advise(mm->as, start, end - start, advice) : -EPERM;
	return is_for_host(advice) ? mm_host(mm, by, &op, false, NULL) : 0;
}

/* Holes are punched through the file, which frees the pages for all who map it. */
static CO_FN int remove_range(struct mm *mm, gaddr_t start, gaddr_t end)
{
	struct vma *v = vma_find(mm, start);

	if (!v->file->ops->fallocate)
		return -EOPNOTSUPP;
	struct file *f = file_ref(v->file);
	int err = f->ops->fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	                            (int64_t)(v->off + (start - v->start)), (int64_t)(end - start));
	file_unref(f);
	return err;
}

/* [start, end) is mapped without holes and checked. */
static CO_FN int advise_run(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end, int advice)
{
	bool set;
	int bit = sticky_bit(advice, &set), err;
	struct vma_spares s = { .n = 0 };

	if (start == end)
		return 0;
	if (advice == MADV_REMOVE)
		return remove_range(mm, start, end);
	if (bit) {
		if (mm->nr_vmas + vma_splits(mm, start, end) > MM_MAX_MAPS)
			return -ENOMEM;
		err = vma_spares_get(&s, 2);
		if (err)
			return err;
	}
	err = advise_host(mm, by, start, end, advice);
	if (!err && bit) {
		vma_isolate(mm, start, end, &s);
		for (struct vma *v = vma_meets(mm, start, end); v && v->start < end; v = vma_next(v))
			v->advice = set ? v->advice | bit : v->advice & ~bit;
		vma_merge(mm, start, end);
		mm_changed(mm);
	}
	vma_spares_put(&s);
	return err;
}

/*
 * Goes over the range run by run: a run is a stretch without holes whose mappings allow the
 * advice. Holes don't stop it, but the result is -ENOMEM then.
 */
static CO_FN int madvise_locked(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end,
                                int advice)
{
	int result = 0;

	while (start < end) {
		struct vma *v = vma_find(mm, start);
		int stop = 0;

		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > start) {
			result = -ENOMEM;
			start = v->start;
		}
		gaddr_t at = start;
		while (v && v->start <= at && at < end) {
			stop = check_mapping(v, advice);
			if (stop)
				break;
			at = MIN(v->end, end);
			v = advice == MADV_REMOVE ? NULL : vma_next(v);
		}
		int err = advise_run(mm, by, start, at, advice);
		if (err || stop)
			return err ? err : stop;
		start = at;
	}
	return result;
}

static CO_FN int checked(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int advice)
{
	if (!is_known(advice)) {
		log_once("madvise", "madvise: advice %d isn't supported", advice);
		return -EINVAL;
	}
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	uint64_t n = PAGE_UP(len);
	if ((len && !n) || addr + n < addr)
		return -EINVAL;
	if (!n)
		return 0;
	comutex_lock(&mm->lock);
	int err = madvise_locked(mm, by, addr, addr + n, advice);
	comutex_unlock(&mm->lock);
	return err;
}

CO_FN int mm_madvise(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int advice)
{
	return checked(mm, by, addr, len, advice);
}

CO_FN int mm_madvise_remote(struct mm *mm, gaddr_t addr, uint64_t len, int advice)
{
	int err = checked(mm, NULL, addr, len, advice);

	if (err != -EPERM)
		return err;
	/* The host doesn't let us: nothing is lost by not giving a hint, but a collapse was no hint. */
	return advice == MADV_COLLAPSE ? -EAGAIN : 0;
}
