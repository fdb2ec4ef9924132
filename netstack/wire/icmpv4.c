/* SPDX-License-Identifier: Apache-2.0
 *
 * ICMP. Layer: netstack.
 */
#include "netstack/wire/icmpv4.h"

#define TIMESTAMP_LEN 20

static bool has_id(uint8_t type)
{
	return type == ICMPV4_ECHO || type == ICMPV4_ECHO_REPLY || type == ICMPV4_TIMESTAMP ||
	       type == ICMPV4_TIMESTAMP_REPLY;
}

int icmpv4_parse(struct bytes b, struct icmpv4 *ret)
{
	int rc = wire_need(b, ICMPV4_HLEN, DROP_ICMP_SHORT);
	const uint8_t *p = b.p;

	if (rc < 0)
		return rc;
	*ret = (struct icmpv4){ .type = p[0], .code = p[1], .csum = be16_get(p + 2) };
	if (has_id(ret->type)) {
		ret->id = be16_get(p + 4);
		ret->seq = be16_get(p + 6);
	} else if (ret->type == ICMPV4_UNREACH && ret->code == ICMPV4_UNREACH_FRAG) {
		ret->mtu = be16_get(p + 6);
	} else if (ret->type == ICMPV4_PROBLEM) {
		ret->pointer = p[4];
	} else if (ret->type == ICMPV4_REDIRECT) {
		ret->gateway = addr_v4_from(p + 4);
	}
	if ((ret->type == ICMPV4_TIMESTAMP || ret->type == ICMPV4_TIMESTAMP_REPLY) &&
	    b.len < TIMESTAMP_LEN)
		return -DROP_ICMP_SHORT;
	return 0;
}

ssize_t icmpv4_build(const struct icmpv4 *m, uint8_t *to, size_t room)
{
	if (room < ICMPV4_HLEN)
		return -EMSGSIZE;
	memset(to, 0, ICMPV4_HLEN);
	to[0] = m->type;
	to[1] = m->code;
	be16_put(to + 2, m->csum);
	if (has_id(m->type)) {
		be16_put(to + 4, m->id);
		be16_put(to + 6, m->seq);
	} else if (m->type == ICMPV4_UNREACH && m->code == ICMPV4_UNREACH_FRAG) {
		be16_put(to + 6, m->mtu);
	} else if (m->type == ICMPV4_PROBLEM) {
		to[4] = m->pointer;
	} else if (m->type == ICMPV4_REDIRECT) {
		if (m->gateway.family != AF_INET)
			return -EINVAL;
		memcpy(to + 4, m->gateway.b, 4);
	}
	return ICMPV4_HLEN;
}
