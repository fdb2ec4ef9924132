/* SPDX-License-Identifier: Apache-2.0
 *
 * What all parsers and builders of wire formats have in common. Layer: netstack.
 *
 *	int X_parse(struct bytes b, ..., struct X *ret);
 *
 * b begins with the header. Returns 0, or a negative reason of netstack/drop.h; then *ret holds
 * nothing of use but what X.h says. Nothing beyond b.have is read, at any alignment. *ret is in
 * host order. What it points to (options, sources) lies in b and lives as long.
 *
 *	ssize_t X_build(const struct X *x, uint8_t *to, size_t room);
 *
 * Writes the header. Returns its length, -EMSGSIZE if there isn't room, -EINVAL if the wire format
 * has no way to say it; then `to` may be half written. Checksums that cover more than the header
 * are left 0 or as given: see csum_prepare().
 */
#ifndef NETSTACK_WIRE_WIRE_H
#define NETSTACK_WIRE_WIRE_H

#include "netstack/addr.h"
#include "netstack/bytes.h"
#include "netstack/drop.h"

/* For parsers: 0 if the first n bytes can be read, -too_short if there aren't so many at all. */
static inline int wire_need(struct bytes b, size_t n, enum drop_reason too_short)
{
	if (b.len < n)
		return -(int)too_short;
	return b.have < n ? -DROP_CUT : 0;
}

#endif
