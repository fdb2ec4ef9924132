/* SPDX-License-Identifier: Apache-2.0
 *
 * The Internet checksum against the definition of RFC 1071, in one piece and in many.
 */
#include "tests/unit/net_test.h"

#include "netstack/csum.h"

/* RFC 1071 1, word by word. */
static uint16_t reference(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Zero has two forms, and which one comes out doesn't matter to a checksum's reader. */
static bool same(uint16_t a, uint16_t b)
{
	return a == b || (a % 0xffff == 0 && b % 0xffff == 0);
}

static void test_known(void **state UNUSED)
{
	/* RFC 1071 3; an IPv4 header with its checksum. */
	struct bytes rfc = hex("0001 f203 f4f5 f6f7");
	struct bytes ip = hex("45000073000040004011b861c0a80001c0a800c7");

	assert_int_equal(csum_bytes(rfc.p, rfc.len), 0xddf2);
	assert_int_equal(csum_bytes(ip.p, ip.len), 0xffff);
	assert_int_equal(csum_bytes(ip.p, 0), 0);
	assert_int_equal(csum_bytes("\x12", 1), 0x1200);
	bytes_free(rfc);
	bytes_free(ip);
}

static void test_lengths(void **state UNUSED)
{
	uint8_t *all = malloc(70000);

	for (uint64_t seed = 1; seed <= 3000; seed++) {
		size_t off, n;

		rnd_seed(seed);
		off = rnd(64);
		n = rnd(4) ? rnd(200) : rnd(66000);
		memset(all, 0xff, off + n); /* as many carries as there can be */
		if (rnd(3))
			rnd_fill(all + off, MIN(n, 4000));
		if (!same(csum_bytes(all + off, n), reference(all + off, n)))
			fail_msg("seed %lu: %zu bytes at %zu", seed, n, off);
	}
	free(all);
}

static void test_parts(void **state UNUSED)
{
	uint8_t all[600];

	for (uint64_t seed = 1; seed <= 3000; seed++) {
		struct pkt_mem mem = { .limit = SIZE_MAX };
		struct pkt *p = pkt_new(&mem, 0, 0);
		size_t n = 0, off, len;
		uint16_t sum = 0, whole, part;

		rnd_seed(seed);
		rnd_fill(all, sizeof(all));
		while (n < sizeof(all) - 100 && rnd(12)) {
			size_t more = 1 + rnd(99);

			sum = csum_join(sum, csum_bytes(all + n, more), n);
			assert_int_equal(pkt_append(p, pkt_from(&mem, all + n, more)), 0);
			n += more;
		}
		off = rnd(n + 1);
		len = rnd(n + 10);
		whole = reference(all, n);
		part = reference(all + off, off < n ? MIN(len, n - off) : 0);
		if (!same(sum, whole) || !same(csum_pkt(p, 0, SIZE_MAX), whole) ||
		    !same(csum_pkt(p, off, len), part))
			fail_msg("seed %lu: %zu bytes, %zu at %zu", seed, n, len, off);
		pkt_free(p);
		assert_int_equal(mem.used, 0);
	}
}

static void test_update(void **state UNUSED)
{
	uint8_t h[20];

	for (uint64_t seed = 1; seed <= 20000; seed++) {
		uint16_t check, new16;
		uint32_t new32;
		size_t at;

		rnd_seed(seed);
		rnd_fill(h, sizeof(h));
		if (!rnd(4))
			memset(h, rnd(2) ? 0 : 0xff, sizeof(h));
		check = (uint16_t)~reference(h, sizeof(h));
		at = 2 * rnd(10);
		new16 = (uint16_t)(rnd(4) ? rnd(65536) : 0);
		check = csum_update16(check, be16_get(h + at), new16);
		be16_put(h + at, new16);
		at = 2 * rnd(9);
		new32 = (uint32_t)rnd(1ull << 32);
		check = csum_update32(check, be32_get(h + at), new32);
		be32_put(h + at, new32);
		if (!same(check, (uint16_t)~reference(h, sizeof(h))))
			fail_msg("seed %lu", seed);
	}
	/* RFC 1624 4: where RFC 1141's way gives the wrong zero. */
	assert_int_equal(csum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void test_pseudo(void **state UNUSED)
{
	struct addr s4 = addr("192.0.2.1"), d4 = addr("198.51.100.2");
	struct addr s6 = addr("2001:db8::1"), d6 = addr("fe80::ffff");
	uint8_t four[12] = { 192, 0, 2, 1, 198, 51, 100, 2, 0, 17, 0xab, 0xcd };
	uint8_t six[40];

	assert_true(same(csum_pseudo(&s4, &d4, 17, 0xabcd), reference(four, sizeof(four))));
	memcpy(six, s6.b, 16);
	memcpy(six + 16, d6.b, 16);
	be32_put(six + 32, 0x12345); /* more than 16 bits, as GSO has it */
	be32_put(six + 36, 6);
	assert_true(same(csum_pseudo(&s6, &d6, 6, 0x12345), reference(six, sizeof(six))));
}

/* A checksum that was left to the link, with headers in front and payload in other blocks. */
static void test_partial(void **state UNUSED)
{
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct addr src = addr("192.0.2.1"), dst = addr("192.0.2.2");
		struct pkt_mem mem = { .limit = SIZE_MAX };
		uint8_t all[300], out[300];
		struct pkt *p, *shared;
		uint16_t pseudo;
		size_t n;

		rnd_seed(seed);
		rnd_fill(all, sizeof(all));
		n = 8 + rnd(200);
		p = pkt_from(&mem, all, n);
		assert_int_equal(pkt_append(p, pkt_split(p, rnd(n))), 0);
		shared = pkt_clone(p);
		pseudo = csum_pseudo(&src, &dst, 17, n);
		assert_int_equal(csum_prepare(p, 0, 6, pseudo), 0);
		assert_int_equal(p->meta.csum, CSUM_PARTIAL);
		assert_true(csum_good(p, 0, pseudo)); /* never left the machine */
		memset(pkt_push(p, 20), 0xaa, 20);
		memset(pkt_push(p, 14), 0xbb, 14);
		assert_int_equal(p->meta.csum_start, 34);
		assert_int_equal(csum_complete(p), 0);
		assert_int_equal(csum_complete(p), 0); /* once is enough */
		p->meta.csum = CSUM_NONE;
		pkt_pull(p, 34);
		assert_true(csum_good(p, 0, pseudo));
		pkt_read(p, 0, out, n);
		assert_int_not_equal(be16_get(out + 6), 0);
		*pkt_write(p, rnd(n), 1) ^= (uint8_t)(1 + rnd(255));
		assert_false(csum_good(p, 0, pseudo));
		/* Who shares the bytes sees nothing of it. */
		pkt_read(shared, 0, out, n);
		assert_memory_equal(out, all, n);
		pkt_free(p);
		pkt_free(shared);
		assert_int_equal(mem.used, 0);
	}
}

static void test_partial_errors(void **state UNUSED)
{
	struct pkt_mem mem = { .limit = SIZE_MAX };
	struct pkt *p = pkt_from(&mem, "0123456789", 10), *q;

	assert_int_equal(csum_prepare(p, 4, 5, 0), -EINVAL);
	assert_int_equal(csum_prepare(p, 11, 0, 0), -EINVAL);
	assert_int_equal(csum_prepare(p, SIZE_MAX, 6, 0), -EINVAL);
	assert_int_equal(p->meta.csum, CSUM_NONE);
	assert_int_equal(csum_complete(p), 0);
	assert_int_equal(csum_prepare(p, 4, 4, 0), 0);
	pkt_trim(p, 9);
	assert_int_equal(csum_complete(p), -EINVAL);
	/* The header is pulled off: right, since it never was wrong. */
	pkt_pull(p, 5);
	assert_int_equal(p->meta.csum, CSUM_VERIFIED);
	/* All zero: the sum is -0, never +0. */
	pkt_free(p);
	p = pkt_from(&mem, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(csum_prepare(p, 0, 6, 0xffff), 0);
	assert_int_equal(csum_complete(p), 0);
	assert_int_equal(be16_get(pkt_write(p, 6, 2)), 0xffff);
	/* No memory to write to what is shared. */
	q = pkt_clone(p);
	mem.limit = mem.used;
	assert_int_equal(csum_prepare(q, 0, 6, 0), -ENOMEM);
	q->meta.csum = CSUM_PARTIAL;
	assert_int_equal(csum_complete(q), -ENOMEM);
	assert_int_equal(q->meta.csum, CSUM_PARTIAL);
	pkt_free(p);
	pkt_free(q);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),   cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_parts),   cmocka_unit_test(test_update),
		cmocka_unit_test(test_pseudo),  cmocka_unit_test(test_partial),
		cmocka_unit_test(test_partial_errors),
	};

	return cmocka_run_group_tests_name("csum", tests, NULL, NULL);
}
