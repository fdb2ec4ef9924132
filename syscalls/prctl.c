/* SPDX-License-Identifier: Apache-2.0
 *
 * prctl, arch_prctl. Layer: syscalls. What isn't here answers EINVAL, as a kernel does that was
 * built without it.
 */
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "syscalls/syscall.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef ARCH_SET_GS
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#endif
#ifndef ARCH_GET_XCOMP_SUPP
#define ARCH_GET_XCOMP_SUPP 0x1021
#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023
#endif
#define XFEATURES_LEGACY 3 /* x87 and SSE; which more there are, cpuid tells */
#define VMA_NAME_MAX 80

#define SECURE_ALL_KNOWN 0xff /* four bits, each with its lock */
#define SECURE_LOCKS 0xaa

static struct cred *dup_cred(struct task *t, int *err)
{
	struct cred *c = cred_dup(t->cred);

	*err = c ? 0 : -ENOMEM;
	return c;
}

static CO_FN int64_t set_name(struct task *t, gaddr_t addr)
{
	char name[TASK_COMM_LEN] = { 0 };
	ssize_t n = copyin_str(name, addr, sizeof(name));

	/* A longer name is cut, not refused. */
	if (n < 0 && n != -ENAMETOOLONG)
		return -EFAULT;
	name[TASK_COMM_LEN - 1] = '\0';
	memset(t->comm, 0, sizeof(t->comm));
	memcpy(t->comm, name, strlen(name));
	return 0;
}

static int64_t set_securebits(struct task *t, uint64_t bits)
{
	const struct cred *old = t->cred;
	struct cred *c;
	int err;

	/* Locked bits and locks can't change; unknown ones can't be set. cap_task_prctl() */
	if ((((old->securebits & SECURE_LOCKS) >> 1) & (old->securebits ^ bits)) ||
	    ((old->securebits & SECURE_LOCKS) & ~bits) || (bits & ~(uint64_t)SECURE_ALL_KNOWN) ||
	    !cred_capable(old, CAP_SETPCAP))
		return -EPERM;
	c = dup_cred(t, &err);
	if (!c)
		return err;
	c->securebits = (unsigned)bits;
	task_set_cred(t, c);
	return 0;
}

static int64_t set_keepcaps(struct task *t, uint64_t on)
{
	struct cred *c;
	int err;

	if (on > 1)
		return -EINVAL;
	if (t->cred->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	c = dup_cred(t, &err);
	if (!c)
		return err;
	c->securebits = on ? c->securebits | SECBIT_KEEP_CAPS
	                   : c->securebits & ~(unsigned)SECBIT_KEEP_CAPS;
	task_set_cred(t, c);
	return 0;
}

static int64_t drop_bounding(struct task *t, uint64_t cap)
{
	struct cred *c;
	int err;

	if (!task_capable(t, CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST_CAP)
		return -EINVAL;
	c = dup_cred(t, &err);
	if (!c)
		return err;
	c->cap_bounding &= ~(1ULL << cap);
	task_set_cred(t, c);
	return 0;
}

static int64_t ambient(struct task *t, uint64_t op, uint64_t cap, uint64_t a4, uint64_t a5)
{
	const struct cred *old = t->cred;
	struct cred *c;
	int err;

	if (a4 || a5)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (cap)
			return -EINVAL;
	} else if (cap > CAP_LAST_CAP) {
		return -EINVAL;
	}
	if (op == PR_CAP_AMBIENT_IS_SET)
		return old->cap_ambient >> cap & 1;
	if (op != PR_CAP_AMBIENT_RAISE && op != PR_CAP_AMBIENT_LOWER && op != PR_CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!(old->cap_permitted >> cap & 1) || !(old->cap_inheritable >> cap & 1) ||
	     (old->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)))
		return -EPERM;
	c = dup_cred(t, &err);
	if (!c)
		return err;
	if (op == PR_CAP_AMBIENT_RAISE)
		c->cap_ambient |= 1ULL << cap;
	else if (op == PR_CAP_AMBIENT_LOWER)
		c->cap_ambient &= ~(1ULL << cap);
	else
		c->cap_ambient = 0;
	task_set_cred(t, c);
	return 0;
}

static int64_t set_no_new_privs(struct task *t, const uint64_t a[4])
{
	struct cred *c;
	int err;

	if (a[0] != 1 || a[1] || a[2] || a[3])
		return -EINVAL;
	c = dup_cred(t, &err);
	if (!c)
		return err;
	c->no_new_privs = true;
	task_set_cred(t, c);
	return 0;
}

/*
 * Names of mappings are static strings in core/mm, so a guest's name is checked and then not kept:
 * programs treat it as a hint, and a kernel without CONFIG_ANON_VMA_NAME says EINVAL.
 */
static CO_FN int64_t set_vma_name(gaddr_t start, uint64_t len, gaddr_t uname)
{
	char name[VMA_NAME_MAX];

	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (uname && copyin_str(name, uname, sizeof(name)) == -EFAULT)
		return -EFAULT;
	(void)len;
	log_once("prctl-set-vma", "prctl: names of anonymous mappings are not kept");
	return -EINVAL;
}

SYSCALL5(prctl, int, op, uint64_t, a2, uint64_t, a3, uint64_t, a4, uint64_t, a5)
{
	const uint64_t rest[4] = { a2, a3, a4, a5 };

	switch (op) {
	case PR_SET_PDEATHSIG:
		if (a2 > NSIG_KERNEL)
			return -EINVAL;
		t->pdeath_signal = (int)a2;
		return 0;
	case PR_GET_PDEATHSIG:
		return copyout_obj(a2, &t->pdeath_signal);
	case PR_SET_NAME:
		return set_name(t, a2);
	case PR_GET_NAME:
		return copyout(a2, t->comm, sizeof(t->comm));
	case PR_GET_DUMPABLE:
		return t->mm->dumpable;
	case PR_SET_DUMPABLE:
		if (a2 > 1)
			return -EINVAL;
		t->mm->dumpable = (int)a2;
		return 0;
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(t, rest);
	case PR_GET_NO_NEW_PRIVS:
		if (a2 || a3 || a4 || a5)
			return -EINVAL;
		return t->cred->no_new_privs;
	case PR_GET_KEEPCAPS:
		return !!(t->cred->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return set_keepcaps(t, a2);
	case PR_GET_SECUREBITS:
		return t->cred->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(t, a2);
	case PR_CAPBSET_READ:
		return a2 > CAP_LAST_CAP ? -EINVAL : (int64_t)(t->cred->cap_bounding >> a2 & 1);
	case PR_CAPBSET_DROP:
		return drop_bounding(t, a2);
	case PR_CAP_AMBIENT:
		return ambient(t, a2, a3, a4, a5);
	case PR_SET_TIMERSLACK:
		t->timer_slack = (int64_t)a2 <= 0 ? t->timer_slack_default : (ktime_t)a2;
		return 0;
	case PR_GET_TIMERSLACK:
		return MIN(t->timer_slack, (ktime_t)INT32_MAX);
	case PR_SET_CHILD_SUBREAPER:
		t->tg->child_subreaper = a2 != 0;
		return 0;
	case PR_GET_CHILD_SUBREAPER: {
		int v = t->tg->child_subreaper;

		return copyout_obj(a2, &v);
	}
	case PR_GET_TID_ADDRESS:
		return copyout_obj(a2, &t->clear_child_tid);
	case PR_SET_THP_DISABLE:
		/* Huge pages are the host's business. */
		if (a3 || a4 || a5)
			return -EINVAL;
		t->mm->thp_disabled = a2 != 0;
		return 0;
	case PR_GET_THP_DISABLE:
		return a2 || a3 || a4 || a5 ? -EINVAL : t->mm->thp_disabled;
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return a2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_GET_TSC: {
		int v = PR_TSC_ENABLE;

		return copyout_obj(a2, &v);
	}
	case PR_SET_TSC:
		return a2 == PR_TSC_ENABLE ? 0 : -EINVAL;
	case PR_MCE_KILL:
		return a4 || a5 || a2 > 1 ? -EINVAL : 0;
	case PR_MCE_KILL_GET:
		return a2 || a3 || a4 || a5 ? -EINVAL : PR_MCE_KILL_DEFAULT;
	case PR_SET_MM:
		return task_capable(t, CAP_SYS_RESOURCE) ? -EINVAL : -EPERM;
	case PR_SET_VMA:
		return a2 == PR_SET_VMA_ANON_NAME ? set_vma_name(a3, a4, a5) : -EINVAL;
	case PR_GET_SECCOMP:
		return 0; /* as without a filter; there is no way to get one */
	case PR_SET_SECCOMP:
	case PR_SET_PTRACER:
		return -EINVAL;
	}
	log_once("prctl", "prctl: operation %d is not supported (others will not be logged)", op);
	return -EINVAL;
}

SYSCALL2(arch_prctl, int, op, uint64_t, addr)
{
	uint64_t v;

	switch (op) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= TASK_SIZE)
			return -EPERM;
		/* The fast way back needs gs itself. */
		if (op == ARCH_SET_GS && addr && platform->ctx_whole(t->ctx))
			return -EINTR; /* its stub is gone */
		platform->ctx_set_tls(t->ctx, op, addr);
		return 0;
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		v = platform->ctx_get_tls(t->ctx, op == ARCH_GET_FS ? ARCH_SET_FS : ARCH_SET_GS);
		return copyout_obj(addr, &v);
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		return addr ? 0 : -ENODEV;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		v = XFEATURES_LEGACY;
		return copyout_obj(addr, &v);
	case ARCH_REQ_XCOMP_PERM:
		return addr > 63 ? -EINVAL : -EOPNOTSUPP;
	}
	return -EINVAL;
}
