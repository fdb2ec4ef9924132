/* SPDX-License-Identifier: Apache-2.0
 *
 * Neighbour discovery: the validation rules of RFC 4861, one by one, and its options.
 */
#include "tests/unit/net_test.h"

#include "netstack/wire/ndp.h"

#define LL1 "fe800000000000000000000000000001 "
#define LL2 "fe800000000000000000000000000002 "
#define GLOBAL "20010db8000000000000000000000001 "
#define GROUP "ff0200000000000000000000000000fb "
#define ZERO "00000000000000000000000000000000 "
#define MAC_OPT(type) type "01 525400000002 "

static struct ipv6 header(const char *src, const char *dst)
{
	return (struct ipv6){ .hop_limit = 255, .next = 58, .src = addr(src), .dst = addr(dst) };
}

static int parse_from(const char *src, const char *dst, const char *text, struct ndp *m)
{
	struct ipv6 ip = header(src, dst);
	struct bytes b = hex(text);
	int rc = ndp_parse(b, &ip, m);

	m->quote = bytes_of("", 0);
	bytes_free(b);
	return rc;
}

/* What comes from fe80::1 to fe80::2. */
static int parse(const char *text, struct ndp *m)
{
	return parse_from("fe80::1", "fe80::2", text, m);
}

static int cut(struct bytes b)
{
	struct ipv6 ip = header("fe80::1", "fe80::2");
	struct ndp m;

	return ndp_parse(b, &ip, &m);
}

/* For b of any length, options may just be fewer: only what must be there is asked for. */
static void each_length(const char *text, size_t min)
{
	struct bytes whole = hex(text);

	for (size_t n = 0; n < whole.len; n++) {
		struct bytes b = bytes_cut(whole, n);
		int rc = cut(b);

		if (n < min)
			assert_int_equal(rc, -DROP_NDP_SHORT);
		else if ((n - min) % 8)
			assert_int_equal(rc, -DROP_NDP_OPTION);
		b.len = whole.len;
		assert_int_equal(cut(b), -DROP_CUT);
		bytes_free(b);
	}
	assert_int_equal(cut(whole), 0);
	bytes_free(whole);
}

#define RS "8500 0000 00000000 "
#define RA "8600 abcd 40c8 0708 000003e8 00000bb8 "
#define NS "8700 0000 00000000 " LL2
#define NA "8800 0000 60000000 " LL1
#define REDIRECT "8900 0000 00000000 " LL2 GLOBAL

static void test_lengths(void **state UNUSED)
{
	each_length(RS MAC_OPT("01"), 8);
	each_length(RA MAC_OPT("01") MAC_OPT("05"), 16);
	each_length(NS MAC_OPT("01"), 24);
	each_length(NA MAC_OPT("02"), 24);
	each_length(REDIRECT MAC_OPT("02"), 40);
}

static void test_common(void **state UNUSED)
{
	static const char *const all[] = { RS, RA, NS, NA, REDIRECT };
	struct ndp m;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct bytes b = hex(all[i]);
		struct ipv6 ip = header("fe80::1", "fe80::2");

		assert_int_equal(ndp_parse(b, &ip, &m), 0);
		assert_int_equal(m.type, ICMPV6_RS + i);
		ip.hop_limit = 254;
		assert_int_equal(ndp_parse(b, &ip, &m), -DROP_NDP_HOP_LIMIT);
		ip.hop_limit = 255;
		((uint8_t *)b.p)[1] = 1;
		assert_int_equal(ndp_parse(b, &ip, &m), -DROP_NDP_CODE);
		bytes_free(b);
	}
	assert_int_equal(parse("8a00 0000 00000000", &m), -DROP_NDP_TYPE);
	assert_int_equal(parse("8400 0000 00000000", &m), -DROP_NDP_TYPE);
}

static void test_options(void **state UNUSED)
{
	struct ndp m;

	/* A length of nothing, and one beyond the end. */
	assert_int_equal(parse(NS "0100 525400000002", &m), -DROP_NDP_OPTION);
	assert_int_equal(parse(NS "0102 525400000002", &m), -DROP_NDP_OPTION);
	assert_int_equal(parse(NS MAC_OPT("01") "0e00 000000000000", &m), -DROP_NDP_OPTION);
	assert_int_equal(parse(NS "01", &m), -DROP_NDP_OPTION);
	/* Unknown ones, and known ones of another length or of another message, are passed over. */
	assert_int_equal(parse(NS "0e01 010203040506 " MAC_OPT("01") "fe01 000000000000", &m), 0);
	assert_true(m.has_source);
	assert_int_equal(m.source.b[5], 2);
	assert_int_equal(parse(NS "0102 525400000002 0000000000000000", &m), 0);
	assert_false(m.has_source);
	assert_int_equal(parse(NS MAC_OPT("02") "0501 000000000500", &m), 0);
	assert_false(m.has_target);
	assert_int_equal(m.mtu, 0);
	assert_int_equal(parse(NA MAC_OPT("01") MAC_OPT("02"), &m), 0);
	assert_true(m.has_target && !m.has_source);
}

static void test_ra(void **state UNUSED)
{
	struct ndp m;
	char text[ADDR_TEXT_MAX + 8];

	assert_int_equal(parse(RA "0501 000000000514 " MAC_OPT("01")
	                       "0304 40c0 00015180 00003840 00000000 " GLOBAL
	                       "0304 0000 ffffffff ffffffff 00000000 " GLOBAL
	                       "0304 8100 ffffffff ffffffff 00000000 " GLOBAL
	                       "0303 40c0 00015180 00003840 00000000 0000000000000000"
	                       "1903 0000 00000e10 " GLOBAL "1905 0000 ffffffff " LL1 LL2
	                       "1902 0000 00000e10 0000000000000000"
	                       "1904 0000 00000e10 " GLOBAL "0000000000000000", &m), 0);
	assert_int_equal(m.csum, 0xabcd);
	assert_int_equal(m.hop_limit, 64);
	assert_true(m.managed && m.other);
	assert_int_equal(m.preference, 1);
	assert_int_equal(m.lifetime, 1800);
	assert_int_equal(m.reachable, 1000);
	assert_int_equal(m.retrans, 3000);
	assert_int_equal(m.mtu, 1300);
	assert_true(m.has_source);
	assert_int_equal(m.nprefixes, 2); /* one has 129 bits, one is too short */
	assert_string_equal(prefix_format(&m.prefixes[0].prefix, text), "2001:db8::/64");
	assert_true(m.prefixes[0].on_link && m.prefixes[0].autonomous);
	assert_int_equal(m.prefixes[0].valid, 86400);
	assert_int_equal(m.prefixes[0].preferred, 14400);
	assert_string_equal(prefix_format(&m.prefixes[1].prefix, text), "::/0");
	assert_int_equal(m.prefixes[1].valid, UINT32_MAX);
	assert_int_equal(m.nrdnss, 3);
	assert_addr(m.rdnss[0].server, "2001:db8::1");
	assert_int_equal(m.rdnss[0].lifetime, 3600);
	assert_addr(m.rdnss[2].server, "fe80::2");
	/* Preference: low, the reserved one, medium. */
	assert_int_equal(parse("8600 0000 4018 0708 00000000 00000000", &m), 0);
	assert_int_equal(m.preference, -1);
	assert_int_equal(parse("8600 0000 4010 0708 00000000 00000000", &m), 0);
	assert_int_equal(m.preference, 0);
	/* Not from an address of the link. */
	assert_int_equal(parse_from("2001:db8::1", "ff02::1", RA, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse_from("::", "ff02::1", RA, &m), -DROP_NDP_ADDRESS);
}

static void test_ra_many(void **state UNUSED)
{
	char text[8192] = RA;
	struct ndp m;

	for (int i = 0; i < 40; i++)
		strcat(text,
		       "0304 40c0 00015180 00003840 00000000 " GLOBAL "1903 0000 00000e10 " GLOBAL);
	assert_int_equal(parse(text, &m), 0);
	assert_int_equal(m.nprefixes, NDP_PREFIXES_MAX);
	assert_int_equal(m.nrdnss, NDP_RDNSS_MAX);
}

static void test_solicitations(void **state UNUSED)
{
	struct ndp m;

	assert_int_equal(parse_from("::", "ff02::2", RS, &m), 0);
	assert_int_equal(parse_from("::", "ff02::2", RS MAC_OPT("01"), &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse(NS MAC_OPT("01"), &m), 0);
	assert_addr(m.target, "fe80::2");
	assert_int_equal(parse("8700 0000 00000000 " GROUP, &m), -DROP_NDP_ADDRESS);
	/* Duplicate address detection: to the solicited-node group, without an address. */
	assert_int_equal(parse_from("::", "ff02::1:ff00:2", NS, &m), 0);
	assert_int_equal(parse_from("::", "ff02::1:ff00:3", NS, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse_from("::", "fe80::2", NS, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse_from("::", "ff02::1:ff00:2", NS MAC_OPT("01"), &m),
	                 -DROP_NDP_ADDRESS);
}

static void test_advertisements(void **state UNUSED)
{
	struct ndp m;

	assert_int_equal(parse("8800 0000 e0000000 " LL1 MAC_OPT("02"), &m), 0);
	assert_true(m.router && m.solicited && m.override && m.has_target);
	assert_addr(m.target, "fe80::1");
	assert_int_equal(parse("8800 0000 00000000 " LL1, &m), 0);
	assert_false(m.router || m.solicited || m.override);
	assert_int_equal(parse("8800 0000 00000000 " GROUP, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse_from("fe80::1", "ff02::1", NA, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse_from("fe80::1", "ff02::1", "8800 0000 20000000 " LL1, &m), 0);
}

static void test_redirect(void **state UNUSED)
{
	struct bytes b = hex(REDIRECT MAC_OPT("02") "0403 000000000000 60000000000011ff 20010db800000001");
	struct ipv6 ip = header("fe80::1", "2001:db8::1");
	struct ndp m;

	assert_int_equal(ndp_parse(b, &ip, &m), 0);
	assert_addr(m.target, "fe80::2");
	assert_addr(m.dst, "2001:db8::1");
	assert_int_equal(m.quote.len, 16);
	assert_ptr_equal(m.quote.p, b.p + 56);
	bytes_free(b);
	assert_int_equal(parse("8900 0000 00000000 " GLOBAL GLOBAL, &m), 0); /* on this link */
	assert_int_equal(parse("8900 0000 00000000 " GLOBAL LL1, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse("8900 0000 00000000 " LL2 GROUP, &m), -DROP_NDP_ADDRESS);
	assert_int_equal(parse_from("2001:db8::1", "fe80::2", REDIRECT, &m), -DROP_NDP_ADDRESS);
}

static void test_build(void **state UNUSED)
{
	struct addr a = addr("2001:db8:5::");
	struct ndp m = {
		.type = ICMPV6_RA, .hop_limit = 64, .other = true, .preference = -1,
		.lifetime = 9000,
		.reachable = 1, .retrans = 2, .has_source = true, .source = { { 2, 0, 0, 0, 0,
		1 } },
		.mtu = 1400, .nprefixes = 1, .nrdnss = 1,
	}, back;
	struct ipv6 ip = header("fe80::1", "ff02::1");
	uint8_t out[1024];
	ssize_t n;

	m.prefixes[0] = (struct ndp_prefix){ .prefix = prefix_of(&a, 48), .autonomous = true,
	.valid = 7 };
	m.rdnss[0] = (struct ndp_rdnss){ .server = addr("2001:db8::53"), .lifetime = 5 };
	n = ndp_build(&m, out, sizeof(out));
	assert_int_equal(n, 16 + 8 + 8 + 32 + 24);
	for (ssize_t room = 0; room < n; room++)
		assert_int_equal(ndp_build(&m, out, (size_t)room), -EMSGSIZE);
	assert_int_equal(ndp_parse(bytes_of(out, (size_t)n), &ip, &back), 0);
	assert_true(back.other && !back.managed && back.has_source);
	assert_int_equal(back.preference, -1);
	assert_int_equal(back.mtu, 1400);
	assert_int_equal(back.prefixes[0].prefix.bits, 48);
	assert_true(addr_eq(&back.prefixes[0].prefix.addr, &a));
	assert_true(back.prefixes[0].autonomous && !back.prefixes[0].on_link);
	assert_addr(back.rdnss[0].server, "2001:db8::53");
	m.preference = 2;
	assert_int_equal(ndp_build(&m, out, sizeof(out)), -EINVAL);
	m.preference = 0;
	m.nprefixes = NDP_PREFIXES_MAX + 1;
	assert_int_equal(ndp_build(&m, out, sizeof(out)), -EINVAL);
	m.type = ICMPV6_ECHO;
	m.nprefixes = 0;
	assert_int_equal(ndp_build(&m, out, sizeof(out)), -EINVAL);
	/* A redirect, whose quote is padded. */
	m = (struct ndp){
		.type = ICMPV6_REDIRECT, .target = addr("fe80::2"), .dst = a, .has_target = true,
		.quote = bytes_of("0123456789", 10),
	};
	n = ndp_build(&m, out, sizeof(out));
	assert_int_equal(n, 40 + 8 + 24);
	assert_int_equal(ndp_parse(bytes_of(out, (size_t)n), &ip, &back), 0);
	assert_int_equal(back.quote.len, 16);
	assert_memory_equal(back.quote.p, "0123456789\0\0\0\0\0\0", 16);
	m.quote.have = m.quote.len = 8 * 254 + 1;
	assert_int_equal(ndp_build(&m, out, sizeof(out)), -EINVAL);
	/* As Linux asks for routers, and answers. */
	m = (struct ndp){ .type = ICMPV6_RS, .has_source = true, .source = { { 0x52, 0x54 } } };
	assert_int_equal(ndp_build(&m, out, sizeof(out)), 16);
	assert_memory_equal(out, "\x85\0\0\0\0\0\0\0\1\1\x52\x54\0\0\0\0", 16);
	m = (struct ndp){
		.type = ICMPV6_NA, .target = addr("2001:db8::2"), .has_target = true,
		.target_mac = { { 0x52, 0x54, 0, 0, 0, 2 } }, .solicited = true, .override = true,
	};
	struct bytes b = hex("8800 0000 60000000 20010db8000000000000000000000002 0201 525400000002");
	assert_int_equal(ndp_build(&m, out, sizeof(out)), b.len);
	assert_memory_equal(out, b.p, b.len);
	bytes_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),        cmocka_unit_test(test_common),
		cmocka_unit_test(test_options),        cmocka_unit_test(test_ra),
		cmocka_unit_test(test_ra_many),        cmocka_unit_test(test_solicitations),
		cmocka_unit_test(test_advertisements), cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_build),
	};

	return cmocka_run_group_tests_name("wire_ndp", tests, NULL, NULL);
}
