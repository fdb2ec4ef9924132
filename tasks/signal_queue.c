/* SPDX-License-Identifier: Apache-2.0
 *
 * Pending signals: queues, coalescing, order of taking, the limit on queued entries. Layer: tasks.
 */
#include "tasks/signal_impl.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/objcount.h"
#include "tasks/user.h"

OBJCOUNT(sigqueue_count, "sigqueue");
OBJCOUNT(sighand_count, "sighand");

void sigpending_init(struct sigpending *p)
{
	p->set = 0;
	p->count = 0;
	TAILQ_INIT(&p->queue);
}

static struct sigqueue_entry *entry_new(uid_t uid, uint64_t limit)
{
	struct sigqueue_entry *e;

	if (user_signals(uid) >= MIN(limit, (uint64_t)SIGQUEUE_HARD_MAX))
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	if (user_add_signals(uid, 1)) {
		free(e);
		return NULL;
	}
	e->uid = uid;
	obj_born(&sigqueue_count);
	return e;
}

static void entry_free(struct sigqueue_entry *e)
{
	user_add_signals(e->uid, -1); /* can't fail: the user's counter isn't zero */
	free(e);
	obj_died(&sigqueue_count);
}

int sigpending_add(struct sigpending *p, int sig, const siginfo_t *info, uid_t uid, uint64_t limit,
                   bool may_drop)
{
	struct sigqueue_entry *e;

	if (sig < SIGRTMIN_KERNEL && (p->set & sig_bit(sig)))
		return 0;
	if (info) {
		e = entry_new(uid, limit);
		if (e) {
			e->info = *info;
			TAILQ_INSERT_TAIL(&p->queue, e, entry);
			p->count++;
		} else if (!may_drop) {
			return -EAGAIN;
		}
	}
	p->set |= sig_bit(sig);
	return 0;
}

void sigpending_add_timer(struct sigpending *p, struct sigqueue_entry *e)
{
	ASSERT(e->timer, "only a timer's entry is queued without being charged");
	TAILQ_INSERT_TAIL(&p->queue, e, entry);
	p->count++;
	p->set |= sig_bit(e->info.si_signo);
}

int sigpending_next(const struct sigpending *p, sigmask_t set)
{
	sigmask_t s = p->set & set;

	if (!s)
		return 0;
	if (s & SIGMASK_SYNC)
		s &= SIGMASK_SYNC;
	return __builtin_ctzll(s) + 1;
}

void sigpending_take(struct sigpending *p, int sig, siginfo_t *info)
{
	struct sigqueue_entry *e, *found = NULL;
	bool more = false;

	TAILQ_FOREACH(e, &p->queue, entry) {
		if (e->info.si_signo != sig)
			continue;
		if (found) {
			more = true;
			break;
		}
		found = e;
	}
	if (!more)
		p->set &= ~sig_bit(sig);
	if (!found) {
		/* It was queued without siginfo: the kernel shows these values. */
		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		info->si_code = SI_USER;
		return;
	}
	TAILQ_REMOVE(&p->queue, found, entry);
	p->count--;
	*info = found->info;
	if (found->timer)
		posix_timer_taken(found->timer, info);
	else
		entry_free(found);
}

void sigpending_flush(struct sigpending *p, sigmask_t which)
{
	struct sigqueue_entry *e, *next;

	if (!(p->set & which))
		return;
	for (e = TAILQ_FIRST(&p->queue); e; e = next) {
		next = TAILQ_NEXT(e, entry);
		if (!(sig_bit(e->info.si_signo) & which))
			continue;
		TAILQ_REMOVE(&p->queue, e, entry);
		p->count--;
		if (e->timer)
			posix_timer_taken(e->timer, NULL);
		else
			entry_free(e);
	}
	p->set &= ~which;
}

struct sighand *sighand_new(void)
{
	struct sighand *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->refs = 1;
	obj_born(&sighand_count);
	return h;
}

struct sighand *sighand_ref(struct sighand *h)
{
	h->refs++;
	return h;
}

struct sighand *sighand_unref(struct sighand *h)
{
	if (h && --h->refs == 0) {
		free(h);
		obj_died(&sighand_count);
	}
	return NULL;
}
