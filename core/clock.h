/* SPDX-License-Identifier: Apache-2.0
 *
 * The only clock of the sentry. Every time that a guest sees or a decision uses comes from here,
 * so that record and replay can stand at one place. Layer: core.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <bsd/sys/queue.h>
#include <time.h>

#include "core/base.h"

ktime_t clock_monotonic(void); /* never steps back */
ktime_t clock_realtime(void);  /* since 1970; follows the host's clock being set */
ktime_t clock_boottime(void);  /* since the sandbox started is clock_monotonic() - clock_start() */
ktime_t clock_tai(void);       /* the realtime clock without leap seconds */
ktime_t clock_start(void);     /* monotonic time at which the sandbox began */
/* CPU time used by the sentry and all stubs isn't here: see tasks/cputime.h. */

/*
 * The page from which guests answer their own clock reads; borrowed until it is taken back with NULL.
 * Where the processor's counter can't be trusted it stays as it is (VVAR_SYSCALL).
 */
struct vvar;
void clock_share(struct vvar *page);
/* Whether clock_share() does that at all; before it. Off, each time told is an input of core/host. */
void clock_vdso_enable(bool on);

/*
 * A deadline is a time of the monotonic clock, or, as a negative number, one of the realtime clock,
 * which comes sooner or later when that is set. Whatever takes a deadline takes both, and only the
 * functions here look inside.
 */
static inline ktime_t ktime_of_real(ktime_t time) { return INT64_MIN + time; } /* time >= 0 */
static inline bool ktime_is_real(ktime_t deadline) { return deadline < 0; }
static inline ktime_t ktime_real(ktime_t deadline) { return deadline - INT64_MIN; }
bool clock_passed(ktime_t deadline);
/* When that will be on the monotonic clock, as things are now. */
ktime_t clock_to_monotonic(ktime_t deadline);
/* What the host's CLOCK_MONOTONIC will say at this time of ours. For its timers alone. */
ktime_t clock_to_host(ktime_t monotonic);

/* Told after the host's realtime clock was set. fn must not yield, nor listen or cease to. */
struct clock_listener {
	void (*fn)(struct clock_listener *l); /* set by the owner */
	TAILQ_ENTRY(clock_listener) entry;
	bool listening;
};
void clock_listen(struct clock_listener *l);   /* no-op when listening */
void clock_unlisten(struct clock_listener *l); /* no-op when not */
void clock_was_set(void); /* for core/timer, which watches the host */

static inline ktime_t ktime_from_timespec(const struct timespec *ts)
{
	/* Saturates: a guest may ask for any tv_sec. */
	if (ts->tv_sec >= KTIME_NEVER / NSEC_PER_SEC)
		return KTIME_NEVER;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static inline struct timespec ktime_to_timespec(ktime_t t)
{
	struct timespec ts = { .tv_sec = t / NSEC_PER_SEC, .tv_nsec = t % NSEC_PER_SEC };
	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}
	return ts;
}

static inline ktime_t ktime_add(ktime_t a, ktime_t b) /* saturating; for deadlines */
{
	ktime_t r;
	return __builtin_add_overflow(a, b, &r) ? KTIME_NEVER : r;
}

#endif
