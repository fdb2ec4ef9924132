/* SPDX-License-Identifier: Apache-2.0
 *
 * Group records and floating-point times of IGMPv3 and MLDv2. Layer: netstack.
 */
#include "netstack/wire/group.h"

static size_t size_of(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

static struct addr addr_at(const uint8_t *p, uint8_t family)
{
	return family == AF_INET ? addr_v4_from(p) : addr_v6_from(p);
}

struct addr group_source(const uint8_t *sources, uint8_t family, unsigned i)
{
	return addr_at(sources + i * size_of(family), family);
}

bool group_record_next(struct bytes *b, uint8_t family, struct group_record *ret)
{
	size_t size = size_of(family), n;

	if (b->have < 4 + size)
		return false;
	ret->type = b->p[0];
	ret->nsources = be16_get(b->p + 2);
	ret->group = addr_at(b->p + 4, family);
	ret->sources = b->p + 4 + size;
	/* Auxiliary data, in words, is passed over. */
	n = 4 + size + ret->nsources * size + b->p[1] * 4u;
	if (b->have < n)
		return false;
	*b = bytes_after(*b, n);
	return true;
}

ssize_t group_record_build(const struct group_record *r, uint8_t *to, size_t room)
{
	size_t size = addr_len(&r->group), n = 4 + size + r->nsources * size;

	if (!size)
		return -EINVAL;
	if (room < n)
		return -EMSGSIZE;
	to[0] = r->type;
	to[1] = 0;
	be16_put(to + 2, r->nsources);
	memcpy(to + 4, r->group.b, size);
	if (r->nsources)
		memcpy(to + 4 + size, r->sources, r->nsources * size);
	return (ssize_t)n;
}

int group_records_check(struct bytes b, uint8_t family, unsigned n, enum drop_reason reason)
{
	struct group_record r;

	while (n--)
		if (!group_record_next(&b, family, &r))
			return -(int)reason;
	return 0;
}

/*
 * A code with its highest bit set is 1 eee mmmm…: (mantissa with a one in front) << (exponent + 3).
 */
static uint32_t decode(uint32_t code, unsigned mantissa_bits)
{
	uint32_t one = 1u << mantissa_bits;

	if (code < one << 3)
		return code;
	return ((code & (one - 1)) | one) << ((code >> mantissa_bits & 7) + 3);
}

static uint32_t encode(uint32_t n, unsigned mantissa_bits)
{
	uint32_t one = 1u << mantissa_bits, exp = 0;

	if (n < one << 3)
		return n;
	while (exp < 7 && n >> (exp + 3) >= one << 1)
		exp++;
	return one << 3 | exp << mantissa_bits | (MIN(n >> (exp + 3), (one << 1) - 1) & (one - 1));
}

uint32_t group_decode8(uint8_t code)
{
	return decode(code, 4);
}

uint32_t group_decode16(uint16_t code)
{
	return decode(code, 12);
}

uint8_t group_encode8(uint32_t n)
{
	return (uint8_t)encode(n, 4);
}

uint16_t group_encode16(uint32_t n)
{
	return (uint16_t)encode(n, 12);
}
