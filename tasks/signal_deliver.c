/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task does with signals before it goes back to guest code: take one, act by default or
 * enter the handler, and decide whether an interrupted call restarts (arch/x86/kernel/signal.c).
 * Layer: tasks.
 */
#include <sys/syscall.h>

#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"

/* Takes the next signal that has a handler. 0: none left, or the task is to end. */
static CO_FN int get_signal(struct task *t, struct ksigaction *ka, siginfo_t *info)
{
	struct thread_group *tg = t->tg;

	for (;;) {
		struct ksigaction *act;
		bool group;
		int sig;

		if (t->exiting)
			return 0;
		if ((t->jobctl & JOBCTL_STOP_PENDING) && stop_with_group(t, 0))
			continue;
		if (t->jobctl & JOBCTL_TRAP_MASK) {
			ptrace_jobctl_trap(t);
			continue;
		}
		group = !sigpending_next(&t->sig.pending, ~t->sig.blocked);
		sig = signal_dequeue(t, ~t->sig.blocked, info);
		if (!sig)
			return 0;
		if (sig_bit(sig) & SIGMASK_STOP)
			t->jobctl |= JOBCTL_STOP_DEQUEUED;
		if (t->pt.tracer && sig != SIGKILL) {
			sig = ptrace_signal(t, sig, info, group);
			if (!sig)
				continue;
		}
		act = &tg->sig.action[sig - 1];
		if (act->handler == SIG_IGN_K)
			continue;
		if (act->handler != SIG_DFL_K) {
			*ka = *act;
			if (act->flags & SA_RESETHAND)
				act->handler = SIG_DFL_K;
			return sig;
		}
		if (sig_bit(sig) & SIGMASK_IGNORE)
			continue;
		if (sig_bit(sig) & SIGMASK_STOP) {
			/* POSIX: the terminal's stops don't act on orphans, which nobody could continue. */
			if (sig == SIGSTOP || !pgrp_orphaned(tg->pgrp, NULL))
				stop_with_group(t, sig);
			continue;
		}
		tg_exit(tg, sig);
	}
}

int signal_altstack_flags(const struct task *t, gaddr_t sp)
{
	struct sigframe_altstack alt = { t->sig.alt_sp, t->sig.alt_size, t->sig.alt_flags };

	if (!alt.size)
		return SS_DISABLE;
	return sigframe_on_altstack(&alt, sp) ? SS_ONSTACK : 0;
}

/* What is left to do when the frame can't be built: as force_sigsegv(). */
static void frame_failed(struct task *t, int sig)
{
	if (sig == SIGSEGV)
		t->tg->sig.action[SIGSEGV - 1].handler = SIG_DFL_K;
	force_signal_kernel(t, SIGSEGV);
}

static CO_FN void enter_handler(struct task *t, int sig, const struct ksigaction *ka,
                                const siginfo_t *info)
{
	struct sigframe_in in = {
		.sig = sig,
		.handler = ka->handler,
		.restorer = ka->restorer,
		.sa_flags = ka->flags,
		.mask = t->sig.restore_saved ? t->sig.saved : t->sig.blocked,
		.info = info,
		.alt = { t->sig.alt_sp, t->sig.alt_size, t->sig.alt_flags },
		.trapno = t->last_fault.fault.trapno,
		.error = t->last_fault.fault.error,
		.fault_addr = t->last_fault.fault.addr,
	};
	bool stepping = t->pt.step;

	/* A step ends at the handler's first instruction, and the frame shows no trap flag of ours. */
	if (stepping)
		ptrace_step_disable(t);
	if (sigframe_setup(t->mm, t->ctx, &in)) {
		frame_failed(t, sig);
		return;
	}
	if (t->sig.alt_flags & (int)SS_AUTODISARM) {
		t->sig.alt_sp = 0;
		t->sig.alt_size = 0;
		t->sig.alt_flags = SS_DISABLE;
	}
	t->sig.restore_saved = false;
	signal_set_mask(t, t->sig.blocked | ka->mask | (ka->flags & SA_NODEFER ? 0 : sig_bit(sig)));
	if (stepping)
		ptrace_notify(t, SIGTRAP, 0);
}

/*
 * Decided by the registers as they are: a tracer may have changed the result, or said that there is no
 * call to restart.
 */
static int64_t interrupted_result(struct task *t, struct arch_regs *r)
{
	if ((int)t->orig_nr == -1)
		return 0;
	platform->ctx_get_regs(t->ctx, r);
	return arch_result(r);
}

static void restart_call(struct task *t, struct arch_regs *r, uint64_t nr)
{
	arch_restart_syscall(r, nr);
	platform->ctx_set_regs(t->ctx, r);
}

/* A handler is about to run, maybe over an interrupted call. */
static void settle_call_handler(struct task *t, const struct ksigaction *ka)
{
	struct arch_regs r;

	switch (interrupted_result(t, &r)) {
	case -ERESTARTNOINTR:
		restart_call(t, &r, (uint64_t)t->orig_nr);
		return;
	case -ERESTARTSYS:
		if (ka->flags & SA_RESTART) {
			restart_call(t, &r, (uint64_t)t->orig_nr);
			return;
		}
		/* fall through */
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		platform->ctx_set_result(t->ctx, -EINTR);
		return;
	}
}

/* No handler ran: the guest must not notice that the call was interrupted. */
static void settle_call_silent(struct task *t)
{
	struct arch_regs r;

	switch (interrupted_result(t, &r)) {
	case -ERESTARTNOINTR:
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
		restart_call(t, &r, (uint64_t)t->orig_nr);
		return;
	case -ERESTART_RESTARTBLOCK:
		restart_call(t, &r, SYS_restart_syscall);
		return;
	}
}

CO_FN void signal_return_work(struct task *t)
{
	struct ksigaction ka;
	siginfo_t info;
	bool any = false;
	int sig;

	if (platform->ctx_whole(t->ctx))
		return; /* its death is noticed when it is to run */
	while ((sig = get_signal(t, &ka, &info)) != 0) {
		settle_call_handler(t, &ka);
		enter_handler(t, sig, &ka, &info);
		any = true;
	}
	if (t->exiting)
		return;
	if (!any)
		settle_call_silent(t);
	if (t->sig.restore_saved) {
		t->sig.restore_saved = false;
		signal_set_mask(t, t->sig.saved);
	}
}

int signal_set_altstack(struct task *t, gaddr_t sp_now, gaddr_t ss_sp, int ss_flags,
                        uint64_t ss_size)
{
	int mode = ss_flags & ~(int)SS_AUTODISARM;

	if (signal_altstack_flags(t, sp_now) == SS_ONSTACK)
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		ss_size = 0;
		ss_sp = 0;
	} else if (ss_size < 2048 /* MINSIGSTKSZ of the kernel */) {
		return -ENOMEM;
	}
	t->sig.alt_sp = ss_sp;
	t->sig.alt_size = ss_size;
	t->sig.alt_flags = ss_flags;
	return 0;
}

CO_FN int64_t signal_return(struct task *t)
{
	struct sigframe_out out;
	struct arch_regs r;

	if (platform->ctx_whole(t->ctx))
		return 0;
	platform->ctx_get_regs(t->ctx, &r);
	gaddr_t sp = arch_sp(&r); /* of the handler: it may be on the alternate stack still */
	t->regs_set = true;
	if (sigframe_return(t->mm, t->ctx, &out)) {
		force_signal_kernel(t, SIGSEGV);
		return 0;
	}
	t->orig_nr = -1; /* whatever call the handler interrupted, it isn't made again */
	signal_set_mask(t, out.mask);
	/* The kernel ignores errors here: a handler may well have returned on a bad stack. */
	signal_set_altstack(t, sp, out.alt.sp, out.alt.flags, out.alt.size);
	return 0;
}

CO_FN int64_t signal_wait(struct task *t)
{
	struct waitq never;

	waitq_init(&never);
	while (!signal_pending(t))
		if (wait_on(&never, KTIME_NEVER))
			break;
	return -ERESTARTNOHAND;
}
