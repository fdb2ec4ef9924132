/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole frames, as the log takes them apart: whole, cut off, and as a packet of several fragments.
 * The first byte chooses what a frame begins with.
 */
#include "tests/fuzz/netstack/fuzz.h"

#include "netstack/pktlog.h"

static void printable(const char *s, size_t n)
{
	CHECK(strlen(s) == n);
	for (; *s; s++)
		CHECK(*s >= 32 && *s < 127);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum linktype type = size && data[0] & 1 ? LINKTYPE_RAW : LINKTYPE_ETHERNET;
	char line[PKTLOG_MAX], other[PKTLOG_MAX], tiny[20];
	struct pkt_mem mem = { .limit = 1 << 20 };
	struct pkt *p, *q;
	size_t n;

	if (!size--)
		return 0;
	data++;
	n = pktlog_bytes(bytes_of(data, size), type, line, sizeof(line));
	printable(line, n);
	printable(tiny, pktlog_bytes(bytes_of(data, size), type, tiny, sizeof(tiny)));
	CHECK(strncmp(tiny, line, sizeof(tiny) - 1) == 0);
	printable(other, pktlog_bytes(bytes_begin(data, size / 2), type, other, sizeof(other)));
	p = pkt_from(&mem, data, size);
	q = p ? pkt_split(p, size / 3) : NULL;
	if (q && pkt_append(p, q) == 0) {
		printable(other, pktlog_pkt(p, type, other, sizeof(other)));
		CHECK(size > 512 || strcmp(line, other) == 0);
	}
	pkt_free(p);
	CHECK(mem.used == 0);
	return 0;
}
