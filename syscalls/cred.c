/* SPDX-License-Identifier: Apache-2.0
 *
 * User and group ids, supplementary groups, capabilities. Layer: syscalls.
 * credentials(7), capabilities(7); the checks are in the order of kernel/sys.c and
 * security/commoncap.c.
 */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>

#include "syscalls/syscall.h"
#include "tasks/user.h"

#define ID_KEEP ((uint32_t)-1)

SYSCALL0(getuid) { return t->cred->ruid; }
SYSCALL0(geteuid) { return t->cred->euid; }
SYSCALL0(getgid) { return t->cred->rgid; }
SYSCALL0(getegid) { return t->cred->egid; }

/* What user ids do to capabilities: cap_emulate_setxuid(). */
static void fix_caps(struct cred *c, const struct cred *old)
{
	bool was_root = old->ruid == 0 || old->euid == 0 || old->suid == 0;
	bool is_root = c->ruid == 0 || c->euid == 0 || c->suid == 0;

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was_root && !is_root) {
		if (!(c->securebits & SECBIT_KEEP_CAPS)) {
			c->cap_permitted = 0;
			c->cap_effective = 0;
		}
		/* Ambient ones go even so: they would survive the next execve. */
		c->cap_ambient = 0;
	}
	if (old->euid == 0 && c->euid != 0)
		c->cap_effective = 0;
	if (old->euid != 0 && c->euid == 0)
		c->cap_effective = c->cap_permitted;
}

/* The capabilities that are about files follow the fsuid. */
static void fix_fs_caps(struct cred *c, const struct cred *old)
{
	const uint64_t fs = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH |
	                    1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_LINUX_IMMUTABLE |
	                    1ULL << CAP_MKNOD | 1ULL << CAP_MAC_OVERRIDE;

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (old->fsuid == 0 && c->fsuid != 0)
		c->cap_effective &= ~fs;
	if (old->fsuid != 0 && c->fsuid == 0)
		c->cap_effective |= c->cap_permitted & fs;
}

static void publish(struct task *t, struct cred *c)
{
	const struct cred *old = t->cred;

	if (c->euid != old->euid || c->egid != old->egid || c->fsuid != old->fsuid ||
	    c->fsgid != old->fsgid || (c->cap_permitted & ~old->cap_permitted)) {
		if (t->mm)
			t->mm->dumpable = 0;
		t->pdeath_signal = 0;
	}
	/* Over the limit isn't an error here: programs never look. The next execve fails instead. */
	if (c->ruid != old->ruid)
		t->nproc_exceeded = c->ruid != 0 && user_tasks(c->ruid) >= task_rlimit(t, RLIMIT_NPROC);
	task_set_cred(t, c);
}

static int64_t finish_uid(struct task *t, struct cred *c, int err)
{
	if (err) {
		cred_unref(c);
		return err;
	}
	fix_caps(c, t->cred);
	publish(t, c);
	return 0;
}

static int64_t finish_gid(struct task *t, struct cred *c, int err)
{
	if (err)
		cred_unref(c);
	else
		publish(t, c);
	return err;
}

SYSCALL1(setuid, uid_t, uid)
{
	const struct cred *old = t->cred;
	struct cred *c;
	int err = 0;

	if (uid == ID_KEEP)
		return -EINVAL;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (cred_capable(old, CAP_SETUID))
		c->ruid = c->suid = uid;
	else if (uid != old->ruid && uid != old->suid)
		err = -EPERM;
	c->euid = c->fsuid = uid;
	return finish_uid(t, c, err);
}

SYSCALL2(setreuid, uid_t, ruid, uid_t, euid)
{
	const struct cred *old = t->cred;
	bool can = cred_capable(old, CAP_SETUID);
	struct cred *c = cred_dup(old);
	int err = 0;

	if (!c)
		return -ENOMEM;
	if (ruid != ID_KEEP) {
		c->ruid = ruid;
		if (ruid != old->ruid && ruid != old->euid && !can)
			err = -EPERM;
	}
	if (euid != ID_KEEP) {
		c->euid = euid;
		if (euid != old->ruid && euid != old->euid && euid != old->suid && !can)
			err = -EPERM;
	}
	if (ruid != ID_KEEP || (euid != ID_KEEP && euid != old->ruid))
		c->suid = c->euid;
	c->fsuid = c->euid;
	return finish_uid(t, c, err);
}

static bool among(uint32_t id, uint32_t a, uint32_t b, uint32_t c)
{
	return id == ID_KEEP || id == a || id == b || id == c;
}

SYSCALL3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETUID) && (!among(ruid, old->ruid, old->euid, old->suid) ||
	                                       !among(euid, old->ruid, old->euid, old->suid) ||
	                                       !among(suid, old->ruid, old->euid, old->suid)))
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (ruid != ID_KEEP)
		c->ruid = ruid;
	if (euid != ID_KEEP)
		c->euid = euid;
	if (suid != ID_KEEP)
		c->suid = suid;
	c->fsuid = c->euid;
	return finish_uid(t, c, 0);
}

SYSCALL1(setgid, gid_t, gid)
{
	const struct cred *old = t->cred;
	struct cred *c;
	int err = 0;

	if (gid == ID_KEEP)
		return -EINVAL;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (cred_capable(old, CAP_SETGID))
		c->rgid = c->sgid = gid;
	else if (gid != old->rgid && gid != old->sgid)
		err = -EPERM;
	c->egid = c->fsgid = gid;
	return finish_gid(t, c, err);
}

SYSCALL2(setregid, gid_t, rgid, gid_t, egid)
{
	const struct cred *old = t->cred;
	bool can = cred_capable(old, CAP_SETGID);
	struct cred *c = cred_dup(old);
	int err = 0;

	if (!c)
		return -ENOMEM;
	if (rgid != ID_KEEP) {
		c->rgid = rgid;
		if (rgid != old->rgid && rgid != old->egid && !can)
			err = -EPERM;
	}
	if (egid != ID_KEEP) {
		c->egid = egid;
		if (egid != old->rgid && egid != old->egid && egid != old->sgid && !can)
			err = -EPERM;
	}
	if (rgid != ID_KEEP || (egid != ID_KEEP && egid != old->rgid))
		c->sgid = c->egid;
	c->fsgid = c->egid;
	return finish_gid(t, c, err);
}

SYSCALL3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETGID) && (!among(rgid, old->rgid, old->egid, old->sgid) ||
	                                       !among(egid, old->rgid, old->egid, old->sgid) ||
	                                       !among(sgid, old->rgid, old->egid, old->sgid)))
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	if (rgid != ID_KEEP)
		c->rgid = rgid;
	if (egid != ID_KEEP)
		c->egid = egid;
	if (sgid != ID_KEEP)
		c->sgid = sgid;
	c->fsgid = c->egid;
	return finish_gid(t, c, 0);
}

static CO_FN int64_t three_out(gaddr_t a, uint32_t va, gaddr_t b, uint32_t vb, gaddr_t c,
                               uint32_t vc)
{
	return copyout_obj(a, &va) || copyout_obj(b, &vb) || copyout_obj(c, &vc) ? -EFAULT : 0;
}

SYSCALL3(getresuid, gaddr_t, r, gaddr_t, e, gaddr_t, s)
{
	return three_out(r, t->cred->ruid, e, t->cred->euid, s, t->cred->suid);
}

SYSCALL3(getresgid, gaddr_t, r, gaddr_t, e, gaddr_t, s)
{
	return three_out(r, t->cred->rgid, e, t->cred->egid, s, t->cred->sgid);
}

/* Both return the old id, whether it was changed or not. */
SYSCALL1(setfsuid, uid_t, uid)
{
	const struct cred *old = t->cred;
	uid_t was = old->fsuid;
	struct cred *c;

	if (uid == ID_KEEP || uid == was)
		return was;
	if (uid != old->ruid && uid != old->euid && uid != old->suid && !cred_capable(old, CAP_SETUID))
		return was;
	c = cred_dup(old);
	if (!c)
		return was;
	c->fsuid = uid;
	fix_fs_caps(c, old);
	publish(t, c);
	return was;
}

SYSCALL1(setfsgid, gid_t, gid)
{
	const struct cred *old = t->cred;
	gid_t was = old->fsgid;
	struct cred *c;

	if (gid == ID_KEEP || gid == was)
		return was;
	if (gid != old->rgid && gid != old->egid && gid != old->sgid && !cred_capable(old, CAP_SETGID))
		return was;
	c = cred_dup(old);
	if (!c)
		return was;
	c->fsgid = gid;
	publish(t, c);
	return was;
}

/* ---- supplementary groups ---- */

SYSCALL2(getgroups, int, size, gaddr_t, list)
{
	const struct cred *c = t->cred;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return c->ngroups;
	if ((unsigned)size < c->ngroups)
		return -EINVAL;
	if (c->ngroups && copyout(list, c->groups, c->ngroups * sizeof(gid_t)))
		return -EFAULT;
	return c->ngroups;
}

static int cmp_gid(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return (x > y) - (x < y);
}

SYSCALL2(setgroups, int, size, gaddr_t, list)
{
	gid_t *groups = NULL;
	struct cred *c;

	if (!task_capable(t, CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > CRED_MAX_GROUPS)
		return -EINVAL;
	if (size) {
		groups = malloc((size_t)size * sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		if (copyin(groups, list, (size_t)size * sizeof(*groups))) {
			free(groups);
			return -EFAULT;
		}
		for (int i = 0; i < size; i++) {
			if (groups[i] == ID_KEEP) {
				free(groups);
				return -EINVAL;
			}
		}
		qsort(groups, (size_t)size, sizeof(*groups), cmp_gid);
	}
	c = cred_dup(t->cred);
	if (!c) {
		free(groups);
		return -ENOMEM;
	}
	free(c->groups);
	c->groups = groups;
	c->ngroups = (unsigned)size;
	publish(t, c);
	return 0;
}

/* ---- capabilities ---- */

struct cap_data { uint32_t effective, permitted, inheritable; };

/* How many words follow, by version; writes the version that is preferred when it isn't known. */
static CO_FN int cap_header(gaddr_t uhdr, int *pid, unsigned *words)
{
	struct { uint32_t version; int32_t pid; } h;
	uint32_t preferred = _LINUX_CAPABILITY_VERSION_3;

	if (copyin_obj(&h, uhdr))
		return -EFAULT;
	*pid = h.pid;
	switch (h.version) {
	case _LINUX_CAPABILITY_VERSION_1:
		*words = 1;
		return 0;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		*words = 2;
		return 0;
	}
	return copyout_obj(uhdr, &preferred) ? -EFAULT : -EINVAL;
}

SYSCALL2(capget, gaddr_t, uhdr, gaddr_t, udata)
{
	struct cap_data d[2];
	const struct task *o;
	unsigned words;
	int pid, err = cap_header(uhdr, &pid, &words);

	/* With a NULL data pointer the call only asks for the version. */
	if (err)
		return err == -EINVAL && !udata ? 0 : err;
	if (pid < 0)
		return -EINVAL;
	o = pid ? task_find(pid) : t;
	if (!o)
		return -ESRCH;
	if (!udata)
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		d[i].effective = (uint32_t)(o->cred->cap_effective >> (32 * i));
		d[i].permitted = (uint32_t)(o->cred->cap_permitted >> (32 * i));
		d[i].inheritable = (uint32_t)(o->cred->cap_inheritable >> (32 * i));
	}
	return copyout(udata, d, words * sizeof(d[0]));
}

#define CAP_VALID ((1ULL << (CAP_LAST_CAP + 1)) - 1)

SYSCALL2(capset, gaddr_t, uhdr, gaddr_t, udata)
{
	const struct cred *old = t->cred;
	uint64_t eff = 0, perm = 0, inh = 0;
	struct cap_data d[2] = { 0 };
	struct cred *c;
	unsigned words;
	int pid, err = cap_header(uhdr, &pid, &words);

	if (err)
		return err;
	if (pid && pid != t->tid)
		return -EPERM;
	if (copyin(d, udata, words * sizeof(d[0])))
		return -EFAULT;
	for (unsigned i = 0; i < 2; i++) {
		eff |= (uint64_t)d[i].effective << (32 * i);
		perm |= (uint64_t)d[i].permitted << (32 * i);
		inh |= (uint64_t)d[i].inheritable << (32 * i);
	}
	eff &= CAP_VALID;
	perm &= CAP_VALID;
	inh &= CAP_VALID;
	/* cap_capset() */
	if (!cred_capable(old, CAP_SETPCAP) && (inh & ~(old->cap_inheritable | old->cap_permitted)))
		return -EPERM;
	if (inh & ~(old->cap_inheritable | old->cap_bounding))
		return -EPERM;
	if (perm & ~old->cap_permitted)
		return -EPERM;
	if (eff & ~perm)
		return -EPERM;
	c = cred_dup(old);
	if (!c)
		return -ENOMEM;
	c->cap_effective = eff;
	c->cap_permitted = perm;
	c->cap_inheritable = inh;
	c->cap_ambient &= perm & inh;
	publish(t, c);
	return 0;
}
