/* SPDX-License-Identifier: Apache-2.0
 *
 * Interval timers, alarm, POSIX timers, timerfd. Layer: syscalls.
 */
#include <sys/timerfd.h>

#include "core/clock.h"
#include "syscalls/syscall.h"
#include "tasks/itimer.h"
#include "tasks/ktime.h"
#include "tasks/posix_timer.h"
#include "tasks/timerfd.h"

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

struct itimerval_k { int64_t interval_sec, interval_usec, value_sec, value_usec; };

static int timeval_check(int64_t sec, int64_t usec, ktime_t *ret)
{
	if (sec < 0 || usec < 0 || usec >= 1000000)
		return -EINVAL;
	*ret = sec >= KTIME_NEVER / NSEC_PER_SEC ? KTIME_NEVER
	                                         : sec * NSEC_PER_SEC + usec * NSEC_PER_USEC;
	return 0;
}

static CO_FN int itimerval_out(gaddr_t addr, ktime_t value, ktime_t interval)
{
	struct itimerval_k k = {
		interval / NSEC_PER_SEC, interval % NSEC_PER_SEC / NSEC_PER_USEC,
		value / NSEC_PER_SEC, value % NSEC_PER_SEC / NSEC_PER_USEC,
	};

	return copyout_obj(addr, &k);
}

SYSCALL2(getitimer, int, which, gaddr_t, uval)
{
	ktime_t value, interval;
	int err = itimer_get(t->tg, which, &value, &interval);

	return err ? err : itimerval_out(uval, value, interval);
}

SYSCALL3(setitimer, int, which, gaddr_t, uval, gaddr_t, uold)
{
	ktime_t value, interval, old_value, old_interval;
	struct itimerval_k k = { 0 };
	int err;

	/* A NULL value disarms: an old habit that Linux keeps. */
	if (uval && copyin_obj(&k, uval))
		return -EFAULT;
	err = timeval_check(k.value_sec, k.value_usec, &value);
	if (!err)
		err = timeval_check(k.interval_sec, k.interval_usec, &interval);
	if (!err)
		err = itimer_get(t->tg, which, &old_value, &old_interval);
	if (!err)
		err = itimer_set(t->tg, which, value, interval);
	if (err)
		return err;
	return uold ? itimerval_out(uold, old_value, old_interval) : 0;
}

SYSCALL1(alarm, unsigned, seconds)
{
	ktime_t old, interval;

	itimer_get(t->tg, ITIMER_REAL, &old, &interval);
	itimer_set(t->tg, ITIMER_REAL, (ktime_t)seconds * NSEC_PER_SEC, 0);
	/* Rounded, but never to zero, which would mean that there was none. */
	if (old && old < NSEC_PER_SEC)
		return 1;
	return (old + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
}

/* ---- struct itimerspec ---- */

static CO_FN int itimerspec_in(gaddr_t addr, ktime_t *value, ktime_t *interval)
{
	struct itimerspec its;

	if (copyin_obj(&its, addr))
		return -EFAULT;
	if (its.it_value.tv_sec < 0 || its.it_value.tv_nsec < 0 ||
	    its.it_value.tv_nsec >= NSEC_PER_SEC || its.it_interval.tv_sec < 0 ||
	    its.it_interval.tv_nsec < 0 || its.it_interval.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*value = ktime_from_timespec(&its.it_value);
	*interval = ktime_from_timespec(&its.it_interval);
	return 0;
}

static CO_FN int itimerspec_out(gaddr_t addr, ktime_t value, ktime_t interval)
{
	struct itimerspec its = { .it_value = ktime_to_timespec(value),
		                      .it_interval = ktime_to_timespec(interval) };

	return copyout_obj(addr, &its);
}

/* ---- POSIX timers ---- */

SYSCALL3(timer_create, int, clock, gaddr_t, uev, gaddr_t, uid)
{
	struct ktimer_event ev;
	int id;

	_Static_assert(sizeof(ev) == 64, "the kernel's sigevent");
	if (uev && copyin_obj(&ev, uev))
		return -EFAULT;
	id = posix_timer_create(t, clock, uev ? &ev : NULL);
	if (id < 0)
		return id;
	if (copyout_obj(uid, &id)) {
		posix_timer_delete(t->tg, id);
		return -EFAULT;
	}
	return 0;
}

SYSCALL4(timer_settime, int, id, int, flags, gaddr_t, unew, gaddr_t, uold)
{
	ktime_t value, interval, old_value, old_interval;
	int err;

	if (!unew)
		return -EINVAL;
	err = itimerspec_in(unew, &value, &interval);
	if (!err)
		err = posix_timer_set(t->tg, id, flags & TIMER_ABSTIME, value, interval, &old_value,
		                      &old_interval);
	if (err)
		return err;
	return uold ? itimerspec_out(uold, old_value, old_interval) : 0;
}

SYSCALL2(timer_gettime, int, id, gaddr_t, uval)
{
	ktime_t value, interval;
	int err = posix_timer_get(t->tg, id, &value, &interval);

	return err ? err : itimerspec_out(uval, value, interval);
}

SYSCALL1(timer_getoverrun, int, id)
{
	return posix_timer_overrun(t->tg, id);
}

SYSCALL1(timer_delete, int, id)
{
	return posix_timer_delete(t->tg, id);
}

/* ---- timerfd ---- */

SYSCALL2(timerfd_create, int, clock, int, flags)
{
	struct file *f;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	switch (clock) {
	case CLOCK_MONOTONIC:
	case CLOCK_REALTIME:
	case CLOCK_BOOTTIME:
		break;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		if (!task_capable(t, CAP_WAKE_ALARM))
			return -EPERM;
		break;
	default:
		return -EINVAL;
	}
	f = timerfd_new(clock, flags & TFD_NONBLOCK ? O_NONBLOCK : 0);
	if (!f)
		return -ENOMEM;
	return fd_install(t->files, f, 0, flags & TFD_CLOEXEC, task_rlimit(t, RLIMIT_NOFILE));
}

SYSCALL4(timerfd_settime, int, fd, int, flags, gaddr_t, unew, gaddr_t, uold)
{
	ktime_t value, interval, old_value, old_interval;
	struct file *f;
	int err;

	err = itimerspec_in(unew, &value, &interval);
	if (err)
		return err;
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -EINVAL;
	f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	err = timerfd_set(f, flags, value, interval, &old_value, &old_interval);
	file_unref(f);
	if (err)
		return err;
	return uold ? itimerspec_out(uold, old_value, old_interval) : 0;
}

SYSCALL2(timerfd_gettime, int, fd, gaddr_t, uval)
{
	struct file *f = fd_get(t->files, fd);
	ktime_t value, interval;
	int err;

	if (!f)
		return -EBADF;
	err = timerfd_get(f, &value, &interval);
	file_unref(f);
	return err ? err : itimerspec_out(uval, value, interval);
}
