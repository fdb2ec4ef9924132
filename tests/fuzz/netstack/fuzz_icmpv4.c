/* SPDX-License-Identifier: Apache-2.0
 *
 * ICMP messages, and the packets that errors quote.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/icmp_quote.h"
#include "netstack/wire/icmpv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = bytes_of(data, size);
	uint8_t out[ICMPV4_HLEN], again[ICMPV4_HLEN];
	struct icmp_quote q;
	struct icmpv4 m, n;

	if (!parsed(icmpv4_parse(b, &m)))
		return 0;
	CHECK(icmpv4_build(&m, out, sizeof(out)) == ICMPV4_HLEN);
	if (m.type != ICMPV4_TIMESTAMP && m.type != ICMPV4_TIMESTAMP_REPLY) { /* longer */
		CHECK(icmpv4_parse(bytes_of(out, sizeof(out)), &n) == 0);
		CHECK(icmpv4_build(&n, again, sizeof(again)) == ICMPV4_HLEN);
		CHECK(memcmp(out, again, sizeof(out)) == 0);
	}
	b = bytes_after(b, ICMPV4_HLEN);
	if (icmpv4_is_error(m.type) && parsed(icmp_quote_parse(b, AF_INET, &q)))
		CHECK(q.off <= size - ICMPV4_HLEN && (q.has_ports || !q.dst_port));
	return 0;
}
