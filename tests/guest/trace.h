/* SPDX-License-Identifier: Apache-2.0
 *
 * What the ptrace tests share: the raw call, tracees that stop at once, waits that say what they saw.
 */
#ifndef TESTS_GUEST_TRACE_H
#define TESTS_GUEST_TRACE_H

#include "guest.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <stddef.h>
#include <sys/user.h>

#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#define PTRACE_ARCH_PRCTL_K 30

/* As the kernel has it: peeks store through data. */
UNUSED static long pt(long op, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, op, (long)pid, addr, data);
}

UNUSED static unsigned long peek(pid_t pid, const volatile void *addr)
{
	unsigned long v = 0xdeadbeef;

	if (pt(PTRACE_PEEKDATA, pid, (unsigned long)addr, (unsigned long)&v))
		return 0xbad0bad0;
	return v;
}

UNUSED static struct user_regs_struct regs(pid_t pid)
{
	struct user_regs_struct r;

	need(pt(PTRACE_GETREGS, pid, 0, (unsigned long)&r) == 0);
	return r;
}

/* Waits for pid (or, with -1, anybody); gives the status. */
UNUSED static int stop_of(pid_t pid)
{
	int st = -1;
	pid_t got;

	while ((got = waitpid(pid, &st, __WALL)) == -1 && errno == EINTR)
		;
	return got > 0 ? st : -1;
}

/* A stop by this signal, and no event. */
UNUSED static bool stopped_by(int st, int sig)
{
	return WIFSTOPPED(st) && st >> 8 == sig;
}

UNUSED static bool event(int st, int ev)
{
	return WIFSTOPPED(st) && st >> 8 == (SIGTRAP | ev << 8);
}

/* A child that is traced and has stopped; it goes on with fn(). */
UNUSED static pid_t tracee(void (*fn)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (pt(PTRACE_TRACEME, 0, 0, 0))
			_exit(99);
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	need(pid > 0);
	need(stopped_by(stop_of(pid), SIGSTOP));
	return pid;
}

UNUSED static void cont(pid_t pid, int sig)
{
	need(pt(PTRACE_CONT, pid, 0, sig) == 0);
}

/* Ends a tracee, whatever it is in. */
UNUSED static void finish(pid_t pid)
{
	int st;

	kill(pid, SIGKILL);
	do
		st = stop_of(pid);
	while (st != -1 && WIFSTOPPED(st));
	if (!killed(st, SIGKILL) && !WIFEXITED(st))
		printf("not ok - a tracee didn't end: %#x\n", st);
}

/* A line of /proc/PID/status. */
UNUSED static const char *status_line(pid_t pid, const char *key)
{
	static char line[256];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (!f)
		return "";
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':') {
			fclose(f);
			line[strcspn(line, "\n")] = '\0';
			return line + strlen(key) + 2;
		}
	fclose(f);
	return "";
}

#endif
