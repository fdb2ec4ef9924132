/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's clocks and the processor's counter: inputs of the sentry, read by core/clock alone.
 */
#ifndef CORE_HOST_CLOCK_H
#define CORE_HOST_CLOCK_H

#include "core/arch/arch.h"
#include "core/base.h"
#include "core/timeline.h"

/* Nanoseconds of the host clock `id` (CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI). */
ktime_t host_clock(int id);

/*
 * Does the host itself take its time from the counter? It watches the counter all the time and gives
 * it up when it finds a fault, so ask again now and then. The first call opens a file of /sys.
 */
bool host_counter_trusted(void);
static inline uint64_t host_counter(void) { return arch_counter(); }
/* Reads a clock together with the counter, as closely as can be. */
void host_clock_stamp(int id, struct stamp *ret);

/* Calls fn from the loop's input queue each time that the host's realtime clock was set. */
int host_clock_watch(void (*fn)(void));
void host_clock_unwatch(void);

#endif
