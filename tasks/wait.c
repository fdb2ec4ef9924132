/* SPDX-License-Identifier: Apache-2.0
 *
 * wait4(2) and waitid(2) below their arguments: which children count, what they tell. Layer: tasks.
 */
#include "tasks/wait.h"

#include <sys/wait.h>

#include "tasks/cputime.h"
#include "tasks/life.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"

#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

/* wait_consider_task() and what it calls: `traced` is how the caller comes to see p. */

static bool eligible(const struct task *p, const struct wait_request *rq, bool traced)
{
	const struct thread_group *tg = p->tg;

	if (rq->who == WAITFOR_TGID && p->tid != rq->id)
		return false;
	if (rq->who == WAITFOR_PGRP && (!tg->pgrp || tg->pgrp->id != rq->id))
		return false;
	if (traced || (rq->options & __WALL))
		return true;
	return (tg->exit_signal != SIGCHLD) == !!(rq->options & __WCLONE);
}

static void tell(const struct task *p, struct wait_result *ret, int code, int status, int wstatus)
{
	ret->pid = p->tid;
	ret->uid = p->cred->ruid;
	ret->code = code;
	ret->status = status;
	ret->wstatus = wstatus;
	tg_usage(p->tg, &ret->usage);
}

/* All that there is to wait for has ended: a leader outlives its threads. */
static bool is_zombie(const struct task *p)
{
	return p->state == TASK_ZOMBIE && (p != p->tg->leader || p->tg->zombie);
}

static bool take_zombie(struct task *t, struct task *p, const struct wait_request *rq,
                        struct wait_result *ret)
{
	struct thread_group *tg = p->tg;
	int st = tg->exiting ? tg->group_exit_code : p->exit_code, sig = st & 0x7f;

	if (!(rq->options & WEXITED))
		return false;
	tell(p, ret, sig ? (st & 0x80 ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED,
	     sig ? sig : (st >> 8) & 0xff, st);
	rusage_add(&ret->usage, &tg->children_sum);
	if (rq->options & WNOWAIT)
		return true;
	if (p != tg->leader) {
		task_release_thread(p);
	} else if (ptrace_reparented(p)) {
		/* The tracer has seen it: now it is the parent's. */
		ptrace_unlink(p);
		tg_notify_parent(tg);
	} else {
		tg_account_reaped(t->tg, tg);
		tg_reap(tg);
	}
	return true;
}

static bool take_stopped(struct task *p, const struct wait_request *rq, bool traced,
                         struct wait_result *ret)
{
	int *code = traced ? &p->pt.code : &p->tg->stop_code;

	if (traced ? !(p->jobctl & JOBCTL_TRACED) || (p->jobctl & JOBCTL_LISTENING)
	           : !(rq->options & WSTOPPED) || !p->tg->stopped)
		return false;
	if (!*code)
		return false;
	tell(p, ret, traced ? CLD_TRAPPED : CLD_STOPPED, *code, *code << 8 | 0x7f);
	if (!(rq->options & WNOWAIT))
		*code = 0;
	return true;
}

static bool take_continued(struct task *p, const struct wait_request *rq, struct wait_result *ret)
{
	struct thread_group *tg = p->tg;

	if (!(rq->options & WCONTINUED) || !tg->continued)
		return false;
	tell(p, ret, CLD_CONTINUED, SIGCONT, 0xffff);
	if (!(rq->options & WNOWAIT))
		tg->continued = false;
	return true;
}

/* True: *ret tells of p. *found: there is, or will be, something to wait for. */
static bool consider(struct task *t, struct task *p, bool traced, const struct wait_request *rq,
                     bool *found, struct wait_result *ret)
{
	if (!eligible(p, rq, traced))
		return false;
	/* Traced by its own parent's process, its stops are told once, as a tracee's. */
	if (!traced && p->pt.tracer && !ptrace_reparented(p))
		traced = true;
	if (p->state != TASK_ZOMBIE || !traced || (rq->options & (WCONTINUED | WEXITED)))
		*found = true;
	/* A tracee's end is the tracer's to see first. */
	if (is_zombie(p) && (traced || !p->pt.tracer))
		return take_zombie(t, p, rq, ret);
	return take_stopped(p, rq, traced, ret) || take_continued(p, rq, ret);
}

static bool look(struct task *t, const struct wait_request *rq, bool *found, struct wait_result *ret)
{
	struct thread_group *c, *next_c;
	struct task *o, *p, *next;

	LIST_FOREACH_SAFE(c, &t->tg->children, sibling, next_c) {
		if ((rq->options & __WNOTHREAD) && c->parent_tid != t->tid)
			continue;
		if (consider(t, c->leader, false, rq, found, ret))
			return true;
	}
	LIST_FOREACH(o, &t->tg->tasks, tg_entry) {
		if ((rq->options & __WNOTHREAD) && o != t)
			continue;
		LIST_FOREACH_SAFE(p, &o->pt.tracees, pt.entry, next)
			if (consider(t, p, true, rq, found, ret))
				return true;
	}
	return false;
}

CO_FN int task_wait(struct task *t, const struct wait_request *rq, struct wait_result *ret)
{
	for (;;) {
		bool found = false;
		int err;

		if (look(t, rq, &found, ret))
			return 1;
		if (!found)
			return -ECHILD;
		if (rq->options & WNOHANG)
			return 0;
		err = wait_on(&t->tg->wait_children, KTIME_NEVER);
		if (err)
			return err;
	}
}
