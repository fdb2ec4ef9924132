/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of the netstack: bytes written as hexadecimal, in blocks of exactly their size, so that
 * a sanitizer sees who reads beyond; random numbers of a seed; parsing of what is cut off anywhere.
 */
#ifndef TESTS_UNIT_NET_TEST_H
#define TESTS_UNIT_NET_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>

#include "netstack/addr.h"
#include "netstack/bytes.h"
#include "netstack/drop.h"

/* Hexadecimal digits up to the first other character but blanks. The caller frees ret.p. */
static inline struct bytes hex(const char *text)
{
	uint8_t *p = malloc(strlen(text) / 2 + 1), *exact;
	unsigned value;
	size_t n = 0;

	for (; *text; text += 2) {
		while (*text == ' ')
			text++;
		if (!isxdigit((unsigned char)*text) || sscanf(text, "%2x", &value) != 1)
			break;
		p[n++] = (uint8_t)value;
	}
	exact = malloc(n + !n);
	memcpy(exact, p, n);
	free(p);
	return bytes_of(exact, n);
}

static inline void bytes_free(struct bytes b)
{
	free((void *)b.p);
}

/* The first n bytes of b in a block of their own. */
static inline struct bytes bytes_cut(struct bytes b, size_t n)
{
	uint8_t *p = malloc(n + !n);

	memcpy(p, b.p, n);
	return bytes_of(p, n);
}

static inline struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

#define assert_addr(a, text)                                                                       \
	do {                                                                                       \
		char buf_[ADDR_TEXT_MAX];                                                          \
		assert_string_equal(addr_format(&(a), buf_), text);                                \
	} while (0)

/*
 * parse(b) for every b that is `text` cut off: fails, for lengths less than `min`, as too short,
 * and when the rest is only out of reach, as DROP_CUT or not at all. Nothing is read beyond.
 */
static inline void each_cut(const char *text, size_t min, int too_short,
                            int (*parse)(struct bytes b))
{
	struct bytes whole = hex(text);

	for (size_t n = 0; n < whole.len; n++) {
		struct bytes b = bytes_cut(whole, n);
		int rc = parse(b);

		if (n < min && rc != -too_short)
			fail_msg("%s of %zu bytes: %s", text, n, drop_name(rc));
		b.len = whole.len;
		rc = parse(b);
		if (n < min && rc != -DROP_CUT)
			fail_msg("%s with %zu bytes at hand: %s", text, n, drop_name(rc));
		bytes_free(b);
	}
	bytes_free(whole);
}

static uint64_t rng UNUSED;

static inline uint64_t rnd(uint64_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % below;
}

static inline void rnd_seed(uint64_t seed)
{
	rng = seed * 0x9e3779b97f4a7c15ull + 1;
}

static inline void rnd_fill(void *p, size_t n)
{
	for (uint8_t *b = p; n--; b++)
		*b = (uint8_t)rnd(256);
}

#endif
