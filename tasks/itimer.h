/* SPDX-License-Identifier: Apache-2.0
 *
 * Interval timers of a process (setitimer(2)) and its limit on CPU time. Layer: tasks.
 */
#ifndef TASKS_ITIMER_H
#define TASKS_ITIMER_H

#include <sys/time.h>

#include "tasks/task.h"

void itimers_init(struct thread_group *tg);
void itimers_done(struct thread_group *tg); /* also when all threads are gone */
/* A SIGALRM was taken: a periodic ITIMER_REAL is armed again. */
void itimer_real_taken(struct thread_group *tg);
/* which: ITIMER_*; val and old in ns. -EINVAL, -ENOMEM. */
int itimer_get(struct thread_group *tg, int which, ktime_t *value, ktime_t *interval);
int itimer_set(struct thread_group *tg, int which, ktime_t value, ktime_t interval);
/* RLIMIT_CPU was set, or inherited: begin to watch it. */
void cpu_limit_watch(struct thread_group *tg);

#endif
