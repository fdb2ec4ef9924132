/* SPDX-License-Identifier: Apache-2.0
 *
 * Randomness: input from the host, the only source of it in the sentry. Layer: core.
 */
#ifndef CORE_HOST_RANDOM_H
#define CORE_HOST_RANDOM_H

#include "core/base.h"

/* Fills buf. Never fails: the host's pool is ready long before a sentry starts. */
void host_random(void *buf, size_t n);

#endif
