/* SPDX-License-Identifier: Apache-2.0
 *
 * The TCP header: parsing. Layer: netstack.
 */
#include "netstack/wire/tcp.h"

#include "netstack/wire/tcp_impl.h"

static void parse_sacks(const uint8_t *o, size_t n, struct tcp_options *opt)
{
	opt->nsacks = 0;
	for (size_t at = 2; at + 8 <= n && opt->nsacks < TCP_SACKS_MAX; at += 8)
		opt->sacks[opt->nsacks++] = (struct tcp_sack){
			.start = be32_get(o + at), .end = be32_get(o + at + 4),
		};
}

/* RFC 7413 4.1.1: 4 to 16 bytes, an even number of them; or none, which asks for one. */
static void parse_cookie(const uint8_t *cookie, size_t n, bool experimental,
                         struct tcp_options *opt)
{
	if (n && (n < TCP_COOKIE_MIN || n > TCP_COOKIE_MAX || n % 2))
		return;
	opt->has_fastopen = true;
	opt->fastopen_experimental = experimental;
	opt->cookie_len = (uint8_t)n;
	memcpy(opt->cookie, cookie, n);
}

static void parse_option(const uint8_t *o, size_t n, struct tcp_options *opt)
{
	switch (o[0]) {
	case TCP_OPT_MSS:
		if (n == 4)
			opt->mss = be16_get(o + 2);
		break;
	case TCP_OPT_WSCALE:
		if (n == 3) {
			opt->has_wscale = true;
			opt->wscale = MIN(o[2], TCP_WSCALE_MAX);
		}
		break;
	case TCP_OPT_SACK_PERMITTED:
		if (n == 2)
			opt->sack_permitted = true;
		break;
	case TCP_OPT_SACK:
		if (n >= 10 && n % 8 == 2)
			parse_sacks(o, n, opt);
		break;
	case TCP_OPT_TIME:
		if (n == 10) {
			opt->has_time = true;
			opt->time = be32_get(o + 2);
			opt->time_echo = be32_get(o + 6);
		}
		break;
	case TCP_OPT_FASTOPEN:
		parse_cookie(o + 2, n - 2, false, opt);
		break;
	case TCP_OPT_EXPERIMENT:
		if (n >= 4 && be16_get(o + 2) == TCP_EXPERIMENT_FASTOPEN)
			parse_cookie(o + 4, n - 4, true, opt);
		break;
	case TCP_OPT_MD5:
	case TCP_OPT_AO:
		opt->has_signature = true;
		break;
	default:
		break;
	}
}

static int parse_options(const uint8_t *o, size_t left, struct tcp_options *opt)
{
	memset(opt, 0, sizeof(*opt));
	while (left && *o != TCP_OPT_EOL) {
		size_t n = *o == TCP_OPT_NOP ? 1 : left < 2 ? 0 : o[1];

		if (n > left || (n < 2 && *o != TCP_OPT_NOP))
			return -DROP_TCP_OPTION;
		if (n > 1)
			parse_option(o, n, opt);
		o += n;
		left -= n;
	}
	return 0;
}

int tcp_parse(struct bytes b, struct tcp *ret)
{
	int rc = wire_need(b, TCP_HLEN_MIN, DROP_TCP_SHORT);
	const uint8_t *p = b.p;

	if (rc < 0)
		return rc;
	ret->hlen = (uint8_t)((p[12] >> 4) * 4);
	if (ret->hlen < TCP_HLEN_MIN)
		return -DROP_TCP_HLEN;
	rc = wire_need(b, ret->hlen, DROP_TCP_HLEN);
	if (rc < 0)
		return rc;
	ret->src_port = be16_get(p);
	ret->dst_port = be16_get(p + 2);
	ret->seq = be32_get(p + 4);
	ret->ack = be32_get(p + 8);
	ret->flags = be16_get(p + 12) & 0x1ff;
	ret->window = be16_get(p + 14);
	ret->csum = be16_get(p + TCP_CSUM_OFFSET);
	ret->urgent = be16_get(p + 18);
	return parse_options(p + TCP_HLEN_MIN, ret->hlen - TCP_HLEN_MIN, &ret->opt);
}
