/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/stat, statm, children: what ps(1) and top(1) read. Layer: tasks.
 */
#include <sched.h>
#include <sys/sysmacros.h>

#include "core/clock.h"
#include "core/host/cpu.h"
#include "core/host/procinfo.h"
#include "tasks/cputime.h"
#include "tasks/proc/proc.h"
#include "tasks/signal_impl.h"
#include "tasks/tty.h"

/* Bits of field 9: include/linux/sched.h */
#define PF_EXITING 0x4
#define PF_FORKNOEXEC 0x40
#define PF_RANDOMIZE 0x400000

char proc_state(const struct task *t, const char **text)
{
	static const struct { char c; const char *text; } names[] = {
		{ 'R', "running" }, { 'S', "sleeping" }, { 'T', "stopped" },
		{ 'Z', "zombie" },  { 'X', "dead" },     { 't', "tracing stop" },
	};
	int i = 0;

	if (t->state == TASK_ZOMBIE)
		i = 3;
	else if (t->state == TASK_DEAD)
		i = 4;
	else if (t->state == TASK_STOPPED)
		i = 2;
	else if (t->state == TASK_TRACED)
		i = 5;
	else if (!t->co || (t->in_syscall && t->co != co_self() && !t->co->queued))
		i = 1;
	if (text)
		*text = names[i].text;
	return names[i].c;
}

uint64_t proc_sigmask(const struct task *t, bool caught)
{
	uint64_t set = 0;

	for (int sig = 1; sig <= NSIG_KERNEL; sig++) {
		gaddr_t h = t->tg->sig.action[sig - 1].handler;

		if (caught ? h != SIG_DFL_K && h != SIG_IGN_K : h == SIG_IGN_K)
			set |= sig_bit(sig);
	}
	return set;
}

static long priority(const struct task *t)
{
	return t->sched.rt_prio ? -1 - t->sched.rt_prio : 20 + t->sched.nice;
}

/* new_encode_dev() */
static unsigned tty_number(const struct thread_group *tg)
{
	dev_t d = tg->pgrp && tg->pgrp->session->tty ? tty_rdev(tg->pgrp->session->tty) : 0;

	return (minor(d) & 0xff) | major(d) << 8 | (minor(d) & ~0xffu) << 12;
}

static unsigned task_flags(const struct task *t)
{
	return (t->exiting || t->state == TASK_ZOMBIE ? PF_EXITING : 0) |
	       (t->forked_no_exec ? PF_FORKNOEXEC : 0) | (t->mm && t->mm->aslr ? PF_RANDOMIZE : 0);
}

static void times(const struct task *t, bool whole, uint64_t *u, uint64_t *s)
{
	if (whole)
		tg_cputime(t->tg, u, s);
	else
		task_cputime(t, u, s);
	*u /= NS_PER_TICK;
	*s /= NS_PER_TICK;
}

static uint64_t ticks_of(uint64_t ns)
{
	return ns / NS_PER_TICK;
}

/* Since the sandbox began, as /proc/uptime counts. */
static uint64_t start_ticks(const struct task *t)
{
	ktime_t start = (ktime_t)t->start_time - clock_start();

	return start > 0 ? ticks_of((uint64_t)start) : 0;
}

static void show_memory(struct seq *s, const struct task *t, bool permitted)
{
	const struct mm *mm = t->mm;
	struct host_statm m = { 0 };
	uint64_t limit = t->tg->rlim[RLIMIT_RSS].rlim_cur;

	if (mm)
		host_process_statm(platform->as_pid(mm->as), &m);
	seq_printf(s, " %llu %llu %llu", (unsigned long long)(mm ? mm->total_pages * PAGE_SIZE : 0),
	           (unsigned long long)m.resident, (unsigned long long)limit);
	seq_printf(s, " %llu %llu %llu 0 0",
	           (unsigned long long)(mm ? permitted ? mm->code_start : 1 : 0),
	           (unsigned long long)(mm ? permitted ? mm->code_end : 1 : 0),
	           (unsigned long long)(mm && permitted ? mm->stack_start : 0));
}

static void show_layout(struct seq *s, const struct mm *mm)
{
	if (!mm) {
		seq_puts(s, " 0 0 0 0 0 0 0");
		return;
	}
	seq_printf(s, " %llu %llu %llu %llu %llu %llu %llu", (unsigned long long)mm->data_start,
	           (unsigned long long)mm->data_end, (unsigned long long)mm->brk_start,
	           (unsigned long long)mm->arg_start, (unsigned long long)mm->arg_end,
	           (unsigned long long)mm->env_start, (unsigned long long)mm->env_end);
}

/* proc_task_name() */
void proc_show_name(struct seq *s, const struct task *t)
{
	for (const char *p = t->comm; *p; p++) {
		if (*p == '\n' || *p == '\\')
			seq_putc(s, '\\');
		seq_putc(s, *p == '\n' ? 'n' : *p);
	}
}

static void show_ids(struct seq *s, const struct task *t)
{
	const struct thread_group *tg = t->tg;

	seq_printf(s, "%d (", t->tid);
	seq_puts(s, t->comm); /* as it is: readers look for the last parenthesis */
	seq_printf(s, ") %c %d %d %d %u %d %u", proc_state(t, NULL), tg->parent ? tg->parent->tgid : 0,
	           tg->pgrp ? tg->pgrp->id : 0, tg->pgrp ? tg->pgrp->session->id : 0,
	           tty_number(tg),
	           tg->pgrp && tg->pgrp->session->tty ? tty_foreground(tg->pgrp->session->tty) : -1,
	           task_flags(t));
}

CO_FN int proc_stat_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	struct thread_group *tg;
	uint64_t u, sys, minflt = 0, majflt = 0;
	bool whole = o->key.kind != PROC_THREAD, permitted;

	if (!t)
		return -ESRCH;
	tg = t->tg;
	permitted = proc_may_access(t);
	times(t, whole, &u, &sys);
	if (t->mm)
		host_process_faults(platform->as_pid(t->mm->as), &minflt, &majflt);
	show_ids(s, t);
	seq_printf(s, " %llu %llu %llu %llu", (unsigned long long)(minflt + tg->dead.minflt),
	           (unsigned long long)tg->children_sum.minflt,
	           (unsigned long long)(majflt + tg->dead.majflt),
	           (unsigned long long)tg->children_sum.majflt);
	seq_printf(s, " %llu %llu %llu %llu", (unsigned long long)u, (unsigned long long)sys,
	           (unsigned long long)ticks_of(tg->children_sum.utime),
	           (unsigned long long)ticks_of(tg->children_sum.stime));
	seq_printf(s, " %ld %d %u 0 %llu", priority(t), t->sched.nice, tg->nr_tasks,
	           (unsigned long long)start_ticks(t));
	show_memory(s, t, permitted);
	seq_printf(s, " %llu %llu %llu %llu %d 0 0 %d %u %d %d 0 0 0",
	           (unsigned long long)(t->sig.pending.set & 0x7fffffff),
	           (unsigned long long)(t->sig.blocked & 0x7fffffff),
	           (unsigned long long)(proc_sigmask(t, false) & 0x7fffffff),
	           (unsigned long long)(proc_sigmask(t, true) & 0x7fffffff),
	           permitted && proc_state(t, NULL) != 'R', /* wchan: is there one? */
	           t->tid == tg->tgid ? tg->exit_signal : -1, (unsigned)t->tid % host_cpus(),
	           t->sched.rt_prio, t->sched.policy);
	show_layout(s, permitted ? t->mm : NULL);
	seq_printf(s, " %d\n", permitted ? t->exit_code : 0);
	return 0;
}

static uint64_t pages_of(gaddr_t start, gaddr_t end)
{
	return end > start ? (PAGE_UP(end) - PAGE_DOWN(start)) >> PAGE_SHIFT : 0;
}

CO_FN int proc_statm_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	struct host_statm m;

	if (!t)
		return -ESRCH;
	if (!t->mm) {
		seq_puts(s, "0 0 0 0 0 0 0\n");
		return 0;
	}
	host_process_statm(platform->as_pid(t->mm->as), &m);
	seq_printf(s, "%llu %llu %llu %llu 0 %llu 0\n", (unsigned long long)t->mm->total_pages,
	           (unsigned long long)m.resident, (unsigned long long)m.shared,
	           (unsigned long long)pages_of(t->mm->code_start, t->mm->code_end),
	           (unsigned long long)(t->mm->data_pages + t->mm->stack_pages));
	return 0;
}

CO_FN int proc_children_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	struct thread_group *c;

	if (!t)
		return -ESRCH;
	LIST_FOREACH(c, &t->tg->children, sibling)
		if (c->parent_tid == t->tid)
			seq_printf(s, "%d ", c->tgid);
	return 0;
}
