/* SPDX-License-Identifier: Apache-2.0
 *
 * Wait queues, sleeping and mutexes of coroutines. Layer: core. See core/co.h.
 */
#include "core/assert.h"
#include "core/clock.h"
#include "core/co.h"
#include "core/platform/platform.h"

void waitq_init(struct waitq *q)
{
	TAILQ_INIT(&q->waiters);
}

void waitq_done(struct waitq *q)
{
	ASSERT(TAILQ_EMPTY(&q->waiters), "a wait queue is destroyed while somebody waits on it");
}

bool waitq_empty(const struct waitq *q)
{
	return TAILQ_EMPTY(&q->waiters);
}

static bool wake_co(struct waiter *w, uint32_t key UNUSED)
{
	bool first = !w->woken;

	w->woken = true;
	co_ready(w->co);
	return first; /* a second wake-up before it ran must go to somebody else */
}

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .co = co_self(), .wake = wake_co };
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	ASSERT(!w->q, "a waiter is on one queue at a time");
	w->q = q;
	TAILQ_INSERT_TAIL(&q->waiters, w, entry);
}

void waitq_del(struct waiter *w)
{
	if (!w->q)
		return;
	TAILQ_REMOVE(&w->q->waiters, w, entry);
	w->q = NULL;
}

void wake_n(struct waitq *q, int n, uint32_t key)
{
	struct waiter *w = TAILQ_FIRST(&q->waiters), *next;
	struct co *self = co_self();

	for (; w; w = next) {
		/* wake() may take w itself off the queue, never another waiter. */
		next = TAILQ_NEXT(w, entry);
		if (key && w->key && !(key & w->key))
			continue;
		bool exclusive = w->exclusive;
		if (exclusive && n <= 0)
			continue;
		if (self && self->ctx && platform->ctx_publish)
			platform->ctx_publish(self->ctx);
		if (w->wake(w, key) && exclusive)
			n--;
	}
}

static bool must_stop(const struct co *co, enum wait_mode mode)
{
	switch (mode) {
	case WAIT_INTERRUPTIBLE:
		return co->interrupt;
	case WAIT_KILLABLE:
		return co->killed;
	case WAIT_UNINTERRUPTIBLE:
		break;
	}
	return false;
}

struct sleeper {
	struct timer timer;
	struct co *co;
	bool fired;
};

static void sleeper_fire(struct timer *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timer);

	s->fired = true;
	co_ready(s->co);
}

static bool any_woken(const struct waiter *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (w[i].woken)
			return true;
	return false;
}

CO_FN int wait_many(struct waiter *w, unsigned n, ktime_t deadline, enum wait_mode mode)
{
	struct co *self = co_self();
	struct sleeper s = { .timer.fn = sleeper_fire, .co = self };
	int ret = 0;

	if (any_woken(w, n))
		return 0;
	if (must_stop(self, mode))
		return -ERESTARTSYS;
	if (deadline != KTIME_NEVER) {
		if (clock_passed(deadline))
			return -ETIMEDOUT;
		timer_arm(&s.timer, deadline);
	}
	if (self->ctx && mode != WAIT_UNINTERRUPTIBLE)
		platform->ctx_blocked(self->ctx);
	for (;;) {
		co_park();
		if (any_woken(w, n))
			break;
		if (s.fired) {
			ret = -ETIMEDOUT;
			break;
		}
		if (must_stop(self, mode)) {
			ret = -ERESTARTSYS;
			break;
		}
	}
	timer_cancel(&s.timer);
	return ret;
}

CO_FN int wait_on_mode(struct waitq *q, ktime_t deadline, enum wait_mode mode)
{
	struct waiter w;

	waiter_init(&w);
	w.exclusive = true;
	waitq_add(q, &w);
	int ret = wait_many(&w, 1, deadline, mode);
	waitq_del(&w);
	return ret;
}

CO_FN int wait_on(struct waitq *q, ktime_t deadline)
{
	return wait_on_mode(q, deadline, WAIT_INTERRUPTIBLE);
}

CO_FN int sleep_until(ktime_t deadline)
{
	/* A sleep that is over isn't interrupted any more: it may be one that goes on after a signal. */
	if (clock_passed(deadline))
		return 0;
	int err = wait_many(NULL, 0, deadline, WAIT_INTERRUPTIBLE);

	return err == -ETIMEDOUT ? 0 : err;
}

void co_interrupt(struct co *co, bool fatal)
{
	co->interrupt = true;
	if (fatal)
		co->killed = true;
	co_ready(co); /* a spurious run is harmless: every park stands in a loop */
}

void comutex_init(struct comutex *m)
{
	m->owner = NULL;
	waitq_init(&m->q);
}

void comutex_done(struct comutex *m)
{
	ASSERT(!m->owner, "a mutex is destroyed while it is held");
	waitq_done(&m->q);
}

static CO_FN int lock_mode(struct comutex *m, enum wait_mode mode)
{
	struct co *self = co_self();

	ASSERT(m->owner != self, "a mutex is taken twice by one coroutine");
	if (!m->owner) {
		m->owner = self;
		return 0;
	}
	struct waiter w;
	waiter_init(&w);
	w.exclusive = true;
	waitq_add(&m->q, &w);
	int err = 0;
	/* unlock hands the mutex over, so that nobody overtakes those who wait. */
	while (m->owner != self) {
		w.woken = false;
		err = wait_many(&w, 1, KTIME_NEVER, mode);
		if (err && m->owner != self)
			break;
	}
	waitq_del(&w);
	return m->owner == self ? 0 : err;
}

CO_FN void comutex_lock(struct comutex *m)
{
	lock_mode(m, WAIT_UNINTERRUPTIBLE);
}

CO_FN int comutex_lock_killable(struct comutex *m)
{
	return lock_mode(m, WAIT_KILLABLE);
}

void comutex_unlock(struct comutex *m)
{
	ASSERT(m->owner == co_self(), "a mutex is released by who doesn't hold it");
	struct waiter *w = TAILQ_FIRST(&m->q.waiters);

	m->owner = w ? w->co : NULL;
	if (w) {
		waitq_del(w);
		w->woken = true;
		co_ready(w->co);
	}
}
