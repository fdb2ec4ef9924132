/* SPDX-License-Identifier: Apache-2.0
 *
 * IPv6 extension headers: RFC 8200 4, RFC 7112, 6946, 5095, 2711. Layer: netstack. See wire.h.
 */
#ifndef NETSTACK_WIRE_IPV6_EXT_H
#define NETSTACK_WIRE_IPV6_EXT_H

#include "netstack/wire/ipv6.h"

/* Limits, as RFC 8504 5.3 allows; more is dropped. Linux has the same of options and padding. */
#define IPV6_CHAIN_MAX IPV6_MTU_MIN /* bytes, with the IPv6 header: RFC 7112 asks for no more */
#define IPV6_EXT_MAX 8              /* headers */
#define IPV6_OPTIONS_MAX 8          /* in one header, padding aside */
#define IPV6_PAD_MAX 7              /* bytes of padding in a row */

#define IPV6_FRAG_HLEN 8
#define IPV6_ALERT_HLEN 8

#define IPV6_OPT_PAD1 0
#define IPV6_OPT_PADN 1
#define IPV6_OPT_ALERT 5

/* Codes of ICMPv6 Parameter Problem. */
#define ICMPV6_PROBLEM_FIELD 0
#define ICMPV6_PROBLEM_NEXT 1
#define ICMPV6_PROBLEM_OPTION 2
#define ICMPV6_PROBLEM_CHAIN 3 /* RFC 7112 */

struct ipv6_frag {
	uint8_t next;
	uint16_t off; /* bytes; a multiple of 8 */
	bool more;
	uint32_t id;
};

/* What the chain of headers says. Offsets are from the beginning of the IPv6 header. */
struct ipv6_chain {
	uint8_t proto; /* the first header that isn't an extension header; any number */
	uint16_t off;  /* where it begins */
	uint16_t next_at; /* the byte that names it, for ICMPv6 */
	int alert;     /* value of a Router Alert option, -1 without */
	/*
	 * A fragment of something larger (an atomic one isn't). proto and off are of the first
	 * fragment, and headers behind the fragment header are judged when it is whole again;
	 * without a meaning in others.
	 */
	bool fragment;
	struct ipv6_frag frag;
	uint16_t frag_at;      /* the fragment header; what is before is in all of them */
	uint16_t frag_next_at; /* the byte that names it */
	/* After a failure: */
	bool answer; /* a Parameter Problem is due, unless RFC 4443 2.4 (e) forbids it */
	uint8_t code;
	uint16_t problem; /* its pointer */
};

/*
 * Walks the chain of a packet whose header is parsed already and which b begins with; b.len is cut
 * to its payload length here. The first IPV6_CHAIN_MAX bytes, or all, have to be readable.
 */
int ipv6_walk(struct bytes b, const struct ipv6 *ip, struct ipv6_chain *ret);
/*
 * The same without acting on options and routing headers: for a packet that an ICMPv6 error quotes.
 */
int ipv6_skip(struct bytes b, const struct ipv6 *ip, struct ipv6_chain *ret);

ssize_t ipv6_frag_build(const struct ipv6_frag *f, uint8_t *to, size_t room);
/* A hop-by-hop header with nothing but a Router Alert of that value, as MLD has it. */
ssize_t ipv6_alert_build(uint8_t next, uint16_t value, uint8_t *to, size_t room);

#endif
