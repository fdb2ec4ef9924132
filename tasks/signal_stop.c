/* SPDX-License-Identifier: Apache-2.0
 *
 * Job control: stopping and continuing whole thread groups, and telling the parent. Layer: tasks.
 *
 * A group stop begins when one thread takes a stop signal; it is complete, and only then reported,
 * when every thread has parked here.
 */
#include "tasks/cputime.h"
#include "tasks/life.h"
#include "tasks/signal_impl.h"

void (*tg_on_stopped)(struct thread_group *tg);

static void notify_parent(struct thread_group *tg, int code)
{
	struct thread_group *parent = tg->parent;
	siginfo_t info = { .si_signo = SIGCHLD, .si_code = code };
	struct ksigaction *ka;

	if (!parent || parent->builtin)
		return;
	info.si_pid = tg->tgid;
	info.si_uid = tg->leader->cred->ruid;
	info.si_status = code == CLD_CONTINUED ? SIGCONT : tg->stop_signal;
	tg_cputime_clock(tg, &info.si_utime, &info.si_stime);
	ka = &parent->sig.action[SIGCHLD - 1];
	if (ka->handler != SIG_IGN_K && !(ka->flags & SA_NOCLDSTOP))
		send_signal_group(parent, SIGCHLD, &info);
	wake_all(&parent->wait_children);
}

void stop_begin(struct thread_group *tg, int sig)
{
	struct task *t;

	if (tg->exiting || tg->exec_task)
		return;
	tg->stop_signal = sig;
	if (tg->stopping)
		return;
	tg->stopping = true;
	LIST_FOREACH(t, &tg->tasks, tg_entry) {
		t->stop_done = false;
		signal_recalc(t);
	}
}

void stop_check_complete(struct thread_group *tg)
{
	struct task *t;
	bool any = false;

	if (!tg->stopping || tg->stopped)
		return;
	LIST_FOREACH(t, &tg->tasks, tg_entry) {
		if (t->exiting || t->state == TASK_ZOMBIE)
			continue;
		if (!t->stop_done)
			return;
		any = true;
	}
	if (!any)
		return;
	tg->stopped = true;
	tg->stop_reported = false;
	tg->continued = false;
	notify_parent(tg, CLD_STOPPED);
	if (tg_on_stopped)
		tg_on_stopped(tg);
}

void stop_continue(struct thread_group *tg)
{
	struct task *t;
	bool was = tg->stopped;

	if (!tg->stopping)
		return;
	tg->stopping = false;
	tg->stopped = false;
	LIST_FOREACH(t, &tg->tasks, tg_entry) {
		t->stop_done = false;
		if (t->state == TASK_STOPPED)
			t->state = TASK_RUNNING;
		signal_recalc(t);
	}
	wake_all(&tg->stop_wait);
	if (was) {
		tg->continued = true;
		notify_parent(tg, CLD_CONTINUED);
	}
}

CO_FN void stop_park(struct task *t)
{
	struct thread_group *tg = t->tg;

	t->stop_done = true;
	t->state = TASK_STOPPED;
	signal_recalc(t);
	stop_check_complete(tg);
	if (t->ctx)
		platform->ctx_blocked(t->ctx);
	/* stop_done falls when SIGCONT came, even if another stop has begun since. */
	while (tg->stopping && t->stop_done && !t->exiting)
		if (wait_on_mode(&tg->stop_wait, KTIME_NEVER, WAIT_KILLABLE))
			break;
	t->stop_done = false;
	t->state = TASK_RUNNING;
	signal_recalc(t);
}

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
