/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace(2): who traces whom, how that begins and ends. Layer: tasks.
 */
#include "tasks/ptrace.h"

#include "tasks/life.h"
#include "tasks/signal_impl.h"

/* PTRACE_O_SUSPEND_SECCOMP belongs to checkpoint and restore, which is configured out. */
#define OPTIONS_KNOWN (0xffu | PTRACE_O_EXITKILL)
#define OPTIONS_ALL (OPTIONS_KNOWN | PTRACE_O_SUSPEND_SECCOMP)

static void link_to(struct task *p, struct task *tracer, struct cred *cred)
{
	p->pt.tracer = tracer;
	p->ids_told = false;
	p->pt.cred = cred_ref(cred);
	LIST_INSERT_HEAD(&tracer->pt.tracees, p, pt.entry);
}

void ptrace_unlink(struct task *p)
{
	struct task_ptrace *pt = &p->pt;

	if (!pt->tracer)
		return;
	LIST_REMOVE(p, pt.entry);
	pt->tracer = NULL;
	p->ids_told = false;
	pt->cred = cred_unref(pt->cred);
	pt->options = 0;
	pt->seized = pt->syscall_trace = pt->syscall_emu = false;
	jobctl_clear(p, JOBCTL_TRAP_MASK);
	jobctl_trapped(p);
	/* A stop of its group that it took part in as a tracee goes on without the tracer. */
	if (!p->exiting && (p->tg->stopped || p->tg->stop_count))
		jobctl_set(p, JOBCTL_STOP_PENDING, p->stop_sig ? 0 : SIGSTOP);
	if (p->jobctl & JOBCTL_TRACED) {
		p->jobctl &= ~(unsigned)JOBCTL_TRACED;
		p->state = TASK_RUNNING;
		co_ready(p->co);
	}
	signal_recalc(p);
}

static int check_options(uint64_t options)
{
	return options & ~(uint64_t)OPTIONS_KNOWN ? -EINVAL : 0;
}

int ptrace_set_options(struct task *p, uint64_t options)
{
	int err = check_options(options);

	if (!err)
		p->pt.options = (unsigned)options;
	return err;
}

/* The thread that made t, which a tracer is: Linux's real_parent. */
static struct task *real_parent(const struct task *t)
{
	struct thread_group *parent = t->tg->parent;
	struct task *p = parent ? task_find(t->tg->parent_tid) : NULL;

	return p && p->tg == parent ? p : parent ? parent->leader : NULL;
}

int ptrace_traceme(struct task *t)
{
	struct task *parent = real_parent(t);
	const struct cred *c;

	if (t->pt.tracer || !parent)
		return -EPERM;
	c = parent->cred;
	if ((t->cred->cap_permitted & ~c->cap_permitted) && !cred_capable(c, CAP_SYS_PTRACE))
		return -EPERM;
	/* One that is ending has let go of its tracees already. */
	if (!parent->exiting)
		link_to(t, parent, t->cred);
	return 0;
}

/* A tracer wants to find it in a stop of its own, not the group's. */
static CO_FN void turn_stop_into_trap(struct task *p)
{
	struct thread_group *tg = p->tg;

	if (!(p->jobctl & JOBCTL_STOPPED) || !jobctl_set(p, JOBCTL_TRAP_STOP | JOBCTL_TRAPPING, 0))
		return;
	p->jobctl &= ~(unsigned)JOBCTL_STOPPED;
	co_ready(p->co);
	tg_ref(tg);
	while (p->jobctl & JOBCTL_TRAPPING)
		if (wait_on_mode(&tg->trapping_wait, KTIME_NEVER, WAIT_KILLABLE))
			break;
	tg_unref(tg);
}

CO_FN int ptrace_attach(struct task *t, struct task *to, bool seize, uint64_t addr, uint64_t options)
{
	if (seize) {
		if (addr || (options & ~(uint64_t)OPTIONS_ALL))
			return -EIO;
		if (check_options(options))
			return -EINVAL;
	}
	if (t->tg == to->tg || to->tg->builtin)
		return -EPERM;
	while (to->tg->execs) {
		int err = wait_on(&to->tg->trapping_wait, KTIME_NEVER);

		if (err)
			return -ERESTARTNOINTR;
	}
	if (!ptrace_may_access(t, to, ACCESS_ATTACH))
		return -EPERM;
	if (to->pt.tracer || to->state == TASK_ZOMBIE || to->released)
		return -EPERM;
	link_to(to, t, t->cred);
	to->pt.seized = seize;
	to->pt.options = seize ? (unsigned)options : 0;
	if (!seize)
		send_signal_task(to, SIGSTOP, NULL);
	turn_stop_into_trap(to);
	return 0;
}

void ptrace_inherit(struct task *t, struct task *n)
{
	if (!t->pt.tracer)
		return;
	link_to(n, t->pt.tracer, t->pt.cred);
	n->pt.options = t->pt.options;
	n->pt.seized = t->pt.seized;
	if (n->pt.seized)
		jobctl_set(n, JOBCTL_TRAP_STOP, 0);
	else
		(void)sigpending_add(&n->sig.pending, SIGSTOP, NULL, 0, 0, true); /* no data: can't fail */
}

static bool ignores_children(const struct thread_group *tg)
{
	const struct ksigaction *ka = &tg->sig.action[SIGCHLD - 1];

	return ka->handler == SIG_IGN_K || (ka->flags & SA_NOCLDWAIT);
}

/* __ptrace_detach(): a zombie that its tracer didn't wait for is now its parent's. */
static void let_go(struct task *tracer, struct task *p)
{
	struct thread_group *tg = p->tg;

	ptrace_unlink(p);
	if (p->state != TASK_ZOMBIE)
		return;
	if (p != tg->leader) {
		task_release_thread(p);
		return;
	}
	if (!tg->zombie)
		return;
	if (tg->parent != tracer->tg) {
		tg_notify_parent(tg);
	} else if (ignores_children(tracer->tg)) {
		wake_all(&tracer->tg->wait_children);
		tg_reap(tg);
	}
}

int ptrace_detach(struct task *p, uint64_t sig)
{
	if (sig > NSIG_KERNEL)
		return -EIO;
	ptrace_step_disable(p);
	p->pt.code = (int)sig;
	let_go(p->pt.tracer, p);
	return 0;
}

void ptrace_exit(struct task *t)
{
	struct task *p;

	while ((p = LIST_FIRST(&t->pt.tracees)) != NULL) {
		if (p->pt.options & PTRACE_O_EXITKILL)
			send_signal_task(p, SIGKILL, NULL);
		let_go(t, p);
	}
}

bool ptrace_exec_unsafe(const struct task *p)
{
	return p->pt.tracer && !cred_capable(p->pt.cred, CAP_SYS_PTRACE);
}
