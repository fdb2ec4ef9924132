/* SPDX-License-Identifier: Apache-2.0
 *
 * Ethernet headers: what is accepted is built again byte by byte.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/eth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[ETH_HLEN_MAX];
	struct eth e;

	if (!parsed(eth_parse(bytes_of(data, size), &e)))
		return 0;
	CHECK(eth_build(&e, out, sizeof(out)) == e.hlen);
	CHECK(memcmp(out, data, e.hlen) == 0);
	return 0;
}
