/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls on other processes' memory, and barriers between threads: process_vm_readv(2),
 * membarrier(2). Layer: syscalls.
 */
#include <linux/membarrier.h>
#include <stdlib.h>

#include "core/uio.h"
#include "syscalls/syscall.h"
#include "tasks/ptrace.h"

#define BOUNCE ((size_t)64 * 1024)

/* The target's address space as a reference; -ESRCH, -EPERM. */
static int target_mm(const struct task *t, pid_t pid, struct mm **ret)
{
	struct task *to = task_find(pid);

	if (!to || !to->mm)
		return -ESRCH;
	if (!ptrace_may_access(t, to, ACCESS_ATTACH))
		return -EPERM;
	*ret = mm_ref(to->mm);
	return 0;
}

/* One chunk between u (the caller's) and the target. Returns how much was moved. */
static CO_FN size_t move_chunk(struct uio *u, struct mm *mm, gaddr_t at, char *buf, size_t n,
                               bool write)
{
	if (write) {
		size_t got = uio_get(u, buf, n);
		size_t put = mm_write_some(mm, at, buf, got);

		uio_revert(u, got - put);
		return put;
	}
	return uio_put(u, buf, mm_read_some(mm, buf, at, n));
}

static CO_FN int64_t move_all(struct uio *u, struct mm *mm, const struct uio_seg *segs, uint64_t n,
                              bool write)
{
	char *buf = malloc(BOUNCE);

	if (!buf)
		return -ENOMEM;
	for (uint64_t i = 0; i < n && u->resid; i++) {
		uint64_t off = 0;

		while (off < segs[i].len && u->resid) {
			size_t want = MIN(MIN(segs[i].len - off, u->resid), BOUNCE);
			size_t got = move_chunk(u, mm, segs[i].base + off, buf, want, write);

			off += got;
			if (got < want) {
				free(buf);
				return u->done ? (int64_t)u->done : -EFAULT;
			}
		}
	}
	free(buf);
	return (int64_t)u->done;
}

struct vm_args {
	pid_t pid;
	gaddr_t lvec, rvec;
	uint64_t nl, nr, flags;
	bool write;
};

static CO_FN int64_t process_vm(struct task *t, const struct vm_args *a)
{
	struct uio_seg lfast[8], rfast[8], *l = lfast, *r = rfast;
	struct mm *mm;
	struct uio u;

	if (a->flags)
		return -EINVAL;
	int64_t ret = uio_import(t->mm, a->lvec, a->nl, lfast, ARRAY_LEN(lfast), &l);
	if (ret <= 0)
		goto out;
	uio_segs(&u, t->mm, l, (unsigned)a->nl, (size_t)ret);
	ret = uio_import(t->mm, a->rvec, a->nr, rfast, ARRAY_LEN(rfast), &r);
	if (ret <= 0)
		goto out;
	ret = target_mm(t, a->pid, &mm);
	if (ret)
		goto out;
	ret = move_all(&u, mm, r, a->nr, a->write);
	mm_unref(mm);
out:
	if (r != rfast)
		free(r);
	if (l != lfast)
		free(l);
	return ret;
}

SYSCALL6(process_vm_readv, pid_t, pid, gaddr_t, lvec, uint64_t, nl, gaddr_t, rvec, uint64_t, nr,
         uint64_t, flags)
{
	struct vm_args args = { pid, lvec, rvec, nl, nr, flags, false };

	return process_vm(t, &args);
}

SYSCALL6(process_vm_writev, pid_t, pid, gaddr_t, lvec, uint64_t, nl, gaddr_t, rvec, uint64_t, nr,
         uint64_t, flags)
{
	struct vm_args args = { pid, lvec, rvec, nl, nr, flags, true };

	return process_vm(t, &args);
}

/* ---- membarrier ---- */

#define BARRIER_CMDS                                                                               \
	(MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |            \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE |                                              \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)

static CO_FN int64_t barrier(struct task *t, unsigned registration, bool sync_core)
{
	if (!(t->mm->membarrier & registration))
		return -EPERM;
	return platform->as_barrier(t->ctx, sync_core);
}

/* Only for the caller's own threads: the rest of the sandbox isn't one address space to reach. */
SYSCALL3(membarrier, int, cmd, unsigned, flags, int, cpu)
{
	(void)cpu; /* only with MEMBARRIER_CMD_FLAG_CPU, which needs rseq */
	if (!platform->as_barrier)
		return -ENOSYS; /* as without CONFIG_MEMBARRIER */
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return BARRIER_CMDS;
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		t->mm->membarrier |= (unsigned)cmd;
		return 0;
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return barrier(t, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, false);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return barrier(t, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, true);
	}
	log_once("membarrier", "membarrier: command %d isn't supported", cmd);
	return -EINVAL;
}
