/* SPDX-License-Identifier: Apache-2.0
 *
 * Multicast listener discovery. The input is an IPv6 packet, whose header is put right.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/mld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t first[65536], second[65536];
	struct ipv6_chain chain = { .alert = 0 };
	struct group_record r;
	struct mld m, again;
	struct ipv6 ip;
	unsigned i = 0;
	ssize_t n;

	if (!parsed(ipv6_parse(bytes_of(data, size), &ip)))
		return 0;
	ip.hop_limit = 1;
	memcpy(ip.src.b, "\xfe\x80", 2);
	if (!parsed(mld_parse(bytes_of(data + IPV6_HLEN, ip.payload_len), &ip, &chain, &m)))
		return 0;
	for (struct bytes b = m.records; i < m.nrecords; i++) {
		CHECK(group_record_next(&b, AF_INET6, &r));
		touch(r.sources, 16u * r.nsources);
	}
	touch(m.sources, 16u * m.nsources);
	n = mld_build(&m, first, sizeof(first));
	CHECK(n > 0);
	if (m.nrecords)
		return 0;
	CHECK(mld_parse(bytes_of(first, (size_t)n), &ip, &chain, &again) == 0);
	CHECK(mld_build(&again, second, sizeof(second)) == n);
	CHECK(memcmp(first, second, (size_t)n) == 0);
	return 0;
}
