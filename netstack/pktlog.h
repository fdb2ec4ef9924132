/* SPDX-License-Identifier: Apache-2.0
 *
 * A frame as a line of text, in the manner of tcpdump -n. Layer: netstack.
 *
 * For people: the form may change. Checksums beyond the IPv4 header's aren't looked at. Anything
 * may be in the bytes, nothing but printable ASCII comes out.
 */
#ifndef NETSTACK_PKTLOG_H
#define NETSTACK_PKTLOG_H

#include "netstack/linktype.h"
#include "netstack/pkt.h"

#define PKTLOG_MAX 512 /* room for any line that matters; longer ones are cut */

/*
 * Writes a line without a newline, NUL at its end, cut to room - 1. Returns its length.
 * 	IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [S], seq 1, win 64240, options [mss 1460], length 0
 */
size_t pktlog_bytes(struct bytes b, enum linktype type, char *buf, size_t room);
/* The same of a packet, of which the first 512 bytes are looked at. */
size_t pktlog_pkt(const struct pkt *p, enum linktype type, char *buf, size_t room);

#endif
