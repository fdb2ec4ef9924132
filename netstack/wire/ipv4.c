/* SPDX-License-Identifier: Apache-2.0
 *
 * The IPv4 header. Layer: netstack.
 */
#include "netstack/wire/ipv4.h"

#include "netstack/csum.h"

#define FLAG_DF 0x4000
#define FLAG_MF 0x2000
#define OFFSET_MASK 0x1fff

/*
 * Checks of one option at h + at with its length byte right: as Linux's __ip_options_compile.
 * Returns the offset of what is wrong, or 0.
 */
static unsigned check_route(const uint8_t *h, unsigned at, uint8_t known)
{
	unsigned len = h[at + 1];

	if (known)
		return at;
	if (len < 3)
		return at + 1;
	/* The pointer may be beyond the end: a list that is full, or used up. */
	if (h[at + 2] < 4 || (h[at + 2] <= len && h[at + 2] + 3u > len))
		return at + 2;
	return 0;
}

static unsigned check_timestamp(const uint8_t *h, unsigned at, uint8_t known)
{
	unsigned len = h[at + 1], ptr, flag, entry;

	if (known)
		return at;
	if (len < 4)
		return at + 1;
	ptr = h[at + 2];
	flag = h[at + 3] & 0xf;
	entry = flag == IPV4_TS_ONLY ? 4 : 8;
	if (ptr < 5)
		return at + 2;
	if (ptr > len) /* full: then the count of those that found no room must have some left */
		return flag != IPV4_TS_PRESPECIFIED && h[at + 3] >> 4 == 15 ? at + 3 : 0;
	if (flag != IPV4_TS_ONLY && flag != IPV4_TS_AND_ADDR && flag != IPV4_TS_PRESPECIFIED)
		return at + 3;
	return ptr + entry - 1 > len ? at + 2 : 0;
}

static unsigned check_option(const uint8_t *h, unsigned at, struct ipv4_options *opt)
{
	unsigned wrong = 0;

	switch (h[at]) {
	case IPV4_OPT_RR:
		wrong = check_route(h, at, opt->record_route);
		opt->record_route = (uint8_t)at;
		break;
	case IPV4_OPT_LSRR:
	case IPV4_OPT_SSRR:
		wrong = check_route(h, at, opt->source_route);
		opt->source_route = (uint8_t)at;
		opt->strict = h[at] == IPV4_OPT_SSRR;
		break;
	case IPV4_OPT_TS:
		wrong = check_timestamp(h, at, opt->timestamp);
		opt->timestamp = (uint8_t)at;
		break;
	case IPV4_OPT_ALERT:
		if (h[at + 1] != 4)
			return at + 1;
		if (be16_get(h + at + 2) == 0)
			opt->alert = (uint8_t)at;
		break;
	default: /* RFC 1122 3.2.1.8: others are passed over */
		break;
	}
	return wrong;
}

static unsigned parse_options(const uint8_t *h, unsigned hlen, struct ipv4_options *opt)
{
	unsigned at = IPV4_HLEN_MIN;

	memset(opt, 0, sizeof(*opt));
	while (at < hlen && h[at] != IPV4_OPT_EOL) {
		unsigned wrong;

		if (h[at] == IPV4_OPT_NOP) {
			at++;
			continue;
		}
		if (hlen - at < 2 || h[at + 1] < 2 || h[at + 1] > hlen - at)
			return at;
		wrong = check_option(h, at, opt);
		if (wrong)
			return wrong;
		at += h[at + 1];
	}
	return 0;
}

static void parse_fields(const uint8_t *h, struct ipv4 *ret)
{
	uint16_t frag = be16_get(h + 6);

	ret->tos = h[1];
	ret->total_len = be16_get(h + 2);
	ret->id = be16_get(h + 4);
	ret->df = frag & FLAG_DF;
	ret->mf = frag & FLAG_MF;
	ret->frag_off = (uint16_t)((frag & OFFSET_MASK) << 3);
	ret->ttl = h[8];
	ret->proto = h[9];
	ret->src = addr_v4_from(h + 12);
	ret->dst = addr_v4_from(h + 16);
	ret->options = h + IPV4_HLEN_MIN;
	ret->options_len = (uint8_t)(ret->hlen - IPV4_HLEN_MIN);
}

int ipv4_parse(struct bytes b, struct ipv4 *ret)
{
	int rc = wire_need(b, IPV4_HLEN_MIN, DROP_IPV4_SHORT);
	unsigned payload;

	ret->src.family = ret->dst.family = AF_UNSPEC;
	if (rc < 0)
		return rc;
	if (b.p[0] >> 4 != 4)
		return -DROP_IPV4_VERSION;
	ret->hlen = (uint8_t)((b.p[0] & 0xf) * 4);
	if (ret->hlen < IPV4_HLEN_MIN)
		return -DROP_IPV4_HLEN;
	rc = wire_need(b, ret->hlen, DROP_IPV4_HLEN);
	if (rc < 0)
		return rc;
	if (csum_bytes(b.p, ret->hlen) != 0xffff)
		return -DROP_IPV4_CSUM;
	parse_fields(b.p, ret);
	if (ret->total_len < ret->hlen || ret->total_len > b.len)
		return -DROP_IPV4_LENGTH;
	payload = ret->total_len - ret->hlen;
	if (ret->mf && payload % 8)
		return -DROP_IPV4_FRAG_ALIGN;
	/* What it would be a part of can't be written down: "ping of death". */
	if (ret->hlen + ret->frag_off + payload > IPV4_LEN_MAX)
		return -DROP_IPV4_FRAG_GIANT;
	ret->problem = (uint8_t)parse_options(b.p, ret->hlen, &ret->opt);
	return ret->problem ? -DROP_IPV4_OPTION : 0;
}

ssize_t ipv4_build(const struct ipv4 *ip, uint8_t *to, size_t room)
{
	size_t hlen = IPV4_HLEN_MIN + (size_t)ip->options_len;
	uint16_t frag = (uint16_t)((ip->df ? FLAG_DF : 0) | (ip->mf ? FLAG_MF : 0) |
	                           ip->frag_off >> 3);

	if (room < hlen)
		return -EMSGSIZE;
	if (hlen > IPV4_HLEN_MAX || hlen % 4 || ip->total_len < hlen || ip->frag_off % 8 ||
	    ip->src.family != AF_INET || ip->dst.family != AF_INET)
		return -EINVAL;
	to[0] = (uint8_t)(4 << 4 | hlen / 4);
	to[1] = ip->tos;
	be16_put(to + 2, ip->total_len);
	be16_put(to + 4, ip->id);
	be16_put(to + 6, frag);
	to[8] = ip->ttl;
	to[9] = ip->proto;
	be16_put(to + 10, 0);
	memcpy(to + 12, ip->src.b, 4);
	memcpy(to + 16, ip->dst.b, 4);
	if (ip->options_len)
		memcpy(to + IPV4_HLEN_MIN, ip->options, ip->options_len);
	be16_put(to + 10, (uint16_t)~csum_bytes(to, hlen));
	return (ssize_t)hlen;
}
