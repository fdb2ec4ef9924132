/* SPDX-License-Identifier: Apache-2.0
 *
 * IGMP: RFC 1112 (v1), 2236 (v2), 3376 (v3). Layer: netstack. See wire.h for the rules.
 */
#ifndef NETSTACK_WIRE_IGMP_H
#define NETSTACK_WIRE_IGMP_H

#include "netstack/wire/group.h"

#define IGMP_QUERY 0x11
#define IGMP_V1_REPORT 0x12
#define IGMP_V2_REPORT 0x16
#define IGMP_V2_LEAVE 0x17
#define IGMP_V3_REPORT 0x22

struct igmp {
	uint8_t type;
	uint8_t version; /* 1 to 3; of queries, it follows from length and max_resp: RFC 3376 7.1 */
	struct addr group; /* 0.0.0.0 in a general query; none in a v3 report */
	uint32_t max_resp; /* queries: tenths of a second; 100 for version 1 */
	/* queries of version 3 */
	bool suppress;     /* router-side processing */
	uint8_t robustness; /* 0: not told */
	uint32_t interval; /* seconds */
	uint16_t nsources;
	const uint8_t *sources; /* see group_source() */
	/* reports of version 3 */
	uint16_t nrecords;
	struct bytes records; /* see group_record_next(); to be put behind what is built */
};

/*
 * All of b has to be readable, as the whole of it is summed. Its checksum is checked here; so the
 * Router Alert option, which RFC 3376 4 wants in the IP header, is all that is left to the caller.
 */
int igmp_parse(struct bytes b, struct igmp *ret);
/* Checksum 0; csum_prepare() with pseudo 0 when the records are there. */
ssize_t igmp_build(const struct igmp *m, uint8_t *to, size_t room);

#endif
