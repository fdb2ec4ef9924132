/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry's clocks over the host's. Layer: core.
 */
#include "core/clock.h"

#include "core/host/clock.h"

static ktime_t last_monotonic, started;

ktime_t clock_monotonic(void)
{
	ktime_t now = host_clock(CLOCK_MONOTONIC);

	/* A restored or replayed sandbox may read a host clock that is behind. */
	if (now > last_monotonic)
		last_monotonic = now;
	if (!started)
		started = last_monotonic;
	return last_monotonic;
}

ktime_t clock_realtime(void)
{
	return host_clock(CLOCK_REALTIME);
}

ktime_t clock_boottime(void)
{
	return host_clock(CLOCK_BOOTTIME);
}

ktime_t clock_start(void)
{
	if (!started)
		clock_monotonic();
	return started;
}
