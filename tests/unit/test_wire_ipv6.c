/* SPDX-License-Identifier: Apache-2.0
 *
 * The IPv6 header, chains of extension headers, ICMPv6 and what its errors quote.
 */
#include "tests/unit/net_test.h"

#include "netstack/wire/icmp_quote.h"
#include "netstack/wire/icmpv6.h"
#include "netstack/wire/ipv6_ext.h"

#define UDP8 "0fa0 0fa1 0008 1234 "

/* A packet with this behind its header. The caller frees its bytes. */
static struct bytes packet(uint8_t next, const char *dst, const char *text)
{
	struct bytes payload = hex(text);
	struct ipv6 ip = {
		.payload_len = (uint16_t)payload.len, .next = next, .hop_limit = 64,
		.src = addr("2001:db8::1"), .dst = addr(dst),
	};
	uint8_t *p = malloc(IPV6_HLEN + payload.len);

	assert_int_equal(ipv6_build(&ip, p, IPV6_HLEN), IPV6_HLEN);
	memcpy(p + IPV6_HLEN, payload.p, payload.len);
	bytes_free(payload);
	return bytes_of(p, IPV6_HLEN + ip.payload_len);
}

static int walk_to(uint8_t next, const char *dst, const char *text, struct ipv6_chain *chain)
{
	struct bytes b = packet(next, dst, text);
	struct ipv6 ip;
	int rc;

	assert_int_equal(ipv6_parse(b, &ip), 0);
	rc = ipv6_walk(b, &ip, chain);
	bytes_free(b);
	return rc;
}

static int walk(uint8_t next, const char *text, struct ipv6_chain *chain)
{
	return walk_to(next, "2001:db8::2", text, chain);
}

/* The walk fails for this reason, with this answer (code < 0: none). */
static void refused(uint8_t next, const char *text, int reason, int code, unsigned problem)
{
	struct ipv6_chain c;
	int rc = walk(next, text, &c);

	if (rc != -reason || c.answer != (code >= 0) ||
	    (c.answer && (c.code != code || c.problem != problem)))
		fail_msg("%u: %s: %s, code %d at %u", next, text, drop_name(rc),
		         c.answer ? c.code : -1,
		         c.problem);
}

static int parse(struct bytes b)
{
	struct ipv6 ip;

	return ipv6_parse(b, &ip);
}

#define HEADER "6ab12345 0010 3a 40 20010db8000000000000000000000001 fe800000000000005054000000000002 "

static void test_header(void **state UNUSED)
{
	struct bytes b = hex(HEADER "00000000000000000000000000000000 55");
	uint8_t out[40];
	struct ipv6 ip;

	assert_int_equal(ipv6_parse(b, &ip), 0);
	assert_int_equal(ip.tclass, 0xab);
	assert_int_equal(ip.flow, 0x12345);
	assert_int_equal(ip.payload_len, 16);
	assert_int_equal(ip.next, IPPROTO_ICMPV6);
	assert_int_equal(ip.hop_limit, 64);
	assert_addr(ip.src, "2001:db8::1");
	assert_addr(ip.dst, "fe80::5054:0:0:2");
	assert_int_equal(ipv6_build(&ip, out, 39), -EMSGSIZE);
	assert_int_equal(ipv6_build(&ip, out, 40), 40);
	assert_memory_equal(out, b.p, 40);
	ip.flow = 0x100000;
	assert_int_equal(ipv6_build(&ip, out, 40), -EINVAL);
	ip.flow = 0;
	ip.src = addr("192.0.2.1");
	assert_int_equal(ipv6_build(&ip, out, 40), -EINVAL);
	/* Shorter than it says, cut off, of another version, a jumbogram. */
	b.len = b.have = 55;
	assert_int_equal(ipv6_parse(b, &ip), -DROP_IPV6_LENGTH);
	b.len = BYTES_LEN_UNKNOWN;
	assert_int_equal(ipv6_parse(b, &ip), 0);
	((uint8_t *)b.p)[5] = 0;
	((uint8_t *)b.p)[6] = IPPROTO_HOPOPTS;
	assert_int_equal(ipv6_parse(b, &ip), -DROP_IPV6_JUMBO);
	((uint8_t *)b.p)[0] = 0x45;
	assert_int_equal(ipv6_parse(b, &ip), -DROP_IPV6_VERSION);
	bytes_free(b);
	each_cut(HEADER "00000000000000000000000000000000", 40, DROP_IPV6_SHORT, parse);
}

static void test_chains(void **state UNUSED)
{
	struct ipv6_chain c;

	assert_int_equal(walk(17, UDP8, &c), 0);
	assert_int_equal(c.proto, 17);
	assert_int_equal(c.off, 40);
	assert_int_equal(c.next_at, 6);
	assert_int_equal(c.alert, -1);
	assert_false(c.fragment);
	/*
	 * hop-by-hop, destination, routing (nothing left), destination, in any order but the first
	 */
	assert_int_equal(walk(0, "3c00 0502 0000 0100" "2b00 0104 00000000" "3c00 0400 00000000"
	                         "1101 010c 000000000000000000000000 " UDP8, &c),
	                 -DROP_IPV6_EXT_LIMIT); /* 14 bytes of padding are too many */
	assert_int_equal(walk(0, "3c00 0502 0000 0100" "2b00 0104 00000000" "3c00 0400 00000000"
	                         "1100 0104 00000000 " UDP8, &c), 0);
	assert_int_equal(c.proto, 17);
	assert_int_equal(c.off, 72);
	assert_int_equal(c.next_at, 64);
	assert_int_equal(c.alert, 0);
	/* Not ours to look into: a protocol like any other. */
	assert_int_equal(walk(0, "3200 0104 00000000" "00112233", &c), 0);
	assert_int_equal(c.proto, IPPROTO_ESP);
	assert_int_equal(walk(IPPROTO_NONE, "", &c), 0);
	assert_int_equal(c.proto, IPPROTO_NONE);
	/* What is behind the payload isn't looked at. */
	struct bytes b = packet(60, "2001:db8::2", "1101 0104 00000000 0106 000000000000");
	struct ipv6 ip;

	((uint8_t *)b.p)[5] = 8;
	assert_int_equal(ipv6_parse(b, &ip), 0);
	assert_int_equal(ipv6_walk(b, &ip, &c), -DROP_IPV6_EXT_SHORT);
	bytes_free(b);
}

/* Cut off anywhere, by its own length or by what can be read. */
static void test_chain_cut(void **state UNUSED)
{
	struct bytes whole = packet(0, "2001:db8::2", "3c00 0502 0000 0100" "2b00 0104 00000000"
	                                              "2c00 0400 00000000" "1100 0000 00000007" UDP8);
	struct ipv6_chain c;
	struct ipv6 ip;

	assert_int_equal(ipv6_parse(whole, &ip), 0);
	for (size_t n = 40; n < 72; n++) {
		struct bytes b = bytes_cut(whole, n);

		ip.payload_len = (uint16_t)(n - 40);
		assert_int_equal(ipv6_walk(b, &ip, &c), -DROP_IPV6_EXT_SHORT);
		assert_false(c.answer);
		ip.payload_len = 40;
		b.len = whole.len;
		assert_int_equal(ipv6_walk(b, &ip, &c), -DROP_CUT);
		bytes_free(b);
	}
	assert_int_equal(ipv6_walk(whole, &ip, &c), 0);
	bytes_free(whole);
}

static void test_order(void **state UNUSED)
{
	/* Hop-by-hop options anywhere but first: unrecognised next header, and the byte that says
	 * so. */
	refused(60, "0000 0104 00000000" "1100 0104 00000000" UDP8, DROP_IPV6_EXT_ORDER,
	        ICMPV6_PROBLEM_NEXT, 40);
	refused(0, "0000 0104 00000000" "1100 0104 00000000" UDP8, DROP_IPV6_EXT_ORDER,
	        ICMPV6_PROBLEM_NEXT, 40);
	refused(60, "3c00 0104 00000000" "0000 0104 00000000" "1100 0104 00000000" UDP8,
	        DROP_IPV6_EXT_ORDER, ICMPV6_PROBLEM_NEXT, 48);
	/* Segments left, of whatever type. */
	refused(43, "1102 0001 00000000 00000000000000000000000000000001" UDP8, DROP_IPV6_ROUTING,
	        ICMPV6_PROBLEM_FIELD, 42);
	refused(60, "2b00 0104 00000000" "1100 0405 00000000" UDP8, DROP_IPV6_ROUTING,
	        ICMPV6_PROBLEM_FIELD, 50);
}

static void test_limits(void **state UNUSED)
{
	char text[4096] = "";
	struct ipv6_chain c;

	for (int i = 0; i < IPV6_EXT_MAX - 1; i++)
		strcat(text, "3c00 0104 00000000 ");
	strcat(text, "1100 0104 00000000 ");
	assert_int_equal(walk(60, text, &c), 0);
	memmove(text + 19, text, strlen(text) + 1);
	memcpy(text, "3c00 0104 00000000 ", 19);
	refused(60, text, DROP_IPV6_EXT_LIMIT, -1, 0);
	/* Eight options, then nine: 0x1e is unknown, to be passed over. */
	assert_int_equal(walk(60, "1102 1e001e001e001e00 1e001e001e001e00 0104 00000000", &c), 0);
	refused(60, "1102 1e001e001e001e00 1e001e001e001e00 1e00 00000000", DROP_IPV6_EXT_LIMIT, -1,
	        0);
	/* Seven bytes of padding, then eight, of both kinds. */
	assert_int_equal(walk(60, "1101 1e03000000 01020000 000000 1e00", &c), 0);
	refused(60, "1101 1e02 0000 01020000 00000000 1e00", DROP_IPV6_EXT_LIMIT, -1, 0);
	refused(60, "1101 0001 06000000000000 0000 00000000", DROP_IPV6_EXT_LIMIT, -1, 0);
	/* 1,280 bytes and no more: a header of 1,232 and one of 8, then of 16. */
	snprintf(text, sizeof(text), "3c99 ");
	for (int i = 0; i < 5; i++) { /* 1,230 bytes of options, 246 each */
		strcat(text, "1ef4");
		for (int j = 0; j < 244; j++)
			strcat(text, "00");
	}
	strcat(text, "1100 0104 00000000");
	assert_int_equal(walk(60, text, &c), 0);
	assert_int_equal(c.off, IPV6_CHAIN_MAX);
	strcpy(text + strlen(text) - 18, "1101 1e0c 000000000000000000000000");
	refused(60, text, DROP_IPV6_EXT_LIMIT, -1, 0);
}

static void test_option_bits(void **state UNUSED)
{
	struct ipv6_chain c;

	/* The two highest bits: pass over; drop; drop and tell; drop and tell unless to a group. */
	assert_int_equal(walk(60, "1100 1e02 0000 0100" UDP8, &c), 0);
	refused(60, "1100 5e02 0000 0100" UDP8, DROP_IPV6_OPTION_UNKNOWN, -1, 0);
	refused(60, "1100 0100 9e02 0000" UDP8, DROP_IPV6_OPTION_UNKNOWN, ICMPV6_PROBLEM_OPTION,
	        44);
	refused(60, "1100 de02 0000 0100" UDP8, DROP_IPV6_OPTION_UNKNOWN, ICMPV6_PROBLEM_OPTION,
	        42);
	refused(0, "1100 c204 00010000" UDP8, DROP_IPV6_OPTION_UNKNOWN, ICMPV6_PROBLEM_OPTION, 42);
	assert_int_equal(walk_to(60, "ff02::1", "1100 9e02 0000 0100" UDP8, &c),
	                 -DROP_IPV6_OPTION_UNKNOWN);
	assert_true(c.answer);
	assert_int_equal(walk_to(60, "ff02::1", "1100 de02 0000 0100" UDP8, &c),
	                 -DROP_IPV6_OPTION_UNKNOWN);
	assert_false(c.answer);
	/* A router alert belongs to the routers. */
	assert_int_equal(walk(60, "1100 0502 0000 0100" UDP8, &c), 0);
	assert_int_equal(c.alert, -1);
	assert_int_equal(walk(0, "1100 0502 1234 0100" UDP8, &c), 0);
	assert_int_equal(c.alert, 0x1234);
}

static void test_option_lengths(void **state UNUSED)
{
	refused(0, "1100 0501 0000 0000" UDP8, DROP_IPV6_OPTION, -1, 0);
	refused(0, "1101 0502 0000 0502 0000 0104 00000000" UDP8, DROP_IPV6_OPTION, -1, 0);
	refused(60, "1100 1e05 00000000" UDP8, DROP_IPV6_OPTION, -1, 0);
	refused(60, "1100 0105 00000000" UDP8, DROP_IPV6_OPTION, -1, 0);
	refused(60, "1100 1e03 000000 1e" UDP8, DROP_IPV6_OPTION, -1, 0);
	refused(60, "1100 1eff 00000000" UDP8, DROP_IPV6_OPTION, -1, 0);
	refused(60, "1100 0104 00000001" UDP8, DROP_IPV6_OPTION, -1, 0); /* padding that isn't */
}

static void test_fragments(void **state UNUSED)
{
	struct ipv6_chain c;

	/* First, with a destination header behind that is judged later. */
	assert_int_equal(walk(60,
	                      "2c00 0104 00000000" "3c00 0001 000000ff" "1100 de04 00000000" UDP8, &c), 0);
	assert_true(c.fragment);
	assert_int_equal(c.frag.off, 0);
	assert_true(c.frag.more);
	assert_int_equal(c.frag.id, 255);
	assert_int_equal(c.frag.next, 60);
	assert_int_equal(c.frag_at, 48);
	assert_int_equal(c.frag_next_at, 40);
	assert_int_equal(c.proto, 17);
	assert_int_equal(c.off, 64);
	/* From the middle: what is there isn't a header. */
	assert_int_equal(walk(44, "3c00 0b51 00000001 ffffffffffffffff", &c), 0);
	assert_true(c.fragment && c.frag.more);
	assert_int_equal(c.frag.off, 2896);
	assert_int_equal(c.off, 48);
	assert_int_equal(walk(44, "1100 0b50 00000001 ffff", &c), 0);
	assert_false(c.frag.more);
	/* Atomic ones are none: what follows is judged at once. */
	assert_int_equal(walk(44, "1100 0000 00000001" UDP8, &c), 0);
	assert_false(c.fragment);
	assert_int_equal(c.proto, 17);
	refused(44, "3c00 0000 00000001" "1100 5e04 00000000" UDP8, DROP_IPV6_OPTION_UNKNOWN, -1,
	        0);
	refused(44, "2c00 0001 00000001" "1100 0009 00000001" UDP8, DROP_IPV6_FRAG_NESTED, -1, 0);
	refused(44, "1100 0001 00000001" UDP8 "00", DROP_IPV6_FRAG_ALIGN, ICMPV6_PROBLEM_FIELD, 4);
	refused(60, "2c00 0104 00000000" "1100 fff0 00000001" UDP8, DROP_IPV6_FRAG_GIANT,
	        ICMPV6_PROBLEM_FIELD, 50);
	assert_int_equal(walk(44, "1100 fff0 00000001" UDP8, &c), 0);
	/* RFC 7112: the first one has all headers. */
	refused(44, "0600 0001 00000001" "0000000000000000 0000000000000000", DROP_IPV6_FRAG_CHAIN,
	        ICMPV6_PROBLEM_CHAIN, 0);
	assert_int_equal(walk(44,
	                      "0600 0001 00000001" "0000000000000000 0000000000000000 0000000000000000",
	                      &c), 0);
	refused(44, "3c00 0001 00000001" "1101 0000 00000000", DROP_IPV6_FRAG_CHAIN,
	        ICMPV6_PROBLEM_CHAIN, 0);
	refused(44, "3c00 0001 00000001", DROP_IPV6_FRAG_CHAIN, ICMPV6_PROBLEM_CHAIN, 0);
	refused(44, "3a00 0001 00000001", DROP_IPV6_FRAG_CHAIN, ICMPV6_PROBLEM_CHAIN, 0);
	refused(44, "5900 0001 00000001", DROP_IPV6_FRAG_CHAIN, ICMPV6_PROBLEM_CHAIN, 0);
	assert_int_equal(walk(44, "3b00 0001 00000001", &c), 0);
}

static void test_skip(void **state UNUSED)
{
	struct bytes b = packet(60, "2001:db8::2", "2b00 de04 00000000" "1100 0009 00000000" UDP8);
	struct ipv6_chain c;
	struct ipv6 ip;

	assert_int_equal(ipv6_parse(b, &ip), 0);
	assert_int_equal(ipv6_walk(b, &ip, &c), -DROP_IPV6_OPTION_UNKNOWN);
	assert_int_equal(ipv6_skip(b, &ip, &c), 0);
	assert_int_equal(c.proto, 17);
	assert_int_equal(c.off, 56);
	bytes_free(b);
}

static void test_build(void **state UNUSED)
{
	struct ipv6_frag f = { .next = 17, .off = 1448, .more = true, .id = 0x12345678 };
	struct bytes frag = hex("1100 05a9 12345678"), alert = hex("3a00 0502 0000 0100");
	uint8_t out[8];

	assert_int_equal(ipv6_frag_build(&f, out, 7), -EMSGSIZE);
	assert_int_equal(ipv6_frag_build(&f, out, 8), 8);
	assert_memory_equal(out, frag.p, 8);
	f.off = 1449;
	assert_int_equal(ipv6_frag_build(&f, out, 8), -EINVAL);
	assert_int_equal(ipv6_alert_build(IPPROTO_ICMPV6, 0, out, 7), -EMSGSIZE);
	assert_int_equal(ipv6_alert_build(IPPROTO_ICMPV6, 0, out, 8), 8);
	assert_memory_equal(out, alert.p, 8);
	bytes_free(frag);
	bytes_free(alert);
}

/* ---- ICMPv6 ---- */

static int icmp(struct bytes b)
{
	struct icmpv6 m;

	return icmpv6_parse(b, &m);
}

static int icmp_of(const char *text, struct icmpv6 *m)
{
	struct bytes b = hex(text);
	uint8_t out[8];
	int rc = icmpv6_parse(b, m);

	if (rc == 0 && icmpv6_build(m, out, 8) > 0) {
		assert_memory_equal(out, b.p, 8);
		assert_int_equal(icmpv6_build(m, out, 7), -EMSGSIZE);
	}
	bytes_free(b);
	return rc;
}

static void test_icmp(void **state UNUSED)
{
	struct icmpv6 m;

	each_cut("80000000 00010002 55", 8, DROP_ICMPV6_SHORT, icmp);
	each_cut("01040000 00000000 55", 8, DROP_ICMPV6_SHORT, icmp);
	each_cut("85000000", 4, DROP_ICMPV6_SHORT, icmp);
	assert_int_equal(icmp_of("8100abcd 00010002", &m), 0);
	assert_int_equal(m.csum, 0xabcd);
	assert_int_equal(m.id, 1);
	assert_int_equal(m.seq, 2);
	assert_int_equal(icmp_of("02000000 00000500", &m), 0);
	assert_int_equal(m.mtu, 1280);
	assert_int_equal(icmp_of("04020000 0000002a", &m), 0);
	assert_int_equal(m.pointer, 42);
	assert_int_equal(icmp_of("03000000 00000000", &m), 0);
	assert_true(icmpv6_is_error(m.type));
	assert_int_equal(icmp_of("88000000", &m), 0);
	assert_false(icmpv6_is_error(m.type));
	assert_int_equal(icmpv6_build(&m, (uint8_t[8]){ 0 }, 8), -EINVAL);
	assert_true(icmpv6_is_ndp(133) && icmpv6_is_ndp(137) && !icmpv6_is_ndp(132) &&
	            !icmpv6_is_ndp(138));
	assert_true(icmpv6_is_mld(130) && icmpv6_is_mld(132) && icmpv6_is_mld(143) &&
	            !icmpv6_is_mld(133));
}

static void test_quote(void **state UNUSED)
{
	static const char *const ports = "9c400050 000003e8";
	struct icmp_quote q;
	struct bytes b = packet(60, "2001:db8::2", "2c00 de04 00000000" "0600 0001 00000001"
	                                           "9c400050 000003e8 00000000 50000000 00000000 00000000");

	for (size_t n = 0; n <= b.len; n++) {
		struct bytes cut = bytes_cut(b, n);
		int rc = icmp_quote_parse(cut, AF_INET6, &q);

		assert_int_equal(rc, n < 56 ? -DROP_ICMP_QUOTE : 0);
		assert_int_equal(rc == 0 && q.has_ports, n >= 60);
		assert_int_equal(rc == 0 && q.has_seq, n >= 64);
		bytes_free(cut);
	}
	assert_addr(q.src, "2001:db8::1");
	assert_addr(q.dst, "2001:db8::2");
	assert_int_equal(q.proto, 6);
	assert_int_equal(q.off, 56);
	assert_int_equal(q.dst_port, 80);
	assert_int_equal(q.seq, 1000);
	/* Not the first fragment. */
	((uint8_t *)b.p)[51] = 9;
	assert_int_equal(icmp_quote_parse(b, AF_INET6, &q), 0);
	assert_false(q.has_ports);
	bytes_free(b);
	b = packet(58, "2001:db8::2", "80000000 00070001");
	assert_int_equal(icmp_quote_parse(b, AF_INET6, &q), 0);
	assert_int_equal(q.src_port, 7);
	bytes_free(b);
	b = packet(17, "2001:db8::2", ports);
	assert_int_equal(icmp_quote_parse(b, AF_INET, &q), -DROP_ICMP_QUOTE);
	assert_int_equal(icmp_quote_parse(b, AF_INET6, &q), 0);
	assert_true(q.has_ports && !q.has_seq);
	bytes_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),      cmocka_unit_test(test_chains),
		cmocka_unit_test(test_chain_cut),   cmocka_unit_test(test_order),
		cmocka_unit_test(test_limits),      cmocka_unit_test(test_option_bits),
		cmocka_unit_test(test_option_lengths), cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_skip),        cmocka_unit_test(test_build),
		cmocka_unit_test(test_icmp),        cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests_name("wire_ipv6", tests, NULL, NULL);
}
