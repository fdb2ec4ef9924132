/* SPDX-License-Identifier: Apache-2.0
 *
 * timerfd_create(2): timers read from a descriptor. Layer: tasks.
 */
#ifndef TASKS_TIMERFD_H
#define TASKS_TIMERFD_H

#include "tasks/task.h"

/* NULL: no memory. flags: O_NONBLOCK. */
struct file *timerfd_new(int clock, unsigned flags);
/*
 * Times in ns; flags: TFD_TIMER_*. -EINVAL when f is no timerfd; -ECANCELED: it is set, and the clock
 * had been since the last one with TFD_TIMER_CANCEL_ON_SET.
 */
int timerfd_set(struct file *f, int flags, ktime_t value, ktime_t interval, ktime_t *old_value,
                ktime_t *old_interval);
int timerfd_get(struct file *f, ktime_t *value, ktime_t *interval);

#endif
