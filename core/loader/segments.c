/* SPDX-License-Identifier: Apache-2.0
 *
 * Mapping PT_LOAD segments, as elf_load() of Linux. Layer: core.
 */
#include <sys/mman.h>

#include "core/loader/internal.h"
#include "core/mm/build.h"

#define MAX_ZEROS 8

/* Parts of file pages that lie behind a segment's data: zeroed once the pages are there. */
struct zeros {
	struct {
		gaddr_t start, end;
	} r[MAX_ZEROS];
	unsigned n;
};

static int elf_prot(uint32_t p_flags)
{
	return (p_flags & PF_R ? PROT_READ : 0) | (p_flags & PF_W ? PROT_WRITE : 0) |
	       (p_flags & PF_X ? PROT_EXEC : 0);
}

static bool segment_ok(const Elf64_Phdr *ph)
{
	return ph->p_filesz <= ph->p_memsz && ph->p_memsz <= TASK_SIZE &&
	       ph->p_vaddr <= TASK_SIZE - ph->p_memsz;
}

uint64_t elf_span(const struct elf_image *im, uint64_t *align)
{
	gaddr_t low = UINT64_MAX, high = 0;

	*align = PAGE_SIZE;
	for (unsigned i = 0; i < im->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &im->ph[i];

		if (ph->p_type != PT_LOAD || !segment_ok(ph))
			continue;
		low = MIN(low, PAGE_DOWN(ph->p_vaddr));
		high = MAX(high, ph->p_vaddr + ph->p_memsz);
		/* Anything but a power of two is skipped, as an invalid alignment. */
		if (ph->p_align > *align && !(ph->p_align & (ph->p_align - 1)))
			*align = ph->p_align;
	}
	return low < high ? PAGE_UP(high) - low : 0;
}

static CO_FN int write_zeros(struct mm *mm, struct ctx *ctx, struct zeros *z)
{
	int err = 0;

	for (unsigned i = 0; i < z->n && !err; i++)
		err = mm_batch_zero(mm, ctx, z->r[i].start, z->r[i].end);
	z->n = 0;
	return err;
}

/* A later segment that takes the page over brings the file's bytes with it, also in Linux. */
static void forget_zeros(struct zeros *z, gaddr_t start, gaddr_t end)
{
	for (unsigned i = 0; i < z->n; i++)
		if (z->r[i].start < end && z->r[i].end > start)
			z->r[i].end = z->r[i].start;
}

static CO_FN int map_anonymous(struct mm *mm, struct ctx *ctx, const struct mm_rlimits *lim,
                               gaddr_t start, gaddr_t end, int prot)
{
	if (start >= end)
		return 0;
	int64_t at = mm_mmap(mm, ctx, lim, start, end - start, prot,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	return at < 0 ? (int)at : 0;
}

/* What a segment has more of in memory than in the file. */
static CO_FN int map_bss(struct mm *mm, struct ctx *ctx, const struct mm_rlimits *lim,
                         const Elf64_Phdr *ph, gaddr_t addr, struct zeros *z)
{
	gaddr_t zero = addr + ph->p_filesz, end = PAGE_UP(addr + ph->p_memsz);
	int prot = elf_prot(ph->p_flags);

	if (ph->p_memsz == ph->p_filesz)
		return 0;
	if (!ph->p_filesz) {
		/* The first page may be the tail of the segment before. */
		const struct vma *v = mm_find(mm, zero);
		zero = v && v->start <= zero ? PAGE_UP(zero) : PAGE_DOWN(zero);
	} else if ((zero & ~PAGE_MASK) && (prot & PROT_WRITE)) {
		if (z->n == MAX_ZEROS) {
			int err = write_zeros(mm, ctx, z);
			if (err)
				return err;
		}
		z->r[z->n].start = zero;
		z->r[z->n++].end = MIN(PAGE_UP(zero), end);
	}
	return map_anonymous(mm, ctx, lim, PAGE_UP(zero), end,
	                     PROT_READ | PROT_WRITE | (prot & PROT_EXEC));
}

static CO_FN int map_segment(struct mm *mm, struct ctx *ctx, const struct mm_rlimits *lim,
                             const struct elf_image *im, const Elf64_Phdr *ph, struct zeros *z)
{
	gaddr_t addr = im->bias + ph->p_vaddr, start = PAGE_DOWN(addr);
	uint64_t lead = addr - start;

	if (addr < im->bias || addr > TASK_SIZE || ph->p_memsz > TASK_SIZE - addr)
		return -EINVAL;
	if (ph->p_filesz) {
		if (ph->p_offset < lead || ((ph->p_offset - lead) & ~PAGE_MASK))
			return -EINVAL;
		forget_zeros(z, start, addr + ph->p_filesz);
		int64_t at = mm_mmap(mm, ctx, lim, start, ph->p_filesz + lead,
		                     elf_prot(ph->p_flags), MAP_PRIVATE | MAP_FIXED, im->file,
		                     ph->p_offset - lead);
		if (at < 0)
			return (int)at;
	}
	return map_bss(mm, ctx, lim, ph, addr, z);
}

static void record(struct mm *mm, const Elf64_Phdr *ph, gaddr_t addr)
{
	gaddr_t end = addr + ph->p_filesz;

	if (ph->p_flags & PF_X) {
		mm->code_start = mm->code_start ? MIN(mm->code_start, addr) : addr;
		mm->code_end = MAX(mm->code_end, end);
	}
	mm->data_start = MAX(mm->data_start, addr);
	mm->data_end = MAX(mm->data_end, end);
	mm->brk_start = MAX(mm->brk_start, addr + ph->p_memsz);
}

CO_FN int elf_map(struct mm *mm, struct ctx *ctx, struct elf_image *im,
                  const struct mm_rlimits *lim, bool main_program)
{
	struct zeros z = { .n = 0 };

	for (unsigned i = 0; i < im->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &im->ph[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (!segment_ok(ph))
			return -EINVAL;
		int err = map_segment(mm, ctx, lim, im, ph, &z);
		if (err)
			return err;
		if (main_program)
			record(mm, ph, im->bias + ph->p_vaddr);
		co_did_entries(1);
	}
	im->entry = im->bias + im->eh.e_entry;
	if (im->eh.e_entry >= TASK_SIZE || im->entry >= TASK_SIZE)
		return -EINVAL;
	return write_zeros(mm, ctx, &z);
}
