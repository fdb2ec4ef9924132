/* SPDX-License-Identifier: Apache-2.0
 *
 * The packet log: the frames of the fuzzers' corpus, each with the line that it is to give behind
 * its #. They were captured from Linux on links of a test's own, or written by hand, and compared
 * with tcpdump's.
 */
#include "tests/unit/net_test.h"

#include "netstack/pktlog.h"

static void test_known(void **state UNUSED)
{
	FILE *f = fopen(FUZZ_DIR "/corpus/frame.hex", "r");
	char text[8192], line[PKTLOG_MAX], again[PKTLOG_MAX];
	struct pkt_mem mem = { .limit = SIZE_MAX };
	unsigned n = 0;

	assert_non_null(f);
	while (fgets(text, sizeof(text), f)) {
		char *wanted = strchr(text, '#');
		enum linktype type = text[1] & 1 ? LINKTYPE_RAW : LINKTYPE_ETHERNET;
		struct bytes b;
		struct pkt *p;
		size_t len;

		if (!wanted)
			continue;
		wanted[strcspn(wanted, "\n")] = '\0';
		b = hex(text + 2);
		len = pktlog_bytes(b, type, line, sizeof(line));
		assert_int_equal(len, strlen(line));
		if (strcmp(line, wanted + 2) != 0)
			fail_msg("%.60s: \"%s\" instead of \"%s\"", text, line, wanted + 2);
		p = pkt_from(&mem, b.p, b.len);
		pktlog_pkt(p, type, again, sizeof(again));
		assert_string_equal(again, line);
		pkt_free(p);
		bytes_free(b);
		n++;
	}
	fclose(f);
	assert_true(n > 90);
}

/* Cut to the room there is, and never beyond. */
static void test_room(void **state UNUSED)
{
	struct bytes b = hex("ffffffffffff525400000001 0806 0001080006040001 525400000001 c0000201 "
	                     "000000000000 c0000202");
	char whole[PKTLOG_MAX];
	size_t n = pktlog_bytes(b, LINKTYPE_ETHERNET, whole, sizeof(whole));

	assert_string_equal(whole, "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28");
	for (size_t room = 1; room <= n + 1; room++) {
		char *exact = malloc(room);

		assert_int_equal(pktlog_bytes(b, LINKTYPE_ETHERNET, exact, room), room - 1);
		assert_int_equal(strlen(exact), room - 1);
		assert_memory_equal(exact, whole, room - 1);
		free(exact);
	}
	assert_int_equal(pktlog_bytes(b, LINKTYPE_ETHERNET, NULL, 0), 0);
	bytes_free(b);
}

/* Much more than is looked at: lengths are the packet's all the same. */
static void test_long(void **state UNUSED)
{
	struct bytes b = hex("45000028 00000000 40060000 c0000201 c0000202 "
	                     "9c400050 00000001 00000002 50100200 00000000");
	struct pkt_mem mem = { .limit = SIZE_MAX };
	struct pkt *p = pkt_new(&mem, 0, 9000);
	char line[PKTLOG_MAX];
	uint8_t *to = pkt_write(p, 0, 9000);
	uint32_t sum = 0;

	memset(to, 0, 9000);
	memcpy(to, b.p, b.len);
	be16_put(to + 2, 9000);
	for (int i = 0; i < 20; i += 2)
		sum += be16_get(to + i);
	be16_put(to + 10, (uint16_t)~(sum + (sum >> 16)));
	pktlog_pkt(p, LINKTYPE_RAW, line, sizeof(line));
	assert_string_equal(line, "IP 192.0.2.1.40000 > 192.0.2.2.80: Flags [.], seq 1:8961, "
	                          "ack 2, win 512, length 8960");
	pkt_free(p);
	bytes_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests_name("pktlog", tests, NULL, NULL);
}
