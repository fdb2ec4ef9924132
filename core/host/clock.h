/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's clocks: an input of the sentry, read by core/clock alone.
 */
#ifndef CORE_HOST_CLOCK_H
#define CORE_HOST_CLOCK_H

#include "core/base.h"

/* Nanoseconds of the host clock `id` (CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME). */
ktime_t host_clock(int id);

#endif
