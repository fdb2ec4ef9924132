/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines: a heap for each clock, one host timerfd, nanosecond resolution. Layer: core.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "core/base.h"

struct timer {
	/* timer.c's own */
	ktime_t deadline;
	uint64_t seq;  /* equal deadlines fire in order of arming */
	size_t index;  /* place in its heap + 1; 0 when not armed */
	/* set by the owner before arming */
	void (*fn)(struct timer *t); /* called from the loop, not in a coroutine; the timer is disarmed
	                                and may be re-armed or freed by fn; must not yield */
};

/* Arms, or moves, the timer. A deadline (core/clock.h) in the past fires at the next turn of the loop. */
void timer_arm(struct timer *t, ktime_t deadline);
void timer_cancel(struct timer *t); /* no-op when not armed */
static inline bool timer_armed(const struct timer *t) { return t->index != 0; }

/* For the loop. */
int timers_init(void);
void timers_done(void);
void timers_run(void);          /* fires all that are due */
ktime_t timers_next(void);      /* monotonic time of the earliest deadline, or KTIME_NEVER */
void timers_program_host(void); /* sets the timerfd for timers_next(); before sleeping */
void timers_verify(void);       /* debug builds: the heap's invariants */

#endif
