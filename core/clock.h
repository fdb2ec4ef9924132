/* SPDX-License-Identifier: Apache-2.0
 *
 * The only clock of the sentry. Every time that a guest sees or a decision uses comes from here,
 * so that record and replay can stand at one place. Layer: core.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <time.h>

#include "core/base.h"

ktime_t clock_monotonic(void); /* never steps back */
ktime_t clock_realtime(void);  /* since 1970; follows the host's clock being set */
ktime_t clock_boottime(void);  /* since the sandbox started is clock_monotonic() - clock_start() */
ktime_t clock_start(void);     /* monotonic time at which the sandbox began */
/* CPU time used by the sentry and all stubs isn't here: see tasks/cputime.h. */

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
