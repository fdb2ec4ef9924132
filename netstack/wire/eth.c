/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethernet II frames. Layer: netstack.
 */
#include "netstack/wire/eth.h"

#define TYPE_MIN 0x600 /* below, it is the length of an 802.3 frame */

int eth_parse(struct bytes b, struct eth *ret)
{
	int rc = wire_need(b, ETH_HLEN_MIN, DROP_ETH_SHORT);

	if (rc < 0)
		return rc;
	memcpy(ret->dst.b, b.p, 6);
	memcpy(ret->src.b, b.p + 6, 6);
	ret->type = be16_get(b.p + 12);
	ret->tagged = ret->type == ETHERTYPE_VLAN;
	ret->tci = 0;
	ret->hlen = ETH_HLEN_MIN;
	if (ret->tagged) {
		rc = wire_need(b, ETH_HLEN_MAX, DROP_ETH_SHORT);
		if (rc < 0)
			return rc;
		ret->tci = be16_get(b.p + 14);
		ret->type = be16_get(b.p + 16);
		ret->hlen = ETH_HLEN_MAX;
	}
	if (ret->type == ETHERTYPE_VLAN || ret->type == ETHERTYPE_QINQ)
		return -DROP_ETH_VLAN;
	return ret->type < TYPE_MIN ? -DROP_ETH_LLC : 0;
}

ssize_t eth_build(const struct eth *e, uint8_t *to, size_t room)
{
	size_t n = e->tagged ? ETH_HLEN_MAX : ETH_HLEN_MIN;

	if (room < n)
		return -EMSGSIZE;
	if (e->type < TYPE_MIN || (e->tci && !e->tagged))
		return -EINVAL;
	memcpy(to, e->dst.b, 6);
	memcpy(to + 6, e->src.b, 6);
	if (e->tagged) {
		be16_put(to + 12, ETHERTYPE_VLAN);
		be16_put(to + 14, e->tci);
	}
	be16_put(to + n - 2, e->type);
	return (ssize_t)n;
}
