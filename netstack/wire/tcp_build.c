/* SPDX-License-Identifier: Apache-2.0
 *
 * The TCP header: making one. Layer: netstack.
 */
#include "netstack/wire/tcp.h"

#include "netstack/wire/tcp_impl.h"

#define OPTIONS_MAX (TCP_HLEN_MAX - TCP_HLEN_MIN)
/* All there may be in a struct tcp_options: more than a header has room for. */
#define OPTIONS_ROOM 96

struct out {
	uint8_t b[OPTIONS_ROOM];
	size_t n;
};

/* An option of n bytes, for which its contents are to be written at what is returned. */
static uint8_t *option(struct out *o, uint8_t kind, size_t n)
{
	uint8_t *p = o->b + o->n;

	o->n += n;
	p[0] = kind;
	p[1] = (uint8_t)n;
	return p + 2;
}

static void nops(struct out *o, size_t n)
{
	memset(o->b + o->n, TCP_OPT_NOP, n);
	o->n += n;
}

/*
 * Timestamps and SACK-permitted fill three words together, and each alone is brought to whole ones.
 */
static void time_and_sack_permitted(struct out *o, const struct tcp_options *opt)
{
	uint8_t *p;

	if (opt->has_time != opt->sack_permitted)
		nops(o, 2);
	if (opt->sack_permitted)
		option(o, TCP_OPT_SACK_PERMITTED, 2);
	if (opt->has_time) {
		p = option(o, TCP_OPT_TIME, 10);
		be32_put(p, opt->time);
		be32_put(p + 4, opt->time_echo);
	}
}

static void sacks(struct out *o, const struct tcp_options *opt)
{
	uint8_t *p;

	nops(o, 2);
	p = option(o, TCP_OPT_SACK, 2 + 8u * opt->nsacks);
	for (unsigned i = 0; i < opt->nsacks; i++, p += 8) {
		be32_put(p, opt->sacks[i].start);
		be32_put(p + 4, opt->sacks[i].end);
	}
}

static void fastopen(struct out *o, const struct tcp_options *opt)
{
	uint8_t *p;

	if (opt->fastopen_experimental) {
		p = option(o, TCP_OPT_EXPERIMENT, 4u + opt->cookie_len);
		be16_put(p, TCP_EXPERIMENT_FASTOPEN);
		p += 2;
	} else {
		p = option(o, TCP_OPT_FASTOPEN, 2u + opt->cookie_len);
	}
	memcpy(p, opt->cookie, opt->cookie_len);
}

static bool valid(const struct tcp_options *opt)
{
	uint8_t n = opt->cookie_len;

	if (n && (n < TCP_COOKIE_MIN || n > TCP_COOKIE_MAX || n % 2))
		return false;
	return opt->nsacks <= TCP_SACKS_MAX && opt->wscale <= TCP_WSCALE_MAX && !opt->has_signature;
}

static void options(struct out *o, const struct tcp_options *opt)
{
	if (opt->mss)
		be16_put(option(o, TCP_OPT_MSS, 4), opt->mss);
	time_and_sack_permitted(o, opt);
	if (opt->has_wscale) {
		nops(o, 1);
		*option(o, TCP_OPT_WSCALE, 3) = opt->wscale;
	}
	if (opt->nsacks)
		sacks(o, opt);
	if (opt->has_fastopen)
		fastopen(o, opt);
	nops(o, -o->n & 3);
}

static ssize_t build(const struct tcp *t, struct out *o)
{
	o->n = 0;
	if (!valid(&t->opt) || t->flags > 0x1ff)
		return -EINVAL;
	options(o, &t->opt);
	return o->n > OPTIONS_MAX ? -EMSGSIZE : (ssize_t)(TCP_HLEN_MIN + o->n);
}

ssize_t tcp_hlen(const struct tcp *t)
{
	struct out o;

	return build(t, &o);
}

ssize_t tcp_build(const struct tcp *t, uint8_t *to, size_t room)
{
	struct out o;
	ssize_t hlen = build(t, &o);

	if (hlen < 0)
		return hlen;
	if (room < (size_t)hlen)
		return -EMSGSIZE;
	be16_put(to, t->src_port);
	be16_put(to + 2, t->dst_port);
	be32_put(to + 4, t->seq);
	be32_put(to + 8, t->ack);
	be16_put(to + 12, (uint16_t)(hlen / 4 << 12 | t->flags));
	be16_put(to + 14, t->window);
	be16_put(to + TCP_CSUM_OFFSET, t->csum);
	be16_put(to + 18, t->urgent);
	memcpy(to + TCP_HLEN_MIN, o.b, o.n);
	return hlen;
}
