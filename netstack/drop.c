/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of the reasons to drop a packet. Layer: netstack.
 */
#include "netstack/drop.h"

const char *drop_name(int reason)
{
	static const char *const names[DROP_COUNT] = {
		[DROP_NONE] = "none",
#define X(constant, name) [DROP_##constant] = (name),
		DROP_REASONS(X)
#undef X
	};
	unsigned n = reason < 0 ? -(unsigned)reason : (unsigned)reason;

	return n < DROP_COUNT ? names[n] : "unknown";
}
