/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop: the only place of the sentry that waits. Layer: core.
 *
 * One turn: run every runnable coroutine; look at the slots of tasks in guest code; fire due timers;
 * drain the host's input queue; then poll libev, or sleep in it when nothing is runnable.
 */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include "core/base.h"

int loop_init(void);
void loop_done(void);
/* Runs turns until loop_stop() was called and returns its code. */
int loop_run(void);
void loop_stop(int code);
bool loop_stopping(void);

/*
 * Watches a host descriptor. fn(arg, events) is called from the loop's input queue (never from a
 * libev callback, never in a coroutine; must not yield) when the descriptor has one of `events`
 * (LOOP_READ, LOOP_WRITE): level-triggered, until stopped. Ownership of fd stays with the caller.
 */
#define LOOP_READ 1
#define LOOP_WRITE 2
struct watch;
struct watch *watch_new(int fd, void (*fn)(void *arg, int events), void *arg); /* NULL: no memory */
void watch_set(struct watch *w, int events); /* 0 stops */
void watch_free(struct watch *w);

/*
 * Registered by the platform. `scan` looks at the slots and readies coroutines, returning how many
 * contexts are still in guest code; `patience` says for how long to go on looking when there is
 * nothing else to do, and `relax` passes the time between two looks; before_sleep publishes "the
 * sentry sleeps" and returns false if a trap came meanwhile; after_sleep takes it back.
 */
struct loop_platform_ops {
	unsigned (*scan)(void);
	ktime_t (*patience)(void);
	void (*relax)(void);
	bool (*before_sleep)(void);
	void (*after_sleep)(void);
};
void loop_set_platform(const struct loop_platform_ops *ops);

#endif
