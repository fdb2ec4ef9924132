/* SPDX-License-Identifier: Apache-2.0
 *
 * Neighbour discovery: RFC 4861, with RFC 4191 (preference) and 8106 (RDNSS). Layer: netstack. See
 * wire.h. A message is taken as a whole, as RFC 4861 validates it: by what is in its IPv6 header,
 * too.
 */
#ifndef NETSTACK_WIRE_NDP_H
#define NETSTACK_WIRE_NDP_H

#include "netstack/mac.h"
#include "netstack/wire/icmpv6.h"
#include "netstack/wire/ipv6.h"

#define NDP_HOP_LIMIT 255
/* What is kept of each; more of them are passed over. */
#define NDP_PREFIXES_MAX 16
#define NDP_RDNSS_MAX 8

struct ndp_prefix {
	struct prefix prefix;
	bool on_link, autonomous;
	uint32_t valid, preferred; /* seconds; all ones: for ever */
};

struct ndp_rdnss {
	struct addr server;
	uint32_t lifetime; /* seconds; all ones: for ever */
};

struct ndp {
	uint8_t type; /* ICMPV6_RS to ICMPV6_REDIRECT */
	uint16_t csum;
	/* RA; 0 for what the router leaves to us */
	uint8_t hop_limit;
	bool managed, other;
	int8_t preference;    /* -1, 0, 1: RFC 4191 */
	uint16_t lifetime;    /* seconds; 0: no default router */
	uint32_t reachable, retrans; /* milliseconds */
	/* NA */
	bool router, solicited, override;
	struct addr target; /* NS, NA, redirect */
	struct addr dst;    /* redirect: what is better reached by target */
	/* options */
	bool has_source, has_target;
	struct mac source, target_mac; /* link-layer addresses */
	uint32_t mtu; /* 0: none */
	uint8_t nprefixes, nrdnss;
	struct ndp_prefix prefixes[NDP_PREFIXES_MAX];
	struct ndp_rdnss rdnss[NDP_RDNSS_MAX];
	/* redirect: the packet that caused it, as far as it is quoted; empty without */
	struct bytes quote; /* built with padding to 8 bytes */
};

/* b begins with the ICMPv6 type; all of it has to be readable. The checksum is the caller's to
 * check. */
int ndp_parse(struct bytes b, const struct ipv6 *ip, struct ndp *ret);
/* The whole message, with the options that the type may have. */
ssize_t ndp_build(const struct ndp *m, uint8_t *to, size_t room);

#endif
