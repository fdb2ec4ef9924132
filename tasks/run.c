/* SPDX-License-Identifier: Apache-2.0
 *
 * A task's coroutine: let guest code run, answer its trap, look for pending work, again.
 * Layer: tasks.
 */
#include "tasks/task_ops.h"

#include "core/assert.h"
#include "core/log.h"
#include "tasks/life.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"

static int64_t (*dispatch)(struct task *t, uint64_t nr, const uint64_t args[6]);

void tasks_set_syscall_dispatch(int64_t (*fn)(struct task *t, uint64_t nr, const uint64_t args[6]))
{
	dispatch = fn;
}

/* A signal, a stop or an end waits for t. co->interrupt is kept up to date by signal_recalc(). */
static inline bool work_pending(const struct task *t)
{
	return t->co->interrupt || t->exiting;
}

/* A change of the address space that the host refused, when the call was thought to be done. */
static CO_FN void op_failed(struct task *t, int err)
{
	if (mm_op_failed(t->mm, t->ctx)) {
		log_warn("the host can't change an address space (%s): its process is ended", strerror(-err));
		tg_exit(t->tg, SIGKILL);
		return;
	}
	platform->ctx_set_result(t->ctx, err);
}

/* Before anything else than going on. */
static CO_FN void settle(struct task *t)
{
	int err = platform->ctx_settle ? platform->ctx_settle(t->ctx) : 0;

	if (err && !t->exiting)
		op_failed(t, err);
}

static CO_FN void handle_syscall(struct task *t, const struct trap *trap)
{
	int64_t ret = 0;

	t->syscall_nr = trap->sc.nr;
	t->orig_nr = (int64_t)trap->sc.nr;
	memcpy(t->syscall_args, trap->sc.args, sizeof(t->syscall_args));
	t->in_syscall = true;
	t->regs_set = false;
	t->nsyscalls++;
	/* There is no 32-bit emulation: int $0x80 faults as on such a kernel. */
	if (trap->sc.arch != ARCH_AUDIT) {
		log_once("foreign-arch", "a guest made a system call of another architecture");
		force_signal_kernel(t, SIGSEGV);
		ret = -ENOSYS;
	} else if (t->pt.tracer && !ptrace_syscall_enter(t)) {
		t->regs_set = true; /* as the tracer left it */
	} else {
		if (trap->sc.site && !t->pt.tracer)
			mm_slow_call(t->mm, t->ctx, trap->sc.site, trap->sc.nr, trap->sc.due);
		ret = dispatch(t, (uint32_t)t->syscall_nr, t->syscall_args); /* eax alone counts */
	}
	/* One that ends keeps showing the call. */
	if (!t->regs_set && !t->exiting) {
		platform->ctx_set_result(t->ctx, ret);
		t->regs_set = true;
	}
	if (t->pt.tracer || work_pending(t))
		settle(t);
	if (t->pt.tracer && !t->exiting)
		ptrace_syscall_exit(t);
	if (work_pending(t) || t->sig.restore_saved || is_restart_code(ret))
		signal_return_work(t);
	t->in_syscall = false;
}

static CO_FN void handle_fault(struct task *t, const struct trap *trap)
{
	/* A mapping that grows downwards may reach to the address: then nothing happened. */
	if (trap->fault.signo == SIGSEGV && trap->fault.code == SEGV_MAPERR) {
		struct mm_rlimits lim = task_mm_rlimits(t);
		if (!mm_expand_stack(t->mm, t->ctx, &lim, trap->fault.addr))
			return;
	}

	siginfo_t info = { .si_signo = trap->fault.signo, .si_code = trap->fault.code };

	t->last_fault = *trap;
	if (info.si_signo < 1 || info.si_signo > NSIG_KERNEL)
		info.si_signo = SIGKILL; /* the stub told nonsense */
	if (info.si_signo == SIGKILL) {
		tg_exit(t->tg, SIGKILL);
		return;
	}
	if (info.si_code <= 0)
		info.si_code = SI_KERNEL;
	info.si_addr = (void *)trap->fault.addr;
	force_signal(t, &info);
}

/* What the guest's side answers without us: nothing that a tracer would miss. */
static void tell_ids(struct task *t)
{
	const struct cred *c = t->cred;
	int64_t ids[LOCAL_COUNT] = { -1, t->tg->tgid, t->tid, c->ruid, c->euid, c->rgid, c->egid };

	t->ids_told = true;
	for (unsigned i = LOCAL_PID; platform->ctx_set_local && i < LOCAL_COUNT; i++)
		platform->ctx_set_local(t->ctx, (enum call_local)i, t->pt.tracer ? -1 : ids[i]);
}

CO_FN void task_run(struct task *t)
{
	struct trap trap;

	while (!t->exiting) {
		if (work_pending(t)) {
			signal_return_work(t);
			if (t->exiting)
				break;
		}
		if (!t->ids_told)
			tell_ids(t);
		platform->ctx_run(t->ctx, &trap);
		switch (trap.kind) {
		case TRAP_SYSCALL:
			handle_syscall(t, &trap);
			break;
		case TRAP_FAULT:
			t->orig_nr = -1;
			if (trap.fault.rewriting) {
				mm_stop_rewriting(t->mm, t->ctx);
				break;
			}
			handle_fault(t, &trap);
			break;
		case TRAP_INTERRUPTED:
			t->orig_nr = -1;
			t->nivcsw++;
			break;
		case TRAP_OP_FAILED:
			op_failed(t, trap.op_error);
			break;
		case TRAP_DIED:
			tg_exit(t->tg, SIGKILL);
			break;
		}
	}
	ptrace_event_exit(t);
	task_finish(t);
}

static CO_FN void task_main(void *arg)
{
	struct task *t = arg;

	if (t->set_child_tid) {
		int tid = t->tid;

		/* Linux ignores a failure here too (schedule_tail()). */
		mm_write_first(t->mm, t->ctx, t->set_child_tid, &tid, sizeof(tid));
	}
	task_run(t);
}

int task_start(struct task *t, void (*fn)(void *task))
{
	struct co *co;

	ASSERT(dispatch, "the system call table is registered before a task starts");
	co = co_new("task", fn ? fn : task_main, t);
	if (!co)
		return -ENOMEM;
	task_ref(t); /* the coroutine's, given back in task_finish() */
	co->task = t;
	co->mm = t->mm;
	co->ctx = t->ctx;
	co->cred = t->cred;
	t->co = co;
	signal_recalc(t);
	co_ready(co);
	return 0;
}
