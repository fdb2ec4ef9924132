/* SPDX-License-Identifier: Apache-2.0
 *
 * munmap(2) and mprotect(2). Layer: core.
 */
#include <sys/mount.h>

#include "core/fs/file.h"
#include "core/mm/vma.h"

#define PROT_SEM_BIT 0x8 /* accepted and without meaning on x86 */

/* addr and len are aligned and in range; mm->lock is held. */
CO_FN int munmap_locked(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len)
{
	gaddr_t end = addr + len, done;
	struct vma *v = vma_meets(mm, addr, end);
	struct vma_spares s;

	if (!v)
		return 0;
	if (v->start < addr && v->end > end && mm->nr_vmas >= MM_MAX_MAPS)
		return -ENOMEM;
	int err = vma_spares_get(&s, 2);
	if (err)
		return err;

	/* Only what the tree knows: the platform may have put something of its own in between. */
	struct as_op op = { .kind = AS_UNMAP, .addr = MAX(addr, v->start) };
	gaddr_t last = v->end;
	for (; v && v->start < end; v = vma_next(v))
		last = v->end;
	op.len = MIN(last, end) - op.addr;
	op.later = mm_may_wait(mm, &op);
	err = mm_host(mm, by, &op, false, &done);
	if (done > op.addr)
		vma_drop(mm, op.addr, done, &s);
	mm_changed(mm);
	vma_spares_put(&s);
	return err;
}

CO_FN int mm_munmap(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len)
{
	if ((addr & ~PAGE_MASK) || addr > TASK_SIZE || len > TASK_SIZE - addr || !PAGE_UP(len))
		return -EINVAL;
	comutex_lock(&mm->lock);
	int err = munmap_locked(mm, by, addr, PAGE_UP(len));
	comutex_unlock(&mm->lock);
	return err;
}

/* Is v where it would be if the file had been mapped from its start at addr? */
static bool is_piece(const struct vma *v, gaddr_t addr, const struct file_ops *ops)
{
	return v->file && v->file->ops == ops && v->start - addr == v->off;
}

/*
 * As Linux's ksys_shmdt(): mprotect and munmap may have cut the attachment into pieces. The first
 * one tells which file it is, and its size how far others can be.
 */
static CO_FN int shmdt_locked(struct mm *mm, struct ctx *by, gaddr_t addr,
                              const struct file_ops *ops)
{
	struct vma *v = vma_find(mm, addr);
	struct file *f;
	uint64_t size;
	int err = 0;

	while (v && !is_piece(v, addr, ops))
		v = vma_next(v);
	if (!v)
		return -EINVAL;
	f = file_ref(v->file);
	size = PAGE_UP(f->inode->size);
	while (v && !err) {
		gaddr_t start = v->start, end = v->end;

		if (is_piece(v, addr, ops) && v->file == f)
			err = munmap_locked(mm, by, start, end - start);
		v = vma_find(mm, end);
		if (v && v->end - addr > size)
			break;
	}
	file_unref(f);
	return err;
}

CO_FN int mm_shmdt(struct mm *mm, struct ctx *by, gaddr_t addr, const struct file_ops *ops)
{
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	comutex_lock(&mm->lock);
	int err = shmdt_locked(mm, by, addr, ops);
	comutex_unlock(&mm->lock);
	return err;
}

/* May v ever have protection prot? VM_MAYWRITE and VM_MAYEXEC of Linux. */
static int check_protection(const struct vma *v, gaddr_t start, gaddr_t end, int prot)
{
	if (v->file && vma_shared(v) && (prot & PROT_WRITE) && !v->file->can_write)
		return -EACCES;
	if (v->file && (prot & PROT_EXEC) && v->file->path.mnt &&
	    (v->file->path.mnt->flags & MS_NOEXEC))
		return -EACCES;
	if (prot != PROT_NONE && mm_in_window(MAX(v->start, start), MIN(v->end, end)))
		return -ENOMEM;
	return 0;
}

/* How far from start every mapping accepts prot, without holes; *err says why it ends early. */
static gaddr_t protectable(struct mm *mm, gaddr_t start, gaddr_t end, int prot, int *err)
{
	gaddr_t at = start;

	*err = 0;
	for (struct vma *v = vma_find(mm, start); at < end; v = vma_next(v)) {
		*err = !v || v->start > at ? -ENOMEM : check_protection(v, start, end, prot);
		if (*err)
			return at;
		at = v->end;
	}
	return end;
}

static CO_FN int protect_range(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end,
                               int prot)
{
	struct as_op op = { .kind = AS_PROTECT, .addr = start, .len = end - start, .prot = prot };
	struct vma_spares s;
	bool change = false, refused = false;

	for (struct vma *v = vma_meets(mm, start, end); v && v->start < end; v = vma_next(v)) {
		change |= v->prot != prot;
		/* A memfd may be sealed, and a file system of the host mounted noexec. */
		refused |= v->file && (vma_shared(v) || prot & PROT_EXEC);
	}
	if (!change)
		return 0;
	op.later = !refused && mm_may_wait(mm, &op);
	if (mm->nr_vmas + vma_splits(mm, start, end) > MM_MAX_MAPS)
		return -ENOMEM;
	int err = vma_spares_get(&s, 2);
	if (err)
		return err;
	err = mm_host(mm, by, &op, false, NULL);
	if (!err) {
		vma_isolate(mm, start, end, &s);
		for (struct vma *v = vma_meets(mm, start, end); v && v->start < end; v = vma_next(v))
			vma_set_prot(mm, v, prot);
		vma_merge(mm, start, end);
		mm_changed(mm);
	}
	vma_spares_put(&s);
	return err;
}

/*
 * The host's mprotect over several mappings may stop in the middle. Going again mapping by mapping
 * stops at the same place, and then the tree says how far it came.
 */
static CO_FN int protect_each(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end, int prot)
{
	while (start < end) {
		struct vma *v = vma_find(mm, start);
		gaddr_t stop = v ? MIN(v->end, end) : end;
		int err = protect_range(mm, by, start, stop, prot);

		if (err)
			return err;
		start = stop;
	}
	return 0;
}

static CO_FN int mprotect_locked(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end,
                                 int prot, int grows)
{
	struct vma *v = vma_find(mm, start);

	if (!v)
		return -ENOMEM;
	if (grows == PROT_GROWSDOWN) {
		if (v->start >= end)
			return -ENOMEM;
		if (!(v->flags & MAP_GROWSDOWN))
			return -EINVAL;
		start = v->start;
	} else {
		if (v->start > start)
			return -ENOMEM;
		if (grows)
			return -EINVAL;
	}

	int stop_err;
	gaddr_t stop = protectable(mm, start, end, prot, &stop_err);
	int err = stop > start ? protect_range(mm, by, start, stop, prot) : 0;
	if (err)
		err = protect_each(mm, by, start, stop, prot);
	return err ? err : stop_err;
}

CO_FN int mm_mprotect(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int prot)
{
	int grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);

	prot &= ~grows;
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (addr & ~PAGE_MASK))
		return -EINVAL;
	if (!len)
		return 0;
	len = PAGE_UP(len);
	if (addr + len <= addr)
		return -ENOMEM;
	if (prot & ~(PROT_ALL | PROT_SEM_BIT))
		return -EINVAL;
	comutex_lock(&mm->lock);
	int err = mprotect_locked(mm, by, addr, addr + len, prot & PROT_ALL, grows);
	comutex_unlock(&mm->lock);
	return err;
}
