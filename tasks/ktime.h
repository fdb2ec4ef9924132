/* SPDX-License-Identifier: Apache-2.0
 *
 * Clock ids of guests: reading them, and turning their times into the deadlines of core/timer.
 * Layer: tasks.
 */
#ifndef TASKS_KTIME_H
#define TASKS_KTIME_H

#include "core/clock.h"
#include "tasks/task.h"

/* Time of a clock id as t sees it; negative ids are CPU clocks of processes and threads.
 * -EINVAL: no such clock. */
int guest_clock_get(const struct task *t, int clock, ktime_t *ret);
/* 0 when the clock exists. */
int guest_clock_check(const struct task *t, int clock);
/* Can timers and sleeps use it? -EOPNOTSUPP or -EINVAL. Non-CPU clocks only. */
int guest_clock_sleepable(int clock);
/* The deadline (core/clock.h) for a time of `clock` (absolute), or from now on (relative). */
ktime_t guest_clock_deadline(int clock, bool absolute, ktime_t when);
/* The clock that a timer of `clock` goes by: the realtime clock being set leaves relative ones alone. */
int guest_clock_base(int clock, bool absolute);
ktime_t guest_clock_res(int clock);
/* Time of a sleepable clock. */
ktime_t guest_clock_now(int clock);
/* The smallest start + k * interval that is after `now`, and how many intervals were stepped. */
ktime_t ktime_forward(ktime_t start, ktime_t interval, ktime_t now, uint64_t *steps);

#endif
