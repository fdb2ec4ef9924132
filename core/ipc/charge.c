/* SPDX-License-Identifier: Apache-2.0
 *
 * What each user has in use of what RLIMIT_MSGQUEUE and RLIMIT_MEMLOCK (for shared memory segments)
 * bound: those limits are of users, not of processes. Layer: core.
 */
#include <bsd/sys/tree.h>
#include <stdlib.h>

#include "core/ipc/ns.h"
#include "core/objcount.h"

OBJCOUNT(user_count, "ipc_user");

struct ipc_user {
	RB_ENTRY(ipc_user) entry;
	uid_t uid;
	uint64_t used[IPC_CHARGES];
};

RB_HEAD(ipc_users, ipc_user);

static int user_cmp(const struct ipc_user *a, const struct ipc_user *b)
{
	return (a->uid > b->uid) - (a->uid < b->uid);
}

RB_GENERATE_INTERNAL(ipc_users, ipc_user, entry, user_cmp, UNUSED static)

static struct ipc_users users = RB_INITIALIZER(&users);

static struct ipc_user *find(uid_t uid)
{
	struct ipc_user key = { .uid = uid };

	return RB_FIND(ipc_users, &users, &key);
}

int ipc_charge(enum ipc_charge what, uid_t uid, uint64_t n, uint64_t limit)
{
	struct ipc_user *u = find(uid);
	uint64_t sum;

	if (__builtin_add_overflow(u ? u->used[what] : 0, n, &sum) || sum > limit)
		return -EMFILE;
	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u)
			return -ENOMEM;
		u->uid = uid;
		RB_INSERT(ipc_users, &users, u);
		obj_born(&user_count);
	}
	u->used[what] = sum;
	return 0;
}

void ipc_uncharge(enum ipc_charge what, uid_t uid, uint64_t n)
{
	struct ipc_user *u = find(uid);

	if (!u)
		return;
	u->used[what] -= MIN(n, u->used[what]);
	for (unsigned i = 0; i < IPC_CHARGES; i++)
		if (u->used[i])
			return;
	RB_REMOVE(ipc_users, &users, u);
	free(u);
	obj_died(&user_count);
}
