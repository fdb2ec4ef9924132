/* SPDX-License-Identifier: Apache-2.0
 *
 * Watches of host descriptors over libev, and the queue between its callbacks and the loop.
 */
#include "core/host/input.h"

#include <bsd/sys/queue.h>
#include <ev.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/loop.h"
#include "core/objcount.h"

OBJCOUNT(watch_count, "watch");

struct watch {
	ev_io io;
	void (*fn)(void *arg, int events);
	void *arg;
	int fd;
	int want;    /* LOOP_READ | LOOP_WRITE */
	int pending; /* events queued and not handed over yet */
	bool queued;
	TAILQ_ENTRY(watch) entry;
};

static struct ev_loop *evl;
TAILQ_HEAD(watch_queue, watch);
static struct watch_queue input_queue = TAILQ_HEAD_INITIALIZER(input_queue);

static void io_ready(struct ev_loop *l UNUSED, ev_io *io, int revents)
{
	struct watch *w = container_of(io, struct watch, io);

	w->pending |= (revents & EV_READ ? LOOP_READ : 0) | (revents & EV_WRITE ? LOOP_WRITE : 0);
	if (!w->queued) {
		w->queued = true;
		TAILQ_INSERT_TAIL(&input_queue, w, entry);
	}
}

int input_init(void)
{
	/* epoll by name: libev's io_uring backend takes a hundred times longer per turn. */
	evl = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	return evl ? 0 : -ENOMEM;
}

void input_done(void)
{
	ev_loop_destroy(evl);
	evl = NULL;
}

void input_poll(bool block)
{
	ev_run(evl, block ? EVRUN_ONCE : EVRUN_NOWAIT);
}

bool input_drain(void)
{
	struct watch *last = TAILQ_LAST(&input_queue, watch_queue);
	bool any = false;

	/* The functions may free any watch, `last` too: stop when the queue is empty at the latest. */
	for (struct watch *w; (w = TAILQ_FIRST(&input_queue));) {
		bool was_last = w == last;
		int events = w->pending & w->want;
		TAILQ_REMOVE(&input_queue, w, entry);
		w->queued = false;
		w->pending = 0;
		any = true;
		if (events)
			w->fn(w->arg, events);
		if (was_last)
			break;
	}
	return any;
}

struct watch *watch_new(int fd, void (*fn)(void *arg, int events), void *arg)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fd = fd;
	w->fn = fn;
	w->arg = arg;
	ev_io_init(&w->io, io_ready, fd, 0);
	obj_born(&watch_count);
	return w;
}

void watch_set(struct watch *w, int events)
{
	if (events == w->want)
		return;
	ev_io_stop(evl, &w->io);
	w->want = events;
	if (!events)
		return;
	ev_io_set(&w->io, w->fd, (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0));
	ev_io_start(evl, &w->io);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	ev_io_stop(evl, &w->io);
	if (w->queued)
		TAILQ_REMOVE(&input_queue, w, entry);
	free(w);
	obj_died(&watch_count);
}
