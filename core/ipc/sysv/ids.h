/* SPDX-License-Identifier: Apache-2.0
 *
 * Identifiers of System V IPC: keys, ids with sequence numbers, permissions. Layer: core.
 * sysvipc(7), svipc of ipc/util.c in Linux.
 *
 * An id is (sequence number << 15) + index. Indexes go round in a window of at least 64, and the
 * sequence number grows with each turn, so an id that was removed isn't soon another object's.
 */
#ifndef CORE_IPC_SYSV_IDS_H
#define CORE_IPC_SYSV_IDS_H

#include <bsd/sys/tree.h>
#include <linux/ipc.h>
#include <asm/ipcbuf.h>

#include "core/base.h"

#define IPCMNI_SHIFT 15
#define IPCMNI (1 << IPCMNI_SHIFT) /* objects of one kind */

struct ipc_who;
struct ipc_ids;

/* What every object begins with. */
struct ipc_obj {
	RB_ENTRY(ipc_obj) by_key; /* ids.c's own; not for IPC_PRIVATE */
	struct ipc_ids *ids;       /* NULL before ipc_add and once removed */
	void (*free)(struct ipc_obj *p);
	int refs;
	int id;
	int32_t key;
	uint32_t seq;
	uid_t uid, cuid;
	gid_t gid, cgid;
	unsigned mode;
};
RB_HEAD(ipc_keys, ipc_obj);

struct ipc_ids {
	unsigned in_use;
	int max_idx;  /* highest index in use, or -1 */
	int last_idx; /* given out last, or -1 */
	int next_idx; /* where the search goes on */
	uint32_t seq;
	struct ipc_obj **slots; /* by index */
	int nslots;
	struct ipc_keys keys;
};

void ipc_ids_init(struct ipc_ids *ids);
void ipc_ids_done(struct ipc_ids *ids); /* all objects are removed */

/* p gets its id; the table borrows it, with the one reference that p starts with. -ENOSPC when
 * `limit` objects exist, -ENOMEM. */
int ipc_add(struct ipc_ids *ids, struct ipc_obj *p, const struct ipc_who *who, int limit);
/* Out of the table: the caller drops the table's reference. */
void ipc_remove(struct ipc_obj *p);
/* No look-up by key finds it any more; the key becomes IPC_PRIVATE. */
void ipc_forget_key(struct ipc_obj *p);
static inline bool ipc_removed(const struct ipc_obj *p) { return !p->ids; }
void ipc_ref(struct ipc_obj *p);
void ipc_unref(struct ipc_obj *p);

/* All borrowed, or NULL. By id; by its index alone; from an index on. */
struct ipc_obj *ipc_find(const struct ipc_ids *ids, int id);
struct ipc_obj *ipc_find_index(const struct ipc_ids *ids, int id);
struct ipc_obj *ipc_next(const struct ipc_ids *ids, int index);
static inline int ipc_index(const struct ipc_obj *p) { return p->id & (IPCMNI - 1); }
/* What IPC_INFO returns: the highest index in use, or 0. */
int ipc_max_index(const struct ipc_ids *ids);

/* -EACCES unless `flag` (permission bits in any of the three places) is granted. */
int ipc_access(const struct ipc_obj *p, const struct ipc_who *who, unsigned flag);
/* -EPERM unless the caller owns, made or administers it: IPC_SET and IPC_RMID. */
int ipc_owner(const struct ipc_obj *p, const struct ipc_who *who);
int ipc_set_perm(struct ipc_obj *p, const struct ipc64_perm *in); /* -EINVAL */
void ipc_get_perm(const struct ipc_obj *p, struct ipc64_perm *out);

/* What a kind of object does for the get call. */
struct ipc_get_ops {
	/* Makes one; returns its id, or negative errno. */
	int (*create)(void *arg);
	/* Is an existing one what was asked for? -EINVAL. Optional. */
	int (*check)(const struct ipc_obj *p, void *arg);
};
int ipc_get(struct ipc_ids *ids, const struct ipc_who *who, int32_t key, int flags,
            const struct ipc_get_ops *ops, void *arg);

#endif
