/* SPDX-License-Identifier: Apache-2.0
 *
 * Address spaces: birth, fork, death; limits; names; futex keys. Layer: core.
 */
#include "core/mm/mm.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "core/assert.h"
#include "core/fs/file.h"
#include "core/mm/vma.h"
#include "core/objcount.h"

OBJCOUNT(mm_count, "mm");
static uint64_t last_mm_id, last_futex_id;

static struct mm *mm_alloc(void)
{
	struct mm *mm = calloc(1, sizeof(*mm));

	if (!mm)
		return NULL;
	mm->refs = 1;
	mm->id = ++last_mm_id;
	comutex_init(&mm->lock);
	RB_INIT(&mm->vmas);
	mm->dumpable = 1;
	mm->mmap_base = TASK_SIZE - ((gaddr_t)128 << 20);
	obj_born(&mm_count);
	return mm;
}

static void mm_free(struct mm *mm)
{
	vma_clear(mm);
	if (mm->exe) {
		inode_allow_write(mm->exe->inode);
		file_unref(mm->exe);
	}
	if (mm->as)
		platform->as_destroy(mm->as);
	comutex_done(&mm->lock);
	obj_died(&mm_count);
	free(mm);
}

CO_FN int mm_new(bool aslr, struct mm **ret, struct ctx **ret_ctx)
{
	struct mm *mm = mm_alloc();

	if (!mm)
		return -ENOMEM;
	mm->aslr = aslr;
	int err = platform->as_new(&mm->as, ret_ctx);
	if (err) {
		mm->as = NULL;
		mm_free(mm);
		return err;
	}
	*ret = mm;
	return 0;
}

CO_FN int mm_renew(struct mm *mm, struct ctx *ctx, bool aslr, struct mm **ret)
{
	struct mm *new;

	if (!platform->as_renew || platform->ctx_whole(ctx) || mm->refs != 1)
		return -EAGAIN;
	new = mm_alloc();
	if (!new)
		return -EAGAIN;
	platform->as_renew(ctx);
	new->aslr = aslr;
	new->as = mm->as;
	mm->as = NULL;
	*ret = new;
	return 0;
}

/* The child's half of the tree: everything but MADV_DONTFORK ranges, nothing locked. */
static int copy_tree(struct mm *to, struct mm *from)
{
	for (struct vma *v = vma_find(from, 0); v; v = vma_next(v)) {
		if (v->advice & VMA_DONTFORK)
			continue;
		struct vma *n = vma_new();
		if (!n)
			return -ENOMEM;
		n->start = v->start;
		n->end = v->end;
		n->prot = v->prot;
		n->flags = v->flags;
		n->advice = v->advice;
		vma_set_file(n, v->file);
		n->off = v->off;
		n->name = v->name;
		vma_insert(to, n);
	}
	/* Neighbours that differed in being locked are equal now. */
	vma_merge(to, 0, TASK_SIZE);
	return 0;
}

static void copy_layout(struct mm *to, const struct mm *from)
{
	to->mmap_base = from->mmap_base;
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->code_start = from->code_start;
	to->code_end = from->code_end;
	to->data_start = from->data_start;
	to->data_end = from->data_end;
	to->stack_start = from->stack_start;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_start = from->env_start;
	to->env_end = from->env_end;
	to->vdso = from->vdso;
	memcpy(to->auxv, from->auxv, sizeof(to->auxv));
	to->exe = from->exe ? file_ref(from->exe) : NULL;
	to->aslr = from->aslr;
	to->dumpable = from->dumpable;
	to->membarrier = from->membarrier;
	to->no_rewrite = from->no_rewrite;
	to->rewritten = from->rewritten;
}

CO_FN int mm_fork(struct mm *mm, struct ctx *by, struct mm **ret, struct ctx **ret_ctx)
{
	struct mm *child = mm_alloc();

	if (!child)
		return -ENOMEM;
	mm_rewrite_known(mm, by);
	comutex_lock(&mm->lock);
	copy_layout(child, mm);
	int err = copy_tree(child, mm);
	/* The host's fork comes last: there is nothing left that could fail after it. */
	if (!err) {
		err = platform->as_fork(by, &child->as, ret_ctx);
		if (err)
			child->as = NULL;
	}
	comutex_unlock(&mm->lock);
	if (err) {
		mm_free(child);
		return err;
	}
	mm_changed(child);
	*ret = child;
	return 0;
}

struct mm *mm_ref(struct mm *mm)
{
	mm->refs++;
	return mm;
}

struct mm *mm_unref(struct mm *mm)
{
	if (mm && --mm->refs == 0)
		mm_free(mm);
	return NULL;
}

void mm_changed(struct mm *mm)
{
	if (mm->total_pages > mm->peak_pages)
		mm->peak_pages = mm->total_pages;
#ifdef PICKET_DEBUG
	/* The walk is linear: a guest with very many mappings would wait for seconds. */
	if (mm->nr_vmas <= 1024)
		mm_verify(mm);
#endif
}

/* ---- limits ---- */

static bool passes(uint64_t have, uint64_t more, uint64_t limit)
{
	uint64_t max = limit >> PAGE_SHIFT;

	return limit != RLIM_INFINITY && (more > max || have > max - more);
}

int mm_may_expand(const struct mm *mm, const struct mm_rlimits *lim, uint64_t pages, bool data)
{
	if (!lim)
		return 0;
	if (passes(mm->total_pages, pages, lim->as))
		return -ENOMEM;
	if (data && passes(mm->data_pages, pages, lim->data))
		return -ENOMEM;
	return 0;
}

int mm_may_lock(const struct mm *mm, const struct mm_rlimits *lim, uint64_t pages)
{
	if (!lim || lim->can_lock)
		return 0;
	return passes(mm->locked_pages, pages, lim->memlock) ? -EAGAIN : 0;
}

/* ---- names and keys ---- */

void mm_set_name(struct mm *mm, gaddr_t start, gaddr_t end, const char *name)
{
	struct vma_spares s;

	start = PAGE_DOWN(start);
	end = PAGE_UP(end);
	/* Only for display: without memory the mapping stays nameless. */
	if (vma_spares_get(&s, 2))
		return;
	vma_isolate(mm, start, end, &s);
	for (struct vma *v = vma_meets(mm, start, end); v && v->start < end; v = vma_next(v))
		v->name = name;
	vma_merge(mm, start, end);
	mm_changed(mm);
	vma_spares_put(&s);
}

int mm_futex_key(struct mm *mm, gaddr_t addr, bool private_, struct futex_key *ret)
{
	if (mm_span(addr, sizeof(uint32_t)) < sizeof(uint32_t))
		return -EFAULT;
	memset(ret, 0, sizeof(*ret)); /* padding too: keys may be hashed as bytes */
	ret->object = mm->id;
	ret->offset = addr;
	if (private_)
		return 0;

	struct vma *v = vma_find(mm, addr);
	if (!v || v->start > addr)
		return -EFAULT;
	if (!vma_shared(v) || !v->file)
		return 0;
	/* As Linux's i_sequence: an identity that no later inode can have. */
	struct inode *ino = v->file->inode;
	if (!ino->futex_id)
		ino->futex_id = ++last_futex_id;
	ret->object = ino->futex_id;
	ret->offset = v->off + (addr - v->start);
	ret->shared = true;
	return 0;
}
