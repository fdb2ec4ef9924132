/* SPDX-License-Identifier: Apache-2.0
 *
 * ICMPv6: errors and echo. Layer: netstack.
 */
#include "netstack/wire/icmpv6.h"

static bool is_echo(uint8_t type)
{
	return type == ICMPV6_ECHO || type == ICMPV6_ECHO_REPLY;
}

int icmpv6_parse(struct bytes b, struct icmpv6 *ret)
{
	int rc = wire_need(b, 4, DROP_ICMPV6_SHORT);

	if (rc < 0)
		return rc;
	*ret = (struct icmpv6){ .type = b.p[0], .code = b.p[1], .csum = be16_get(b.p + 2) };
	if (!icmpv6_is_error(ret->type) && !is_echo(ret->type))
		return 0;
	rc = wire_need(b, ICMPV6_HLEN, DROP_ICMPV6_SHORT);
	if (rc < 0)
		return rc;
	if (is_echo(ret->type)) {
		ret->id = be16_get(b.p + 4);
		ret->seq = be16_get(b.p + 6);
	} else if (ret->type == ICMPV6_TOO_BIG) {
		ret->mtu = be32_get(b.p + 4);
	} else if (ret->type == ICMPV6_PROBLEM) {
		ret->pointer = be32_get(b.p + 4);
	}
	return 0;
}

ssize_t icmpv6_build(const struct icmpv6 *m, uint8_t *to, size_t room)
{
	if (room < ICMPV6_HLEN)
		return -EMSGSIZE;
	if (!icmpv6_is_error(m->type) && !is_echo(m->type))
		return -EINVAL;
	memset(to, 0, ICMPV6_HLEN);
	to[0] = m->type;
	to[1] = m->code;
	be16_put(to + 2, m->csum);
	if (is_echo(m->type)) {
		be16_put(to + 4, m->id);
		be16_put(to + 6, m->seq);
	} else if (m->type == ICMPV6_TOO_BIG) {
		be32_put(to + 4, m->mtu);
	} else if (m->type == ICMPV6_PROBLEM) {
		be32_put(to + 4, m->pointer);
	}
	return ICMPV6_HLEN;
}
