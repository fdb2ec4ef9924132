/* SPDX-License-Identifier: Apache-2.0
 *
 * mremap(2). Layer: core. Order of checks as in Linux's mm/mremap.c.
 */
#include "core/fs/file.h"
#include "core/mm/vma.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

struct remap {
	gaddr_t addr, new_addr;
	uint64_t old_len, new_len;
	int flags;
};

static bool is_special(const struct vma *v)
{
	/* The vDSO: mapped from a file that the guest doesn't see, so it has a size of its own. */
	return v->name && !v->file && (!strcmp(v->name, "[vdso]") || !strcmp(v->name, "[vvar]"));
}

/* vma_to_resize() of Linux. */
static int check_resize(struct mm *mm, const struct mm_rlimits *lim, const struct vma *v,
                        const struct remap *r)
{
	uint64_t more = (r->new_len - r->old_len) >> PAGE_SHIFT;

	if (!r->old_len && !vma_shared(v))
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) && is_special(v))
		return -EINVAL;
	if (r->old_len > v->end - r->addr)
		return -EFAULT;
	if (mm_in_window(r->addr, r->addr + r->old_len))
		return -ENOMEM;
	if (r->new_len == r->old_len)
		return 0;
	if (v->file && v->off + (r->addr - v->start) + r->new_len > INT64_MAX)
		return -EINVAL;
	if (is_special(v))
		return -EFAULT;
	if (v->locked) {
		int err = mm_may_lock(mm, lim, more);
		if (err)
			return err;
	}
	return mm_may_expand(mm, lim, more, vma_is_data(v->prot, v->flags));
}

/* Records that [addr, old_len) now is, or also is, at [new_addr, new_len). */
static void record_move(struct mm *mm, const struct remap *r, struct vma_spares *s)
{
	struct vma *v = vma_find(mm, r->addr), *n = s->v[--s->n];

	n->start = r->new_addr;
	n->end = r->new_addr + r->new_len;
	n->prot = v->prot;
	n->flags = v->flags;
	n->advice = v->advice;
	n->locked = v->locked;
	vma_set_file(n, v->file);
	n->off = v->file ? v->off + (r->addr - v->start) : 0;
	n->name = is_special(v) ? v->name : NULL; /* the heap and the stack stay where they are */
	if (r->flags & MREMAP_DONTUNMAP) {
		vma_isolate(mm, r->addr, r->addr + r->old_len, s);
		vma_set_locked(mm, vma_find(mm, r->addr), false);
		vma_merge(mm, r->addr, r->addr + r->old_len);
	} else if (r->old_len) {
		vma_drop(mm, r->addr, r->addr + r->old_len, s);
	}
	vma_insert(mm, n);
	vma_merge(mm, n->start, n->end);
	mm_changed(mm);
}

static CO_FN int move(struct mm *mm, struct ctx *by, const struct remap *r)
{
	struct as_op op = {
		.kind = AS_REMAP, .addr = r->addr, .len = r->old_len, .new_addr = r->new_addr,
		.new_len = r->new_len, .flags = MREMAP_MAYMOVE | (r->flags & MREMAP_DONTUNMAP),
	};
	struct vma_spares s;

	if (mm->nr_vmas + 2 >= MM_MAX_MAPS - 3)
		return -ENOMEM;
	int err = vma_spares_get(&s, 3);
	if (err)
		return err;
	err = mm_host(mm, by, &op, false, NULL);
	if (!err)
		record_move(mm, r, &s);
	vma_spares_put(&s);
	/* The host may see two mappings where the tree, and the guest, see one. */
	return err == -EFAULT ? -ENOMEM : err;
}

static bool can_grow(struct mm *mm, const struct vma *v, const struct remap *r)
{
	gaddr_t end = r->addr + r->new_len;

	if (r->addr + r->old_len != v->end || r->new_len > TASK_SIZE - r->addr)
		return false;
	return !vma_meets(mm, v->end, end) && !mm_in_window(v->end, end);
}

/* Maps the new end of v freshly: for when the host can't grow what it has in several pieces. */
static CO_FN int map_more(struct mm *mm, struct ctx *by, const struct vma *v, gaddr_t end)
{
	struct as_op op = {
		.kind = AS_MAP, .addr = v->end, .len = end - v->end, .prot = v->prot, .fd = -1,
		.flags = (v->flags & (MAP_SHARED | MAP_PRIVATE | MAP_NORESERVE)) | MAP_ANONYMOUS,
	};

	if (v->file) {
		int err = mm_file_fd(v->file, v->prot, vma_shared(v), v->off + (v->end - v->start),
		                     op.len, &op.fd, &op.off);
		if (err)
			return err;
		if (op.fd >= 0)
			op.flags &= ~MAP_ANONYMOUS;
		else if (vma_shared(v))
			return -ENOMEM;
	}
	return mm_host(mm, by, &op, op.fd >= 0, NULL);
}

static CO_FN int grow(struct mm *mm, struct ctx *by, struct vma *v, const struct remap *r)
{
	struct as_op op = {
		.kind = AS_REMAP, .addr = r->addr, .len = r->old_len, .new_addr = r->addr,
		.new_len = r->new_len,
	};
	gaddr_t old_end = v->end, end = r->addr + r->new_len;
	/* A shared mapping can't be remapped from nothing in place. */
	int err = r->old_len ? mm_host(mm, by, &op, false, NULL) : -EFAULT;

	if (err == -EFAULT)
		err = map_more(mm, by, v, end);
	if (err)
		return err;
	vma_set_end(mm, vma_find(mm, r->addr), end);
	vma_merge(mm, old_end, end);
	mm_changed(mm);
	return 0;
}

/* MREMAP_FIXED or MREMAP_DONTUNMAP: mremap_to() of Linux. */
static CO_FN int64_t remap_to(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                              struct remap *r)
{
	bool fixed = r->flags & MREMAP_FIXED;
	int err;

	if ((r->new_addr & ~PAGE_MASK) || r->new_len > TASK_SIZE ||
	    r->new_addr > TASK_SIZE - r->new_len)
		return -EINVAL;
	if (r->addr + r->old_len > r->new_addr && r->new_addr + r->new_len > r->addr)
		return -EINVAL;
	if (mm->nr_vmas + 2 >= MM_MAX_MAPS - 3)
		return -ENOMEM;
	if (fixed) {
		if (r->new_addr < MM_MIN_ADDR)
			return -EPERM;
		if (mm_in_window(r->new_addr, r->new_addr + r->new_len))
			return -ENOMEM;
		err = munmap_locked(mm, by, r->new_addr, r->new_len);
		if (err)
			return err;
	}
	if (r->old_len > r->new_len) {
		if (r->old_len > TASK_SIZE - r->addr)
			return -EINVAL;
		err = munmap_locked(mm, by, r->addr + r->new_len, r->old_len - r->new_len);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	struct vma *v = vma_find(mm, r->addr);
	if (!v || v->start > r->addr)
		return -EFAULT;
	err = check_resize(mm, lim, v, r);
	if (!err && (r->flags & MREMAP_DONTUNMAP))
		err = mm_may_expand(mm, lim, r->new_len >> PAGE_SHIFT, vma_is_data(v->prot, v->flags));
	if (err)
		return err;
	if (!fixed) {
		int64_t at = mm_place(mm, r->new_addr, r->new_len, 0);
		if (at < 0)
			return at;
		r->new_addr = (gaddr_t)at;
	}
	err = move(mm, by, r);
	return err ? err : (int64_t)r->new_addr;
}

static CO_FN int64_t mremap_locked(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                                   struct remap *r)
{
	struct vma *v = vma_find(mm, r->addr);
	int err;

	if (!v || v->start > r->addr)
		return -EFAULT;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return remap_to(mm, by, lim, r);
	if (r->old_len >= r->new_len) {
		/* Shrinking may begin in v and reach over others, as munmap does. */
		if (r->old_len > TASK_SIZE - r->addr)
			return -EINVAL;
		err = r->old_len == r->new_len ? 0
		                               : munmap_locked(mm, by, r->addr + r->new_len,
		                                               r->old_len - r->new_len);
		return err ? err : (int64_t)r->addr;
	}
	err = check_resize(mm, lim, v, r);
	if (err)
		return err;
	if (can_grow(mm, v, r)) {
		err = grow(mm, by, v, r);
		return err ? err : (int64_t)r->addr;
	}
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	int64_t at = mm_place(mm, 0, r->new_len, 0);
	if (at < 0)
		return at;
	r->new_addr = (gaddr_t)at;
	err = move(mm, by, r);
	return err ? err : at;
}

CO_FN int64_t mm_mremap(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr,
                        uint64_t old_len, uint64_t new_len, int flags, gaddr_t new_addr)
{
	struct remap r = { .addr = addr, .new_addr = new_addr, .flags = flags };

	if (flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || old_len != new_len))
		return -EINVAL;
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	r.old_len = PAGE_UP(old_len);
	r.new_len = PAGE_UP(new_len);
	if (!r.new_len || r.new_len > TASK_SIZE)
		return -EINVAL;
	comutex_lock(&mm->lock);
	int64_t ret = mremap_locked(mm, by, lim, &r);
	comutex_unlock(&mm->lock);
	return ret;
}
