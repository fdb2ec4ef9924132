/* SPDX-License-Identifier: Apache-2.0
 *
 * A tracee's stops: signals, job control, events, system calls. Layer: tasks. Modelled on
 * ptrace_stop() of kernel/signal.c and its callers.
 */
#include "tasks/ptrace.h"

#include "core/assert.h"
#include "tasks/signal_impl.h"

#define SYSGOOD 0x80

/* The registers as the tracer sees them inside a call: no result yet. */
static void hide_call(struct task *t)
{
	if (t->in_syscall && !t->regs_set)
		platform->ctx_set_result(t->ctx, -ENOSYS);
}

static void tell(struct task *t, int why)
{
	bool complete = false;

	if (why == CLD_STOPPED && (t->jobctl & JOBCTL_STOP_PENDING))
		complete = stop_participate(t);
	jobctl_clear(t, JOBCTL_TRAP_STOP);
	if (t->pt.info && t->pt.info->si_code >> 8 == PTRACE_EVENT_STOP)
		jobctl_clear(t, JOBCTL_TRAP_NOTIFY);
	jobctl_trapped(t);
	stop_notify(t, true, why);
	if (complete && ptrace_reparented(t))
		stop_notify(t, false, why);
}

/* A debugger finds all registers in place, and the code as it was made. */
static CO_FN void show_all(struct task *t)
{
	if (!platform->ctx_whole(t->ctx))
		mm_stop_rewriting(t->mm, t->ctx);
}

/*
 * Parks t until its tracer resumes it, or is gone, or t is killed. Returns what it is to go on with:
 * a signal, or 0. last: t is ending already, and only a new reason to end cuts the stop short.
 */
static CO_FN int do_stop(struct task *t, int code, int why, uint64_t message, siginfo_t *info,
                         bool last)
{
	struct task_ptrace *pt = &t->pt;

	ASSERT(co_self() == t->co, "a task stops by itself");
	if (pt->tracer && t->ctx)
		show_all(t);
	if (!pt->tracer || (t->exiting && !last))
		return code;
	hide_call(t);
	pt->killed = false;
	pt->message = message;
	pt->info = info;
	pt->code = code;
	t->state = TASK_TRACED;
	t->jobctl |= JOBCTL_TRACED;
	tell(t, why);
	if (t->ctx)
		platform->ctx_blocked(t->ctx);
	while ((t->jobctl & JOBCTL_FROZEN) || ((t->jobctl & JOBCTL_TRACED) && !pt->killed))
		co_park();
	t->state = TASK_RUNNING;
	t->jobctl &= ~(unsigned)(JOBCTL_TRACED | JOBCTL_LISTENING);
	code = pt->code;
	pt->info = NULL;
	pt->message = 0;
	pt->code = 0;
	signal_recalc(t);
	return code;
}

static CO_FN int stop_with_info(struct task *t, int sig, int code, int why, uint64_t message,
                                bool last)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_pid = t->tid;
	info.si_uid = t->cred->ruid;
	return do_stop(t, code, why, message, &info, last);
}

CO_FN void ptrace_notify(struct task *t, int code, uint64_t message)
{
	(void)stop_with_info(t, SIGTRAP, code, CLD_TRAPPED, message, false);
}

/* ---- signals and job control ---- */

CO_FN int ptrace_signal(struct task *t, int sig, siginfo_t *info, bool group)
{
	/* Whatever the tracer makes of it may stop the group, unless a SIGCONT comes before. */
	t->jobctl |= JOBCTL_STOP_DEQUEUED;
	sig = do_stop(t, sig, CLD_TRAPPED, 0, info, false);
	if (!sig || t->exiting)
		return 0;
	if (sig != info->si_signo) {
		struct task *tracer = t->pt.tracer;

		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		info->si_code = SI_USER;
		info->si_pid = tracer ? tracer->tid : t->tg->parent ? t->tg->parent->tgid : 0;
		info->si_uid = tracer ? tracer->cred->ruid : 0;
	}
	if (!(t->sig.blocked & sig_bit(sig)))
		return sig;
	/* Blocked meanwhile: it waits as if it had just been sent. */
	if (group)
		send_signal_group(t->tg, sig, info);
	else
		send_signal_task(t, sig, info);
	return 0;
}

CO_FN void ptrace_jobctl_trap(struct task *t)
{
	int sig = t->stop_sig ? t->stop_sig : SIGSTOP;

	if (!t->pt.seized) {
		(void)do_stop(t, sig, CLD_STOPPED, 0, NULL, false);
		return;
	}
	if (!t->tg->stop_count && !t->tg->stopped)
		sig = SIGTRAP;
	(void)stop_with_info(t, sig, sig | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0, false);
}

/* ---- events ---- */

CO_FN void ptrace_event(struct task *t, int event, uint64_t message)
{
	if (ptrace_wants(t, event))
		ptrace_notify(t, event << 8 | SIGTRAP, message);
}

CO_FN void ptrace_event_exit(struct task *t)
{
	if (ptrace_wants(t, PTRACE_EVENT_EXIT))
		(void)stop_with_info(t, SIGTRAP, PTRACE_EVENT_EXIT << 8 | SIGTRAP, CLD_TRAPPED,
		                     (uint64_t)t->exit_code, true);
}

CO_FN void ptrace_event_exec(struct task *t, pid_t old_tid)
{
	siginfo_t info;

	if (!t->pt.tracer)
		return;
	if (ptrace_wants(t, PTRACE_EVENT_EXEC)) {
		ptrace_event(t, PTRACE_EVENT_EXEC, (uint64_t)old_tid);
	} else if (!t->pt.seized) { /* how it was told before there were events */
		siginfo_user(&info, SIGTRAP, SI_USER);
		send_signal_task(t, SIGTRAP, &info);
	}
}

/* ---- system calls ---- */

static CO_FN void report_syscall(struct task *t, uint64_t which)
{
	int code = SIGTRAP | (t->pt.options & PTRACE_O_TRACESYSGOOD ? SYSGOOD : 0);

	code = stop_with_info(t, SIGTRAP, code, CLD_TRAPPED, which, false);
	/* Not the same as going on with a signal, but what has always been done with one. */
	if (code > 0 && code <= NSIG_KERNEL)
		send_signal_task(t, code, NULL);
}

CO_FN bool ptrace_syscall_enter(struct task *t)
{
	bool emulated = t->pt.syscall_emu;
	struct arch_regs r;

	hide_call(t);
	if (!t->pt.syscall_trace && !emulated)
		return true;
	report_syscall(t, PTRACE_EVENTMSG_SYSCALL_ENTRY);
	if (t->exiting || emulated)
		return false;
	/* The tracer may have made another call of it. */
	platform->ctx_get_regs(t->ctx, &r);
	t->syscall_nr = (uint64_t)t->orig_nr;
	arch_syscall_args(&r, t->syscall_args);
	return (int)t->orig_nr != -1;
}

CO_FN void ptrace_syscall_exit(struct task *t)
{
	struct arch_regs r;
	siginfo_t info = { .si_signo = SIGTRAP, .si_code = TRAP_BRKPT };

	if (t->pt.step && !t->pt.syscall_emu) {
		/* The instruction was stepped over, but the processor's trap would come after the next. */
		platform->ctx_get_regs(t->ctx, &r);
		info.si_addr = (void *)arch_pc(&r);
		t->last_fault = (struct trap){ .kind = TRAP_FAULT, .fault = { .trapno = ARCH_TRAPNO_STEP } };
		force_signal(t, &info);
	} else if (t->pt.syscall_trace) {
		report_syscall(t, PTRACE_EVENTMSG_SYSCALL_EXIT);
	}
}
