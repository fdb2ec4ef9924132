/* SPDX-License-Identifier: Apache-2.0
 *
 * An IPC namespace: System V objects, POSIX message queues and their limits. ipc_namespaces(7).
 * Layer: core.
 *
 * Every process holds the namespace that it is in; there is one in a sandbox now. Objects belong to
 * their namespace and go with it.
 */
#ifndef CORE_IPC_NS_H
#define CORE_IPC_NS_H

#include "core/cred.h"
#include "core/ipc/sysv/ids.h"

struct mount;

/* Places of semop's limits in sem_ctls, as /proc/sys/kernel/sem shows them. */
enum { SC_SEMMSL, SC_SEMMNS, SC_SEMOPM, SC_SEMMNI, SC_COUNT };

struct ipc_ns {
	int refs;
	/* System V */
	struct ipc_ids sem_ids, msg_ids, shm_ids;
	int sem_ctls[SC_COUNT];
	int used_sems;
	unsigned msg_ctlmax, msg_ctlmnb, msg_ctlmni;
	uint64_t msg_bytes, msg_hdrs; /* in all queues */
	uint64_t shm_ctlmax, shm_ctlall;
	int shm_ctlmni, shm_rmid_forced;
	uint64_t shm_tot; /* pages */
	/* POSIX message queues */
	struct mount *mq_mnt; /* reference: where mq_open finds them; NULL until first asked for */
	unsigned mq_queues_count;
	unsigned mq_queues_max, mq_msg_max, mq_msgsize_max, mq_msg_default, mq_msgsize_default;
};

struct ipc_ns *ipc_ns_new(void); /* NULL: no memory */
struct ipc_ns *ipc_ns_ref(struct ipc_ns *ns);
struct ipc_ns *ipc_ns_unref(struct ipc_ns *ns); /* returns NULL; the last one frees all objects */

/* Who calls; all borrowed. */
struct ipc_who {
	const struct cred *cred;
	pid_t tgid, tid;
};

/* Process id of whoever's coroutine runs, 0 in the kernel's own; set by the layer that has tasks. */
extern pid_t (*ipc_self)(void);

/* Seconds since 1970: the times that objects keep. */
int64_t ipc_now(void);

/* ---- what each user (real uid) has in use (charge.c) ---- */

enum ipc_charge { IPC_CHARGE_MQ, IPC_CHARGE_LOCKED, IPC_CHARGES };
/* Adds n unless that passes the limit: -EMFILE then; -ENOMEM. */
int ipc_charge(enum ipc_charge what, uid_t uid, uint64_t n, uint64_t limit);
void ipc_uncharge(enum ipc_charge what, uid_t uid, uint64_t n);

#endif
