/* SPDX-License-Identifier: Apache-2.0
 *
 * IPC namespaces: birth with Linux's defaults, and death. Layer: core.
 */
#include "core/ipc/ns.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/ipc/mqueue.h"
#include "core/ipc/sysv/msg.h"
#include "core/ipc/sysv/sem.h"
#include "core/ipc/sysv/shm.h"
#include "core/objcount.h"

OBJCOUNT(ns_count, "ipc_ns");

pid_t (*ipc_self)(void);

int64_t ipc_now(void)
{
	return clock_realtime() / NSEC_PER_SEC;
}

struct ipc_ns *ipc_ns_new(void)
{
	struct ipc_ns *ns = calloc(1, sizeof(*ns));

	if (!ns)
		return NULL;
	ns->refs = 1;
	sem_ns_init(ns);
	msg_ns_init(ns);
	shm_ns_init(ns);
	mq_ns_init(ns);
	obj_born(&ns_count);
	return ns;
}

struct ipc_ns *ipc_ns_ref(struct ipc_ns *ns)
{
	ns->refs++;
	return ns;
}

struct ipc_ns *ipc_ns_unref(struct ipc_ns *ns)
{
	if (!ns || --ns->refs)
		return NULL;
	sem_ns_done(ns);
	msg_ns_done(ns);
	shm_ns_done(ns);
	mq_ns_done(ns);
	obj_died(&ns_count);
	free(ns);
	return NULL;
}
