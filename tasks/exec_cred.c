/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials across execve(2), as bprm_fill_uid() and cap_bprm_creds_from_file() compute them.
 * Files have no capabilities of their own here. Layer: tasks.
 */
#include <linux/securebits.h>

#include "tasks/exec.h"

int exec_compute_cred(const struct cred *old, const struct load_file_ids *fi, bool shared,
                      struct cred **ret, bool *secure)
{
	bool unsafe = shared || old->no_new_privs, effective = false, setid;
	struct cred *c = cred_dup(old);

	if (!c)
		return -ENOMEM;
	c->euid = old->euid;
	if (!fi->nosuid && !old->no_new_privs) {
		if (fi->mode & S_ISUID)
			c->euid = fi->uid;
		/* Set-group-id without group execute once meant mandatory locking. */
		if ((fi->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
			c->egid = fi->gid;
	}
	c->cap_permitted = 0;
	if (!(c->securebits & SECBIT_NOROOT) && (c->euid == 0 || c->ruid == 0)) {
		c->cap_permitted = old->cap_bounding | old->cap_inheritable;
		effective = c->euid == 0;
	}
	setid = c->euid != old->ruid || c->egid != old->rgid;
	if (unsafe && (setid || (c->cap_permitted & ~old->cap_permitted))) {
		if (!cred_capable(old, CAP_SETUID) || old->no_new_privs) {
			c->euid = c->ruid;
			c->egid = c->rgid;
		}
		c->cap_permitted &= old->cap_permitted;
	}
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	if (setid)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = effective ? c->cap_permitted : c->cap_ambient;
	c->securebits &= ~(unsigned)SECBIT_KEEP_CAPS;
	*secure = setid || (c->ruid != 0 && (effective || (c->cap_permitted & ~c->cap_ambient)));
	*ret = c;
	return 0;
}
