/* SPDX-License-Identifier: Apache-2.0
 *
 * What a failed assertion does. Layer: core.
 */
#include "core/assert.h"

#include <stdlib.h>

#include "core/log.h"

NORETURN void assert_failed(const char *file, int line, const char *expr, const char *why)
{
	log_error("bug: %s (%s at %s:%d)", why, expr, file, line);
	abort();
}
