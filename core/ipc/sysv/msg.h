/* SPDX-License-Identifier: Apache-2.0
 *
 * System V message queues: msgget(2), msgsnd(2), msgrcv(2), msgctl(2). Layer: core.
 */
#ifndef CORE_IPC_SYSV_MSG_H
#define CORE_IPC_SYSV_MSG_H

#include <linux/msg.h>

#include "core/co.h"
#include "core/ipc/msgutil.h"
#include "core/ipc/ns.h"

void msg_ns_init(struct ipc_ns *ns);
void msg_ns_done(struct ipc_ns *ns);

int msg_get(struct ipc_ns *ns, const struct ipc_who *who, int32_t key, int flags);
/* Takes m over when it returns 0. -EINVAL, -EACCES, -EAGAIN, -EIDRM, -ERESTARTNOHAND. */
CO_FN int msg_send(struct ipc_ns *ns, const struct ipc_who *who, int id, struct ipc_msg *m,
                   int flags);
/*
 * *ret is the caller's. copy: for MSG_COPY, a message with room that is filled and returned instead,
 * and freed on failure. -EINVAL, -EACCES, -ENOMSG, -E2BIG, -EIDRM, -ERESTARTNOHAND.
 */
CO_FN int msg_receive(struct ipc_ns *ns, const struct ipc_who *who, int id, size_t size, int64_t type,
                      int flags, struct ipc_msg *copy, struct ipc_msg **ret);

/* IPC_STAT, MSG_STAT and MSG_STAT_ANY: 0 or, for the latter two, the id. */
int msg_stat(struct ipc_ns *ns, const struct ipc_who *who, int id, int cmd,
             struct msqid64_ds *ret);
CO_FN int msg_set(struct ipc_ns *ns, const struct ipc_who *who, int id,
                  const struct msqid64_ds *in);
CO_FN int msg_rmid(struct ipc_ns *ns, const struct ipc_who *who, int id);
void msg_info(const struct ipc_ns *ns, bool use, struct msginfo *ret); /* use: MSG_INFO */
/* The next queue from index *at on (moved behind it), for proc; false at the end. */
bool msg_show(struct ipc_ns *ns, int *at, struct msqid64_ds *ret, int *id);

#endif
