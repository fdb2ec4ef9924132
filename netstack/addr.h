/* SPDX-License-Identifier: Apache-2.0
 *
 * Internet addresses: one type for IPv4 and IPv6. Layer: netstack.
 *
 * ::ffff:192.0.2.1 is an IPv6 address as long as nobody calls addr_unmap(): whoever decides by
 * address (a socket that takes both, a policy) says so itself.
 */
#ifndef NETSTACK_ADDR_H
#define NETSTACK_ADDR_H

#include <sys/socket.h>

#include "core/base.h"

#define ADDR_TEXT_MAX 46   /* INET6_ADDRSTRLEN, with the NUL */
#define PREFIX_TEXT_MAX 50 /* with "/128" */

struct addr {
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC for none */
	uint8_t b[16];  /* network byte order; IPv4: the first four, the others are 0 */
};

struct prefix {
	struct addr addr; /* no bits set after the first `bits` */
	uint8_t bits;
};

/* What an address is by itself, whoever has it: IANA's special-purpose registries, RFC 6890. */
#define ADDR_UNSPECIFIED (1u << 0)   /* 0.0.0.0, :: */
#define ADDR_THIS_NET (1u << 1)      /* 0/8 */
#define ADDR_LOOPBACK (1u << 2)      /* 127/8, ::1 */
#define ADDR_MULTICAST (1u << 3)     /* 224/4, ff00::/8 */
#define ADDR_BROADCAST (1u << 4)     /* 255.255.255.255 alone */
#define ADDR_LINK_LOCAL (1u << 5)    /* 169.254/16, fe80::/10; not multicast */
#define ADDR_PRIVATE (1u << 6)       /* RFC 1918; RFC 6598's 100.64/10; ULA fc00::/7 */
#define ADDR_DOCUMENTATION (1u << 7) /* RFC 5737, 233.252.0/24, 2001:db8::/32, 3fff::/20 */
#define ADDR_V4MAPPED (1u << 8)      /* ::ffff:0:0/96 */
#define ADDR_NAT64 (1u << 9)         /* 64:ff9b::/96, 64:ff9b:1::/48 */
#define ADDR_6TO4 (1u << 10)         /* 2002::/16 */
#define ADDR_RESERVED (1u << 11)     /* 240/4 but the broadcast address; IPv4-compatible ::/96 */
#define ADDR_BENCHMARK (1u << 12)    /* 198.18/15, 2001:2::/48 */

struct addr addr_v4(uint32_t host_order);
struct addr addr_v4_from(const uint8_t b[4]);
struct addr addr_v6_from(const uint8_t b[16]);
uint32_t addr_v4_value(const struct addr *a); /* host order */

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* A total order: IPv4 before IPv6, then by value. */
int addr_cmp(const struct addr *a, const struct addr *b);
/* 4, 16, or 0 for none */
size_t addr_len(const struct addr *a);
/* The ADDR_* bits that hold, 0 for an ordinary unicast address. */
unsigned addr_class(const struct addr *a);

/* The IPv4 address inside ::ffff:0:0/96, and back. unmap gives *a itself for all others. */
struct addr addr_unmap(const struct addr *a);
struct addr addr_map(const struct addr *v4);
/*
 * Any IPv4 address that packets to this IPv6 address may reach: v4-mapped, IPv4-compatible, NAT64's
 * well-known prefix, 6to4. Returns false, *ret untouched, for all others. For address policies.
 */
bool addr_embedded_v4(const struct addr *a, struct addr *ret);
/* The group ff02::1:ffXX:XXXX in which a neighbour is asked for: RFC 4291 2.7.1. */
struct addr addr_solicited_node(const struct addr *a);

/* The prefix of a's first `bits`, cut to what the family has. */
struct prefix prefix_of(const struct addr *a, unsigned bits);
bool prefix_match(const struct prefix *p, const struct addr *a); /* false between families */

/* RFC 5952. Returns buf; "-" for none. */
char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX]);
char *prefix_format(const struct prefix *p, char buf[PREFIX_TEXT_MAX]);
/* 0, or -EINVAL with *ret untouched. Four decimal numbers or RFC 4291 text, and nothing else. */
int addr_parse(const char *text, struct addr *ret);
/* As above with "/BITS", or without for a whole address. Bits set after the prefix are -EINVAL. */
int prefix_parse(const char *text, struct prefix *ret);

#endif
