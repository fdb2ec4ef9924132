/* SPDX-License-Identifier: Apache-2.0
 *
 * The netstack's fuzzers, each over its corpus: every input as it is, cut off, and changed a little
 * by random numbers of a fixed seed. tests/fuzz/netstack/run looks for new ones.
 */
#include "tests/unit/net_test.h"

/* Each is a file of its own with the same entry. */
#define LLVMFuzzerTestOneInput fuzz_arp
#include "tests/fuzz/netstack/fuzz_arp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_eth
#include "tests/fuzz/netstack/fuzz_eth.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_frame
#include "tests/fuzz/netstack/fuzz_frame.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_icmpv4
#include "tests/fuzz/netstack/fuzz_icmpv4.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_icmpv6
#include "tests/fuzz/netstack/fuzz_icmpv6.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_igmp
#include "tests/fuzz/netstack/fuzz_igmp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_ipv4
#include "tests/fuzz/netstack/fuzz_ipv4.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_ipv6
#include "tests/fuzz/netstack/fuzz_ipv6.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_mld
#include "tests/fuzz/netstack/fuzz_mld.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_ndp
#include "tests/fuzz/netstack/fuzz_ndp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_tcp
#include "tests/fuzz/netstack/fuzz_tcp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_udp
#include "tests/fuzz/netstack/fuzz_udp.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_vnet
#include "tests/fuzz/netstack/fuzz_vnet.c"
#undef LLVMFuzzerTestOneInput

#define CHANGES 40

static const struct fuzzer {
	const char *name;
	int (*run)(const uint8_t *data, size_t size);
} fuzzers[] = {
	{ "arp", fuzz_arp },
	{ "eth", fuzz_eth },
	{ "frame", fuzz_frame },
	{ "icmpv4", fuzz_icmpv4 },
	{ "icmpv6", fuzz_icmpv6 },
	{ "igmp", fuzz_igmp },
	{ "ipv4", fuzz_ipv4 },
	{ "ipv6", fuzz_ipv6 },
	{ "mld", fuzz_mld },
	{ "ndp", fuzz_ndp },
	{ "tcp", fuzz_tcp },
	{ "udp", fuzz_udp },
	{ "vnet", fuzz_vnet },
};

/* In a block of exactly that size. */
static void run_once(const struct fuzzer *f, const uint8_t *p, size_t n)
{
	struct bytes b = bytes_cut(bytes_of(p, n), n);

	f->run(b.p, b.len);
	bytes_free(b);
}

static void change(uint8_t *p, size_t n)
{
	static const uint8_t liked[] = { 0, 1, 2, 4, 8, 0x7f, 0x80, 0xff };

	for (uint64_t times = 1 + rnd(4); times--;) {
		size_t at = rnd(rnd(2) ? n : MIN(n, 64));

		if (rnd(2))
			p[at] = liked[rnd(sizeof(liked))];
		else
			p[at] ^= (uint8_t)(1u << rnd(8));
	}
}

static void run_input(const struct fuzzer *f, struct bytes b)
{
	uint8_t *copy = malloc(b.len + !b.len);

	run_once(f, b.p, b.len);
	for (size_t n = 0; n < b.len; n += 1 + n / 64)
		run_once(f, b.p, n);
	for (int i = 0; i < CHANGES && b.len; i++) {
		memcpy(copy, b.p, b.len);
		change(copy, b.len);
		run_once(f, copy, rnd(4) ? b.len : rnd(b.len));
	}
	free(copy);
}

static void test_corpora(void **state UNUSED)
{
	static char text[1 << 16];

	for (size_t i = 0; i < ARRAY_LEN(fuzzers); i++) {
		char path[512];
		unsigned inputs = 0;
		FILE *f;

		snprintf(path, sizeof(path), FUZZ_DIR "/corpus/%s.hex", fuzzers[i].name);
		f = fopen(path, "r");
		assert_non_null(f);
		rnd_seed(i + 1);
		while (fgets(text, sizeof(text), f)) {
			struct bytes b = hex(text);

			run_input(&fuzzers[i], b);
			bytes_free(b);
			inputs++;
		}
		fclose(f);
		assert_true(inputs > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpora),
	};

	return cmocka_run_group_tests_name("netfuzz", tests, NULL, NULL);
}
