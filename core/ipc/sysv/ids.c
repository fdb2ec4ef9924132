/* SPDX-License-Identifier: Apache-2.0
 *
 * Identifiers of System V IPC: see ids.h. Layer: core. Nothing here yields.
 */
#include "core/ipc/sysv/ids.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/ipc/ns.h"

#define MIN_CYCLE 64
#define SEQ_MAX (INT32_MAX >> IPCMNI_SHIFT)

static int key_cmp(const struct ipc_obj *a, const struct ipc_obj *b)
{
	return (a->key > b->key) - (a->key < b->key);
}
RB_GENERATE_INTERNAL(ipc_keys, ipc_obj, by_key, key_cmp, UNUSED static)

void ipc_ids_init(struct ipc_ids *ids)
{
	*ids = (struct ipc_ids){ .max_idx = -1, .last_idx = -1 };
	RB_INIT(&ids->keys);
}

void ipc_ids_done(struct ipc_ids *ids)
{
	free(ids->slots);
	ids->slots = NULL;
	ids->nslots = 0;
}

static int grow(struct ipc_ids *ids, int idx)
{
	int n = MAX(ids->nslots, 16);
	struct ipc_obj **p;

	if (idx < ids->nslots)
		return 0;
	while (n <= idx)
		n *= 2;
	p = realloc(ids->slots, (size_t)n * sizeof(*p));
	if (!p)
		return -ENOMEM;
	memset(p + ids->nslots, 0, (size_t)(n - ids->nslots) * sizeof(*p));
	ids->slots = p;
	ids->nslots = n;
	return 0;
}

static bool is_free(const struct ipc_ids *ids, int idx)
{
	return idx >= ids->nslots || !ids->slots[idx];
}

/* idr_alloc_cyclic(): the first free index from next_idx on, round a window that isn't full. */
static int pick_index(struct ipc_ids *ids)
{
	int window = MIN(MAX((int)ids->in_use * 3 / 2, MIN_CYCLE), IPCMNI), idx, start;

	for (idx = ids->next_idx; idx < window; idx++)
		if (is_free(ids, idx))
			return idx;
	start = MIN(ids->next_idx, window);
	for (idx = 0; idx < start; idx++)
		if (is_free(ids, idx))
			return idx;
	return -ENOSPC;
}

int ipc_add(struct ipc_ids *ids, struct ipc_obj *p, const struct ipc_who *who, int limit)
{
	int idx, err;

	if ((int)ids->in_use >= MIN(limit, IPCMNI))
		return -ENOSPC;
	idx = pick_index(ids);
	if (idx < 0)
		return idx;
	err = grow(ids, idx);
	if (err)
		return err;
	if (idx <= ids->last_idx && ++ids->seq >= SEQ_MAX)
		ids->seq = 0;
	ids->last_idx = idx;
	ids->next_idx = idx + 1;
	ids->slots[idx] = p;
	ids->in_use++;
	ids->max_idx = MAX(ids->max_idx, idx);
	p->ids = ids;
	p->refs = 1;
	p->seq = ids->seq;
	p->id = (int)(p->seq << IPCMNI_SHIFT) + idx;
	p->uid = p->cuid = who->cred->euid;
	p->gid = p->cgid = who->cred->egid;
	if (p->key != IPC_PRIVATE)
		RB_INSERT(ipc_keys, &ids->keys, p);
	return p->id;
}

void ipc_forget_key(struct ipc_obj *p)
{
	if (p->key != IPC_PRIVATE)
		RB_REMOVE(ipc_keys, &p->ids->keys, p);
	p->key = IPC_PRIVATE;
}

void ipc_remove(struct ipc_obj *p)
{
	struct ipc_ids *ids = p->ids;

	ipc_forget_key(p);
	ids->slots[ipc_index(p)] = NULL;
	ids->in_use--;
	while (ids->max_idx >= 0 && is_free(ids, ids->max_idx))
		ids->max_idx--;
	p->ids = NULL;
}

void ipc_ref(struct ipc_obj *p)
{
	p->refs++;
}

void ipc_unref(struct ipc_obj *p)
{
	if (p && !--p->refs)
		p->free(p);
}

struct ipc_obj *ipc_find_index(const struct ipc_ids *ids, int id)
{
	int idx = id & (IPCMNI - 1);

	return idx < ids->nslots ? ids->slots[idx] : NULL;
}

struct ipc_obj *ipc_find(const struct ipc_ids *ids, int id)
{
	struct ipc_obj *p = ipc_find_index(ids, id);

	return p && p->id == id ? p : NULL;
}

struct ipc_obj *ipc_next(const struct ipc_ids *ids, int index)
{
	for (; index <= ids->max_idx; index++)
		if (ids->slots[index])
			return ids->slots[index];
	return NULL;
}

int ipc_max_index(const struct ipc_ids *ids)
{
	return MAX(ids->max_idx, 0);
}

/* ---- permissions ---- */

static bool is_owner(const struct ipc_obj *p, const struct cred *c)
{
	return c->euid == p->cuid || c->euid == p->uid;
}

int ipc_access(const struct ipc_obj *p, const struct ipc_who *who, unsigned flag)
{
	unsigned want = flag >> 6 | flag >> 3 | flag, granted = p->mode;

	if (is_owner(p, who->cred))
		granted >>= 6;
	else if (cred_in_group(who->cred, p->cgid) || cred_in_group(who->cred, p->gid))
		granted >>= 3;
	if (want & ~granted & 7 && !cred_capable(who->cred, CAP_IPC_OWNER))
		return -EACCES;
	return 0;
}

int ipc_owner(const struct ipc_obj *p, const struct ipc_who *who)
{
	return is_owner(p, who->cred) || cred_capable(who->cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
}

int ipc_set_perm(struct ipc_obj *p, const struct ipc64_perm *in)
{
	if (in->uid == (uid_t)-1 || in->gid == (gid_t)-1)
		return -EINVAL;
	p->uid = in->uid;
	p->gid = in->gid;
	p->mode = (p->mode & ~0777u) | (in->mode & 0777u);
	return 0;
}

void ipc_get_perm(const struct ipc_obj *p, struct ipc64_perm *out)
{
	out->key = p->key;
	out->uid = p->uid;
	out->gid = p->gid;
	out->cuid = p->cuid;
	out->cgid = p->cgid;
	out->mode = p->mode;
	out->seq = (unsigned short)p->seq;
}

/* ---- the get calls ---- */

int ipc_get(struct ipc_ids *ids, const struct ipc_who *who, int32_t key, int flags,
            const struct ipc_get_ops *ops, void *arg)
{
	struct ipc_obj want = { .key = key }, *p;
	int err = 0;

	if (key == IPC_PRIVATE)
		return ops->create(arg);
	p = RB_FIND(ipc_keys, &ids->keys, &want);
	if (!p)
		return flags & IPC_CREAT ? ops->create(arg) : -ENOENT;
	if (flags & IPC_CREAT && flags & IPC_EXCL)
		return -EEXIST;
	if (ops->check)
		err = ops->check(p, arg);
	if (!err)
		err = ipc_access(p, who, (unsigned)flags);
	return err ? err : p->id;
}
