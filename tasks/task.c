/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks and thread groups as objects: making, counting, freeing, and small helpers on them.
 * Layer: tasks.
 */
#include "tasks/task.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/clock.h"
#include "core/ipc/ns.h"
#include "core/objcount.h"
#include "tasks/itimer.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"
#include "tasks/user.h"

OBJCOUNT(task_count, "task");
OBJCOUNT(tg_count, "thread_group");
OBJCOUNT(uts_count, "uts");

struct task *task_new(struct thread_group *tg, pid_t tid)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->refs = 1;
	t->tid = tid;
	t->tg = tg_ref(tg);
	t->start_time = (uint64_t)clock_monotonic();
	t->state = TASK_RUNNING;
	LIST_INIT(&t->pi_states);
	t->timer_slack = t->timer_slack_default = 50000;
	t->orig_nr = -1;
	LIST_INIT(&t->pt.tracees);
	sigpending_init(&t->sig.pending);
	t->sig.alt_flags = SS_DISABLE;
	obj_born(&task_count);
	return t;
}

struct task *task_ref(struct task *t)
{
	t->refs++;
	return t;
}

struct task *task_unref(struct task *t)
{
	if (!t || --t->refs)
		return NULL;
	ASSERT(!t->ctx && !t->mm && !t->files, "a task gives up its resources before it is freed");
	sigpending_flush(&t->sig.pending, ~(sigmask_t)0);
	fs_info_unref(t->fs);
	cred_unref(t->cred);
	tg_unref(t->tg);
	free(t);
	obj_died(&task_count);
	return NULL;
}

void task_publish(struct task *t)
{
	struct thread_group *tg = t->tg;

	LIST_INSERT_HEAD(&tg->tasks, t, tg_entry);
	tg->nr_tasks++;
	tg->nr_live++;
	if (!tg->leader)
		tg->leader = t;
	pid_set_task(t->tid, t);
}

void task_unpublish(struct task *t)
{
	ASSERT(!t->released, "a task leaves the tables once");
	ptrace_unlink(t);
	t->released = true;
	t->state = TASK_DEAD;
	/* A timer's entry must not stay with one who is only held: the timer wouldn't find it. */
	sigpending_flush(&t->sig.pending, ~(sigmask_t)0);
	LIST_REMOVE(t, tg_entry);
	t->tg->nr_tasks--;
	pid_set_task(t->tid, NULL);
	user_add_tasks(t->nproc_uid, -1); /* can't fail: it was counted */
	task_unref(t);
}

uint64_t tg_next_exec_id(void)
{
	static uint64_t last;

	return ++last;
}

struct thread_group *tg_new(pid_t tgid, struct sighand *hand)
{
	struct thread_group *tg = calloc(1, sizeof(*tg));

	if (tg && !hand)
		hand = sighand_new();
	if (!tg || !hand) {
		free(tg);
		return NULL;
	}
	tg->refs = 1;
	tg->tgid = tgid;
	tg->sig.hand = hand;
	tg->sig.action = hand->action;
	sigpending_init(&tg->sig.pending);
	waitq_init(&tg->sig.signalfds);
	waitq_init(&tg->wait_children);
	waitq_init(&tg->exec_wait);
	waitq_init(&tg->trapping_wait);
	waitq_init(&tg->exit_wait);
	LIST_INIT(&tg->tasks);
	LIST_INIT(&tg->children);
	tg->exec_id = tg_next_exec_id();
	itimers_init(tg);
	obj_born(&tg_count);
	return tg;
}

struct thread_group *tg_ref(struct thread_group *tg)
{
	tg->refs++;
	return tg;
}

struct thread_group *tg_unref(struct thread_group *tg)
{
	if (!tg || --tg->refs)
		return NULL;
	/* An epoll that was inherited may still look for signals of the one who put a signalfd in. */
	struct waiter *w;
	while ((w = TAILQ_FIRST(&tg->sig.signalfds.waiters)))
		waitq_del(w);
	itimers_done(tg);
	sigpending_flush(&tg->sig.pending, ~(sigmask_t)0);
	sighand_unref(tg->sig.hand);
	pgrp_unref(tg->pgrp);
	uts_unref(tg->uts);
	ipc_ns_unref(tg->ipc);
	free(tg);
	obj_died(&tg_count);
	return NULL;
}

/* Children are kept in order of birth: wait(2) looks at the oldest first. */
void tg_add_child(struct thread_group *parent, struct thread_group *child)
{
	if (parent->last_child)
		LIST_INSERT_AFTER(parent->last_child, child, sibling);
	else
		LIST_INSERT_HEAD(&parent->children, child, sibling);
	parent->last_child = child;
	child->parent = parent;
}

void tg_del_child(struct thread_group *child)
{
	struct thread_group *parent = child->parent;

	if (parent->last_child == child) {
		struct thread_group **prev = child->sibling.le_prev;

		parent->last_child = prev == &parent->children.lh_first
		                         ? NULL
		                         : container_of(prev, struct thread_group, sibling.le_next);
	}
	LIST_REMOVE(child, sibling);
	child->parent = NULL;
}

void task_set_cred(struct task *t, struct cred *c)
{
	struct cred *old = t->cred;

	t->cred = c;
	t->ids_told = false;
	if (t->co)
		t->co->cred = c;
	if (old && !t->released && t->nproc_uid != c->ruid && user_add_tasks(c->ruid, 1) == 0) {
		user_add_tasks(t->nproc_uid, -1);
		t->nproc_uid = c->ruid;
	}
	cred_unref(old);
}

struct mm_rlimits task_mm_rlimits(const struct task *t)
{
	return (struct mm_rlimits){
		.as = task_rlimit(t, RLIMIT_AS),
		.data = task_rlimit(t, RLIMIT_DATA),
		.stack = task_rlimit(t, RLIMIT_STACK),
		.memlock = task_rlimit(t, RLIMIT_MEMLOCK),
		.can_lock = task_capable(t, CAP_IPC_LOCK),
		.can_map_low = task_capable(t, CAP_SYS_RAWIO),
	};
}

struct uts *uts_new(const char *nodename)
{
	struct uts *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->refs = 1;
	snprintf(u->nodename, sizeof(u->nodename), "%s", nodename ? nodename : "picket");
	snprintf(u->domainname, sizeof(u->domainname), "(none)");
	obj_born(&uts_count);
	return u;
}

struct uts *uts_ref(struct uts *u)
{
	u->refs++;
	return u;
}

struct uts *uts_unref(struct uts *u)
{
	if (u && --u->refs == 0) {
		free(u);
		obj_died(&uts_count);
	}
	return NULL;
}
