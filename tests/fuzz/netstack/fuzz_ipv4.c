/* SPDX-License-Identifier: Apache-2.0
 *
 * IPv4 headers. The checksum is put right first, or nothing would get past it.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/csum.h"
#include "netstack/wire/ipv4.h"

static void mend_ipv4(uint8_t *h, size_t size)
{
	size_t hlen = size ? (h[0] & 15) * 4u : 0;

	if (hlen < IPV4_HLEN_MIN || size < hlen)
		return;
	be16_put(h + 10, 0);
	be16_put(h + 10, (uint16_t)~csum_bytes(h, hlen));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size), out[IPV4_HLEN_MAX];
	struct ipv4 ip;
	int rc;

	memcpy(copy, data, size);
	mend_ipv4(copy, size);
	rc = ipv4_parse(bytes_of(copy, size), &ip);
	if (rc == -DROP_IPV4_OPTION)
		CHECK(ip.problem >= IPV4_HLEN_MIN && ip.problem < ip.hlen);
	if (parsed(rc)) {
		CHECK(ip.total_len <= size && ip.hlen <= ip.total_len);
		CHECK(ip.frag_off + ip.total_len <= IPV4_LEN_MAX);
		CHECK(ip.opt.record_route < ip.hlen && ip.opt.timestamp < ip.hlen);
		CHECK(ip.opt.source_route < ip.hlen && ip.opt.alert < ip.hlen);
		touch(ip.options, ip.options_len);
		CHECK(ipv4_build(&ip, out, sizeof(out)) == ip.hlen);
		/* All but the reserved bit, and so the checksum. */
		out[6] |= copy[6] & 0x80;
		CHECK(memcmp(out, copy, 10) == 0);
		CHECK(memcmp(out + 12, copy + 12, ip.hlen - 12u) == 0);
	}
	free(copy);
	return 0;
}
