/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-net headers with a frame behind, and the checksum that they ask for.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/csum.h"
#include "netstack/wire/vnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkt_mem mem = { .limit = 1 << 20 };
	uint8_t out[VNET_HLEN_MERGEABLE];
	struct vnet v;
	struct pkt *p;

	if (!parsed(vnet_parse(bytes_of(data, size), VNET_HLEN, &v)))
		return 0;
	CHECK(vnet_build(&v, VNET_HLEN, out, sizeof(out)) == VNET_HLEN);
	CHECK(memcmp(out, data, VNET_HLEN) == 0);
	p = pkt_from(&mem, data + VNET_HLEN, size - VNET_HLEN);
	if (p && parsed(vnet_to_pkt(&v, p))) {
		v = vnet_of_pkt(p);
		CHECK(csum_complete(p) == 0);
		pkt_verify(p);
	}
	pkt_free(p);
	CHECK(mem.used == 0);
	return 0;
}
