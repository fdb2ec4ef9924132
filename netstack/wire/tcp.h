/* SPDX-License-Identifier: Apache-2.0
 *
 * The TCP header: RFC 9293 3.1, with the options of RFC 7323, 2018, 7413. Layer: netstack. See
 * wire.h.
 */
#ifndef NETSTACK_WIRE_TCP_H
#define NETSTACK_WIRE_TCP_H

#include "netstack/wire/wire.h"

#define TCP_HLEN_MIN 20
#define TCP_HLEN_MAX 60
#define TCP_CSUM_OFFSET 16

#define TCP_FIN 0x001u
#define TCP_SYN 0x002u
#define TCP_RST 0x004u
#define TCP_PSH 0x008u
#define TCP_ACK 0x010u
#define TCP_URG 0x020u
#define TCP_ECE 0x040u
#define TCP_CWR 0x080u
#define TCP_AE 0x100u /* accurate ECN, once NS */

#define TCP_WSCALE_MAX 14
#define TCP_SACKS_MAX 4
#define TCP_COOKIE_MIN 4
#define TCP_COOKIE_MAX 16

struct tcp_sack {
	uint32_t start, end; /* received: [start, end) */
};

struct tcp_options {
	uint16_t mss;   /* 0: none */
	bool has_wscale, sack_permitted, has_time;
	uint8_t wscale; /* parsed: at most TCP_WSCALE_MAX, as RFC 7323 2.3 wants larger ones used */
	uint32_t time, time_echo; /* TSval, TSecr */
	uint8_t nsacks;
	struct tcp_sack sacks[TCP_SACKS_MAX];
	/* Fast open: a request for a cookie has none. The experimental form is Linux's old one. */
	bool has_fastopen, fastopen_experimental;
	uint8_t cookie_len;
	uint8_t cookie[TCP_COOKIE_MAX];
	bool has_signature; /* MD5 (RFC 2385) or AO (RFC 5925): seen, not checked; not built */
};

struct tcp {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint16_t flags; /* TCP_* */
	uint16_t window; /* as it stands there, not scaled */
	uint16_t csum;
	uint16_t urgent;
	struct tcp_options opt;
	uint8_t hlen; /* set by tcp_parse */
};

/*
 * A segment with an option that has no length or reaches beyond the header is dropped (RFC 9293
 * MUST-7). An option that we know with another length than its own is passed over, as unknown ones
 * are.
 */
int tcp_parse(struct bytes b, struct tcp *ret);
/*
 * Options in Linux's order, padded. -EMSGSIZE also if they take more than the 40 bytes there are.
 */
ssize_t tcp_build(const struct tcp *t, uint8_t *to, size_t room);
/* What tcp_build returns, without room. */
ssize_t tcp_hlen(const struct tcp *t);

#endif
