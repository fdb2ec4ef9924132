/* SPDX-License-Identifier: Apache-2.0
 *
 * Scheduling: policies, priorities, nice values, affinity, I/O priorities. Layer: syscalls.
 * The host schedules the stubs' threads; what is set here is checked as kernel/sched/core.c does,
 * kept and reported back.
 */
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/host/cpu.h"
#include "syscalls/syscall.h"

#define RR_INTERVAL (100 * NSEC_PER_MSEC)
#define ATTR_SIZE_VER0 48
#define ATTR_SIZE_VER1 56
#define ATTR_FLAGS_KNOWN                                                                           \
	(SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN | SCHED_FLAG_KEEP_ALL)

static bool is_rt(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_fair(int policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static struct task *target(struct task *t, pid_t pid)
{
	return pid ? task_find(pid) : t;
}

static bool same_owner(const struct task *t, const struct task *o)
{
	return t->cred->euid == o->cred->euid || t->cred->euid == o->cred->ruid;
}

static bool can_nice(const struct task *o, int nice)
{
	return (uint64_t)(20 - nice) <= task_rlimit(o, RLIMIT_NICE);
}

SYSCALL0(sched_yield)
{
	co_yield();
	return 0;
}

/* user_check_sched_setscheduler() */
static int may_set(const struct task *t, const struct task *o, int policy, int prio, int nice,
                   bool reset_on_fork)
{
	const struct task_sched *s = &o->sched;
	uint64_t rt = task_rlimit(o, RLIMIT_RTPRIO);

	if (task_capable(t, CAP_SYS_NICE))
		return 0;
	if (is_fair(policy) && nice < s->nice && !can_nice(o, nice))
		return -EPERM;
	if (is_rt(policy)) {
		if (policy != s->policy && !rt)
			return -EPERM;
		if (prio > s->rt_prio && (uint64_t)prio > rt)
			return -EPERM;
	}
	if (policy == SCHED_DEADLINE)
		return -EPERM;
	if (s->policy == SCHED_IDLE && policy != SCHED_IDLE && !can_nice(o, s->nice))
		return -EPERM;
	if (!same_owner(t, o))
		return -EPERM;
	if (s->reset_on_fork && !reset_on_fork)
		return -EPERM;
	return 0;
}

static int set_policy(struct task *t, struct task *o, int policy, int prio, int nice, bool reset)
{
	int err;

	if (!is_fair(policy) && !is_rt(policy))
		return -EINVAL;
	if (prio < 0 || prio > 99 || is_rt(policy) != (prio != 0))
		return -EINVAL;
	err = may_set(t, o, policy, prio, nice, reset);
	if (err)
		return err;
	o->sched.policy = policy;
	o->sched.rt_prio = prio;
	o->sched.reset_on_fork = reset;
	if (is_fair(policy))
		o->sched.nice = nice;
	return 0;
}

static CO_FN int64_t set_scheduler(struct task *t, pid_t pid, int policy, gaddr_t uparam)
{
	struct task *o;
	int prio;
	bool reset;

	if (!uparam || pid < 0)
		return -EINVAL;
	if (copyin_obj(&prio, uparam))
		return -EFAULT;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	if (policy == -1) {
		policy = o->sched.policy;
		reset = o->sched.reset_on_fork;
	} else {
		reset = policy & SCHED_RESET_ON_FORK;
		policy &= ~SCHED_RESET_ON_FORK;
	}
	return set_policy(t, o, policy, prio, o->sched.nice, reset);
}

SYSCALL3(sched_setscheduler, pid_t, pid, int, policy, gaddr_t, uparam)
{
	return policy < 0 ? -EINVAL : set_scheduler(t, pid, policy, uparam);
}

SYSCALL2(sched_setparam, pid_t, pid, gaddr_t, uparam)
{
	return set_scheduler(t, pid, -1, uparam);
}

SYSCALL1(sched_getscheduler, pid_t, pid)
{
	struct task *o;

	if (pid < 0)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	return o->sched.policy | (o->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

SYSCALL2(sched_getparam, pid_t, pid, gaddr_t, uparam)
{
	struct task *o;
	int prio;

	if (!uparam || pid < 0)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	prio = o->sched.rt_prio;
	return copyout_obj(uparam, &prio);
}

/* struct sched_attr with its growing size: sched_copy_attr(). */
static CO_FN int attr_in(gaddr_t addr, struct sched_attr *attr)
{
	uint32_t size, mine = sizeof(*attr);
	uint8_t b;

	memset(attr, 0, sizeof(*attr));
	if (copyin_obj(&size, addr))
		return -EFAULT;
	if (!size)
		size = ATTR_SIZE_VER0;
	if (size < ATTR_SIZE_VER0 || size > PAGE_SIZE)
		goto bad_size;
	if (copyin(attr, addr, MIN(size, (uint32_t)sizeof(*attr))))
		return -EFAULT;
	for (uint32_t at = sizeof(*attr); at < size; at++) {
		if (copyin(&b, addr + at, 1))
			return -EFAULT;
		if (b)
			goto bad_size;
	}
	if ((attr->sched_flags & SCHED_FLAG_UTIL_CLAMP) && size < ATTR_SIZE_VER1)
		return -EINVAL;
	attr->sched_nice = CLAMP(attr->sched_nice, -20, 19);
	return 0;
bad_size:
	return copyout_obj(addr, &mine) ? -EFAULT : -E2BIG;
}

SYSCALL3(sched_setattr, pid_t, pid, gaddr_t, uattr, unsigned, flags)
{
	struct sched_attr attr;
	struct task *o;
	int err, policy, prio, nice;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	err = attr_in(uattr, &attr);
	if (err)
		return err;
	if ((int)attr.sched_policy < 0)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	if (attr.sched_flags & SCHED_FLAG_UTIL_CLAMP)
		return -EOPNOTSUPP;
	if (attr.sched_flags & ~(uint64_t)ATTR_FLAGS_KNOWN)
		return -EINVAL;
	policy = attr.sched_flags & SCHED_FLAG_KEEP_POLICY ? o->sched.policy : (int)attr.sched_policy;
	prio = attr.sched_flags & SCHED_FLAG_KEEP_PARAMS ? o->sched.rt_prio : (int)attr.sched_priority;
	nice = attr.sched_flags & SCHED_FLAG_KEEP_PARAMS ? o->sched.nice : attr.sched_nice;
	/* A deadline is a promise about the host's CPUs that can't be kept here. */
	if (policy == SCHED_DEADLINE)
		return task_capable(t, CAP_SYS_NICE) ? -EBUSY : -EPERM;
	return set_policy(t, o, policy, prio, nice, attr.sched_flags & SCHED_FLAG_RESET_ON_FORK);
}

SYSCALL4(sched_getattr, pid_t, pid, gaddr_t, uattr, unsigned, size, unsigned, flags)
{
	struct sched_attr attr = { 0 };
	struct task *o;

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	attr.size = MIN(size, (unsigned)sizeof(attr));
	attr.sched_policy = (uint32_t)o->sched.policy;
	if (o->sched.reset_on_fork)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	if (is_rt(o->sched.policy))
		attr.sched_priority = (uint32_t)o->sched.rt_prio;
	else
		attr.sched_nice = o->sched.nice;
	return copyout(uattr, &attr, attr.size);
}

SYSCALL1(sched_get_priority_max, int, policy)
{
	if (is_rt(policy))
		return 99;
	return is_fair(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

SYSCALL1(sched_get_priority_min, int, policy)
{
	if (is_rt(policy))
		return 1;
	return is_fair(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

SYSCALL2(sched_rr_get_interval, pid_t, pid, gaddr_t, uts)
{
	struct timespec ts = { 0 };
	struct task *o;

	if (pid < 0)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	if (o->sched.policy == SCHED_RR)
		ts = ktime_to_timespec(RR_INTERVAL);
	else if (is_fair(o->sched.policy))
		ts = ktime_to_timespec(4 * NSEC_PER_MSEC);
	return copyout_obj(uts, &ts);
}

/* ---- affinity: a mask over the CPUs that the sandbox has ---- */

SYSCALL3(sched_setaffinity, pid_t, pid, unsigned, len, gaddr_t, umask)
{
	uint64_t mask[SCHED_CPUS_MAX / 64] = { 0 };
	unsigned n = MIN(host_cpus(), (unsigned)SCHED_CPUS_MAX);
	struct task *o;
	bool any = false;

	if (copyin(mask, umask, MIN(len, (unsigned)sizeof(mask))))
		return -EFAULT;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	if (!same_owner(t, o) && !task_capable(t, CAP_SYS_NICE))
		return -EPERM;
	for (unsigned i = 0; i < SCHED_CPUS_MAX; i++) {
		if (i >= n)
			mask[i / 64] &= ~(1ULL << (i % 64));
		any |= mask[i / 64] >> (i % 64) & 1;
	}
	if (!any)
		return -EINVAL;
	memcpy(o->sched.affinity, mask, sizeof(mask));
	o->sched.affinity_set = true;
	return 0;
}

SYSCALL3(sched_getaffinity, pid_t, pid, unsigned, len, gaddr_t, umask)
{
	uint64_t mask[SCHED_CPUS_MAX / 64] = { 0 };
	unsigned n = MIN(host_cpus(), (unsigned)SCHED_CPUS_MAX), words = (n + 63) / 64;
	struct task *o;

	if (len * 8 < n || (len & 7)) /* in 32 bits, as Linux computes it */
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	if (o->sched.affinity_set)
		memcpy(mask, o->sched.affinity, sizeof(mask));
	else
		for (unsigned i = 0; i < n; i++)
			mask[i / 64] |= 1ULL << (i % 64);
	len = MIN(len, words * 8);
	return copyout(umask, mask, len) ? -EFAULT : (int64_t)len;
}

/* ---- over sets of tasks: nice values and I/O priorities ---- */

/*
 * Calls fn for each task of a process, process group or user, in order of id. Returns how many.
 * Bounded by the number of tasks, and fn doesn't yield.
 */
static unsigned each_of(struct task *t, int which, uint32_t who, void (*fn)(struct task *, void *),
                        void *arg)
{
	struct task *o;
	unsigned n = 0;
	pid_t at = 0;

	if (which == PRIO_PROCESS) {
		o = target(t, (pid_t)who);
		if (o)
			fn(o, arg);
		return o != NULL;
	}
	if (!who)
		who = which == PRIO_USER ? t->cred->ruid : (uint32_t)t->tg->pgrp->id;
	while ((o = task_next(at)) != NULL) {
		at = o->tid;
		if (which == PRIO_USER ? o->cred->ruid != who
		                       : !o->tg->pgrp || (uint32_t)o->tg->pgrp->id != who)
			continue;
		fn(o, arg);
		n++;
	}
	return n;
}

struct prio_call {
	struct task *t;
	int value, ret;
};

static void best_nice(struct task *o, void *arg)
{
	struct prio_call *c = arg;

	/* 40 .. 1, so that no result looks like an error. */
	c->ret = MAX(c->ret, 20 - o->sched.nice);
}

static void set_nice(struct task *o, void *arg)
{
	struct prio_call *c = arg;
	const struct cred *cr = c->t->cred;
	bool can = cred_capable(cr, CAP_SYS_NICE);

	if (o->cred->ruid != cr->euid && o->cred->euid != cr->euid && !can) {
		c->ret = -EPERM;
	} else if (c->value < o->sched.nice && !can && !can_nice(o, c->value)) {
		c->ret = -EACCES;
	} else {
		if (c->ret == -ESRCH)
			c->ret = 0;
		o->sched.nice = c->value;
	}
}

SYSCALL2(getpriority, int, which, uint32_t, who)
{
	struct prio_call c = { .t = t, .ret = -ESRCH };

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	each_of(t, which, who, best_nice, &c);
	return c.ret;
}

SYSCALL3(setpriority, int, which, uint32_t, who, int, nice)
{
	struct prio_call c = { .t = t, .value = CLAMP(nice, -20, 19), .ret = -ESRCH };

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	each_of(t, which, who, set_nice, &c);
	return c.ret;
}

static void best_io(struct task *o, void *arg)
{
	struct prio_call *c = arg;
	int v = o->sched.ioprio;

	/* The lowest value is the best class and level. */
	c->ret = c->ret < 0 ? v : MIN(c->ret, v);
}

static void set_io(struct task *o, void *arg)
{
	struct prio_call *c = arg;
	const struct cred *cr = c->t->cred;

	if (o->cred->ruid != cr->euid && o->cred->ruid != cr->ruid && !cred_capable(cr, CAP_SYS_NICE)) {
		c->ret = -EPERM;
		return;
	}
	if (c->ret == -ESRCH)
		c->ret = 0;
	o->sched.ioprio = c->value;
}

/* IOPRIO_WHO_PROCESS, PGRP and USER are 1, 2 and 3; PRIO_* start at 0. */
SYSCALL2(ioprio_get, int, which, uint32_t, who)
{
	struct prio_call c = { .t = t, .ret = -ESRCH };

	if (which < 1 || which > 3)
		return -EINVAL;
	each_of(t, which - 1, who, best_io, &c);
	return c.ret;
}

SYSCALL3(ioprio_set, int, which, uint32_t, who, int, ioprio)
{
	struct prio_call c = { .t = t, .value = ioprio, .ret = -ESRCH };
	int level = ioprio & 0x1fff;

	switch (ioprio >> 13) {
	case IOPRIO_CLASS_RT:
		if (!task_capable(t, CAP_SYS_ADMIN) && !task_capable(t, CAP_SYS_NICE))
			return -EPERM;
		/* fall through */
	case IOPRIO_CLASS_BE:
		if (level >= 8)
			return -EINVAL;
		break;
	case IOPRIO_CLASS_IDLE:
		break;
	case IOPRIO_CLASS_NONE:
		if (level)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	if (which < 1 || which > 3)
		return -EINVAL;
	each_of(t, which - 1, who, set_io, &c);
	return c.ret;
}
