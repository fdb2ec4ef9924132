/* SPDX-License-Identifier: Apache-2.0
 *
 * wait4(2) and waitid(2) below their arguments: which children count, what they tell. Layer: tasks.
 */
#include "tasks/wait.h"

#include <sys/wait.h>

#include "tasks/cputime.h"
#include "tasks/life.h"
#include "tasks/signal_impl.h"

#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif

static bool eligible(const struct task *t, const struct thread_group *c,
                     const struct wait_request *rq)
{
	bool clone_child = c->exit_signal != SIGCHLD;

	if ((rq->options & __WNOTHREAD) && c->parent_tid != t->tid)
		return false;
	if (rq->who == WAITFOR_TGID && c->tgid != rq->id)
		return false;
	if (rq->who == WAITFOR_PGRP && (!c->pgrp || c->pgrp->id != rq->id))
		return false;
	if (rq->options & __WALL)
		return true;
	return clone_child == !!(rq->options & __WCLONE);
}

static void tell(struct thread_group *c, struct wait_result *ret, int code, int status, int wstatus)
{
	ret->pid = c->tgid;
	ret->uid = c->leader->cred->ruid;
	ret->code = code;
	ret->status = status;
	ret->wstatus = wstatus;
	tg_usage(c, &ret->usage);
}

static bool take_zombie(struct task *t, struct thread_group *c, const struct wait_request *rq,
                        struct wait_result *ret)
{
	int st = tg_status(c), sig = st & 0x7f;

	if (!c->zombie || !(rq->options & WEXITED))
		return false;
	tell(c, ret, sig ? (st & 0x80 ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED,
	     sig ? sig : (st >> 8) & 0xff, st);
	rusage_add(&ret->usage, &c->children_sum);
	if (!(rq->options & WNOWAIT)) {
		tg_account_reaped(t->tg, c);
		tg_reap(c);
	}
	return true;
}

static bool take_stopped(struct thread_group *c, const struct wait_request *rq,
                         struct wait_result *ret)
{
	if (!(rq->options & WSTOPPED) || !c->stopped || c->stop_reported || c->exiting)
		return false;
	tell(c, ret, CLD_STOPPED, c->stop_signal, c->stop_signal << 8 | 0x7f);
	if (!(rq->options & WNOWAIT))
		c->stop_reported = true;
	return true;
}

static bool take_continued(struct thread_group *c, const struct wait_request *rq,
                           struct wait_result *ret)
{
	if (!(rq->options & WCONTINUED) || !c->continued || c->exiting)
		return false;
	tell(c, ret, CLD_CONTINUED, SIGCONT, 0xffff);
	if (!(rq->options & WNOWAIT))
		c->continued = false;
	return true;
}

CO_FN int task_wait(struct task *t, const struct wait_request *rq, struct wait_result *ret)
{
	struct thread_group *c, *next;
	int err;

	for (;;) {
		bool found = false;

		LIST_FOREACH_SAFE(c, &t->tg->children, sibling, next) {
			if (!eligible(t, c, rq))
				continue;
			found = true;
			if (take_zombie(t, c, rq, ret) || take_stopped(c, rq, ret) ||
			    take_continued(c, rq, ret))
				return 1;
		}
		if (!found)
			return -ECHILD;
		if (rq->options & WNOHANG)
			return 0;
		platform->ctx_blocked(t->ctx);
		err = wait_on(&t->tg->wait_children, KTIME_NEVER);
		if (err)
			return err;
	}
}
