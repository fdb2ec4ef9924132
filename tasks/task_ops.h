/* SPDX-License-Identifier: Apache-2.0
 *
 * How the layers above plug into tasks. Layer: tasks.
 */
#ifndef TASKS_TASK_OPS_H
#define TASKS_TASK_OPS_H

#include "tasks/task.h"

/* The system call table's dispatcher: called in the task's coroutine for each call. */
void tasks_set_syscall_dispatch(int64_t (*fn)(struct task *t, uint64_t nr,
                                              const uint64_t args[6]));

/* Called when a thread group ends for good: to drop state kept by pid. Optional. */
void tasks_set_exit_hook(void (*fn)(struct task *t));

#endif
