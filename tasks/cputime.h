/* SPDX-License-Identifier: Apache-2.0
 *
 * CPU time and resource usage of tasks and thread groups, in nanoseconds. Layer: tasks.
 */
#ifndef TASKS_CPUTIME_H
#define TASKS_CPUTIME_H

#include <time.h>

#include "tasks/task.h"

void task_cputime(const struct task *t, uint64_t *utime, uint64_t *stime);
void tg_cputime(const struct thread_group *tg, uint64_t *utime, uint64_t *stime);
/* In clock ticks (100 a second), for siginfo. */
void tg_cputime_clock(const struct thread_group *tg, clock_t *utime, clock_t *stime);
/* Adds what t's context used so far to t, before the context goes. */
void task_account_ctx(struct task *t);
/* Adds an ended thread to its group's sum. */
void task_account_end(struct task *t);
/* Adds a group (with its own reaped children) to its parent's sum. */
void tg_account_reaped(struct thread_group *parent, const struct thread_group *tg);
void tg_usage(const struct thread_group *tg, struct rusage_sum *ret);
void task_usage(const struct task *t, struct rusage_sum *ret);
void rusage_add(struct rusage_sum *to, const struct rusage_sum *from);
void rusage_export(const struct rusage_sum *from, struct rusage *ret);

#endif
