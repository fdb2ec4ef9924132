/* SPDX-License-Identifier: Apache-2.0
 *
 * Process ids, process groups, sessions, kcmp, personality. Layer: syscalls.
 */
#include <sys/personality.h>

#include "syscalls/syscall.h"
#include "tasks/life.h"
#include "tasks/ptrace.h"

SYSCALL0(getpid) { return t->tg->tgid; }
SYSCALL0(gettid) { return t->tid; }

SYSCALL0(getppid)
{
	return t->tg->parent ? t->tg->parent->tgid : 0;
}

SYSCALL0(getpgrp)
{
	return t->tg->pgrp->id;
}

/* Any thread's id names its process; zombies have a group and a session too. */
static struct thread_group *group_of(struct task *t, pid_t pid)
{
	struct task *o = pid ? task_find(pid) : t;

	if (!o)
		return pid > 0 ? tg_find(pid) : NULL;
	return o->tg;
}

SYSCALL1(getpgid, pid_t, pid)
{
	struct thread_group *tg = group_of(t, pid);

	return tg && tg->pgrp ? tg->pgrp->id : -ESRCH;
}

SYSCALL1(getsid, pid_t, pid)
{
	struct thread_group *tg = group_of(t, pid);

	return tg && tg->pgrp ? tg->pgrp->session->id : -ESRCH;
}

SYSCALL2(setpgid, pid_t, pid, pid_t, pgid)
{
	return tg_setpgid(t, pid, pgid);
}

SYSCALL0(setsid)
{
	return tg_setsid(t->tg);
}

SYSCALL1(personality, uint32_t, persona)
{
	unsigned old = t->personality;

	if (persona != 0xffffffff)
		t->personality = persona;
	return old;
}

/* ---- kcmp ---- */

enum { KCMP_FILE_K, KCMP_VM_K, KCMP_FILES_K, KCMP_FS_K, KCMP_SIGHAND_K, KCMP_IO_K, KCMP_SYSVSEM_K };

/* Only equality is told: an order of the sentry's addresses would leak them, so unequal objects
 * are "unordered" (3), which kcmp(2) allows for. */
static int64_t equal(const void *a, const void *b)
{
	return a == b ? 0 : 3;
}

static int64_t file_order(struct task *a, struct task *b, uint64_t fd1, uint64_t fd2)
{
	struct file *f1 = a->files && fd1 <= INT32_MAX ? fd_get_path(a->files, (int)fd1) : NULL;
	struct file *f2 = b->files && fd2 <= INT32_MAX ? fd_get_path(b->files, (int)fd2) : NULL;
	int64_t ret = -EBADF;

	if (f1 && f2)
		ret = f1 == f2 ? 0 : f1->gen < f2->gen ? 1 : 2;
	if (f1)
		file_unref(f1);
	if (f2)
		file_unref(f2);
	return ret;
}

SYSCALL5(kcmp, pid_t, pid1, pid_t, pid2, int, type, uint64_t, idx1, uint64_t, idx2)
{
	struct task *a = task_find(pid1), *b = task_find(pid2);

	if (!a || !b)
		return -ESRCH;
	if (!ptrace_may_access(t, a, ACCESS_READ) || !ptrace_may_access(t, b, ACCESS_READ))
		return -EPERM;
	switch (type) {
	case KCMP_FILE_K:
		return file_order(a, b, idx1, idx2);
	case KCMP_VM_K:
		return equal(a->mm, b->mm);
	case KCMP_FILES_K:
		return equal(a->files, b->files);
	case KCMP_FS_K:
		return equal(a->fs, b->fs);
	case KCMP_SIGHAND_K:
		return equal(a->tg->sig.hand, b->tg->sig.hand);
	case KCMP_IO_K:
		return equal(a->tg, b->tg);
	case KCMP_SYSVSEM_K:
		return -EOPNOTSUPP;
	}
	return -EINVAL;
}
