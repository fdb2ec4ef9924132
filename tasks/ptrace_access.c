/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may look into whom: __ptrace_may_access() with the capability module alone. Layer: tasks.
 */
#include "tasks/ptrace.h"

bool ptrace_may_access(const struct task *by, const struct task *t, int mode)
{
	const struct cred *c = by->cred, *o = t->cred;
	bool fs = mode & ACCESS_FSCREDS;
	uid_t uid = fs ? c->fsuid : c->ruid;
	gid_t gid = fs ? c->fsgid : c->rgid;

	if (by->tg == t->tg || cred_capable(c, CAP_SYS_PTRACE))
		return true;
	if (uid != o->euid || uid != o->suid || uid != o->ruid)
		return false;
	if (gid != o->egid || gid != o->sgid || gid != o->rgid)
		return false;
	if (t->mm && t->mm->dumpable != 1)
		return false;
	return !(o->cap_permitted & ~(fs ? c->cap_effective : c->cap_permitted));
}
