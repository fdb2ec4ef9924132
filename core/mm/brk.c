/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of brk(2) and stacks that grow by being touched. Layer: core.
 */
#include <sys/resource.h>

#include "core/mm/vma.h"

/* Maps zeroed private memory where nothing is: all checks are done. */
static CO_FN int map_zero(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int prot,
                          int flags, const char *name)
{
	bool locked = mm->lock_future;
	struct as_op op = {
		.kind = AS_MAP, .addr = addr, .len = len, .prot = prot, .fd = -1,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | (flags & MAP_NORESERVE) |
		         (locked ? MAP_POPULATE : 0),
	};
	struct vma *v = vma_new();

	if (!v)
		return -ENOMEM;
	op.later = !locked && mm_may_wait(mm, &op);
	mm->later.len = 0; /* the heap's end can't be taken back */
	int err = mm_host(mm, by, &op, false, NULL);
	if (err) {
		vma_free(v);
		return err;
	}
	v->start = addr;
	v->end = addr + len;
	v->prot = prot;
	v->flags = MAP_PRIVATE | MAP_ANONYMOUS | flags;
	v->locked = locked;
	v->name = name;
	vma_insert(mm, v);
	vma_merge(mm, addr, addr + len);
	mm_changed(mm);
	return 0;
}

static bool heap_fits(struct mm *mm, const struct mm_rlimits *lim, gaddr_t old, gaddr_t new)
{
	struct vma *next = vma_find(mm, old);
	uint64_t pages = (new - old) >> PAGE_SHIFT;

	if (new > TASK_SIZE || mm_in_window(old, new))
		return false;
	if (next) {
		/* A page stays free above, and the guard gap below a stack. */
		gaddr_t top = next->start;
		if (next->flags & MAP_GROWSDOWN)
			top = top > MM_GUARD_GAP ? top - MM_GUARD_GAP : 0;
		if (new + PAGE_SIZE > top)
			return false;
	}
	if (mm->lock_future && mm_may_lock(mm, lim, pages))
		return false;
	return !mm_may_expand(mm, lim, pages, true) && mm->nr_vmas <= MM_MAX_MAPS;
}

static CO_FN void brk_locked(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                             gaddr_t brk)
{
	if (brk < mm->brk_start || brk > TASK_SIZE)
		return;
	if (lim && lim->data != RLIM_INFINITY &&
	    (brk - mm->brk_start) + (mm->data_end - mm->data_start) > lim->data)
		return;

	gaddr_t old = PAGE_UP(mm->brk), new = PAGE_UP(brk);
	int err = 0;
	if (new < old)
		err = munmap_locked(mm, by, new, old - new);
	else if (new > old)
		err = heap_fits(mm, lim, old, new)
		              ? map_zero(mm, by, old, new - old, PROT_READ | PROT_WRITE, 0, "[heap]")
		              : -ENOMEM;
	if (!err)
		mm->brk = brk;
}

CO_FN int64_t mm_brk(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t brk)
{
	comutex_lock(&mm->lock);
	brk_locked(mm, by, lim, brk);
	int64_t now = (int64_t)mm->brk;
	comutex_unlock(&mm->lock);
	return now;
}

/* acct_stack_growth() of Linux. */
static int stack_fits(struct mm *mm, const struct mm_rlimits *lim, struct vma *v, gaddr_t start)
{
	struct vma *below = vma_prev(v);
	uint64_t pages = (v->start - start) >> PAGE_SHIFT;

	if (start < MM_MIN_ADDR || mm_in_window(start, v->start))
		return -ENOMEM;
	if (below && below->prot != PROT_NONE && start < below->end + MM_GUARD_GAP)
		return -ENOMEM;
	if (below && start < below->end)
		return -ENOMEM;
	if (lim && lim->stack != RLIM_INFINITY && v->end - start > lim->stack)
		return -ENOMEM;
	if (v->locked && mm_may_lock(mm, lim, pages))
		return -ENOMEM;
	return mm_may_expand(mm, lim, pages, false);
}

static CO_FN int expand_locked(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                               gaddr_t addr)
{
	gaddr_t start = PAGE_DOWN(addr);
	struct vma *v = vma_find(mm, addr);

	if (!v)
		return -EFAULT;
	if (v->start <= addr)
		return 0; /* another thread was faster */
	if (!(v->flags & MAP_GROWSDOWN))
		return -EFAULT;
	int err = stack_fits(mm, lim, v, start);
	if (err)
		return err;
	struct as_op op = {
		.kind = AS_MAP, .addr = start, .len = v->start - start, .prot = v->prot, .fd = -1,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS | (v->flags & MAP_NORESERVE),
	};
	err = mm_host(mm, by, &op, false, NULL);
	if (err)
		return err;
	vma_set_start(mm, vma_find(mm, addr), start);
	mm_changed(mm);
	return 0;
}

CO_FN int mm_expand_stack(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                          gaddr_t addr)
{
	if (!mm_span(addr, 1))
		return -EFAULT;
	comutex_lock(&mm->lock);
	int err = expand_locked(mm, by, lim, addr);
	comutex_unlock(&mm->lock);
	return err;
}
