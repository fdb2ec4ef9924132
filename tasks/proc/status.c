/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/status. Layer: tasks. The order of lines is fs/proc/array.c's.
 */
#include "core/host/cpu.h"
#include "core/host/procinfo.h"
#include "tasks/proc/proc.h"
#include "tasks/user.h"

static void show_ids(struct seq *s, const struct task *t)
{
	const struct thread_group *tg = t->tg;
	const struct cred *c = t->cred;

	seq_printf(s, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n", tg->tgid, t->tid,
	           tg->parent ? tg->parent->tgid : 0, t->pt.tracer ? t->pt.tracer->tid : 0);
	seq_printf(s, "Uid:\t%u\t%u\t%u\t%u\n", c->ruid, c->euid, c->suid, c->fsuid);
	seq_printf(s, "Gid:\t%u\t%u\t%u\t%u\n", c->rgid, c->egid, c->sgid, c->fsgid);
}

/* The table's size as Linux grows it: 64 descriptors, then by powers of two from 256. */
static unsigned fd_size(struct fdtable *files)
{
	int fd, last = -1;
	unsigned size = 256;

	if (!files)
		return 0;
	for (fd = fd_next(files, 0); fd >= 0; fd = fd_next(files, fd + 1))
		last = fd;
	if (last < 64)
		return 64;
	while (size <= (unsigned)last)
		size *= 2;
	return size;
}

static void show_groups(struct seq *s, const struct task *t)
{
	seq_printf(s, "FDSize:\t%u\nGroups:\t", fd_size(t->files));
	for (unsigned i = 0; i < t->cred->ngroups; i++)
		seq_printf(s, "%s%u", i ? " " : "", t->cred->groups[i]);
	/* The space that tools expect since the first of them. */
	seq_puts(s, " \n");
	seq_printf(s, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", t->tg->tgid, t->tid,
	           t->tg->pgrp ? t->tg->pgrp->id : 0,
	           t->tg->pgrp ? t->tg->pgrp->session->id : 0);
}

static void kib(struct seq *s, const char *name, uint64_t n)
{
	seq_printf(s, "%s:\t%8llu kB\n", name, (unsigned long long)n);
}

static void show_memory(struct seq *s, struct mm *mm)
{
	const unsigned k = PAGE_SIZE / 1024;
	uint64_t text = 0, lib = 0;
	struct host_memory_use m;

	host_process_memory(platform->as_pid(mm->as), &m);
	text = (PAGE_UP(mm->code_end) - PAGE_DOWN(mm->code_start)) / 1024;
	for (struct vma *v = mm_find(mm, 0); v; v = mm_next(v))
		if ((v->prot & 4 /* PROT_EXEC */) && !(v->prot & 2 /* PROT_WRITE */))
			lib += (v->end - v->start) / 1024;
	kib(s, "VmPeak", mm->peak_pages * k);
	kib(s, "VmSize", mm->total_pages * k);
	kib(s, "VmLck", mm->locked_pages * k);
	kib(s, "VmPin", 0);
	kib(s, "VmHWM", m.hwm);
	kib(s, "VmRSS", m.rss);
	kib(s, "RssAnon", m.anon);
	kib(s, "RssFile", m.file);
	kib(s, "RssShmem", m.shmem);
	kib(s, "VmData", mm->data_pages * k);
	kib(s, "VmStk", mm->stack_pages * k);
	kib(s, "VmExe", text);
	kib(s, "VmLib", lib > text ? lib - text : 0);
	kib(s, "VmPTE", m.pte);
	kib(s, "VmSwap", m.swap);
	seq_puts(s, "HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t1\n");
}

static void hex64(struct seq *s, const char *name, uint64_t set)
{
	seq_printf(s, "%s:\t%016llx\n", name, (unsigned long long)set);
}

static void show_signals(struct seq *s, const struct task *t)
{
	seq_printf(s, "Threads:\t%u\nSigQ:\t%u/%llu\n", t->tg->nr_tasks, user_signals(t->cred->ruid),
	           (unsigned long long)task_rlimit(t, RLIMIT_SIGPENDING));
	hex64(s, "SigPnd", t->sig.pending.set);
	hex64(s, "ShdPnd", t->tg->sig.pending.set);
	hex64(s, "SigBlk", t->sig.blocked);
	hex64(s, "SigIgn", proc_sigmask(t, false));
	hex64(s, "SigCgt", proc_sigmask(t, true));
}

static void show_caps(struct seq *s, const struct cred *c)
{
	hex64(s, "CapInh", c->cap_inheritable);
	hex64(s, "CapPrm", c->cap_permitted);
	hex64(s, "CapEff", c->cap_effective);
	hex64(s, "CapBnd", c->cap_bounding);
	hex64(s, "CapAmb", c->cap_ambient);
	seq_printf(s, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n", c->no_new_privs);
	seq_puts(s, "Speculation_Store_Bypass:\tvulnerable\n"
	            "SpeculationIndirectBranch:\tunknown\n");
}

static bool may_run_on(const struct task *t, unsigned cpu)
{
	return !t->sched.affinity_set || (t->sched.affinity[cpu / 64] >> (cpu % 64) & 1);
}

/* Words of 32 bits, the highest first. */
static void show_cpu_mask(struct seq *s, const struct task *t, unsigned n)
{
	for (unsigned word = (n + 31) / 32; word-- > 0;) {
		unsigned width = MIN(n - word * 32, 32u);
		uint32_t bits = 0;

		for (unsigned i = 0; i < width; i++)
			bits |= (uint32_t)may_run_on(t, word * 32 + i) << i;
		seq_printf(s, "%0*x%s", (int)(width + 3) / 4, bits, word ? "," : "\n");
	}
}

static void show_cpus(struct seq *s, const struct task *t)
{
	unsigned n = MIN(host_cpus(), (unsigned)SCHED_CPUS_MAX);
	const char *sep = "";

	seq_puts(s, "Cpus_allowed:\t");
	show_cpu_mask(s, t, n);
	seq_puts(s, "Cpus_allowed_list:\t");
	for (unsigned i = 0, end; i < n; i = end + 1) {
		end = i;
		if (!may_run_on(t, i))
			continue;
		while (end + 1 < n && may_run_on(t, end + 1))
			end++;
		seq_printf(s, end > i ? "%s%u-%u" : "%s%u", sep, i, end);
		sep = ",";
	}
	seq_puts(s, "\nMems_allowed:\t00000000,00000001\nMems_allowed_list:\t0\n");
}

CO_FN int proc_status_show(struct seq *s, struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);
	const char *text;
	char c;

	if (!t)
		return -ESRCH;
	c = proc_state(t, &text);
	seq_puts(s, "Name:\t");
	proc_show_name(s, t);
	seq_putc(s, '\n');
	if (t->fs)
		seq_printf(s, "Umask:\t%#04o\n", t->fs->umask);
	seq_printf(s, "State:\t%c (%s)\n", c, text);
	show_ids(s, t);
	show_groups(s, t);
	if (t->mm)
		show_memory(s, t->mm);
	show_signals(s, t);
	show_caps(s, t->cred);
	show_cpus(s, t);
	seq_printf(s, "voluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
	           (unsigned long long)t->nvcsw, (unsigned long long)t->nivcsw);
	return 0;
}
