/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of /proc itself about load, time and memory: stat, uptime, loadavg, meminfo, cpuinfo.
 * Layer: tasks. CPU time is that of the sandbox; memory and processors are the host's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/fs/filesystems.h"
#include "core/host/cpu.h"
#include "core/host/procinfo.h"
#include "core/release.h"
#include "tasks/cputime.h"
#include "tasks/pid.h"
#include "tasks/proc/proc.h"

/* ---- sums over all tasks ---- */

struct totals {
	uint64_t utime, stime, switches;
	unsigned running, threads;
};

static CO_FN void sum_up(struct totals *sum, bool times)
{
	static struct totals last; /* counters never step back, though tasks vanish */
	uint64_t u, s;
	pid_t at = 0;
	struct task *t;

	memset(sum, 0, sizeof(*sum));
	while ((t = task_next(at)) != NULL) {
		at = t->tid;
		sum->threads++;
		sum->running += proc_state(t, NULL) == 'R';
		sum->switches += t->nvcsw + t->nivcsw;
		if (times && t == t->tg->leader) {
			tg_cputime(t->tg, &u, &s);
			sum->utime += u + t->tg->children_sum.utime;
			sum->stime += s + t->tg->children_sum.stime;
			sum->switches += t->tg->dead.nvcsw + t->tg->dead.nivcsw;
		}
		co_did_entries(1);
	}
	last.utime = sum->utime = MAX(sum->utime, last.utime);
	last.stime = sum->stime = MAX(sum->stime, last.stime);
	last.switches = sum->switches = MAX(sum->switches, last.switches);
}

static uint64_t uptime_ns(void)
{
	return (uint64_t)(clock_monotonic() - clock_start());
}

/* Time in which no task ran, over all CPUs. */
static uint64_t idle_ns(const struct totals *sum)
{
	uint64_t all = uptime_ns() * host_cpus(), busy = sum->utime + sum->stime;

	return all > busy ? all - busy : 0;
}

static void cpu_line(struct seq *s, const char *name, const struct totals *sum, unsigned share)
{
	seq_printf(s, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name,
	           (unsigned long long)(sum->utime / share / NS_PER_TICK),
	           (unsigned long long)(sum->stime / share / NS_PER_TICK),
	           (unsigned long long)(idle_ns(sum) / share / NS_PER_TICK));
}

static CO_FN int show_stat(struct seq *s, struct pseudo_open *o UNUSED)
{
	static pid_t forks;
	unsigned n = host_cpus();
	struct totals sum;
	char name[16];

	sum_up(&sum, true);
	forks = MAX(forks, pid_last());
	cpu_line(s, "cpu ", &sum, 1);
	/* Which CPU did the work isn't known. */
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "cpu%u", i);
		cpu_line(s, name, &sum, n);
	}
	seq_printf(s, "intr 0\nctxt %llu\nbtime %lld\nprocesses %d\n", (unsigned long long)sum.switches,
	           (long long)((clock_realtime() - (ktime_t)uptime_ns()) / NSEC_PER_SEC), forks);
	seq_printf(s, "procs_running %u\nprocs_blocked 0\n", MAX(sum.running, 1u));
	seq_puts(s, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return 0;
}

static CO_FN int show_uptime(struct seq *s, struct pseudo_open *o UNUSED)
{
	struct totals sum;
	uint64_t up, idle;

	sum_up(&sum, true);
	up = uptime_ns() / NS_PER_TICK;
	idle = idle_ns(&sum) / NS_PER_TICK;
	seq_printf(s, "%llu.%02llu %llu.%02llu\n", (unsigned long long)(up / 100),
	           (unsigned long long)(up % 100), (unsigned long long)(idle / 100),
	           (unsigned long long)(idle % 100));
	return 0;
}

static CO_FN int show_loadavg(struct seq *s, struct pseudo_open *o UNUSED)
{
	struct totals sum;
	unsigned l[3];

	sum_up(&sum, false);
	host_loadavg(l);
	seq_printf(s, "%u.%02u %u.%02u %u.%02u %u/%u %d\n", l[0] / 100, l[0] % 100, l[1] / 100,
	           l[1] % 100, l[2] / 100, l[2] % 100, sum.running, sum.threads, pid_last());
	return 0;
}

/* ---- memory ---- */

static CO_FN uint64_t guest_rss_kib(void)
{
	struct thread_group *tg;
	struct host_statm m;
	uint64_t pages = 0;
	pid_t at = 0;

	while ((tg = tg_next(at)) != NULL) {
		at = tg->tgid;
		if (tg->leader && tg->leader->mm &&
		    !host_process_statm(platform->as_pid(tg->leader->mm->as), &m))
			pages += m.resident - MIN(m.shared, m.resident);
		co_did_entries(1);
	}
	return pages * (PAGE_SIZE / 1024);
}

static CO_FN int show_meminfo(struct seq *s, struct pseudo_open *o UNUSED)
{
	uint64_t total, free_bytes, anon = guest_rss_kib();
	struct host_meminfo m;

	host_meminfo(&m);
	host_memory(&total, &free_bytes); /* what sysinfo(2) says */
	total /= 1024;
	free_bytes /= 1024;
	const struct { const char *name; uint64_t kib; } lines[] = {
		{ "MemTotal:", total },      { "MemFree:", free_bytes },
		{ "MemAvailable:", MAX(m.available, free_bytes) },
		{ "Buffers:", m.buffers },   { "Cached:", m.cached },
		{ "SwapCached:", 0 },        { "Active:", anon + m.cached / 2 },
		{ "Inactive:", m.cached - m.cached / 2 },
		{ "Active(anon):", anon },   { "Inactive(anon):", 0 },
		{ "Active(file):", m.cached / 2 }, { "Inactive(file):", m.cached - m.cached / 2 },
		{ "Unevictable:", 0 },       { "Mlocked:", 0 },
		{ "SwapTotal:", 0 },         { "SwapFree:", 0 },
		{ "Dirty:", 0 },             { "Writeback:", 0 },
		{ "AnonPages:", anon },      { "Mapped:", 0 },
		{ "Shmem:", 0 },             { "KReclaimable:", 0 },
		{ "Slab:", 0 },              { "SReclaimable:", 0 },
		{ "SUnreclaim:", 0 },        { "KernelStack:", 0 },
		{ "PageTables:", 0 },        { "NFS_Unstable:", 0 },
		{ "Bounce:", 0 },            { "WritebackTmp:", 0 },
		{ "CommitLimit:", total / 2 }, { "Committed_AS:", anon },
		{ "VmallocTotal:", 34359738367 }, { "VmallocUsed:", 0 },
		{ "VmallocChunk:", 0 },      { "Percpu:", 0 },
		{ "HardwareCorrupted:", 0 }, { "AnonHugePages:", 0 },
		{ "ShmemHugePages:", 0 },    { "ShmemPmdMapped:", 0 },
		{ "FileHugePages:", 0 },     { "FilePmdMapped:", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		seq_printf(s, "%-16s%8llu kB\n", lines[i].name, (unsigned long long)lines[i].kib);
	seq_puts(s, "HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\n"
	            "HugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\n");
	return 0;
}

static CO_FN int show_vmstat(struct seq *s, struct pseudo_open *o UNUSED)
{
	static const char *const zero[] = { "pgpgin", "pgpgout", "pswpin", "pswpout", "pgfault",
		                                "pgmajfault" };
	uint64_t total, free_bytes;

	host_memory(&total, &free_bytes);
	seq_printf(s, "nr_free_pages %llu\nnr_anon_pages %llu\n",
	           (unsigned long long)(free_bytes / PAGE_SIZE),
	           (unsigned long long)(guest_rss_kib() / (PAGE_SIZE / 1024)));
	for (size_t i = 0; i < ARRAY_LEN(zero); i++)
		seq_printf(s, "%s 0\n", zero[i]);
	return 0;
}

/* ---- processors ---- */

/* What the processor has but a guest can't use: the sentry keeps gs, and AMX needs leave. */
static bool flag_hidden(const char *flag, size_t len)
{
	static const char *const hidden[] = { "fsgsbase", "pku", "ospke", "user_shstk", "amx_bf16",
		                                  "amx_tile", "amx_int8", "amx_fp16", "amx_complex" };

	for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
		if (strlen(hidden[i]) == len && !strncmp(flag, hidden[i], len))
			return true;
	return false;
}

static void show_flags(struct seq *s, const char *line, size_t len)
{
	const char *p = memchr(line, ':', len), *end = line + len;

	if (!p) {
		seq_write(s, line, len);
		return;
	}
	seq_write(s, line, (size_t)(++p - line));
	while (p < end) {
		const char *word = p + strspn(p, " ");
		size_t n = strcspn(word, " \n");

		if (word >= end || !n)
			break;
		if (!flag_hidden(word, n)) {
			seq_putc(s, ' ');
			seq_write(s, word, n);
		}
		p = word + n;
	}
}

static CO_FN int show_cpuinfo(struct seq *s, struct pseudo_open *o UNUSED)
{
	unsigned cpu = 0, n = host_cpus();
	char *text = host_cpuinfo();

	/* The first n processors, whatever their numbers are on the host. */
	for (char *line = text; line && *line && cpu < n;) {
		size_t len = strcspn(line, "\n");

		if (!len)
			cpu++;
		else if (!strncmp(line, "processor", 9))
			seq_printf(s, "processor\t: %u", cpu);
		else if (!strncmp(line, "flags", 5))
			show_flags(s, line, len);
		else
			seq_write(s, line, len);
		seq_putc(s, '\n');
		line += len + (line[len] == '\n');
		co_did_entries(1);
	}
	free(text);
	return 0;
}

/* ---- what never changes ---- */

static int show_version(struct seq *s, struct pseudo_open *o UNUSED)
{
	seq_puts(s, UTS_SYSNAME " version " UTS_RELEASE " (picket@localhost) (cc) " UTS_VERSION "\n");
	return 0;
}

static int show_text(struct seq *s, struct pseudo_open *o)
{
	seq_puts(s, o->entry->data);
	return 0;
}

static int show_interrupts(struct seq *s, struct pseudo_open *o UNUSED)
{
	seq_puts(s, "           ");
	for (unsigned i = 0; i < host_cpus(); i++)
		seq_printf(s, "CPU%-8u", i);
	seq_putc(s, '\n');
	return 0;
}

static int show_filesystems(struct seq *s, struct pseudo_open *o UNUSED)
{
	for (int i = 0; i < FS_TYPES; i++)
		seq_printf(s, "nodev\t%s\n", fs_type[i]);
	return 0;
}

#define TEXT(n, t) PROC_REG(n, 0444, .show = show_text, .data = (t))
const struct pseudo_entry proc_kernel_entries[] = {
	PROC_REG("stat", 0444, .show = show_stat),
	PROC_REG("uptime", 0444, .show = show_uptime),
	PROC_REG("loadavg", 0444, .show = show_loadavg),
	PROC_REG("meminfo", 0444, .show = show_meminfo),
	PROC_REG("vmstat", 0444, .show = show_vmstat),
	PROC_REG("cpuinfo", 0444, .show = show_cpuinfo),
	PROC_REG("version", 0444, .show = show_version),
	PROC_REG("interrupts", 0444, .show = show_interrupts),
	PROC_REG("locks", 0444, .show = proc_locks_show),
	TEXT("cmdline", "picket\n"),
	PROC_REG("filesystems", 0444, .show = show_filesystems),
	TEXT("devices", "Character devices:\n  1 mem\n  5 /dev/tty\n\nBlock devices:\n"),
	TEXT("partitions", "major minor  #blocks  name\n\n"),
	TEXT("swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
	TEXT("cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"),
	TEXT("modules", ""),
	TEXT("diskstats", ""),
	TEXT("misc", ""),
	PROC_END,
};
