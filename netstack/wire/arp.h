/* SPDX-License-Identifier: Apache-2.0
 *
 * ARP for IPv4 over Ethernet: RFC 826. Layer: netstack. See wire.h for the rules.
 */
#ifndef NETSTACK_WIRE_ARP_H
#define NETSTACK_WIRE_ARP_H

#include "netstack/mac.h"
#include "netstack/wire/wire.h"

#define ARP_LEN 28
#define ARP_REQUEST 1
#define ARP_REPLY 2

struct arp {
	uint16_t op; /* any number: RFC 826 looks at it last */
	struct mac sender_mac, target_mac;
	struct addr sender, target;
};

int arp_parse(struct bytes b, struct arp *ret);
ssize_t arp_build(const struct arp *a, uint8_t *to, size_t room);

#endif
