/* SPDX-License-Identifier: Apache-2.0
 *
 * Captures: every block read back by its own lengths. To see what other programs make of one:
 *	PCAPNG=/tmp/x.pcapng build/tests/unit/test_pcapng && tshark -r /tmp/x.pcapng
 */
#include "tests/unit/net_test.h"

#include "netstack/pcapng.h"

static struct file {
	uint8_t b[1 << 16];
	size_t n, announced;
	int error;
} file;
static struct pkt_mem mem = { .limit = SIZE_MAX };

static int begin(void *arg, size_t n)
{
	struct file *f = arg;

	assert_int_equal(f->n, f->announced); /* the last block was as long as it said */
	if (f->error)
		return f->error;
	f->announced = f->n + n;
	return 0;
}

static void add(void *arg, const void *bytes, size_t n)
{
	struct file *f = arg;

	assert_true(f->n + n <= f->announced);
	memcpy(f->b + f->n, bytes, n);
	f->n += n;
}

static const struct pcapng_out out = { .begin = begin, .add = add, .arg = &file };

static uint32_t word(size_t at)
{
	uint32_t v;

	assert_true(at + 4 <= file.n);
	memcpy(&v, file.b + at, 4);
	return v;
}

/* The block at *at, which is moved behind it. Returns its type. */
static uint32_t next(size_t *at, size_t *ret_start)
{
	size_t start = *at;
	uint32_t len = word(start + 4);

	assert_int_equal(len % 4, 0);
	assert_int_equal(word(start + len - 4), len);
	*ret_start = start;
	*at = start + len;
	return word(start);
}

/* An option's value in the options from `at` on. */
static const uint8_t *option(size_t at, unsigned code, size_t *len)
{
	for (;;) {
		unsigned c = word(at) & 0xffff, n = word(at) >> 16;

		if (c == code) {
			*len = n;
			return file.b + at + 4;
		}
		assert_int_not_equal(c, 0);
		at += 4 + (n + 3) / 4 * 4;
	}
}

static void start(struct pcapng *w, uint32_t snaplen)
{
	memset(&file, 0, sizeof(file));
	assert_int_equal(pcapng_init(w, &out, snaplen), 0);
}

static void test_blocks(void **state UNUSED)
{
	const ktime_t time = 1700000000 * NSEC_PER_SEC + 123456789;
	struct pkt *p = pkt_from(&mem, "0123456789abcdef", 16);
	size_t at = 0, block, n;
	const uint8_t *v;
	struct pcapng w;

	start(&w, 0);
	assert_int_equal(pcapng_packet(&w, 0, time, PCAPNG_IN, p), -ENOENT);
	assert_int_equal(pcapng_interface(&w, "eth0", LINKTYPE_ETHERNET), 0);
	assert_int_equal(pcapng_interface(&w, "lo", LINKTYPE_RAW), 1);
	memset(pkt_push(p, 1), '^', 1); /* 17 bytes, to be padded */
	assert_int_equal(pkt_append(p, pkt_split(p, 5)), 0);
	assert_int_equal(pcapng_packet(&w, 1, time, PCAPNG_OUT, p), 0);
	assert_int_equal(pcapng_packet(&w, 2, time, PCAPNG_OUT, p), -ENOENT);
	assert_int_equal(pcapng_statistics(&w, 1, time, 77), 0);
	assert_int_equal(pcapng_statistics(&w, 2, time, 77), -ENOENT);

	assert_int_equal(next(&at, &block), 0x0a0d0d0a);
	assert_int_equal(word(block + 8), 0x1a2b3c4d);
	assert_int_equal(word(block + 12), 1);
	assert_int_equal(word(block + 16), UINT32_MAX);
	assert_int_equal(word(block + 20), UINT32_MAX);
	assert_int_equal(next(&at, &block), 1);
	assert_int_equal(word(block + 8), LINKTYPE_ETHERNET);
	v = option(block + 16, 2, &n);
	assert_int_equal(n, 4);
	assert_memory_equal(v, "eth0", 4);
	v = option(block + 16, 9, &n);
	assert_int_equal(n, 1);
	assert_int_equal(*v, 9);
	assert_int_equal(next(&at, &block), 1);
	assert_int_equal(word(block + 8), LINKTYPE_RAW);
	assert_int_equal(next(&at, &block), 6);
	assert_int_equal(word(block + 8), 1);
	assert_int_equal((uint64_t)word(block + 12) << 32 | word(block + 16), time);
	assert_int_equal(word(block + 20), 17);
	assert_int_equal(word(block + 24), 17);
	assert_memory_equal(file.b + block + 28, "^0123456789abcdef\0\0\0", 20);
	v = option(block + 48, 2, &n);
	assert_int_equal(n, 4);
	assert_int_equal(*v, PCAPNG_OUT);
	assert_int_equal(next(&at, &block), 5);
	assert_int_equal(word(block + 8), 1);
	v = option(block + 20, 4, &n);
	assert_int_equal(n, 8);
	assert_int_equal(*v, 77);
	v = option(block + 20, 5, &n);
	assert_int_equal(*v, 0);
	assert_int_equal(at, file.n);
	pkt_free(p);
	assert_int_equal(mem.used, 0);
}

static void test_snaplen(void **state UNUSED)
{
	static const char text[] = "0123456789abcdef0123456789";
	struct pkt *p = pkt_from(&mem, text, 26);
	struct pcapng w;

	assert_int_equal(pkt_append(p, pkt_split(p, 9)), 0);
	for (uint32_t snaplen = 1; snaplen < 30; snaplen++) {
		size_t at = 0, block, kept = MIN(snaplen, 26);

		start(&w, snaplen);
		assert_int_equal(pcapng_interface(&w, "a", LINKTYPE_ETHERNET), 0);
		assert_int_equal(pcapng_packet(&w, 0, 1, PCAPNG_IN, p), 0);
		next(&at, &block);
		assert_int_equal(next(&at, &block), 1);
		assert_int_equal(word(block + 12), snaplen);
		assert_int_equal(next(&at, &block), 6);
		assert_int_equal(word(block + 20), kept);
		assert_int_equal(word(block + 24), 26);
		assert_memory_equal(file.b + block + 28, text, kept);
		assert_int_equal(at, file.n);
	}
	pkt_free(p);
}

/* No room: the packet is left out as a whole, and the file goes on after it. */
static void test_dropped(void **state UNUSED)
{
	struct pkt *p = pkt_from(&mem, "0123", 4), *empty = pkt_new(&mem, 0, 0);
	size_t at = 0, block, n;
	struct pcapng w;

	start(&w, 0);
	file.error = -ENOSPC;
	assert_int_equal(pcapng_interface(&w, "a", LINKTYPE_ETHERNET), -ENOSPC);
	assert_int_equal(w.interfaces, 0);
	file.error = 0;
	assert_int_equal(pcapng_interface(&w, "a", LINKTYPE_ETHERNET), 0);
	file.error = -EAGAIN;
	assert_int_equal(pcapng_packet(&w, 0, 1, PCAPNG_IN, p), -EAGAIN);
	assert_int_equal(pcapng_packet(&w, 0, 1, PCAPNG_IN, p), -EAGAIN);
	assert_int_equal(pcapng_statistics(&w, 0, 1, 9), -EAGAIN);
	assert_int_equal(w.dropped, 2);
	file.error = 0;
	assert_int_equal(pcapng_packet(&w, 0, 1, PCAPNG_IN, empty), 0);
	assert_int_equal(pcapng_statistics(&w, 0, 1, 3), 0);
	next(&at, &block);
	next(&at, &block);
	assert_int_equal(next(&at, &block), 6);
	assert_int_equal(word(block + 20), 0);
	assert_int_equal(next(&at, &block), 5);
	assert_int_equal(*option(block + 20, 5, &n), 2);
	assert_int_equal(at, file.n);
	memset(&file, 0, sizeof(file));
	file.error = -EIO;
	assert_int_equal(pcapng_init(&w, &out, 0), -EIO);
	pkt_free(p);
	pkt_free(empty);
}

static void test_long_name(void **state UNUSED)
{
	char name[3 * PCAPNG_NAME_MAX];
	size_t at = 0, block, n;
	struct pcapng w;

	memset(name, 'n', sizeof(name));
	start(&w, 0);
	assert_int_equal(pcapng_interface(&w, name, LINKTYPE_ETHERNET), 0);
	next(&at, &block);
	next(&at, &block);
	option(block + 16, 2, &n);
	assert_int_equal(n, PCAPNG_NAME_MAX);
}

/* For people: a file to be read by other programs. */
static void test_write_file(void **state UNUSED)
{
	static const char arp[] = "ffffffffffff525400000001 0806 0001080006040001 525400000001 c0000201 "
	                          "000000000000 c0000202";
	const char *path = getenv("PCAPNG");
	struct bytes b = hex(arp);
	struct pkt *p = pkt_from(&mem, b.p, b.len);
	struct pcapng w;
	FILE *f = path ? fopen(path, "w") : NULL;

	start(&w, 0);
	assert_int_equal(pcapng_interface(&w, "eth0", LINKTYPE_ETHERNET), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pcapng_packet(&w, 0, 1700000000 * NSEC_PER_SEC + i,
		                               PCAPNG_IN + i % 2, p), 0);
	assert_int_equal(pcapng_statistics(&w, 0, 1700000001 * NSEC_PER_SEC, 3), 0);
	if (f) {
		assert_int_equal(fwrite(file.b, 1, file.n, f), file.n);
		fclose(f);
	}
	pkt_free(p);
	bytes_free(b);
	assert_int_equal(mem.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),  cmocka_unit_test(test_snaplen),
		cmocka_unit_test(test_dropped), cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_write_file),
	};

	return cmocka_run_group_tests_name("pcapng", tests, NULL, NULL);
}
