/* SPDX-License-Identifier: Apache-2.0
 *
 * A frame as a line of text: ICMP, ICMPv6, IGMP. Layer: netstack.
 */
#include <netinet/in.h>

#include "netstack/pktlog_impl.h"
#include "netstack/wire/icmp_quote.h"
#include "netstack/wire/icmpv4.h"
#include "netstack/wire/igmp.h"
#include "netstack/wire/mld.h"
#include "netstack/wire/ndp.h"

static void line_addr(struct line *l, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	line_add(l, "%s", addr_format(a, text));
}

/* What an error is about: "192.0.2.2 udp port 53", or less. */
static void line_quote(struct line *l, struct bytes b, uint8_t family)
{
	struct icmp_quote q;

	if (icmp_quote_parse(b, family, &q) < 0) {
		line_add(l, "?");
		return;
	}
	line_addr(l, &q.dst);
	if (q.proto == IPPROTO_TCP || q.proto == IPPROTO_UDP)
		line_add(l, " %s", q.proto == IPPROTO_TCP ? "tcp" : "udp");
	else
		line_add(l, " protocol %u", q.proto);
	if (q.has_ports && q.proto != IPPROTO_ICMP && q.proto != IPPROTO_ICMPV6)
		line_add(l, " port %u", q.dst_port);
}

static void line_echo(struct line *l, bool reply, uint16_t id, uint16_t seq)
{
	line_add(l, "echo %s, id %u, seq %u", reply ? "reply" : "request", id, seq);
}

/* ---- ICMP and IGMP ---- */

static void line_error4(struct line *l, const struct icmpv4 *m, struct bytes quote)
{
	switch (m->type) {
	case ICMPV4_UNREACH:
		line_quote(l, quote, AF_INET);
		line_add(l, " unreachable, code %u", m->code);
		if (m->code == ICMPV4_UNREACH_FRAG)
			line_add(l, ", need to frag (mtu %u)", m->mtu);
		return;
	case ICMPV4_TIME_EXCEEDED:
		line_add(l, "time exceeded, code %u, for ", m->code);
		break;
	case ICMPV4_PROBLEM:
		line_add(l, "parameter problem at %u for ", m->pointer);
		break;
	case ICMPV4_REDIRECT:
		line_add(l, "redirect to ");
		line_addr(l, &m->gateway);
		line_add(l, " for ");
		break;
	default:
		line_add(l, "source quench for ");
		break;
	}
	line_quote(l, quote, AF_INET);
}

void line_icmpv4(struct line *l, struct bytes b)
{
	struct icmpv4 m;
	int rc = icmpv4_parse(b, &m);

	line_add(l, "ICMP ");
	if (rc < 0) {
		line_bad(l, rc);
		return;
	}
	if (m.type == ICMPV4_ECHO || m.type == ICMPV4_ECHO_REPLY)
		line_echo(l, m.type == ICMPV4_ECHO_REPLY, m.id, m.seq);
	else if (icmpv4_is_error(m.type))
		line_error4(l, &m, bytes_after(b, ICMPV4_HLEN));
	else
		line_add(l, "type %u, code %u", m.type, m.code);
	line_add(l, ", length %zu", b.len);
}

static const char *record_name(uint8_t type)
{
	static const char *const names[] = {
		[GROUP_IS_INCLUDE] = "is_in", [GROUP_IS_EXCLUDE] = "is_ex",
		[GROUP_TO_INCLUDE] = "to_in", [GROUP_TO_EXCLUDE] = "to_ex",
		[GROUP_ALLOW] = "allow",      [GROUP_BLOCK] = "block",
	};

	return type < ARRAY_LEN(names) && names[type] ? names[type] : "unknown";
}

static void line_records(struct line *l, struct bytes records, uint8_t family, unsigned n)
{
	struct group_record r;

	line_add(l, "v%d report, %u group record(s)", family == AF_INET ? 3 : 2, n);
	while (n-- && group_record_next(&records, family, &r)) {
		line_add(l, " [gaddr ");
		line_addr(l, &r.group);
		line_add(l, " %s { %u source(s) }]", record_name(r.type), r.nsources);
	}
}

void line_igmp(struct line *l, struct bytes b)
{
	struct igmp m;
	int rc = igmp_parse(b, &m);

	line_add(l, "igmp ");
	if (rc < 0) {
		line_bad(l, rc);
		return;
	}
	if (m.type == IGMP_V3_REPORT) {
		line_records(l, m.records, AF_INET, m.nrecords);
		return;
	}
	if (m.type == IGMP_QUERY)
		line_add(l, "query v%u, max resp %u ms, ", m.version, m.max_resp * 100);
	else
		line_add(l, "%s v%u ", m.type == IGMP_V2_LEAVE ? "leave" : "report", m.version);
	line_addr(l, &m.group);
}

/* ---- ICMPv6 ---- */

static void line_ra(struct line *l, const struct ndp *m)
{
	char text[PREFIX_TEXT_MAX];

	line_add(l, "router advertisement, hop limit %u, flags [%s%s], lifetime %us", m->hop_limit,
	         m->managed ? "M" : "", m->other ? "O" : "", m->lifetime);
	for (unsigned i = 0; i < m->nprefixes; i++)
		line_add(l, ", prefix %s [%s%s]", prefix_format(&m->prefixes[i].prefix, text),
		         m->prefixes[i].on_link ? "L" : "", m->prefixes[i].autonomous ? "A" : "");
	if (m->mtu)
		line_add(l, ", mtu %u", m->mtu);
	for (unsigned i = 0; i < m->nrdnss; i++) {
		line_add(l, ", rdnss ");
		line_addr(l, &m->rdnss[i].server);
	}
}

static void line_ndp(struct line *l, struct bytes b, const struct ipv6 *ip)
{
	char mac[MAC_TEXT_MAX];
	struct ndp m;
	int rc = ndp_parse(b, ip, &m);

	if (rc < 0) {
		line_bad(l, rc);
		return;
	}
	switch (m.type) {
	case ICMPV6_RS:
		line_add(l, "router solicitation");
		break;
	case ICMPV6_RA:
		line_ra(l, &m);
		break;
	case ICMPV6_NS:
		line_add(l, "neighbor solicitation, who has ");
		line_addr(l, &m.target);
		break;
	case ICMPV6_NA:
		line_add(l, "neighbor advertisement, tgt is ");
		line_addr(l, &m.target);
		line_add(l, ", flags [%s%s%s]", m.router ? "R" : "", m.solicited ? "S" : "",
		         m.override ? "O" : "");
		break;
	default:
		line_add(l, "redirect, ");
		line_addr(l, &m.dst);
		line_add(l, " to ");
		line_addr(l, &m.target);
		break;
	}
	if (m.has_source)
		line_add(l, ", source %s", mac_format(&m.source, mac));
	if (m.has_target)
		line_add(l, ", target %s", mac_format(&m.target_mac, mac));
}

static void line_mld(struct line *l, struct bytes b, const struct ipv6 *ip,
                     const struct ipv6_chain *chain)
{
	struct mld m;
	int rc = mld_parse(b, ip, chain, &m);

	line_add(l, "multicast listener ");
	if (rc < 0) {
		line_bad(l, rc);
		return;
	}
	if (m.type == ICMPV6_MLD2_REPORT) {
		line_records(l, m.records, AF_INET6, m.nrecords);
		return;
	}
	if (m.type == ICMPV6_MLD_QUERY)
		line_add(l, "query v%u, max resp %u ms, ", m.version, m.max_delay);
	else
		line_add(l, "%s v%u ", m.type == ICMPV6_MLD_DONE ? "done" : "report", m.version);
	line_addr(l, &m.group);
}

static void line_error6(struct line *l, const struct icmpv6 *m, struct bytes quote)
{
	switch (m->type) {
	case ICMPV6_UNREACH:
		line_add(l, "destination unreachable, code %u, ", m->code);
		break;
	case ICMPV6_TOO_BIG:
		line_add(l, "packet too big, mtu %u, ", m->mtu);
		break;
	case ICMPV6_TIME_EXCEEDED:
		line_add(l, "time exceeded, code %u, ", m->code);
		break;
	case ICMPV6_PROBLEM:
		line_add(l, "parameter problem, code %u at %u, ", m->code, m->pointer);
		break;
	default:
		line_add(l, "error %u, code %u, ", m->type, m->code);
		break;
	}
	line_quote(l, quote, AF_INET6);
}

void line_icmpv6(struct line *l, struct bytes b, const struct ipv6 *ip,
                 const struct ipv6_chain *chain)
{
	struct icmpv6 m;
	int rc = icmpv6_parse(b, &m);

	line_add(l, "ICMP6, ");
	if (rc < 0) {
		line_bad(l, rc);
		return;
	}
	if (m.type == ICMPV6_ECHO || m.type == ICMPV6_ECHO_REPLY)
		line_echo(l, m.type == ICMPV6_ECHO_REPLY, m.id, m.seq);
	else if (icmpv6_is_error(m.type))
		line_error6(l, &m, bytes_after(b, ICMPV6_HLEN));
	else if (icmpv6_is_ndp(m.type))
		line_ndp(l, b, ip);
	else if (icmpv6_is_mld(m.type))
		line_mld(l, b, ip, chain);
	else
		line_add(l, "type %u, code %u", m.type, m.code);
	line_add(l, ", length %zu", b.len);
}
