/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDP header. Layer: netstack.
 */
#include "netstack/wire/udp.h"

int udp_parse(struct bytes b, uint8_t family, struct udp *ret)
{
	int rc = wire_need(b, UDP_HLEN, DROP_UDP_SHORT);

	if (rc < 0)
		return rc;
	*ret = (struct udp){
		.src_port = be16_get(b.p),
		.dst_port = be16_get(b.p + 2),
		.len = be16_get(b.p + 4),
		.csum = be16_get(b.p + UDP_CSUM_OFFSET),
	};
	if (ret->len < UDP_HLEN || ret->len > b.len)
		return -DROP_UDP_LENGTH;
	return family == AF_INET6 && !ret->csum ? -DROP_UDP_CSUM : 0;
}

ssize_t udp_build(const struct udp *u, uint8_t *to, size_t room)
{
	if (room < UDP_HLEN)
		return -EMSGSIZE;
	if (u->len < UDP_HLEN)
		return -EINVAL;
	be16_put(to, u->src_port);
	be16_put(to + 2, u->dst_port);
	be16_put(to + 4, u->len);
	be16_put(to + UDP_CSUM_OFFSET, u->csum);
	return UDP_HLEN;
}
