/* SPDX-License-Identifier: Apache-2.0
 *
 * How threads and processes end: kernel/exit.c's order of giving things up, new parents for
 * orphans, and who is told. Layer: tasks.
 */
#include "core/assert.h"
#include "tasks/cputime.h"
#include "tasks/futex.h"
#include "tasks/ipc.h"
#include "tasks/itimer.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/posix_timer.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"
#include "tasks/task_ops.h"

void (*tg_on_zombie)(struct thread_group *tg);
void (*tg_on_reaped)(struct thread_group *tg);
static void (*exit_hook)(struct task *t);

void tasks_set_exit_hook(void (*fn)(struct task *t))
{
	exit_hook = fn;
}

void task_exit(struct task *t, int code)
{
	if (t->state == TASK_ZOMBIE || t->released)
		return;
	ptrace_killed(t); /* it may be in its last stop already */
	if (t->exiting)
		return;
	t->exiting = true;
	t->exit_code = code;
	signal_recalc(t);
}

void task_zap(struct task *t, int code)
{
	jobctl_clear(t, JOBCTL_PENDING_MASK);
	task_exit(t, code);
}

void tg_exit(struct thread_group *tg, int code)
{
	struct task *t;

	if (tg->exiting || tg->zombie || tg->builtin)
		return;
	tg->exiting = true;
	tg->group_exit_code = code;
	tg->stopped = tg->continued = false;
	tg->stop_count = 0;
	LIST_FOREACH(t, &tg->tasks, tg_entry)
		task_zap(t, code);
}

int tg_status(const struct thread_group *tg)
{
	return tg->exiting ? tg->group_exit_code : tg->leader->exit_code;
}

void vfork_release(struct task *t)
{
	struct waitq *q = t->vfork_wait;

	t->vfork_done = true;
	t->vfork_wait = NULL;
	if (q)
		wake_all(q);
}

CO_FN void mm_release(struct task *t)
{
	futex_exit_robust_list(t);
	futex_exit_pi(t);
	if (t->clear_child_tid) {
		/* Nobody else can be waiting in an address space of one's own. */
		if (t->mm->refs > 1) {
			int zero = 0;

			if (mm_copyout(t->mm, t->clear_child_tid, &zero, sizeof(zero)) == 0)
				futex_wake_addr(t->mm, t->clear_child_tid, 1);
		}
		t->clear_child_tid = 0;
	}
	vfork_release(t);
}

/* ---- orphans ---- */

static bool tg_has_life(const struct thread_group *tg)
{
	return tg->nr_live > 0 && !tg->zombie;
}

/* find_new_reaper(): the nearest subreaper above, else the built-in reaper. */
static struct thread_group *find_reaper(struct thread_group *tg)
{
	struct thread_group *p;

	for (p = tg->parent; p && !p->builtin; p = p->parent)
		if (p->child_subreaper && tg_has_life(p))
			return p;
	return tg_find(1);
}

/* kill_orphaned_pgrp(): stopped jobs that nobody could continue any more are hung up. */
static void hang_up_orphans(struct thread_group *tg, const struct thread_group *parent,
                            const struct thread_group *ignored)
{
	struct pgrp *pg = tg->pgrp;

	if (!pg || !parent || !parent->pgrp)
		return;
	if (parent->pgrp == pg || parent->pgrp->session != pg->session)
		return;
	if (!pgrp_orphaned(pg, ignored) || !pgrp_has_stopped(pg))
		return;
	pgrp_ref(pg);
	send_signal_pgrp(pg, SIGHUP, NULL);
	send_signal_pgrp(pg, SIGCONT, NULL);
	pgrp_unref(pg);
}

/* do_notify_parent(): tells t's tracer, else its parent; returns whether the zombie goes at once. */
static bool notify_end(struct task *t, int sig)
{
	struct thread_group *tg = t->tg, *to = t->pt.tracer ? t->pt.tracer->tg : tg->parent;
	const struct ksigaction *ka;
	siginfo_t info = { 0 };
	bool reap = false, send = sig > 0;
	int status = tg->zombie ? tg_status(tg) : t->exit_code;

	if (to->builtin)
		return true;
	ka = &to->sig.action[SIGCHLD - 1];
	/* A tracee is always waited for. */
	if (!t->pt.tracer && sig == SIGCHLD &&
	    (ka->handler == SIG_IGN_K || (ka->flags & SA_NOCLDWAIT))) {
		reap = true;
		if (ka->handler == SIG_IGN_K)
			send = false;
	}
	if (send) {
		info.si_signo = sig;
		info.si_pid = t->tid;
		info.si_uid = t->cred->ruid;
		tg_cputime_clock(tg, &info.si_utime, &info.si_stime);
		info.si_status = status & 0x7f ? status & 0x7f : (status >> 8) & 0xff;
		info.si_code = (status & 0x80) ? CLD_DUMPED : (status & 0x7f) ? CLD_KILLED : CLD_EXITED;
		send_signal_group(to, sig, &info);
	}
	wake_all(&to->wait_children);
	return reap;
}

void tg_notify_parent(struct thread_group *tg)
{
	if (notify_end(tg->leader, tg->exit_signal))
		tg_reap(tg);
}

static void pdeath(struct thread_group *child, pid_t dying)
{
	struct task *c;

	if (child->parent_tid != dying)
		return;
	LIST_FOREACH(c, &child->tasks, tg_entry)
		if (c->pdeath_signal)
			send_signal_group(child, c->pdeath_signal, NULL);
}

/* The children that this thread made get another parent. */
static void forget_children(struct task *t)
{
	struct thread_group *tg = t->tg, *c, *next, *reaper;
	struct task *o, *heir = NULL;

	LIST_FOREACH(o, &tg->tasks, tg_entry)
		if (o != t && !o->exiting && o->state != TASK_ZOMBIE)
			heir = o;
	/* Threads that are on their way out will pass the children on in turn. */
	if (!heir && tg->nr_live > 0)
		LIST_FOREACH(o, &tg->tasks, tg_entry)
			if (o != t && o->state != TASK_ZOMBIE)
				heir = o;
	LIST_FOREACH_SAFE(c, &tg->children, sibling, next)
		pdeath(c, t->tid);
	if (heir) {
		LIST_FOREACH(c, &tg->children, sibling)
			if (c->parent_tid == t->tid)
				c->parent_tid = heir->tid;
		return;
	}
	reaper = find_reaper(tg);
	while ((c = LIST_FIRST(&tg->children)) != NULL) {
		tg_del_child(c);
		tg_add_child(reaper, c);
		c->parent_tid = reaper->leader ? reaper->leader->tid : reaper->tgid;
		c->exit_signal = SIGCHLD;
		hang_up_orphans(c, tg, NULL);
		if (c->zombie && !c->leader->pt.tracer)
			tg_notify_parent(c);
	}
}

/* ---- the end ---- */

void tg_reap(struct thread_group *tg)
{
	struct task *leader = tg->leader;

	ASSERT(tg->zombie && !tg->reaped, "only a zombie is reaped, and once");
	tg->reaped = true;
	tg_del_child(tg);
	tg_set_pgrp(tg, NULL);
	tg->leader = NULL;
	tg_ref(tg);
	task_unpublish(leader);
	pid_set_tg(tg->tgid, NULL);
	if (tg_on_reaped)
		tg_on_reaped(tg);
	tg_unref(tg);
}

/* All threads are gone but for the leader, which has ended too. */
static void tg_become_zombie(struct thread_group *tg)
{
	bool reap;

	tg->zombie = true;
	tg->stopped = tg->continued = false;
	hang_up_orphans(tg, tg->parent, tg);
	reap = notify_end(tg->leader, ptrace_reparented(tg->leader) ? SIGCHLD : tg->exit_signal);
	wake_all(&tg->exit_wait);
	tg_ref(tg);
	if (tg_on_zombie)
		tg_on_zombie(tg);
	if (reap)
		tg_reap(tg);
	tg_unref(tg);
}

void task_release_thread(struct task *t)
{
	struct thread_group *tg = tg_ref(t->tg);

	task_account_end(t);
	task_unpublish(t);
	wake_all(&tg->exec_wait);
	if (tg->nr_tasks == 1 && tg->leader->state == TASK_ZOMBIE)
		tg_become_zombie(tg);
	tg_unref(tg);
}

static void exit_notify(struct task *t)
{
	struct thread_group *tg = tg_ref(t->tg);

	ptrace_exit(t);
	forget_children(t);
	t->state = TASK_ZOMBIE;
	/* The built-in reaper waits for nobody. */
	if (t->pt.tracer && t->pt.tracer->tg->builtin)
		ptrace_unlink(t);
	wake_all(&tg->exec_wait);
	if (t == tg->leader && tg->nr_tasks == 1)
		tg_become_zombie(tg);
	else if (t->pt.tracer)
		notify_end(t, SIGCHLD);
	else if (t != tg->leader)
		task_release_thread(t);
	tg_unref(tg);
}

/* Runs in t's coroutine as the last thing it does. Killable waits don't wait any more. */
CO_FN void task_finish(struct task *t)
{
	struct thread_group *tg = t->tg;
	bool last;

	ASSERT(t->exiting, "a task is told to end before it does");
	last = --tg->nr_live == 0;
	if (last && !tg->exiting) { /* the group's status is the last thread's, not the leader's */
		tg->exiting = true;
		tg->group_exit_code = t->exit_code;
	}
	if (!last)
		signal_retarget(t, ~t->sig.blocked);
	if ((t->jobctl & JOBCTL_STOP_PENDING) && stop_participate(t))
		stop_notify(t, false, CLD_STOPPED);
	if (last) {
		itimers_done(tg);
		posix_timers_free(tg);
	}
	if (exit_hook)
		exit_hook(t);
	if (t->mm)
		mm_release(t);
	vfork_release(t);
	task_account_ctx(t);
	if (t->mm) {
		tg->dead.maxrss_kib = MAX(tg->dead.maxrss_kib, t->mm->peak_pages * (PAGE_SIZE / 1024));
		t->co->mm = NULL;
	}
	task_ipc_exit(t); /* after the robust list, before the files, as in Linux */
	if (t->files)
		t->files = fdtable_unref(t->files);
	if (t->ctx) {
		struct ctx *ctx = t->ctx;

		t->ctx = NULL;
		t->co->ctx = NULL;
		platform->ctx_destroy(ctx);
	}
	if (t->mm)
		t->mm = mm_unref(t->mm);
	if (t->fs)
		t->fs = fs_info_unref(t->fs);
	if (last)
		session_leader_gone(tg);
	t->co->task = NULL;
	t->co = NULL;
	exit_notify(t);
	task_unref(t);
}
