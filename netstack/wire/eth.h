/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethernet II frames, with at most one 802.1Q tag. Layer: netstack. See wire.h for the rules.
 *
 * A tag is parsed, not judged: a link without VLANs accepts VID 0, which only has a priority, and
 * drops all others as DROP_ETH_VLAN. A second tag, or a provider's (802.1ad), is dropped here.
 */
#ifndef NETSTACK_WIRE_ETH_H
#define NETSTACK_WIRE_ETH_H

#include "netstack/mac.h"
#include "netstack/wire/wire.h"

#define ETH_HLEN_MIN 14
#define ETH_HLEN_MAX 18

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100 /* 802.1Q C-tag */
#define ETHERTYPE_QINQ 0x88a8 /* 802.1ad S-tag */
#define ETHERTYPE_IPV6 0x86dd

struct eth {
	struct mac dst, src;
	uint16_t type; /* of what is in the frame: never a tag's */
	bool tagged;
	uint16_t tci;  /* priority, drop eligible, VID; 0 if not tagged */
	uint8_t hlen;  /* set by eth_parse */
};

static inline uint16_t eth_vid(const struct eth *e)
{
	return e->tci & 0xfff;
}

int eth_parse(struct bytes b, struct eth *ret);
ssize_t eth_build(const struct eth *e, uint8_t *to, size_t room);

#endif
