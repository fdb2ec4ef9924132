/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/sys: what the kernel is set to. Layer: tasks. Host and domain name and the limits of
 * inotify can be changed (and those of IPC: ipc.c); the rest is as it is, and says so in its
 * permissions.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fs/inotify.h"
#include "core/host/random.h"
#include "core/ipc/pipe.h"
#include "core/mm/vma.h"
#include "core/objcount.h"
#include "core/release.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/proc/proc.h"

#define SYSCTL(n, m, ...) PROC_REG(n, m, .strict = true, __VA_ARGS__)
#define NUMBER(n, v) SYSCTL(n, 0444, .show = show_number, .arg = (v))
#define TEXT(n, v) SYSCTL(n, 0444, .show = show_text, .data = (v))

static int show_number(struct seq *s, struct pseudo_open *o)
{
	seq_printf(s, "%ld\n", o->entry->arg);
	return 0;
}

static int show_text(struct seq *s, struct pseudo_open *o)
{
	seq_printf(s, "%s\n", (const char *)o->entry->data);
	return 0;
}

/* ---- names of the host: those of the reader's own uts namespace ---- */

static char *uts_field(const struct pseudo_open *o)
{
	struct task *by = current_task();

	if (!by || !by->tg->uts)
		return NULL;
	return o->entry->arg ? by->tg->uts->domainname : by->tg->uts->nodename;
}

static int show_uts(struct seq *s, struct pseudo_open *o)
{
	const char *name = uts_field(o);

	seq_printf(s, "%s\n", name ? name : "");
	return 0;
}

/* proc_do_uts_string(): up to the end of the line, cut to 64 bytes. */
static ssize_t store_uts(struct pseudo_open *o, const char *buf, size_t n)
{
	struct task *by = current_task();
	char *name = uts_field(o);
	size_t len = strcspn(buf, "\n");

	if (!name || !task_capable(by, CAP_SYS_ADMIN))
		return -EPERM;
	memset(name, 0, 65);
	memcpy(name, buf, MIN(len, (size_t)64));
	return (ssize_t)n;
}

/* ---- random ---- */

static void show_bytes_as_uuid(struct seq *s, unsigned char b[16])
{
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (int i = 0; i < 16; i++)
		seq_printf(s, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
	seq_putc(s, '\n');
}

static int show_uuid(struct seq *s, struct pseudo_open *o UNUSED)
{
	unsigned char b[16];

	host_random(b, sizeof(b));
	show_bytes_as_uuid(s, b);
	return 0;
}

static int show_boot_id(struct seq *s, struct pseudo_open *o UNUSED)
{
	static unsigned char id[16];
	static bool known;

	if (!known)
		host_random(id, sizeof(id));
	known = true;
	show_bytes_as_uuid(s, id);
	return 0;
}

static const struct pseudo_entry random_entries[] = {
	SYSCTL("boot_id", 0444, .show = show_boot_id),
	SYSCTL("uuid", 0444, .show = show_uuid),
	NUMBER("entropy_avail", 256),
	NUMBER("poolsize", 256),
	PROC_END,
};
static struct pseudo_dir random_dir = { .tables = { random_entries } };

/* ---- kernel ---- */

static int show_last_pid(struct seq *s, struct pseudo_open *o UNUSED)
{
	seq_printf(s, "%d\n", pid_last());
	return 0;
}

static const struct pseudo_entry kernel_entries[] = {
	TEXT("ostype", UTS_SYSNAME),
	TEXT("osrelease", UTS_RELEASE),
	TEXT("version", UTS_VERSION),
	SYSCTL("hostname", 0644, .show = show_uts, .store = store_uts),
	SYSCTL("domainname", 0644, .show = show_uts, .store = store_uts, .arg = 1),
	NUMBER("pid_max", PID_MAX),
	NUMBER("threads-max", TASKS_MAX),
	SYSCTL("ns_last_pid", 0444, .show = show_last_pid),
	PROC_DIR("random", 0555, &random_dir),
	NUMBER("cap_last_cap", CAP_LAST_CAP),
	NUMBER("ngroups_max", CRED_MAX_GROUPS),
	NUMBER("overflowuid", 65534),
	NUMBER("overflowgid", 65534),
	TEXT("core_pattern", "core"),
	NUMBER("core_uses_pid", 0),
	NUMBER("randomize_va_space", 2),
	TEXT("printk", "4\t4\t1\t7"),
	NUMBER("tainted", 0),
	NUMBER("sched_child_runs_first", 0),
	NUMBER("perf_event_paranoid", 2),
	PROC_END,
};

/* ---- vm ---- */

static const struct pseudo_entry vm_entries[] = {
	NUMBER("overcommit_memory", 0),
	NUMBER("overcommit_ratio", 50),
	NUMBER("max_map_count", MM_MAX_MAPS),
	NUMBER("mmap_min_addr", MM_MIN_ADDR),
	NUMBER("swappiness", 60),
	NUMBER("min_free_kbytes", 67584),
	PROC_END,
};

/* ---- fs ---- */

static void count_files(const struct objcount *c, void *arg)
{
	if (!strcmp(c->name, "file"))
		*(long *)arg = c->live;
}

static int show_file_nr(struct seq *s, struct pseudo_open *o UNUSED)
{
	long n = 0;

	objcount_each(count_files, &n);
	seq_printf(s, "%ld\t0\t%lld\n", n, (long long)INT64_MAX);
	return 0;
}

/* A number that counts from then on. */
static int show_limit(struct seq *s, struct pseudo_open *o)
{
	seq_printf(s, "%ld\n", *(const long *)o->entry->data);
	return 0;
}

/* proc_dointvec_minmax() with one number, of at least 0. */
static ssize_t store_limit(struct pseudo_open *o, const char *buf, size_t n)
{
	long *limit = (long *)(uintptr_t)o->entry->data;
	char *end;
	long v;

	errno = 0;
	v = strtol(buf, &end, 10);
	if (end == buf || errno || v < 0 || v > INT_MAX || !strchr(" \t\n", *end))
		return -EINVAL;
	*limit = v;
	return (ssize_t)n;
}

#define LIMIT(n, v) SYSCTL(n, 0644, .show = show_limit, .store = store_limit, .data = &(v))

static const struct pseudo_entry inotify_entries[] = {
	LIMIT("max_queued_events", inotify_limits.max_queued_events),
	LIMIT("max_user_instances", inotify_limits.max_user_instances),
	LIMIT("max_user_watches", inotify_limits.max_user_watches),
	PROC_END,
};
static struct pseudo_dir inotify_dir = { .tables = { inotify_entries } };

static const struct pseudo_entry fs_entries[] = {
	NUMBER("file-max", INT64_MAX),
	SYSCTL("file-nr", 0444, .show = show_file_nr),
	NUMBER("nr_open", FDTABLE_MAX),
	NUMBER("pipe-max-size", PIPE_MAX_SIZE),
	NUMBER("pipe-user-pages-soft", 16384),
	NUMBER("pipe-user-pages-hard", 0),
	PROC_DIR("inotify", 0555, &inotify_dir),
	NUMBER("aio-max-nr", 65536),
	NUMBER("aio-nr", 0),
	NUMBER("protected_symlinks", 1),
	NUMBER("protected_hardlinks", 1),
	NUMBER("suid_dumpable", 0),
	NUMBER("overflowuid", 65534),
	NUMBER("overflowgid", 65534),
	PROC_END,
};

/* ---- net: defaults of Linux; the network stack adds its own ---- */

static const struct pseudo_entry core_entries[] = {
	NUMBER("somaxconn", 4096),      NUMBER("rmem_max", 212992),
	NUMBER("wmem_max", 212992),     NUMBER("rmem_default", 212992),
	NUMBER("wmem_default", 212992), PROC_END,
};

static const struct pseudo_entry ipv4_entries[] = {
	TEXT("ip_local_port_range", "32768\t60999"),
	NUMBER("ip_unprivileged_port_start", 1024),
	NUMBER("ip_forward", 0),
	PROC_END,
};

int proc_sysctl_init(void)
{
	static const struct { struct pseudo_dir *dir; const struct pseudo_entry *table; } all[] = {
		{ &proc_sys_kernel, kernel_entries }, { &proc_sys_vm, vm_entries },
		{ &proc_sys_fs, fs_entries },         { &proc_sys_net_core, core_entries },
		{ &proc_sys_net_ipv4, ipv4_entries },
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(all) && !err; i++)
		err = pseudo_dir_add(all[i].dir, all[i].table);
	return err;
}
