/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry's clocks over the host's. Layer: core.
 *
 * With a page of guests to fill, all times come from one line over the processor's counter, in the
 * sentry as in the guests, so that they are in order whoever reads them. Nothing draws it anew by
 * itself: who finds that it has ended does, and guests by making the system call.
 */
#include "core/clock.h"

#include "core/host/clock.h"
#include "core/timeline.h"
#include "core/vdso/vvar.h"

#ifndef CLOCK_TAI
#define CLOCK_TAI 11
#endif

/* Until there is a line, its base is the latest time that was told. */
static struct timeline line;
static struct vvar *page; /* borrowed from core/vdso; NULL: the host's clocks are read */
static bool page_wanted = true;
static ktime_t started;
static ktime_t tai_offset;  /* of TAI against the realtime clock: whole seconds */
static ktime_t host_offset; /* without a line: of the realtime against the monotonic clock; 0: ask */
static TAILQ_HEAD(, clock_listener) listeners = TAILQ_HEAD_INITIALIZER(listeners);

static ktime_t offset_of(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return line.offset[TIMELINE_REALTIME].ns;
	case CLOCK_TAI:
		return line.offset[TIMELINE_REALTIME].ns + tai_offset;
	case CLOCK_BOOTTIME:
		return line.offset[TIMELINE_BOOTTIME].ns;
	}
	return 0;
}

static void fill_page(void)
{
	page->mode = line.span ? VVAR_COUNTER : VVAR_SYSCALL;
	page->origin = line.origin;
	page->span = line.span;
	page->slope = line.slope;
	for (int i = 0; i < VVAR_CLOCK_IDS; i++) {
		struct timespec ts = ktime_to_timespec(line.base + offset_of(i));

		page->clock[i].sec = ts.tv_sec;
		page->clock[i].ns = (uint64_t)ts.tv_nsec << TIMELINE_SHIFT | line.frac;
	}
}

static void close_page(void)
{
	/* An exchange, so that the counter is read after everybody can see it. */
	__atomic_exchange_n(&page->seq, page->seq + 1, __ATOMIC_SEQ_CST);
}

static void open_page(void)
{
	__atomic_store_n(&page->seq, page->seq + 1, __ATOMIC_RELEASE);
}

/* Whole seconds, whatever time has passed between the two. */
static ktime_t read_tai_offset(void)
{
	ktime_t diff = host_clock(CLOCK_TAI) - host_clock(CLOCK_REALTIME);

	return (diff + NSEC_PER_SEC / 2) / NSEC_PER_SEC * NSEC_PER_SEC;
}

static void draw_line(void)
{
	struct stamp mono, other;

	host_clock_stamp(CLOCK_MONOTONIC, &mono);
	timeline_learn(&line, &mono);
	host_clock_stamp(CLOCK_REALTIME, &other);
	timeline_learn_offset(&line, TIMELINE_REALTIME, &mono, &other);
	host_clock_stamp(CLOCK_BOOTTIME, &other);
	timeline_learn_offset(&line, TIMELINE_BOOTTIME, &mono, &other);
	tai_offset = read_tai_offset();
	close_page();
	timeline_draw(&line, &mono, host_counter());
	fill_page();
	open_page();
}

/* Back to the host's clocks, for good. */
static void give_up_page(void)
{
	close_page();
	line.rate = 0;
	timeline_draw(&line, &line.start, host_counter());
	fill_page();
	open_page();
	page = NULL;
}

void clock_share(struct vvar *p)
{
	if (page && !p)
		give_up_page();
	if (!p || !page_wanted || !host_counter_trusted())
		return;
	page = p;
	draw_line();
}

void clock_vdso_enable(bool on)
{
	page_wanted = on;
}

/* By the line, or false: there is none now. */
static bool line_read(ktime_t *ret)
{
	uint64_t count;

	if (!page)
		return false;
	count = host_counter();
	/* Drawn anew halfway, as that costs less here than a guest's system call does. */
	if (line.span && count - line.origin <= line.span / 2) {
		*ret = timeline_at(&line, count);
		return true;
	}
	if (!host_counter_trusted()) {
		give_up_page();
		return false;
	}
	draw_line();
	*ret = line.base; /* when it was drawn: it may be over by now, if we were held up */
	return line.span;
}

static ktime_t read_monotonic(void)
{
	ktime_t now;

	if (line_read(&now))
		return now;
	/* A line that was ahead, or a host's clock that is behind after a replay: time stands still. */
	line.base = MAX(line.base, host_clock(CLOCK_MONOTONIC));
	return line.base;
}

ktime_t clock_monotonic(void)
{
	ktime_t now = read_monotonic();

	if (!started)
		started = now;
	return now;
}

ktime_t clock_realtime(void)
{
	ktime_t now;

	return line_read(&now) ? now + offset_of(CLOCK_REALTIME) : host_clock(CLOCK_REALTIME);
}

ktime_t clock_boottime(void)
{
	ktime_t now;

	return line_read(&now) ? now + offset_of(CLOCK_BOOTTIME) : host_clock(CLOCK_BOOTTIME);
}

ktime_t clock_tai(void)
{
	ktime_t now;

	return line_read(&now) ? now + offset_of(CLOCK_TAI) : host_clock(CLOCK_TAI);
}

ktime_t clock_start(void)
{
	if (!started)
		clock_monotonic();
	return started;
}

/* ---- deadlines, and the realtime clock being set ---- */

bool clock_passed(ktime_t deadline)
{
	return ktime_is_real(deadline) ? clock_realtime() >= ktime_real(deadline)
	                               : clock_monotonic() >= deadline;
}

static void measure_host_offset(void)
{
	ktime_t best = KTIME_NEVER;

	for (int i = 0; i < 4; i++) {
		ktime_t from = host_clock(CLOCK_MONOTONIC), real = host_clock(CLOCK_REALTIME);
		ktime_t width = host_clock(CLOCK_MONOTONIC) - from;

		if (width < best) {
			best = width;
			host_offset = real - from - width / 2;
		}
	}
}

ktime_t clock_to_monotonic(ktime_t deadline)
{
	ktime_t offset;

	if (!ktime_is_real(deadline))
		return deadline;
	if (!line.span && !host_offset)
		measure_host_offset();
	offset = line.span ? offset_of(CLOCK_REALTIME) : host_offset;
	deadline = ktime_add(ktime_real(deadline), -offset);
	return MAX(deadline, 0);
}

ktime_t clock_to_host(ktime_t deadline)
{
	ktime_t host;

	if (!line.span || deadline == KTIME_NEVER)
		return deadline;
	/* In this order, being held up in between makes it early, and who looks too early looks again. */
	host = host_clock(CLOCK_MONOTONIC);
	return ktime_add(host, MAX(deadline - clock_monotonic(), 0));
}

void clock_was_set(void)
{
	struct clock_listener *l;

	host_offset = 0;
	if (page)
		draw_line();
	TAILQ_FOREACH(l, &listeners, entry)
		l->fn(l);
}

void clock_listen(struct clock_listener *l)
{
	if (!l->listening)
		TAILQ_INSERT_TAIL(&listeners, l, entry);
	l->listening = true;
}

void clock_unlisten(struct clock_listener *l)
{
	if (l->listening)
		TAILQ_REMOVE(&listeners, l, entry);
	l->listening = false;
}
