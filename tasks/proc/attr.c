/* SPDX-License-Identifier: Apache-2.0
 *
 * Small files of /proc/PID: name, limits, accounting, identity. Layer: tasks.
 */
#include <ctype.h>
#include <stdio.h>

#include "core/clock.h"
#include "tasks/cputime.h"
#include "tasks/proc/proc.h"

#define DUMP_FILTER_DEFAULT 0x33u
#define DUMP_FILTER_ALL 0x1ffu

/* ---- comm ---- */

CO_FN int proc_comm_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	seq_puts(s, t->comm);
	seq_putc(s, '\n');
	return 0;
}

CO_FN ssize_t proc_comm_store(struct pseudo_open *o, const char *buf, size_t n)
{
	struct task *t = proc_task(&o->key), *by = current_task();

	if (!t)
		return -ESRCH;
	if (by && by->tg != t->tg)
		return -EINVAL;
	memset(t->comm, 0, sizeof(t->comm));
	memcpy(t->comm, buf, MIN(strnlen(buf, n), sizeof(t->comm) - 1));
	return (ssize_t)n;
}

/* ---- limits ---- */

CO_FN int proc_limits_show(struct seq *s, struct pseudo_open *o)
{
	static const struct { const char *name, *unit; } names[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	seq_puts(s, "Limit                     Soft Limit           Hard Limit           Units     \n");
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		const struct rlimit64 *r = &t->tg->rlim[i];
		char soft[24] = "unlimited", hard[24] = "unlimited";

		if (r->rlim_cur != RLIM_INFINITY)
			snprintf(soft, sizeof(soft), "%llu", (unsigned long long)r->rlim_cur);
		if (r->rlim_max != RLIM_INFINITY)
			snprintf(hard, sizeof(hard), "%llu", (unsigned long long)r->rlim_max);
		seq_printf(s, "%-25s %-20s %-20s ", names[i].name, soft, hard);
		seq_printf(s, *names[i].unit ? "%-10s\n" : "%s\n", names[i].unit);
	}
	return 0;
}

/* ---- the out-of-memory killer's wishes: kept and shown ---- */

CO_FN int proc_oom_score_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	/* oom_badness() without the share of memory in use, scaled as proc_oom_score() does. */
	seq_printf(s, "%d\n", MAX((1000 + t->tg->oom_score_adj) * 2 / 3, 0));
	return 0;
}

CO_FN int proc_oom_score_adj_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	seq_printf(s, "%d\n", t->tg->oom_score_adj);
	return 0;
}

/* __set_oom_adj(): lowering needs CAP_SYS_RESOURCE, unless it was that low before. */
static ssize_t set_oom(const struct pseudo_open *o, int adj, bool legacy, size_t n)
{
	struct task *t = proc_task(&o->key), *by = current_task();
	bool able = !by || task_capable(by, CAP_SYS_RESOURCE);

	if (!t)
		return -ESRCH;
	if (adj < (legacy ? t->tg->oom_score_adj : t->tg->oom_score_adj_min) && !able)
		return -EACCES;
	t->tg->oom_score_adj = adj;
	if (!legacy && able)
		t->tg->oom_score_adj_min = adj;
	return (ssize_t)n;
}

CO_FN ssize_t proc_oom_score_adj_store(struct pseudo_open *o, const char *buf, size_t n)
{
	int64_t v;

	if (proc_parse(buf, &v) || v < -1000 || v > 1000)
		return -EINVAL;
	return set_oom(o, (int)v, false, n);
}

CO_FN int proc_oom_adj_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	int adj;

	if (!t)
		return -ESRCH;
	adj = t->tg->oom_score_adj;
	seq_printf(s, "%d\n", adj == 1000 ? 15 : MIN(adj * 17 / 1000, 15));
	return 0;
}

CO_FN ssize_t proc_oom_adj_store(struct pseudo_open *o, const char *buf, size_t n)
{
	int64_t v;

	if (proc_parse(buf, &v) || v < -17 || v > 15)
		return -EINVAL;
	return set_oom(o, v == 15 ? 1000 : (int)v * 1000 / 17, true, n);
}

/* ---- accounting ---- */

CO_FN int proc_io_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key), *i;
	uint64_t rchar = 0, wchar = 0, syscr = 0, syscw = 0;

	if (!t)
		return -ESRCH;
	LIST_FOREACH(i, &t->tg->tasks, tg_entry) {
		if (o->key.kind == PROC_THREAD && i != t)
			continue;
		rchar += i->rchar;
		wchar += i->wchar;
		syscr += i->syscr;
		syscw += i->syscw;
	}
	seq_printf(s, "rchar: %llu\nwchar: %llu\nsyscr: %llu\nsyscw: %llu\n", (unsigned long long)rchar,
	           (unsigned long long)wchar, (unsigned long long)syscr, (unsigned long long)syscw);
	seq_printf(s, "read_bytes: %llu\nwrite_bytes: %llu\ncancelled_write_bytes: 0\n",
	           (unsigned long long)t->tg->dead.inblock * 512,
	           (unsigned long long)t->tg->dead.oublock * 512);
	return 0;
}

static void sched_line(struct seq *s, const char *name, int64_t v)
{
	seq_printf(s, "%-45s:%21lld\n", name, (long long)v);
}

CO_FN int proc_sched_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	uint64_t u, sys, sum;

	if (!t)
		return -ESRCH;
	task_cputime(t, &u, &sys);
	sum = u + sys;
	seq_puts(s, t->comm);
	seq_printf(s, " (%d, #threads: %u)\n", t->tid, t->tg->nr_tasks);
	seq_puts(s, "-------------------------------------------------------------------\n");
	seq_printf(s, "%-45s:%14llu.%06llu\n", "se.sum_exec_runtime",
	           (unsigned long long)(sum / NSEC_PER_MSEC),
	           (unsigned long long)(sum % NSEC_PER_MSEC));
	sched_line(s, "nr_switches", (int64_t)(t->nvcsw + t->nivcsw));
	sched_line(s, "nr_voluntary_switches", (int64_t)t->nvcsw);
	sched_line(s, "nr_involuntary_switches", (int64_t)t->nivcsw);
	sched_line(s, "policy", t->sched.policy);
	sched_line(s, "prio", t->sched.rt_prio ? 99 - t->sched.rt_prio : 120 + t->sched.nice);
	return 0;
}

CO_FN int proc_schedstat_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	uint64_t u, sys;

	if (!t)
		return -ESRCH;
	task_cputime(t, &u, &sys);
	seq_printf(s, "%llu 0 %llu\n", (unsigned long long)(u + sys),
	           (unsigned long long)(t->nvcsw + t->nivcsw));
	return 0;
}

/* ---- what it is doing ---- */

/* There are no kernel functions to name. */
CO_FN int proc_wchan_show(struct seq *s, struct pseudo_open *o)
{
	if (!proc_task(&o->key))
		return -ESRCH;
	seq_putc(s, '0');
	return 0;
}

CO_FN int proc_stack_show(struct seq *s UNUSED, struct pseudo_open *o)
{
	const struct task *by = current_task();

	if (by && !task_capable(by, CAP_SYS_ADMIN))
		return -EACCES;
	return proc_task(&o->key) ? 0 : -ESRCH;
}

CO_FN int proc_syscall_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	struct arch_regs r;

	if (!t)
		return -ESRCH;
	if (!t->ctx || !t->in_syscall) {
		seq_puts(s, "running\n");
		return 0;
	}
	platform->ctx_get_regs(t->ctx, &r);
	seq_printf(s, "%lld", (long long)t->syscall_nr);
	for (int i = 0; i < 6; i++)
		seq_printf(s, " 0x%llx", (unsigned long long)t->syscall_args[i]);
	seq_printf(s, " 0x%llx 0x%llx\n", (unsigned long long)arch_sp(&r),
	           (unsigned long long)arch_pc(&r));
	return 0;
}

/* ---- settings ---- */

CO_FN int proc_personality_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	seq_printf(s, "%08x\n", t->personality);
	return 0;
}

CO_FN int proc_coredump_filter_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	if (t->mm)
		seq_printf(s, "%08x\n", DUMP_FILTER_DEFAULT ^ t->tg->coredump_filter_flip);
	return 0;
}

CO_FN ssize_t proc_coredump_filter_store(struct pseudo_open *o, const char *buf, size_t n)
{
	struct task *t = proc_task(&o->key);
	int64_t v;

	if (proc_parse(buf, &v))
		return -EINVAL;
	if (!t || !t->mm)
		return -ESRCH;
	t->tg->coredump_filter_flip = DUMP_FILTER_DEFAULT ^ ((unsigned)v & DUMP_FILTER_ALL);
	return (ssize_t)n;
}

static int may_set_slack(const struct task *t)
{
	const struct task *by = current_task();

	return !by || by == t || task_capable(by, CAP_SYS_NICE) ? 0 : -EPERM;
}

CO_FN int proc_timerslack_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	if (may_set_slack(t))
		return -EPERM;
	seq_printf(s, "%lld\n", (long long)t->timer_slack);
	return 0;
}

CO_FN ssize_t proc_timerslack_store(struct pseudo_open *o, const char *buf, size_t n)
{
	struct task *t = proc_task(&o->key);
	int64_t v;

	if (proc_parse(buf, &v) || v < 0)
		return -EINVAL;
	if (!t)
		return -ESRCH;
	if (may_set_slack(t))
		return -EPERM;
	t->timer_slack = v ? v : t->timer_slack_default;
	return (ssize_t)n;
}

/* ---- groups and users: one control group, one user namespace, no audit session ---- */

CO_FN int proc_cgroup_show(struct seq *s, struct pseudo_open *o)
{
	if (!proc_task(&o->key))
		return -ESRCH;
	seq_puts(s, "0::/\n");
	return 0;
}

CO_FN int proc_cpuset_show(struct seq *s, struct pseudo_open *o)
{
	if (!proc_task(&o->key))
		return -ESRCH;
	seq_puts(s, "/\n");
	return 0;
}

CO_FN int proc_loginuid_show(struct seq *s, struct pseudo_open *o)
{
	if (!proc_task(&o->key))
		return -ESRCH;
	seq_puts(s, "4294967295"); /* no line end in Linux's either */
	return 0;
}

CO_FN int proc_id_map_show(struct seq *s, struct pseudo_open *o)
{
	if (!proc_task(&o->key))
		return -ESRCH;
	seq_printf(s, "%10u %10u %10u\n", 0u, 0u, 4294967295u);
	return 0;
}

/* The first user namespace has its map from the start. */
CO_FN ssize_t proc_id_map_store(struct pseudo_open *o UNUSED, const char *buf UNUSED,
                                size_t n UNUSED)
{
	return -EPERM;
}

CO_FN int proc_setgroups_show(struct seq *s, struct pseudo_open *o)
{
	if (!proc_task(&o->key))
		return -ESRCH;
	seq_puts(s, "allow\n");
	return 0;
}
