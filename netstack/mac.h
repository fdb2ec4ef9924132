/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethernet addresses (EUI-48). Layer: netstack.
 */
#ifndef NETSTACK_MAC_H
#define NETSTACK_MAC_H

#include "core/base.h"

struct addr;

#define MAC_TEXT_MAX 18 /* with the NUL */

struct mac {
	uint8_t b[6];
};

extern const struct mac mac_broadcast;

static inline bool mac_eq(const struct mac *a, const struct mac *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* A group address; the broadcast address is one. */
static inline bool mac_is_multicast(const struct mac *m)
{
	return m->b[0] & 1;
}

/* What frames to this multicast group are sent to: RFC 1112 6.4, RFC 2464 7. */
struct mac mac_of_group(const struct addr *group);
/* As 52:54:00:12:34:56. Returns buf. */
char *mac_format(const struct mac *m, char buf[MAC_TEXT_MAX]);
/*
 * 0, or -EINVAL with *ret untouched for anything but six pairs of hexadecimal digits with colons.
 */
int mac_parse(const char *text, struct mac *ret);

#endif
