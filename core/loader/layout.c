/* SPDX-License-Identifier: Apache-2.0
 *
 * Where things go in a new address space: stack, mmap_base, position-independent images, heap. The
 * numbers are those of Linux on x86-64 (arch/x86/mm/mmap.c, binfmt_elf.c). Layer: core.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "core/host/random.h"
#include "core/loader/internal.h"
#include "core/mm/build.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

#define ET_DYN_BASE PAGE_DOWN(TASK_SIZE / 3 * 2) /* 0x555555554000 */
#define MMAP_RND_PAGES ((uint64_t)1 << 28)       /* vm.mmap_rnd_bits */
#define STACK_RND_PAGES ((uint64_t)1 << 22)      /* STACK_RND_MASK: 16 GiB */
#define BRK_RND_PAGES (32 * MIB / PAGE_SIZE)
#define STACK_GUARD (256 * PAGE_SIZE)
#define STACK_MAX GIB                            /* mapped at once, however high the limit is */
#define STACK_SPARE (128 * 1024ULL)              /* stack_expand of setup_arg_pages() */

uint64_t layout_random(bool aslr, uint64_t n)
{
	uint64_t r = 0;

	if (!aslr)
		return 0;
	host_random(&r, sizeof(r));
	return r & (n - 1);
}

/*
 * The stack is mapped to its limit at once: a stack that grows by faults would cost a trap a page.
 * Little of RLIMIT_AS may go into it, or a small limit would leave nothing for the program.
 */
static uint64_t stack_size(const struct load_request *rq, uint64_t needed)
{
	uint64_t size = MIN(rq->stack_limit, STACK_MAX);

	if (rq->lim.as != RLIM_INFINITY)
		size = MIN(size, rq->lim.as / 4);
	return PAGE_UP(MAX(size, needed + STACK_SPARE));
}

void layout_init(struct load *l, struct mm *mm, uint64_t needed)
{
	const struct load_request *rq = l->rq;
	const struct platform_limits *w = &platform->limits;

	/* The strings and tables, and what stack_build takes besides them: at most a few KiB. */
	l->stack_size = stack_size(rq, needed + 4 * PAGE_SIZE);
	l->stack_top = TASK_SIZE - layout_random(rq->aslr, STACK_RND_PAGES) * PAGE_SIZE;
	if (l->stack_top > w->window_start && l->stack_top - l->stack_size < w->window_end)
		l->stack_top = w->window_start;

	uint64_t pad = STACK_GUARD + (rq->aslr ? STACK_RND_PAGES * PAGE_SIZE : 0);
	uint64_t gap = MIN(rq->stack_limit, TASK_SIZE);
	gap = CLAMP(gap + pad, 128 * MIB, TASK_SIZE / 6 * 5);
	mm->mmap_base = PAGE_DOWN(TASK_SIZE - gap -
	                          layout_random(rq->aslr, MMAP_RND_PAGES) * PAGE_SIZE);
	gaddr_t stack_low = l->stack_top - l->stack_size - STACK_GUARD;
	mm->mmap_base = MIN(mm->mmap_base, stack_low);
}

/* A place for the image where the kernel puts other mappings. */
static int place_anywhere(struct mm *mm, uint64_t span, uint64_t align, gaddr_t *at)
{
	int64_t base = mm_place_for(mm, span + (align - PAGE_SIZE));

	if (base < 0)
		return (int)base;
	*at = ((gaddr_t)base + align - 1) & ~(align - 1);
	return 0;
}

static gaddr_t lowest(const struct elf_image *im)
{
	gaddr_t low = UINT64_MAX;

	for (unsigned i = 0; i < im->eh.e_phnum; i++)
		if (im->ph[i].p_type == PT_LOAD)
			low = MIN(low, PAGE_DOWN(im->ph[i].p_vaddr));
	return low;
}

static bool meets_window(gaddr_t start, uint64_t len)
{
	const struct platform_limits *w = &platform->limits;

	return start < w->window_end && start + len > w->window_start;
}

int layout_bias(struct load *l, struct mm *mm, struct elf_image *im, bool main_program)
{
	uint64_t align, span = elf_span(im, &align);
	gaddr_t at = 0;

	im->bias = 0;
	if (!span)
		return -EINVAL;
	if (im->eh.e_type != ET_DYN)
		return 0;
	if (span > TASK_SIZE || align > TASK_SIZE)
		return -ENOMEM;
	if (main_program && l->interp.file) {
		at = ET_DYN_BASE + layout_random(l->rq->aslr, MMAP_RND_PAGES) * PAGE_SIZE;
		at &= ~(align - 1);
	}
	/* Static-pie programs and interpreters lie among the mappings. */
	if (!at || meets_window(at, span)) {
		int err = place_anywhere(mm, span, align, &at);
		if (err)
			return err;
	}
	im->bias = at - lowest(im);
	return 0;
}

void layout_brk(struct load *l, struct mm *mm)
{
	gaddr_t brk = PAGE_UP(mm->brk_start);

	/* Above a static-pie program there is no room to grow. */
	if (l->exe.eh.e_type == ET_DYN && !l->interp.file)
		brk = ET_DYN_BASE;
	brk += layout_random(l->rq->aslr, BRK_RND_PAGES) * PAGE_SIZE;
	mm->brk_start = mm->brk = brk;
}
