/* SPDX-License-Identifier: Apache-2.0
 *
 * Internet and Ethernet addresses: text, kinds, prefixes, one inside the other.
 */
#include "tests/unit/net_test.h"

#include <arpa/inet.h>

#include "netstack/mac.h"

static void test_format(void **state UNUSED)
{
	/* RFC 5952 4 and 5, and what it is easy to get wrong. */
	static const char *const same[] = {
		"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "1::", "2001:db8::1",
		"2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1", "2001:0:0:1::1", "1:0:0:2::",
		"fe80::1", "::ffff:192.0.2.1", "64:ff9b::c000:201",
		"1:2:3:4:5:6:7:8", "ff02::1:ff00:1", "0:0:1::", "0:1::", "::1:0",
	};
	static const char *const other[][2] = {
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:DB8::aBc", "2001:db8::abc" },
		{ "::192.0.2.1", "::c000:201" },
		{ "0:0:0:0:0:ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8" },
		{ "0:0:1:0:0:0:0:0", "0:0:1::" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" }, /* a single zero group isn't shortened */
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	};
	struct addr a, none = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		a = addr(same[i]);
		assert_addr(a, same[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		a = addr(other[i][0]);
		assert_addr(a, other[i][1]);
	}
	assert_addr(none, "-");
}

/*
 * What is written is read as the same, and by inet_pton(3) as well; inet_ntop(3) writes the same.
 */
static void test_format_random(void **state UNUSED)
{
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		char text[ADDR_TEXT_MAX], libc[INET6_ADDRSTRLEN];
		struct addr a = { .family = AF_INET6 }, back;

		rnd_seed(seed);
		for (int i = 0; i < 8; i++) /* many zeros */
			be16_put(a.b + 2 * i, rnd(3) ? 0 : (uint16_t)(rnd(0x10000) >> rnd(17)));
		addr_format(&a, text);
		inet_ntop(AF_INET6, a.b, libc, sizeof(libc));
		if (addr_parse(text, &back) < 0 || !addr_eq(&a, &back) ||
		    (!strchr(libc, '.') && strcmp(text, libc) != 0))
			fail_msg("seed %lu: %s, %s", seed, text, libc);
	}
}

static void test_parse(void **state UNUSED)
{
	static const char *const wrong[] = {
		"", "1", "192.0.2", "192.0.2.1.", "192.0.2.256", "192.0.2.01", "192.0.2.1/24", " 192.0.2.1",
		"0x7f.1", "1.2.3.4.5", ":", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7", "fe80::1%eth0",
		"::1.2.3", "2001:db8::g", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3.4.5",
	};
	struct addr a = addr("192.0.2.9");

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(addr_parse(wrong[i], &a), -EINVAL);
	assert_addr(a, "192.0.2.9");
	assert_int_equal(addr_v4_value(&a), 0xc0000209);
	a = addr_v4(0x7f000001);
	assert_addr(a, "127.0.0.1");
	assert_int_equal(addr_len(&a), 4);
	a = addr_v6_from((const uint8_t *)"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
	assert_addr(a, "2001:db8::1");
	assert_int_equal(addr_len(&a), 16);
}

static void test_order(void **state UNUSED)
{
	static const char *const in_order[] = { "0.0.0.0", "10.0.0.1", "192.0.2.1", "::", "::1",
	"fe80::1" };

	for (size_t i = 0; i < ARRAY_LEN(in_order); i++) {
		for (size_t j = 0; j < ARRAY_LEN(in_order); j++) {
			struct addr a = addr(in_order[i]), b = addr(in_order[j]);
			int cmp = addr_cmp(&a, &b);

			assert_int_equal((cmp > 0) - (cmp < 0), (i > j) - (i < j));
			assert_int_equal(addr_eq(&a, &b), i == j);
		}
	}
}

static void test_class(void **state UNUSED)
{
	static const struct {
		const char *text;
		unsigned class;
	} cases[] = {
		{ "0.0.0.0", ADDR_UNSPECIFIED | ADDR_THIS_NET },
		{ "0.1.2.3", ADDR_THIS_NET },
		{ "8.8.8.8", 0 },
		{ "10.255.0.1", ADDR_PRIVATE },
		{ "11.0.0.0", 0 },
		{ "100.64.0.1", ADDR_PRIVATE },
		{ "100.128.0.1", 0 },
		{ "127.255.255.255", ADDR_LOOPBACK },
		{ "169.254.169.254", ADDR_LINK_LOCAL },
		{ "172.31.255.255", ADDR_PRIVATE },
		{ "172.32.0.0", 0 },
		{ "192.0.2.5", ADDR_DOCUMENTATION },
		{ "192.168.1.1", ADDR_PRIVATE },
		{ "198.19.0.1", ADDR_BENCHMARK },
		{ "198.51.100.1", ADDR_DOCUMENTATION },
		{ "203.0.113.1", ADDR_DOCUMENTATION },
		{ "223.255.255.255", 0 },
		{ "224.0.0.1", ADDR_MULTICAST },
		{ "233.252.0.1", ADDR_MULTICAST | ADDR_DOCUMENTATION },
		{ "240.0.0.1", ADDR_RESERVED },
		{ "255.255.255.255", ADDR_BROADCAST },
		{ "::", ADDR_UNSPECIFIED },
		{ "::1", ADDR_LOOPBACK },
		{ "::192.0.2.1", ADDR_RESERVED },
		{ "::ffff:127.0.0.1", ADDR_V4MAPPED },
		{ "64:ff9b::1", ADDR_NAT64 },
		{ "64:ff9b:1::1", ADDR_NAT64 },
		{ "64:ff9b:2::1", 0 },
		{ "2001:db8::1", ADDR_DOCUMENTATION },
		{ "3fff:fff::1", ADDR_DOCUMENTATION },
		{ "3fff:1000::1", 0 },
		{ "2001:2::1", ADDR_BENCHMARK },
		{ "2002:c000:201::1", ADDR_6TO4 },
		{ "2606:4700::1", 0 },
		{ "fc00::1", ADDR_PRIVATE },
		{ "fdff::1", ADDR_PRIVATE },
		{ "fe80::1", ADDR_LINK_LOCAL },
		{ "febf::1", ADDR_LINK_LOCAL },
		{ "fec0::1", 0 },
		{ "ff02::1", ADDR_MULTICAST },
	};
	struct addr none = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr a = addr(cases[i].text);

		if (addr_class(&a) != cases[i].class)
			fail_msg("%s: %#x", cases[i].text, addr_class(&a));
	}
	assert_int_equal(addr_class(&none), ADDR_UNSPECIFIED);
}

static void test_embedded(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "::ffff:127.0.0.1", "127.0.0.1" }, { "::127.0.0.1", "127.0.0.1" },
		{ "64:ff9b::7f00:1", "127.0.0.1" },  { "2002:7f00:1::5", "127.0.0.1" },
		{ "2001:db8::7f00:1", NULL },        { "::1", NULL },
		{ "::", NULL },                      { "64:ff9b:1::7f00:1", NULL },
		{ "127.0.0.1", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr a = addr(cases[i][0]), v4 = addr("192.0.2.77");

		assert_int_equal(addr_embedded_v4(&a, &v4), cases[i][1] != NULL);
		assert_addr(v4, cases[i][1] ? cases[i][1] : "192.0.2.77");
	}
	/* Mapping is explicit, and comes back. */
	struct addr v4 = addr("192.0.2.1"), mapped = addr_map(&v4), back = addr_unmap(&mapped);
	struct addr v6 = addr("2001:db8::1"), same = addr_unmap(&v6);

	assert_addr(mapped, "::ffff:192.0.2.1");
	assert_false(addr_eq(&v4, &mapped));
	assert_true(addr_eq(&v4, &back));
	assert_true(addr_eq(&v6, &same));
	back = addr_unmap(&v4);
	assert_true(addr_eq(&v4, &back));
}

static void test_prefix(void **state UNUSED)
{
	static const struct {
		const char *prefix, *in, *out;
	} cases[] = {
		{ "0.0.0.0/0", "255.1.2.3", "::" },
		{ "192.0.2.0/25", "192.0.2.127", "192.0.2.128" },
		{ "192.0.2.4/30", "192.0.2.7", "192.0.2.8" },
		{ "192.0.2.4/32", "192.0.2.4", "192.0.2.5" },
		{ "::/0", "ffff::1", "0.0.0.0" },
		{ "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::" },
		{ "2001:db8::1/128", "2001:db8::1", "2001:db8::" },
	};
	static const char *const wrong[] = {
		"192.0.2.0/33", "192.0.2.1/24", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/08",
		"192.0.2.0/8 ", "::/129", "::1/127", "/8", "", "::/0000", "192.0.2.0/24/24",
		"2001:0db8:0000:0000:0000:0000:0000:0000:00000000000/1",
	};
	char text[PREFIX_TEXT_MAX];
	struct prefix p;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addr in = addr(cases[i].in), out = addr(cases[i].out);

		assert_int_equal(prefix_parse(cases[i].prefix, &p), 0);
		assert_string_equal(prefix_format(&p, text), cases[i].prefix);
		assert_true(prefix_match(&p, &in));
		assert_false(prefix_match(&p, &out));
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(prefix_parse(wrong[i], &p), -EINVAL);
	assert_int_equal(prefix_parse("192.0.2.1", &p), 0);
	assert_int_equal(p.bits, 32);
	/* Cut to the prefix, and to what there is. */
	struct addr a = addr("192.0.2.255");
	p = prefix_of(&a, 27);
	assert_string_equal(prefix_format(&p, text), "192.0.2.224/27");
	p = prefix_of(&a, 200);
	assert_string_equal(prefix_format(&p, text), "192.0.2.255/32");
}

static void test_groups(void **state UNUSED)
{
	struct addr a = addr("224.129.2.3"), b = addr("ff0e::1234:5678"),
	c = addr("2001:db8::aa:bbcc");
	struct addr node = addr_solicited_node(&c);
	struct mac four = mac_of_group(&a), six = mac_of_group(&b);
	char text[MAC_TEXT_MAX];

	assert_string_equal(mac_format(&four, text), "01:00:5e:01:02:03");
	assert_string_equal(mac_format(&six, text), "33:33:12:34:56:78");
	assert_addr(node, "ff02::1:ffaa:bbcc");
	assert_true(mac_is_multicast(&four) && mac_is_multicast(&mac_broadcast));
}

static void test_mac(void **state UNUSED)
{
	static const char *const wrong[] = {
		"", "52:54:00:12:34", "52:54:00:12:34:5", "52:54:00:12:34:56:78", "52-54-00-12-34-56",
		"52:54:00:12:34:5g", "5:254:00:12:34:56", "52:54:00:12:34:56 ",
	};
	char text[MAC_TEXT_MAX];
	struct mac m, n;

	assert_int_equal(mac_parse("52:54:00:aB:Cd:ef", &m), 0);
	assert_string_equal(mac_format(&m, text), "52:54:00:ab:cd:ef");
	assert_false(mac_is_multicast(&m));
	n = m;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(mac_parse(wrong[i], &n), -EINVAL);
	assert_true(mac_eq(&m, &n));
	assert_false(mac_eq(&m, &mac_broadcast));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format), cmocka_unit_test(test_format_random),
		cmocka_unit_test(test_parse),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_class),  cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_prefix), cmocka_unit_test(test_groups),
		cmocka_unit_test(test_mac),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
