/* SPDX-License-Identifier: Apache-2.0
 *
 * IPv6 extension headers. Layer: netstack.
 */
#include "netstack/wire/ipv6_ext.h"

#include <netinet/in.h>

struct walk {
	struct bytes b; /* the whole packet */
	const struct ipv6 *ip;
	struct ipv6_chain *ret;
	uint8_t next;
	uint16_t next_at, off;
	bool peek; /* only find the end; so behind the fragment header of a first fragment */
};

/* Ends the walk with an answer that is due. */
static int problem(struct walk *w, enum drop_reason why, uint8_t code, size_t at)
{
	w->ret->answer = true;
	w->ret->code = code;
	w->ret->problem = (uint16_t)at;
	return -(int)why;
}

/* ---- options of the hop-by-hop and destination headers: RFC 8200 4.2 ---- */

/* The upper two bits of the type of an option that we don't know say what to do. */
static int unknown_option(struct walk *w, size_t at)
{
	switch (w->b.p[at] >> 6) {
	case 0:
		return 0;
	case 1:
		return -DROP_IPV6_OPTION_UNKNOWN;
	case 3:
		if (addr_class(&w->ip->dst) & ADDR_MULTICAST)
			return -DROP_IPV6_OPTION_UNKNOWN;
		/* fallthrough */
	default: /* even to a group */
		return problem(w, DROP_IPV6_OPTION_UNKNOWN, ICMPV6_PROBLEM_OPTION, at);
	}
}

/* RFC 4942 2.1.9.5: padding is zeros. */
static bool zeros(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static int known_option(struct walk *w, size_t at, bool hop_by_hop)
{
	const uint8_t *o = w->b.p + at;

	if (o[0] != IPV6_OPT_ALERT || !hop_by_hop)
		return unknown_option(w, at);
	if (o[1] != 2 || w->ret->alert >= 0) /* RFC 2711 2.1: once */
		return -DROP_IPV6_OPTION;
	w->ret->alert = be16_get(o + 2);
	return 0;
}

static int walk_options(struct walk *w, size_t at, size_t end, bool hop_by_hop)
{
	unsigned options = 0;
	size_t pad = 0;

	while (at < end) {
		const uint8_t *o = w->b.p + at;
		size_t n = o[0] == IPV6_OPT_PAD1 ? 1 : end - at < 2 ? SIZE_MAX : o[1] + 2u;
		int rc;

		if (n > end - at)
			return -DROP_IPV6_OPTION;
		if (o[0] == IPV6_OPT_PAD1 || o[0] == IPV6_OPT_PADN) {
			pad += n;
			if (n > 2 && !zeros(o + 2, n - 2))
				return -DROP_IPV6_OPTION;
			if (pad > IPV6_PAD_MAX)
				return -DROP_IPV6_EXT_LIMIT;
		} else {
			pad = 0;
			if (++options > IPV6_OPTIONS_MAX)
				return -DROP_IPV6_EXT_LIMIT;
			rc = known_option(w, at, hop_by_hop);
			if (rc < 0)
				return rc;
		}
		at += n;
	}
	return 0;
}

/* ---- the other headers ---- */

/* No type is one that a host has to act upon: RFC 8200 4.4, and type 0 is dead by RFC 5095. */
static int routing(struct walk *w)
{
	if (w->b.p[w->off + 3] == 0)
		return 0; /* no segments left */
	return problem(w, DROP_IPV6_ROUTING, ICMPV6_PROBLEM_FIELD, w->off + 2u);
}

static int fragment(struct walk *w)
{
	const uint8_t *h = w->b.p + w->off;
	uint16_t off_flags = be16_get(h + 2);
	struct ipv6_frag f = {
		.next = h[0],
		.off = off_flags & 0xfff8,
		.more = off_flags & 1,
		.id = be32_get(h + 4),
	};
	size_t end = IPV6_HLEN + (size_t)w->ip->payload_len;
	size_t len = end - w->off - IPV6_FRAG_HLEN;

	if (!f.off && !f.more)
		return 0; /* atomic: RFC 6946 */
	if (w->ret->fragment)
		return -DROP_IPV6_FRAG_NESTED;
	if (f.more && len % 8)
		return problem(w, DROP_IPV6_FRAG_ALIGN, ICMPV6_PROBLEM_FIELD, 4);
	if (w->off - IPV6_HLEN + f.off + len > UINT16_MAX)
		return problem(w, DROP_IPV6_FRAG_GIANT, ICMPV6_PROBLEM_FIELD, w->off + 2u);
	w->ret->fragment = true;
	w->ret->frag = f;
	w->ret->frag_at = w->off;
	w->ret->frag_next_at = w->next_at;
	w->peek = true;
	return 0;
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_DSTOPTS;
}

/* Bytes [off, off + n) are there and within the limit. */
static int need(struct walk *w, size_t n)
{
	size_t end = w->off + n;

	/* RFC 7112: all headers are in the first fragment. */
	if (end > w->b.len && w->peek)
		return problem(w, DROP_IPV6_FRAG_CHAIN, ICMPV6_PROBLEM_CHAIN, 0);
	if (end > w->b.len)
		return -DROP_IPV6_EXT_SHORT;
	if (end > IPV6_CHAIN_MAX)
		return -DROP_IPV6_EXT_LIMIT;
	return end > w->b.have ? -DROP_CUT : 0;
}

static int extension(struct walk *w)
{
	const uint8_t *h = w->b.p + w->off;
	size_t n = w->next == IPPROTO_FRAGMENT ? IPV6_FRAG_HLEN : 0;
	int rc = need(w, 8);

	if (rc < 0)
		return rc;
	if (!n)
		n = 8 * (h[1] + 1u);
	rc = need(w, n);
	if (rc < 0)
		return rc;
	if (w->next == IPPROTO_FRAGMENT)
		rc = fragment(w);
	else if (w->peek)
		rc = 0;
	else if (w->next == IPPROTO_ROUTING)
		rc = routing(w);
	else
		rc = walk_options(w, w->off + 2u, w->off + n, w->next == IPPROTO_HOPOPTS);
	w->next_at = w->off;
	w->next = h[0];
	w->off = (uint16_t)(w->off + n);
	return rc;
}

/* The least of a transport header that a first fragment must have: as Linux's
 * ipv6frag_thdr_truncated. */
static size_t transport_hlen(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_NONE:
		return 0;
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		return 8;
	default:
		return 1;
	}
}

static int walk(struct bytes b, const struct ipv6 *ip, bool peek, struct ipv6_chain *ret)
{
	struct walk w = {
		.b = bytes_first(b, IPV6_HLEN + (size_t)ip->payload_len),
		.ip = ip, .ret = ret, .peek = peek,
		.next = ip->next, .next_at = 6, .off = IPV6_HLEN,
	};
	unsigned headers = 0;

	*ret = (struct ipv6_chain){ .alert = -1 };
	while (is_extension(w.next)) {
		int rc;

		/* RFC 8200 4.1: hop-by-hop options come first and once; for all else any order will
		 * do. */
		if (w.next == IPPROTO_HOPOPTS && w.off != IPV6_HLEN)
			return problem(&w, DROP_IPV6_EXT_ORDER, ICMPV6_PROBLEM_NEXT, w.next_at);
		if (headers++ == IPV6_EXT_MAX)
			return -DROP_IPV6_EXT_LIMIT;
		rc = extension(&w);
		if (rc < 0)
			return rc;
		if (ret->fragment && ret->frag.off)
			break; /* what follows is from the middle of something */
	}
	if (ret->fragment && !ret->frag.off && w.off + transport_hlen(w.next) > w.b.len)
		return problem(&w, DROP_IPV6_FRAG_CHAIN, ICMPV6_PROBLEM_CHAIN, 0);
	ret->proto = w.next;
	ret->off = w.off;
	ret->next_at = w.next_at;
	return 0;
}

int ipv6_walk(struct bytes b, const struct ipv6 *ip, struct ipv6_chain *ret)
{
	return walk(b, ip, false, ret);
}

int ipv6_skip(struct bytes b, const struct ipv6 *ip, struct ipv6_chain *ret)
{
	return walk(b, ip, true, ret);
}

/* ---- sending ---- */

ssize_t ipv6_frag_build(const struct ipv6_frag *f, uint8_t *to, size_t room)
{
	if (room < IPV6_FRAG_HLEN)
		return -EMSGSIZE;
	if (f->off % 8)
		return -EINVAL;
	to[0] = f->next;
	to[1] = 0;
	be16_put(to + 2, f->off | (f->more ? 1 : 0));
	be32_put(to + 4, f->id);
	return IPV6_FRAG_HLEN;
}

ssize_t ipv6_alert_build(uint8_t next, uint16_t value, uint8_t *to, size_t room)
{
	if (room < IPV6_ALERT_HLEN)
		return -EMSGSIZE;
	to[0] = next;
	to[1] = 0; /* 8 bytes */
	to[2] = IPV6_OPT_ALERT;
	to[3] = 2;
	be16_put(to + 4, value);
	to[6] = IPV6_OPT_PADN;
	to[7] = 0;
	return IPV6_ALERT_HLEN;
}
