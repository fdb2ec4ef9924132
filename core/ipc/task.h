/* SPDX-License-Identifier: Apache-2.0
 *
 * What a task holds of System V IPC. Layer: core.
 */
#ifndef CORE_IPC_TASK_H
#define CORE_IPC_TASK_H

#include <bsd/sys/queue.h>

struct sem_undo_list;
struct shm_seg;
LIST_HEAD(shm_created, shm_seg);

struct ipc_task {
	struct sem_undo_list *undo; /* reference, NULL until needed: core/ipc/sysv/sem.h */
	struct shm_created shm;     /* segments that it made: core/ipc/sysv/shm.h */
};

#endif
