/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: single steps over instructions, system calls, into handlers, over what sets the trap flag.
 */
#include "trace.h"

static volatile int *shared;

extern const char step_start[], step_call[], step_after[], step_end[];

__attribute__((noinline)) static void code(void)
{
	__asm__ volatile(".globl step_start, step_call, step_after, step_end\n"
			 "step_start:\tnop\n\txorl %%eax, %%eax\n\tincl %%eax\n\tmovl $39, %%eax\n"
			 "step_call:\tsyscall\n"
			 "step_after:\tmovl %%eax, %%ebx\n\tpushfq\n\tpopq %%rcx\n\tpushq %%rcx\n\tpopfq\n\tnop\n"
			 "step_end:\tnop"
			 :
			 :
			 : "rax", "rbx", "rcx", "r11", "memory", "cc");
}

static void runs_code(void)
{
	code();
	_exit(4);
}

static int step_kind(pid_t pid, long how)
{
	need(pt(how, pid, 0, 0) == 0);
	return stop_of(pid);
}

/* Runs to an address by a breakpoint that is gone afterwards. */
static void run_to(pid_t pid, const char *where)
{
	unsigned long old = peek(pid, where);
	struct user_regs_struct r;

	need(pt(PTRACE_POKETEXT, pid, (unsigned long)where, (old & ~0xfful) | 0xcc) == 0);
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	need(pt(PTRACE_POKETEXT, pid, (unsigned long)where, old) == 0);
	r = regs(pid);
	need(r.rip == (unsigned long)where + 1);
	r.rip--;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
}

static int code_of(pid_t pid, unsigned long *addr)
{
	siginfo_t si;

	need(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0);
	*addr = (unsigned long)si.si_addr;
	return si.si_code;
}

static void straight(void)
{
	pid_t pid = tracee(runs_code);
	unsigned long addr;
	int n, st = 0, code_here = 0;
	bool tf = false;

	run_to(pid, step_start);
	for (n = 0; regs(pid).rip != (unsigned long)step_call && n < 20; n++) {
		st = step_kind(pid, PTRACE_SINGLESTEP);
		need(stopped_by(st, SIGTRAP));
		code_here = code_of(pid, &addr);
		tf |= regs(pid).eflags & 0x100;
	}
	check_is(n, 4, "four instructions are four steps");
	check(code_here == TRAP_TRACE && addr == regs(pid).rip, "TRAP_TRACE, and the address");
	check(!tf, "the trap flag isn't shown");
	st = step_kind(pid, PTRACE_SINGLESTEP);
	check(stopped_by(st, SIGTRAP) && regs(pid).rip == (unsigned long)step_after, "a step over syscall ends right behind it");
	check((long)regs(pid).rax == pid, "with its result");
	code_here = code_of(pid, &addr);
	check(code_here == TRAP_BRKPT && addr == (unsigned long)step_after, "TRAP_BRKPT");
	for (n = 0; regs(pid).rip != (unsigned long)step_end && n < 20; n++)
		need(stopped_by(step_kind(pid, PTRACE_SINGLESTEP), SIGTRAP));
	check_is(n, 6, "over popf and on");
	/* pushf stored the flag that stepping needs, and popf has made it the program's own. */
	check(!!(regs(pid).eflags & 0x100) == !!(regs(pid).rcx & 0x100), "what pushf saw, popf brought");
	struct user_regs_struct r = regs(pid);
	r.eflags &= ~0x100ul;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
	cont(pid, 0);
	check(exited(stop_of(pid), 4), "CONT steps no more");
}

static void own_flag(void)
{
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop" : : : "memory", "cc");
	_exit(5);
}

static volatile int traps;

static void on_trap(int sig UNUSED, siginfo_t *si UNUSED, void *uc)
{
	if (++traps == 5) /* enough: without the flag from here on */
		((greg_t *)((char *)uc + 40))[17] &= ~0x100; /* REG_EFL of uc_mcontext */
}

/* A program that steps itself, untraced and traced. */
static void steps_itself(void)
{
	struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	sigaction(SIGTRAP, &sa, NULL);
	__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tmovl $39, %%eax\n\tsyscall\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop"
			 :
			 :
			 : "rax", "rcx", "r11", "memory", "cc");
	_exit(traps);
}

static void own(void)
{
	pid_t pid;
	int st, n;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		steps_itself();
	check(waitpid(pid, &st, 0) == pid && exited(st, 5), "a program may step itself");
	pid = tracee(own_flag);
	cont(pid, 0);
	st = stop_of(pid);
	check(stopped_by(st, SIGTRAP) && regs(pid).eflags & 0x100, "with a tracer it is the tracer who sees that");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGTRAP), "and CONT leaves the flag, which is the program's");
	struct user_regs_struct r = regs(pid);
	r.eflags &= ~0x100ul;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
	cont(pid, 0);
	check(exited(stop_of(pid), 5), "until it is taken away");
	pid = tracee(steps_itself);
	for (n = 0, st = 0; n < 100; n++) {
		cont(pid, n ? SIGTRAP : 0);
		st = stop_of(pid);
		if (!WIFSTOPPED(st))
			break;
	}
	check(exited(st, 5) && n == 5, "each trap of its own, passed on");
}

static void handler(int sig UNUSED)
{
	shared[0]++;
}

static void handles(void)
{
	on_signal(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	_exit(shared[0]);
}

static void into_handler(void)
{
	pid_t pid = tracee(handles);
	siginfo_t si;
	int st, n;

	shared[0] = 0;
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGUSR1));
	need(pt(PTRACE_SINGLESTEP, pid, 0, SIGUSR1) == 0);
	st = stop_of(pid);
	check(stopped_by(st, SIGTRAP) && regs(pid).rip == (unsigned long)handler, "a step with a signal ends at its handler");
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_code == SIGTRAP && si.si_pid == pid, "and says so");
	check_is(regs(pid).rdi, SIGUSR1, "with the handler's argument");
	unsigned long uc_flags_at = regs(pid).rdx + 40 + 17 * 8;
	check(!(peek(pid, (void *)uc_flags_at) & 0x100), "the frame has no trap flag");
	check_is(shared[0], 0, "nothing of it has run");
	for (n = 0; n < 1000 && regs(pid).orig_rax != SYS_rt_sigreturn && shared[0] == 0; n++)
		need(stopped_by(step_kind(pid, PTRACE_SINGLESTEP), SIGTRAP));
	check(shared[0] == 1, "stepped through");
	/* Over the sigreturn, and on. */
	for (n = 0; n < 30; n++)
		need(stopped_by(step_kind(pid, PTRACE_SINGLESTEP), SIGTRAP));
	cont(pid, 0);
	check(exited(stop_of(pid), 1), "back, and on");
}

static void forks(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);
	int st;

	if (pid == 0)
		_exit(6);
	waitpid(pid, &st, 0);
	_exit(exited(st, 6) ? 7 : 1);
}

static void over_fork(void)
{
	pid_t pid = tracee(forks);
	int st, n;

	for (n = 0; n < 100000; n++) {
		st = step_kind(pid, PTRACE_SINGLESTEP);
		if (!stopped_by(st, SIGTRAP))
			break;
	}
	check(stopped_by(st, SIGCHLD), "the child of a fork that was stepped over isn't stepped itself");
	while (WIFSTOPPED(st)) {
		st = step_kind(pid, PTRACE_SINGLESTEP);
		n++;
	}
	check(exited(st, 7) && n > 100, "steps to the very end");
}

static void block(void)
{
	pid_t pid = tracee(runs_code);
	int st;

	run_to(pid, step_start);
	/* SYSCALL and a step together: the step wins nothing of the call's stops. */
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	st = stop_of(pid);
	check(stopped_by(st, SIGTRAP) && regs(pid).orig_rax == SYS_getpid && (long)regs(pid).rax == -ENOSYS, "the entry");
	st = step_kind(pid, PTRACE_SINGLESTEP);
	check(stopped_by(st, SIGTRAP) && regs(pid).rip == (unsigned long)step_after && (long)regs(pid).rax == pid,
	      "a step from the entry ends behind the call");
	check_errno(pt(PTRACE_SINGLESTEP, pid, 0, 65), EIO, "SINGLESTEP with no signal");
	finish(pid);
	pid = tracee(runs_code);
	need(pt(PTRACE_SINGLESTEP, pid, 0, 0) == 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH");
	check(exited(stop_of(pid), 4), "steps no more");
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	straight();
	own();
	into_handler();
	over_fork();
	block();
	return done();
}
