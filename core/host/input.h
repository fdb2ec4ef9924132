/* SPDX-License-Identifier: Apache-2.0
 *
 * The input queue: the one place where events from outside enter the sentry. Watcher callbacks only
 * append to it; the loop drains it at one point of its turn, so that a journal can record and feed
 * the same events in the same order. Layer: core.
 */
#ifndef CORE_HOST_INPUT_H
#define CORE_HOST_INPUT_H

#include "core/base.h"

int input_init(void);
void input_done(void);
/* Looks at the watched descriptors; waits for one when `block`. Queues what is ready. */
void input_poll(bool block);
/* Hands queued events to their watches' functions. Returns whether there were any. */
bool input_drain(void);

#endif
