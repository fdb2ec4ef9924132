/* SPDX-License-Identifier: Apache-2.0
 *
 * The packet that an ICMP or ICMPv6 error is about, as far as it is quoted. Layer: netstack.
 *
 * It is one of ours that comes back, so the headers are read as they were sent, but anybody can
 * make one up: whoever acts on it first finds a socket that has sent it (RFC 5927).
 */
#ifndef NETSTACK_WIRE_ICMP_QUOTE_H
#define NETSTACK_WIRE_ICMP_QUOTE_H

#include "netstack/wire/wire.h"

struct icmp_quote {
	struct addr src, dst; /* src is us */
	uint8_t proto;
	size_t off; /* of the transport header in the quote */
	/* TCP, UDP: both. ICMP echo: src_port is the identifier. Not there in fragments but the
	 * first. */
	bool has_ports;
	uint16_t src_port, dst_port;
	bool has_seq; /* TCP */
	uint32_t seq;
};

/*
 * b is what follows the ICMP header; family is that of the error. At least the IP header has to be
 * there, and for IPv4 8 bytes more, as RFC 792 has it.
 */
int icmp_quote_parse(struct bytes b, uint8_t family, struct icmp_quote *ret);

#endif
