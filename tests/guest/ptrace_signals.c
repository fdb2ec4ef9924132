/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: stops at signals, what becomes of them, group stops, queues and masks.
 */
#include "trace.h"

static volatile int *shared; /* [0]: signals handled, [1]: si_code of the last, [2]: its value */

static void handler(int sig, siginfo_t *si, void *uc UNUSED)
{
	shared[0] = sig;
	shared[1] = si->si_code;
	shared[2] = si->si_value.sival_int;
}

static void setup(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
}

static void raises(void)
{
	setup();
	raise(SIGUSR1);
	_exit(7);
}

static void raises_many(void)
{
	signal(SIGUSR2, SIG_IGN);
	raise(SIGCHLD);
	raise(SIGUSR2);
	raise(SIGCONT);
	raise(SIGWINCH);
	raise(SIGTERM);
	_exit(8);
}

static void idle(void)
{
	setup();
	for (;;)
		pause();
}

static siginfo_t info(pid_t pid)
{
	siginfo_t si;

	memset(&si, 0x55, sizeof(si));
	need(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0);
	return si;
}

static void delivery(void)
{
	pid_t pid = tracee(raises);
	siginfo_t si;

	shared[0] = 0;
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGUSR1), "a signal stops its tracee");
	si = info(pid);
	check(si.si_signo == SIGUSR1 && si.si_code == SI_TKILL && si.si_pid == pid, "GETSIGINFO");
	cont(pid, 0);
	check(exited(stop_of(pid), 7) && shared[0] == 0, "suppressed");
	pid = tracee(raises);
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGUSR1));
	cont(pid, SIGUSR1);
	check(exited(stop_of(pid), 7) && shared[0] == SIGUSR1 && shared[1] == SI_TKILL, "delivered");
	pid = tracee(raises);
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGUSR1));
	cont(pid, SIGUSR2);
	check(exited(stop_of(pid), 7) && shared[0] == SIGUSR2 && shared[1] == SI_USER, "replaced by another");
	pid = tracee(raises);
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGUSR1));
	si = info(pid);
	si.si_code = SI_QUEUE;
	si.si_value.sival_int = 4711;
	check_is(pt(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&si), 0, "SETSIGINFO");
	cont(pid, SIGUSR1);
	check(exited(stop_of(pid), 7) && shared[1] == SI_QUEUE && shared[2] == 4711, "changes what the handler sees");
	pid = tracee(raises);
	check_errno(pt(PTRACE_SETSIGINFO, pid, 0, 8), EFAULT, "SETSIGINFO from nowhere");
	check_errno(pt(PTRACE_GETSIGINFO, pid, 0, 8), EFAULT, "GETSIGINFO to nowhere");
	cont(pid, SIGTERM);
	check(killed(stop_of(pid), SIGTERM), "a deadly signal in place of the stop");
}

static void ignored(void)
{
	static const int want[] = { SIGCHLD, SIGUSR2, SIGCONT, SIGWINCH, SIGTERM };
	pid_t pid = tracee(raises_many);
	bool ok = true;

	for (unsigned i = 0; i < 5; i++) {
		cont(pid, 0);
		ok &= stopped_by(stop_of(pid), want[i]);
	}
	check(ok, "what is ignored stops a tracee too, and what would end it");
	cont(pid, 0);
	check(exited(stop_of(pid), 8), "and it lives on");
}

/* A group stop of one that wasn't seized. */
static void group_stop(void)
{
	pid_t pid = tracee(idle);
	siginfo_t si = { 0 };

	cont(pid, 0);
	kill(pid, SIGSTOP);
	check(stopped_by(stop_of(pid), SIGSTOP), "SIGSTOP: the signal's stop");
	check(info(pid).si_signo == SIGSTOP, "with siginfo");
	cont(pid, SIGSTOP);
	check(stopped_by(stop_of(pid), SIGSTOP), "delivered: the group's stop");
	check_errno(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si), EINVAL, "without siginfo");
	check_errno(pt(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&si), EINVAL, "to set neither");
	cont(pid, 0);
	kill(pid, SIGTSTP);
	check(stopped_by(stop_of(pid), SIGTSTP), "it runs again, and takes another");
	cont(pid, 0);
	kill(pid, SIGCONT);
	check(stopped_by(stop_of(pid), SIGCONT), "SIGCONT is a signal as others");
	cont(pid, SIGCONT);
	kill(pid, SIGUSR1);
	check(stopped_by(stop_of(pid), SIGUSR1), "and it runs");
	cont(pid, 0);
	kill(pid, SIGSTOP);
	need(stopped_by(stop_of(pid), SIGSTOP));
	kill(pid, SIGCONT);
	cont(pid, SIGSTOP);
	check(stopped_by(stop_of(pid), SIGCONT), "a SIGCONT before a SIGSTOP acts undoes it");
	cont(pid, 0);
	/* A stop that a signal replaced. */
	kill(pid, SIGUSR1);
	need(stopped_by(stop_of(pid), SIGUSR1));
	cont(pid, SIGSTOP);
	check(stopped_by(stop_of(pid), SIGSTOP), "a signal replaced by SIGSTOP stops the group");
	check_errno(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si), EINVAL, "that is what it is");
	check_is(waitpid(pid, &(int){ 0 }, WNOHANG | WUNTRACED | WCONTINUED), 0, "nothing is told twice");
	finish(pid);
}

static void detach_in_group_stop(void)
{
	pid_t pid = tracee(idle);
	int st;

	cont(pid, SIGSTOP);
	need(stopped_by(stop_of(pid), SIGSTOP));
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH in the group's stop");
	check(wait_for(status_line(pid, "State")[0] == 'T'), "it stays stopped");
	st = 0;
	kill(pid, SIGCONT);
	check(waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st), "until SIGCONT");
	check(wait_for(status_line(pid, "State")[0] == 'S'), "runs");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "and can be killed");
	pid = tracee(idle);
	check_is(pt(PTRACE_DETACH, pid, 0, SIGSTOP), 0, "DETACH with SIGSTOP");
	check(waitpid(pid, &st, WUNTRACED) == pid && stopped_by(st, SIGSTOP), "stops it as any child");
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "and can be killed");
	pid = tracee(idle);
	check_is(pt(PTRACE_DETACH, pid, 0, SIGTERM), 0, "DETACH with SIGTERM");
	check(killed(stop_of(pid), SIGTERM), "ends it");
}

static int peeks(pid_t pid, uint64_t off, uint32_t flags, int32_t nr, siginfo_t *si)
{
	struct ptrace_peeksiginfo_args a = { off, flags, nr };

	return (int)pt(PTRACE_PEEKSIGINFO, pid, (unsigned long)&a, (unsigned long)si);
}

static void blocks(void)
{
	uint64_t s = ~0ul;

	setup();
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s, NULL, 8);
	syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
	s &= ~(1ul << (SIGUSR1 - 1) | 1ul << (SIGRTMIN - 1));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &s, NULL, 8);
	_exit(9);
}

static void queues(void)
{
	pid_t pid = tracee(blocks);
	siginfo_t si[8];
	uint64_t mask = 0, all;

	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGSTOP));
	for (int i = 0; i < 4; i++)
		need(sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = i }) == 0);
	need(syscall(SYS_tgkill, pid, pid, SIGUSR1) == 0);
	check_is(peeks(pid, 0, 0, 8, si), 1, "PEEKSIGINFO of the thread");
	check(si[0].si_signo == SIGUSR1 && si[0].si_code == SI_TKILL, "its signal");
	check_is(peeks(pid, 0, PTRACE_PEEKSIGINFO_SHARED, 8, si), 4, "of the process");
	check(si[0].si_value.sival_int == 0 && si[3].si_value.sival_int == 3, "in order");
	check_is(peeks(pid, 1, PTRACE_PEEKSIGINFO_SHARED, 2, si), 2, "from an offset");
	check(si[0].si_value.sival_int == 1 && si[1].si_value.sival_int == 2, "in order");
	check_is(peeks(pid, 4, PTRACE_PEEKSIGINFO_SHARED, 2, si), 0, "beyond the end");
	check_is(peeks(pid, -1ul, PTRACE_PEEKSIGINFO_SHARED, 2, si), 0, "far beyond the end");
	check_is(peeks(pid, 0, PTRACE_PEEKSIGINFO_SHARED, 0, si), 0, "none");
	check_errno(peeks(pid, 0, 2, 1, si), EINVAL, "unknown flag");
	check_errno(peeks(pid, 0, 0, -1, si), EINVAL, "a negative number");
	check_errno(peeks(pid, 0, 0, 1, low_ptr), EFAULT, "to nowhere");
	check_errno(pt(PTRACE_PEEKSIGINFO, pid, 8, (unsigned long)si), EFAULT, "from nowhere");
	check_is(pt(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&mask), 0, "GETSIGMASK");
	check(mask == ~(uint64_t)(1 << 8 | 1 << 18), "all but SIGKILL and SIGSTOP");
	check_errno(pt(PTRACE_GETSIGMASK, pid, 7, (unsigned long)&mask), EINVAL, "of a wrong size");
	check_errno(pt(PTRACE_GETSIGMASK, pid, 8, 8), EFAULT, "to nowhere");
	check_errno(pt(PTRACE_SETSIGMASK, pid, 4, (unsigned long)&mask), EINVAL, "SETSIGMASK of a wrong size");
	check_errno(pt(PTRACE_SETSIGMASK, pid, 8, 8), EFAULT, "from nowhere");
	all = ~0ul & ~(1ul << (SIGUSR1 - 1));
	check_is(pt(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&all), 0, "SETSIGMASK");
	check(pt(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&mask) == 0 && !(mask & 1 << 8) && !(mask & 1 << 18) && mask & 1,
	      "never SIGKILL nor SIGSTOP");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGUSR1), "what it lets through comes");
	all = ~0ul;
	need(pt(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&all) == 0);
	cont(pid, SIGUSR1);
	check(stopped_by(stop_of(pid), SIGUSR1), "blocked during its stop, it waits until it isn't");
	cont(pid, 0);
	for (int i = 0; i < 4; i++) {
		need(stopped_by(stop_of(pid), SIGRTMIN));
		check_is(info(pid).si_value.sival_int, i, "queued signal %d", i);
		cont(pid, SIGRTMIN);
	}
	check(exited(stop_of(pid), 9), "the end");
}

static void faults(void)
{
	*(volatile int *)low_ptr = 1;
}

static void divides(void)
{
	__asm__ volatile("ud2");
}

static void fatal(void)
{
	pid_t pid = tracee(faults);
	siginfo_t si;

	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGSEGV), "a fault");
	si = info(pid);
	check(si.si_code == SEGV_MAPERR && si.si_addr == low_ptr, "with its address");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGSEGV), "suppressed, it comes again");
	cont(pid, SIGSEGV);
	check((stop_of(pid) & 0x7f) == SIGSEGV, "delivered, it ends the tracee");
	pid = tracee(divides);
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGILL), "an illegal instruction");
	struct user_regs_struct r = regs(pid);
	r.rip += 2;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
	cont(pid, 0);
	check(exited(stop_of(pid), 0), "stepped over by its tracer");
	pid = tracee(idle);
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "SIGKILL in a stop");
	pid = tracee(idle);
	cont(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "CONT with SIGKILL");
	pid = tracee(idle);
	cont(pid, 0);
	kill(pid, SIGTERM);
	need(stopped_by(stop_of(pid), SIGTERM));
	kill(pid, SIGQUIT);
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGQUIT), "one that came meanwhile");
	finish(pid);
}

static volatile int chld, chld_code, chld_status;

static void on_chld(int sig UNUSED, siginfo_t *si, void *uc UNUSED)
{
	chld++;
	chld_code = si->si_code;
	chld_status = si->si_status;
}

/* What the tracer is sent, and waitid's view. */
static void told(void)
{
	struct sigaction sa = { .sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | SA_RESTART }, old;
	pid_t pid = tracee(idle);
	siginfo_t si;

	cont(pid, 0);
	need(sigaction(SIGCHLD, &sa, &old) == 0);
	chld = 0;
	kill(pid, SIGUSR1);
	check(wait_for(chld == 1) && chld_code == CLD_TRAPPED && chld_status == SIGUSR1, "SIGCHLD with CLD_TRAPPED");
	memset(&si, 0, sizeof(si));
	check(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0 && si.si_code == CLD_TRAPPED && si.si_status == SIGUSR1,
	      "waitid tells a tracee's stop even without WSTOPPED");
	check(waitid(P_PID, pid, &si, WSTOPPED) == 0 && si.si_code == CLD_TRAPPED && si.si_pid == pid, "and WNOWAIT left it");
	check(waitid(P_PID, pid, &si, WSTOPPED | WNOHANG) == 0 && si.si_pid == 0, "then no more");
	chld = 0;
	cont(pid, SIGSTOP);
	check(wait_for(chld == 1) && chld_code == CLD_STOPPED && chld_status == SIGSTOP, "CLD_STOPPED for the group's stop");
	memset(&si, 0, sizeof(si));
	check(waitid(P_ALL, 0, &si, WSTOPPED) == 0 && si.si_code == CLD_TRAPPED && si.si_status == SIGSTOP,
	      "waitid says CLD_TRAPPED all the same");
	sa.sa_flags |= SA_NOCLDSTOP;
	need(sigaction(SIGCHLD, &sa, NULL) == 0);
	chld = 0;
	cont(pid, 0);
	kill(pid, SIGUSR1);
	need(stopped_by(stop_of(pid), SIGUSR1));
	check_is(chld, 0, "not with SA_NOCLDSTOP");
	finish(pid);
	need(sigaction(SIGCHLD, &old, NULL) == 0);
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	delivery();
	ignored();
	group_stop();
	detach_in_group_stop();
	queues();
	fatal();
	told();
	return done();
}
