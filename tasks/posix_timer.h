/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX timers of a process: timer_create(2) and its family. Layer: tasks.
 */
#ifndef TASKS_POSIX_TIMER_H
#define TASKS_POSIX_TIMER_H

#include "tasks/task.h"

struct ktimer_event { /* the kernel's struct sigevent */
	uint64_t value;
	int32_t signo;
	int32_t notify;
	int32_t tid;
	int32_t pad[11];
};

/* The id, or -EINVAL, -EAGAIN, -EOPNOTSUPP. ev NULL: SIGALRM to the process. */
int posix_timer_create(struct task *t, int clock, const struct ktimer_event *ev);
int posix_timer_delete(struct thread_group *tg, int id);
/* value 0 disarms. Times in ns; absolute ones are of the timer's clock. */
int posix_timer_set(struct thread_group *tg, int id, bool absolute, ktime_t value, ktime_t interval,
                    ktime_t *old_value, ktime_t *old_interval);
int posix_timer_get(struct thread_group *tg, int id, ktime_t *value, ktime_t *interval);
int posix_timer_overrun(struct thread_group *tg, int id);
/* At exec and at the end of the process. */
void posix_timers_free(struct thread_group *tg);

#endif
