/* SPDX-License-Identifier: Apache-2.0
 *
 * pidfds: descriptors that stand for a process, see pidfd_open(2). Layer: tasks.
 */
#ifndef TASKS_PIDFD_H
#define TASKS_PIDFD_H

#include "tasks/task.h"

/* Makes a pidfd for tg in t's table, always close-on-exec. flags: O_NONBLOCK. A descriptor or
 * negative errno. */
int pidfd_install(struct task *t, struct thread_group *tg, unsigned flags);
/* The group behind a pidfd (borrowed, valid while f is), or NULL when f is another kind of file. */
struct thread_group *pidfd_group(struct file *f);

#endif
