/* SPDX-License-Identifier: Apache-2.0
 *
 * fork, vfork, clone, clone3, unshare, setns. Layer: syscalls.
 */
#include <sched.h>

#include "core/ipc/sysv/sem.h"
#include "syscalls/syscall.h"
#include "tasks/clone.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define CLONE_ARGS_VER0 64
#define CLONE_LEGACY_FLAGS 0xffffffffULL
#define SET_TID_MAX 32 /* MAX_PID_NS_LEVEL */

SYSCALL0(fork)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	return task_clone(t, &args);
}

SYSCALL0(vfork)
{
	struct clone_args args = { .flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD };

	return task_clone(t, &args);
}

SYSCALL5(clone, uint64_t, flags, gaddr_t, stack, gaddr_t, ptid, gaddr_t, ctid, uint64_t, tls)
{
	struct clone_args args = {
		.flags = (uint32_t)flags & ~(uint64_t)CSIGNAL,
		.pidfd = ptid,
		.child_tid = ctid,
		.parent_tid = ptid,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.tls = tls,
	};

	/* One argument serves both. */
	if ((flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID))
		return -EINVAL;
	if (args.exit_signal > NSIG_KERNEL && !(flags & CLONE_THREAD))
		args.exit_signal = 0;
	return task_clone(t, &args);
}

static int check_clone3(const struct clone_args *a)
{
	if (a->flags & ~(CLONE_LEGACY_FLAGS | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return -EINVAL;
	if (a->flags & (CLONE_DETACHED | (CSIGNAL & ~(uint64_t)CLONE_NEWTIME)))
		return -EINVAL;
	if ((a->flags & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) == (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal)
		return -EINVAL;
	if (!a->stack != !a->stack_size)
		return -EINVAL;
	if (a->stack && (a->stack >= TASK_SIZE || a->stack_size > TASK_SIZE - a->stack))
		return -EINVAL;
	return 0;
}

SYSCALL2(clone3, gaddr_t, uargs, size_t, size)
{
	struct clone_args args = { 0 };
	size_t known = MIN(size, sizeof(args));
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_VER0)
		return -EINVAL;
	err = copyin(&args, uargs, known);
	if (err)
		return err;
	/* What a newer program sets must be zero, or it asks for something unknown. */
	for (size_t at = known; at < size; at++) {
		uint8_t b;

		if (copyin(&b, uargs + at, 1))
			return -EFAULT;
		if (b)
			return -E2BIG;
	}
	if (args.set_tid_size > SET_TID_MAX || !args.set_tid != !args.set_tid_size)
		return -EINVAL;
	if (args.exit_signal > NSIG_KERNEL)
		return -EINVAL;
	if ((args.flags & CLONE_INTO_CGROUP) && (args.cgroup > INT32_MAX || size < 88))
		return -EINVAL;
	/* There is one level of pid namespaces. */
	if (args.set_tid_size > 1)
		return -EINVAL;
	err = check_clone3(&args);
	if (err)
		return err;
	return task_clone(t, &args);
}

#define UNSHARE_OWN                                                                                \
	(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)
#define UNSHARE_NS                                                                                 \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
	 CLONE_NEWNET | CLONE_NEWTIME)

SYSCALL1(unshare, uint64_t, flags)
{
	struct fdtable *files;
	struct fs_info *fs;
	int err;

	if (flags & ~(uint64_t)(UNSHARE_OWN | UNSHARE_NS))
		return -EINVAL;
	if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) {
		if (t->tg->nr_tasks > 1 || t->mm->refs > 1 || t->tg->sig.hand->refs > 1)
			return -EINVAL;
	}
	if (flags & UNSHARE_NS) {
		if (!(flags & CLONE_NEWUSER) && !task_capable(t, CAP_SYS_ADMIN))
			return -EPERM;
		log_once("unshare-namespaces", "unshare: namespaces are not supported in the sandbox");
		return -EINVAL;
	}
	if (flags & CLONE_SYSVSEM)
		sem_exit(&t->ipc.undo);
	if ((flags & CLONE_FS) && t->fs->refs > 1) {
		fs = fs_info_dup(t->fs);
		if (!fs)
			return -ENOMEM;
		fs_info_unref(t->fs);
		t->fs = fs;
	}
	if ((flags & CLONE_FILES) && fdtable_shared(t->files)) {
		err = fdtable_dup(t->files, &files);
		if (err)
			return err;
		fdtable_unref(t->files);
		t->files = files;
	}
	return 0;
}

SYSCALL2(setns, int, fd, int, nstype UNUSED)
{
	struct file *f = fd_get(t->files, fd);

	if (!f)
		return -EBADF;
	file_unref(f);
	log_once("setns", "setns: namespaces are not supported in the sandbox");
	return -EINVAL;
}
