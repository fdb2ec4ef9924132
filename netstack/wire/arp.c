/* SPDX-License-Identifier: Apache-2.0
 *
 * ARP for IPv4 over Ethernet. Layer: netstack.
 */
#include "netstack/wire/arp.h"

/* hardware type Ethernet, protocol IPv4, lengths 6 and 4 */
static const uint8_t kind[6] = { 0x00, 0x01, 0x08, 0x00, 6, 4 };

int arp_parse(struct bytes b, struct arp *ret)
{
	int rc = wire_need(b, ARP_LEN, DROP_ARP_SHORT);

	if (rc < 0)
		return rc;
	if (memcmp(b.p, kind, sizeof(kind)) != 0)
		return -DROP_ARP_FORMAT;
	ret->op = be16_get(b.p + 6);
	memcpy(ret->sender_mac.b, b.p + 8, 6);
	ret->sender = addr_v4_from(b.p + 14);
	memcpy(ret->target_mac.b, b.p + 18, 6);
	ret->target = addr_v4_from(b.p + 24);
	return 0;
}

ssize_t arp_build(const struct arp *a, uint8_t *to, size_t room)
{
	if (room < ARP_LEN)
		return -EMSGSIZE;
	if (a->sender.family != AF_INET || a->target.family != AF_INET)
		return -EINVAL;
	memcpy(to, kind, sizeof(kind));
	be16_put(to + 6, a->op);
	memcpy(to + 8, a->sender_mac.b, 6);
	memcpy(to + 14, a->sender.b, 4);
	memcpy(to + 18, a->target_mac.b, 6);
	memcpy(to + 24, a->target.b, 4);
	return ARP_LEN;
}
