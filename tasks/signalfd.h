/* SPDX-License-Identifier: Apache-2.0
 *
 * signalfd(2): signals read from a descriptor. Layer: tasks.
 */
#ifndef TASKS_SIGNALFD_H
#define TASKS_SIGNALFD_H

#include "tasks/task.h"

/* A new file that accepts `mask`; NULL: no memory. */
struct file *signalfd_new(sigmask_t mask, unsigned flags);
/* Changes the mask of an existing one: -EINVAL when f is none. */
int signalfd_set_mask(struct file *f, sigmask_t mask);

#endif
