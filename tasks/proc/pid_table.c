/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in /proc/PID, in /proc/PID/task/TID, and in their ns. Layer: tasks. Order and permissions
 * are fs/proc/base.c's.
 */
#include <stdio.h>

#include "tasks/proc/proc.h"

#define LINK(n, f)                                                                                 \
	{ .name = (n), .mode = S_IFLNK | 0777, .readlink = proc_path_readlink, .follow = (f) }
#define RO(n, m, fn) PROC_REG(n, m, .show = proc_##fn##_show)
#define RW(n, m, fn) PROC_REG(n, m, .show = proc_##fn##_show, .store = proc_##fn##_store)
#define TRACED(n, m, fn) PROC_REG(n, m, .show = proc_##fn##_show, .open = proc_open_access)

/* In both directories. */
#define COMMON                                                                                     \
	{ .name = "fd", .mode = S_IFDIR | 0500, .dir = &proc_fd_dir,                               \
	  .refresh = proc_fd_dir_refresh },                                                        \
	PROC_DIR("fdinfo", 0555, &proc_fdinfo_dir),                                                \
	PROC_DIR("ns", 0511, &proc_ns_dir), PROC_DIR("net", 0555, &proc_net),                      \
	TRACED("environ", 0400, environ), TRACED("auxv", 0400, auxv), RO("status", 0444, status),  \
	TRACED("personality", 0400, personality), RO("limits", 0444, limits),                      \
	RO("sched", 0644, sched), RW("comm", 0644, comm), TRACED("syscall", 0400, syscall),        \
	RO("cmdline", 0444, cmdline), RO("stat", 0444, stat), RO("statm", 0444, statm),            \
	TRACED("maps", 0444, maps),                                                                \
	PROC_REG("mem", 0600, .fops = &proc_mem_fops, .open = proc_open_access),                   \
	LINK("cwd", proc_cwd_follow), LINK("root", proc_root_follow),                              \
	LINK("exe", proc_exe_follow), RO("mounts", 0444, mounts),                                  \
	RO("mountinfo", 0444, mountinfo),                                                          \
	PROC_REG("clear_refs", 0200, .store = proc_clear_refs_store),                              \
	TRACED("smaps", 0444, smaps), TRACED("smaps_rollup", 0444, smaps_rollup),                  \
	RO("wchan", 0444, wchan), TRACED("stack", 0400, stack), RO("schedstat", 0444, schedstat),  \
	RO("cpuset", 0444, cpuset), RO("cgroup", 0444, cgroup), RO("oom_score", 0444, oom_score),  \
	RW("oom_adj", 0644, oom_adj), RW("oom_score_adj", 0644, oom_score_adj),                    \
	RO("loginuid", 0444, loginuid), RO("sessionid", 0444, loginuid),                           \
	TRACED("io", 0400, io), RW("uid_map", 0644, id_map), RW("gid_map", 0644, id_map),          \
	RW("projid_map", 0644, id_map),                                                            \
	PROC_REG("setgroups", 0644, .show = proc_setgroups_show, .store = proc_id_map_store)

const struct pseudo_entry proc_pid_entries[] = {
	PROC_DIR("task", 0555, &proc_task_dir),
	COMMON,
	RO("mountstats", 0400, mountstats),
	RW("coredump_filter", 0644, coredump_filter),
	RW("timerslack_ns", 0666, timerslack),
	PROC_END,
};

const struct pseudo_entry proc_thread_entries[] = {
	COMMON,
	RO("children", 0444, children),
	PROC_END,
};

/* ---- ns: one of each kind, with the numbers of Linux's first ones ---- */

static ssize_t ns_readlink(const struct pseudo_key *k, const struct pseudo_entry *e, char *buf,
                           size_t size)
{
	struct task *t = proc_task(k);
	char text[32];
	size_t n;

	if (!t)
		return -ENOENT;
	if (!proc_may_access(t))
		return -EACCES;
	n = (size_t)snprintf(text, sizeof(text), "%s:[%ld]", (const char *)e->data, e->arg);
	n = MIN(n, size);
	memcpy(buf, text, n);
	return (ssize_t)n;
}

#define NS(n, kind, nr)                                                                            \
	{ .name = (n), .mode = S_IFLNK | 0777, .readlink = ns_readlink, .data = (kind), .arg = (nr) }
static const struct pseudo_entry ns_entries[] = {
	NS("cgroup", "cgroup", 4026531835), NS("ipc", "ipc", 4026531839),
	NS("mnt", "mnt", 4026531840),       NS("net", "net", 4026531992),
	NS("pid", "pid", 4026531836),       NS("pid_for_children", "pid", 4026531836),
	NS("time", "time", 4026531834),     NS("time_for_children", "time", 4026531834),
	NS("user", "user", 4026531837),     NS("uts", "uts", 4026531838),
	PROC_END,
};
struct pseudo_dir proc_ns_dir = { .tables = { ns_entries } };
