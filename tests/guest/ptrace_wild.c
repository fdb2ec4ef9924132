/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: every request with wild arguments; requests while the tracee is killed; races of tracers.
 * time limit: 120 s
 */
#include "trace.h"
#include <pthread.h>

static const struct { long op; const char *name; } ops[] = {
	{ 1, "PEEKTEXT" }, { 2, "PEEKDATA" }, { 3, "PEEKUSR" }, { 4, "POKETEXT" }, { 5, "POKEDATA" }, { 6, "POKEUSR" },
	{ 12, "GETREGS" }, { 13, "SETREGS" }, { 14, "GETFPREGS" }, { 15, "SETFPREGS" }, { 18, "GETFPXREGS" },
	{ 21, "OLDSETOPTIONS" }, { 25, "GET_THREAD_AREA" }, { 30, "ARCH_PRCTL" }, { 10, "10" }, { 11, "11" }, { 22, "22" },
	{ 0x4200, "SETOPTIONS" }, { 0x4201, "GETEVENTMSG" }, { 0x4202, "GETSIGINFO" }, { 0x4204, "GETREGSET" },
	{ 0x4205, "SETREGSET" }, { 0x4207, "INTERRUPT" }, { 0x4208, "LISTEN" }, { 0x4209, "PEEKSIGINFO" },
	{ 0x420a, "GETSIGMASK" }, { 0x420b, "SETSIGMASK" }, { 0x420c, "SECCOMP_GET_FILTER" }, { 0x420e, "GET_SYSCALL_INFO" },
	{ 0x4300, "0x4300" }, { 0x41ff, "0x41ff" }, { -7, "-7" },
};

static void idle(void)
{
	for (;;)
		pause();
}

static const char *errname(long r)
{
	return r >= 0 ? "ok" : strerrorname_np(errno);
}

static void wild(void)
{
	unsigned long addrs[] = { 0, 8, -1ul, -8ul, 0xffffffff81000000ul, 0x4141414141414141ul, 0x7ffffffff000ul };
	char line[512];

	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t len = 0;

		for (unsigned a = 0; a < 7; a++) {
			for (unsigned d = 0; d < 7; d++) {
				pid_t pid;
				long r;

				/* Writing its registers or words may leave a tracee in any state: each has its own. */
				if (a != d && a && d)
					continue;
				/* What would set a debug register, or the words there are, works natively. */
				if (ops[i].op == 6 || ops[i].op == 30)
					if (!a || !d)
						continue;
				pid = tracee(idle);
				errno = 0;
				r = pt(ops[i].op, pid, addrs[a], addrs[d]);
				len += (size_t)snprintf(line + len, sizeof(line) - len, " %s", errname(r));
				finish(pid);
			}
		}
		check(true, "%s:%s", ops[i].name, line);
	}
}

/* Somebody kills the tracee while its tracer is at it. */
static void *killer(void *arg)
{
	usleep(500);
	kill((pid_t)(long)arg, SIGKILL);
	return NULL;
}

static void killed_meanwhile(void)
{
	static char buf[4096];

	for (int i = 0; i < 20; i++) {
		pid_t pid = tracee(idle);
		struct user_regs_struct r;
		struct iovec v = { buf, sizeof(buf) };
		unsigned long w;
		pthread_t t;

		pthread_create(&t, NULL, killer, (void *)(long)pid);
		while (pt(PTRACE_GETREGS, pid, 0, (unsigned long)&r) == 0) {
			pt(PTRACE_PEEKDATA, pid, (unsigned long)buf, (unsigned long)&w);
			pt(PTRACE_POKETEXT, pid, (unsigned long)idle, w);
			pt(PTRACE_GETREGSET, pid, NT_X86_XSTATE, (unsigned long)&v);
			pt(PTRACE_SINGLESTEP, pid, 0, 0);
			usleep(10);
		}
		pthread_join(t, NULL);
		finish(pid);
	}
	check(true, "tracees killed in the middle of requests");
}

/* Registers that make no sense. */
static void senseless(void)
{
	static const unsigned long rips[] = { 0, 8, -1ul, 0x4141414141414141ul, 0xffffffff81000000ul, 0x7fffffffffff };
	bool ok = true;

	for (int i = 0; i < 6; i++) {
		pid_t pid = tracee(idle);
		struct user_regs_struct r = regs(pid);

		r.rip = rips[i];
		r.rsp = rips[5 - i];
		ok &= pt(PTRACE_SETREGS, pid, 0, (unsigned long)&r) == 0;
		cont(pid, 0);
		ok &= stopped_by(stop_of(pid), SIGSEGV);
		ok &= regs(pid).rip == rips[i];
		cont(pid, SIGSEGV);
		ok &= (stop_of(pid) & 0x7f) == SIGSEGV;
	}
	check(ok, "a wild pc faults");
}

static void spins(void)
{
	for (;;)
		;
}

/* Many tracers want the same one: one at a time has it. */
static void contended(void)
{
	pid_t pid = fork(), tracer[4];
	int st;
	bool ok = true;

	if (pid == 0)
		spins();
	for (int i = 0; i < 4; i++) {
		tracer[i] = fork();
		if (tracer[i] == 0) {
			for (int k = 0; k < 50; k++) {
				if (pt(i & 1 ? PTRACE_SEIZE : PTRACE_ATTACH, pid, 0, 0)) {
					if (errno != EPERM)
						_exit(1);
					usleep(100);
					continue;
				}
				if (i & 1 && pt(PTRACE_INTERRUPT, pid, 0, 0))
					_exit(2);
				st = stop_of(pid);
				if (!WIFSTOPPED(st))
					_exit(3);
				if (k == 49 && i == 0)
					_exit(0); /* and leaves it behind */
				if (pt(PTRACE_DETACH, pid, 0, 0))
					_exit(4);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++) {
		waitpid(tracer[i], &st, 0);
		ok &= exited(st, 0);
	}
	check(ok, "tracers by turns");
	kill(pid, SIGKILL);
	do
		ok = waitpid(pid, &st, 0) == pid;
	while (ok && WIFSTOPPED(st));
	check(ok && killed(st, SIGKILL), "the end");
}

/* A chain of tracers, each traced itself, cut at its ends. */
static void chain(void)
{
	pid_t first = tracee(idle), pid;
	int st;

	cont(first, 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (pt(PTRACE_TRACEME, 0, 0, 0))
			_exit(1);
		pid_t kid = fork();
		if (kid == 0) {
			if (pt(PTRACE_SEIZE, getppid(), 0, PTRACE_O_EXITKILL) != -1 || errno != EPERM)
				_exit(9);
			_exit(pt(PTRACE_TRACEME, 0, 0, 0) ? 1 : 2);
		}
		st = stop_of(kid);
		_exit(WEXITSTATUS(st));
	}
	while (WIFSTOPPED(st = stop_of(pid)))
		cont(pid, WSTOPSIG(st) == SIGCHLD ? 0 : WSTOPSIG(st));
	check(exited(st, 2), "a tracee may trace");
	finish(first);
}

int main(void)
{
	wild();
	killed_meanwhile();
	senseless();
	contended();
	chain();
	return done();
}
