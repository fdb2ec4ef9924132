/* SPDX-License-Identifier: Apache-2.0
 *
 * Which bytes of a system call change, and what its thunk is: core/arch/x86_64/syscall_patch.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/arch/x86_64/syscall_patch.h"

#define CODE ((gaddr_t)0x555555554000)
#define THUNK (CODE - 0x100000)

/* Plans the first syscall in the bytes. */
static int plan(struct syscall_patch *p, const char *bytes, size_t n, uint64_t nr)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (bytes[i] == 0x0f && bytes[i + 1] == 0x05)
			return syscall_patch_plan(p, CODE + i + 2, nr, (const uint8_t *)bytes, CODE, n);
	fail_msg("no syscall there");
	return 0;
}
#define PLAN(p, bytes, nr) plan(p, bytes, sizeof(bytes) - 1, nr)

static gaddr_t jump_target(const uint8_t *code, gaddr_t addr)
{
	int32_t d;

	assert_int_equal(code[0], 0xe9);
	memcpy(&d, code + 1, sizeof(d));
	return addr + 5 + (gaddr_t)d;
}

/* The first place for the thunk that fits. */
static gaddr_t place(const struct syscall_patch *p)
{
	for (gaddr_t t = THUNK; t < THUNK + 0x40000; t += THUNK_SIZE)
		if (syscall_patch_fits(p, t))
			return t;
	fail_msg("no place");
	return 0;
}

static void test_mov(void **state UNUSED)
{
	struct syscall_patch p;
	uint8_t code[THUNK_SIZE];

	assert_int_equal(PLAN(&p, "\x90\xb8\x27\x00\x00\x00\x0f\x05\xc3", 39), 0);
	assert_true(p.mov);
	assert_int_equal(p.start, CODE + 1);
	assert_int_equal(p.len, 5);
	assert_int_equal(p.nr_moved, 0);
	assert_true(syscall_patch_fits(&p, THUNK + 64));
	assert_int_equal(syscall_patch_emit(&p, THUNK + 64, THUNK, code), 0);
	assert_int_equal(jump_target(p.new, p.start), THUNK + 64);
	assert_memory_equal(code, "\xb8\x27\x00\x00\x00", 5);
	assert_memory_equal(code + p.tail - 2, "\x0f\x05", 2);
	assert_int_equal(jump_target(code + p.resume, THUNK + 64 + p.resume), CODE + 8);

	assert_int_equal(PLAN(&p, "\x48\xc7\xc0\x27\x00\x00\x00\x0f\x05\xc3", 39), 0);
	assert_true(p.mov);
	assert_int_equal(p.start, CODE);
	assert_int_equal(p.len, 7);
}

static void test_what_only_looks_like_a_mov(void **state UNUSED)
{
	struct syscall_patch p;

	/* mov $39,%r8d; another number; too near the start to tell. What follows can be moved all the same. */
	assert_int_equal(PLAN(&p, "\x41\xb8\x27\x00\x00\x00\x0f\x05\x48\x85\xc0\xc3", 39), 0);
	assert_false(p.mov);
	assert_int_equal(PLAN(&p, "\x90\xb8\x28\x00\x00\x00\x0f\x05\x48\x85\xc0\xc3", 39), 0);
	assert_false(p.mov);
	assert_int_equal(PLAN(&p, "\xb8\x27\x00\x00\x00\x0f\x05\x48\x85\xc0\xc3", 39), 0);
	assert_false(p.mov);
	assert_int_equal(PLAN(&p, "\x90\xb8\xff\xff\xff\xff\x0f\x05\x48\x85\xc0\xc3", (uint64_t)-1), 0);
	assert_false(p.mov);
}

static void test_moved(void **state UNUSED)
{
	/* cmp $-4095,%rax; ja .+0x10; ret */
	static const char bytes[] = "\x0f\x05\x48\x3d\x01\xf0\xff\xff\x77\x10\xc3";
	struct syscall_patch p;
	uint8_t code[THUNK_SIZE];
	gaddr_t t;

	assert_int_equal(PLAN(&p, bytes, 1), 0);
	assert_false(p.mov);
	assert_int_equal(p.len, 8);
	assert_int_equal(p.nr_moved, 1);
	assert_int_equal(p.moved[0], 2);
	t = place(&p);
	assert_int_equal(syscall_patch_emit(&p, t, THUNK, code), 0);
	assert_int_equal(jump_target(p.new, p.start), t);
	assert_int_equal(p.new[2], PATCH_INVALID);
	assert_int_equal(p.new[5], PATCH_INVALID);
	assert_memory_equal(code + p.moved_to[0], bytes + 2, 6);
	assert_int_equal(jump_target(code + p.resume, t + p.resume), CODE + 8);
	assert_false(syscall_patch_fits(&p, CODE + 0x100000000));
}

static void test_moved_jump(void **state UNUSED)
{
	/* test %rax,%rax (3 bytes): enough. mov %eax,%edx (2); js .+0x20: the jump moves as well. */
	static const char bytes[] = "\x0f\x05\x89\xc2\x78\x20\xc3";
	struct syscall_patch p;
	uint8_t code[THUNK_SIZE];
	int32_t d;

	assert_int_equal(PLAN(&p, bytes, 1), 0);
	assert_int_equal(p.nr_moved, 2);
	assert_int_equal(p.len, 6);
	/* Two boundaries inside the jump ask for an area at a special distance. */
	gaddr_t t = p.start + 5 + 0x06000600 + 0x40;
	t = (t & ~(gaddr_t)0xff) | 0x40;
	assert_int_equal(syscall_patch_emit(&p, t, THUNK, code), 0);
	assert_memory_equal(code + p.moved_to[1], "\x0f\x88", 2);
	memcpy(&d, code + p.moved_to[1] + 2, sizeof(d));
	assert_int_equal(t + p.moved_to[1] + 6 + (gaddr_t)d, CODE + 6 + 0x20);
}

static void test_moved_operand(void **state UNUSED)
{
	/* mov 0x1234(%rip),%rbx */
	static const char bytes[] = "\x0f\x05\x48\x8b\x1d\x34\x12\x00\x00\xc3";
	struct syscall_patch p;
	uint8_t code[THUNK_SIZE];
	int32_t d;

	assert_int_equal(PLAN(&p, bytes, 1), 0);
	gaddr_t t = place(&p);
	assert_int_equal(syscall_patch_emit(&p, t, THUNK, code), 0);
	memcpy(&d, code + p.moved_to[0] + 3, sizeof(d));
	assert_int_equal(t + p.moved_to[0] + 7 + (gaddr_t)d, CODE + 9 + 0x1234);
}

static void test_refused(void **state UNUSED)
{
	struct syscall_patch p;

	assert_int_equal(PLAN(&p, "\x0f\x05\xe8\x00\x00\x00\x00", 1), -EINVAL);         /* call */
	assert_int_equal(PLAN(&p, "\x0f\x05\x0f\x05\x90\x90\x90", 1), -EINVAL);         /* another */
	assert_int_equal(PLAN(&p, "\x0f\x05\xe2\x10\x90\x90\x90", 1), -EINVAL);         /* loop */
	assert_int_equal(PLAN(&p, "\x0f\x05\xc3\x55\x48\x89\xe5", 1), -EINVAL);         /* a neighbour */
	assert_int_equal(PLAN(&p, "\x0f\x05\x06\x90\x90\x90\x90", 1), -EINVAL);         /* nothing */
	assert_int_equal(PLAN(&p, "\x0f\x05\x48", 1), -EINVAL);                         /* cut off */
	assert_int_equal(PLAN(&p, "\x0f\x05", 1), -EINVAL);
	assert_int_equal(PLAN(&p, "\x0f\x05\xc3\x90\x90\x90\x90", 1), 0);               /* padding */
	assert_int_equal(syscall_patch_plan(&p, CODE + 2, 1, (const uint8_t *)"\x90\x90", CODE, 2), -EINVAL);
	assert_int_equal(syscall_patch_plan(&p, CODE + 1, 1, (const uint8_t *)"\x0f\x05", CODE, 2), -EINVAL);
	assert_int_equal(syscall_patch_plan(&p, 1, 1, (const uint8_t *)"\x0f\x05", CODE, 2), -EINVAL);
}

/* Whatever surrounds it, a plan stays in its bounds. */
static void test_any_bytes(void **state UNUSED)
{
	unsigned seed = 12345, planned = 0;
	uint8_t code[48], thunk[THUNK_SIZE];
	struct syscall_patch p;

	printf("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 200000; i++) {
		for (size_t k = 0; k < sizeof(code); k++)
			code[k] = (uint8_t)rand();
		code[16] = 0x0f;
		code[17] = 0x05;
		size_t n = 18 + (size_t)rand() % 31;
		if (syscall_patch_plan(&p, CODE + 18, (uint64_t)rand() % 500, code, CODE, n))
			continue;
		planned++;
		assert_true(p.start >= CODE && p.start + p.len <= CODE + n);
		assert_in_range(p.len, 5, PATCH_MAX);
		for (unsigned k = 0; k < p.nr_moved; k++)
			assert_true(p.moved[k] >= 2u && p.moved[k] + p.moved_len[k] <= PATCH_MAX);
		if (syscall_patch_emit(&p, THUNK + 64, THUNK, thunk) == 0)
			assert_true(p.resume + 5 <= THUNK_SIZE && p.tail < p.resume);
	}
	assert_true(planned > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mov),
		cmocka_unit_test(test_what_only_looks_like_a_mov),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_moved_jump),
		cmocka_unit_test(test_moved_operand),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
