/* SPDX-License-Identifier: Apache-2.0
 *
 * Internet addresses: what kind they are, prefixes, one inside the other. Layer: netstack.
 */
#include "netstack/addr.h"

#include "netstack/bytes.h"

struct addr addr_v4(uint32_t host_order)
{
	struct addr a = { .family = AF_INET };

	be32_put(a.b, host_order);
	return a;
}

struct addr addr_v4_from(const uint8_t b[4])
{
	return addr_v4(be32_get(b));
}

struct addr addr_v6_from(const uint8_t b[16])
{
	struct addr a = { .family = AF_INET6 };

	memcpy(a.b, b, 16);
	return a;
}

uint32_t addr_v4_value(const struct addr *a)
{
	return be32_get(a->b);
}

int addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

size_t addr_len(const struct addr *a)
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}

/* ---- prefixes ---- */

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - bits % 8) == 0;
}

struct prefix prefix_of(const struct addr *a, unsigned bits)
{
	struct prefix p = { .addr = { .family = a->family } };

	p.bits = (uint8_t)MIN(bits, 8 * addr_len(a));
	memcpy(p.addr.b, a->b, p.bits / 8);
	if (p.bits % 8)
		p.addr.b[p.bits / 8] = a->b[p.bits / 8] & (uint8_t)(0xff00 >> p.bits % 8);
	return p;
}

bool prefix_match(const struct prefix *p, const struct addr *a)
{
	return p->addr.family == a->family && same_bits(p->addr.b, a->b, p->bits);
}

/* ---- kinds ---- */

struct special {
	uint8_t b[16];
	uint8_t bits;
	unsigned class;
};

static const struct special special_v4[] = {
	{ { 0 }, 32, ADDR_UNSPECIFIED },
	{ { 0 }, 8, ADDR_THIS_NET },
	{ { 10 }, 8, ADDR_PRIVATE },
	{ { 100, 64 }, 10, ADDR_PRIVATE },
	{ { 127 }, 8, ADDR_LOOPBACK },
	{ { 169, 254 }, 16, ADDR_LINK_LOCAL },
	{ { 172, 16 }, 12, ADDR_PRIVATE },
	{ { 192, 0, 2 }, 24, ADDR_DOCUMENTATION },
	{ { 192, 168 }, 16, ADDR_PRIVATE },
	{ { 198, 18 }, 15, ADDR_BENCHMARK },
	{ { 198, 51, 100 }, 24, ADDR_DOCUMENTATION },
	{ { 203, 0, 113 }, 24, ADDR_DOCUMENTATION },
	{ { 224 }, 4, ADDR_MULTICAST },
	{ { 233, 252, 0 }, 24, ADDR_DOCUMENTATION },
	{ { 240 }, 4, ADDR_RESERVED },
	{ { 255, 255, 255, 255 }, 32, ADDR_BROADCAST },
};

static const struct special special_v6[] = {
	{ { 0 }, 96, ADDR_RESERVED },
	{ { 0 }, 128, ADDR_UNSPECIFIED },
	{ { [15] = 1 }, 128, ADDR_LOOPBACK },
	{ { [10] = 0xff, 0xff }, 96, ADDR_V4MAPPED },
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, ADDR_NAT64 },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, ADDR_NAT64 },
	{ { 0x20, 0x01, 0x00, 0x02 }, 48, ADDR_BENCHMARK },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, ADDR_DOCUMENTATION },
	{ { 0x20, 0x02 }, 16, ADDR_6TO4 },
	{ { 0x3f, 0xff }, 20, ADDR_DOCUMENTATION },
	{ { 0xfc }, 7, ADDR_PRIVATE },
	{ { 0xfe, 0x80 }, 10, ADDR_LINK_LOCAL },
	{ { 0xff }, 8, ADDR_MULTICAST },
};

unsigned addr_class(const struct addr *a)
{
	const struct special *s = a->family == AF_INET ? special_v4 : special_v6;
	size_t n = a->family == AF_INET ? ARRAY_LEN(special_v4) : ARRAY_LEN(special_v6);
	unsigned class = 0;

	if (!addr_len(a))
		return ADDR_UNSPECIFIED;
	for (; n--; s++)
		if (same_bits(s->b, a->b, s->bits))
			class |= s->class;
	if (class & (ADDR_BROADCAST | ADDR_UNSPECIFIED | ADDR_LOOPBACK))
		class &= ~ADDR_RESERVED; /* one of the range, but not for its reason */
	return class;
}

/* ---- one inside the other ---- */

struct addr addr_unmap(const struct addr *a)
{
	if (a->family == AF_INET6 && addr_class(a) & ADDR_V4MAPPED)
		return addr_v4_from(a->b + 12);
	return *a;
}

struct addr addr_map(const struct addr *v4)
{
	struct addr a = { .family = AF_INET6, .b = { [10] = 0xff, 0xff } };

	memcpy(a.b + 12, v4->b, 4);
	return a;
}

bool addr_embedded_v4(const struct addr *a, struct addr *ret)
{
	static const uint8_t nat64[16] = { 0x00, 0x64, 0xff, 0x9b };
	unsigned class = addr_class(a);

	if (a->family != AF_INET6)
		return false;
	if (class & ADDR_6TO4)
		*ret = addr_v4_from(a->b + 2);
	else if (class & (ADDR_V4MAPPED | ADDR_RESERVED) || same_bits(nat64, a->b, 96))
		*ret = addr_v4_from(a->b + 12);
	else
		return false;
	return true;
}

struct addr addr_solicited_node(const struct addr *a)
{
	return (struct addr){
		.family = AF_INET6,
		.b = { 0xff, 0x02, [11] = 1, 0xff, a->b[13], a->b[14], a->b[15] },
	};
}
