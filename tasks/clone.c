/* SPDX-License-Identifier: Apache-2.0
 *
 * New tasks: fork(2), vfork(2), clone(2), clone3(2), with the checks of kernel/fork.c.
 * Layer: tasks.
 */
#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "core/log.h"
#include "tasks/clone.h"
#include "tasks/ipc.h"
#include "tasks/itimer.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/pidfd.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"
#include "tasks/user.h"

#ifndef ARCH_SET_FS
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define CLONE_NAMESPACES                                                                           \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |  \
	 CLONE_NEWNET | CLONE_NEWTIME)

static int check_flags(const struct task *t, const struct clone_args *a)
{
	uint64_t f = a->flags;

	if ((f & CLONE_NEWNS) && (f & CLONE_FS))
		return -EINVAL;
	if ((f & CLONE_NEWUSER) && (f & CLONE_FS))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	/* A sibling of the sandbox's first process would be a child of the built-in reaper. */
	if ((f & CLONE_PARENT) && t->tg->parent->builtin)
		return -EINVAL;
	if ((f & CLONE_THREAD) && (f & (CLONE_NEWUSER | CLONE_NEWPID)))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	if ((f & CLONE_CLEAR_SIGHAND) && (f & CLONE_SIGHAND))
		return -EINVAL;
	if (f & CLONE_NAMESPACES) {
		if (!(f & CLONE_NEWUSER) && !task_capable(t, CAP_SYS_ADMIN))
			return -EPERM;
		log_once("clone-namespaces", "clone: namespaces are not supported inside the sandbox");
		return -EINVAL;
	}
	if (f & CLONE_INTO_CGROUP)
		return -EBADF;
	return 0;
}

static int check_limits(const struct task *t)
{
	const struct cred *c = t->cred;

	if (tasks_count() >= TASKS_MAX)
		return -EAGAIN;
	if (user_tasks(c->ruid) >= task_rlimit(t, RLIMIT_NPROC) && c->ruid != 0 &&
	    !cred_capable(c, CAP_SYS_RESOURCE) && !cred_capable(c, CAP_SYS_ADMIN))
		return -EAGAIN;
	return 0;
}

/* clone3's choice of the new task's id, for one level of pid namespaces. */
static CO_FN pid_t pick_tid(struct task *t, const struct clone_args *a)
{
	int32_t want;
	pid_t nr;

	if (!a->set_tid_size)
		return pid_new(0);
	if (copyin_obj(&want, a->set_tid))
		return -EFAULT;
	if (want < 1 || want >= PID_MAX)
		return -EINVAL;
	if (!task_capable(t, CAP_SYS_ADMIN) && !task_capable(t, CAP_CHECKPOINT_RESTORE))
		return -EPERM;
	nr = pid_new(want);
	return nr;
}

/* The new group of a process: inherits what fork(2) says. */
static struct thread_group *make_group(struct task *t, pid_t tgid, uint64_t flags)
{
	struct thread_group *self = t->tg, *tg;
	struct sighand *hand = flags & CLONE_SIGHAND ? sighand_ref(self->sig.hand) : sighand_new();

	if (!hand)
		return NULL;
	if (flags & CLONE_CLEAR_SIGHAND) {
		/* Ignored signals stay ignored, as over execve. */
		for (int i = 0; i < NSIG_KERNEL; i++)
			if (self->sig.action[i].handler == SIG_IGN_K)
				hand->action[i].handler = SIG_IGN_K;
	} else if (!(flags & CLONE_SIGHAND)) {
		memcpy(hand->action, self->sig.action, sizeof(hand->action));
	}
	tg = tg_new(tgid, hand);
	if (!tg) {
		sighand_unref(hand);
		return NULL;
	}
	memcpy(tg->rlim, self->rlim, sizeof(tg->rlim));
	tg->oom_score_adj = self->oom_score_adj;
	tg->oom_score_adj_min = self->oom_score_adj_min;
	tg->coredump_filter_flip = self->coredump_filter_flip;
	tg->uts = uts_ref(self->uts);
	tg->ipc = ipc_ns_ref(self->ipc);
	return tg;
}

static void copy_attributes(struct task *n, const struct task *t, const struct clone_args *a)
{
	n->cred = cred_ref(t->cred);
	memcpy(n->comm, t->comm, sizeof(n->comm));
	n->personality = t->personality;
	n->timer_slack = n->timer_slack_default = t->timer_slack;
	n->sched = t->sched;
	if (n->sched.reset_on_fork) {
		n->sched.reset_on_fork = false;
		if (n->sched.policy != SCHED_OTHER && n->sched.policy != SCHED_BATCH &&
		    n->sched.policy != SCHED_IDLE) {
			n->sched.policy = SCHED_OTHER;
			n->sched.rt_prio = 0;
		}
		n->sched.nice = MAX(n->sched.nice, 0);
	}
	n->sig.blocked = t->sig.blocked;
	if (!(a->flags & CLONE_VM) || (a->flags & CLONE_VFORK)) {
		n->sig.alt_sp = t->sig.alt_sp;
		n->sig.alt_size = t->sig.alt_size;
		n->sig.alt_flags = t->sig.alt_flags;
	}
	if (a->flags & CLONE_CHILD_SETTID)
		n->set_child_tid = a->child_tid;
	if (a->flags & CLONE_CHILD_CLEARTID)
		n->clear_child_tid = a->child_tid;
	n->forked_no_exec = true;
	n->orig_nr = t->orig_nr;
}

static int share_tables(struct task *n, struct task *t, uint64_t flags)
{
	int err;

	n->fs = flags & CLONE_FS ? fs_info_ref(t->fs) : fs_info_dup(t->fs);
	if (!n->fs)
		return -ENOMEM;
	if (flags & CLONE_FILES) {
		n->files = fdtable_ref(t->files);
		return 0;
	}
	err = fdtable_dup(t->files, &n->files);
	if (err)
		n->files = NULL;
	return err;
}

static CO_FN int copy_space(struct task *n, struct task *t, const struct clone_args *a)
{
	struct arch_regs r;
	int err;

	if (a->flags & CLONE_VM) {
		err = platform->ctx_new(t->ctx, &n->ctx);
		if (!err)
			n->mm = mm_ref(t->mm);
	} else {
		err = mm_fork(t->mm, t->ctx, &n->mm, &n->ctx);
	}
	if (err) {
		n->ctx = NULL;
		n->mm = NULL;
		return err;
	}
	if ((a->stack || t->pt.forced_tf) && platform->ctx_whole(n->ctx))
		return -EAGAIN;
	platform->ctx_set_result(n->ctx, 0);
	platform->ctx_get_regs(n->ctx, &r);
	if (a->stack)
		arch_set_sp(&r, a->stack + a->stack_size);
	if (t->pt.forced_tf) /* the parent is being stepped, not its child */
		arch_set_trap_flag(&r, false);
	if (a->stack || t->pt.forced_tf)
		platform->ctx_set_regs(n->ctx, &r);
	if (a->flags & CLONE_SETTLS)
		platform->ctx_set_tls(n->ctx, ARCH_SET_FS, a->tls);
	return 0;
}

/* Undoes a task that never ran and is in no table. */
static CO_FN void discard(struct task *n)
{
	task_ipc_exit(n);
	if (n->ctx)
		platform->ctx_destroy(n->ctx);
	n->ctx = NULL;
	n->mm = n->mm ? mm_unref(n->mm) : NULL;
	n->files = n->files ? fdtable_unref(n->files) : NULL;
	task_unref(n);
}

static void join_family(struct task *n, struct task *t, const struct clone_args *a)
{
	struct thread_group *tg = n->tg, *self = t->tg;

	if (a->flags & CLONE_THREAD)
		return;
	if (a->flags & CLONE_PARENT) {
		tg_add_child(self->parent, tg);
		tg->parent_tid = self->parent_tid;
		tg->exit_signal = self->exit_signal;
	} else {
		tg_add_child(self, tg);
		tg->parent_tid = t->tid;
		tg->exit_signal = (int)a->exit_signal;
	}
	pid_set_tg(tg->tgid, tg);
	tg_set_pgrp(tg, self->pgrp);
	cpu_limit_watch(tg);
}

/* Waits until the vfork child has released the address space; only a fatal signal ends it early. */
static CO_FN bool wait_vfork(struct task *n, struct waitq *q)
{
	while (!n->vfork_done)
		if (wait_on_mode(q, KTIME_NEVER, WAIT_KILLABLE))
			break;
	n->vfork_wait = NULL;
	return n->vfork_done;
}

/* What the tracer is told of this, or 0. */
static int fork_event(const struct task *t, const struct clone_args *a)
{
	int event = a->flags & CLONE_VFORK ? PTRACE_EVENT_VFORK
	            : (a->flags & CLONE_THREAD) || a->exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE
	                                                                    : PTRACE_EVENT_FORK;

	return !(a->flags & CLONE_UNTRACED) && ptrace_wants(t, event) ? event : 0;
}

CO_FN int64_t task_clone(struct task *t, const struct clone_args *a)
{
	struct thread_group *tg;
	struct waitq vfork_q;
	struct task *n;
	int pidfd = -1, event;
	pid_t tid;
	int err;

	err = check_flags(t, a);
	if (err)
		return err;
	/* A signal sent to the group before the fork must not be taken by parent and child. */
	signal_recalc(t);
	if (signal_pending(t))
		return -ERESTARTNOINTR;
	err = check_limits(t);
	if (err)
		return err;
	tid = pick_tid(t, a);
	if (tid < 0)
		return tid;
	tg = a->flags & CLONE_THREAD ? tg_ref(t->tg) : make_group(t, tid, a->flags);
	n = tg ? task_new(tg, tid) : NULL;
	tg_unref(tg);
	if (!n) {
		pid_cancel(tid);
		return -ENOMEM;
	}
	copy_attributes(n, t, a);
	err = task_ipc_clone(n, t, a->flags & CLONE_SYSVSEM);
	if (!err)
		err = share_tables(n, t, a->flags);
	if (!err)
		err = copy_space(n, t, a);
	if (!err && (a->flags & CLONE_PIDFD)) {
		pidfd = pidfd_install(t, n->tg, 0);
		err = pidfd < 0 ? pidfd : copyout_obj(a->pidfd, &pidfd);
	}
	/* While this yielded, an exit or exec of the group may have begun. */
	if (!err && (t->exiting || ((a->flags & CLONE_THREAD) && t->tg->exec_task)))
		err = -ERESTARTNOINTR;
	if (!err)
		err = user_add_tasks(n->cred->ruid, 1);
	if (!err) {
		n->nproc_uid = n->cred->ruid;
		task_publish(n);
		join_family(n, t, a);
		event = fork_event(t, a);
		if (event || (a->flags & CLONE_PTRACE))
			ptrace_inherit(t, n);
		if (a->flags & CLONE_THREAD)
			stop_join(t, n);
		if (a->flags & CLONE_PARENT_SETTID)
			(void)copyout_obj(a->parent_tid, &tid); /* Linux ignores a fault here */
		if (a->flags & CLONE_VFORK) {
			waitq_init(&vfork_q);
			n->vfork_wait = &vfork_q;
		}
		task_ref(n);
		err = task_start(n, NULL);
		if (!err) {
			if (event)
				ptrace_event(t, event, (uint64_t)tid);
			if ((a->flags & CLONE_VFORK) && wait_vfork(n, &vfork_q))
				ptrace_event(t, PTRACE_EVENT_VFORK_DONE, (uint64_t)tid);
			task_unref(n);
			return tid;
		}
		task_unref(n);
		n->vfork_wait = NULL;
		if (n->jobctl & JOBCTL_STOP_PENDING)
			(void)stop_participate(n);
		if (!(a->flags & CLONE_THREAD)) {
			tg_set_pgrp(n->tg, NULL);
			tg_del_child(n->tg);
			n->tg->reaped = true;
			n->tg->leader = NULL;
		}
		n->tg->nr_live--;
		task_ref(n);
		task_unpublish(n);
		if (!(a->flags & CLONE_THREAD))
			pid_set_tg(n->tg->tgid, NULL);
	} else {
		pid_cancel(tid);
	}
	if (pidfd >= 0)
		fd_close(t->files, pidfd);
	discard(n);
	return err;
}
