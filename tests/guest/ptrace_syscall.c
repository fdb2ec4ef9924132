/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: stops at system calls, changing and skipping them, emulation, interrupted ones.
 */
#include "trace.h"

#define GOOD (SIGTRAP | 0x80)

static int *shared;

static void calls(void)
{
	shared[0] = (int)syscall(SYS_getppid, 11, 12, 13, 14, 15, 16);
	shared[1] = (int)syscall(SYS_getuid);
	shared[2] = (int)syscall(SYS_close, -1) == -1 ? errno : 0;
	_exit(3);
}

static bool next_stop(pid_t pid, long how, int want)
{
	int st;

	if (pt(how, pid, 0, 0))
		return false;
	st = stop_of(pid);
	return stopped_by(st, want);
}

static bool is_entry(pid_t pid, long nr)
{
	struct user_regs_struct r = regs(pid);

	return (long)r.orig_rax == nr && (long)r.rax == -ENOSYS && r.rcx == r.rip;
}

static void plain(void)
{
	pid_t pid = tracee(calls);
	struct user_regs_struct r;
	siginfo_t si;

	need(next_stop(pid, PTRACE_SYSCALL, SIGTRAP));
	check(is_entry(pid, SYS_getppid), "the first call is entered: orig_rax, -ENOSYS, rcx");
	r = regs(pid);
	check(r.rdi == 11 && r.rsi == 12 && r.rdx == 13 && r.r10 == 14 && r.r8 == 15 && r.r9 == 16, "its arguments");
	unsigned long insn = peek(pid, (void *)(r.rip - 2));
	check((insn & 0xffff) == 0x050f, "the pc is behind the syscall instruction");
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_signo == SIGTRAP && si.si_code == SIGTRAP &&
	      si.si_pid == pid && si.si_uid == getuid(), "siginfo of a syscall stop");
	check(next_stop(pid, PTRACE_SYSCALL, SIGTRAP) && (long)regs(pid).rax == getpid(), "it leaves with its result");
	check_is(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD), 0, "TRACESYSGOOD");
	check(next_stop(pid, PTRACE_SYSCALL, GOOD) && is_entry(pid, SYS_getuid), "the next entry has the bit");
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_code == GOOD, "in siginfo too");
	r = regs(pid);
	r.orig_rax = SYS_getpid;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
	check(next_stop(pid, PTRACE_SYSCALL, GOOD) && (long)regs(pid).rax == pid, "another call was made of it");
	check_is(regs(pid).orig_rax, SYS_getpid, "and stays it");
	check(next_stop(pid, PTRACE_SYSCALL, GOOD) && is_entry(pid, SYS_close), "a third");
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.orig_rax), -1ul) == 0);
	check(next_stop(pid, PTRACE_SYSCALL, GOOD) && (long)regs(pid).rax == -ENOSYS, "skipped: -ENOSYS");
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.rax), -EXDEV) == 0);
	check(next_stop(pid, PTRACE_SYSCALL, GOOD) && is_entry(pid, SYS_exit_group), "and the tracer gave it a result");
	check(shared[0] == getpid() && shared[1] == pid && shared[2] == EXDEV, "which the tracee saw");
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.rdi), 44) == 0);
	cont(pid, 0);
	check(exited(stop_of(pid), 44), "a changed argument");
}

static void skipped_with_result(void)
{
	pid_t pid = tracee(calls);

	need(next_stop(pid, PTRACE_SYSCALL, SIGTRAP));
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.orig_rax), -1ul) == 0);
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.rax), 77) == 0);
	cont(pid, 0);
	check(exited(stop_of(pid), 3) && shared[0] == 77, "a result given at the entry of a skipped call");
	pid = tracee(calls);
	need(next_stop(pid, PTRACE_SYSCALL, SIGTRAP));
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.orig_rax), 100000) == 0);
	check(next_stop(pid, PTRACE_SYSCALL, SIGTRAP) && (long)regs(pid).rax == -ENOSYS, "an unknown number");
	finish(pid);
}

static void info(void)
{
	pid_t pid = tracee(calls);
	struct { uint8_t op, pad[3]; uint32_t arch; uint64_t ip, sp, u[7]; } i;
	struct user_regs_struct r;

	check_is(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (unsigned long)&i), 24, "GET_SYSCALL_INFO in a signal's stop");
	check(i.op == PTRACE_SYSCALL_INFO_NONE && i.arch == 0xc000003e, "none");
	need(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD) == 0);
	need(next_stop(pid, PTRACE_SYSCALL, GOOD));
	r = regs(pid);
	check_is(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (unsigned long)&i), 80, "at an entry");
	check(i.op == PTRACE_SYSCALL_INFO_ENTRY && i.ip == r.rip && i.sp == r.rsp && i.u[0] == SYS_getppid && i.u[1] == 11 &&
	      i.u[6] == 16, "what it says");
	memset(&i, 0x55, sizeof(i));
	check_is(pt(PTRACE_GET_SYSCALL_INFO, pid, 25, (unsigned long)&i), 80, "a short buffer");
	check((i.u[0] & 0xff) == SYS_getppid && i.u[0] >> 8 == 0x55555555555555, "is filled so far");
	check_is(pt(PTRACE_GET_SYSCALL_INFO, pid, 0, 8), 80, "an empty one isn't touched");
	check_errno(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), 8), EFAULT, "to nowhere");
	need(next_stop(pid, PTRACE_SYSCALL, GOOD));
	check_is(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (unsigned long)&i), 33, "at an exit");
	check(i.op == PTRACE_SYSCALL_INFO_EXIT && i.u[0] == (uint64_t)getpid() && !(i.u[1] & 0xff), "its result");
	for (int k = 0; k < 4; k++)
		need(next_stop(pid, PTRACE_SYSCALL, GOOD));
	check_is(pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof(i), (unsigned long)&i), 33, "at the exit of one that failed");
	check((int64_t)i.u[0] == -EBADF && (i.u[1] & 0xff) == 1, "is an error");
	unsigned long msg;
	check(pt(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&msg) == 0 && msg == PTRACE_EVENTMSG_SYSCALL_EXIT, "GETEVENTMSG says exit");
	finish(pid);
}

static void emulated(void)
{
	pid_t pid = tracee(calls);

	need(pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD) == 0);
	check(next_stop(pid, PTRACE_SYSEMU, GOOD) && is_entry(pid, SYS_getppid), "SYSEMU stops at the entry");
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.rax), 31) == 0);
	check(next_stop(pid, PTRACE_SYSEMU, GOOD) && is_entry(pid, SYS_getuid), "then at the next one's");
	check_is(shared[0], 31, "the result is the tracer's");
	need(pt(PTRACE_POKEUSR, pid, offsetof(struct user, regs.rax), 32) == 0);
	need(pt(PTRACE_SYSEMU_SINGLESTEP, pid, 0, 0) == 0);
	check(stopped_by(stop_of(pid), SIGTRAP), "SYSEMU_SINGLESTEP steps");
	int n;
	for (n = 0; n < 100000; n++) {
		need(pt(PTRACE_SYSEMU_SINGLESTEP, pid, 0, 0) == 0);
		int st = stop_of(pid);
		if (stopped_by(st, GOOD))
			break;
		need(stopped_by(st, SIGTRAP));
	}
	check(n > 0 && is_entry(pid, SYS_close), "until the next entry");
	check_is(shared[1], 32, "the second result");
	cont(pid, 0);
	check(exited(stop_of(pid), 3) && shared[2] == ENOSYS, "an emulated call isn't made afterwards");
}

static int pipe_fd[2];

static void reads(void)
{
	char c = 0;
	long n = syscall(SYS_read, pipe_fd[0], &c, 1);

	_exit(n == 1 ? c : n == -1 && errno == EINTR ? 2 : n < 0 ? 3 : 4);
}

static void handler(int sig UNUSED)
{
}

static void reads_with_handler(void)
{
	on_signal(SIGUSR1, handler, 0);
	reads();
}

static void sleeps(void)
{
	struct timespec ts = { 0, 300000000 };

	_exit((int)syscall(SYS_nanosleep, &ts, NULL) == 0 ? 5 : errno == EINTR ? 6 : 7);
}

static bool sleeping(pid_t pid)
{
	return status_line(pid, "State")[0] == 'S';
}

/* Stops at the entry of a call that blocks, lets it block, interrupts it. */
static pid_t interrupted(void (*fn)(void), long nr, long want)
{
	pid_t pid = tracee(fn);

	do
		need(next_stop(pid, PTRACE_SYSCALL, SIGTRAP));
	while ((long)regs(pid).orig_rax != nr);
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	need(wait_for(sleeping(pid)));
	kill(pid, SIGUSR1);
	check(stopped_by(stop_of(pid), SIGTRAP) && (long)regs(pid).rax == want, "the exit shows %ld", want);
	need(pt(PTRACE_CONT, pid, 0, 0) == 0);
	check(stopped_by(stop_of(pid), SIGUSR1), "then the signal");
	check((long)regs(pid).rax == want && (long)regs(pid).orig_rax == nr, "with the registers still so");
	return pid;
}

static void restarts(void)
{
	struct user_regs_struct r;
	pid_t pid;

	need(pipe(pipe_fd) == 0);
	pid = interrupted(reads, SYS_read, -512);
	cont(pid, 0);
	need(write(pipe_fd[1], "\x08", 1) == 1);
	check(exited(stop_of(pid), 8), "suppressed: the call is made again");
	pid = interrupted(reads_with_handler, SYS_read, -512);
	cont(pid, SIGUSR1);
	check(exited(stop_of(pid), 2), "with a handler: EINTR");
	pid = interrupted(reads, SYS_read, -512);
	r = regs(pid);
	r.orig_rax = -1;
	need(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0);
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	check((long)regs(pid).orig_rax == SYS_exit_group, "with orig_rax -1 it isn't");
	finish(pid);
	pid = interrupted(reads, SYS_read, -512);
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	check(is_entry(pid, SYS_read), "the restart is an entry of its own");
	finish(pid);
	pid = interrupted(sleeps, SYS_nanosleep, -516);
	need(pt(PTRACE_SYSCALL, pid, 0, 0) == 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	check(is_entry(pid, SYS_restart_syscall), "a sleep goes on by restart_syscall");
	cont(pid, 0);
	check(exited(stop_of(pid), 5), "to its end");
}

static void injected(void)
{
	pid_t pid = tracee(calls);

	need(next_stop(pid, PTRACE_SYSCALL, SIGTRAP));
	need(pt(PTRACE_CONT, pid, 0, SIGUSR2) == 0);
	check(stopped_by(stop_of(pid), SIGUSR2), "a signal given at a system call is sent to the tracee");
	siginfo_t si;
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_code == SI_KERNEL && si.si_pid == 0, "by the kernel");
	cont(pid, 0);
	check(exited(stop_of(pid), 3), "and may be suppressed there");
	shared[0] = 0;
	pid = tracee(calls);
	need(next_stop(pid, PTRACE_SYSCALL, SIGTRAP));
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "SIGKILL at the entry of a call");
	check_is(shared[0], 0, "which isn't made");
}

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	plain();
	skipped_with_result();
	info();
	emulated();
	restarts();
	injected();
	return done();
}
