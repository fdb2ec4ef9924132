/* SPDX-License-Identifier: Apache-2.0
 *
 * The IPv6 header. Layer: netstack.
 */
#include "netstack/wire/ipv6.h"

#include <netinet/in.h>

int ipv6_parse(struct bytes b, struct ipv6 *ret)
{
	int rc = wire_need(b, IPV6_HLEN, DROP_IPV6_SHORT);
	uint32_t first;

	if (rc < 0)
		return rc;
	first = be32_get(b.p);
	if (first >> 28 != 6)
		return -DROP_IPV6_VERSION;
	ret->tclass = (uint8_t)(first >> 20);
	ret->flow = first & 0xfffff;
	ret->payload_len = be16_get(b.p + 4);
	ret->next = b.p[6];
	ret->hop_limit = b.p[7];
	ret->src = addr_v6_from(b.p + 8);
	ret->dst = addr_v6_from(b.p + 24);
	if (ret->payload_len == 0 && ret->next == IPPROTO_HOPOPTS)
		return -DROP_IPV6_JUMBO;
	return ret->payload_len > b.len - IPV6_HLEN ? -DROP_IPV6_LENGTH : 0;
}

ssize_t ipv6_build(const struct ipv6 *ip, uint8_t *to, size_t room)
{
	if (room < IPV6_HLEN)
		return -EMSGSIZE;
	if (ip->flow > 0xfffff || ip->src.family != AF_INET6 || ip->dst.family != AF_INET6)
		return -EINVAL;
	be32_put(to, 6u << 28 | (uint32_t)ip->tclass << 20 | ip->flow);
	be16_put(to + 4, ip->payload_len);
	to[6] = ip->next;
	to[7] = ip->hop_limit;
	memcpy(to + 8, ip->src.b, 16);
	memcpy(to + 24, ip->dst.b, 16);
	return IPV6_HLEN;
}
