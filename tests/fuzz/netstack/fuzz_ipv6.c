/* SPDX-License-Identifier: Apache-2.0
 *
 * IPv6 headers and the chains of headers behind them.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/ipv6_ext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipv6_chain chain;
	uint8_t out[IPV6_HLEN];
	struct ipv6 ip;
	size_t end;
	int rc;

	if (!parsed(ipv6_parse(bytes_of(data, size), &ip)))
		return 0;
	CHECK(ipv6_build(&ip, out, sizeof(out)) == IPV6_HLEN);
	CHECK(memcmp(out, data, IPV6_HLEN) == 0);
	rc = ipv6_walk(bytes_of(data, size), &ip, &chain);
	end = IPV6_HLEN + (size_t)ip.payload_len;
	CHECK(end <= size);
	if (rc < 0 && chain.answer)
		CHECK(chain.problem < end && chain.code <= ICMPV6_PROBLEM_CHAIN);
	if (!parsed(rc))
		return 0;
	CHECK(chain.off <= end && chain.off <= IPV6_CHAIN_MAX && chain.next_at < chain.off);
	CHECK(data[chain.next_at] == chain.proto);
	if (chain.fragment) {
		CHECK(chain.frag_at + IPV6_FRAG_HLEN <= chain.off);
		CHECK(data[chain.frag_next_at] == IPPROTO_FRAGMENT);
		CHECK(chain.frag.off + (end - chain.frag_at - IPV6_FRAG_HLEN) <= UINT16_MAX);
	}
	return 0;
}
