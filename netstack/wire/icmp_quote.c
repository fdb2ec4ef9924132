/* SPDX-License-Identifier: Apache-2.0
 *
 * The packet that an ICMP error is about. Layer: netstack.
 */
#include "netstack/wire/icmp_quote.h"

#include <netinet/in.h>

#include "netstack/wire/icmpv4.h"
#include "netstack/wire/icmpv6.h"
#include "netstack/wire/ipv4.h"
#include "netstack/wire/ipv6_ext.h"

#define IPV4_QUOTED 8 /* bytes of the transport header at least */

/*
 * Less strict than ipv4_parse: routers change the header, and its length is of more than is here.
 */
static int quoted_ipv4(struct bytes b, struct icmp_quote *ret, bool *ret_first)
{
	unsigned hlen;

	if (b.have < IPV4_HLEN_MIN || b.p[0] >> 4 != 4)
		return -DROP_ICMP_QUOTE;
	hlen = (b.p[0] & 0xf) * 4u;
	if (hlen < IPV4_HLEN_MIN || b.have < hlen + IPV4_QUOTED)
		return -DROP_ICMP_QUOTE;
	ret->src = addr_v4_from(b.p + 12);
	ret->dst = addr_v4_from(b.p + 16);
	ret->proto = b.p[9];
	ret->off = hlen;
	*ret_first = !(be16_get(b.p + 6) & 0x1fff);
	return 0;
}

static int quoted_ipv6(struct bytes b, struct icmp_quote *ret, bool *ret_first)
{
	struct bytes begin = bytes_begin(b.p, b.have);
	struct ipv6_chain chain;
	struct ipv6 ip;

	if (ipv6_parse(begin, &ip) < 0 || ipv6_skip(begin, &ip, &chain) < 0)
		return -DROP_ICMP_QUOTE;
	ret->src = ip.src;
	ret->dst = ip.dst;
	ret->proto = chain.proto;
	ret->off = chain.off;
	*ret_first = !chain.fragment || !chain.frag.off;
	return 0;
}

static void transport(struct bytes b, struct icmp_quote *ret)
{
	struct bytes t = bytes_after(b, ret->off);
	uint8_t echo = ret->proto == IPPROTO_ICMP ? ICMPV4_ECHO : ICMPV6_ECHO;

	switch (ret->proto) {
	case IPPROTO_TCP:
		ret->has_seq = t.have >= 8;
		if (ret->has_seq)
			ret->seq = be32_get(t.p + 4);
		/* fallthrough */
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		ret->has_ports = t.have >= 4;
		if (!ret->has_ports)
			return;
		ret->src_port = be16_get(t.p);
		ret->dst_port = be16_get(t.p + 2);
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		ret->has_ports = t.have >= 6 && t.p[0] == echo;
		if (ret->has_ports)
			ret->src_port = be16_get(t.p + 4);
		return;
	default:
		return;
	}
}

int icmp_quote_parse(struct bytes b, uint8_t family, struct icmp_quote *ret)
{
	bool first;
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = family == AF_INET ? quoted_ipv4(b, ret, &first) : quoted_ipv6(b, ret, &first);
	if (rc == 0 && first)
		transport(b, ret);
	return rc;
}
