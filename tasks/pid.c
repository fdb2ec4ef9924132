/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation of ids and the table from ids to objects: a red-black tree, so that walks over all
 * tasks are in order of id. Layer: tasks. Borrows what is attached; owners detach before freeing.
 */
#include "tasks/pid.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/objcount.h"

OBJCOUNT(pid_count, "pid");

struct pid {
	RB_ENTRY(pid) entry;
	pid_t nr;
	struct task *task;
	struct thread_group *tg;
	struct pgrp *pgrp;
	struct session *session;
};

RB_HEAD(pid_tree, pid);

static int pid_cmp(const struct pid *a, const struct pid *b)
{
	return (a->nr > b->nr) - (a->nr < b->nr);
}

RB_GENERATE_INTERNAL(pid_tree, pid, entry, pid_cmp, UNUSED static)

static struct pid_tree pids = RB_INITIALIZER(&pids);
static pid_t last_pid;
static unsigned nr_tasks;

static struct pid *pid_lookup(pid_t nr)
{
	struct pid key = { .nr = nr };

	return RB_FIND(pid_tree, &pids, &key);
}

/* The lowest number in [from, end) that is free, or 0. Bounded by the numbers in use. */
static pid_t first_free(pid_t from, pid_t end)
{
	struct pid key = { .nr = from };
	struct pid *p = RB_NFIND(pid_tree, &pids, &key);

	while (p && p->nr == from && from < end) {
		from++;
		p = RB_NEXT(pid_tree, &pids, p);
	}
	return from < end ? from : 0;
}

pid_t pid_new(pid_t want)
{
	pid_t nr = want;
	struct pid *p;

	if (want) {
		if (pid_lookup(want))
			return -EEXIST;
	} else {
		nr = last_pid + 1 < PID_MAX ? first_free(last_pid + 1, PID_MAX) : 0;
		if (!nr)
			nr = first_free(PID_RESERVED, PID_MAX);
		if (!nr)
			return -EAGAIN;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->nr = nr;
	RB_INSERT(pid_tree, &pids, p);
	obj_born(&pid_count);
	if (!want)
		last_pid = nr;
	return nr;
}

static void pid_free_if_empty(struct pid *p)
{
	if (p->task || p->tg || p->pgrp || p->session)
		return;
	RB_REMOVE(pid_tree, &pids, p);
	free(p);
	obj_died(&pid_count);
}

void pid_cancel(pid_t nr)
{
	struct pid *p = pid_lookup(nr);

	ASSERT(p, "a number that is cancelled was reserved");
	pid_free_if_empty(p);
}

void pid_set_task(pid_t nr, struct task *t)
{
	struct pid *p = pid_lookup(nr);

	ASSERT(p, "a task's number is in the table");
	nr_tasks += (t != NULL) - (p->task != NULL);
	p->task = t;
	pid_free_if_empty(p);
}

void pid_set_tg(pid_t nr, struct thread_group *tg)
{
	struct pid *p = pid_lookup(nr);

	ASSERT(p, "a thread group's number is in the table");
	p->tg = tg;
	pid_free_if_empty(p);
}

void pid_set_pgrp(pid_t nr, struct pgrp *pg)
{
	struct pid *p = pid_lookup(nr);

	ASSERT(p, "a process group's number is in the table");
	p->pgrp = pg;
	pid_free_if_empty(p);
}

void pid_set_session(pid_t nr, struct session *s)
{
	struct pid *p = pid_lookup(nr);

	ASSERT(p, "a session's number is in the table");
	p->session = s;
	pid_free_if_empty(p);
}

bool pid_in_use(pid_t nr)
{
	return pid_lookup(nr) != NULL;
}

pid_t pid_last(void)
{
	return last_pid;
}

void pid_set_last(pid_t nr)
{
	last_pid = nr;
}

struct task *task_find(pid_t tid)
{
	struct pid *p = pid_lookup(tid);

	return p ? p->task : NULL;
}

struct thread_group *tg_find(pid_t tgid)
{
	struct pid *p = pid_lookup(tgid);

	return p ? p->tg : NULL;
}

struct pgrp *pgrp_find(pid_t id)
{
	struct pid *p = pid_lookup(id);

	return p ? p->pgrp : NULL;
}

struct session *session_find(pid_t id)
{
	struct pid *p = pid_lookup(id);

	return p ? p->session : NULL;
}

static struct pid *pid_after(pid_t after)
{
	if (after == INT32_MAX)
		return NULL;
	struct pid key = { .nr = after + 1 };

	return RB_NFIND(pid_tree, &pids, &key);
}

struct task *task_next(pid_t after)
{
	for (struct pid *p = pid_after(after); p; p = RB_NEXT(pid_tree, &pids, p))
		if (p->task)
			return p->task;
	return NULL;
}

struct thread_group *tg_next(pid_t after)
{
	for (struct pid *p = pid_after(after); p; p = RB_NEXT(pid_tree, &pids, p))
		if (p->tg)
			return p->tg;
	return NULL;
}

unsigned tasks_count(void)
{
	return nr_tasks;
}
