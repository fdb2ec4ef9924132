/* SPDX-License-Identifier: Apache-2.0
 *
 * System V shared memory segments: shmget(2), shmat(2), shmctl(2). Layer: core.
 *
 * A segment is a nameless tmpfs file, as shared anonymous memory is. Every mapping of it counts
 * as an attachment, however it came about: shmat, fork, a split of the mapping.
 */
#ifndef CORE_IPC_SYSV_SHM_H
#define CORE_IPC_SYSV_SHM_H

#include <linux/shm.h>

#include "core/ipc/ns.h"
#include "core/ipc/task.h"
#include "core/mm/mm.h"

#define SHM_DEST_BIT 01000u   /* in mode: goes with its last attachment */
#define SHM_LOCKED_BIT 02000u

void shm_ns_init(struct ipc_ns *ns);
void shm_ns_done(struct ipc_ns *ns);

/* An id, or -EINVAL, -ENOSPC, -ENOMEM, -EEXIST, -ENOENT, -EACCES, -EPERM. `created`: the maker's list,
 * for kernel.shm_rmid_forced. */
CO_FN int shm_get(struct ipc_ns *ns, const struct ipc_who *who, struct shm_created *created,
                  int32_t key, uint64_t size, int flags);
/* The address, or -EINVAL, -EACCES, and the errors of mmap(2). */
CO_FN int64_t shm_attach(struct ipc_ns *ns, const struct ipc_who *who, int id, struct mm *mm,
                         struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr, int flags);
/* -EINVAL when nothing is attached there. */
CO_FN int shm_detach(struct mm *mm, struct ctx *by, gaddr_t addr);
/* IPC_STAT, SHM_STAT and SHM_STAT_ANY: 0 or, for the latter two, the id. */
int shm_stat(struct ipc_ns *ns, const struct ipc_who *who, int id, int cmd,
             struct shmid64_ds *ret);
int shm_set(struct ipc_ns *ns, const struct ipc_who *who, int id, const struct ipc64_perm *perm);
int shm_rmid(struct ipc_ns *ns, const struct ipc_who *who, int id);
/* SHM_LOCK, SHM_UNLOCK; memlock: the caller's limit. Accounted, not done. */
int shm_lock(struct ipc_ns *ns, const struct ipc_who *who, int id, bool lock, uint64_t memlock);
void shm_limits(const struct ipc_ns *ns, struct shminfo64 *ret); /* IPC_INFO */
CO_FN void shm_totals(struct ipc_ns *ns, struct shm_info *ret);  /* SHM_INFO */
/* The next segment from index *at on (moved behind it), for proc; false at the end. */
CO_FN bool shm_show(struct ipc_ns *ns, int *at, struct shmid64_ds *ret, int *id, uint64_t *rss);
/* kernel.shm_rmid_forced was set: what has neither attachments nor a living maker goes. */
void shm_destroy_orphans(struct ipc_ns *ns);
/* A task ends. */
void shm_exit(struct shm_created *created);

#endif
