/* SPDX-License-Identifier: Apache-2.0
 *
 * The Internet checksum: RFC 1071, RFC 1624. Layer: netstack.
 *
 * A *sum* here is the 16-bit one's complement sum of big-endian words, as a number in host order; a
 * *checksum* is what stands in a header: the complement of a sum. Sums of parts are added with
 * csum_add.
 */
#ifndef NETSTACK_CSUM_H
#define NETSTACK_CSUM_H

#include "core/base.h"
#include "netstack/addr.h"
#include "netstack/pkt.h"

/* Sum of n bytes; an odd last one counts as if a zero followed. */
uint16_t csum_bytes(const void *p, size_t n);

static inline uint16_t csum_add(uint16_t a, uint16_t b)
{
	uint32_t sum = (uint32_t)a + b;

	return (uint16_t)(sum + (sum >> 16));
}

/* The sum of a and of a part that begins `off` bytes after a's beginning, which may be odd. */
static inline uint16_t csum_join(uint16_t a, uint16_t part, size_t off)
{
	return csum_add(a, off & 1 ? (uint16_t)(part << 8 | part >> 8) : part);
}

/* Sum of bytes [off, off + n) of a packet, cut to what there is. */
uint16_t csum_pkt(const struct pkt *p, size_t off, size_t n);
/*
 * Sum of the pseudo header: RFC 9293 3.1, RFC 8200 8.1. len is of the transport header and payload.
 */
uint16_t csum_pseudo(const struct addr *src, const struct addr *dst, uint8_t proto, size_t len);

/* The checksum after a word that it covers has changed: RFC 1624, equation 3. */
uint16_t csum_update16(uint16_t check, uint16_t old, uint16_t new);
uint16_t csum_update32(uint16_t check, uint32_t old, uint32_t new);

/*
 * Whether what begins at off has a right checksum; `pseudo` is the pseudo header's sum, 0 for
 * ICMPv4 and IGMP. Bytes are only read if the packet's metadata doesn't say so already.
 */
bool csum_good(const struct pkt *p, size_t off, uint16_t pseudo);
/*
 * Leaves the checksum of what begins at `start`, whose field is `offset` after it, to who sends the
 * packet: a link that can, or csum_complete(). 0; -ENOMEM; -EINVAL if the field isn't in the
 * packet.
 */
int csum_prepare(struct pkt *p, size_t start, uint16_t offset, uint16_t pseudo);
/*
 * Computes what was left. Nothing to do for a packet that isn't CSUM_PARTIAL. A result of zero is
 * written as 0xffff, its equal: in UDP zero means that there is none. Errors as above.
 */
int csum_complete(struct pkt *p);

#endif
