/* SPDX-License-Identifier: Apache-2.0
 *
 * Neighbour discovery. The input is an IPv6 packet, whose hop limit is put right.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/ndp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[8192], second[8192];
	struct ndp m, again;
	struct ipv6 ip;
	ssize_t n;

	if (!parsed(ipv6_parse(bytes_of(data, size), &ip)))
		return 0;
	ip.hop_limit = NDP_HOP_LIMIT;
	if (!parsed(ndp_parse(bytes_of(data + IPV6_HLEN, ip.payload_len), &ip, &m)))
		return 0;
	CHECK(m.nprefixes <= NDP_PREFIXES_MAX && m.nrdnss <= NDP_RDNSS_MAX);
	touch(m.quote.p, m.quote.have);
	n = ndp_build(&m, first, sizeof(first));
	CHECK(n > 0);
	CHECK(ndp_parse(bytes_of(first, (size_t)n), &ip, &again) == 0);
	CHECK(ndp_build(&again, second, sizeof(second)) == n);
	CHECK(memcmp(first, second, (size_t)n) == 0);
	return 0;
}
