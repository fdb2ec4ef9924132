/* SPDX-License-Identifier: Apache-2.0
 *
 * ICMPv6 messages, and the packets that errors quote.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/icmp_quote.h"
#include "netstack/wire/icmpv6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = bytes_of(data, size);
	uint8_t out[ICMPV6_HLEN], again[ICMPV6_HLEN];
	struct icmp_quote q;
	struct icmpv6 m, n;

	if (!parsed(icmpv6_parse(b, &m)))
		return 0;
	if (icmpv6_build(&m, out, sizeof(out)) > 0) {
		CHECK(icmpv6_parse(bytes_of(out, sizeof(out)), &n) == 0);
		CHECK(icmpv6_build(&n, again, sizeof(again)) == ICMPV6_HLEN);
		CHECK(memcmp(out, again, sizeof(out)) == 0);
	}
	b = bytes_after(b, ICMPV6_HLEN);
	if (icmpv6_is_error(m.type) && parsed(icmp_quote_parse(b, AF_INET6, &q)))
		CHECK(q.off <= size - ICMPV6_HLEN && (q.has_ports || !q.dst_port));
	return 0;
}
