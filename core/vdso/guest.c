/* SPDX-License-Identifier: Apache-2.0
 *
 * The vDSO's own code: runs inside guests, without libc, stack protector or writable data. Built as
 * a shared object of its own (vdso.am) and never linked into the sentry.
 *
 * The names and what they return are those of Linux: vdso(7). Errors are negative errno.
 */
#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

#include "core/vdso/vvar.h"

#define EXPORT __attribute__((visibility("default"), used))

extern const struct vvar vvar_page __attribute__((visibility("hidden"))); /* vdso.lds */

struct timespec;
struct timeval;
struct timezone;

/* The number is loaded right before the instruction: a platform rewrites this pair cheaply. */
#define SYSCALL3(ret, nr, a, b, c)                                                                 \
	__asm__ volatile("movl %1, %%eax\n\tsyscall"                                               \
	                 : "=a"(ret)                                                               \
	                 : "i"(nr), "D"(a), "S"(b), "d"(c)                                         \
	                 : "rcx", "r11", "memory")

/*
 * Every function comes through here: the one place that asks the parameter page how to answer. The
 * only way that there is yet is the system call.
 */
static inline __attribute__((always_inline)) long answer(const int nr, long a, long b, long c)
{
	long ret;

	switch (__atomic_load_n(&vvar_page.mode, __ATOMIC_ACQUIRE)) {
	case VVAR_SYSCALL:
	default:
		SYSCALL3(ret, nr, a, b, c);
	}
	return ret;
}

EXPORT int __vdso_clock_gettime(int clock, struct timespec *ts);
EXPORT int __vdso_clock_gettime(int clock, struct timespec *ts)
{
	return (int)answer(__NR_clock_gettime, clock, (long)ts, 0);
}

EXPORT int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz);
EXPORT int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	return (int)answer(__NR_gettimeofday, (long)tv, (long)tz, 0);
}

EXPORT int __vdso_clock_getres(int clock, struct timespec *ts);
EXPORT int __vdso_clock_getres(int clock, struct timespec *ts)
{
	return (int)answer(__NR_clock_getres, clock, (long)ts, 0);
}

EXPORT long __vdso_time(long *t);
EXPORT long __vdso_time(long *t)
{
	return answer(__NR_time, (long)t, 0, 0);
}

EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	return answer(__NR_getcpu, (long)cpu, (long)node, (long)unused);
}
