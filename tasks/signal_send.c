/* SPDX-License-Identifier: Apache-2.0
 *
 * Sending signals: what is dropped, what it cancels, which thread is to take it, and telling that
 * thread. Modelled on kernel/signal.c (prepare_signal, complete_signal). Layer: tasks. Never
 * yields, and may be called from timer callbacks of the loop.
 */
#include "core/assert.h"
#include "tasks/itimer.h"
#include "tasks/signal_impl.h"

static bool default_is_fatal(int sig)
{
	return !(sig_bit(sig) & (SIGMASK_IGNORE | SIGMASK_STOP));
}

sigmask_t signals_pending_set(const struct task *t)
{
	return t->sig.pending.set | t->tg->sig.pending.set;
}

bool signal_pending(const struct task *t)
{
	return t->exiting || (signals_pending_set(t) & ~t->sig.blocked) ||
	       (t->jobctl & JOBCTL_PENDING_MASK);
}

void signal_recalc(struct task *t)
{
	bool fatal = t->exiting || (signals_pending_set(t) & sig_bit(SIGKILL));

	if (!t->co)
		return;
	if (!signal_pending(t)) {
		t->co->interrupt = false;
		t->co->killed = false;
		return;
	}
	/* One that runs must not be put on the run queue: this may be the last that it does. */
	if (t->co == co_self()) {
		t->co->interrupt = true;
		t->co->killed |= fatal;
		return;
	}
	co_interrupt(t->co, fatal);
	if (t->ctx)
		platform->ctx_kick(t->ctx);
}

bool signal_is_ignored(struct task *t, int sig)
{
	gaddr_t handler = t->tg->sig.action[sig - 1].handler;

	/* A blocked signal may find another action by the time it is unblocked. */
	if ((t->sig.blocked | t->sig.real_blocked) & sig_bit(sig))
		return false;
	/* A tracer may want to know even of what its tracee ignores. */
	if (t->pt.tracer && sig != SIGKILL)
		return false;
	return handler == SIG_IGN_K || (handler == SIG_DFL_K && (sig_bit(sig) & SIGMASK_IGNORE));
}

static void flush_group(struct thread_group *tg, sigmask_t which)
{
	struct task *t;

	sigpending_flush(&tg->sig.pending, which);
	LIST_FOREACH(t, &tg->tasks, tg_entry)
		sigpending_flush(&t->sig.pending, which);
}

/* Effects that a signal has by being sent at all. Returns false when it is to be dropped. */
static bool prepare(struct thread_group *tg, struct task *t, int sig)
{
	if (tg->builtin || tg->zombie || tg->reaped)
		return false;
	if (!tg->exiting) {
		if (sig_bit(sig) & SIGMASK_STOP) {
			flush_group(tg, sig_bit(SIGCONT));
		} else if (sig == SIGCONT) {
			flush_group(tg, SIGMASK_STOP);
			stop_continue(tg);
		}
	}
	return !signal_is_ignored(t, sig);
}

static bool wants(const struct task *t, int sig)
{
	if (t->exiting || t->state == TASK_ZOMBIE || t->state == TASK_DEAD)
		return false;
	if (sig == SIGKILL)
		return true;
	if (t->sig.blocked & sig_bit(sig))
		return false;
	return t->state != TASK_STOPPED && t->state != TASK_TRACED;
}

/* The thread to interrupt: the one asked for, else the first that is free to take it. */
static struct task *choose(struct thread_group *tg, struct task *t, int sig, bool group)
{
	struct task *o, *busy = NULL;

	if (wants(t, sig) && (!group || !t->co || !t->co->interrupt))
		return t;
	if (!group)
		return wants(t, sig) ? t : NULL;
	LIST_FOREACH(o, &tg->tasks, tg_entry) {
		if (!wants(o, sig))
			continue;
		if (!o->co || !o->co->interrupt)
			return o;
		busy = o;
	}
	return busy;
}

static void complete(struct thread_group *tg, struct task *t, int sig, bool group)
{
	struct task *to;

	wake_all(&tg->sig.signalfds);
	to = choose(tg, t, sig, group);
	if (!to)
		return;
	/* A signal that ends the process does so now, even if no thread gets to look at it. A tracer
	 * decides about all but SIGKILL. */
	if ((sig == SIGKILL || !t->pt.tracer) && tg->sig.action[sig - 1].handler == SIG_DFL_K && default_is_fatal(sig) &&
	    !(sig_bit(sig) & SIGMASK_CORE) && !(to->sig.real_blocked & sig_bit(sig)) && !tg->exiting) {
		tg_exit(tg, sig);
		return;
	}
	signal_recalc(to);
}

static int send_signal(struct thread_group *tg, struct task *t, int sig, const siginfo_t *info,
                       bool group)
{
	struct sigpending *p = group ? &tg->sig.pending : &t->sig.pending;
	siginfo_t kernel = { .si_signo = sig, .si_code = SI_KERNEL };
	bool override, may_drop;
	int err;

	if (sig == 0 || !prepare(tg, t, sig))
		return 0;
	/* Standard signals of the kernel and of kill() always get an entry; the rest is limited, and
	 * only a real-time signal with data of its own must not be delivered without it. */
	override = sig < SIGRTMIN_KERNEL && (!info || info->si_code >= 0);
	may_drop = !info || sig < SIGRTMIN_KERNEL || info->si_code == SI_USER;
	if (!info)
		info = &kernel;
	err = sigpending_add(p, sig, sig == SIGKILL ? NULL : info, t->cred->ruid,
	                     override ? RLIM_INFINITY : tg->rlim[RLIMIT_SIGPENDING].rlim_cur, may_drop);
	if (err)
		return err;
	complete(tg, t, sig, group);
	return 0;
}

int send_signal_task(struct task *t, int sig, const siginfo_t *info)
{
	return send_signal(t->tg, t, sig, info, false);
}

int send_signal_group(struct thread_group *tg, int sig, const siginfo_t *info)
{
	if (tg->reaped || !tg->leader)
		return 0;
	return send_signal(tg, tg->leader, sig, info, true);
}

int send_kernel_signal_group(struct thread_group *tg, int sig)
{
	return send_signal_group(tg, sig, NULL);
}

int send_signal_pgrp(struct pgrp *pg, int sig, const siginfo_t *info)
{
	struct thread_group *tg, *next;
	int err, ret = -ESRCH;

	/* A signal may end a group, but never takes it off the list at once. */
	LIST_FOREACH_SAFE(tg, &pg->members, pgrp_entry, next) {
		err = send_signal_group(tg, sig, info);
		if (ret != 0)
			ret = err;
	}
	return ret;
}

int send_signal_timer(struct task *t, struct thread_group *tg, struct sigqueue_entry *e)
{
	int sig = e->info.si_signo;
	bool group = t == NULL;

	if (group)
		t = tg->leader;
	if (!t || !prepare(tg, t, sig))
		return 1;
	sigpending_add_timer(group ? &tg->sig.pending : &t->sig.pending, e);
	complete(tg, t, sig, group);
	return 0;
}

void force_signal(struct task *t, const siginfo_t *info)
{
	int sig = info->si_signo;
	struct ksigaction *ka = &t->tg->sig.action[sig - 1];
	bool blocked = t->sig.blocked & sig_bit(sig);

	if (blocked || ka->handler == SIG_IGN_K) {
		ka->handler = SIG_DFL_K;
		t->sig.blocked &= ~sig_bit(sig);
	}
	t->sig.real_blocked &= ~sig_bit(sig);
	send_signal(t->tg, t, sig, info, false);
	signal_recalc(t);
}

void force_signal_kernel(struct task *t, int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };

	force_signal(t, &info);
}

void siginfo_user(siginfo_t *info, int sig, int code)
{
	struct task *t = current_task();

	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = t ? t->tg->tgid : 0;
	info->si_uid = t ? t->cred->ruid : 0;
}

bool may_signal(const struct task *t, const struct task *to, int sig)
{
	const struct cred *c = t->cred, *o = to->cred;

	if (t->tg == to->tg)
		return true;
	if (c->euid == o->suid || c->euid == o->ruid || c->ruid == o->suid || c->ruid == o->ruid)
		return true;
	if (cred_capable(c, CAP_KILL))
		return true;
	return sig == SIGCONT && t->tg->pgrp && to->tg->pgrp &&
	       t->tg->pgrp->session == to->tg->pgrp->session;
}

int signal_dequeue(struct task *t, sigmask_t set, siginfo_t *info)
{
	int sig = sigpending_next(&t->sig.pending, set);

	if (sig) {
		sigpending_take(&t->sig.pending, sig, info);
	} else {
		sig = sigpending_next(&t->tg->sig.pending, set);
		if (!sig) {
			/* Another thread may have taken the group's signal that t was woken for. */
			signal_recalc(t);
			return 0;
		}
		sigpending_take(&t->tg->sig.pending, sig, info);
		/* A periodic ITIMER_REAL runs on only as fast as its signals are taken. */
		if (sig == SIGALRM)
			itimer_real_taken(t->tg);
	}
	signal_recalc(t);
	return sig;
}

void signal_retarget(struct task *t, sigmask_t which)
{
	struct task *o;

	which &= t->tg->sig.pending.set;
	if (!which)
		return;
	LIST_FOREACH(o, &t->tg->tasks, tg_entry) {
		if (o == t || o->exiting || !(which & ~o->sig.blocked))
			continue;
		which &= o->sig.blocked;
		signal_recalc(o);
		if (!which)
			return;
	}
}

void signal_set_mask(struct task *t, sigmask_t mask)
{
	sigmask_t newly = mask & ~t->sig.blocked;

	t->sig.blocked = mask & ~SIGMASK_NEVER_BLOCKED;
	if (newly && t->tg->nr_tasks > 1)
		signal_retarget(t, newly);
	signal_recalc(t);
}

void signal_set_temp_mask(struct task *t, sigmask_t mask)
{
	t->sig.saved = t->sig.blocked;
	t->sig.restore_saved = true;
	signal_set_mask(t, mask);
}
