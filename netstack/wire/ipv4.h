/* SPDX-License-Identifier: Apache-2.0
 *
 * The IPv4 header: RFC 791, 1122, 2113, 2474. Layer: netstack. See wire.h for the rules.
 */
#ifndef NETSTACK_WIRE_IPV4_H
#define NETSTACK_WIRE_IPV4_H

#include "netstack/wire/wire.h"

#define IPV4_HLEN_MIN 20
#define IPV4_HLEN_MAX 60
#define IPV4_LEN_MAX 65535

/* Options in use, RFC 791 3.1; see ip(7) and the registry of IP option numbers. */
#define IPV4_OPT_EOL 0
#define IPV4_OPT_NOP 1
#define IPV4_OPT_RR 7
#define IPV4_OPT_TS 68
#define IPV4_OPT_LSRR 131
#define IPV4_OPT_SSRR 137
#define IPV4_OPT_ALERT 148

#define IPV4_TS_ONLY 0
#define IPV4_TS_AND_ADDR 1
#define IPV4_TS_PRESPECIFIED 3

/* Where options begin in the header; 0: not there. */
struct ipv4_options {
	uint8_t record_route, timestamp;
	uint8_t source_route;
	bool strict; /* the source route is */
	uint8_t alert; /* of value 0, "every router examines this"; others are reserved */
};

struct ipv4 {
	uint8_t tos; /* DSCP and ECN */
	uint16_t total_len;
	uint16_t id;
	bool df, mf;
	uint16_t frag_off; /* bytes; a multiple of 8 */
	uint8_t ttl, proto;
	struct addr src, dst;
	const uint8_t *options; /* as they are; padded to 4 bytes */
	uint8_t options_len;
	/* set by ipv4_parse */
	uint8_t hlen;
	struct ipv4_options opt;
	uint8_t problem; /* after -DROP_IPV4_OPTION: what an ICMP Parameter Problem points at */
};

/*
 * What is beyond total_len (padding of short frames) is the caller's to cut off. The
 * addresses and all else of the first 20 bytes are set once the checksum is right, and of AF_UNSPEC
 * before.
 */
int ipv4_parse(struct bytes b, struct ipv4 *ret);
/* Computes the header's checksum. total_len includes the header, as it does on the wire. */
ssize_t ipv4_build(const struct ipv4 *ip, uint8_t *to, size_t room);

#endif
