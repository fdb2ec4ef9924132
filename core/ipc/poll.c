/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for several files at once. Layer: core. poll(2), select(2).
 */
#include "core/ipc/poll.h"

#include <stdlib.h>

#include "core/assert.h"

#define INLINE_WAITERS 16 /* on the stack: most calls name a few files */

struct poll_waiters {
	struct poll_table pt;
	struct waiter *w;
	unsigned n, cap;
	bool no_memory;
	struct waiter *fixed;
};

static void queue_waiter(struct poll_table *pt, struct waitq *q)
{
	struct poll_waiters *pw = container_of(pt, struct poll_waiters, pt);

	/* The array can't move while its waiters are queued: the room was counted before. */
	if (pw->n == pw->cap) {
		pw->no_memory = true;
		return;
	}
	struct waiter *w = &pw->w[pw->n++];
	waiter_init(w);
	waitq_add(q, w);
}

static int scan(struct poll_item *items, unsigned n, struct poll_table *pt)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		struct poll_item *it = &items[i];
		it->revents = 0;
		if (!it->file)
			continue;
		it->revents = file_poll(it->file, ready ? NULL : pt) & it->events;
		if (it->revents)
			ready++;
	}
	return ready;
}

static void unqueue(struct poll_waiters *pw)
{
	for (unsigned i = 0; i < pw->n; i++)
		waitq_del(&pw->w[i]);
	pw->n = 0;
}

CO_FN int poll_items(struct poll_item *items, unsigned n, ktime_t deadline)
{
	struct waiter fixed[INLINE_WAITERS];
	struct poll_waiters pw = { .pt.queue = queue_waiter, .w = fixed, .cap = INLINE_WAITERS };
	int ret = scan(items, n, NULL);

	if (ret || deadline == 0)
		return ret;
	/* No file has more than two queues. */
	if (n > INLINE_WAITERS / 2) {
		pw.cap = 2 * n;
		pw.w = calloc(pw.cap, sizeof(*pw.w));
		if (!pw.w)
			return -ENOMEM;
	}
	for (;;) {
		ret = scan(items, n, &pw.pt);
		ASSERT(!pw.no_memory, "a file has more than two wait queues");
		if (ret)
			break;
		ret = wait_many(pw.w, pw.n, deadline, WAIT_INTERRUPTIBLE);
		unqueue(&pw);
		if (ret)
			break;
	}
	unqueue(&pw);
	if (pw.w != fixed)
		free(pw.w);
	if (ret == -ETIMEDOUT || ret == -ERESTARTSYS) {
		/* What became ready together with the end of the wait isn't lost. */
		int ready = scan(items, n, NULL);
		return ready || ret == -ETIMEDOUT ? ready : ret;
	}
	return ret;
}
