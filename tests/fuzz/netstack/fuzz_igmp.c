/* SPDX-License-Identifier: Apache-2.0
 *
 * IGMP messages. The checksum is put right first.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/csum.h"
#include "netstack/wire/igmp.h"

static void mend_igmp(uint8_t *p, size_t n)
{
	if (n < 4)
		return;
	be16_put(p + 2, 0);
	be16_put(p + 2, (uint16_t)~csum_bytes(p, n));
}

static void rebuild(const struct igmp *m)
{
	static uint8_t first[65536], second[65536];
	ssize_t n = igmp_build(m, first, sizeof(first));
	struct igmp again;

	CHECK(n > 0);
	mend_igmp(first, (size_t)n);
	CHECK(igmp_parse(bytes_of(first, (size_t)n), &again) == 0);
	CHECK(igmp_build(&again, second, sizeof(second)) == n);
	mend_igmp(second, (size_t)n);
	CHECK(memcmp(first, second, (size_t)n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);
	struct group_record r;
	struct igmp m;
	unsigned i = 0;

	memcpy(copy, data, size);
	mend_igmp(copy, size);
	if (size < 65536 && parsed(igmp_parse(bytes_of(copy, size), &m))) {
		for (struct bytes b = m.records; i < m.nrecords; i++) {
			CHECK(group_record_next(&b, AF_INET, &r));
			touch(r.sources, 4u * r.nsources);
		}
		touch(m.sources, 4u * m.nsources);
		if (!m.nrecords)
			rebuild(&m);
	}
	free(copy);
	return 0;
}
