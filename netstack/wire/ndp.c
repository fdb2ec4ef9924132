/* SPDX-License-Identifier: Apache-2.0
 *
 * Neighbour discovery: parsing and validation. Layer: netstack.
 */
#include "netstack/wire/ndp_impl.h"

/* Where options begin, by type; 0 for what isn't a message of this protocol. */
size_t ndp_hlen(uint8_t type)
{
	switch (type) {
	case ICMPV6_RS:
		return 8;
	case ICMPV6_RA:
		return 16;
	case ICMPV6_NS:
	case ICMPV6_NA:
		return 24;
	case ICMPV6_REDIRECT:
		return 40;
	default:
		return 0;
	}
}

/* ---- options: RFC 4861 4.6 ---- */

static void parse_prefix(const uint8_t *o, struct ndp *ret)
{
	struct addr a = addr_v6_from(o + 16);

	if (ret->nprefixes == NDP_PREFIXES_MAX || o[2] > 128)
		return;
	ret->prefixes[ret->nprefixes++] = (struct ndp_prefix){
		.prefix = prefix_of(&a, o[2]),
		.on_link = o[3] & NDP_PREFIX_L,
		.autonomous = o[3] & NDP_PREFIX_A,
		.valid = be32_get(o + 4),
		.preferred = be32_get(o + 8),
	};
}

static void parse_rdnss(const uint8_t *o, size_t n, struct ndp *ret)
{
	for (size_t at = 8; at + 16 <= n && ret->nrdnss < NDP_RDNSS_MAX; at += 16)
		ret->rdnss[ret->nrdnss++] = (struct ndp_rdnss){
			.server = addr_v6_from(o + at), .lifetime = be32_get(o + 4),
		};
}

static void parse_mac(const uint8_t *o, bool *has, struct mac *mac)
{
	*has = true;
	memcpy(mac->b, o + 2, 6);
}

/* Options of a length that isn't theirs are passed over, like those that we don't know. */
static void parse_option(const uint8_t *o, size_t n, struct ndp *ret)
{
	switch (o[0]) {
	case NDP_OPT_SOURCE:
		if (n == 8 && ret->type != ICMPV6_NA && ret->type != ICMPV6_REDIRECT)
			parse_mac(o, &ret->has_source, &ret->source);
		break;
	case NDP_OPT_TARGET:
		if (n == 8 && (ret->type == ICMPV6_NA || ret->type == ICMPV6_REDIRECT))
			parse_mac(o, &ret->has_target, &ret->target_mac);
		break;
	case NDP_OPT_PREFIX:
		if (n == 32 && ret->type == ICMPV6_RA)
			parse_prefix(o, ret);
		break;
	case NDP_OPT_REDIRECTED:
		if (ret->type == ICMPV6_REDIRECT)
			ret->quote = bytes_of(o + 8, n - 8);
		break;
	case NDP_OPT_MTU:
		if (n == 8 && ret->type == ICMPV6_RA)
			ret->mtu = be32_get(o + 4);
		break;
	case NDP_OPT_RDNSS:
		if (n >= 24 && n % 16 == 8 && ret->type == ICMPV6_RA)
			parse_rdnss(o, n, ret);
		break;
	default:
		break;
	}
}

static int parse_options(struct bytes b, struct ndp *ret)
{
	while (b.len) {
		size_t n = b.len < 2 ? 0 : 8u * b.p[1];

		if (!n || n > b.len)
			return -DROP_NDP_OPTION;
		parse_option(b.p, n, ret);
		b = bytes_after(b, n);
	}
	return 0;
}

/* ---- messages: RFC 4861 4.1 to 4.5 ---- */

static void parse_fields(const uint8_t *p, struct ndp *ret)
{
	switch (ret->type) {
	case ICMPV6_RA:
		ret->hop_limit = p[4];
		ret->managed = p[5] & NDP_RA_M;
		ret->other = p[5] & NDP_RA_O;
		/* 2 is reserved, and means medium: RFC 4191 2.2 */
		ret->preference = (p[5] >> 3 & 3) == 1 ? 1 : (p[5] >> 3 & 3) == 3 ? -1 : 0;
		ret->lifetime = be16_get(p + 6);
		ret->reachable = be32_get(p + 8);
		ret->retrans = be32_get(p + 12);
		break;
	case ICMPV6_NA:
		ret->router = p[4] & NDP_NA_R;
		ret->solicited = p[4] & NDP_NA_S;
		ret->override = p[4] & NDP_NA_O;
		/* fallthrough */
	case ICMPV6_NS:
		ret->target = addr_v6_from(p + 8);
		break;
	case ICMPV6_REDIRECT:
		ret->target = addr_v6_from(p + 8);
		ret->dst = addr_v6_from(p + 24);
		break;
	default:
		break;
	}
}

/* What 6.1.1, 6.1.2, 7.1.1, 7.1.2 and 8.1 say of addresses. */
static bool addresses_right(const struct ipv6 *ip, const struct ndp *m)
{
	unsigned src = addr_class(&ip->src), dst = addr_class(&ip->dst);
	unsigned target = addr_class(&m->target);
	struct addr group;

	switch (m->type) {
	case ICMPV6_RS:
		return !(src & ADDR_UNSPECIFIED && m->has_source);
	case ICMPV6_RA:
		return src & ADDR_LINK_LOCAL;
	case ICMPV6_NS:
		group = addr_solicited_node(&m->target);
		return !(target & ADDR_MULTICAST) &&
		       (!(src & ADDR_UNSPECIFIED) || (!m->has_source && addr_eq(&group, &ip->dst)));
	case ICMPV6_NA:
		return !(target & ADDR_MULTICAST) && !(dst & ADDR_MULTICAST && m->solicited);
	default: /* redirect */
		return src & ADDR_LINK_LOCAL && !(addr_class(&m->dst) & ADDR_MULTICAST) &&
		       (target & ADDR_LINK_LOCAL || addr_eq(&m->target, &m->dst));
	}
}

int ndp_parse(struct bytes b, const struct ipv6 *ip, struct ndp *ret)
{
	size_t hlen;
	int rc = wire_need(b, b.len ? b.len : 1, DROP_NDP_SHORT);

	if (rc < 0)
		return rc;
	hlen = ndp_hlen(b.p[0]);
	if (!hlen)
		return -DROP_NDP_TYPE;
	if (b.len < hlen)
		return -DROP_NDP_SHORT;
	/* No router has passed it on: it comes from this link. */
	if (ip->hop_limit != NDP_HOP_LIMIT)
		return -DROP_NDP_HOP_LIMIT;
	if (b.p[1] != 0)
		return -DROP_NDP_CODE;
	memset(ret, 0, sizeof(*ret));
	ret->type = b.p[0];
	ret->csum = be16_get(b.p + 2);
	ret->quote = bytes_of("", 0);
	parse_fields(b.p, ret);
	rc = parse_options(bytes_after(b, hlen), ret);
	if (rc < 0)
		return rc;
	return addresses_right(ip, ret) ? 0 : -DROP_NDP_ADDRESS;
}
