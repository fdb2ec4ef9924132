/* SPDX-License-Identifier: Apache-2.0
 *
 * clone(2)'s arguments: the kernel's own struct clone_args (linux/sched.h) is what task_clone()
 * takes. Layer: tasks.
 */
#ifndef TASKS_CLONE_H
#define TASKS_CLONE_H

#include <linux/sched.h>

#include "tasks/task.h"

#endif
