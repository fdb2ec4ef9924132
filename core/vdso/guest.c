/* SPDX-License-Identifier: Apache-2.0
 *
 * The vDSO's own code: runs inside guests, without libc, stack protector or writable data. Built as
 * a shared object of its own (vdso.am) and never linked into the sentry.
 *
 * The names and what they return are those of Linux: vdso(7). Errors are negative errno.
 */
#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/vdso/vvar.h"

#define EXPORT __attribute__((visibility("default"), used))

/* vdso.lds. Read-only, but not const: it changes. */
extern struct vvar vvar_page __attribute__((visibility("hidden")));

struct timespec {
	int64_t sec, nsec;
};
struct timeval {
	int64_t sec, usec;
};
struct timezone {
	int32_t minuteswest, dsttime;
};

#define NSEC_PER_SEC 1000000000u
#define CLOCK_REALTIME 0

#define likely(x) __builtin_expect(!!(x), 1)

/* The number is loaded right before the instruction: a platform rewrites this pair cheaply. */
#define SYSCALL(ret, nr, a, b, c)                                                                  \
	__asm__ volatile("movl %1, %%eax\n\tsyscall"                                               \
	                 : "=a"(ret)                                                               \
	                 : "i"(nr), "D"(a), "S"(b), "d"(c)                                         \
	                 : "rcx", "r11", "memory")

static inline __attribute__((always_inline)) long syscall3(const int nr, long a, long b, long c)
{
	long ret;

	SYSCALL(ret, nr, a, b, c);
	return ret;
}

/* The count once all before it has been done: core/arch/x86_64/counter.h. */
static inline __attribute__((always_inline)) uint64_t counter(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi) : : "rcx", "memory");
	return (uint64_t)hi << 32 | lo;
}

/* Loads seq again, after `count` was taken: the address is made to depend on that. */
static inline __attribute__((always_inline)) uint32_t seq_after(uint64_t count)
{
	__asm__ volatile("and $0, %0" : "+r"(count) : : "cc", "memory");
	return __atomic_load_n((const uint32_t *)((const char *)&vvar_page.seq + count), __ATOMIC_ACQUIRE);
}

/*
 * Reads clock id (one of VVAR_CLOCKS) from the page. False: by system call. That is also the answer
 * to a page being written, which takes the sentry no time unless it is held up.
 */
static inline __attribute__((always_inline)) bool read_clock(unsigned id, struct timespec *ret)
{
	const struct vvar *v = &vvar_page;
	uint32_t seq = __atomic_load_n(&v->seq, __ATOMIC_ACQUIRE);
	uint64_t count, ns;

	if (v->mode != VVAR_COUNTER)
		return false;
	count = counter();
	ns = count - v->origin;
	if (ns > v->span)
		return false;
	ns = (v->clock[id].ns + ns * v->slope) >> 32;
	ret->sec = v->clock[id].sec;
	if (seq & 1 || seq_after(count) != seq)
		return false;
	if (ns >= NSEC_PER_SEC) {
		ns -= NSEC_PER_SEC;
		ret->sec++;
	}
	ret->nsec = (int64_t)ns;
	return true;
}

static inline __attribute__((always_inline)) bool is_answered(unsigned id)
{
	return id < VVAR_CLOCK_IDS && (VVAR_CLOCKS >> id & 1);
}

/*
 * What Linux answers in the vDSO faults there when the pointer is bad, so system calls made instead
 * get a place of our own.
 */
EXPORT int __vdso_clock_gettime(int clock, struct timespec *ts);
EXPORT int __vdso_clock_gettime(int clock, struct timespec *ts)
{
	struct timespec now;
	long err;

	if (!likely(is_answered((unsigned)clock)))
		return (int)syscall3(__NR_clock_gettime, clock, (long)ts, 0);
	if (!likely(read_clock((unsigned)clock, &now))) {
		err = syscall3(__NR_clock_gettime, clock, (long)&now, 0);
		if (err)
			return (int)err;
	}
	*ts = now;
	return 0;
}

EXPORT int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz);
EXPORT int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	struct timespec now;

	if (tv) {
		if (!likely(read_clock(CLOCK_REALTIME, &now)))
			syscall3(__NR_clock_gettime, CLOCK_REALTIME, (long)&now, 0);
		tv->sec = now.sec;
		tv->usec = (int64_t)((uint32_t)now.nsec / 1000);
	}
	if (tz)
		*tz = (struct timezone){ 0, 0 };
	return 0;
}

EXPORT int __vdso_clock_getres(int clock, struct timespec *ts);
EXPORT int __vdso_clock_getres(int clock, struct timespec *ts)
{
	if (!is_answered((unsigned)clock))
		return (int)syscall3(__NR_clock_getres, clock, (long)ts, 0);
	if (ts)
		*ts = (struct timespec){ 0, VVAR_CLOCKS_COARSE >> clock & 1 ? VVAR_COARSE_RES : 1 };
	return 0;
}

EXPORT long __vdso_time(long *t);
EXPORT long __vdso_time(long *t)
{
	struct timespec now;

	if (!likely(read_clock(CLOCK_REALTIME, &now)))
		syscall3(__NR_clock_gettime, CLOCK_REALTIME, (long)&now, 0);
	if (t)
		*t = now.sec;
	return now.sec;
}

/* Which processor a guest is shown is the sentry's to say. */
EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	return syscall3(__NR_getcpu, (long)cpu, (long)node, (long)unused);
}
