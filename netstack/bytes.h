/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes to be parsed, and numbers in network byte order at any address. Layer: netstack.
 *
 * A parser is given a `struct bytes` and trusts nothing in it. Two lengths are told apart: what a
 * protocol's own length field is checked against is `len`, what can be read is `have`. They differ
 * for a packet of which only the beginning is contiguous (pkt_view()), for one quoted in an ICMP
 * error, and for one that a capture has cut off.
 */
#ifndef NETSTACK_BYTES_H
#define NETSTACK_BYTES_H

#include "core/base.h"

struct bytes {
	const uint8_t *p; /* borrowed */
	size_t have;      /* may be read */
	size_t len;       /* of the whole; never less than `have` */
};

#define BYTES_LEN_UNKNOWN SIZE_MAX /* as long as it says itself */

static inline struct bytes bytes_of(const void *p, size_t len)
{
	return (struct bytes){ .p = p, .have = len, .len = len };
}

/* The beginning of something longer, of which nobody knows how long it is. */
static inline struct bytes bytes_begin(const void *p, size_t have)
{
	return (struct bytes){ .p = p, .have = have, .len = BYTES_LEN_UNKNOWN };
}

/* What follows the first n bytes; nothing if there are no more. */
static inline struct bytes bytes_after(struct bytes b, size_t n)
{
	size_t skip = MIN(n, b.have);

	b.p += skip;
	b.have -= skip;
	if (b.len != BYTES_LEN_UNKNOWN)
		b.len -= MIN(n, b.len);
	return b;
}

/* The first n bytes at most. */
static inline struct bytes bytes_first(struct bytes b, size_t n)
{
	b.len = MIN(b.len, n);
	b.have = MIN(b.have, n);
	return b;
}

static inline uint16_t be16_get(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32_get(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void be16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void be32_put(uint8_t *p, uint32_t v)
{
	be16_put(p, (uint16_t)(v >> 16));
	be16_put(p + 2, (uint16_t)v);
}

static inline uint16_t le16_get(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline void le16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

#endif
