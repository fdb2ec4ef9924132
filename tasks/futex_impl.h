/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of futexes share: waiters and their queues. Layer: tasks, private to futex*.c.
 */
#ifndef TASKS_FUTEX_IMPL_H
#define TASKS_FUTEX_IMPL_H

#include "tasks/futex.h"

struct pi_state;

enum futex_kind {
	FUTEX_PLAIN,
	FUTEX_PI,         /* waits to own a PI lock: w->pi says which */
	FUTEX_REQUEUE_PI, /* FUTEX_WAIT_REQUEUE_PI, before its requeue */
};

struct futex_waiter {
	TAILQ_ENTRY(futex_waiter) entry;
	struct futex_key key;
	enum futex_kind kind;
	int prio; /* of a real-time task, else 0 */
	uint32_t bitset;
	bool queued;
	bool woken;
	struct waitq *q; /* where the owner sleeps */
	/* of the PI kinds */
	struct task *task;
	struct pi_state *pi;         /* reference, while waiting for the lock */
	struct futex_key target;     /* where a requeue may put it */
};

TAILQ_HEAD(futex_list, futex_waiter);

struct futex_list *futex_bucket(const struct futex_key *k);
bool futex_key_equal(const struct futex_key *a, const struct futex_key *b);
/* -EINVAL (not aligned), -EFAULT. */
int futex_key_of(struct mm *mm, gaddr_t addr, bool private_, struct futex_key *ret);
void futex_enqueue(struct futex_waiter *w);
void futex_dequeue(struct futex_waiter *w); /* no-op when not queued */
/* The first waiter on a word, or NULL. */
struct futex_waiter *futex_top(const struct futex_key *key);
void futex_wake_waiter(struct futex_waiter *w); /* dequeues it */

#endif
