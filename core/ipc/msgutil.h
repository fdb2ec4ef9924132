/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of both kinds of queues. Layer: core.
 */
#ifndef CORE_IPC_MSGUTIL_H
#define CORE_IPC_MSGUTIL_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "core/base.h"
#include "core/co.h"

struct ipc_msg {
	union {
		TAILQ_ENTRY(ipc_msg) entry;   /* System V: in order of sending */
		RB_ENTRY(ipc_msg) by_prio;    /* POSIX: by priority, then order */
	};
	int64_t type; /* or priority */
	uint64_t seq; /* POSIX: order of arrival */
	size_t len;
	char text[];
};

/* Copies n bytes of the caller's memory into a new message: -EFAULT, -ENOMEM. May yield. */
CO_FN int ipc_msg_load(gaddr_t src, size_t n, struct ipc_msg **ret);
/* Copies the first n bytes out: -EFAULT. */
CO_FN int ipc_msg_store(gaddr_t dst, const struct ipc_msg *m, size_t n);
void ipc_msg_free(struct ipc_msg *m); /* NULL is fine */

#endif
