/* SPDX-License-Identifier: Apache-2.0
 *
 * Where IPC meets processes. Layer: tasks.
 */
#ifndef TASKS_IPC_H
#define TASKS_IPC_H

#include "core/ipc/ns.h"
#include "tasks/task.h"

/* Tells core/ipc who calls and how to signal; once, at boot. */
void tasks_ipc_init(void);

/* t as core/ipc wants to know it: borrowed from t. */
static inline struct ipc_who task_ipc_who(const struct task *t)
{
	return (struct ipc_who){ .cred = t->cred, .tgid = t->tg->tgid, .tid = t->tid };
}

/* CLONE_SYSVSEM shares t's undo list with n. -ENOMEM. */
int task_ipc_clone(struct task *n, struct task *t, bool sysvsem);
/* t ends: its semaphore operations are undone, its segments lose their maker. */
CO_FN void task_ipc_exit(struct task *t);

#endif
