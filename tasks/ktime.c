/* SPDX-License-Identifier: Apache-2.0
 *
 * Clock ids of guests. Layer: tasks.
 */
#include "tasks/ktime.h"

#include "core/vdso/vvar.h"
#include "tasks/cputime.h"

#ifndef CLOCK_TAI
#define CLOCK_TAI 11
#endif

#define CPUCLOCK_PROF 0
#define CPUCLOCK_VIRT 1
#define CPUCLOCK_SCHED 2
#define CPUCLOCK_PERTHREAD 4
#define CPUCLOCK_SELF (-8) /* pid 0: the caller */

static int pick_cpu(int which, uint64_t u, uint64_t s, ktime_t *ret)
{
	switch (which) {
	case CPUCLOCK_PROF:
	case CPUCLOCK_SCHED:
		*ret = (ktime_t)(u + s);
		return 0;
	case CPUCLOCK_VIRT:
		*ret = (ktime_t)u;
		return 0;
	}
	return -EINVAL;
}

/* Ids that clock_getcpuclockid(3) and pthread_getcpuclockid(3) make: ~pid << 3 | kind. */
static int cpu_clock(const struct task *t, int clock, ktime_t *ret)
{
	pid_t pid = ~(clock >> 3);
	const struct task *o;
	const struct thread_group *tg;
	uint64_t u, s;

	if ((clock & 3) == 3)
		return -EINVAL;
	if (clock & CPUCLOCK_PERTHREAD) {
		o = pid ? task_find(pid) : t;
		if (!o || o->tg != t->tg)
			return -EINVAL;
		task_cputime(o, &u, &s);
	} else {
		tg = pid ? tg_find(pid) : t->tg;
		if (!tg)
			return -EINVAL;
		tg_cputime(tg, &u, &s);
	}
	return pick_cpu(clock & 3, u, s, ret);
}

int guest_clock_get(const struct task *t, int clock, ktime_t *ret)
{
	if (clock < 0)
		return cpu_clock(t, clock, ret);
	switch (clock) {
	case CLOCK_PROCESS_CPUTIME_ID:
		return cpu_clock(t, CPUCLOCK_SELF | CPUCLOCK_SCHED, ret);
	case CLOCK_THREAD_CPUTIME_ID:
		return cpu_clock(t, CPUCLOCK_SELF | CPUCLOCK_SCHED | CPUCLOCK_PERTHREAD, ret);
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ret = guest_clock_now(clock);
		return 0;
	}
	return -EINVAL;
}

int guest_clock_check(const struct task *t, int clock)
{
	ktime_t now;

	return guest_clock_get(t, clock, &now);
}

ktime_t guest_clock_now(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
		return clock_realtime();
	case CLOCK_TAI:
		return clock_tai();
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return clock_boottime();
	}
	return clock_monotonic();
}

int guest_clock_sleepable(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	}
	return -EINVAL;
}

ktime_t guest_clock_deadline(int clock, bool absolute, ktime_t when)
{
	ktime_t now, other;

	if (when == KTIME_NEVER)
		return KTIME_NEVER;
	if (!absolute)
		return ktime_add(clock_monotonic(), when);
	switch (clock) {
	case CLOCK_MONOTONIC:
		return when;
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
		return ktime_of_real(when);
	case CLOCK_TAI: /* set together with the realtime clock */
		return ktime_of_real(MAX(when - (clock_tai() - clock_realtime()), 0));
	}
	now = clock_monotonic();
	other = guest_clock_now(clock);
	/* Times before the start of the clock's count lie in the past all the same. */
	return when <= other ? now : ktime_add(now, when - other);
}

int guest_clock_base(int clock, bool absolute)
{
	return !absolute && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM) ? CLOCK_MONOTONIC
	                                                                               : clock;
}

ktime_t guest_clock_res(int clock)
{
	return clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ? VVAR_COARSE_RES : 1;
}

ktime_t ktime_forward(ktime_t start, ktime_t interval, ktime_t now, uint64_t *steps)
{
	uint64_t n;

	*steps = 0;
	if (start > now || interval <= 0)
		return start;
	n = (uint64_t)(now - start) / (uint64_t)interval + 1;
	*steps = n;
	return ktime_add(start + (ktime_t)((n - 1) * (uint64_t)interval), interval);
}
