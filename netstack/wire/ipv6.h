/* SPDX-License-Identifier: Apache-2.0
 *
 * The IPv6 header: RFC 8200. Layer: netstack. See wire.h for the rules.
 */
#ifndef NETSTACK_WIRE_IPV6_H
#define NETSTACK_WIRE_IPV6_H

#include "netstack/wire/wire.h"

#define IPV6_HLEN 40
#define IPV6_MTU_MIN 1280

struct ipv6 {
	uint8_t tclass; /* DSCP and ECN */
	uint32_t flow;  /* 20 bits */
	uint16_t payload_len;
	uint8_t next; /* header: IPPROTO_* */
	uint8_t hop_limit;
	struct addr src, dst;
};

/* What is beyond payload_len is the caller's to cut off. Jumbograms (RFC 2675) are dropped. */
int ipv6_parse(struct bytes b, struct ipv6 *ret);
ssize_t ipv6_build(const struct ipv6 *ip, uint8_t *to, size_t room);

#endif
