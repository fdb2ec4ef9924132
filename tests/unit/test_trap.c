/* SPDX-License-Identifier: Apache-2.0
 *
 * The trap platform by itself: guest code of a few bytes, no tasks and no system calls behind it.
 */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <cmocka.h>
#include <asm/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop.h"
#include "core/objcount.h"
#include "core/platform/platform.h"

#define CODE 0x10000000UL
#define DATA 0x20000000UL

/* Runs fn as a coroutine under a live platform and tears everything down again. */
static void (*body)(void);

static void body_main(void *arg UNUSED)
{
	body();
	loop_stop(7);
}

static void leak_check(const struct objcount *c, void *arg UNUSED)
{
	if (c->live)
		print_error("%ld of %s are left\n", c->live, c->name);
	assert_int_equal(c->live, 0);
}

static void with_platform(void (*fn)(void))
{
	int err;

	platform = platform_find("trap", &err);
	assert_non_null(platform);
	assert_int_equal(loop_init(), 0);
	assert_int_equal(platform->init(), 0);
	body = fn;
	assert_non_null(co_new("test", body_main, NULL));
	assert_int_equal(loop_run(), 7);
	platform->done();
	loop_done();
	objcount_each(leak_check, NULL);
}

/* A fresh address space with `code` at CODE and a page at DATA, the context about to run it. */
static void guest_start(const void *code, size_t n, struct as **as, struct ctx **ctx)
{
	assert_int_equal(platform->as_new(as, ctx), 0);
	struct as_op ops[] = {
		{ .kind = AS_MAP, .addr = CODE, .len = PAGE_SIZE, .prot = PROT_READ | PROT_WRITE | PROT_EXEC,
		  .flags = MAP_PRIVATE | MAP_ANONYMOUS },
		{ .kind = AS_MAP, .addr = DATA, .len = PAGE_SIZE, .prot = PROT_READ | PROT_WRITE,
		  .flags = MAP_PRIVATE | MAP_ANONYMOUS },
	};
	assert_int_equal(platform->as_exec(*ctx, ops, 2), 0);
	assert_int_equal(platform->as_write(*as, CODE, code, n), n);
	struct arch_regs r = { .rip = CODE, .rsp = DATA + PAGE_SIZE };
	platform->ctx_set_regs(*ctx, &r);
	platform->ctx_set_fp(*ctx, NULL, 0);
	platform->ctx_set_tls(*ctx, ARCH_SET_FS, 0);
}

static void guest_end(struct as *as, struct ctx *ctx)
{
	platform->ctx_destroy(ctx);
	platform->as_destroy(as);
}

/* mov $nr,%eax; mov $7,%edi; syscall; then the same again in a loop */
static const unsigned char call_loop[] = {
	0xb8, 0x39, 0x05, 0, 0, 0xbf, 7, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf2,
};

static void syscalls_trap(void)
{
	struct as *as;
	struct ctx *ctx;
	struct trap t;

	guest_start(call_loop, sizeof(call_loop), &as, &ctx);
	for (int i = 0; i < 1000; i++) {
		platform->ctx_run(ctx, &t);
		assert_int_equal(t.kind, TRAP_SYSCALL);
		assert_int_equal(t.sc.nr, 1337);
		assert_int_equal(t.sc.args[0], 7);
		assert_int_equal(t.sc.arch, ARCH_AUDIT);
		platform->ctx_set_result(ctx, i);
	}
	struct arch_regs r;
	platform->ctx_get_regs(ctx, &r);
	assert_int_equal(r.rip, CODE + 12);
	guest_end(as, ctx);
}

static void faults_trap(void)
{
	/* mov 0x1234,%al ; ud2 */
	static const unsigned char code[] = { 0x8a, 0x04, 0x25, 0x34, 0x12, 0, 0, 0x0f, 0x0b };
	struct as *as;
	struct ctx *ctx;
	struct trap t;
	struct arch_regs r;

	guest_start(code, sizeof(code), &as, &ctx);
	platform->ctx_run(ctx, &t);
	assert_int_equal(t.kind, TRAP_FAULT);
	assert_int_equal(t.fault.signo, SIGSEGV);
	assert_int_equal(t.fault.code, SEGV_MAPERR);
	assert_int_equal(t.fault.addr, 0x1234);
	platform->ctx_get_regs(ctx, &r);
	assert_int_equal(r.rip, CODE);
	r.rip += 7;
	platform->ctx_set_regs(ctx, &r);
	platform->ctx_run(ctx, &t);
	assert_int_equal(t.kind, TRAP_FAULT);
	assert_int_equal(t.fault.signo, SIGILL);
	guest_end(as, ctx);
}

struct kicker {
	struct timer t;
	struct ctx *ctx;
	pid_t pid;
};

static void fire_kick(struct timer *t)
{
	platform->ctx_kick(container_of(t, struct kicker, t)->ctx);
}

static void fire_kill(struct timer *t)
{
	kill(container_of(t, struct kicker, t)->pid, SIGKILL);
}

static void kick_interrupts(void)
{
	static const unsigned char spin[] = { 0xeb, 0xfe };
	struct as *as;
	struct ctx *ctx;
	struct trap t;

	guest_start(spin, sizeof(spin), &as, &ctx);
	struct kicker k = { .t.fn = fire_kick, .ctx = ctx };
	for (int i = 0; i < 10; i++) {
		timer_arm(&k.t, ktime_add(clock_monotonic(), NSEC_PER_MSEC));
		platform->ctx_run(ctx, &t);
		assert_int_equal(t.kind, TRAP_INTERRUPTED);
	}
	guest_end(as, ctx);
}

static void fork_copies(void)
{
	struct as *as, *as2;
	struct ctx *ctx, *ctx2;
	struct trap t;
	uint32_t v = 5, w = 9;

	guest_start(call_loop, sizeof(call_loop), &as, &ctx);
	platform->as_write(as, DATA, &v, sizeof(v));
	platform->ctx_run(ctx, &t);
	assert_int_equal(platform->as_fork(ctx, &as2, &ctx2), 0);
	assert_true(platform->as_pid(as2) != platform->as_pid(as));
	platform->as_write(as, DATA, &w, sizeof(w));
	assert_int_equal(platform->as_read(as2, &v, DATA, sizeof(v)), sizeof(v));
	assert_int_equal(v, 5);
	platform->ctx_set_result(ctx2, 0);
	platform->ctx_run(ctx2, &t);
	assert_int_equal(t.kind, TRAP_SYSCALL);
	platform->ctx_run(ctx, &t);
	assert_int_equal(t.kind, TRAP_SYSCALL);
	guest_end(as, ctx);
	platform->ctx_run(ctx2, &t);
	assert_int_equal(t.kind, TRAP_SYSCALL);
	guest_end(as2, ctx2);
}

static void threads_share(void)
{
	struct as *as;
	struct ctx *ctx, *th[20];
	struct trap t;

	guest_start(call_loop, sizeof(call_loop), &as, &ctx);
	platform->ctx_run(ctx, &t);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			assert_int_equal(platform->ctx_new(ctx, &th[i]), 0);
			platform->ctx_set_tls(th[i], ARCH_SET_FS, 0x1000u * (unsigned)i);
		}
		for (int i = 0; i < 20; i++) {
			platform->ctx_run(th[i], &t);
			assert_int_equal(t.kind, TRAP_SYSCALL);
			assert_int_equal(platform->ctx_get_tls(th[i], ARCH_SET_FS), 0x1000 * i);
		}
		for (int i = 0; i < 20; i++)
			platform->ctx_destroy(th[i]);
	}
	platform->ctx_run(ctx, &t);
	assert_int_equal(t.kind, TRAP_SYSCALL);
	guest_end(as, ctx);
}

static void died_is_told(void)
{
	static const unsigned char spin[] = { 0xeb, 0xfe };
	struct as *as;
	struct ctx *ctx;
	struct trap t;

	guest_start(spin, sizeof(spin), &as, &ctx);
	struct kicker k = { .t.fn = fire_kill, .pid = platform->as_pid(as) };
	timer_arm(&k.t, ktime_add(clock_monotonic(), NSEC_PER_MSEC));
	platform->ctx_run(ctx, &t);
	assert_int_equal(t.kind, TRAP_DIED);
	assert_int_equal(platform->as_read(as, &t, DATA, 1), 0);
	guest_end(as, ctx);
}

static void cmpxchg_is_safe(void)
{
	struct as *as;
	struct ctx *ctx;
	uint32_t v = 5, old = 5;

	guest_start(call_loop, sizeof(call_loop), &as, &ctx);
	platform->as_write(as, DATA, &v, sizeof(v));
	assert_int_equal(platform->as_cmpxchg32(as, DATA, &old, 6), 0);
	assert_int_equal(old, 5);
	assert_int_equal(platform->as_cmpxchg32(as, DATA, &old, 7), 0);
	assert_int_equal(old, 6); /* not exchanged: it was 6, not 5 */
	platform->as_read(as, &v, DATA, 4);
	assert_int_equal(v, 6);
	assert_int_equal(platform->as_cmpxchg32(as, 0x1000, &old, 7), -EFAULT);
	guest_end(as, ctx);
}

/* Jumps into the stub's text, at its syscall instruction, with open(2) in the registers. */
static void stub_syscalls_are_filtered(void)
{
	static unsigned char code[] = {
		0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, /* movabs $addr,%rax */
		0x48, 0x89, 0xc1,                   /* mov %rax,%rcx */
		0xb8, 2, 0, 0, 0,                   /* mov $2,%eax */
		0xff, 0xe1,                         /* jmp *%rcx */
	};
	struct as *as;
	struct ctx *ctx;
	struct trap t;
	unsigned char text[4096];

	guest_start(call_loop, sizeof(call_loop), &as, &ctx);
	uint64_t window = platform->limits.window_start, at = 0;
	size_t n = platform->as_read(as, text, window, sizeof(text));
	for (size_t i = 0; i + 1 < n && !at; i++)
		if (text[i] == 0x0f && text[i + 1] == 0x05)
			at = window + i;
	assert_true(at != 0);
	memcpy(code + 2, &at, 8);
	platform->as_write(as, CODE, code, sizeof(code));
	platform->ctx_run(ctx, &t);
	assert_int_equal(t.kind, TRAP_DIED);
	guest_end(as, ctx);
}

#define TEST(fn) static void test_##fn(void **state UNUSED) { with_platform(fn); }
TEST(syscalls_trap)
TEST(faults_trap)
TEST(kick_interrupts)
TEST(fork_copies)
TEST(threads_share)
TEST(died_is_told)
TEST(cmpxchg_is_safe)
TEST(stub_syscalls_are_filtered)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syscalls_trap), cmocka_unit_test(test_faults_trap),
		cmocka_unit_test(test_kick_interrupts), cmocka_unit_test(test_fork_copies),
		cmocka_unit_test(test_threads_share), cmocka_unit_test(test_died_is_told),
		cmocka_unit_test(test_cmpxchg_is_safe), cmocka_unit_test(test_stub_syscalls_are_filtered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
