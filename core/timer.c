/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of deadlines and the one host timerfd behind it. Layer: core.
 */
#include "core/timer.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/clock.h"
#include "core/loop.h"

/* More than there can be: 2 Mi of timerfd(2) and timer_create(2), and a few for each task. */
#define HEAP_MAX ((size_t)4 << 20)

static struct timer *heap[HEAP_MAX]; /* heap[0] is the earliest; t->index is place + 1 */
static size_t heap_n;
static uint64_t next_seq;
static int tfd = -1;
static struct watch *tfd_watch;
static ktime_t programmed = KTIME_NEVER;

static bool before(const struct timer *a, const struct timer *b)
{
	return a->deadline != b->deadline ? a->deadline < b->deadline : a->seq < b->seq;
}

static void place(struct timer *t, size_t i)
{
	heap[i] = t;
	t->index = i + 1;
}

static void sift_up(size_t i)
{
	struct timer *t = heap[i];

	while (i > 0 && before(t, heap[(i - 1) / 2])) {
		place(heap[(i - 1) / 2], i);
		i = (i - 1) / 2;
	}
	place(t, i);
}

static void sift_down(size_t i)
{
	struct timer *t = heap[i];

	for (;;) {
		size_t c = 2 * i + 1;
		if (c >= heap_n)
			break;
		if (c + 1 < heap_n && before(heap[c + 1], heap[c]))
			c++;
		if (!before(heap[c], t))
			break;
		place(heap[c], i);
		i = c;
	}
	place(t, i);
}

void timer_cancel(struct timer *t)
{
	if (!t->index)
		return;
	size_t i = t->index - 1;
	struct timer *last = heap[--heap_n];
	t->index = 0;
	if (last == t)
		return;
	place(last, i);
	sift_up(i);
	sift_down(last->index - 1);
}

void timer_arm(struct timer *t, ktime_t deadline)
{
	timer_cancel(t);
	if (deadline == KTIME_NEVER)
		return;
	/* What has timers is counted where it is made; no place here is allocated, so none is lost. */
	ASSERT(heap_n < HEAP_MAX, "the deadline heap is full");
	t->deadline = deadline;
	t->seq = next_seq++;
	place(t, heap_n++);
	sift_up(heap_n - 1);
}

ktime_t timers_next(void)
{
	return heap_n ? heap[0]->deadline : KTIME_NEVER;
}

void timers_run(void)
{
	if (!heap_n)
		return;
	ktime_t now = clock_monotonic();
	uint64_t end = next_seq; /* what fires now and re-arms in the past waits for the next turn */

	while (heap_n && heap[0]->deadline <= now && heap[0]->seq < end) {
		struct timer *t = heap[0];
		timer_cancel(t);
		t->fn(t);
	}
}

void timers_program_host(void)
{
	ktime_t next = timers_next();

	if (next == programmed)
		return;
	programmed = next;
	struct itimerspec its = { 0 };
	if (next != KTIME_NEVER)
		its.it_value = ktime_to_timespec(MAX(next, 1)); /* zero would disarm */
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
	return 0;
}

void timers_done(void)
{
	watch_free(tfd_watch);
	tfd_watch = NULL;
	if (tfd >= 0)
		close(tfd);
	tfd = -1;
	heap_n = 0;
}

void timers_verify(void)
{
	for (size_t i = 0; i < heap_n; i++) {
		ASSERT(heap[i]->index == i + 1, "a timer doesn't know its place in the heap");
		ASSERT(i == 0 || !before(heap[i], heap[(i - 1) / 2]), "the deadline heap is out of order");
	}
}
