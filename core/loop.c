/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop. Layer: core. See core/loop.h for the order of a turn.
 */
#include "core/loop.h"

#include "core/clock.h"
#include "core/co_sched.h"
#include "core/host/input.h"
#include "core/timer.h"

/* While traps keep coming, the host's descriptors are still looked at this often. */
#define POLL_EVERY_NS (50 * NSEC_PER_USEC)
#define POLL_EVERY_TURNS 64
/* A turn is short while guests are waited for, and the time it takes is not of interest by itself. */
#define CLOCK_EVERY_TURNS 16
/* How long coroutines may go on after loop_stop. */
#define STOP_GRACE (500 * NSEC_PER_MSEC)

static bool stopping;
static int stop_code;
static const struct loop_platform_ops *plat;

void loop_set_platform(const struct loop_platform_ops *ops)
{
	plat = ops;
}

int loop_init(void)
{
	stopping = false;
	int err = input_init();
	return err ? err : timers_init();
}

void loop_done(void)
{
	timers_done();
	input_done();
	co_pool_drain();
}

void loop_stop(int code)
{
	if (stopping)
		return;
	stopping = true;
	stop_code = code;
}

bool loop_stopping(void)
{
	return stopping;
}

static void sleep_in_host(void)
{
	if (plat && !plat->before_sleep())
		return;
	timers_program_host();
	input_poll(true);
	if (plat)
		plat->after_sleep();
}

int loop_run(void)
{
	ktime_t last_poll = 0, idle_since = 0, now = 0, next = KTIME_NEVER, patience = 0;
	unsigned turns = 0, since_clock = CLOCK_EVERY_TURNS;

	ktime_t give_up = KTIME_NEVER;
	for (;;) {
		bool busy = co_run_queued();
		/* Work that has nothing to do with guests, such as a stub being forked, comes to its end. */
		if (stopping && give_up == KTIME_NEVER)
			give_up = clock_monotonic() + STOP_GRACE;
		if (stopping && (!co_live() || clock_monotonic() >= give_up))
			break;
		unsigned in_guest = plat ? plat->scan() : 0;
		if (input_drain() || co_any_queued())
			busy = true;
		/* Reading a clock costs as much as a quick system call does in all. A deadline that is new
		 * may have passed already, though, and whoever set it may look at once. */
		if (++since_clock >= CLOCK_EVERY_TURNS || timers_next() != next) {
			since_clock = 0;
			now = clock_monotonic();
			patience = plat ? plat->patience() : 0;
			if (timers_next() <= now) {
				timers_run();
				busy |= co_any_queued();
			}
			next = timers_next();
		}
		if (busy)
			idle_since = 0;
		else if (!idle_since)
			idle_since = now;

		bool spin = in_guest && now - idle_since < patience;
		if (busy || spin || stopping) {
			if (++turns >= POLL_EVERY_TURNS || now - last_poll >= POLL_EVERY_NS) {
				input_poll(false);
				last_poll = now;
				turns = 0;
			} else if (!busy && plat) {
				plat->relax();
			}
			continue;
		}
		sleep_in_host();
		idle_since = 0;
		last_poll = clock_monotonic(); /* to sleep was to poll */
		since_clock = CLOCK_EVERY_TURNS;
	}
	return stop_code;
}
