/* SPDX-License-Identifier: Apache-2.0
 *
 * Job control: stopping and continuing whole thread groups, and telling the parent and the tracer.
 * Layer: tasks. Modelled on do_signal_stop() and its neighbours in kernel/signal.c.
 *
 * A group stop begins when one thread takes a stop signal; it is complete, and only then reported,
 * when every thread has parked here, or in ptrace_stop.c, or has ended.
 */
#include "tasks/cputime.h"
#include "tasks/life.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"

void (*tg_on_stopped)(struct thread_group *tg);

/* ---- pending stops and traps ---- */

bool jobctl_set(struct task *t, unsigned mask, int sig)
{
	if (t->exiting || t->state == TASK_ZOMBIE || t->released)
		return false;
	if (sig)
		t->stop_sig = sig;
	t->jobctl |= mask;
	return true;
}

void jobctl_trapped(struct task *t)
{
	if (!(t->jobctl & JOBCTL_TRAPPING))
		return;
	t->jobctl &= ~(unsigned)JOBCTL_TRAPPING;
	wake_all(&t->tg->trapping_wait);
}

void jobctl_clear(struct task *t, unsigned mask)
{
	if (mask & JOBCTL_STOP_PENDING)
		mask |= JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED;
	t->jobctl &= ~mask;
	if (!(t->jobctl & JOBCTL_PENDING_MASK))
		jobctl_trapped(t);
}

/* ---- telling ---- */

void stop_notify(struct task *t, bool for_tracer, int why)
{
	struct thread_group *tg = t->tg, *to = for_tracer ? t->pt.tracer->tg : tg->parent;
	siginfo_t info = { .si_signo = SIGCHLD, .si_code = why };
	const struct ksigaction *ka;

	if (!for_tracer) {
		t = tg->leader;
		if (tg->stopped && tg_on_stopped)
			tg_on_stopped(tg);
	}
	if (!to || to->builtin || !to->leader)
		return;
	ka = &to->sig.action[SIGCHLD - 1];
	if (ka->handler != SIG_IGN_K && !(ka->flags & SA_NOCLDSTOP)) {
		info.si_pid = t->tid;
		info.si_uid = t->cred->ruid;
		switch (why) {
		case CLD_CONTINUED:
			info.si_status = SIGCONT;
			break;
		case CLD_STOPPED:
			info.si_status = tg->stop_code & 0x7f;
			break;
		default: /* CLD_TRAPPED */
			info.si_status = t->pt.code & 0x7f;
		}
		/* What is dropped at once need not be measured. */
		if (!signal_is_ignored(to->leader, SIGCHLD))
			tg_cputime_clock(tg, &info.si_utime, &info.si_stime);
		send_signal_group(to, SIGCHLD, &info);
	}
	wake_all(&to->wait_children);
}

/* ---- stopping ---- */

bool stop_participate(struct task *t)
{
	struct thread_group *tg = t->tg;
	bool counted = t->jobctl & JOBCTL_STOP_CONSUME;

	jobctl_clear(t, JOBCTL_STOP_PENDING);
	if (!counted)
		return false;
	if (tg->stop_count)
		tg->stop_count--;
	if (tg->stop_count || tg->stopped)
		return false;
	tg->stopped = true;
	tg->continued = false;
	return true;
}

static bool stop_begin(struct task *t, int sig)
{
	const unsigned pending = JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
	struct thread_group *tg = t->tg;
	struct task *o;

	if (!(t->jobctl & JOBCTL_STOP_DEQUEUED) || tg->exiting || tg->exec_task)
		return false;
	/* A tracee that was let go on in a stopped group may begin a stop of its own. */
	if (!tg->stopped)
		tg->stop_code = sig;
	tg->stop_count = 0;
	if (jobctl_set(t, pending, sig))
		tg->stop_count++;
	LIST_FOREACH(o, &tg->tasks, tg_entry) {
		if (o == t || (o->jobctl & JOBCTL_STOPPED) || !jobctl_set(o, pending, sig))
			continue;
		tg->stop_count++;
		if (o->pt.seized)
			ptrace_trap_notify(o);
		else
			signal_recalc(o);
	}
	return true;
}

static CO_FN void park(struct task *t)
{
	if (t->ctx)
		platform->ctx_blocked(t->ctx);
	while ((t->jobctl & JOBCTL_STOPPED) && !t->exiting)
		co_park();
	t->jobctl &= ~(unsigned)JOBCTL_STOPPED;
	t->state = TASK_RUNNING;
	signal_recalc(t);
}

CO_FN bool stop_with_group(struct task *t, int sig)
{
	bool complete;

	if (!(t->jobctl & JOBCTL_STOP_PENDING) && !stop_begin(t, sig))
		return false;
	if (t->pt.tracer) {
		jobctl_set(t, JOBCTL_TRAP_STOP, 0);
		return false;
	}
	complete = stop_participate(t);
	t->jobctl |= JOBCTL_STOPPED;
	t->state = TASK_STOPPED;
	signal_recalc(t);
	if (complete)
		stop_notify(t, false, CLD_STOPPED);
	park(t);
	return true;
}

void stop_continue(struct thread_group *tg)
{
	bool was = tg->stopped, under_way = tg->stop_count > 0;
	struct task *t;

	LIST_FOREACH(t, &tg->tasks, tg_entry) {
		jobctl_clear(t, JOBCTL_STOP_PENDING);
		if (t->pt.seized) {
			ptrace_trap_notify(t);
			continue;
		}
		if (t->jobctl & JOBCTL_STOPPED) {
			t->jobctl &= ~(unsigned)JOBCTL_STOPPED;
			t->state = TASK_RUNNING;
			co_ready(t->co);
		}
		signal_recalc(t);
	}
	if (!was && !under_way)
		return;
	tg->stopped = false;
	tg->continued = true;
	tg->stop_count = 0;
	tg->stop_code = 0;
	/* One that hadn't stopped altogether is said to have stopped, and to go on all the same. */
	stop_notify(tg->leader, false, was ? CLD_CONTINUED : CLD_STOPPED);
	if (ptrace_reparented(tg->leader))
		stop_notify(tg->leader, true, was ? CLD_CONTINUED : CLD_STOPPED);
}

void stop_join(const struct task *t, struct task *n)
{
	unsigned mask = JOBCTL_STOP_PENDING;

	if (t->tg->stop_count) {
		t->tg->stop_count++;
		mask |= JOBCTL_STOP_CONSUME;
	} else if (!t->tg->stopped) {
		return;
	}
	jobctl_set(n, mask, t->stop_sig);
}

/* ---- orphans ---- */

bool pgrp_orphaned(const struct pgrp *pg, const struct thread_group *ignored)
{
	const struct thread_group *tg;

	LIST_FOREACH(tg, &pg->members, pgrp_entry) {
		const struct thread_group *parent = tg->parent;

		if (tg == ignored || tg->zombie || !parent || !parent->pgrp)
			continue;
		if (parent->builtin && !tg->from_caller) /* an orphan */
			continue;
		if (parent->pgrp != pg && parent->pgrp->session == pg->session)
			return false;
	}
	return true;
}

bool pgrp_has_stopped(const struct pgrp *pg)
{
	const struct thread_group *tg;

	LIST_FOREACH(tg, &pg->members, pgrp_entry)
		if (tg->stopped)
			return true;
	return false;
}
