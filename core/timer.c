/* SPDX-License-Identifier: Apache-2.0
 *
 * The heaps of deadlines and the one host timerfd behind them. Layer: core.
 */
#include "core/timer.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/clock.h"
#include "core/host/clock.h"
#include "core/loop.h"

/* More than there can be: 2 Mi of timerfd(2) and timer_create(2), and a few for each task. */
#define HEAP_MAX ((size_t)4 << 20)

/* at[0] is the earliest; t->index is place + 1. Deadlines of the realtime clock have a heap of their
 * own: only within one clock is their order for good. */
struct heap {
	struct timer *at[HEAP_MAX];
	size_t n;
};
static struct heap monotonic, realtime;
static uint64_t next_seq;
static int tfd = -1;
static struct watch *tfd_watch;
static ktime_t programmed = KTIME_NEVER;

static struct heap *heap_of(ktime_t deadline)
{
	return ktime_is_real(deadline) ? &realtime : &monotonic;
}

static bool before(const struct timer *a, const struct timer *b)
{
	return a->deadline != b->deadline ? a->deadline < b->deadline : a->seq < b->seq;
}

static void place(struct heap *h, struct timer *t, size_t i)
{
	h->at[i] = t;
	t->index = i + 1;
}

static void sift_up(struct heap *h, size_t i)
{
	struct timer *t = h->at[i];

	while (i > 0 && before(t, h->at[(i - 1) / 2])) {
		place(h, h->at[(i - 1) / 2], i);
		i = (i - 1) / 2;
	}
	place(h, t, i);
}

static void sift_down(struct heap *h, size_t i)
{
	struct timer *t = h->at[i];

	for (;;) {
		size_t c = 2 * i + 1;
		if (c >= h->n)
			break;
		if (c + 1 < h->n && before(h->at[c + 1], h->at[c]))
			c++;
		if (!before(h->at[c], t))
			break;
		place(h, h->at[c], i);
		i = c;
	}
	place(h, t, i);
}

void timer_cancel(struct timer *t)
{
	if (!t->index)
		return;
	struct heap *h = heap_of(t->deadline);
	size_t i = t->index - 1;
	struct timer *last = h->at[--h->n];
	t->index = 0;
	if (last == t)
		return;
	place(h, last, i);
	sift_up(h, i);
	sift_down(h, last->index - 1);
}

void timer_arm(struct timer *t, ktime_t deadline)
{
	timer_cancel(t);
	if (deadline == KTIME_NEVER)
		return;
	struct heap *h = heap_of(deadline);
	/* What has timers is counted where it is made; no place here is allocated, so none is lost. */
	ASSERT(h->n < HEAP_MAX, "a deadline heap is full");
	t->deadline = deadline;
	t->seq = next_seq++;
	place(h, t, h->n++);
	sift_up(h, h->n - 1);
}

ktime_t timers_next(void)
{
	ktime_t next = monotonic.n ? monotonic.at[0]->deadline : KTIME_NEVER;

	if (realtime.n) {
		ktime_t real = clock_to_monotonic(realtime.at[0]->deadline);

		next = MIN(next, real);
	}
	return next;
}

static void run_heap(struct heap *h, ktime_t now, uint64_t end)
{
	while (h->n && h->at[0]->deadline <= now && h->at[0]->seq < end) {
		struct timer *t = h->at[0];
		timer_cancel(t);
		t->fn(t);
	}
}

void timers_run(void)
{
	uint64_t end = next_seq; /* what fires now and re-arms in the past waits for the next turn */

	if (monotonic.n)
		run_heap(&monotonic, clock_monotonic(), end);
	if (realtime.n)
		run_heap(&realtime, ktime_of_real(clock_realtime()), end);
}

void timers_program_host(void)
{
	ktime_t next = timers_next();

	if (next == programmed)
		return;
	programmed = next;
	struct itimerspec its = { 0 };
	if (next != KTIME_NEVER)
		its.it_value = ktime_to_timespec(MAX(clock_to_host(next), 1)); /* zero would disarm */
	timerfd_settime(tfd, TFD_TIMER_ABSTIME, &its, NULL);
}

static void tfd_ready(void *arg UNUSED, int events UNUSED)
{
	uint64_t n;

	/* Only ends the sleep: the turn that follows looks at the heap. */
	if (read(tfd, &n, sizeof(n)) == sizeof(n))
		programmed = KTIME_NEVER;
}

int timers_init(void)
{
	tfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (tfd < 0)
		return -errno;
	tfd_watch = watch_new(tfd, tfd_ready, NULL);
	if (!tfd_watch)
		return -ENOMEM;
	watch_set(tfd_watch, LOOP_READ);
	return host_clock_watch(clock_was_set);
}

void timers_done(void)
{
	host_clock_unwatch();
	watch_free(tfd_watch);
	tfd_watch = NULL;
	if (tfd >= 0)
		close(tfd);
	tfd = -1;
	monotonic.n = realtime.n = 0;
}

static void verify_heap(const struct heap *h)
{
	for (size_t i = 0; i < h->n; i++) {
		ASSERT(h->at[i]->index == i + 1, "a timer doesn't know its place in the heap");
		ASSERT(heap_of(h->at[i]->deadline) == h, "a timer is in another clock's heap");
		ASSERT(i == 0 || !before(h->at[i], h->at[(i - 1) / 2]), "a deadline heap is out of order");
	}
}

void timers_verify(void)
{
	verify_heap(&monotonic);
	verify_heap(&realtime);
}
