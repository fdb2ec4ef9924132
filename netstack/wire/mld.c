/* SPDX-License-Identifier: Apache-2.0
 *
 * Multicast listener discovery. Layer: netstack.
 */
#include "netstack/wire/mld.h"

#define QUERY2_LEN 28
#define ALERT_MLD 0 /* RFC 2711 2.1 */

/* Reports may come from a node that has no address yet: RFC 3590, RFC 3810 5.2.13. */
static bool header_right(const struct ipv6 *ip, const struct ipv6_chain *chain, uint8_t type)
{
	unsigned src = addr_class(&ip->src);

	if (ip->hop_limit != 1 || chain->alert != ALERT_MLD)
		return false;
	return src & ADDR_LINK_LOCAL || (src & ADDR_UNSPECIFIED && type != ICMPV6_MLD_QUERY);
}

static int parse_query(struct bytes b, struct mld *ret)
{
	const uint8_t *p = b.p;

	if (!(addr_class(&ret->group) & (ADDR_MULTICAST | ADDR_UNSPECIFIED)))
		return -DROP_MLD_GROUP;
	ret->version = 1;
	ret->max_delay = be16_get(p + 4);
	if (b.len == MLD_LEN)
		return 0;
	if (b.len < QUERY2_LEN)
		return -DROP_MLD_LENGTH; /* RFC 3810 8.1: neither of the versions */
	ret->version = 2;
	ret->max_delay = group_decode16(be16_get(p + 4));
	ret->suppress = p[24] & 8;
	ret->robustness = p[24] & 7;
	ret->interval = group_decode8(p[25]);
	ret->nsources = be16_get(p + 26);
	ret->sources = p + QUERY2_LEN;
	return b.len - QUERY2_LEN < 16u * ret->nsources ? -DROP_MLD_LENGTH : 0;
}

int mld_parse(struct bytes b, const struct ipv6 *ip, const struct ipv6_chain *chain,
              struct mld *ret)
{
	int rc = wire_need(b, MAX(b.len, (size_t)MLD2_REPORT_LEN), DROP_MLD_SHORT);

	if (rc < 0)
		return rc;
	if (!icmpv6_is_mld(b.p[0]))
		return -DROP_MLD_TYPE;
	if (!header_right(ip, chain, b.p[0]))
		return -DROP_MLD_HEADER;
	*ret = (struct mld){ .type = b.p[0], .csum = be16_get(b.p + 2) };
	if (ret->type == ICMPV6_MLD2_REPORT) {
		ret->version = 2;
		ret->nrecords = be16_get(b.p + 6);
		ret->records = bytes_after(b, MLD2_REPORT_LEN);
		return group_records_check(ret->records, AF_INET6, ret->nrecords, DROP_MLD_LENGTH);
	}
	if (b.len < MLD_LEN)
		return -DROP_MLD_SHORT;
	ret->group = addr_v6_from(b.p + 8);
	if (ret->type == ICMPV6_MLD_QUERY)
		return parse_query(b, ret);
	ret->version = 1;
	return addr_class(&ret->group) & ADDR_MULTICAST ? 0 : -DROP_MLD_GROUP;
}

ssize_t mld_build(const struct mld *m, uint8_t *to, size_t room)
{
	bool query = m->type == ICMPV6_MLD_QUERY, report2 = m->type == ICMPV6_MLD2_REPORT;
	size_t n = report2 ? MLD2_REPORT_LEN : MLD_LEN;

	if (query && m->version == 2)
		n = QUERY2_LEN + 16u * m->nsources;
	if (room < n)
		return -EMSGSIZE;
	if (!icmpv6_is_mld(m->type) || (!report2 && m->group.family != AF_INET6) ||
	    m->robustness > 7 || (query && m->version == 1 && m->max_delay > UINT16_MAX))
		return -EINVAL;
	memset(to, 0, n);
	to[0] = m->type;
	be16_put(to + 2, m->csum);
	if (report2) {
		be16_put(to + 6, m->nrecords);
		return (ssize_t)n;
	}
	memcpy(to + 8, m->group.b, 16);
	if (!query)
		return (ssize_t)n;
	be16_put(to + 4, m->version == 2 ? group_encode16(m->max_delay) : (uint16_t)m->max_delay);
	if (m->version == 1)
		return (ssize_t)n;
	to[24] = (uint8_t)((m->suppress ? 8 : 0) | m->robustness);
	to[25] = group_encode8(m->interval);
	be16_put(to + 26, m->nsources);
	if (m->nsources)
		memcpy(to + QUERY2_LEN, m->sources, 16u * m->nsources);
	return (ssize_t)n;
}
