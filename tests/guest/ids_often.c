/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids asked for again and again: they change with what changes them, in the one who changes them, and
 * asking keeps nobody from signals.
 */
#include "guest.h"

#include <pthread.h>
#include <sys/ptrace.h>

#define OFTEN 40

static bool ids_are(long pid, long tid, long uid, long euid, long gid, long egid)
{
	bool good = true;

	for (int i = 0; i < OFTEN; i++) {
		good &= syscall(SYS_getpid) == pid && syscall(SYS_gettid) == tid;
		good &= syscall(SYS_getuid) == uid && syscall(SYS_geteuid) == euid;
		good &= syscall(SYS_getgid) == gid && syscall(SYS_getegid) == egid;
	}
	return good;
}

static void *in_thread(void *arg)
{
	long pid = syscall(SYS_getpid), tid = syscall(SYS_gettid);
	bool good = pid == *(long *)arg && tid != pid && ids_are(pid, tid, 0, 0, 0, 0);

	/* The raw calls change this thread alone. */
	good &= syscall(SYS_setresgid, -1, 7, -1) == 0 && ids_are(pid, tid, 0, 0, 0, 7);
	good &= syscall(SYS_setresuid, -1, 5, -1) == 0 && ids_are(pid, tid, 0, 5, 0, 7);
	good &= syscall(SYS_setresuid, -1, 0, -1) == 0 && ids_are(pid, tid, 0, 0, 0, 7);
	return good ? arg : NULL;
}

static volatile sig_atomic_t hits;

static void tick(int sig UNUSED)
{
	hits++;
}

/* A tracer sees each call, however often it was made before. */
static long traced_calls(void)
{
	long seen = 0;
	int st;
	pid_t p = fork();

	if (p == 0) {
		for (int i = 0; i < OFTEN; i++)
			syscall(SYS_getpid);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < OFTEN; i++)
			syscall(SYS_getppid);
		for (int i = 0; i < OFTEN; i++)
			syscall(SYS_getpid);
		_exit(0);
	}
	waitpid(p, &st, 0);
	while (ptrace(PTRACE_SYSCALL, p, 0, 0) == 0 && waitpid(p, &st, 0) == p && WIFSTOPPED(st)) {
		long nr = ptrace(PTRACE_PEEKUSER, p, 8 * 15 /* orig_rax */, 0);
		seen += nr == SYS_getpid;
	}
	return seen;
}

int main(void)
{
	struct itimerval it = { { 0, 500 }, { 0, 500 } }, off = { 0 };
	long pid = getpid();
	pthread_t t;
	void *ret;

	if (getuid() != 0)
		return 77;
	check(ids_are(pid, pid, 0, 0, 0, 0), "of a process");
	need(pthread_create(&t, NULL, in_thread, &pid) == 0);
	pthread_join(t, &ret);
	check(ret == &pid, "of a thread, which changes its own");
	check(ids_are(pid, pid, 0, 0, 0, 0), "and nobody else's");
	check(exited(in_child({
		if (!ids_are(getpid(), getpid(), 0, 0, 0, 0) || getpid() == pid)
			_exit(1);
		need(setgid(9) == 0 && setuid(8) == 0);
		if (!ids_are(getpid(), getpid(), 8, 8, 9, 9))
			_exit(2);
	}), 0), "of a child, which becomes somebody else");
	check(ids_are(pid, pid, 0, 0, 0, 0), "not so its parent");
	on_signal(SIGALRM, tick, SA_RESTART);
	setitimer(ITIMER_REAL, &it, NULL);
	bool good = true;
	for (long i = 0; i < 1000000000 && hits < 100; i++)
		good &= syscall(SYS_getpid) == pid;
	setitimer(ITIMER_REAL, &off, NULL);
	check(good && hits >= 100, "under a rain of signals");
	check_is(traced_calls(), 2 * OFTEN, "a tracer sees each call, in and out");
	return done();
}
