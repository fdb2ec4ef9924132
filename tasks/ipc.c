/* SPDX-License-Identifier: Apache-2.0
 *
 * Where IPC meets processes: see ipc.h. Layer: tasks.
 */
#include "tasks/ipc.h"

#include "core/ipc/mqueue.h"
#include "core/ipc/sysv/sem.h"
#include "core/ipc/sysv/shm.h"
#include "tasks/pid.h"

static pid_t self(void)
{
	const struct task *t = current_task();

	return t ? t->tg->tgid : 0;
}

static uint64_t msgqueue_limit(void)
{
	const struct task *t = current_task();

	return t ? task_rlimit(t, RLIMIT_MSGQUEUE) : RLIM_INFINITY;
}

/* Permission isn't asked for: whoever is told has asked to be. */
static void send_notification(const struct mq_notification *n)
{
	struct thread_group *tg = tg_find(n->owner);
	siginfo_t info;

	if (!tg || tg->exec_id != n->exec_id)
		return;
	siginfo_user(&info, n->signo, SI_MESGQ);
	info.si_value.sival_ptr = (void *)(uintptr_t)n->value;
	send_signal_group(tg, n->signo, &info);
}

void tasks_ipc_init(void)
{
	ipc_self = self;
	mq_rlimit = msgqueue_limit;
	mq_signal = send_notification;
}

int task_ipc_clone(struct task *n, struct task *t, bool sysvsem)
{
	if (!sysvsem)
		return 0;
	n->ipc.undo = sem_undo_share(&t->ipc.undo);
	return n->ipc.undo ? 0 : -ENOMEM;
}

CO_FN void task_ipc_exit(struct task *t)
{
	sem_exit(&t->ipc.undo);
	shm_exit(&t->ipc.shm);
}
