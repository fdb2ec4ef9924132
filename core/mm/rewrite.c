/* SPDX-License-Identifier: Apache-2.0
 *
 * Which system calls may be rewritten by the platform, and room for its thunks. Layer: core.
 *
 * Only text that comes from a file and can't be written: what a program makes at run time, it may
 * change again without a word to anybody.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mm/build.h"
#include "core/mm/vma.h"

#define BEFORE 16 /* bytes of code shown to the platform, around the instruction */
#define AFTER 32

static const char thunks_name[] = "[picket]";

static bool is_fixed_text(const struct vma *v)
{
	return (v->prot & (PROT_EXEC | PROT_WRITE | PROT_READ)) == (PROT_EXEC | PROT_READ) &&
	       !vma_shared(v) && (v->file || (v->name && !strcmp(v->name, "[vdso]")));
}

static bool near(gaddr_t a, gaddr_t b)
{
	return (a > b ? a - b : b - a) < AS_THUNK_REACH;
}

/* A place that text at v can reach: below it, where no heap grows, else wherever there is one. */
static int64_t place_near(struct mm *mm, const struct vma *v)
{
	for (uint64_t gap = AS_THUNK_AREA; gap < AS_THUNK_REACH / 2; gap *= 4) {
		int64_t at = v->start > gap + MM_MIN_ADDR
		                     ? mm_place(mm, v->start - gap, AS_THUNK_AREA, 0) : -ENOMEM;

		if (at > 0 && near((gaddr_t)at, v->start) && near((gaddr_t)at + AS_THUNK_AREA, v->end))
			return at;
	}
	return -ENOMEM;
}

/* mm->lock is not held: mapping takes it. */
static CO_FN int add_area(struct mm *mm, struct ctx *by, gaddr_t at)
{
	int fd = platform->as_thunk_area(mm->as, at), err;

	if (fd < 0)
		return fd;
	err = mm_map_special(mm, by, at, AS_THUNK_AREA, PROT_READ | PROT_EXEC, fd, 0, thunks_name);
	close(fd);
	return err;
}

/* One try, with mm->lock held. -ENOSPC: an area is wanted at *place. */
static CO_FN int try_rewrite(struct mm *mm, struct ctx *by, gaddr_t after, uint64_t nr,
                             int64_t *place)
{
	struct vma *v = vma_find(mm, after - 1);
	struct as_rewrite rq = { .after = after, .nr = nr };
	uint8_t code[BEFORE + AFTER];

	if (!v || v->start >= after || !is_fixed_text(v))
		return -EINVAL;
	rq.code_addr = MAX(v->start, after - BEFORE);
	rq.n = MIN(v->end, after + AFTER) - rq.code_addr;
	rq.code = code;
	if (mm_read_some(mm, code, rq.code_addr, rq.n) != rq.n)
		return -EINVAL;
	int err = platform->as_rewrite(by, &rq);
	if (err == -ENOSPC)
		*place = place_near(mm, vma_find(mm, after - 1));
	return err;
}

CO_FN void mm_rewrite(struct mm *mm, struct ctx *by, gaddr_t after, uint64_t nr)
{
	int64_t place = -ENOMEM;

	if (!platform->as_rewrite || mm->no_rewrite || nr == SYS_rt_sigreturn || after < BEFORE)
		return;
	for (int tries = 0; tries < 2; tries++) {
		comutex_lock(&mm->lock);
		int err = try_rewrite(mm, by, after, nr, &place);
		comutex_unlock(&mm->lock);
		if (err != -ENOSPC || tries || place <= 0 || add_area(mm, by, (gaddr_t)place))
			return;
	}
}

CO_FN void mm_stop_rewriting(struct mm *mm, struct ctx *by)
{
	if (mm->no_rewrite || !platform->as_restore)
		return;
	comutex_lock(&mm->lock);
	mm->no_rewrite = true;
	(void)platform->as_restore(by, 0, TASK_SIZE); /* fails only with the stub */
	comutex_unlock(&mm->lock);
}
