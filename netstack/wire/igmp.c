/* SPDX-License-Identifier: Apache-2.0
 *
 * IGMP. Layer: netstack.
 */
#include "netstack/wire/igmp.h"

#include "netstack/csum.h"

#define IGMP_LEN 8
#define V3_QUERY_LEN 12
#define V1_MAX_RESP 100 /* RFC 3376 4.1.1: 10 s */

static bool is_group(const struct addr *a)
{
	return addr_class(a) & ADDR_MULTICAST;
}

static int parse_query(struct bytes b, struct igmp *ret)
{
	const uint8_t *p = b.p;

	if (!is_group(&ret->group) && !(addr_class(&ret->group) & ADDR_UNSPECIFIED))
		return -DROP_IGMP_GROUP;
	if (b.len == IGMP_LEN) {
		ret->version = p[1] ? 2 : 1;
		ret->max_resp = p[1] ? p[1] : V1_MAX_RESP;
		return 0;
	}
	if (b.len < V3_QUERY_LEN)
		return -DROP_IGMP_LENGTH; /* RFC 3376 7.1: neither of the versions */
	ret->version = 3;
	ret->max_resp = group_decode8(p[1]);
	ret->suppress = p[8] & 8;
	ret->robustness = p[8] & 7;
	ret->interval = group_decode8(p[9]);
	ret->nsources = be16_get(p + 10);
	ret->sources = p + V3_QUERY_LEN;
	return b.len - V3_QUERY_LEN < 4u * ret->nsources ? -DROP_IGMP_LENGTH : 0;
}

int igmp_parse(struct bytes b, struct igmp *ret)
{
	int rc = wire_need(b, MAX(b.len, (size_t)IGMP_LEN), DROP_IGMP_SHORT);

	if (rc < 0)
		return rc;
	if (csum_bytes(b.p, b.len) != 0xffff)
		return -DROP_IGMP_CSUM;
	*ret = (struct igmp){ .type = b.p[0], .group = addr_v4_from(b.p + 4) };
	switch (ret->type) {
	case IGMP_QUERY:
		return parse_query(b, ret);
	case IGMP_V1_REPORT:
	case IGMP_V2_REPORT:
	case IGMP_V2_LEAVE:
		ret->version = ret->type == IGMP_V1_REPORT ? 1 : 2;
		return is_group(&ret->group) ? 0 : -DROP_IGMP_GROUP;
	case IGMP_V3_REPORT:
		ret->version = 3;
		ret->group = (struct addr){ .family = AF_UNSPEC };
		ret->nrecords = be16_get(b.p + 6);
		ret->records = bytes_after(b, IGMP_LEN);
		return group_records_check(ret->records, AF_INET, ret->nrecords, DROP_IGMP_LENGTH);
	default:
		return -DROP_IGMP_TYPE;
	}
}

ssize_t igmp_build(const struct igmp *m, uint8_t *to, size_t room)
{
	bool v3_query = m->type == IGMP_QUERY && m->version == 3;
	bool report = m->type == IGMP_V3_REPORT;
	size_t n = v3_query ? V3_QUERY_LEN + 4u * m->nsources : IGMP_LEN;

	if (room < n)
		return -EMSGSIZE;
	if ((!report && m->group.family != AF_INET) || m->robustness > 7 ||
	    (m->type == IGMP_QUERY && m->version == 2 && (!m->max_resp || m->max_resp > 255)))
		return -EINVAL;
	memset(to, 0, n);
	to[0] = m->type;
	if (report) {
		be16_put(to + 6, m->nrecords);
		return (ssize_t)n;
	}
	if (m->type == IGMP_QUERY && m->version == 2)
		to[1] = (uint8_t)m->max_resp;
	memcpy(to + 4, m->group.b, 4);
	if (!v3_query)
		return (ssize_t)n;
	to[1] = group_encode8(m->max_resp);
	to[8] = (uint8_t)((m->suppress ? 8 : 0) | m->robustness);
	to[9] = group_encode8(m->interval);
	be16_put(to + 10, m->nsources);
	if (m->nsources)
		memcpy(to + V3_QUERY_LEN, m->sources, 4u * m->nsources);
	return (ssize_t)n;
}
