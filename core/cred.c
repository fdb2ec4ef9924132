/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials: making, copying, counting. Layer: core. A published credential never changes.
 */
#include "core/cred.h"

#include <stdlib.h>

#include "core/objcount.h"

OBJCOUNT(cred_count, "cred");

struct cred *cred_new(void)
{
	struct cred *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	obj_born(&cred_count);
	return c;
}

struct cred *cred_dup(const struct cred *c)
{
	struct cred *n = cred_new();

	if (!n)
		return NULL;
	*n = *c;
	n->refs = 1;
	n->groups = NULL;
	if (c->ngroups) {
		n->groups = malloc(c->ngroups * sizeof(*n->groups));
		if (!n->groups) {
			n->ngroups = 0;
			cred_unref(n);
			return NULL;
		}
		memcpy(n->groups, c->groups, c->ngroups * sizeof(*n->groups));
	}
	return n;
}

struct cred *cred_ref(struct cred *c)
{
	c->refs++;
	return c;
}

struct cred *cred_unref(struct cred *c)
{
	if (c && --c->refs == 0) {
		free(c->groups);
		free(c);
		obj_died(&cred_count);
	}
	return NULL;
}

bool cred_in_group(const struct cred *c, gid_t gid)
{
	unsigned lo = 0, hi = c->ngroups;

	if (gid == c->fsgid)
		return true;
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (c->groups[mid] == gid)
			return true;
		if (c->groups[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
