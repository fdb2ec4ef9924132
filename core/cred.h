/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials as an immutable, counted value: see credentials(7), capabilities(7). Layer: core.
 */
#ifndef CORE_CRED_H
#define CORE_CRED_H

#include <linux/capability.h>

#include "core/base.h"

#define CRED_MAX_GROUPS 65536

struct cred {
	int refs;
	uid_t ruid, euid, suid, fsuid;
	gid_t rgid, egid, sgid, fsgid;
	uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
	unsigned securebits;
	bool no_new_privs;
	unsigned ngroups;
	gid_t *groups; /* sorted */
};

struct cred *cred_new(void);                      /* all zero, refs 1; NULL: no memory */
struct cred *cred_dup(const struct cred *c);      /* to change before publishing; NULL: no memory */
struct cred *cred_ref(struct cred *c);
struct cred *cred_unref(struct cred *c);          /* returns NULL */
bool cred_in_group(const struct cred *c, gid_t gid); /* fsgid or supplementary */
static inline bool cred_capable(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

#endif
