/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: ATTACH and DETACH, who may, threads, and what the real parent sees.
 */
#include "trace.h"
#include <pthread.h>
#include <sys/prctl.h>

static volatile int *shared;

static void spins(void)
{
	for (;;)
		shared[0]++;
}

static void sleeps(void)
{
	shared[0] = 1;
	for (;;)
		pause();
}

static pid_t child(void (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	shared[0] = 0;
	pid = fork();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	need(wait_for(shared[0]));
	if (fn == sleeps)
		need(wait_for(status_line(pid, "State")[0] == 'S'));
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	check(killed(stop_of(pid), SIGKILL), "the end");
}

static void attach(void)
{
	pid_t pid = child(spins);
	siginfo_t si;
	int n, st;

	check_is(pt(PTRACE_ATTACH, pid, 0, 0), 0, "ATTACH to one that runs");
	check(stopped_by(stop_of(pid), SIGSTOP), "stops it");
	check(pt(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&si) == 0 && si.si_code == SI_KERNEL && si.si_pid == 0, "by the kernel");
	n = shared[0];
	ms(5);
	check_is(shared[0], n, "it is stopped");
	check((long)regs(pid).orig_rax == -1, "in no call");
	check_errno(pt(PTRACE_ATTACH, pid, 0, 0), EPERM, "once");
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH");
	check(wait_for(shared[0] != n), "it runs");
	check_errno(pt(PTRACE_DETACH, pid, 0, 0), ESRCH, "once");
	check_is(pt(PTRACE_ATTACH, pid, 0, 0), 0, "ATTACH anew");
	need(stopped_by(stop_of(pid), SIGSTOP));
	end(pid);
	pid = child(sleeps);
	check_is(pt(PTRACE_ATTACH, pid, 0, 0), 0, "ATTACH to one that sleeps");
	check(stopped_by(stop_of(pid), SIGSTOP) && (long)regs(pid).rax == -514, "interrupts its call");
	check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH");
	check(wait_for(status_line(pid, "State")[0] == 'S'), "it sleeps on");
	kill(pid, SIGSTOP);
	need(waitpid(pid, &st, WUNTRACED) == pid && stopped_by(st, SIGSTOP));
	check_is(pt(PTRACE_ATTACH, pid, 0, 0), 0, "ATTACH to one that is stopped");
	check(stopped_by(stop_of(pid), SIGSTOP), "it is a tracee's stop now");
	check(status_line(pid, "State")[0] == 't', "at once");
	cont(pid, 0);
	check(stopped_by(stop_of(pid), SIGSTOP), "and the SIGSTOP of ATTACH comes too");
	cont(pid, 0);
	end(pid);
	pid = child(spins);
	need(pt(PTRACE_ATTACH, pid, 0, 0) == 0);
	need(stopped_by(stop_of(pid), SIGSTOP));
	check_is(pt(PTRACE_DETACH, pid, 0, SIGUSR1), 0, "DETACH with a signal");
	check(killed(stop_of(pid), SIGUSR1), "delivers it");
	pid = fork();
	if (pid == 0)
		_exit(3);
	need(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0);
	check_errno(pt(PTRACE_ATTACH, pid, 0, 0), EPERM, "ATTACH to a zombie");
	check_errno(pt(PTRACE_SEIZE, pid, 0, 0), EPERM, "SEIZE of a zombie");
	waitpid(pid, NULL, 0);
	check_errno(pt(PTRACE_ATTACH, pid, 0, 0), ESRCH, "ATTACH to one that is gone");
}

static void *thread(void *arg UNUSED)
{
	shared[1] = (int)syscall(SYS_gettid);
	for (;;)
		shared[2]++;
	return NULL;
}

static void two(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	while (!shared[2])
		;
	shared[0] = 1;
	for (;;)
		shared[3]++;
}

/* A thread that the caller's own process has. */
static void *waits(void *arg)
{
	while (!*(volatile int *)arg)
		usleep(100);
	return NULL;
}

static void one_thread(void)
{
	pid_t pid = child(two), tid = shared[1];
	volatile int stop = 0;
	int n, st;
	pthread_t t;

	check_is(pt(PTRACE_ATTACH, tid, 0, 0), 0, "ATTACH to a thread");
	st = stop_of(tid);
	check(stopped_by(st, SIGSTOP), "stops that one");
	n = shared[2];
	int m = shared[3];
	check(wait_for(shared[3] != m) && n == shared[2], "and no other");
	check_is(waitpid(pid, &st, WNOHANG | WUNTRACED), 0, "the process isn't said to have stopped");
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	check(access(path, F_OK) == 0 && atoi(status_line(tid, "TracerPid")) == getpid(), "TracerPid of the thread");
	check_is(atoi(status_line(pid, "TracerPid")), 0, "not of the leader");
	kill(pid, SIGKILL);
	check(killed(stop_of(tid), SIGKILL), "SIGKILL: the thread's end is told");
	check(killed(stop_of(pid), SIGKILL), "and the process's");
	pthread_create(&t, NULL, waits, (void *)&stop);
	check_errno(pt(PTRACE_ATTACH, (pid_t)syscall(SYS_gettid), 0, 0), EPERM, "ATTACH to one's own process");
	stop = 1;
	pthread_join(t, NULL);
}

/* Tracer, tracee and parent are three. */
static void family(void)
{
	pid_t pid = child(spins), tracer;
	siginfo_t si;
	int st;

	fflush(stdout);
	shared[4] = 0;
	tracer = fork();
	if (tracer == 0) {
		if (pt(PTRACE_ATTACH, pid, 0, 0) || !stopped_by(stop_of(pid), SIGSTOP))
			_exit(1);
		if (pt(PTRACE_CONT, pid, 0, 0))
			_exit(2);
		shared[4] = 1;
		if (!killed(stop_of(pid), SIGTERM) && !stopped_by(stop_of(-1), SIGTERM))
			_exit(3);
		_exit(0);
	}
	need(wait_for(shared[4]));
	check_is(waitpid(pid, &st, WNOHANG | WUNTRACED), 0, "the parent isn't told of a tracee's stops");
	kill(pid, SIGKILL);
	check(waitpid(pid, &st, 0) == pid && killed(st, SIGKILL), "but of its end, after the tracer");
	waitpid(tracer, NULL, 0);
	pid = child(sleeps);
	shared[4] = 0;
	tracer = fork();
	if (tracer == 0) {
		if (pt(PTRACE_ATTACH, pid, 0, 0) || !stopped_by(stop_of(pid), SIGSTOP))
			_exit(1);
		if (pt(PTRACE_CONT, pid, 0, 0))
			_exit(2);
		shared[4] = 1;
		while (shared[4] != 2)
			usleep(100);
		_exit(0); /* without having waited for it */
	}
	need(wait_for(shared[4]));
	kill(pid, SIGKILL);
	need(wait_for(status_line(pid, "State")[0] == 'Z'));
	check(waitid(P_PID, pid, &si, WEXITED | WNOHANG) == 0 && si.si_pid == 0, "a zombie is the tracer's");
	shared[4] = 2;
	check(waitpid(pid, &st, 0) == pid && killed(st, SIGKILL), "until it has ended itself");
	waitpid(tracer, NULL, 0);
	/* A stop of the group with the tracer elsewhere: both are told. */
	pid = child(sleeps);
	shared[4] = 0;
	tracer = fork();
	if (tracer == 0) {
		if (pt(PTRACE_SEIZE, pid, 0, 0))
			_exit(1);
		shared[4] = 1;
		if (!stopped_by(stop_of(pid), SIGSTOP) || pt(PTRACE_CONT, pid, 0, SIGSTOP))
			_exit(2);
		if (stop_of(pid) >> 8 != (SIGSTOP | PTRACE_EVENT_STOP << 8))
			_exit(3);
		shared[4] = 2;
		while (shared[4] != 3)
			usleep(100);
		_exit(0);
	}
	need(wait_for(shared[4] == 1));
	kill(pid, SIGSTOP);
	check(waitpid(pid, &st, WUNTRACED) == pid && stopped_by(st, SIGSTOP), "a group's stop is told to the parent");
	need(wait_for(shared[4] == 2));
	check_is(waitpid(pid, &st, WUNTRACED | WNOHANG), 0, "once");
	shared[4] = 3;
	check(waitpid(tracer, &st, 0) == tracer && exited(st, 0), "and to the tracer");
	check(wait_for(status_line(pid, "State")[0] == 'T'), "it stays when the tracer ends");
	kill(pid, SIGCONT);
	check(waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st), "and goes on");
	end(pid);
}

static void wait_flags(void)
{
	pid_t pid = child(sleeps), tracer;
	int st;

	fflush(stdout);
	tracer = fork();
	if (tracer == 0) {
		check_errno(waitpid(pid, &st, WNOHANG), ECHILD, "no child, no tracee: ECHILD");
		need(pt(PTRACE_ATTACH, pid, 0, 0) == 0);
		need(wait_for(waitpid(pid, &st, WNOHANG | __WNOTHREAD) == pid));
		check(stopped_by(st, SIGSTOP), "a tracee is waited for as a child, with __WNOTHREAD too");
		check_is(waitpid(-1, &st, WNOHANG), 0, "by -1");
		check_is(waitpid(-getpgid(pid), &st, WNOHANG), 0, "by its group");
		check_is(waitpid(pid, &st, WNOHANG | __WCLONE), 0, "with __WCLONE");
		check_is(waitpid(pid, &st, WNOHANG | __WALL), 0, "with __WALL");
		check_is(pt(PTRACE_DETACH, pid, 0, 0), 0, "DETACH");
		check_errno(waitpid(pid, &st, WNOHANG), ECHILD, "then no more");
		fflush(stdout);
		_exit(tap_count);
	}
	waitpid(tracer, &st, 0);
	tap_count = WEXITSTATUS(st);
	end(pid);
}

static bool may(pid_t pid)
{
	int st;

	if (pt(PTRACE_SEIZE, pid, 0, 0))
		return false;
	st = (int)pt(PTRACE_INTERRUPT, pid, 0, 0);
	return st == 0 && WIFSTOPPED(stop_of(pid)) && pt(PTRACE_DETACH, pid, 0, 0) == 0;
}

static void becomes(uid_t uid, int dumpable)
{
	if (uid)
		(void)!setresgid(uid, uid, uid), (void)!setresuid(uid, uid, uid);
	if (dumpable >= 0)
		prctl(PR_SET_DUMPABLE, dumpable);
	shared[0] = 1;
	for (;;)
		pause();
}

/* May a process of user a trace one of user b? */
static int may_as(uid_t a, uid_t b, int dumpable, bool same_suid)
{
	pid_t pid, tracer;
	int st;

	fflush(stdout);
	shared[0] = 0;
	pid = fork();
	if (pid == 0) {
		if (!same_suid) {
			(void)!setresgid(b, b, b), (void)!setresuid(b, b, 0);
			b = 0;
		}
		becomes(b, dumpable);
	}
	need(wait_for(shared[0]));
	tracer = fork();
	if (tracer == 0) {
		if (a)
			(void)!setresgid(a, a, a), (void)!setresuid(a, a, a);
		_exit(may(pid) ? 0 : errno);
	}
	waitpid(tracer, &st, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return WEXITSTATUS(st);
}

static void permission(void)
{
	if (getuid())
		return;
	check_is(may_as(0, 0, -1, true), 0, "root traces root");
	check_is(may_as(0, 1000, -1, true), 0, "root traces a user");
	check_is(may_as(1000, 0, -1, true), EPERM, "a user doesn't trace root");
	check_is(may_as(1000, 1001, 1, true), EPERM, "nor another user");
	check_is(may_as(1000, 1000, 1, true), 0, "but its own");
	check_is(may_as(1000, 1000, 0, true), EPERM, "not one that isn't dumpable");
	check_is(may_as(1000, 1000, -1, true), EPERM, "as one that changed its ids isn't");
	check_is(may_as(1000, 1000, 1, false), EPERM, "nor one whose saved id is another");
	check_is(may_as(0, 1000, 0, true), 0, "root does");
	check_errno(prctl(PR_SET_PTRACER, getppid(), 0, 0, 0), EINVAL, "PR_SET_PTRACER needs Yama");
	/* TRACEME asks whether the parent may. */
	pid_t pid, kid;
	int st;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int p[2];
		char c;
		(void)!pipe(p);
		kid = fork();
		if (kid == 0) { /* still root */
			(void)!read(p[0], &c, 1);
			_exit(pt(PTRACE_TRACEME, 0, 0, 0) ? errno : 0);
		}
		(void)!setresgid(1000, 1000, 1000), (void)!setresuid(1000, 1000, 1000);
		(void)!write(p[1], "x", 1);
		waitpid(kid, &st, 0);
		_exit(WEXITSTATUS(st));
	}
	waitpid(pid, &st, 0);
	check_is(WEXITSTATUS(st), EPERM, "TRACEME with a parent of less privilege");
}

static bool copy_self(const char *name, mode_t mode)
{
	char buf[65536];
	int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_WRONLY | O_CREAT, 0700);
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return false;
	close(from);
	close(to);
	return n == 0 && chmod(name, mode) == 0;
}

/* What a user's tracee executes: gives its euid when it ran to its end; *peek is what PEEKDATA gave. */
static int executes(const char *name, bool traced, uid_t tracer_uid, long *peeked)
{
	int st;
	pid_t tracer;

	fflush(stdout);
	shared[5] = 0;
	tracer = fork();
	if (tracer == 0) {
		if (tracer_uid)
			(void)!setresgid(1000, 1000, 1000), (void)!setresuid(1000, 1000, 1000);
		pid_t pid = fork();
		if (pid == 0) {
			(void)!setresgid(1000, 1000, 1000), (void)!setresuid(1000, 1000, 1000);
			prctl(PR_SET_DUMPABLE, 1);
			if (traced && pt(PTRACE_TRACEME, 0, 0, 0))
				_exit(98);
			execl(name, name, "euid", NULL);
			_exit(99);
		}
		if (traced) {
			unsigned long v;
			if (!stopped_by(stop_of(pid), SIGTRAP))
				_exit(97);
			shared[5] = pt(PTRACE_PEEKDATA, pid, regs(pid).rsp, (unsigned long)&v) ? errno : 0;
			cont(pid, 0);
		}
		st = stop_of(pid);
		_exit(WEXITSTATUS(st));
	}
	waitpid(tracer, &st, 0);
	*peeked = shared[5];
	return WEXITSTATUS(st);
}

static void programs(void)
{
	long peeked;

	if (getuid() || chmod(".", 0755))
		return;
	need(copy_self("suid", 04755) && copy_self("hidden", 0711) && copy_self("plain", 0755));
	check_is(executes("./plain", true, 1000, &peeked), 1, "a user's tracee executes");
	check_is(peeked, 0, "and can be looked at");
	check_is(executes("./suid", false, 1000, &peeked), 2, "a set-uid program");
	check_is(executes("./suid", true, 1000, &peeked), 1, "has no effect on a user's tracee");
	check_is(executes("./suid", true, 0, &peeked), 1, "nor on root's, that became it by TRACEME");
	check_is(peeked, 0, "which can be looked at");
	check_is(executes("./hidden", true, 1000, &peeked), 1, "a program that can't be read");
	check_is(peeked, EIO, "can't be looked at in memory");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "euid"))
		_exit(geteuid() ? 1 : 2);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	attach();
	one_thread();
	family();
	wait_flags();
	permission();
	programs();
	return done();
}
