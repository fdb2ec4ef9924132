/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task does with signals before it goes back to guest code: take one, act by default or
 * enter the handler, and decide whether an interrupted call restarts (arch/x86/kernel/signal.c).
 * Layer: tasks.
 */
#include <sys/syscall.h>

#include "tasks/signal_impl.h"

/* Takes the next signal that has a handler. 0: none left, or the task is to end. */
static CO_FN int get_signal(struct task *t, struct ksigaction *ka, siginfo_t *info)
{
	struct thread_group *tg = t->tg;

	for (;;) {
		struct ksigaction *act;
		int sig;

		if (t->exiting)
			return 0;
		if (tg->stopping) {
			stop_park(t);
			continue;
		}
		sig = signal_dequeue(t, ~t->sig.blocked, info);
		if (!sig)
			return 0;
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
				stop_begin(tg, sig);
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
}

static void restart_call(struct task *t, uint64_t nr)
{
	struct arch_regs r;

	platform->ctx_get_regs(t->ctx, &r);
	arch_restart_syscall(&r, nr);
	platform->ctx_set_regs(t->ctx, &r);
}

/* A handler is about to run over an interrupted call. */
static void settle_call_handler(struct task *t, int64_t ret, const struct ksigaction *ka)
{
	switch (ret) {
	case -ERESTARTNOINTR:
		restart_call(t, t->syscall_nr);
		return;
	case -ERESTARTSYS:
		if (ka->flags & SA_RESTART) {
			restart_call(t, t->syscall_nr);
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
static void settle_call_silent(struct task *t, int64_t ret)
{
	switch (ret) {
	case -ERESTARTNOINTR:
	case -ERESTARTSYS:
	case -ERESTARTNOHAND:
		restart_call(t, t->syscall_nr);
		return;
	case -ERESTART_RESTARTBLOCK:
		restart_call(t, SYS_restart_syscall);
		return;
	}
}

CO_FN void signal_return_work(struct task *t, int64_t ret)
{
	bool unsettled = t->in_syscall && !t->regs_set;
	struct ksigaction ka;
	siginfo_t info;
	int sig;

	if (unsettled) {
		platform->ctx_set_result(t->ctx, ret);
		unsettled = is_restart_code(ret);
	}
	while ((sig = get_signal(t, &ka, &info)) != 0) {
		if (unsettled)
			settle_call_handler(t, ret, &ka);
		unsettled = false;
		enter_handler(t, sig, &ka, &info);
	}
	if (t->exiting)
		return;
	if (unsettled)
		settle_call_silent(t, ret);
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

	platform->ctx_get_regs(t->ctx, &r);
	gaddr_t sp = arch_sp(&r); /* of the handler: it may be on the alternate stack still */
	t->regs_set = true;
	if (sigframe_return(t->mm, t->ctx, &out)) {
		force_signal_kernel(t, SIGSEGV);
		return 0;
	}
	signal_set_mask(t, out.mask);
	/* The kernel ignores errors here: a handler may well have returned on a bad stack. */
	signal_set_altstack(t, sp, out.alt.sp, out.alt.flags, out.alt.size);
	return 0;
}

CO_FN int64_t signal_wait(struct task *t)
{
	struct waitq never;

	waitq_init(&never);
	while (!signal_pending(t)) {
		if (t->ctx)
			platform->ctx_blocked(t->ctx);
		if (wait_on(&never, KTIME_NEVER))
			break;
	}
	return -ERESTARTNOHAND;
}
