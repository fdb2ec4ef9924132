/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters by real uid. An entry lives while one of its counters isn't zero. Layer: tasks.
 */
#include "tasks/user.h"

#include <bsd/sys/tree.h>
#include <stdlib.h>

struct user {
	RB_ENTRY(user) entry;
	uid_t uid;
	unsigned tasks, signals;
};

RB_HEAD(user_tree, user);

static int user_cmp(const struct user *a, const struct user *b)
{
	return (a->uid > b->uid) - (a->uid < b->uid);
}

RB_GENERATE_INTERNAL(user_tree, user, entry, user_cmp, UNUSED static)

static struct user_tree users = RB_INITIALIZER(&users);

static struct user *user_find(uid_t uid)
{
	struct user key = { .uid = uid };

	return RB_FIND(user_tree, &users, &key);
}

static struct user *user_get(uid_t uid)
{
	struct user *u = user_find(uid);

	if (u)
		return u;
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->uid = uid;
	RB_INSERT(user_tree, &users, u);
	return u;
}

static void user_put(struct user *u)
{
	if (u->tasks || u->signals)
		return;
	RB_REMOVE(user_tree, &users, u);
	free(u);
}

int user_add_tasks(uid_t uid, int n)
{
	struct user *u = user_get(uid);

	if (!u)
		return -ENOMEM;
	u->tasks += (unsigned)n;
	user_put(u);
	return 0;
}

int user_add_signals(uid_t uid, int n)
{
	struct user *u = user_get(uid);

	if (!u)
		return -ENOMEM;
	u->signals += (unsigned)n;
	user_put(u);
	return 0;
}

unsigned user_tasks(uid_t uid)
{
	struct user *u = user_find(uid);

	return u ? u->tasks : 0;
}

unsigned user_signals(uid_t uid)
{
	struct user *u = user_find(uid);

	return u ? u->signals : 0;
}
