/* SPDX-License-Identifier: Apache-2.0
 *
 * Multicast membership: IGMP and MLD, and the records and times that they have in common.
 */
#include "tests/unit/net_test.h"

#include "netstack/csum.h"
#include "netstack/wire/igmp.h"
#include "netstack/wire/mld.h"

/* ---- times and records ---- */

static void test_times(void **state UNUSED)
{
	/* RFC 3376 4.1.1, RFC 3810 5.1.3 */
	assert_int_equal(group_decode8(0x7f), 127);
	assert_int_equal(group_decode8(0x80), 128);
	assert_int_equal(group_decode8(0x8a), 208);
	assert_int_equal(group_decode8(0xff), 31744);
	assert_int_equal(group_decode16(0x7fff), 32767);
	assert_int_equal(group_decode16(0x8000), 32768);
	assert_int_equal(group_decode16(0xffff), 8387584);
	for (uint32_t code = 0; code < 256; code++)
		assert_int_equal(group_encode8(group_decode8((uint8_t)code)), code);
	for (uint32_t code = 0; code < 65536; code++)
		assert_int_equal(group_encode16(group_decode16((uint16_t)code)), code);
	/* The largest that isn't more. */
	for (uint32_t n = 0; n < 40000; n++) {
		uint8_t code = group_encode8(n);

		assert_true(group_decode8(code) <= n);
		assert_true(code == 255 || group_decode8((uint8_t)(code + 1)) > n);
	}
	assert_int_equal(group_encode8(UINT32_MAX), 255);
	assert_int_equal(group_encode16(UINT32_MAX), 65535);
}

#define RECORD4 "0500 0002 e9fc0005 c0000207 c0000208 "
#define RECORD4_AUX "0401 0000 e9fc0006 deadbeef "

static void test_records(void **state UNUSED)
{
	struct bytes whole = hex(RECORD4 RECORD4_AUX), b = whole;
	struct group_record r;
	struct addr a;
	uint8_t out[64];

	assert_true(group_record_next(&b, AF_INET, &r));
	assert_int_equal(r.type, GROUP_ALLOW);
	assert_addr(r.group, "233.252.0.5");
	assert_int_equal(r.nsources, 2);
	a = group_source(r.sources, AF_INET, 1);
	assert_addr(a, "192.0.2.8");
	assert_int_equal(group_record_build(&r, out, 15), -EMSGSIZE);
	assert_int_equal(group_record_build(&r, out, 16), 16);
	assert_memory_equal(out, whole.p, 16);
	assert_true(group_record_next(&b, AF_INET, &r));
	assert_int_equal(r.type, GROUP_TO_EXCLUDE);
	assert_false(group_record_next(&b, AF_INET, &r));
	assert_int_equal(b.have, 0);
	assert_int_equal(group_records_check(whole, AF_INET, 2, DROP_IGMP_LENGTH), 0);
	assert_int_equal(group_records_check(whole, AF_INET, 3, DROP_IGMP_LENGTH),
	                 -DROP_IGMP_LENGTH);
	for (size_t n = 0; n < whole.len; n++) {
		struct bytes cut = bytes_cut(whole, n);

		assert_int_equal(group_records_check(cut, AF_INET, 2, DROP_IGMP_LENGTH),
		                 -DROP_IGMP_LENGTH);
		bytes_free(cut);
	}
	r.group.family = AF_UNSPEC;
	assert_int_equal(group_record_build(&r, out, sizeof(out)), -EINVAL);
	bytes_free(whole);
	whole = b = hex("0100 0001 ff0e0000000000000000000000000005 20010db8000000000000000000000007");
	assert_true(group_record_next(&b, AF_INET6, &r));
	a = group_source(r.sources, AF_INET6, 0);
	assert_addr(a, "2001:db8::7");
	assert_int_equal(group_record_build(&r, out, sizeof(out)), 36);
	assert_memory_equal(out, whole.p, 36);
	bytes_free(whole);
}

/* ---- IGMP ---- */

static int igmp_in(struct bytes b, struct igmp *m)
{
	uint8_t *p = (uint8_t *)b.p;

	if (b.len >= 4) {
		be16_put(p + 2, 0);
		be16_put(p + 2, (uint16_t)~csum_bytes(p, b.len));
	}
	return igmp_parse(b, m);
}

static int igmp_of(const char *text, struct igmp *m)
{
	struct bytes b = hex(text);
	int rc = igmp_in(b, m);

	bytes_free(b);
	return rc;
}

static void test_igmp_queries(void **state UNUSED)
{
	struct igmp m;

	/* Which version: RFC 3376 7.1. */
	assert_int_equal(igmp_of("1100 0000 00000000", &m), 0);
	assert_int_equal(m.version, 1);
	assert_int_equal(m.max_resp, 100);
	assert_int_equal(igmp_of("1164 0000 e9fc0005", &m), 0);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.max_resp, 100);
	assert_addr(m.group, "233.252.0.5");
	assert_int_equal(igmp_of("118a 0000 e9fc0005 0a8a 0001 c0000207", &m), 0);
	assert_int_equal(m.version, 3);
	assert_int_equal(m.max_resp, 208);
	assert_true(m.suppress);
	assert_int_equal(m.robustness, 2);
	assert_int_equal(m.interval, 208);
	assert_int_equal(m.nsources, 1);
	for (size_t n = 9; n < 12; n++) {
		char text[64] = "1164 0000 e9fc0005 000000";

		text[19 + 2 * (n - 8)] = '\0';
		assert_int_equal(igmp_of(text, &m), -DROP_IGMP_LENGTH);
	}
	assert_int_equal(igmp_of("118a 0000 e9fc0005 0a8a 0002 c0000207", &m), -DROP_IGMP_LENGTH);
	assert_int_equal(igmp_of("118a 0000 e9fc0005 0a8a ffff c0000207", &m), -DROP_IGMP_LENGTH);
	assert_int_equal(igmp_of("1164 0000 c0000205", &m), -DROP_IGMP_GROUP);
}

static void test_igmp_reports(void **state UNUSED)
{
	struct group_record r;
	struct bytes b;
	struct igmp m;

	assert_int_equal(igmp_of("1200 0000 e9fc0005", &m), 0);
	assert_int_equal(m.version, 1);
	assert_int_equal(igmp_of("1600 0000 e9fc0005", &m), 0);
	assert_int_equal(m.version, 2);
	assert_int_equal(igmp_of("1700 0000 e9fc0005", &m), 0);
	assert_int_equal(igmp_of("1600 0000 00000000", &m), -DROP_IGMP_GROUP);
	assert_int_equal(igmp_of("1600 0000 c0000201", &m), -DROP_IGMP_GROUP);
	assert_int_equal(igmp_of("1300 0000 e9fc0005", &m), -DROP_IGMP_TYPE); /* DVMRP */
	b = hex("2200 0000 0000 0002 " RECORD4 RECORD4_AUX);
	assert_int_equal(igmp_in(b, &m), 0);
	assert_int_equal(m.nrecords, 2);
	assert_true(group_record_next(&m.records, AF_INET, &r));
	assert_addr(r.group, "233.252.0.5");
	bytes_free(b);
	assert_int_equal(igmp_of("2200 0000 0000 0003 " RECORD4 RECORD4_AUX, &m),
	                 -DROP_IGMP_LENGTH);
	assert_int_equal(igmp_of("2200 0000 0000 ffff", &m), -DROP_IGMP_LENGTH);
	/* The checksum, and what is too short. */
	b = hex("1600 0000 e9fc0005");
	assert_int_equal(igmp_in(b, &m), 0);
	((uint8_t *)b.p)[7]++;
	assert_int_equal(igmp_parse(b, &m), -DROP_IGMP_CSUM);
	for (b.len = b.have = 0; b.len < 8; b.len++, b.have++)
		assert_int_equal(igmp_parse(b, &m), -DROP_IGMP_SHORT);
	b.len = 8;
	assert_int_equal(igmp_parse((struct bytes){ b.p, 7, 8 }, &m), -DROP_CUT);
	bytes_free(b);
}

static void test_igmp_build(void **state UNUSED)
{
	static const char *const right[] = {
		"1100 0000 00000000", "1164 0000 e9fc0005", "118a 0000 e9fc0005 0a8a 0001 c0000207",
		"1200 0000 e9fc0005", "1600 0000 e9fc0005", "1700 0000 e9fc0005", "2200 0000 0000 0000",
	};
	struct igmp m;
	uint8_t out[64];

	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		struct bytes b = hex(right[i]);

		assert_int_equal(igmp_in(b, &m), 0);
		assert_int_equal(igmp_build(&m, out, b.len - 1), -EMSGSIZE);
		assert_int_equal(igmp_build(&m, out, sizeof(out)), b.len);
		((uint8_t *)b.p)[2] = ((uint8_t *)b.p)[3] = 0;
		assert_memory_equal(out, b.p, b.len);
		bytes_free(b);
	}
	m = (struct igmp){ .type = IGMP_QUERY, .version = 2, .group = addr("0.0.0.0") };
	assert_int_equal(igmp_build(&m, out, sizeof(out)), -EINVAL); /* would be version 1 */
	m.max_resp = 256;
	assert_int_equal(igmp_build(&m, out, sizeof(out)), -EINVAL);
	m.max_resp = 100;
	m.group = addr("ff02::1");
	assert_int_equal(igmp_build(&m, out, sizeof(out)), -EINVAL);
	m.group = addr("0.0.0.0");
	m.robustness = 8;
	assert_int_equal(igmp_build(&m, out, sizeof(out)), -EINVAL);
}

/* ---- MLD ---- */

#define GROUP6 "ff0e0000000000000000000000000005 "
#define SOURCE6 "20010db8000000000000000000000007 "

static int mld_from(const char *src, int hop_limit, int alert, const char *text, struct mld *m)
{
	struct ipv6 ip = { .hop_limit = (uint8_t)hop_limit, .src = addr(src),
	.dst = addr("ff02::1") };
	struct ipv6_chain chain = { .alert = alert };
	struct bytes b = hex(text);
	int rc = mld_parse(b, &ip, &chain, m);

	bytes_free(b);
	return rc;
}

static int mld(const char *text, struct mld *m)
{
	return mld_from("fe80::1", 1, 0, text, m);
}

#define QUERY1 "8200 0000 2710 0000 " GROUP6
#define QUERY2 "8200 0000 8abc 0000 " GROUP6 "0a8a 0001 " SOURCE6
#define REPORT1 "8300 0000 0000 0000 " GROUP6
#define DONE "8400 0000 0000 0000 " GROUP6
#define REPORT2 "8f00 0000 0000 0001 0300 0001 " GROUP6 SOURCE6

static void test_mld_header(void **state UNUSED)
{
	static const char *const all[] = { QUERY1, QUERY2, REPORT1, DONE, REPORT2 };
	struct mld m;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(mld(all[i], &m), 0);
		assert_int_equal(mld_from("fe80::1", 2, 0, all[i], &m), -DROP_MLD_HEADER);
		assert_int_equal(mld_from("fe80::1", 1, -1, all[i], &m), -DROP_MLD_HEADER);
		assert_int_equal(mld_from("fe80::1", 1, 1, all[i], &m), -DROP_MLD_HEADER);
		assert_int_equal(mld_from("2001:db8::1", 1, 0, all[i], &m), -DROP_MLD_HEADER);
		assert_int_equal(mld_from("::", 1, 0, all[i], &m), i < 2 ? -DROP_MLD_HEADER : 0);
	}
	assert_int_equal(mld("8500 0000 00000000", &m), -DROP_MLD_TYPE);
}

static void test_mld_fields(void **state UNUSED)
{
	struct mld m;

	assert_int_equal(mld(QUERY1, &m), 0);
	assert_int_equal(m.version, 1);
	assert_int_equal(m.max_delay, 10000);
	assert_addr(m.group, "ff0e::5");
	assert_int_equal(mld("8200 0000 ffff 0000 00000000000000000000000000000000", &m), 0);
	assert_int_equal(m.max_delay, 65535);
	assert_int_equal(mld(QUERY2, &m), 0);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.max_delay, 54752);
	assert_true(m.suppress);
	assert_int_equal(m.robustness, 2);
	assert_int_equal(m.interval, 208);
	assert_int_equal(m.nsources, 1);
	assert_int_equal(mld(REPORT2, &m), 0);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.nrecords, 1);
	assert_int_equal(mld("8300 0000 0000 0000 " SOURCE6, &m), -DROP_MLD_GROUP);
	assert_int_equal(mld("8200 0000 0000 0000 " SOURCE6, &m), -DROP_MLD_GROUP);
	assert_int_equal(mld("8400 0000 0000 0000 00000000000000000000000000000000", &m),
	                 -DROP_MLD_GROUP);
}

static void test_mld_lengths(void **state UNUSED)
{
	static const char *const all[] = { QUERY2, REPORT1, DONE, REPORT2 };
	struct ipv6 ip = { .hop_limit = 1, .src = addr("fe80::1"), .dst = addr("ff02::1") };
	struct ipv6_chain chain = { .alert = 0 };
	struct mld m;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct bytes whole = hex(all[i]);

		for (size_t n = 0; n < whole.len; n++) {
			struct bytes b = bytes_cut(whole, n);
			int rc = mld_parse(b, &ip, &chain, &m);

			if (i == 0 && n == MLD_LEN)
				assert_int_equal(rc, 0); /* a query of version 1 */
			else
				assert_int_equal(rc,
				                 n < (i == 3 ? 8 : 24) ? -DROP_MLD_SHORT : -DROP_MLD_LENGTH);
			b.len = whole.len;
			assert_int_equal(mld_parse(b, &ip, &chain, &m), -DROP_CUT);
			bytes_free(b);
		}
		bytes_free(whole);
	}
}

static void test_mld_build(void **state UNUSED)
{
	static const char *const all[] = { QUERY1, QUERY2, REPORT1, DONE, "8f00 0000 0000 0000" };
	struct ipv6 ip = { .hop_limit = 1, .src = addr("fe80::1"), .dst = addr("ff02::1") };
	struct ipv6_chain chain = { .alert = 0 };
	uint8_t out[64];
	struct mld m;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct bytes b = hex(all[i]);

		assert_int_equal(mld_parse(b, &ip, &chain, &m), 0);
		assert_int_equal(mld_build(&m, out, b.len - 1), -EMSGSIZE);
		assert_int_equal(mld_build(&m, out, sizeof(out)), b.len);
		assert_memory_equal(out, b.p, b.len);
		bytes_free(b);
	}
	m = (struct mld){ .type = ICMPV6_MLD_QUERY, .version = 1, .max_delay = 65536,
	.group = addr("::") };
	assert_int_equal(mld_build(&m, out, sizeof(out)), -EINVAL);
	m.max_delay = 1;
	m.group = addr("224.0.0.1");
	assert_int_equal(mld_build(&m, out, sizeof(out)), -EINVAL);
	m.group = addr("::");
	m.type = ICMPV6_ECHO;
	assert_int_equal(mld_build(&m, out, sizeof(out)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),        cmocka_unit_test(test_records),
		cmocka_unit_test(test_igmp_queries), cmocka_unit_test(test_igmp_reports),
		cmocka_unit_test(test_igmp_build),   cmocka_unit_test(test_mld_header),
		cmocka_unit_test(test_mld_fields),   cmocka_unit_test(test_mld_lengths),
		cmocka_unit_test(test_mld_build),
	};

	return cmocka_run_group_tests_name("wire_group", tests, NULL, NULL);
}
