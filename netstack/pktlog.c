/* SPDX-License-Identifier: Apache-2.0
 *
 * A frame as a line of text: links, ARP, IP. Layer: netstack.
 */
#include "netstack/pktlog.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#include "netstack/pktlog_impl.h"
#include "netstack/wire/arp.h"
#include "netstack/wire/eth.h"
#include "netstack/wire/ipv4.h"

#define LOOKED_AT 512

void line_add(struct line *l, const char *fmt, ...)
{
	size_t left = l->room - l->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->p + l->n, left, fmt, ap);
	va_end(ap);
	if (n > 0)
		l->n += MIN((size_t)n, left - 1);
}

void line_bad(struct line *l, int reason)
{
	line_add(l, "[bad: %s]", drop_name(reason));
}

void line_ends(struct line *l, const struct addr *src, int src_port, const struct addr *dst,
               int dst_port)
{
	char text[ADDR_TEXT_MAX];

	line_add(l, "%s %s", src->family == AF_INET ? "IP" : "IP6", addr_format(src, text));
	if (src_port >= 0)
		line_add(l, ".%d", src_port);
	line_add(l, " > %s", addr_format(dst, text));
	if (dst_port >= 0)
		line_add(l, ".%d", dst_port);
	line_add(l, ": ");
}

static void line_arp(struct line *l, struct bytes b)
{
	char text[ADDR_TEXT_MAX], mac[MAC_TEXT_MAX];
	struct arp a;
	int rc = arp_parse(b, &a);

	line_add(l, "ARP, ");
	if (rc < 0) {
		line_bad(l, rc);
		return;
	}
	if (a.op == ARP_REQUEST) {
		line_add(l, "Request who-has %s ", addr_format(&a.target, text));
		line_add(l, "tell %s", addr_format(&a.sender, text));
	} else if (a.op == ARP_REPLY) {
		line_add(l, "Reply %s is-at %s", addr_format(&a.sender, text),
		         mac_format(&a.sender_mac, mac));
	} else {
		line_add(l, "op %u", a.op);
	}
	line_add(l, ", length %zu", b.len);
}

static void line_other(struct line *l, uint8_t proto, size_t len)
{
	line_add(l, "ip-proto-%u, length %zu", proto, len);
}

/* As tcpdump did: id, size @ offset, + where more follows. */
static void line_frag(struct line *l, uint32_t id, size_t size, unsigned off, bool more)
{
	line_add(l, " (frag %u:%zu@%u%s)", id, size, off, more ? "+" : "");
}

static void line_ipv4(struct line *l, struct bytes b)
{
	struct bytes payload;
	struct ipv4 ip;
	int rc = ipv4_parse(b, &ip);

	if (rc < 0) {
		if (ip.src.family == AF_INET)
			line_ends(l, &ip.src, -1, &ip.dst, -1);
		else
			line_add(l, "IP ");
		line_bad(l, rc);
		return;
	}
	payload = bytes_after(bytes_first(b, ip.total_len), ip.hlen);
	if (!ip.frag_off && ip.proto == IPPROTO_TCP) {
		line_tcp(l, payload, &ip.src, &ip.dst);
	} else if (!ip.frag_off && ip.proto == IPPROTO_UDP) {
		line_udp(l, payload, &ip.src, &ip.dst, ip.mf);
	} else {
		line_ends(l, &ip.src, -1, &ip.dst, -1);
		if (!ip.frag_off && ip.proto == IPPROTO_ICMP)
			line_icmpv4(l, payload);
		else if (!ip.frag_off && ip.proto == IPPROTO_IGMP)
			line_igmp(l, payload);
		else
			line_other(l, ip.proto, payload.len);
	}
	if (ip.mf || ip.frag_off)
		line_frag(l, ip.id, payload.len, ip.frag_off, ip.mf);
}

static void line_ipv6(struct line *l, struct bytes b)
{
	struct ipv6_chain chain;
	struct bytes payload;
	struct ipv6 ip;
	int rc = ipv6_parse(b, &ip);

	if (rc < 0) {
		line_add(l, "IP6 ");
		line_bad(l, rc);
		return;
	}
	b = bytes_first(b, IPV6_HLEN + (size_t)ip.payload_len);
	rc = ipv6_walk(b, &ip, &chain);
	payload = bytes_after(b, chain.off);
	if (rc == 0 && !chain.frag.off && chain.proto == IPPROTO_TCP) {
		line_tcp(l, payload, &ip.src, &ip.dst);
	} else if (rc == 0 && !chain.frag.off && chain.proto == IPPROTO_UDP) {
		line_udp(l, payload, &ip.src, &ip.dst, chain.fragment);
	} else {
		line_ends(l, &ip.src, -1, &ip.dst, -1);
		if (rc < 0)
			line_bad(l, rc);
		else if (!chain.frag.off && chain.proto == IPPROTO_ICMPV6)
			line_icmpv6(l, payload, &ip, &chain);
		else
			line_other(l, chain.proto, payload.len);
	}
	if (rc == 0 && chain.fragment)
		line_frag(l, chain.frag.id, b.len - chain.frag_at - IPV6_FRAG_HLEN, chain.frag.off,
		          chain.frag.more);
}

static void line_ip(struct line *l, struct bytes b)
{
	if (!b.have)
		line_add(l, "empty");
	else if (b.p[0] >> 4 == 6)
		line_ipv6(l, b);
	else
		line_ipv4(l, b);
}

static void line_eth(struct line *l, struct bytes b)
{
	char src[MAC_TEXT_MAX], dst[MAC_TEXT_MAX];
	struct eth e;
	int rc = eth_parse(b, &e);

	if (rc < 0) {
		line_add(l, "ethernet, length %zu ", b.len);
		line_bad(l, rc);
		return;
	}
	if (e.tagged)
		line_add(l, "vlan %u, p %u, ", eth_vid(&e), e.tci >> 13);
	b = bytes_after(b, e.hlen);
	if (e.type == ETHERTYPE_ARP)
		line_arp(l, b);
	else if (e.type == ETHERTYPE_IPV4)
		line_ipv4(l, b);
	else if (e.type == ETHERTYPE_IPV6)
		line_ipv6(l, b);
	else
		line_add(l, "%s > %s, ethertype 0x%04x, length %zu", mac_format(&e.src, src),
		         mac_format(&e.dst, dst), e.type, b.len);
}

size_t pktlog_bytes(struct bytes b, enum linktype type, char *buf, size_t room)
{
	struct line l = { .p = buf, .room = room };

	if (!room)
		return 0;
	buf[0] = '\0';
	if (type == LINKTYPE_ETHERNET)
		line_eth(&l, b);
	else
		line_ip(&l, b);
	return l.n;
}

size_t pktlog_pkt(const struct pkt *p, enum linktype type, char *buf, size_t room)
{
	uint8_t first[LOOKED_AT];
	struct bytes b = { .p = first, .len = p->len };

	b.have = pkt_read(p, 0, first, sizeof(first));
	return pktlog_bytes(b, type, buf, room);
}
