/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls on the caller's own address space. Layer: syscalls. All thin: the rules are in
 * core/mm.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "syscalls/syscall.h"

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

#define MINCORE_CHUNK 1024 /* pages answered at a time */

SYSCALL6(mmap, gaddr_t, addr, uint64_t, len, int, prot, int, flags, int, fd, uint64_t, off)
{
	struct mm_rlimits lim = task_mm_rlimits(t);
	struct file *f = NULL;

	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		f = fd_get(t->files, fd);
		if (!f)
			return -EBADF;
	}
	int64_t ret = mm_mmap(t->mm, t->ctx, &lim, addr, len, prot, flags, f, off);
	if (f)
		file_unref(f);
	return ret;
}

SYSCALL2(munmap, gaddr_t, addr, uint64_t, len)
{
	return mm_munmap(t->mm, t->ctx, addr, len);
}

SYSCALL3(mprotect, gaddr_t, addr, uint64_t, len, int, prot)
{
	return mm_mprotect(t->mm, t->ctx, addr, len, prot);
}

SYSCALL5(mremap, gaddr_t, addr, uint64_t, old_len, uint64_t, new_len, int, flags, gaddr_t,
         new_addr)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	return mm_mremap(t->mm, t->ctx, &lim, addr, old_len, new_len, flags, new_addr);
}

SYSCALL3(madvise, gaddr_t, addr, uint64_t, len, int, advice)
{
	return mm_madvise(t->mm, t->ctx, addr, len, advice);
}

SYSCALL1(brk, gaddr_t, brk)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	return mm_brk(t->mm, t->ctx, &lim, brk);
}

SYSCALL3(mlock2, gaddr_t, addr, uint64_t, len, int, flags)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return mm_mlock(t->mm, t->ctx, &lim, addr, len, true);
}

SYSCALL2(mlock, gaddr_t, addr, uint64_t, len)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	return mm_mlock(t->mm, t->ctx, &lim, addr, len, true);
}

SYSCALL2(munlock, gaddr_t, addr, uint64_t, len)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	return mm_mlock(t->mm, t->ctx, &lim, addr, len, false);
}

SYSCALL1(mlockall, int, flags)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	return mm_mlockall(t->mm, &lim, flags);
}

SYSCALL0(munlockall)
{
	struct mm_rlimits lim = task_mm_rlimits(t);

	return mm_mlockall(t->mm, &lim, 0);
}

SYSCALL3(msync, gaddr_t, addr, uint64_t, len, int, flags)
{
	return mm_msync(t->mm, addr, len, flags);
}

/* Pages from addr on that are mapped without a hole, at most n. */
static uint64_t mapped_pages(struct mm *mm, gaddr_t addr, uint64_t n)
{
	gaddr_t at = addr, end = addr + (n << PAGE_SHIFT);

	for (struct vma *v = mm_find(mm, addr); v && v->start <= at && at < end; v = mm_next(v))
		at = MIN(v->end, end);
	return (at - addr) >> PAGE_SHIFT;
}

/* Residency as the host sees it; a platform that can't tell counts every mapped page as resident. */
SYSCALL3(mincore, gaddr_t, addr, uint64_t, len, gaddr_t, vec)
{
	unsigned char resident[MINCORE_CHUNK];

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (addr > TASK_SIZE || len > TASK_SIZE - addr)
		return -ENOMEM;
	uint64_t pages = (len >> PAGE_SHIFT) + !!(len & ~PAGE_MASK);
	if (vec > TASK_SIZE || pages > TASK_SIZE - vec)
		return -EFAULT;
	while (pages) {
		uint64_t n = mapped_pages(t->mm, addr, MIN(pages, MINCORE_CHUNK));

		if (!n)
			return -ENOMEM;
		memset(resident, 1, n);
		if (platform->as_resident && platform->as_resident(t->ctx, addr, (unsigned)n, resident))
			return -ENOMEM;
		for (uint64_t i = 0; i < n; i++)
			resident[i] &= 1;
		if (copyout(vec, resident, n))
			return -EFAULT;
		addr += n << PAGE_SHIFT;
		vec += n;
		pages -= n;
		co_did_bytes(n);
	}
	return 0;
}
