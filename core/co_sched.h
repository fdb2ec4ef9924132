/* SPDX-License-Identifier: Apache-2.0
 *
 * What the loop alone uses of the coroutine scheduler.
 */
#ifndef CORE_CO_SCHED_H
#define CORE_CO_SCHED_H

#include "core/co.h"

/* Runs every coroutine that is runnable now, first in, first out. False when there was none. */
bool co_run_queued(void);
bool co_any_queued(void);

#endif
