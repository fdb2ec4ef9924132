/* SPDX-License-Identifier: Apache-2.0
 *
 * Multicast listener discovery: RFC 2710 (v1), 3810 (v2). Layer: netstack. See wire.h for the
 * rules.
 */
#ifndef NETSTACK_WIRE_MLD_H
#define NETSTACK_WIRE_MLD_H

#include "netstack/wire/group.h"
#include "netstack/wire/icmpv6.h"
#include "netstack/wire/ipv6_ext.h"

#define MLD_LEN 24
#define MLD2_REPORT_LEN 8

struct mld {
	uint8_t type;    /* ICMPV6_MLD_* */
	uint8_t version; /* 1 or 2; of queries, it follows from the length: RFC 3810 8.1 */
	uint16_t csum;
	struct addr group;  /* :: in a general query; none in a v2 report */
	uint32_t max_delay; /* queries: milliseconds */
	/* queries of version 2 */
	bool suppress;      /* router-side processing */
	uint8_t robustness; /* 0: not told */
	uint32_t interval;  /* seconds */
	uint16_t nsources;
	const uint8_t *sources; /* see group_source() */
	/* reports of version 2 */
	uint16_t nrecords;
	struct bytes records; /* see group_record_next(); to be put behind what is built */
};

/*
 * b begins with the ICMPv6 type; all of it has to be readable. What RFC 3810 5.1.14, 5.2.13 and 6.2
 * ask of the IPv6 header is checked: hop limit, source and Router Alert. The checksum is the
 * caller's.
 */
int mld_parse(struct bytes b, const struct ipv6 *ip, const struct ipv6_chain *chain,
              struct mld *ret);
ssize_t mld_build(const struct mld *m, uint8_t *to, size_t room);

#endif
