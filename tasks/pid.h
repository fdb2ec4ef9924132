/* SPDX-License-Identifier: Apache-2.0
 *
 * The one number space of tasks, thread groups, process groups and sessions. Layer: tasks.
 * A number is in use as long as any of the four has it: a process group keeps its id after its
 * leader is gone (pid_namespaces(7), setpgid(2)).
 */
#ifndef TASKS_PID_H
#define TASKS_PID_H

#include "tasks/task.h"

/* Numbers below this are not given out again after a wrap, as in Linux. */
#define PID_RESERVED 300

/*
 * Reserves a number: the next free one in increasing order with wrap when want is 0, else exactly
 * `want`. Returns it, or -EAGAIN (none free), -EEXIST (wanted one in use), -ENOMEM.
 */
pid_t pid_new(pid_t want);
/* Gives back a reserved number that nothing was attached to. */
void pid_cancel(pid_t nr);
/* Attach to a number in use or reserved; NULL detaches, and the number is free with the last. */
void pid_set_task(pid_t nr, struct task *t);
void pid_set_tg(pid_t nr, struct thread_group *tg);
void pid_set_pgrp(pid_t nr, struct pgrp *pg);
void pid_set_session(pid_t nr, struct session *s);
bool pid_in_use(pid_t nr);
/* Number given out last: /proc/loadavg, /proc/sys/kernel/ns_last_pid. */
pid_t pid_last(void);
void pid_set_last(pid_t nr);

#endif
