/* SPDX-License-Identifier: Apache-2.0
 *
 * process_madvise, process_mrelease. Layer: syscalls.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "core/uio.h"
#include "syscalls/syscall.h"
#include "tasks/pidfd.h"
#include "tasks/ptrace.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* The leader behind a pidfd, as a reference: -EBADF, -ESRCH. */
static int pidfd_task(struct task *t, int fd, struct task **ret)
{
	struct file *f = fd_get(t->files, fd);
	struct thread_group *tg;
	int err = 0;

	if (!f)
		return -EBADF;
	tg = pidfd_group(f);
	if (!tg)
		err = -EBADF;
	else if (tg->reaped || !tg->leader)
		err = -ESRCH;
	else
		*ret = task_ref(tg->leader);
	file_unref(f);
	return err;
}

/* ---- process_madvise ---- */

/* What doesn't change another's memory. */
static bool is_harmless(int advice)
{
	return advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED ||
	       advice == MADV_COLLAPSE;
}

/* Up to the first that fails: how many bytes were advised, or, with none, its error. */
static CO_FN int64_t advise(struct task *t, struct mm *mm, const struct uio_seg *segs, uint64_t n,
                            int advice)
{
	int64_t done = 0;
	int err = 0;

	for (uint64_t i = 0; i < n && !err; i++) {
		/* Nothing left, as far as one call goes. */
		if (!segs[i].len)
			continue;
		err = mm == t->mm ? mm_madvise(mm, t->ctx, segs[i].base, segs[i].len, advice)
		                  : mm_madvise_remote(mm, segs[i].base, segs[i].len, advice);
		if (!err)
			done += (int64_t)segs[i].len;
		co_did_entries(1);
		if (co_self()->killed)
			break;
	}
	return done ? done : err;
}

/* Where p's memory is, as a reference, if t may advise on it. */
static int target_space(struct task *t, struct task *p, int advice, struct mm **ret)
{
	if (!p->mm)
		return -ESRCH;
	if (p->mm != t->mm) {
		if (!ptrace_may_access(t, p, ACCESS_READ | ACCESS_FSCREDS))
			return -EACCES;
		if (!is_harmless(advice))
			return -EINVAL;
		if (!task_capable(t, CAP_SYS_NICE))
			return -EPERM;
	}
	*ret = mm_ref(p->mm);
	return 0;
}

SYSCALL5(process_madvise, int, pidfd, gaddr_t, vec, size_t, vlen, int, advice, unsigned, flags)
{
	struct uio_seg fast[8], *segs = fast;
	struct task *p = NULL;
	struct mm *mm = NULL;
	int64_t ret;

	if (flags)
		return -EINVAL;
	ret = uio_import(t->mm, vec, vlen, fast, ARRAY_LEN(fast), &segs);
	if (ret < 0)
		return ret;
	ret = pidfd_task(t, pidfd, &p);
	if (!ret)
		ret = target_space(t, p, advice, &mm);
	if (!ret)
		ret = advise(t, mm, segs, vlen, advice);
	if (mm)
		mm_unref(mm);
	if (p)
		task_unref(p);
	if (segs != fast)
		free(segs);
	return ret;
}

/* ---- process_mrelease ---- */

/* The threads that still hold the memory, all of processes that are ending? */
static bool is_dying(const struct mm *mm)
{
	struct task *o;

	for (o = task_next(0); o; o = task_next(o->tid))
		if (o->mm == mm && !o->tg->exiting && !(o->exiting && o->tg->nr_live == 1))
			return false;
	return true;
}

static struct mm *find_space(const struct thread_group *tg)
{
	struct task *o;

	LIST_FOREACH(o, &tg->tasks, tg_entry)
		if (o->mm)
			return o->mm;
	return NULL;
}

/*
 * A process that is told to end gives its memory back as soon as its threads run, which nothing but a
 * tracer's last stop can put off: there is nothing to do but to say whether it is such a process.
 */
SYSCALL2(process_mrelease, int, pidfd, unsigned, flags)
{
	struct task *p;
	struct mm *mm;
	int err;

	if (flags)
		return -EINVAL;
	err = pidfd_task(t, pidfd, &p);
	if (err)
		return err;
	mm = find_space(p->tg);
	err = !mm ? -ESRCH : is_dying(mm) ? 0 : -EINVAL;
	task_unref(p);
	return err;
}
