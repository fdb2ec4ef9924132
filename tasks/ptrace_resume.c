/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace(2): holding a stopped tracee, letting it go on, single steps, PTRACE_INTERRUPT and LISTEN.
 * Layer: tasks.
 *
 * A step is the processor's: the trap flag is set in the frame that the host restores when guest code
 * goes on, and the host clears it for the stub's handler, so that no code of the stub is stepped.
 */
#include "tasks/ptrace.h"

#include "tasks/signal_impl.h"

/* ---- holding ---- */

/* Its number has changed by execve(2), and the tracer doesn't know yet: it may mean another. */
static bool has_strange_tid(const struct task *p)
{
	return p->pt.code == (PTRACE_EVENT_EXEC << 8 | SIGTRAP) && p->tid != (pid_t)p->pt.message;
}

int ptrace_freeze(struct task *t, struct task *p)
{
	if (p->pt.tracer != t || !(p->jobctl & JOBCTL_TRACED) || (p->jobctl & JOBCTL_LISTENING))
		return -ESRCH;
	if (p->pt.killed || has_strange_tid(p))
		return -ESRCH;
	p->jobctl |= JOBCTL_FROZEN;
	return 0;
}

void ptrace_unfreeze(struct task *p)
{
	p->jobctl &= ~(unsigned)JOBCTL_FROZEN;
	if (p->co)
		co_ready(p->co); /* it looks by itself whether there is a reason to go on */
}

void ptrace_killed(struct task *p)
{
	p->pt.killed = true;
	if (p->co && (p->jobctl & (JOBCTL_TRACED | JOBCTL_STOPPED)))
		co_ready(p->co);
}

/* ---- waking ---- */

static void wake_up(struct task *p, bool resume)
{
	if (resume && (p->jobctl & JOBCTL_TRACED)) {
		p->jobctl &= ~(unsigned)JOBCTL_TRACED;
		co_ready(p->co);
	}
	signal_recalc(p);
}

void ptrace_trap_notify(struct task *p)
{
	jobctl_set(p, JOBCTL_TRAP_NOTIFY, 0);
	wake_up(p, p->jobctl & JOBCTL_LISTENING);
}

int ptrace_interrupt(struct task *p)
{
	if (!p->pt.seized)
		return -EIO;
	if (jobctl_set(p, JOBCTL_TRAP_STOP, 0))
		wake_up(p, p->jobctl & JOBCTL_LISTENING);
	return 0;
}

int ptrace_listen(struct task *p)
{
	if (!p->pt.seized || !p->pt.info || p->pt.info->si_code >> 8 != PTRACE_EVENT_STOP)
		return -EIO;
	p->jobctl |= JOBCTL_LISTENING;
	/* Something happened since the stop began: it is told by stopping anew. */
	if (p->jobctl & JOBCTL_TRAP_NOTIFY)
		wake_up(p, true);
	return 0;
}

/* ---- stepping ---- */

void ptrace_step_disable(struct task *p)
{
	struct arch_regs r;

	p->pt.step = false;
	if (!p->pt.forced_tf)
		return;
	p->pt.forced_tf = false;
	platform->ctx_get_regs(p->ctx, &r);
	arch_set_trap_flag(&r, false);
	platform->ctx_set_regs(p->ctx, &r);
}

static CO_FN void step_enable(struct task *p)
{
	uint8_t code[ARCH_INSN_MAX];
	struct arch_regs r;
	size_t n;
	bool had;

	p->pt.step = true;
	platform->ctx_get_regs(p->ctx, &r);
	n = mm_access(p->mm, arch_pc(&r), code, sizeof(code), false);
	had = arch_trap_flag(&r);
	arch_set_trap_flag(&r, true);
	platform->ctx_set_regs(p->ctx, &r);
	/* A flag that the program sets itself, now or before, isn't for the tracer to take away. */
	if (arch_sets_trap_flag(code, n))
		p->pt.forced_tf = false;
	else if (!had)
		p->pt.forced_tf = true;
}

CO_FN int ptrace_resume(struct task *p, long request, uint64_t sig)
{
	struct task_ptrace *pt = &p->pt;

	if (sig > NSIG_KERNEL)
		return -EIO;
	/* Steps from branch to branch need a debug register that guests don't have. */
	if (request == PTRACE_SINGLEBLOCK_K)
		return -EIO;
	pt->syscall_trace = request == PTRACE_SYSCALL;
	pt->syscall_emu = request == PTRACE_SYSEMU || request == PTRACE_SYSEMU_SINGLESTEP;
	if (request == PTRACE_SINGLESTEP || request == PTRACE_SYSEMU_SINGLESTEP)
		step_enable(p);
	else
		ptrace_step_disable(p);
	pt->code = (int)sig;
	p->jobctl &= ~(unsigned)JOBCTL_TRACED;
	p->state = TASK_RUNNING;
	return 0;
}
