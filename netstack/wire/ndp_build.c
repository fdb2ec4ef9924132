/* SPDX-License-Identifier: Apache-2.0
 *
 * Neighbour discovery: making messages. Layer: netstack.
 */
#include "netstack/wire/ndp_impl.h"

struct out {
	uint8_t *p;
	size_t n, room;
	bool full;
};

/* n zero bytes more, or NULL. */
static uint8_t *more(struct out *o, size_t n)
{
	uint8_t *p = o->p + o->n;

	if (o->full || n > o->room - o->n) {
		o->full = true;
		return NULL;
	}
	o->n += n;
	return memset(p, 0, n);
}

static uint8_t *option(struct out *o, uint8_t type, size_t n)
{
	uint8_t *p = more(o, n);

	if (p) {
		p[0] = type;
		p[1] = (uint8_t)(n / 8);
	}
	return p;
}

static void mac_option(struct out *o, uint8_t type, const struct mac *mac)
{
	uint8_t *p = option(o, type, 8);

	if (p)
		memcpy(p + 2, mac->b, 6);
}

static void prefix_option(struct out *o, const struct ndp_prefix *x)
{
	uint8_t *p = option(o, NDP_OPT_PREFIX, 32);

	if (!p)
		return;
	p[2] = x->prefix.bits;
	p[3] = (uint8_t)((x->on_link ? NDP_PREFIX_L : 0) | (x->autonomous ? NDP_PREFIX_A : 0));
	be32_put(p + 4, x->valid);
	be32_put(p + 8, x->preferred);
	memcpy(p + 16, x->prefix.addr.b, 16);
}

static void rdnss_option(struct out *o, const struct ndp_rdnss *x)
{
	uint8_t *p = option(o, NDP_OPT_RDNSS, 24);

	if (!p)
		return;
	be32_put(p + 4, x->lifetime);
	memcpy(p + 8, x->server.b, 16);
}

static void ra_options(struct out *o, const struct ndp *m)
{
	if (m->mtu) {
		uint8_t *p = option(o, NDP_OPT_MTU, 8);

		if (p)
			be32_put(p + 4, m->mtu);
	}
	for (unsigned i = 0; i < m->nprefixes; i++)
		prefix_option(o, &m->prefixes[i]);
	for (unsigned i = 0; i < m->nrdnss; i++)
		rdnss_option(o, &m->rdnss[i]);
}

static void options(struct out *o, const struct ndp *m)
{
	bool about_target = m->type == ICMPV6_NA || m->type == ICMPV6_REDIRECT;

	if (m->has_source && !about_target)
		mac_option(o, NDP_OPT_SOURCE, &m->source);
	if (m->has_target && about_target)
		mac_option(o, NDP_OPT_TARGET, &m->target_mac);
	if (m->type == ICMPV6_RA)
		ra_options(o, m);
	if (m->type == ICMPV6_REDIRECT && m->quote.have) {
		uint8_t *p = option(o, NDP_OPT_REDIRECTED, 8 + (m->quote.have + 7) / 8 * 8);

		if (p)
			memcpy(p + 8, m->quote.p, m->quote.have);
	}
}

static void fields(uint8_t *p, const struct ndp *m)
{
	p[0] = m->type;
	be16_put(p + 2, m->csum);
	switch (m->type) {
	case ICMPV6_RA:
		p[4] = m->hop_limit;
		p[5] = (uint8_t)((m->managed ? NDP_RA_M : 0) | (m->other ? NDP_RA_O : 0) |
		                 (m->preference & 3) << 3);
		be16_put(p + 6, m->lifetime);
		be32_put(p + 8, m->reachable);
		be32_put(p + 12, m->retrans);
		break;
	case ICMPV6_NA:
		p[4] = (uint8_t)((m->router ? NDP_NA_R : 0) | (m->solicited ? NDP_NA_S : 0) |
		                 (m->override ? NDP_NA_O : 0));
		/* fallthrough */
	case ICMPV6_NS:
		memcpy(p + 8, m->target.b, 16);
		break;
	case ICMPV6_REDIRECT:
		memcpy(p + 8, m->target.b, 16);
		memcpy(p + 24, m->dst.b, 16);
		break;
	default:
		break;
	}
}

ssize_t ndp_build(const struct ndp *m, uint8_t *to, size_t room)
{
	struct out o = { .p = to, .room = room };
	size_t hlen = ndp_hlen(m->type);
	uint8_t *p;

	/* A length is a byte of units of 8. */
	if (!hlen || m->preference < -1 || m->preference > 1 || m->nprefixes > NDP_PREFIXES_MAX ||
	    m->nrdnss > NDP_RDNSS_MAX || m->quote.have > 8 * 254)
		return -EINVAL;
	p = more(&o, hlen);
	if (p)
		fields(p, m);
	options(&o, m);
	return o.full ? -EMSGSIZE : (ssize_t)o.n;
}
