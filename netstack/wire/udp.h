/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDP header: RFC 768, RFC 8200 8.1. Layer: netstack. See wire.h for the rules.
 */
#ifndef NETSTACK_WIRE_UDP_H
#define NETSTACK_WIRE_UDP_H

#include "netstack/wire/wire.h"

#define UDP_HLEN 8
#define UDP_CSUM_OFFSET 6

struct udp {
	uint16_t src_port, dst_port;
	uint16_t len;  /* with the header; what is beyond is the caller's to cut off */
	uint16_t csum; /* 0: none, in IPv4 alone */
};

/*
 * family is that of IP: IPv6 has no datagrams without a checksum, and a length of 0 in jumbograms.
 */
int udp_parse(struct bytes b, uint8_t family, struct udp *ret);
ssize_t udp_build(const struct udp *u, uint8_t *to, size_t room);

#endif
