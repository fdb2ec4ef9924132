/* SPDX-License-Identifier: Apache-2.0
 *
 * CPU time of guest threads, as the host counts it for their stub threads. Layer: tasks.
 */
#include "tasks/cputime.h"

#include "tasks/life.h"

#define TICK_NS 10000000ULL

void task_cputime(const struct task *t, uint64_t *utime, uint64_t *stime)
{
	uint64_t u = 0, s = 0;

	if (t->ctx && t->mm)
		platform->ctx_cputime(t->ctx, &u, &s);
	*utime = t->utime + u;
	*stime = t->stime + s;
}

void tg_cputime(const struct thread_group *tg, uint64_t *utime, uint64_t *stime)
{
	const struct task *t;
	uint64_t u, s;

	*utime = tg->dead.utime;
	*stime = tg->dead.stime;
	LIST_FOREACH(t, &tg->tasks, tg_entry) {
		task_cputime(t, &u, &s);
		*utime += u;
		*stime += s;
	}
}

void tg_cputime_clock(const struct thread_group *tg, clock_t *utime, clock_t *stime)
{
	uint64_t u, s;

	tg_cputime(tg, &u, &s);
	*utime = (clock_t)(u / TICK_NS);
	*stime = (clock_t)(s / TICK_NS);
}

void task_account_ctx(struct task *t)
{
	task_cputime(t, &t->utime, &t->stime);
}

void rusage_add(struct rusage_sum *to, const struct rusage_sum *from)
{
	to->utime += from->utime;
	to->stime += from->stime;
	to->minflt += from->minflt;
	to->majflt += from->majflt;
	to->nvcsw += from->nvcsw;
	to->nivcsw += from->nivcsw;
	to->inblock += from->inblock;
	to->oublock += from->oublock;
	to->maxrss_kib = MAX(to->maxrss_kib, from->maxrss_kib);
}

void task_usage(const struct task *t, struct rusage_sum *ret)
{
	*ret = (struct rusage_sum){ .nvcsw = t->nvcsw, .nivcsw = t->nivcsw };
	task_cputime(t, &ret->utime, &ret->stime);
	if (t->mm)
		ret->maxrss_kib = t->mm->peak_pages * (PAGE_SIZE / 1024);
}

void task_account_end(struct task *t)
{
	struct rusage_sum sum;

	task_usage(t, &sum);
	rusage_add(&t->tg->dead, &sum);
	t->utime = t->stime = t->nvcsw = t->nivcsw = 0;
}

void tg_usage(const struct thread_group *tg, struct rusage_sum *ret)
{
	const struct task *t;
	struct rusage_sum one;

	*ret = tg->dead;
	LIST_FOREACH(t, &tg->tasks, tg_entry) {
		task_usage(t, &one);
		rusage_add(ret, &one);
	}
}

void tg_account_reaped(struct thread_group *parent, const struct thread_group *tg)
{
	struct rusage_sum sum;

	tg_usage(tg, &sum);
	rusage_add(&parent->children_sum, &sum);
	rusage_add(&parent->children_sum, &tg->children_sum);
}

static struct timeval ns_to_timeval(uint64_t ns)
{
	return (struct timeval){ .tv_sec = (time_t)(ns / NSEC_PER_SEC),
		                     .tv_usec = (suseconds_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

void rusage_export(const struct rusage_sum *from, struct rusage *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ru_utime = ns_to_timeval(from->utime);
	ret->ru_stime = ns_to_timeval(from->stime);
	ret->ru_maxrss = (long)from->maxrss_kib;
	ret->ru_minflt = (long)from->minflt;
	ret->ru_majflt = (long)from->majflt;
	ret->ru_inblock = (long)from->inblock;
	ret->ru_oublock = (long)from->oublock;
	ret->ru_nvcsw = (long)from->nvcsw;
	ret->ru_nivcsw = (long)from->nivcsw;
}
