/* SPDX-License-Identifier: Apache-2.0
 *
 * Resource limits and usage: getrlimit, setrlimit, prlimit64, getrusage, times. Layer: syscalls.
 */
#include <sys/resource.h>
#include <sys/times.h>

#include "core/clock.h"
#include "syscalls/syscall.h"
#include "tasks/cputime.h"
#include "tasks/itimer.h"

#define TICK_NS 10000000ULL

static int set_limit(struct task *t, struct thread_group *tg, unsigned which,
                     const struct rlimit64 *new)
{
	struct rlimit64 *r = &tg->rlim[which];

	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->rlim_max > FDTABLE_MAX)
		return -EPERM;
	if (new->rlim_max > r->rlim_max && !task_capable(t, CAP_SYS_RESOURCE))
		return -EPERM;
	*r = *new;
	if (which == RLIMIT_CPU && new->rlim_cur != RLIM_INFINITY)
		cpu_limit_watch(tg);
	return 0;
}

SYSCALL2(getrlimit, unsigned, which, gaddr_t, ulim)
{
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	return copyout_obj(ulim, &t->tg->rlim[which]);
}

SYSCALL2(setrlimit, unsigned, which, gaddr_t, ulim)
{
	struct rlimit64 new;

	if (copyin_obj(&new, ulim))
		return -EFAULT;
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	return set_limit(t, t->tg, which, &new);
}

static bool may_prlimit(const struct task *t, const struct task *o)
{
	const struct cred *c = t->cred, *k = o->cred;

	if (t->tg == o->tg)
		return true;
	if (c->ruid == k->euid && c->ruid == k->suid && c->ruid == k->ruid && c->rgid == k->egid &&
	    c->rgid == k->sgid && c->rgid == k->rgid)
		return true;
	return cred_capable(c, CAP_SYS_RESOURCE);
}

SYSCALL4(prlimit64, pid_t, pid, unsigned, which, gaddr_t, unew, gaddr_t, uold)
{
	struct task *o;
	struct rlimit64 new, old;
	int err;

	if (unew && copyin_obj(&new, unew))
		return -EFAULT;
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	/* The copy may have yielded. */
	o = pid ? task_find(pid) : t;
	if (!o)
		return -ESRCH;
	if (!may_prlimit(t, o))
		return -EPERM;
	old = o->tg->rlim[which];
	if (unew) {
		err = set_limit(t, o->tg, which, &new);
		if (err)
			return err;
	}
	return uold ? copyout_obj(uold, &old) : 0;
}

SYSCALL2(getrusage, int, who, gaddr_t, uru)
{
	struct rusage_sum sum;
	struct rusage ru;

	switch (who) {
	case RUSAGE_SELF:
		tg_usage(t->tg, &sum);
		break;
	case RUSAGE_CHILDREN:
		sum = t->tg->children_sum;
		break;
	case RUSAGE_THREAD:
		task_usage(t, &sum);
		break;
	default:
		return -EINVAL;
	}
	rusage_export(&sum, &ru);
	return copyout_obj(uru, &ru);
}

SYSCALL1(times, gaddr_t, ubuf)
{
	struct tms tms;
	uint64_t u, s;

	if (ubuf) {
		tg_cputime(t->tg, &u, &s);
		tms.tms_utime = (clock_t)(u / TICK_NS);
		tms.tms_stime = (clock_t)(s / TICK_NS);
		tms.tms_cutime = (clock_t)(t->tg->children_sum.utime / TICK_NS);
		tms.tms_cstime = (clock_t)(t->tg->children_sum.stime / TICK_NS);
		if (copyout_obj(ubuf, &tms))
			return -EFAULT;
	}
	return (int64_t)((uint64_t)clock_monotonic() / TICK_NS);
}
