/* SPDX-License-Identifier: Apache-2.0
 *
 * The IPv4 header and its options, ICMP, and what its errors quote.
 */
#include "tests/unit/net_test.h"

#include "netstack/csum.h"
#include "netstack/wire/icmp_quote.h"
#include "netstack/wire/icmpv4.h"
#include "netstack/wire/ipv4.h"

/* Of an echo request that Linux's ping has sent. */
#define ECHO_HEADER "45000054 7552 4000 40 01 4153 c0000201 c0000202 "

/* A header with these options and `payload` zero bytes behind, its checksum right. */
static struct bytes packet(const char *options, size_t payload)
{
	struct bytes opt = hex(options);
	struct ipv4 ip = {
		.total_len = (uint16_t)(IPV4_HLEN_MIN + opt.len + payload), .ttl = 64, .proto = 17,
		.src = addr("192.0.2.1"), .dst = addr("192.0.2.2"),
		.options = opt.p, .options_len = (uint8_t)opt.len,
	};
	uint8_t *p = calloc(1, ip.total_len);

	assert_int_equal(ipv4_build(&ip, p, ip.total_len), IPV4_HLEN_MIN + opt.len);
	bytes_free(opt);
	return bytes_of(p, ip.total_len);
}

static void mend(struct bytes b)
{
	uint8_t *p = (uint8_t *)b.p;

	be16_put(p + 10, 0);
	be16_put(p + 10, (uint16_t)~csum_bytes(p, (p[0] & 15) * 4u));
}

/* Parses a header with byte `at` changed to `value` and the checksum put right. */
static int changed(size_t at, uint8_t value, struct ipv4 *ip)
{
	struct bytes b = packet("94040000", 16);
	int rc;

	((uint8_t *)b.p)[at] = value;
	mend(b);
	rc = ipv4_parse(b, ip);
	bytes_free(b);
	return rc;
}

static int parse(struct bytes b)
{
	struct ipv4 ip;

	return ipv4_parse(b, &ip);
}

static void test_known(void **state UNUSED)
{
	struct bytes b = hex(ECHO_HEADER);
	uint8_t out[20];
	struct ipv4 ip;

	b.len = 84;
	assert_int_equal(ipv4_parse(b, &ip), 0);
	assert_int_equal(ip.hlen, 20);
	assert_int_equal(ip.total_len, 84);
	assert_int_equal(ip.id, 0x7552);
	assert_true(ip.df && !ip.mf && !ip.frag_off);
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ip.proto, 1);
	assert_addr(ip.src, "192.0.2.1");
	assert_addr(ip.dst, "192.0.2.2");
	assert_int_equal(ip.options_len, 0);
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), 20);
	assert_memory_equal(out, b.p, 20);
	bytes_free(b);
	each_cut("45000014 0007 2000 40 11 d6ce c0000201 c0000202", 20, DROP_IPV4_SHORT, parse);
}

static void test_lengths(void **state UNUSED)
{
	struct bytes b;
	struct ipv4 ip;

	assert_int_equal(changed(0, 0x56, &ip), -DROP_IPV4_VERSION);
	assert_int_equal(changed(0, 0x44, &ip), -DROP_IPV4_HLEN);
	assert_int_equal(changed(0, 0x40, &ip), -DROP_IPV4_HLEN);
	assert_int_equal(ip.src.family, AF_UNSPEC);
	assert_int_equal(changed(3, 23, &ip), -DROP_IPV4_LENGTH); /* less than the header */
	assert_addr(ip.src, "192.0.2.1");
	assert_int_equal(changed(3, 24, &ip), 0);
	assert_int_equal(changed(3, 40, &ip), 0);
	assert_int_equal(changed(3, 41, &ip), -DROP_IPV4_LENGTH); /* more than there is */
	assert_int_equal(changed(2, 0xff, &ip), -DROP_IPV4_LENGTH);
	/* The header's length is more than there is. */
	b = packet("94040000", 0);
	b.len = b.have = 23;
	assert_int_equal(ipv4_parse(b, &ip), -DROP_IPV4_HLEN);
	b.len = BYTES_LEN_UNKNOWN;
	assert_int_equal(ipv4_parse(b, &ip), -DROP_CUT);
	b.have = 24;
	assert_int_equal(ipv4_parse(b, &ip), 0);
	bytes_free(b);
	b = packet("", 8);
	((uint8_t *)b.p)[8]--;
	assert_int_equal(ipv4_parse(b, &ip), -DROP_IPV4_CSUM);
	bytes_free(b);
}

static void test_fragments(void **state UNUSED)
{
	struct ipv4 ip;

	assert_int_equal(changed(6, 0x20, &ip), 0);
	assert_true(ip.mf && ip.frag_off == 0);
	assert_int_equal(changed(7, 185, &ip), 0);
	assert_int_equal(ip.frag_off, 1480);
	/* The last 16 bytes that can be told of, with a header of 24. */
	struct bytes b = packet("94040000", 16);
	uint8_t *p = (uint8_t *)b.p;

	be16_put(p + 6, 0x1ffb);
	mend(b);
	assert_int_equal(ipv4_parse(b, &ip), -DROP_IPV4_FRAG_GIANT);
	be16_put(p + 6, 0x1ffa);
	mend(b);
	assert_int_equal(ipv4_parse(b, &ip), 0);
	assert_int_equal(ip.frag_off, 65488);
	/* All but the last one are multiples of 8. */
	be16_put(p + 2, 36);
	mend(b);
	assert_int_equal(ipv4_parse(b, &ip), 0);
	be16_put(p + 6, 0x2000);
	mend(b);
	assert_int_equal(ipv4_parse(b, &ip), -DROP_IPV4_FRAG_ALIGN);
	bytes_free(b);
}

#define ZEROS36 "000000000000000000 000000000000000000 000000000000000000 000000000000000000"

static void test_options(void **state UNUSED)
{
	static const struct {
		const char *options;
		struct ipv4_options opt;
	} right[] = {
		{ "01010101", { 0 } },
		{ "00ffffff", { 0 } }, /* nothing counts behind the end */
		{ "94040000", { .alert = 20 } },
		{ "94040001", { 0 } }, /* reserved */
		{ "9404000094040000", { .alert = 24 } },
		{ "0727 04 " ZEROS36 "00", { .record_route = 20 } },
		{ "01 0707 0400000000", { .record_route = 21 } },
		{ "0703 0400", { .record_route = 20 } }, /* full from the beginning */
		{ "0707 08 c6336401 00", { .record_route = 20 } },
		{ "8307 04 c6336401 00", { .source_route = 20 } },
		{ "8907 04 c6336401 00", { .source_route = 20, .strict = true } },
		{ "8907 08 c6336401 01", { .source_route = 20, .strict = true } }, /* used up */
		{ "4404 05 00", { .timestamp = 20 } },
		{ "4408 05 00 00000000", { .timestamp = 20 } },
		{ "440c 05 01 0000000000000000", { .timestamp = 20 } },
		{ "440c 05 03 0000000000000000", { .timestamp = 20 } },
		{ "4408 09 e0 00000000", { .timestamp = 20 } }, /* one more may overflow */
		{ "4408 09 f3 00000000", { .timestamp = 20 } },
		{ "82040000", { 0 } }, /* unknown: passed over */
		{ "8204000094040000", { .alert = 24 } },
	};
	static const struct {
		const char *options;
		uint8_t problem;
	} wrong[] = {
		{ "07000000", 20 }, /* no length */
		{ "07010000", 20 },
		{ "01010107", 23 }, /* no room for a length */
		{ "07050400", 20 }, /* beyond the header */
		{ "82ff0000", 20 },
		{ "07020000", 21 }, /* too short for a pointer */
		{ "07030300", 22 }, /* pointer into the header of the option */
		{ "0707 0500000000 00", 22 }, /* pointer without room for an address */
		{ "0707 0400000000 0703 04 0000", 27 }, /* twice */
		{ "8302 0000", 21 },
		{ "8307 03 c6336401 00", 22 },
		{ "8307 04 c6336401 8907 04 c6336401 00 00", 27 }, /* two routes */
		{ "4403 0500", 21 },
		{ "4404 0400", 22 },
		{ "4404 0540 4404 0500", 24 },
		{ "4408 05 02 00000000", 23 }, /* no such kind */
		{ "4408 05 01 00000000", 22 }, /* no room for address and time */
		{ "4408 06 00 00000000", 22 },
		{ "4408 09 f0 00000000", 23 }, /* overflown more often than can be said */
		{ "9403 0000", 21 },
		{ "9408 000000000000", 21 },
	};
	struct ipv4 ip;

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct bytes b = packet(right[i].options, 3);

		assert_int_equal(ipv4_parse(b, &ip), 0);
		if (memcmp(&ip.opt, &right[i].opt, sizeof(ip.opt)) != 0)
			fail_msg("%s", right[i].options);
		assert_memory_equal(ip.options, b.p + 20, ip.options_len);
		bytes_free(b);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct bytes b = packet(wrong[i].options, 3);

		if (ipv4_parse(b, &ip) != -DROP_IPV4_OPTION || ip.problem != wrong[i].problem)
			fail_msg("%s: at %u", wrong[i].options, ip.problem);
		bytes_free(b);
	}
}

static void test_build(void **state UNUSED)
{
	struct ipv4 ip = {
		.tos = 0x2e, .total_len = 60, .id = 9, .mf = true, .frag_off = 800, .ttl = 1,
		.proto = 2,
		.src = addr("192.0.2.1"), .dst = addr("224.0.0.22"),
	}, back;
	uint8_t out[64] = { 0 };

	assert_int_equal(ipv4_build(&ip, out, 19), -EMSGSIZE);
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), 20);
	assert_int_equal(ipv4_parse(bytes_of(out, 60), &back), 0);
	assert_int_equal(back.tos, 0x2e);
	assert_int_equal(back.frag_off, 800);
	assert_true(back.mf && !back.df);
	ip.frag_off = 801;
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), -EINVAL);
	ip.frag_off = 0;
	ip.total_len = 19;
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), -EINVAL);
	ip.total_len = 60;
	ip.options_len = 3;
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), -EINVAL);
	ip.options_len = 44;
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), -EINVAL);
	ip.options_len = 0;
	ip.dst = addr("ff02::1");
	assert_int_equal(ipv4_build(&ip, out, sizeof(out)), -EINVAL);
}

/* ---- ICMP ---- */

static int icmp(struct bytes b)
{
	struct icmpv4 m;

	return icmpv4_parse(b, &m);
}

/* Its fields are all readable with 8 bytes; how long it is counts. */
static int icmp_timestamp(struct bytes b)
{
	return b.have < b.len ? -DROP_CUT : icmp(b);
}

static int icmp_of(const char *text, struct icmpv4 *m)
{
	struct bytes b = hex(text);
	uint8_t out[8];
	int rc = icmpv4_parse(b, m);

	if (rc == 0) {
		assert_int_equal(icmpv4_build(m, out, 7), -EMSGSIZE);
		assert_int_equal(icmpv4_build(m, out, 8), 8);
		assert_memory_equal(out, b.p, 8);
	}
	bytes_free(b);
	return rc;
}

static void test_icmp(void **state UNUSED)
{
	struct icmpv4 m;

	each_cut("08000000 00010002 55", 8, DROP_ICMP_SHORT, icmp);
	each_cut("0d000000 00010002 000000000000000000000000", 20, DROP_ICMP_SHORT, icmp_timestamp);
	assert_int_equal(icmp_of("0800abcd 00010002", &m), 0);
	assert_int_equal(m.type, ICMPV4_ECHO);
	assert_int_equal(m.csum, 0xabcd);
	assert_int_equal(m.id, 1);
	assert_int_equal(m.seq, 2);
	assert_false(icmpv4_is_error(m.type));
	assert_int_equal(icmp_of("03040000 00000578", &m), 0);
	assert_int_equal(m.mtu, 1400);
	assert_true(icmpv4_is_error(m.type));
	assert_int_equal(icmp_of("0c000000 15000000", &m), 0);
	assert_int_equal(m.pointer, 21);
	assert_int_equal(icmp_of("05010000 c00002fe", &m), 0);
	assert_addr(m.gateway, "192.0.2.254");
	assert_int_equal(icmp_of("0b000000 00000000", &m), 0);
	assert_int_equal(icmp_of("0e000000 00050006 000000000000000000000000", &m), 0);
	assert_int_equal(m.id, 5);
	assert_int_equal(icmp_of("ff000000 00000000", &m), 0); /* the stack's to pass over */
	m = (struct icmpv4){ .type = ICMPV4_REDIRECT, .gateway = addr("::1") };
	assert_int_equal(icmpv4_build(&m, (uint8_t[8]){ 0 }, 8), -EINVAL);
}

/* ---- what an error quotes ---- */

#define ENDS "c0000201 c6336409 "
#define TCP8 "9c400050 000003e8"
#define UDP8 "00350036 00080000"

static int quote_of(const char *text, struct icmp_quote *q)
{
	struct bytes b = hex(text);
	int rc = icmp_quote_parse(b, AF_INET, q);

	bytes_free(b);
	return rc;
}

static int quote(struct bytes b)
{
	struct icmp_quote q;
	int rc = icmp_quote_parse(b, AF_INET, &q);

	return rc;
}

static void test_quote(void **state UNUSED)
{
	struct icmp_quote q;

	/* Its own checksum is wrong (a router has counted down), and it was longer. */
	assert_int_equal(quote_of("45000054 00074000 01060000 " ENDS TCP8, &q), 0);
	assert_addr(q.src, "192.0.2.1");
	assert_addr(q.dst, "198.51.100.9");
	assert_int_equal(q.proto, 6);
	assert_int_equal(q.off, 20);
	assert_true(q.has_ports && q.has_seq);
	assert_int_equal(q.src_port, 40000);
	assert_int_equal(q.dst_port, 80);
	assert_int_equal(q.seq, 1000);
	assert_int_equal(quote_of("46000024 00000000 01110000 " ENDS "94040000 " UDP8, &q), 0);
	assert_int_equal(q.off, 24);
	assert_true(q.has_ports && !q.has_seq);
	assert_int_equal(q.dst_port, 54);
	assert_int_equal(quote_of("4500001c 00000000 01010000 " ENDS "08000000 00070001", &q), 0);
	assert_true(q.has_ports);
	assert_int_equal(q.src_port, 7);
	/* An answer of ours, and the middle of something. */
	assert_int_equal(quote_of("4500001c 00000000 01010000 " ENDS "00000000 00070001", &q), 0);
	assert_false(q.has_ports);
	assert_int_equal(quote_of("4500001c 00000001 01110000 " ENDS UDP8, &q), 0);
	assert_false(q.has_ports);
	assert_int_equal(quote_of("4500001c 00000000 01590000 " ENDS UDP8, &q), 0);
	assert_false(q.has_ports);
	assert_int_equal(quote_of("65000054 00074000 01060000 " ENDS TCP8, &q), -DROP_ICMP_QUOTE);
	assert_int_equal(quote_of("44000054 00074000 01060000 " ENDS TCP8, &q), -DROP_ICMP_QUOTE);
	assert_int_equal(quote_of("46000054 00074000 01060000 " ENDS TCP8, &q), -DROP_ICMP_QUOTE);
	for (size_t n = 0; n < 28; n++) {
		struct bytes whole = hex("45000054 00074000 01060000 " ENDS TCP8);
		struct bytes b = bytes_cut(whole, n);

		assert_int_equal(quote(b), -DROP_ICMP_QUOTE);
		bytes_free(b);
		bytes_free(whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),     cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_fragments), cmocka_unit_test(test_options),
		cmocka_unit_test(test_build),     cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests_name("wire_ipv4", tests, NULL, NULL);
}
