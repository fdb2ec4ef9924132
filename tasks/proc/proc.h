/* SPDX-License-Identifier: Apache-2.0
 *
 * proc(5): what it says about tasks and about the kernel. Layer: tasks. Private to tasks/proc, but
 * for tasks_proc_init().
 *
 * A key's id is a pid or tid, its stamp the start time: a number that was given out again is
 * another key. Tasks are looked up anew after anything that may yield.
 */
#ifndef TASKS_PROC_PROC_H
#define TASKS_PROC_PROC_H

#include "core/fs/proc/procfs.h"
#include "tasks/task.h"

/* Registers all of /proc; once, before the first procfs_new(). */
int tasks_proc_init(void);

#define PROC_TASK_DIR 0 /* kinds of keys: /proc/PID */
#define PROC_THREAD 1   /* /proc/PID/task/TID */

#define NS_PER_TICK 10000000ULL

#define PROC_REG(n, m, ...) { .name = (n), .mode = S_IFREG | (m), __VA_ARGS__ }
#define PROC_DIR(n, m, d) { .name = (n), .mode = S_IFDIR | (m), .dir = (d) }
#define PROC_END { .name = NULL }

/* The task that k names (borrowed), or NULL when it is gone. */
struct task *proc_task(const struct pseudo_key *k);
/* Owner of the files about t; dir: of its directories that everybody may read. */
int proc_refresh(const struct pseudo_key *k, struct inode *ino);
/* PTRACE_MODE_READ_FSCREDS for the caller (ptrace(2)): kernel work may look at everything. */
bool proc_may_access(const struct task *t);
/* An open() that asks for it: -EACCES, or -ESRCH; keeps the address space's id as the cookie. */
int proc_open_access(struct pseudo_open *o, struct file *f);
/* The address space that was there when o was opened, as a reference; NULL: gone. */
struct mm *proc_mm(const struct pseudo_open *o);
/* R, S, T, Z ... of proc(5), and the rest of State: in status. */
char proc_state(const struct task *t, const char **text);
void proc_show_name(struct seq *s, const struct task *t); /* comm, with escapes */
uint64_t proc_sigmask(const struct task *t, bool caught); /* or ignored */
/* -EINVAL unless all of buf, blanks aside, is one number. */
int proc_parse(const char *buf, int64_t *ret);
/* CPU time of all there is and was, in ns; never steps back. */
CO_FN void proc_total_cputime(uint64_t *utime, uint64_t *stime);

/* The name of a file that has none in the tree, as Linux's tmpfs shows it; 0: not such a file. */
ssize_t proc_file_name(const struct path *p, char *buf, size_t size);
int proc_fd_dir_refresh(const struct pseudo_key *k, struct inode *ino);

/*
 * The mappings from o->cursor on, until `piece` bytes are written, each followed by its details.
 * As a show function.
 */
int proc_show_maps(struct seq *s, struct pseudo_open *o,
                   void (*details)(struct seq *s, const struct vma *v, void *arg), void *arg,
                   size_t piece);

/* Tables: tasks/proc/pid_table.c puts them together. */
extern const struct pseudo_entry proc_pid_entries[], proc_thread_entries[];
extern struct pseudo_dir proc_fd_dir, proc_fdinfo_dir, proc_task_dir, proc_ns_dir;
extern const struct pseudo_entry proc_kernel_entries[], proc_net_entries[];
extern const struct file_ops proc_mem_fops;
int proc_sysctl_init(void);
int proc_ipc_init(void);

#define SHOW(name) CO_FN int proc_##name##_show(struct seq *s, struct pseudo_open *o)
#define STORE(name) CO_FN ssize_t proc_##name##_store(struct pseudo_open *o, const char *buf, size_t n)
SHOW(stat);
SHOW(status);
SHOW(statm);
SHOW(children);
SHOW(cmdline);
SHOW(environ);
SHOW(auxv);
SHOW(maps);
SHOW(smaps);
SHOW(smaps_rollup);
STORE(clear_refs);
SHOW(comm);
STORE(comm);
SHOW(limits);
SHOW(mounts);
SHOW(mountinfo);
SHOW(mountstats);
SHOW(oom_score);
SHOW(oom_score_adj);
STORE(oom_score_adj);
SHOW(oom_adj);
STORE(oom_adj);
SHOW(io);
SHOW(sched);
SHOW(schedstat);
SHOW(wchan);
SHOW(syscall);
SHOW(personality);
SHOW(cgroup);
SHOW(cpuset);
SHOW(loginuid);
SHOW(setgroups);
SHOW(id_map);
STORE(id_map);
SHOW(timerslack);
STORE(timerslack);
SHOW(coredump_filter);
STORE(coredump_filter);
SHOW(stack);
SHOW(locks);
ssize_t proc_path_readlink(const struct pseudo_key *k, const struct pseudo_entry *e, char *buf,
                           size_t size);
int proc_exe_follow(const struct pseudo_key *k, struct path *ret);
int proc_cwd_follow(const struct pseudo_key *k, struct path *ret);
int proc_root_follow(const struct pseudo_key *k, struct path *ret);

#endif
