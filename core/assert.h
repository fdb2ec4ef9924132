/* SPDX-License-Identifier: Apache-2.0
 *
 * Assertions of the sentry. They stay in release builds, and none may be reachable from what a
 * guest, a file, a packet or a client can choose: those get an errno.
 */
#ifndef CORE_ASSERT_H
#define CORE_ASSERT_H

#include "core/base.h"

/* Ends the sentry (and with it the sandbox) after printing where and why. Never returns. */
NORETURN void assert_failed(const char *file, int line, const char *expr, const char *why);

/* `why` is a plain sentence for whoever reads the log. */
#define ASSERT(expr, why)                                                                          \
	((expr) ? (void)0 : assert_failed(__FILE__, __LINE__, #expr, (why)))

#endif
