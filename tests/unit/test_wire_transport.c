/* SPDX-License-Identifier: Apache-2.0
 *
 * UDP and TCP headers.
 */
#include "tests/unit/net_test.h"

#include "netstack/wire/tcp.h"
#include "netstack/wire/udp.h"

/* ---- UDP ---- */

static int udp4(struct bytes b)
{
	struct udp u;

	return udp_parse(b, AF_INET, &u);
}

static int udp_of(const char *text, uint8_t family, struct udp *u)
{
	struct bytes b = hex(text);
	int rc = udp_parse(b, family, u);

	bytes_free(b);
	return rc;
}

static void test_udp(void **state UNUSED)
{
	uint8_t out[8];
	struct bytes b = hex("0035 9c40 0009 abcd 55 66"); /* and a byte of padding */
	struct udp u;

	assert_int_equal(udp_parse(b, AF_INET6, &u), 0);
	assert_int_equal(u.src_port, 53);
	assert_int_equal(u.dst_port, 40000);
	assert_int_equal(u.len, 9);
	assert_int_equal(u.csum, 0xabcd);
	assert_int_equal(udp_build(&u, out, 7), -EMSGSIZE);
	assert_int_equal(udp_build(&u, out, 8), 8);
	assert_memory_equal(out, b.p, 8);
	u.len = 7;
	assert_int_equal(udp_build(&u, out, 8), -EINVAL);
	bytes_free(b);
	each_cut("0035 9c40 0008 abcd", 8, DROP_UDP_SHORT, udp4);
	assert_int_equal(udp_of("0035 9c40 0007 abcd", AF_INET, &u), -DROP_UDP_LENGTH);
	assert_int_equal(udp_of("0035 9c40 0000 abcd", AF_INET, &u), -DROP_UDP_LENGTH);
	assert_int_equal(udp_of("0035 9c40 0009 abcd", AF_INET, &u), -DROP_UDP_LENGTH);
	assert_int_equal(udp_of("0035 9c40 ffff abcd 55", AF_INET, &u), -DROP_UDP_LENGTH);
	/* No checksum: allowed in IPv4 alone. */
	assert_int_equal(udp_of("0035 9c40 0008 0000", AF_INET, &u), 0);
	assert_int_equal(u.csum, 0);
	assert_int_equal(udp_of("0035 9c40 0008 0000", AF_INET6, &u), -DROP_UDP_CSUM);
}

/* ---- TCP ---- */

#define PORTS "9c40 0050 000003e8 000007d0 "

static int tcp(struct bytes b)
{
	struct tcp t;

	return tcp_parse(b, &t);
}

static int tcp_of(const char *text, struct tcp *t)
{
	struct bytes b = hex(text);
	int rc = tcp_parse(b, t);

	bytes_free(b);
	return rc;
}

/* A header with these options, padded with ends of the list. */
static int options(const char *text, struct tcp *t)
{
	struct bytes opt = hex(text), b;
	size_t hlen = 20 + (opt.len + 3) / 4 * 4;
	uint8_t *p = calloc(1, hlen);
	int rc;

	p[12] = (uint8_t)(hlen / 4 << 4);
	memcpy(p + 20, opt.p, opt.len);
	b = bytes_of(p, hlen);
	rc = tcp_parse(b, t);
	bytes_free(opt);
	bytes_free(b);
	return rc;
}

static void test_tcp(void **state UNUSED)
{
	struct tcp t;

	assert_int_equal(tcp_of(PORTS "5112 0200 abcd 0005 6869", &t), 0);
	assert_int_equal(t.src_port, 40000);
	assert_int_equal(t.dst_port, 80);
	assert_int_equal(t.seq, 1000);
	assert_int_equal(t.ack, 2000);
	assert_int_equal(t.flags, TCP_AE | TCP_SYN | TCP_ACK);
	assert_int_equal(t.window, 512);
	assert_int_equal(t.csum, 0xabcd);
	assert_int_equal(t.urgent, 5);
	assert_int_equal(t.hlen, 20);
	each_cut(PORTS "5012 0200 abcd 0005", 20, DROP_TCP_SHORT, tcp);
	each_cut(PORTS "6012 0200 abcd 0005 01010101", 20, DROP_TCP_SHORT, tcp);
	assert_int_equal(tcp_of(PORTS "6012 0200 abcd 0005 010101", &t), -DROP_TCP_HLEN);
	assert_int_equal(tcp_of(PORTS "f012 0200 abcd 0005 01010101", &t), -DROP_TCP_HLEN);
	assert_int_equal(tcp_of(PORTS "4012 0200 abcd 0005", &t), -DROP_TCP_HLEN);
	assert_int_equal(tcp_of(PORTS "0012 0200 abcd 0005", &t), -DROP_TCP_HLEN);
}

static void test_tcp_options(void **state UNUSED)
{
	struct tcp t;

	/* A SYN of Linux's. */
	assert_int_equal(options("020405b4 0402080a ce61f2b9 00000001 01 03030a", &t), 0);
	assert_int_equal(t.opt.mss, 1460);
	assert_true(t.opt.sack_permitted && t.opt.has_time && t.opt.has_wscale);
	assert_int_equal(t.opt.time, 0xce61f2b9);
	assert_int_equal(t.opt.time_echo, 1);
	assert_int_equal(t.opt.wscale, 10);
	assert_int_equal(t.opt.nsacks, 0);
	assert_false(t.opt.has_fastopen || t.opt.has_signature);
	assert_int_equal(options("0101 0522 00000001 00000002 00000003 00000004 "
	                         "00000005 00000006 00000007 00000008", &t), 0);
	assert_int_equal(t.opt.nsacks, 4);
	assert_int_equal(t.opt.sacks[3].start, 7);
	assert_int_equal(t.opt.sacks[3].end, 8);
	assert_int_equal(options("03030f", &t), 0);
	assert_int_equal(t.opt.wscale, TCP_WSCALE_MAX);
	assert_int_equal(options("2202", &t), 0);
	assert_true(t.opt.has_fastopen && !t.opt.cookie_len);
	assert_int_equal(options("220a 0102030405060708", &t), 0);
	assert_int_equal(t.opt.cookie_len, 8);
	assert_int_equal(t.opt.cookie[7], 8);
	assert_int_equal(options("fe0c f989 0102030405060708", &t), 0);
	assert_true(t.opt.has_fastopen && t.opt.fastopen_experimental);
	assert_int_equal(t.opt.cookie_len, 8);
	assert_int_equal(options("1312 00000000000000000000000000000000", &t), 0);
	assert_true(t.opt.has_signature);
	assert_int_equal(options("1d04 0101", &t), 0);
	assert_true(t.opt.has_signature);
	/* The end of the list is the end, and unknown ones are passed over. */
	assert_int_equal(options("fd04 ffff 00 020405b4", &t), 0);
	assert_int_equal(t.opt.mss, 0);
	assert_int_equal(options("fd04 ffff 01 020405b4", &t), 0);
	assert_int_equal(t.opt.mss, 1460);
}

static void test_tcp_option_lengths(void **state UNUSED)
{
	/* Known ones with another length than theirs. */
	static const char *const passed_over[] = {
		"0203 05", "0205 05b4 00", "0302", "0304 0a00", "0403 00", "0502", "0509 00000001 000000",
		"050c 00000001 00000002 0000", "0809 00000001 000000", "080b 00000001 00000002 00", "2204 0102",
		"2207 0102030405", "2214 000000000000000000000000000000000000", "fe04 1234", "fe03 f9", "fe02",
		"fe06 f989 0102",
	};
	static const char *const dropped[] = {
		"0200 0000", "0201 0000", "0205 05b4", "01010102", "080a 0000", "fd00 0000", "fdff 0000",
		"01010101 ff",
	};
	struct tcp_options none = { 0 };
	struct tcp t;

	for (size_t i = 0; i < ARRAY_LEN(passed_over); i++) {
		memset(&t, 0xff, sizeof(t));
		assert_int_equal(options(passed_over[i], &t), 0);
		if (memcmp(&t.opt, &none, sizeof(none)) != 0)
			fail_msg("%s", passed_over[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(dropped); i++)
		if (options(dropped[i], &t) != -DROP_TCP_OPTION)
			fail_msg("%s", dropped[i]);
}

static void test_tcp_build(void **state UNUSED)
{
	/* As Linux writes them. */
	static const struct {
		struct tcp_options opt;
		const char *text;
	} cases[] = {
		{ { 0 }, "" },
		{ { .mss = 1460 }, "020405b4" },
		{ { .mss = 1460, .sack_permitted = true, .has_time = true, .time = 1,
		    .has_wscale = true, .wscale = 7 },
		  "020405b4 0402080a 00000001 00000000 01030307" },
		{ { .sack_permitted = true }, "0101 0402" },
		{ { .has_time = true, .time = 5, .time_echo = 6 }, "0101080a 00000005 00000006" },
		{ { .has_time = true, .nsacks = 3, .sacks = { { 1, 2 }, { 3, 4 }, { 5, 6 } } },
		  "0101080a 00000000 00000000 0101051a 00000001 00000002 00000003 00000004"
		  "00000005 00000006" },
		{ { .has_fastopen = true }, "2202 0101" },
		{ { .has_fastopen = true, .cookie_len = 8, .cookie = { 1, 2, 3, 4, 5, 6, 7, 8 } },
		  "220a 0102030405060708 0101" },
		{ { .has_fastopen = true, .fastopen_experimental = true, .cookie_len = 4,
		    .cookie = { 9 } },
		  "fe08 f989 09000000" },
	};
	uint8_t out[TCP_HLEN_MAX];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tcp t = {
			.src_port = 40000, .dst_port = 80, .seq = 1000, .ack = 2000,
			.flags = TCP_AE | TCP_PSH | TCP_ACK, .window = 512, .csum = 7, .urgent = 5,
			.opt = cases[i].opt,
		}, back;
		struct bytes b = hex(cases[i].text);
		ssize_t n = tcp_build(&t, out, sizeof(out));

		if (n != (ssize_t)(20 + b.len) || memcmp(out + 20, b.p, b.len) != 0)
			fail_msg("case %zu", i);
		assert_int_equal(tcp_hlen(&t), n);
		assert_int_equal(tcp_build(&t, out, (size_t)n - 1), -EMSGSIZE);
		assert_int_equal(tcp_build(&t, out, (size_t)n), n);
		assert_int_equal(tcp_parse(bytes_of(out, (size_t)n), &back), 0);
		assert_int_equal(back.flags, t.flags);
		assert_int_equal(back.seq, 1000);
		assert_int_equal(back.csum, 7);
		assert_memory_equal(&back.opt, &t.opt, sizeof(t.opt));
		bytes_free(b);
	}
}

static void test_tcp_build_errors(void **state UNUSED)
{
	struct tcp t = { .opt = { .has_time = true, .nsacks = 4 } };
	uint8_t out[64];

	assert_int_equal(tcp_build(&t, out, sizeof(out)), -EMSGSIZE); /* 48 bytes of options */
	assert_int_equal(tcp_hlen(&t), -EMSGSIZE);
	t.opt.nsacks = 5;
	assert_int_equal(tcp_build(&t, out, sizeof(out)), -EINVAL);
	/* All there can be at once. */
	t.opt = (struct tcp_options){
		.mss = 1, .has_wscale = true, .sack_permitted = true, .has_time = true, .nsacks = 4,
		.has_fastopen = true, .fastopen_experimental = true, .cookie_len = 16,
	};
	assert_int_equal(tcp_build(&t, out, sizeof(out)), -EMSGSIZE);
	t.opt = (struct tcp_options){ .has_wscale = true, .wscale = 15 };
	assert_int_equal(tcp_build(&t, out, sizeof(out)), -EINVAL);
	for (uint8_t n = 0; n < 20; n++) {
		t.opt = (struct tcp_options){ .has_fastopen = true, .cookie_len = n };
		assert_int_equal(tcp_build(&t, out, sizeof(out)) > 0,
		                 n == 0 || (n >= 4 && n <= 16 && n % 2 == 0));
	}
	t.opt = (struct tcp_options){ .has_signature = true };
	assert_int_equal(tcp_build(&t, out, sizeof(out)), -EINVAL);
	t = (struct tcp){ .flags = 0x200 };
	assert_int_equal(tcp_build(&t, out, sizeof(out)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_tcp_options),
		cmocka_unit_test(test_tcp_option_lengths),
		cmocka_unit_test(test_tcp_build),
		cmocka_unit_test(test_tcp_build_errors),
	};

	return cmocka_run_group_tests_name("wire_transport", tests, NULL, NULL);
}
