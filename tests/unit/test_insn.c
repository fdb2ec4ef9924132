/* SPDX-License-Identifier: Apache-2.0
 *
 * core/arch/x86_64/insn.c against Zydis: whatever it knows is what Zydis says, for every place in the
 * C library and in the loader, whether an instruction begins there or not, and for random bytes.
 */
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <Zydis/Zydis.h>

#include "core/arch/x86_64/insn.h"

#define ROUNDS 2000000

static ZydisDecoder decoder;
static unsigned long known, unknown;

static void say(const uint8_t *b, const char *what)
{
	char hex[64];

	for (int i = 0; i < 15; i++)
		sprintf(hex + 3 * i, "%02x ", b[i]);
	fail_msg("%s: %s", what, hex);
}

static enum insn_kind kind_of(const ZydisDecodedInstruction *z, const uint8_t *b)
{
	switch (z->meta.category) {
	case ZYDIS_CATEGORY_COND_BR:
		return INSN_JCC;
	case ZYDIS_CATEGORY_UNCOND_BR:
		return INSN_JMP;
	case ZYDIS_CATEGORY_RET:
		return INSN_RET;
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_SYSTEM:
		say(b, "it can't be moved");
		break;
	default:
		break;
	}
	return INSN_PLAIN;
}

static void compare(const uint8_t *b, size_t n)
{
	ZydisDecodedInstruction z;
	struct insn in;

	if (insn_decode(&in, b, n)) {
		unknown++;
		return;
	}
	known++;
	if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, b, n, &z)))
		say(b, "there is no such instruction");
	if (z.length != in.len || z.opcode != in.opcode)
		say(b, "another length");
	if (kind_of(&z, b) != in.kind)
		say(b, "another kind");
	bool branch = in.kind == INSN_JCC || in.kind == INSN_JMP;
	if (branch ? z.raw.imm[0].value.s != in.distance
	           : (z.attributes & ZYDIS_ATTRIB_IS_RELATIVE ? z.raw.disp.offset : 0) != in.disp_off)
		say(b, "relative to something else");
}

static int in_object(struct dl_phdr_info *info, size_t size UNUSED, void *arg UNUSED)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		const uint8_t *text = (const uint8_t *)(info->dlpi_addr + ph->p_vaddr);

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X) || !(ph->p_flags & PF_R) ||
		    !strstr(info->dlpi_name, ".so"))
			continue;
		for (size_t k = 0; k + 15 < ph->p_filesz; k++)
			compare(text + k, 15);
	}
	return 0;
}

static void test_libraries(void **state UNUSED)
{
	dl_iterate_phdr(in_object, NULL);
	printf("known %lu, unknown %lu\n", known, unknown);
	assert_true(known > 1000000);
}

static void test_random(void **state UNUSED)
{
	uint8_t b[15];

	srand(4711);
	for (int i = 0; i < ROUNDS; i++) {
		for (size_t k = 0; k < sizeof(b); k++)
			b[k] = (uint8_t)rand();
		/* Prefixes and the second page of opcodes more often than chance has them. */
		int odd = rand();
		size_t at = 0;
		if (odd & 1)
			b[at++] = "\x66\x64\xf2\xf3"[odd >> 4 & 3];
		if (odd & 2)
			b[at++] = (uint8_t)(0x40 | (odd >> 8 & 15));
		if (odd & 4)
			b[at] = 0x0f;
		compare(b, 1 + (size_t)(odd >> 16) % sizeof(b));
	}
	assert_true(known > ROUNDS / 10);
}

static void test_what_follows_system_calls(void **state UNUSED)
{
	struct insn in;

	assert_int_equal(insn_decode(&in, (const uint8_t *)"\x48\x3d\x01\xf0\xff\xff", 6), 0);
	assert_int_equal(in.len, 6);
	assert_int_equal(insn_decode(&in, (const uint8_t *)"\x48\x3d\x01\xf0\xff", 5), -EINVAL);
	assert_int_equal(insn_decode(&in, (const uint8_t *)"", 0), -EINVAL);
	assert_int_equal(insn_decode(&in, (const uint8_t *)"\x77\xf0", 2), 0);
	assert_int_equal(in.kind, INSN_JCC);
	assert_int_equal(in.distance, -16);
	assert_int_equal(insn_decode(&in, (const uint8_t *)"\x0f\x05", 2), -EINVAL);
	assert_int_equal(insn_decode(&in, (const uint8_t *)"\xe8\0\0\0\0", 5), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_follows_system_calls),
		cmocka_unit_test(test_libraries),
		cmocka_unit_test(test_random),
	};

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
