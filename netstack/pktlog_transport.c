/* SPDX-License-Identifier: Apache-2.0
 *
 * A frame as a line of text: TCP and UDP. Layer: netstack.
 */
#include "netstack/pktlog_impl.h"
#include "netstack/wire/tcp.h"
#include "netstack/wire/udp.h"

static void line_flags(struct line *l, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		char letter;
	} letters[] = {
		{ TCP_FIN, 'F' }, { TCP_SYN, 'S' }, { TCP_RST, 'R' }, { TCP_PSH, 'P' },
		{ TCP_ACK, '.' }, { TCP_URG, 'U' }, { TCP_ECE, 'E' }, { TCP_CWR, 'W' },
		{ TCP_AE, 'e' },
	};

	line_add(l, "Flags [%s", flags ? "" : "none");
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (flags & letters[i].flag)
			line_add(l, "%c", letters[i].letter);
	line_add(l, "]");
}

static void line_sacks(struct line *l, const struct tcp_options *opt)
{
	line_add(l, ",sack %u ", opt->nsacks);
	for (unsigned i = 0; i < opt->nsacks; i++)
		line_add(l, "{%u:%u}", opt->sacks[i].start, opt->sacks[i].end);
}

static void line_cookie(struct line *l, const struct tcp_options *opt)
{
	line_add(l, ",tfo %s", opt->cookie_len ? "cookie " : "cookiereq");
	for (unsigned i = 0; i < opt->cookie_len; i++)
		line_add(l, "%02x", opt->cookie[i]);
}

static void line_options(struct line *l, const struct tcp_options *opt)
{
	size_t before = l->n, start;

	line_add(l, ", options ");
	start = l->n;
	/* Each begins with a comma; the first one becomes the bracket. */
	if (opt->mss)
		line_add(l, ",mss %u", opt->mss);
	if (opt->sack_permitted)
		line_add(l, ",sackOK");
	if (opt->has_time)
		line_add(l, ",TS val %u ecr %u", opt->time, opt->time_echo);
	if (opt->has_wscale)
		line_add(l, ",wscale %u", opt->wscale);
	if (opt->nsacks)
		line_sacks(l, opt);
	if (opt->has_fastopen)
		line_cookie(l, opt);
	if (opt->has_signature)
		line_add(l, ",signed");
	if (l->n == start) { /* none that we know */
		l->n = before;
		l->p[before] = '\0';
		return;
	}
	l->p[start] = '[';
	line_add(l, "]");
}

void line_tcp(struct line *l, struct bytes b, const struct addr *src, const struct addr *dst)
{
	struct tcp t;
	int rc = tcp_parse(b, &t);
	size_t len;

	if (rc < 0) {
		line_ends(l, src, -1, dst, -1);
		line_add(l, "tcp ");
		line_bad(l, rc);
		return;
	}
	len = b.len - t.hlen;
	line_ends(l, src, t.src_port, dst, t.dst_port);
	line_flags(l, t.flags);
	if (len || t.flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
		line_add(l, ", seq %u", t.seq);
		if (len)
			line_add(l, ":%u", t.seq + (uint32_t)len);
	}
	if (t.flags & TCP_ACK)
		line_add(l, ", ack %u", t.ack);
	line_add(l, ", win %u", t.window);
	if (t.flags & TCP_URG)
		line_add(l, ", urg %u", t.urgent);
	line_options(l, &t.opt);
	line_add(l, ", length %zu", len);
}

void line_udp(struct line *l, struct bytes b, const struct addr *src, const struct addr *dst,
              bool fragment)
{
	struct udp u;
	int rc = udp_parse(b, src->family, &u);

	if (rc == -DROP_UDP_SHORT || rc == -DROP_CUT) {
		line_ends(l, src, -1, dst, -1);
		line_add(l, "udp ");
		line_bad(l, rc);
		return;
	}
	line_ends(l, src, u.src_port, dst, u.dst_port);
	line_add(l, "UDP, length %d", u.len - UDP_HLEN);
	if (rc < 0 && !(fragment && rc == -DROP_UDP_LENGTH)) {
		line_add(l, " ");
		line_bad(l, rc);
	}
}
