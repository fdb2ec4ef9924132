/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a line of the packet log. Layer: netstack. Private to pktlog*.c.
 */
#ifndef NETSTACK_PKTLOG_IMPL_H
#define NETSTACK_PKTLOG_IMPL_H

#include "netstack/bytes.h"
#include "netstack/wire/ipv6_ext.h"

struct line {
	char *p;
	size_t n, room; /* n < room, which isn't 0 */
};

void line_add(struct line *l, const char *fmt, ...) PRINTF_FMT(2, 3);
void line_bad(struct line *l, int reason); /* a drop reason */

/* "IP SRC.PORT > DST.PORT: ". No port where it is negative. */
void line_ends(struct line *l, const struct addr *src, int src_port, const struct addr *dst,
               int dst_port);

/* b begins with the header and ends with the datagram. */
void line_tcp(struct line *l, struct bytes b, const struct addr *src, const struct addr *dst);
void line_udp(struct line *l, struct bytes b, const struct addr *src, const struct addr *dst,
              bool fragment);
void line_icmpv4(struct line *l, struct bytes b);
void line_igmp(struct line *l, struct bytes b);
void line_icmpv6(struct line *l, struct bytes b, const struct ipv6 *ip,
                 const struct ipv6_chain *chain);

#endif
