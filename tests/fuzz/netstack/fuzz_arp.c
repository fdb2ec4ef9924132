/* SPDX-License-Identifier: Apache-2.0
 *
 * ARP packets: what is accepted is built again byte by byte.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[ARP_LEN];
	struct arp a;

	if (!parsed(arp_parse(bytes_of(data, size), &a)))
		return 0;
	CHECK(arp_build(&a, out, sizeof(out)) == ARP_LEN);
	CHECK(memcmp(out, data, ARP_LEN) == 0);
	return 0;
}
