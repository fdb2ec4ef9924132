/* SPDX-License-Identifier: Apache-2.0
 *
 * For the netstack's fuzzers: one in each fuzz_NAME.c, with libFuzzer's entry point.
 * tests/fuzz/netstack/run builds and runs them; tests/unit/test_netfuzz.c runs them all over the
 * corpus and some changes of it.
 */
#ifndef TESTS_FUZZ_NETSTACK_FUZZ_H
#define TESTS_FUZZ_NETSTACK_FUZZ_H

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "netstack/bytes.h"
#include "netstack/drop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(expr)                                                                                \
	((expr) ? (void)0                                                                          \
	        : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr), abort()))

/* What a parser may answer. Returns whether it was content. */
static inline bool parsed(int rc)
{
	CHECK(rc == 0 || (rc < 0 && -rc < DROP_COUNT));
	return rc == 0;
}

/* Touches every byte that a parser says is there: the sanitizer sees what isn't. */
static inline void touch(const void *p, size_t n)
{
	static volatile uint8_t sink;
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		sink = sink ^ b[i];
}

#endif
