/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID, /proc/PID/task/TID, /proc/self: look-up, lists, owners and access. Layer: tasks.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "tasks/proc/proc.h"
#include "tasks/ptrace.h"

/* ---- keys ---- */

struct task *proc_task(const struct pseudo_key *k)
{
	struct task *t = task_find((pid_t)k->id);

	return t && t->start_time == k->stamp ? t : NULL;
}

static struct pseudo_key key_of(const struct task *t, unsigned kind)
{
	return (struct pseudo_key){ .id = (uint64_t)t->tid, .stamp = t->start_time, .kind = kind };
}

/* task_dump_owner(): who may not trace the program may not read about it as its user either. */
int proc_refresh(const struct pseudo_key *k, struct inode *ino)
{
	struct task *t = proc_task(k);
	bool open_dir = ino->mode == (S_IFDIR | 0555);

	if (!t)
		return 0;
	if (open_dir || (t->mm && t->mm->dumpable == 1)) {
		ino->uid = t->cred->euid;
		ino->gid = t->cred->egid;
	} else {
		ino->uid = ino->gid = 0;
	}
	return 1;
}

/* ---- access ---- */

bool proc_may_access(const struct task *t)
{
	const struct task *by = current_task();

	return !by || ptrace_may_access(by, t, ACCESS_READ | ACCESS_FSCREDS);
}

int proc_open_access(struct pseudo_open *o, struct file *f UNUSED)
{
	struct task *t = proc_task(&o->key);

	if (!t)
		return -ESRCH;
	if (!proc_may_access(t))
		return -EACCES;
	o->cookie = t->mm ? t->mm->id : 0;
	return 0;
}

struct mm *proc_mm(const struct pseudo_open *o)
{
	struct task *t = proc_task(&o->key);

	return t && t->mm && t->mm->id == o->cookie ? mm_ref(t->mm) : NULL;
}

int proc_parse(const char *buf, int64_t *ret)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(buf, &end, 0);
	if (end == buf || errno)
		return -EINVAL;
	while (isspace((unsigned char)*end))
		end++;
	*ret = v;
	return *end ? -EINVAL : 0;
}

/* ---- directories ---- */

static struct pseudo_dir pid_dir = { .tables = { proc_pid_entries } };
static struct pseudo_dir thread_dir = { .tables = { proc_thread_entries } };
static const struct pseudo_entry pid_entry = {
	.mode = S_IFDIR | 0555, .dir = &pid_dir, .refresh = proc_refresh
};
static const struct pseudo_entry thread_entry = {
	.mode = S_IFDIR | 0555, .dir = &thread_dir, .refresh = proc_refresh
};

static int fill(struct pseudo_child *c, const struct task *t, unsigned kind)
{
	c->entry = kind == PROC_THREAD ? &thread_entry : &pid_entry;
	c->key = key_of(t, kind);
	c->nr = (uint64_t)t->tid;
	snprintf(c->name, sizeof(c->name), "%d", t->tid);
	return 0;
}

/* Threads that lead no group can be looked up here too, but aren't listed: proc(5). */
static int root_lookup(const struct pseudo_key *dir UNUSED, const char *name,
                       struct pseudo_child *ret)
{
	int64_t nr = pseudo_number(name);
	struct task *t = nr > 0 ? task_find((pid_t)nr) : NULL;

	return t ? fill(ret, t, PROC_TASK_DIR) : -ENOENT;
}

static int root_next(const struct pseudo_key *dir UNUSED, uint64_t nr, struct pseudo_child *ret)
{
	struct thread_group *tg = nr > PID_MAX ? NULL : tg_next((pid_t)nr - 1);

	/* A group whose leader is about to be replaced still has one. */
	while (tg && !tg->leader)
		tg = tg_next(tg->tgid);
	return tg ? fill(ret, tg->leader, PROC_TASK_DIR) : -ENOENT;
}

static unsigned root_count(const struct pseudo_key *dir UNUSED)
{
	return tasks_count();
}

static int task_lookup(const struct pseudo_key *dir, const char *name, struct pseudo_child *ret)
{
	struct task *leader = proc_task(dir);
	int64_t nr = pseudo_number(name);
	struct task *t = nr > 0 ? task_find((pid_t)nr) : NULL;

	return t && leader && t->tg == leader->tg ? fill(ret, t, PROC_THREAD) : -ENOENT;
}

/* The group's list isn't in order; without an index this costs the square of the threads. */
static int task_next_thread(const struct pseudo_key *dir, uint64_t nr, struct pseudo_child *ret)
{
	struct task *leader = proc_task(dir), *t, *best = NULL;

	if (!leader)
		return -ENOENT;
	if (leader->tg->nr_tasks == 1) {
		best = (uint64_t)leader->tid >= nr ? leader : NULL;
	} else {
		LIST_FOREACH(t, &leader->tg->tasks, tg_entry)
			if ((uint64_t)t->tid >= nr && (!best || t->tid < best->tid))
				best = t;
	}
	return best ? fill(ret, best, PROC_THREAD) : -ENOENT;
}

static unsigned task_count(const struct pseudo_key *dir)
{
	struct task *t = proc_task(dir);

	return t ? t->tg->nr_tasks : 0;
}

struct pseudo_dir proc_task_dir = {
	.lookup = task_lookup, .next = task_next_thread, .count = task_count
};

/* ---- self and thread-self ---- */

static ssize_t self_readlink(const struct pseudo_key *k UNUSED, const struct pseudo_entry *e,
                             char *buf, size_t size)
{
	const struct task *t = current_task();
	char text[48];
	int n;

	if (!t)
		return -ENOENT;
	n = e->arg ? snprintf(text, sizeof(text), "%d/task/%d", t->tg->tgid, t->tid)
	           : snprintf(text, sizeof(text), "%d", t->tg->tgid);
	n = (int)MIN((size_t)n, size);
	memcpy(buf, text, (size_t)n);
	return n;
}

static const struct pseudo_entry self_entries[] = {
	{ .name = "self", .mode = S_IFLNK | 0777, .readlink = self_readlink },
	{ .name = "thread-self", .mode = S_IFLNK | 0777, .readlink = self_readlink, .arg = 1 },
	PROC_END,
};

int tasks_proc_init(void)
{
	int err = pseudo_dir_add(&proc_root, proc_kernel_entries);

	if (!err)
		err = pseudo_dir_add(&proc_root, self_entries);
	if (!err)
		err = pseudo_dir_add(&proc_net, proc_net_entries);
	if (!err)
		err = proc_sysctl_init();
	if (!err)
		err = proc_ipc_init();
	proc_root.lookup = root_lookup;
	proc_root.next = root_next;
	proc_root.count = root_count;
	return err;
}
