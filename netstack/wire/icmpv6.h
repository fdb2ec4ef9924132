/* SPDX-License-Identifier: Apache-2.0
 *
 * ICMPv6: RFC 4443. Layer: netstack. See wire.h for the rules.
 * Neighbour discovery and MLD are messages of it, with parsers of their own: ndp.h, mld.h.
 */
#ifndef NETSTACK_WIRE_ICMPV6_H
#define NETSTACK_WIRE_ICMPV6_H

#include "netstack/wire/wire.h"

#define ICMPV6_HLEN 8 /* of errors and echo; others begin to differ after 4 */

#define ICMPV6_UNREACH 1
#define ICMPV6_TOO_BIG 2
#define ICMPV6_TIME_EXCEEDED 3
#define ICMPV6_PROBLEM 4 /* codes: ICMPV6_PROBLEM_* of ipv6_ext.h */
#define ICMPV6_ECHO 128
#define ICMPV6_ECHO_REPLY 129
#define ICMPV6_MLD_QUERY 130
#define ICMPV6_MLD_REPORT 131
#define ICMPV6_MLD_DONE 132
#define ICMPV6_RS 133
#define ICMPV6_RA 134
#define ICMPV6_NS 135
#define ICMPV6_NA 136
#define ICMPV6_REDIRECT 137
#define ICMPV6_MLD2_REPORT 143

/* Codes of ICMPV6_UNREACH that the stack makes or obeys. */
#define ICMPV6_UNREACH_ROUTE 0
#define ICMPV6_UNREACH_ADMIN 1
#define ICMPV6_UNREACH_ADDR 3
#define ICMPV6_UNREACH_PORT 4

struct icmpv6 {
	uint8_t type, code;
	uint16_t csum; /* to be checked with csum_good(); icmpv6_build writes it as it is */
	/* By type; all others are 0 in what is parsed, and not looked at in what is built. */
	uint16_t id, seq; /* echo */
	uint32_t mtu;     /* packet too big */
	uint32_t pointer; /* parameter problem */
};

/* An error about the packet that it quotes from ICMPV6_HLEN on: see icmp_quote_parse(). */
static inline bool icmpv6_is_error(uint8_t type)
{
	return type < 128;
}

static inline bool icmpv6_is_ndp(uint8_t type)
{
	return type >= ICMPV6_RS && type <= ICMPV6_REDIRECT;
}

static inline bool icmpv6_is_mld(uint8_t type)
{
	return (type >= ICMPV6_MLD_QUERY && type <= ICMPV6_MLD_DONE) || type == ICMPV6_MLD2_REPORT;
}

int icmpv6_parse(struct bytes b, struct icmpv6 *ret);
/* For errors and echo; -EINVAL for other types. */
ssize_t icmpv6_build(const struct icmpv6 *m, uint8_t *to, size_t room);

#endif
