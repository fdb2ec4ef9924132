/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP headers. The first byte chooses the family.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[UDP_HLEN], family;
	struct udp u;

	if (!size)
		return 0;
	family = data[0] & 1 ? AF_INET6 : AF_INET;
	if (!parsed(udp_parse(bytes_of(data + 1, size - 1), family, &u)))
		return 0;
	CHECK(u.len >= UDP_HLEN && u.len <= size - 1);
	CHECK(udp_build(&u, out, sizeof(out)) == UDP_HLEN);
	CHECK(memcmp(out, data + 1, UDP_HLEN) == 0);
	return 0;
}
