/* SPDX-License-Identifier: Apache-2.0
 *
 * Process groups and sessions: setsid(2), setpgid(2), and what happens when a session leader ends.
 * Layer: tasks.
 */
#include <stdlib.h>

#include "core/objcount.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/signal_impl.h"
#include "tasks/tty.h"

OBJCOUNT(pgrp_count, "pgrp");
OBJCOUNT(session_count, "session");

static const struct tty_ops *tty_ops;

void tasks_set_tty_ops(const struct tty_ops *ops)
{
	tty_ops = ops;
}

pid_t tty_foreground(struct tty *tty)
{
	return tty && tty_ops ? tty_ops->foreground(tty) : 0;
}

dev_t tty_rdev(struct tty *tty)
{
	return tty && tty_ops && tty_ops->rdev ? tty_ops->rdev(tty) : 0;
}

struct session *session_new(pid_t id)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	s->id = id;
	pid_set_session(id, s);
	obj_born(&session_count);
	return s;
}

struct session *session_ref(struct session *s)
{
	s->refs++;
	return s;
}

struct session *session_unref(struct session *s)
{
	if (s && --s->refs == 0) {
		session_drop_tty(s);
		pid_set_session(s->id, NULL);
		free(s);
		obj_died(&session_count);
	}
	return NULL;
}

void tty_set_foreground(struct tty *tty, pid_t pgrp)
{
	if (tty && tty_ops)
		tty_ops->set_foreground(tty, pgrp);
}

void session_set_tty(struct session *s, struct tty *tty)
{
	if (!tty || !tty_ops)
		return;
	session_drop_tty(s);
	s->tty = tty_ops->ref(tty);
	if (tty_ops->set_foreground)
		tty_ops->set_foreground(tty, s->id);
}

void session_drop_tty(struct session *s)
{
	struct tty *tty = s->tty;

	s->tty = NULL;
	if (!tty)
		return;
	tty_ops->session_gone(tty);
	tty_ops->unref(tty);
}

struct pgrp *pgrp_new(pid_t id, struct session *s)
{
	struct pgrp *pg = calloc(1, sizeof(*pg));

	if (!pg)
		return NULL;
	pg->refs = 1;
	pg->id = id;
	pg->session = session_ref(s);
	LIST_INIT(&pg->members);
	pid_set_pgrp(id, pg);
	obj_born(&pgrp_count);
	return pg;
}

struct pgrp *pgrp_ref(struct pgrp *pg)
{
	pg->refs++;
	return pg;
}

struct pgrp *pgrp_unref(struct pgrp *pg)
{
	if (pg && --pg->refs == 0) {
		pid_set_pgrp(pg->id, NULL);
		session_unref(pg->session);
		free(pg);
		obj_died(&pgrp_count);
	}
	return NULL;
}

void tg_set_pgrp(struct thread_group *tg, struct pgrp *pg)
{
	struct pgrp *old = tg->pgrp;

	if (old == pg)
		return;
	if (old)
		LIST_REMOVE(tg, pgrp_entry);
	tg->pgrp = pg ? pgrp_ref(pg) : NULL;
	if (pg)
		LIST_INSERT_HEAD(&pg->members, tg, pgrp_entry);
	pgrp_unref(old);
}

int64_t tg_setsid(struct thread_group *tg)
{
	struct session *s;
	struct pgrp *pg;

	/* A group of that id exists: the caller leads it, or left it behind with members. */
	if (pgrp_find(tg->tgid) || (tg->pgrp && tg->pgrp->session->leader == tg))
		return -EPERM;
	if (session_find(tg->tgid))
		return -EPERM;
	s = session_new(tg->tgid);
	if (!s)
		return -ENOMEM;
	pg = pgrp_new(tg->tgid, s);
	session_unref(s);
	if (!pg)
		return -ENOMEM;
	s->leader = tg;
	tg_set_pgrp(tg, pg);
	pgrp_unref(pg);
	return tg->tgid;
}

/* In the order of setpgid(2)'s checks in kernel/sys.c. */
int tg_setpgid(struct task *t, pid_t pid, pid_t pgid)
{
	struct thread_group *self = t->tg, *tg;
	struct pgrp *pg;

	if (!pid)
		pid = self->tgid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	tg = tg_find(pid);
	if (!tg)
		return task_find(pid) ? -EINVAL : -ESRCH;
	if (tg->parent == self) {
		if (tg->pgrp->session != self->pgrp->session)
			return -EPERM;
		if (tg->has_execed)
			return -EACCES;
	} else if (tg != self) {
		return -ESRCH;
	}
	if (tg->pgrp->session->leader == tg)
		return -EPERM;
	if (pgid == pid) {
		pg = pgrp_find(pgid);
		pg = pg ? pgrp_ref(pg) : pgrp_new(pgid, tg->pgrp->session);
		if (!pg)
			return -ENOMEM;
	} else {
		pg = pgrp_find(pgid);
		if (!pg || pg->session != self->pgrp->session)
			return -EPERM;
		pgrp_ref(pg);
	}
	tg_set_pgrp(tg, pg);
	pgrp_unref(pg);
	return 0;
}

void session_leader_gone(struct thread_group *tg)
{
	struct session *s = tg->pgrp ? tg->pgrp->session : NULL;
	struct pgrp *fg;

	if (!s || s->leader != tg)
		return;
	s->leader = NULL;
	if (!s->tty)
		return;
	fg = pgrp_find(tty_foreground(s->tty));
	if (fg) {
		pgrp_ref(fg);
		send_signal_pgrp(fg, SIGHUP, NULL);
		send_signal_pgrp(fg, SIGCONT, NULL);
		pgrp_unref(fg);
	}
	session_drop_tty(s);
}
