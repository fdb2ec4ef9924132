/* SPDX-License-Identifier: Apache-2.0
 *
 * System V IPC: shared memory, semaphores, message queues. Layer: syscalls.
 */
#include <stdlib.h>

#include "core/clock.h"
#include "core/ipc/sysv/msg.h"
#include "core/ipc/sysv/sem.h"
#include "core/ipc/sysv/shm.h"
#include "syscalls/syscall.h"
#include "tasks/ipc.h"

/* ---- shared memory ---- */

SYSCALL3(shmget, int, key, size_t, size, int, shmflg)
{
	struct ipc_who who = task_ipc_who(t);

	return shm_get(t->tg->ipc, &who, &t->ipc.shm, key, size, shmflg);
}

SYSCALL3(shmat, int, shmid, gaddr_t, shmaddr, int, shmflg)
{
	struct ipc_who who = task_ipc_who(t);
	struct mm_rlimits lim = task_mm_rlimits(t);

	return shm_attach(t->tg->ipc, &who, shmid, t->mm, t->ctx, &lim, shmaddr, shmflg);
}

SYSCALL1(shmdt, gaddr_t, shmaddr)
{
	return shm_detach(t->mm, t->ctx, shmaddr);
}

SYSCALL3(shmctl, int, shmid, int, op, gaddr_t, buf)
{
	struct ipc_who who = task_ipc_who(t);
	struct ipc_ns *ns = t->tg->ipc;
	struct shmid64_ds d;
	struct shminfo64 limits;
	struct shm_info totals;
	int ret;

	if (op < 0 || shmid < 0)
		return -EINVAL;
	switch (op) {
	case IPC_INFO:
		shm_limits(ns, &limits);
		ret = ipc_max_index(&ns->shm_ids);
		return copyout_obj(buf, &limits) ? -EFAULT : ret;
	case SHM_INFO:
		shm_totals(ns, &totals);
		ret = ipc_max_index(&ns->shm_ids);
		return copyout_obj(buf, &totals) ? -EFAULT : ret;
	case SHM_STAT:
	case SHM_STAT_ANY:
	case IPC_STAT:
		ret = shm_stat(ns, &who, shmid, op, &d);
		if (ret < 0)
			return ret;
		return copyout_obj(buf, &d) ? -EFAULT : ret;
	case IPC_SET:
		if (copyin_obj(&d, buf))
			return -EFAULT;
		return shm_set(ns, &who, shmid, &d.shm_perm);
	case IPC_RMID:
		return shm_rmid(ns, &who, shmid);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shm_lock(ns, &who, shmid, op == SHM_LOCK, task_rlimit(t, RLIMIT_MEMLOCK));
	default:
		return -EINVAL;
	}
}

/* ---- semaphores ---- */

SYSCALL3(semget, int, key, int, nsems, int, semflg)
{
	struct ipc_who who = task_ipc_who(t);

	return sem_get(t->tg->ipc, &who, key, nsems, semflg);
}

/* deadline negative: the time-out was nonsense, which Linux finds out last. */
static CO_FN int64_t operate(struct task *t, int semid, gaddr_t sops, unsigned nsops,
                             ktime_t deadline)
{
	struct ipc_who who = task_ipc_who(t);
	struct sembuf *ops;
	int64_t ret;

	if (nsops > (unsigned)t->tg->ipc->sem_ctls[SC_SEMOPM])
		return -E2BIG;
	if (nsops < 1)
		return -EINVAL;
	ops = calloc(nsops, sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	if (copyin(ops, sops, nsops * sizeof(*ops)))
		ret = -EFAULT;
	else if (deadline < 0)
		ret = -EINVAL;
	else
		ret = sem_op(t->tg->ipc, &who, semid, ops, nsops, deadline, &t->ipc.undo);
	free(ops);
	return ret;
}

SYSCALL3(semop, int, semid, gaddr_t, sops, unsigned, nsops)
{
	return operate(t, semid, sops, nsops, KTIME_NEVER);
}

SYSCALL4(semtimedop, int, semid, gaddr_t, sops, unsigned, nsops, gaddr_t, timeout)
{
	ktime_t deadline = KTIME_NEVER;
	struct timespec ts;

	if (timeout) {
		if (copyin_obj(&ts, timeout))
			return -EFAULT;
		if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
			deadline = -1;
		else
			deadline = ktime_add(clock_monotonic(), ktime_from_timespec(&ts));
	}
	return operate(t, semid, sops, nsops, deadline);
}

/* GETALL and SETALL. */
static CO_FN int64_t move_all(struct task *t, int semid, int op, gaddr_t array)
{
	struct ipc_who who = task_ipc_who(t);
	struct ipc_ns *ns = t->tg->ipc;
	int n = sem_all_size(ns, &who, semid, op == SETALL), err;
	unsigned short *vals;

	if (n < 0)
		return n;
	vals = calloc((size_t)n, sizeof(*vals));
	if (!vals)
		return -ENOMEM;
	if (op == SETALL) {
		err = copyin(vals, array, (size_t)n * sizeof(*vals)) ? -EFAULT : 0;
		if (!err)
			err = sem_setall(ns, &who, semid, vals, n);
	} else {
		err = sem_getall(ns, semid, vals, n);
		if (!err && copyout(array, vals, (size_t)n * sizeof(*vals)))
			err = -EFAULT;
	}
	free(vals);
	return err;
}

SYSCALL4(semctl, int, semid, int, semnum, int, op, uint64_t, arg)
{
	struct ipc_who who = task_ipc_who(t);
	struct ipc_ns *ns = t->tg->ipc;
	struct semid64_ds d;
	struct seminfo info;
	int ret;

	if (semid < 0)
		return -EINVAL;
	switch (op) {
	case IPC_INFO:
	case SEM_INFO:
		sem_info(ns, op == SEM_INFO, &info);
		ret = ipc_max_index(&ns->sem_ids);
		return copyout_obj(arg, &info) ? -EFAULT : ret;
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
		ret = sem_stat(ns, &who, semid, op, &d);
		if (ret < 0)
			return ret;
		return copyout_obj(arg, &d) ? -EFAULT : ret;
	case GETALL:
	case SETALL:
		return move_all(t, semid, op, arg);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return sem_query(ns, &who, semid, semnum, op);
	case SETVAL:
		return sem_setval(ns, &who, semid, semnum, (int)arg);
	case IPC_SET:
		if (copyin_obj(&d, arg))
			return -EFAULT;
		return sem_set(ns, &who, semid, &d.sem_perm);
	case IPC_RMID:
		return sem_rmid(ns, &who, semid);
	default:
		return -EINVAL;
	}
}

/* ---- message queues ---- */

SYSCALL2(msgget, int, key, int, msgflg)
{
	struct ipc_who who = task_ipc_who(t);

	return msg_get(t->tg->ipc, &who, key, msgflg);
}

/* Both begin with the type: struct msgbuf. */
SYSCALL4(msgsnd, int, msqid, gaddr_t, msgp, size_t, msgsz, int, msgflg)
{
	struct ipc_who who = task_ipc_who(t);
	struct ipc_msg *m;
	int64_t type;
	int err;

	if (copyin_obj(&type, msgp))
		return -EFAULT;
	if (msgsz > t->tg->ipc->msg_ctlmax || (int64_t)msgsz < 0 || msqid < 0 || type < 1)
		return -EINVAL;
	err = ipc_msg_load(msgp + sizeof(type), msgsz, &m);
	if (err)
		return err;
	m->type = type;
	err = msg_send(t->tg->ipc, &who, msqid, m, msgflg);
	if (err)
		ipc_msg_free(m);
	return err;
}

SYSCALL5(msgrcv, int, msqid, gaddr_t, msgp, size_t, msgsz, int64_t, msgtyp, int, msgflg)
{
	struct ipc_who who = task_ipc_who(t);
	struct ipc_msg *m = NULL, *copy = NULL;
	int64_t ret;

	if (msqid < 0 || (int64_t)msgsz < 0)
		return -EINVAL;
	if (msgflg & MSG_COPY) {
		if (msgflg & MSG_EXCEPT || !(msgflg & IPC_NOWAIT))
			return -EINVAL;
		/* Linux reads what is in the buffer, too. */
		ret = ipc_msg_load(msgp, MIN(msgsz, (size_t)t->tg->ipc->msg_ctlmax), &copy);
		if (ret)
			return ret;
	}
	ret = msg_receive(t->tg->ipc, &who, msqid, msgsz, msgtyp, msgflg, copy, &m);
	if (ret)
		return ret;
	ret = (int64_t)MIN(msgsz, m->len);
	if (copyout_obj(msgp, &m->type) || ipc_msg_store(msgp + sizeof(m->type), m, (size_t)ret))
		ret = -EFAULT;
	ipc_msg_free(m);
	return ret;
}

SYSCALL3(msgctl, int, msqid, int, op, gaddr_t, buf)
{
	struct ipc_who who = task_ipc_who(t);
	struct ipc_ns *ns = t->tg->ipc;
	struct msqid64_ds d;
	struct msginfo info;
	int ret;

	if (msqid < 0 || op < 0)
		return -EINVAL;
	switch (op) {
	case IPC_INFO:
	case MSG_INFO:
		msg_info(ns, op == MSG_INFO, &info);
		ret = ipc_max_index(&ns->msg_ids);
		return copyout_obj(buf, &info) ? -EFAULT : ret;
	case MSG_STAT:
	case MSG_STAT_ANY:
	case IPC_STAT:
		ret = msg_stat(ns, &who, msqid, op, &d);
		if (ret < 0)
			return ret;
		return copyout_obj(buf, &d) ? -EFAULT : ret;
	case IPC_SET:
		if (copyin_obj(&d, buf))
			return -EFAULT;
		return msg_set(ns, &who, msqid, &d);
	case IPC_RMID:
		return msg_rmid(ns, &who, msqid);
	default:
		return -EINVAL;
	}
}
