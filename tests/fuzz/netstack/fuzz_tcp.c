/* SPDX-License-Identifier: Apache-2.0
 *
 * TCP headers: what is built of what was parsed is parsed as the same.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first[TCP_HLEN_MAX], second[TCP_HLEN_MAX];
	struct tcp t, again;
	ssize_t n;

	if (!parsed(tcp_parse(bytes_of(data, size), &t)))
		return 0;
	CHECK(t.hlen <= size && t.opt.nsacks <= TCP_SACKS_MAX && t.opt.wscale <= TCP_WSCALE_MAX);
	touch(t.opt.cookie, t.opt.cookie_len);
	t.opt.has_signature = false;
	n = tcp_build(&t, first, sizeof(first));
	/* Options that took less room unaligned. */
	CHECK(n == -EMSGSIZE || (n >= TCP_HLEN_MIN && n % 4 == 0));
	CHECK(tcp_hlen(&t) == n);
	if (n < 0)
		return 0;
	CHECK(tcp_parse(bytes_of(first, (size_t)n), &again) == 0);
	CHECK(tcp_build(&again, second, sizeof(second)) == n);
	CHECK(memcmp(first, second, (size_t)n) == 0);
	return 0;
}
