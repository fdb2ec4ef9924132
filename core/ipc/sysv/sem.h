/* SPDX-License-Identifier: Apache-2.0
 *
 * System V semaphores: semget(2), semop(2), semctl(2). Layer: core.
 */
#ifndef CORE_IPC_SYSV_SEM_H
#define CORE_IPC_SYSV_SEM_H

#include <linux/sem.h>

#include "core/co.h"
#include "core/ipc/ns.h"

/* What SEM_UNDO is to take back when its last holder ends: a process's, or CLONE_SYSVSEM's. */
struct sem_undo_list;

void sem_ns_init(struct ipc_ns *ns);
void sem_ns_done(struct ipc_ns *ns);

/* The list in *undo, made if there is none, with one more reference; NULL: no memory. */
struct sem_undo_list *sem_undo_share(struct sem_undo_list **undo);
/* A holder ends, or leaves the list (unshare): the last one has its operations undone. */
CO_FN void sem_exit(struct sem_undo_list **undo);

int sem_get(struct ipc_ns *ns, const struct ipc_who *who, int32_t key, int nsems, int flags);
/*
 * All operations or none. -EAGAIN also when the deadline passed; -EINTR at a signal; -EINVAL (no such
 * id), -EFBIG, -EACCES, -ERANGE, -EIDRM, -ENOMEM. *undo is the caller's list, made when needed.
 */
CO_FN int sem_op(struct ipc_ns *ns, const struct ipc_who *who, int id, const struct sembuf *ops,
                 unsigned nops, ktime_t deadline, struct sem_undo_list **undo);

/* IPC_STAT, SEM_STAT and SEM_STAT_ANY: 0 or, for the latter two, the id. */
int sem_stat(struct ipc_ns *ns, const struct ipc_who *who, int id, int cmd,
             struct semid64_ds *ret);
CO_FN int sem_set(struct ipc_ns *ns, const struct ipc_who *who, int id,
                  const struct ipc64_perm *perm);
CO_FN int sem_rmid(struct ipc_ns *ns, const struct ipc_who *who, int id);
/* GETVAL, GETPID, GETNCNT, GETZCNT. */
CO_FN int sem_query(struct ipc_ns *ns, const struct ipc_who *who, int id, int num, int cmd);
CO_FN int sem_setval(struct ipc_ns *ns, const struct ipc_who *who, int id, int num, int val);
/* How many semaphores GETALL or SETALL moves: checks permission too. */
int sem_all_size(struct ipc_ns *ns, const struct ipc_who *who, int id, bool set);
/* n is what sem_all_size said; -EIDRM when the array is no longer that one. */
CO_FN int sem_getall(struct ipc_ns *ns, int id, unsigned short *vals, int n);
CO_FN int sem_setall(struct ipc_ns *ns, const struct ipc_who *who, int id,
                     const unsigned short *vals, int n);
void sem_info(const struct ipc_ns *ns, bool use, struct seminfo *ret); /* use: SEM_INFO */
/* The next array from index *at on (moved behind it), for proc; false at the end. */
bool sem_show(struct ipc_ns *ns, int *at, struct semid64_ds *ret, int *id);

#endif
