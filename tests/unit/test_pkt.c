/* SPDX-License-Identifier: Apache-2.0
 *
 * Packet buffers: every operation by itself, and long runs of random ones against plain arrays.
 */
#include "tests/unit/net_test.h"

#include "core/objcount.h"
#include "netstack/pkt.h"

static struct pkt_mem mem;

static int start(void **state UNUSED)
{
	mem = (struct pkt_mem){ .limit = SIZE_MAX };
	return 0;
}

static int finish(void **state UNUSED)
{
	return mem.used == 0 && objcount_report() == 0 ? 0 : -1;
}

static void assert_bytes(const struct pkt *p, const void *bytes, size_t n)
{
	uint8_t out[4096];

	pkt_verify(p);
	assert_int_equal(p->len, n);
	assert_int_equal(pkt_read(p, 0, out, sizeof(out)), n);
	assert_memory_equal(out, bytes, n);
}

#define assert_text(p, text) assert_bytes(p, text, strlen(text))

static struct pkt *of(const char *text)
{
	return pkt_from(&mem, text, strlen(text));
}

static void test_headers(void **state UNUSED)
{
	struct pkt *p = of("payload");

	memcpy(pkt_push(p, 3), "tcp", 3);
	memcpy(pkt_push(p, 2), "ip", 2);
	assert_int_equal(p->nfrags, 1); /* there was room */
	assert_text(p, "iptcppayload");
	pkt_pull(p, 2);
	pkt_pull(p, 0);
	assert_text(p, "tcppayload");
	pkt_trim(p, 5);
	pkt_trim(p, 100);
	assert_text(p, "tcppa");
	/* More than there is room for. */
	memset(pkt_push(p, 500), 'x', 500);
	assert_int_equal(p->nfrags, 2);
	pkt_pull(p, 499);
	assert_text(p, "xtcppa");
	pkt_pull(p, SIZE_MAX);
	assert_text(p, "");
	memcpy(pkt_push(p, 2), "ab", 2);
	memcpy(pkt_put(p, 2), "cd", 2);
	assert_text(p, "abcd");
	pkt_free(p);
	pkt_free(NULL);
	p = pkt_new(&mem, 0, 0);
	memcpy(pkt_put(p, 3), "abc", 3);
	memcpy(pkt_push(p, 1), "^", 1); /* a first block has room in front */
	assert_int_equal(p->nfrags, 1);
	assert_text(p, "^abc");
	pkt_free(p);
}

static void test_room_at_the_end(void **state UNUSED)
{
	struct pkt *p = pkt_new(&mem, 0, 64);

	/* As a link reads: a large buffer, then cut to what came. */
	memcpy(pkt_write(p, 0, 5), "hello", 5);
	pkt_trim(p, 5);
	memcpy(pkt_put(p, 6), " there", 6);
	assert_int_equal(p->nfrags, 1);
	assert_text(p, "hello there");
	pkt_free(p);
}

/* What is shared isn't written to. */
static void test_clone(void **state UNUSED)
{
	struct pkt *p = of("abcdef"), *q;
	size_t used = mem.used;

	p->meta.link = 3;
	p->meta.time = 77;
	q = pkt_clone(p);
	assert_int_equal(q->meta.link, 3);
	assert_int_equal(q->meta.time, 77);
	assert_true(mem.used - used < sizeof(*q) + 64); /* no bytes */
	assert_ptr_equal(p->frags[0].data, q->frags[0].data);
	memcpy(pkt_push(p, 1), "1", 1);
	memcpy(pkt_push(q, 1), "2", 1);
	memcpy(pkt_put(q, 1), "3", 1);
	*pkt_write(q, 3, 1) = 'C';
	assert_text(p, "1abcdef");
	assert_text(q, "2abCdef3");
	pkt_free(p);
	/* Now it is alone, and may. */
	q = (p = q, pkt_clone(p));
	pkt_free(p);
	assert_text(q, "2abCdef3");
	pkt_free(q);
}

static void test_copy(void **state UNUSED)
{
	struct pkt *p = of("abc"), *q, *big;

	assert_int_equal(pkt_append(p, of("def")), 0);
	p->meta.gso = GSO_TCPV4;
	q = pkt_copy(p, 10);
	assert_int_equal(q->nfrags, 1);
	assert_int_equal(q->meta.gso, GSO_TCPV4);
	assert_text(q, "abcdef");
	pkt_free(p);
	pkt_free(q);
	/* A small packet in a large block holds it all; its copy doesn't. */
	big = pkt_new(&mem, 0, 65536);
	pkt_trim(big, 1);
	assert_true(pkt_truesize(big) > 65536);
	q = pkt_copy(big, 0);
	assert_true(pkt_truesize(q) < 1024);
	pkt_free(big);
	assert_int_equal(mem.used, pkt_truesize(q));
	pkt_free(q);
	p = pkt_new(&mem, 0, 0);
	q = pkt_copy(p, 0);
	assert_text(q, "");
	pkt_free(p);
	pkt_free(q);
}

static void test_split_and_append(void **state UNUSED)
{
	struct pkt *p = of("0123456789"), *q = pkt_split(p, 4), *r = pkt_split(q, 6), *s;

	assert_text(p, "0123");
	assert_text(q, "456789");
	assert_text(r, "");
	s = pkt_split(p, 0);
	assert_text(p, "");
	assert_text(s, "0123");
	assert_int_equal(pkt_append(s, q), 0);
	assert_int_equal(pkt_append(s, r), 0);
	assert_text(s, "0123456789");
	assert_int_equal(s->nfrags, 2);
	assert_ptr_equal(s->frags[0].block, s->frags[1].block); /* no byte was copied */
	assert_true(pkt_truesize(s) < 2 * sizeof(*s) + 400);    /* nor is counted twice */
	assert_int_equal(pkt_append(s, p), 0);
	pkt_free(s);
}

/* A send queue, and two segments of it in flight. */
static void test_share(void **state UNUSED)
{
	struct pkt *queue = of("The quick brown "), *a = pkt_new(&mem, 40, 0), *b = pkt_new(&mem,
	                                                                                    40, 0);

	assert_int_equal(pkt_append(queue, of("fox jumps")), 0);
	assert_int_equal(pkt_share(a, queue, 4, 16), 0);
	assert_int_equal(pkt_share(b, queue, 20, 100), 0);
	assert_int_equal(pkt_share(b, queue, 100, 1), 0);
	memcpy(pkt_push(a, 4), "hdr1", 4);
	memcpy(pkt_push(b, 4), "hdr2", 4);
	pkt_pull(queue, 20); /* acknowledged */
	assert_text(queue, "jumps");
	assert_text(a, "hdr1quick brown fox ");
	assert_text(b, "hdr2jumps");
	pkt_free(queue);
	assert_text(a, "hdr1quick brown fox ");
	pkt_free(a);
	assert_text(b, "hdr2jumps");
	pkt_free(b);
}

static void test_view(void **state UNUSED)
{
	struct pkt *p = of("abc");
	struct bytes b;

	for (const char *s = "defghij"; *s; s++)
		assert_int_equal(pkt_append(p, pkt_from(&mem, s, 1)), 0);
	assert_int_equal(pkt_view(p, 1, 2, &b), 0);
	assert_int_equal(p->nfrags, 8); /* was in one piece already */
	assert_int_equal(b.len, 9);
	assert_int_equal(b.have, 2);
	assert_int_equal(pkt_view(p, 2, 5, &b), 0);
	assert_int_equal(b.len, 8);
	assert_int_equal(b.have, 5);
	assert_memory_equal(b.p, "cdefg", 5);
	assert_int_equal(p->nfrags, 5);
	assert_int_equal(pkt_view(p, 0, 1000, &b), 0);
	assert_int_equal(b.have, 10);
	assert_int_equal(p->nfrags, 1);
	assert_text(p, "abcdefghij");
	assert_int_equal(pkt_view(p, 10, 5, &b), 0);
	assert_int_equal(b.have + b.len, 0);
	assert_int_equal(pkt_view(p, SIZE_MAX, SIZE_MAX, &b), 0);
	assert_int_equal(b.have + b.len, 0);
	pkt_free(p);
}

static void test_write(void **state UNUSED)
{
	struct pkt *p = of("abcdef"), *q;
	struct iovec iov[4];

	assert_int_equal(pkt_append(p, of("ghi")), 0);
	memcpy(pkt_write(p, 4, 4), "EFGH", 4); /* across */
	assert_text(p, "abcdEFGHi");
	assert_null(pkt_write(p, 8, 2));
	assert_null(pkt_write(p, 9, 1));
	assert_null(pkt_write(p, SIZE_MAX, 2));
	assert_null(pkt_write(p, 0, 0));
	q = pkt_clone(p);
	*pkt_write(q, 2, 1) = 'C'; /* in the middle of a shared block */
	assert_text(p, "abcdEFGHi");
	assert_text(q, "abCdEFGHi");
	assert_int_equal(pkt_iovec(p, iov), 3);
	assert_int_equal(iov[0].iov_len, 4);
	assert_memory_equal(iov[1].iov_base, "EFGH", 4);
	pkt_free(p);
	pkt_free(q);
}

/* Metadata goes with the bytes that it speaks of. */
static void test_meta(void **state UNUSED)
{
	struct pkt *p = of("0123456789"), *q;

	p->meta.csum = CSUM_PARTIAL;
	p->meta.csum_start = 4;
	pkt_push(p, 14);
	assert_int_equal(p->meta.csum_start, 18);
	pkt_pull(p, 18);
	assert_int_equal(p->meta.csum, CSUM_PARTIAL);
	assert_int_equal(p->meta.csum_start, 0);
	pkt_push(p, 4);
	q = pkt_split(p, 5);
	assert_int_equal(p->meta.csum, CSUM_VERIFIED);
	assert_int_equal(q->meta.csum, CSUM_VERIFIED);
	/* Of two fragments only one was known to be right. */
	assert_int_equal(pkt_append(p, q), 0);
	assert_int_equal(p->meta.csum, CSUM_VERIFIED);
	assert_int_equal(pkt_append(p, pkt_new(&mem, 0, 0)), 0);
	assert_int_equal(p->meta.csum, CSUM_VERIFIED);
	assert_int_equal(pkt_append(p, of("x")), 0);
	assert_int_equal(p->meta.csum, CSUM_NONE);
	pkt_free(p);
}

static void test_fragments_limit(void **state UNUSED)
{
	struct pkt *p = pkt_new(&mem, 0, 0), *one = of("x");
	unsigned n = 0;

	while (pkt_share(p, one, 0, 1) == 0)
		n++;
	assert_int_equal(n, PKT_FRAGS_MAX);
	pkt_verify(p);
	assert_true(pkt_truesize(p) > PKT_FRAGS_MAX * sizeof(struct pkt_frag));
	assert_null(pkt_push(p, 1));
	assert_null(pkt_put(p, 1));
	assert_int_equal(pkt_append(p, one), -ENOMEM);
	assert_int_equal(p->len, PKT_FRAGS_MAX);
	pkt_free(one);
	pkt_free(p);
}

static void test_sizes(void **state UNUSED)
{
	struct pkt *p = of("abc");

	mem.limit = 1 << 20;
	assert_null(pkt_new(&mem, 0, SIZE_MAX));
	assert_null(pkt_new(&mem, SIZE_MAX, 1));
	assert_null(pkt_new(&mem, 64, SIZE_MAX - 63));
	assert_null(pkt_new(&mem, 0, 1 << 20));
	assert_null(pkt_push(p, SIZE_MAX));
	assert_null(pkt_push(p, SIZE_MAX - PKT_HEADROOM + 1));
	assert_null(pkt_put(p, SIZE_MAX));
	assert_true(mem.refused > 0);
	assert_text(p, "abc");
	pkt_free(p);
}

/* ---- random operations against arrays ---- */

#define PACKETS 6
#define BYTES_MAX 3000

static struct model {
	struct pkt *p;
	uint8_t b[BYTES_MAX];
	size_t n;
} models[PACKETS];

static void check(const struct model *m)
{
	static uint8_t out[BYTES_MAX];

	pkt_verify(m->p);
	assert_int_equal(m->p->len, m->n);
	assert_int_equal(pkt_read(m->p, 0, out, sizeof(out)), m->n);
	assert_memory_equal(out, m->b, m->n);
}

static void renew(struct model *m)
{
	pkt_free(m->p);
	m->n = rnd(3) ? rnd(300) : 0;
	rnd_fill(m->b, m->n);
	while (!(m->p = rnd(2) ? pkt_from(&mem, m->b, m->n) : pkt_new(&mem, rnd(50), 0)))
		mem.limit += 100;
	if (!m->p->len)
		m->n = 0;
}

static void add(struct model *m, bool front)
{
	size_t n = 1 + rnd(60);
	uint8_t *to;

	if (m->n + n > BYTES_MAX)
		return;
	to = front ? pkt_push(m->p, n) : pkt_put(m->p, n);
	if (!to)
		return;
	rnd_fill(to, n);
	if (front)
		memmove(m->b + n, m->b, m->n);
	memcpy(front ? m->b : m->b + m->n, to, n);
	m->n += n;
}

static void drop(struct model *m, bool front)
{
	size_t n = rnd(m->n + 20);

	if (!front) {
		pkt_trim(m->p, n);
		m->n = MIN(m->n, n);
		return;
	}
	pkt_pull(m->p, n);
	n = MIN(n, m->n);
	memmove(m->b, m->b + n, m->n - n);
	m->n -= n;
}

static void split(struct model *m, struct model *to)
{
	size_t at = rnd(m->n + 5);
	struct pkt *q = m == to ? NULL : pkt_split(m->p, at);

	if (!q)
		return;
	pkt_free(to->p);
	to->p = q;
	at = MIN(at, m->n);
	to->n = m->n - at;
	memcpy(to->b, m->b + at, to->n);
	m->n = at;
}

static void join(struct model *m, struct model *from)
{
	size_t off = rnd(from->n + 5), n = rnd(from->n + 5);

	if (m == from || m->n + from->n > BYTES_MAX)
		return;
	if (rnd(2)) {
		if (pkt_append(m->p, from->p) < 0)
			return;
		memcpy(m->b + m->n, from->b, from->n);
		m->n += from->n;
		from->p = NULL;
		renew(from);
		return;
	}
	if (pkt_share(m->p, from->p, off, n) < 0)
		return;
	off = MIN(off, from->n);
	n = MIN(n, from->n - off);
	memcpy(m->b + m->n, from->b + off, n);
	m->n += n;
}

static void write_some(struct model *m)
{
	size_t off = rnd(m->n + 1), n = rnd(100);
	uint8_t *to = pkt_write(m->p, off, n);

	if (!to)
		return;
	assert_memory_equal(to, m->b + off, n);
	rnd_fill(to, n);
	memcpy(m->b + off, to, n);
}

static void view_some(struct model *m)
{
	size_t off = rnd(m->n + 5), n = rnd(200);
	struct bytes b;

	if (pkt_view(m->p, off, n, &b) < 0)
		return;
	off = MIN(off, m->n);
	assert_int_equal(b.len, m->n - off);
	assert_true(b.have >= MIN(n, b.len) && b.have <= b.len);
	assert_memory_equal(b.p, m->b + off, b.have);
}

static void copy(struct model *m, struct model *to)
{
	struct pkt *q = m == to ? NULL : rnd(2) ? pkt_clone(m->p) : pkt_copy(m->p, rnd(40));

	if (!q)
		return;
	pkt_free(to->p);
	*to = *m;
	to->p = q;
}

static void step(void)
{
	struct model *m = &models[rnd(PACKETS)], *other = &models[rnd(PACKETS)];

	/* Now and then there is no memory left, or hardly any. */
	mem.limit = rnd(8) ? SIZE_MAX : mem.used + rnd(400);
	switch (rnd(10)) {
	case 0:
	case 1:
		add(m, rnd(2));
		break;
	case 2:
		drop(m, rnd(2));
		break;
	case 3:
		split(m, other);
		break;
	case 4:
	case 5:
		join(m, other);
		break;
	case 6:
		write_some(m);
		break;
	case 7:
		view_some(m);
		break;
	case 8:
		copy(m, other);
		break;
	default:
		if (!rnd(4))
			renew(m);
		break;
	}
}

static void test_random(void **state UNUSED)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		rnd_seed(seed);
		for (int i = 0; i < PACKETS; i++)
			renew(&models[i]);
		for (int i = 0; i < 300; i++) {
			step();
			for (int j = 0; j < PACKETS; j++)
				if (models[j].p->len != models[j].n)
					fail_msg("seed %lu, step %d", seed, i);
			check(&models[rnd(PACKETS)]);
		}
		for (int i = 0; i < PACKETS; i++) {
			check(&models[i]);
			pkt_free(models[i].p);
			models[i].p = NULL;
		}
		if (mem.used)
			fail_msg("seed %lu: %zu bytes are left", seed, mem.used);
	}
	mem.limit = SIZE_MAX;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_headers, start, finish),
		cmocka_unit_test_setup_teardown(test_room_at_the_end, start, finish),
		cmocka_unit_test_setup_teardown(test_clone, start, finish),
		cmocka_unit_test_setup_teardown(test_copy, start, finish),
		cmocka_unit_test_setup_teardown(test_split_and_append, start, finish),
		cmocka_unit_test_setup_teardown(test_share, start, finish),
		cmocka_unit_test_setup_teardown(test_view, start, finish),
		cmocka_unit_test_setup_teardown(test_write, start, finish),
		cmocka_unit_test_setup_teardown(test_meta, start, finish),
		cmocka_unit_test_setup_teardown(test_fragments_limit, start, finish),
		cmocka_unit_test_setup_teardown(test_sizes, start, finish),
		cmocka_unit_test_setup_teardown(test_random, start, finish),
	};

	return cmocka_run_group_tests_name("pkt", tests, NULL, NULL);
}
