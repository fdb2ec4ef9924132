/* SPDX-License-Identifier: Apache-2.0
 *
 * Internet addresses as text: RFC 5952 out, RFC 4291 in. Layer: netstack.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "netstack/addr.h"
#include "netstack/bytes.h"

/* The longest run of at least two zero groups, the first of equals: what "::" stands for. */
static int zero_run(const uint16_t group[8], int *ret_len)
{
	int best = -1, best_len = 1;

	for (int i = 0, len; i < 8; i += len + 1) {
		for (len = 0; i + len < 8 && !group[i + len];)
			len++;
		if (len > best_len) {
			best = i;
			best_len = len;
		}
	}
	*ret_len = best_len;
	return best;
}

static void format_v6(const struct addr *a, char *to, size_t room)
{
	uint16_t group[8];
	int run, run_len;
	/* Where it is known that an IPv4 address is inside, it is shown as one. */
	bool mixed = addr_class(a) & ADDR_V4MAPPED;
	size_t n = 0;

	for (int i = 0; i < 8; i++)
		group[i] = be16_get(a->b + 2 * i);
	run = zero_run(group, &run_len);
	for (int i = 0; i < (mixed ? 6 : 8);) {
		if (i == run) {
			n += (size_t)snprintf(to + n, room - n, "::");
			i += run_len;
			continue;
		}
		n += (size_t)snprintf(to + n, room - n, "%s%x", i && i != run + run_len ? ":" : "",
		                      group[i]);
		i++;
	}
	if (mixed)
		snprintf(to + n, room - n, ":%u.%u.%u.%u", a->b[12], a->b[13], a->b[14], a->b[15]);
}

char *addr_format(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
	if (a->family == AF_INET)
		snprintf(buf, ADDR_TEXT_MAX, "%u.%u.%u.%u", a->b[0], a->b[1], a->b[2], a->b[3]);
	else if (a->family == AF_INET6)
		format_v6(a, buf, ADDR_TEXT_MAX);
	else
		snprintf(buf, ADDR_TEXT_MAX, "-");
	return buf;
}

char *prefix_format(const struct prefix *p, char buf[PREFIX_TEXT_MAX])
{
	char text[ADDR_TEXT_MAX];

	snprintf(buf, PREFIX_TEXT_MAX, "%s/%u", addr_format(&p->addr, text), p->bits);
	return buf;
}

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(a.family, text, a.b) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

/* A decimal number of at most three digits, without signs or leading zeros. */
static int parse_bits(const char *text)
{
	int n = 0;

	if (!*text || strlen(text) > 3 || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		n = n * 10 + (*text - '0');
	}
	return n;
}

int prefix_parse(const char *text, struct prefix *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char whole[ADDR_TEXT_MAX];
	struct addr a;
	struct prefix p;
	int bits;

	if (len >= sizeof(whole))
		return -EINVAL;
	memcpy(whole, text, len);
	whole[len] = '\0';
	if (addr_parse(whole, &a) < 0)
		return -EINVAL;
	bits = slash ? parse_bits(slash + 1) : (int)(8 * addr_len(&a));
	if (bits < 0 || (size_t)bits > 8 * addr_len(&a))
		return -EINVAL;
	p = prefix_of(&a, (unsigned)bits);
	if (!addr_eq(&p.addr, &a))
		return -EINVAL;
	*ret = p;
	return 0;
}
