/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines, wait queues and coroutine mutexes.
 * Layer: core. The only ways to block in the sentry are the CO_FN functions here.
 *
 * A coroutine is run by core/loop in first-in first-out order until it parks. Nothing preempts it.
 * Nothing that must survive a signal, a kill, a pause or a checkpoint may live only on its stack:
 * a blocked handler must be able to unwind with -ERESTARTSYS and be started again.
 */
#ifndef CORE_CO_H
#define CORE_CO_H

#include <bsd/sys/queue.h>

#include "core/base.h"
#include "core/timer.h"

struct cred;
struct ctx;
struct mm;
struct waitq;

struct co {
	/* immutable after co_new */
	const char *name;
	void (*fn)(void *arg);
	void *arg;
	uint64_t id; /* 1, 2, 3 ... in order of creation */
	/* loop */
	void *sp; /* saved stack pointer while not running */
	void *stack;
	TAILQ_ENTRY(co) run_entry;
	bool queued;  /* on the run queue */
	bool dead;
	/* set by the owner */
	struct mm *mm;    /* address space that copyin and copyout act on; borrowed; NULL for kernel work */
	void *task;       /* struct task of the tasks layer, or NULL */
	struct ctx *ctx;  /* the platform's context whose call it answers, or NULL; borrowed */
	const struct cred *cred; /* the task's, borrowed: for rules about who writes, not who opened */
	bool interrupt;   /* a signal is deliverable: interruptible waits end with -ERESTARTSYS */
	bool killed;      /* a fatal signal is pending: killable waits end with -ERESTARTSYS too */
	void *fake_stack; /* sanitizer builds */
};

/*
 * Makes a coroutine that will run fn(arg) when the loop gets to it; it is freed after fn returns.
 * Returns NULL when memory for the stack can't be had.
 */
struct co *co_new(const char *name, void (*fn)(void *arg), void *arg);
/* The coroutine that is running, or NULL in the loop itself. */
struct co *co_self(void);
/* Puts co at the end of the run queue unless it is there already. */
void co_ready(struct co *co);
/* Gives way: runs again after all that are runnable now. */
CO_FN void co_yield(void);
/* Sleeps until somebody calls co_ready() for it. Callers loop over their own condition. */
CO_FN void co_park(void);
/* Counted work: call with the amount done (bytes, entries); yields after a fixed amount. */
CO_FN void co_did_bytes(size_t n);
CO_FN void co_did_entries(unsigned n);
/* Sets co->interrupt (and co->killed if fatal) and ends its interruptible (killable) wait. */
void co_interrupt(struct co *co, bool fatal);
/* For the loop: switch to co until it parks. */
void co_switch_to(struct co *co);
/* Number of live coroutines; frees pooled stacks. */
long co_live(void);
void co_pool_drain(void);

/* ---- wait queues ---- */

/*
 * One entry on a wait queue. `wake` is called, with the waiter still queued, for each wake-up;
 * it returns true if it took the wake-up (counts against the limit of wake_n when exclusive).
 * The default (waiter_init) readies the coroutine and marks the waiter woken.
 */
struct waiter {
	TAILQ_ENTRY(waiter) entry;
	struct waitq *q; /* NULL when not queued */
	struct co *co;
	bool (*wake)(struct waiter *w, uint32_t key);
	bool exclusive;
	bool woken;
	uint32_t key; /* for poll: events of interest; 0 means all */
	void *priv;
};

struct waitq {
	TAILQ_HEAD(, waiter) waiters;
};

void waitq_init(struct waitq *q);
/* Asserts that nobody waits any more. */
void waitq_done(struct waitq *q);
bool waitq_empty(const struct waitq *q);

void waiter_init(struct waiter *w); /* for co_self(), default wake */
void waitq_add(struct waitq *q, struct waiter *w);
void waitq_del(struct waiter *w); /* no-op when not queued */

/*
 * Wakes waiters in order of arrival: all non-exclusive ones and at most n exclusive ones whose key
 * matches (key 0, or w->key 0, matches anything). Never yields.
 */
void wake_n(struct waitq *q, int n, uint32_t key);
static inline void wake_all(struct waitq *q) { wake_n(q, INT32_MAX, 0); }
static inline void wake_one(struct waitq *q) { wake_n(q, 1, 0); }
static inline void wake_key(struct waitq *q, uint32_t key) { wake_n(q, INT32_MAX, key); }

enum wait_mode {
	WAIT_INTERRUPTIBLE,   /* ends with -ERESTARTSYS when co->interrupt is set */
	WAIT_KILLABLE,        /* ends with -ERESTARTSYS when co->killed is set */
	WAIT_UNINTERRUPTIBLE, /* only for waits that the sentry itself bounds */
};

/*
 * Sleeps on q once. Returns 0 when woken, -ETIMEDOUT when the deadline (core/clock.h) passed
 * (KTIME_NEVER: none), -ERESTARTSYS when interrupted (also at once, if interrupted already). The
 * caller loops: a wake-up is a hint, the condition is what counts.
 *
 *	while (!condition) {
 *		int err = wait_on(&q, deadline);
 *		if (err)
 *			return err;
 *	}
 */
CO_FN int wait_on(struct waitq *q, ktime_t deadline);
CO_FN int wait_on_mode(struct waitq *q, ktime_t deadline, enum wait_mode mode);
/*
 * For several queues at once: add waiters with waitq_add, check conditions, then call this, then
 * waitq_del each. Returns as wait_on; returns 0 at once when any of the n waiters was woken.
 */
CO_FN int wait_many(struct waiter *w, unsigned n, ktime_t deadline, enum wait_mode mode);
/* Sleeps until the deadline: 0 when reached, -ERESTARTSYS when interrupted. */
CO_FN int sleep_until(ktime_t deadline);

/* ---- mutexes between coroutines ---- */

struct comutex {
	struct co *owner;
	struct waitq q;
};

void comutex_init(struct comutex *m);
void comutex_done(struct comutex *m);
CO_FN void comutex_lock(struct comutex *m); /* first come, first served; uninterruptible */
CO_FN int comutex_lock_killable(struct comutex *m);
void comutex_unlock(struct comutex *m);

#endif
