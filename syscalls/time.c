/* SPDX-License-Identifier: Apache-2.0
 *
 * Clocks and sleeping: clock_gettime and its kin, nanosleep, clock_nanosleep, adjtimex.
 * Layer: syscalls.
 */
#include <sys/timex.h>

#include "core/clock.h"
#include "syscalls/syscall.h"
#include "tasks/ktime.h"

static CO_FN int timespec_in(gaddr_t addr, ktime_t *ret)
{
	struct timespec ts;
	int err = timespec_arg(addr, &ts);

	if (!err)
		*ret = ktime_from_timespec(&ts);
	return err;
}

static CO_FN int timespec_out(gaddr_t addr, ktime_t v)
{
	struct timespec ts = ktime_to_timespec(v);

	return copyout_obj(addr, &ts);
}

SYSCALL2(clock_gettime, int, clock, gaddr_t, uts)
{
	ktime_t now;
	int err = guest_clock_get(t, clock, &now);

	return err ? err : timespec_out(uts, now);
}

SYSCALL2(clock_getres, int, clock, gaddr_t, uts)
{
	int err = guest_clock_check(t, clock);

	if (err || !uts)
		return err;
	return timespec_out(uts, guest_clock_res(clock));
}

SYSCALL2(clock_settime, int, clock, gaddr_t, uts)
{
	ktime_t v;
	int err;

	/* A clock that nobody can set is found out before the time is read, a process's only after. */
	if (clock >= 0 && clock != CLOCK_REALTIME)
		return -EINVAL;
	err = timespec_in(uts, &v);
	if (err)
		return err;
	return clock < 0 && guest_clock_check(t, clock) ? -EINVAL : -EPERM;
}

SYSCALL2(gettimeofday, gaddr_t, utv, gaddr_t, utz)
{
	ktime_t now = clock_realtime();
	int64_t tv[2] = { now / NSEC_PER_SEC, now % NSEC_PER_SEC / NSEC_PER_USEC };
	int32_t tz[2] = { 0, 0 };

	if (utv && copyout_obj(utv, &tv))
		return -EFAULT;
	if (utz && copyout_obj(utz, &tz))
		return -EFAULT;
	return 0;
}

SYSCALL2(settimeofday, gaddr_t, utv, gaddr_t, utz)
{
	int64_t tv[2];
	int32_t tz[2];

	if (utv) {
		if (copyin_obj(&tv, utv))
			return -EFAULT;
		if (tv[0] < 0 || tv[1] < 0 || tv[1] >= 1000000)
			return -EINVAL;
	}
	if (utz && copyin_obj(&tz, utz))
		return -EFAULT;
	/* Nothing to set: that much is allowed to who has the privilege. */
	return utv || utz || !task_capable(t, CAP_SYS_TIME) ? -EPERM : 0;
}

SYSCALL1(time, gaddr_t, uloc)
{
	int64_t now = clock_realtime() / NSEC_PER_SEC;

	if (uloc && copyout_obj(uloc, &now))
		return -EFAULT;
	return now;
}

/* ---- sleeping ---- */

/* restart_args: deadline, where the remainder goes. */
static CO_FN int64_t sleep_restart(struct task *t);

static CO_FN int64_t sleep_relative(struct task *t, ktime_t deadline, gaddr_t urem)
{
	int err;

	platform->ctx_blocked(t->ctx);
	err = sleep_until(deadline);
	if (err != -ERESTARTSYS)
		return err;
	if (urem) {
		ktime_t left = deadline - clock_monotonic();

		if (left <= 0)
			return 0;
		if (timespec_out(urem, left))
			return -EFAULT;
	}
	t->restart = sleep_restart;
	t->restart_args[0] = (uint64_t)deadline;
	t->restart_args[1] = urem;
	return -ERESTART_RESTARTBLOCK;
}

static CO_FN int64_t sleep_restart(struct task *t)
{
	return sleep_relative(t, (ktime_t)t->restart_args[0], t->restart_args[1]);
}

static CO_FN int64_t sleep_cpu(struct task *t, int clock, bool absolute, ktime_t when)
{
	ktime_t now, target;
	int err = guest_clock_get(t, clock, &now);

	if (err)
		return err;
	target = absolute ? when : ktime_add(now, when);
	while (!guest_clock_get(t, clock, &now) && now < target) {
		ktime_t nap = MAX((target - now) / (ktime_t)MAX(t->tg->nr_live, 1u), NSEC_PER_MSEC);

		platform->ctx_blocked(t->ctx);
		err = sleep_until(ktime_add(clock_monotonic(), nap));
		if (err)
			return absolute ? -ERESTARTNOHAND : -EINTR;
	}
	return 0;
}

SYSCALL2(nanosleep, gaddr_t, ureq, gaddr_t, urem)
{
	ktime_t req;
	int err = timespec_in(ureq, &req);

	if (err)
		return err;
	return sleep_relative(t, ktime_add(clock_monotonic(), req), urem);
}

SYSCALL4(clock_nanosleep, int, clock, int, flags, gaddr_t, ureq, gaddr_t, urem)
{
	bool absolute = flags & TIMER_ABSTIME;
	bool cpu = clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID;
	ktime_t req;
	int err;

	/* A thread can't wait for its own CPU time to pass. */
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		return -EOPNOTSUPP;
	err = cpu ? 0 : guest_clock_sleepable(clock);
	if (!err)
		err = timespec_in(ureq, &req);
	if (!err && cpu) /* whose clock it is comes after the time is read */
		err = guest_clock_check(t, clock);
	if (err)
		return err;
	if (cpu)
		return sleep_cpu(t, clock, absolute, req);
	if (!absolute)
		return sleep_relative(t, ktime_add(clock_monotonic(), req), urem);
	platform->ctx_blocked(t->ctx);
	for (;;) {
		err = sleep_until(guest_clock_deadline(clock, true, req));
		if (err)
			return err == -ERESTARTSYS ? -ERESTARTNOHAND : err;
		/* One that is converted to another, such as TAI, may have come early. */
		if (guest_clock_now(clock) >= req)
			return 0;
	}
}

/* ---- NTP: can be read, not changed ---- */

#define CLOCKFD 3 /* the low bits of a clock id that stands for a descriptor */

static CO_FN int64_t read_timex(struct task *t, int clock, gaddr_t utx)
{
	ktime_t now = clock_realtime();
	struct timex tx;

	if (copyin_obj(&tx, utx))
		return -EFAULT;
	if (clock < 0) /* of a process, whichever; of a device, which none is */
		return (clock & 7) == CLOCKFD ? -EINVAL : -EOPNOTSUPP;
	if (guest_clock_check(t, clock))
		return -EINVAL;
	if (clock != CLOCK_REALTIME)
		return -EOPNOTSUPP;
	if (tx.modes && tx.modes != ADJ_OFFSET_SS_READ)
		return -EPERM;
	memset(&tx, 0, sizeof(tx));
	tx.status = STA_UNSYNC;
	tx.maxerror = tx.esterror = 16000000;
	tx.constant = 2;
	tx.precision = 1;
	tx.tolerance = 32768000;
	tx.tick = 10000;
	tx.time.tv_sec = now / NSEC_PER_SEC;
	tx.time.tv_usec = now % NSEC_PER_SEC / NSEC_PER_USEC;
	return copyout_obj(utx, &tx) ? -EFAULT : TIME_ERROR;
}

SYSCALL1(adjtimex, gaddr_t, utx)
{
	return read_timex(t, CLOCK_REALTIME, utx);
}

SYSCALL2(clock_adjtime, int, clock, gaddr_t, utx)
{
	return read_timex(t, clock, utx);
}
