/* SPDX-License-Identifier: Apache-2.0
 *
 * ICMP: RFC 792, 950, 1191. Layer: netstack. See wire.h for the rules.
 */
#ifndef NETSTACK_WIRE_ICMPV4_H
#define NETSTACK_WIRE_ICMPV4_H

#include "netstack/wire/wire.h"

#define ICMPV4_HLEN 8

#define ICMPV4_ECHO_REPLY 0
#define ICMPV4_UNREACH 3
#define ICMPV4_QUENCH 4 /* deprecated by RFC 6633 */
#define ICMPV4_REDIRECT 5
#define ICMPV4_ECHO 8
#define ICMPV4_TIME_EXCEEDED 11
#define ICMPV4_PROBLEM 12
#define ICMPV4_TIMESTAMP 13
#define ICMPV4_TIMESTAMP_REPLY 14

/* Codes of ICMPV4_UNREACH that the stack makes or obeys. */
#define ICMPV4_UNREACH_NET 0
#define ICMPV4_UNREACH_HOST 1
#define ICMPV4_UNREACH_PROTO 2
#define ICMPV4_UNREACH_PORT 3
#define ICMPV4_UNREACH_FRAG 4 /* fragmentation needed: mtu */

struct icmpv4 {
	uint8_t type, code;
	uint16_t csum; /* to be checked with csum_good(); icmpv4_build writes it as it is */
	/* By type; all others are 0 in what is parsed, and not looked at in what is built. */
	uint16_t id, seq;    /* echo, timestamp */
	uint16_t mtu;        /* ICMPV4_UNREACH_FRAG; 0 from routers older than RFC 1191 */
	uint8_t pointer;     /* parameter problem */
	struct addr gateway; /* redirect */
};

/* An error about the packet that it quotes from ICMPV4_HLEN on: see icmp_quote_parse(). */
static inline bool icmpv4_is_error(uint8_t type)
{
	return type == ICMPV4_UNREACH || type == ICMPV4_QUENCH || type == ICMPV4_REDIRECT ||
	       type == ICMPV4_TIME_EXCEEDED || type == ICMPV4_PROBLEM;
}

int icmpv4_parse(struct bytes b, struct icmpv4 *ret);
ssize_t icmpv4_build(const struct icmpv4 *m, uint8_t *to, size_t room);

#endif
