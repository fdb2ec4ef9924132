/* SPDX-License-Identifier: Apache-2.0
 *
 * Unit tests of tasks/signal_queue.c: coalescing, order, limits, flushing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tasks/signal_impl.h"
#include "tasks/user.h"

#define UID 1234

static struct sigpending p;

static int setup(void **state UNUSED)
{
	sigpending_init(&p);
	return 0;
}

static int teardown(void **state UNUSED)
{
	sigpending_flush(&p, ~(sigmask_t)0);
	return user_signals(UID) != 0 || p.count != 0 || p.set != 0;
}

static int add(int sig, int value, uint64_t limit, bool may_drop)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	info.si_value.sival_int = value;
	return sigpending_add(&p, sig, &info, UID, limit, may_drop);
}

static int take(int sig)
{
	siginfo_t info;

	sigpending_take(&p, sig, &info);
	assert_int_equal(info.si_signo, sig);
	return info.si_value.sival_int;
}

static void standard_signals_coalesce(void **state UNUSED)
{
	assert_int_equal(add(SIGUSR1, 1, 100, true), 0);
	assert_int_equal(add(SIGUSR1, 2, 100, true), 0);
	assert_int_equal(p.count, 1);
	assert_int_equal(take(SIGUSR1), 1);
	assert_int_equal(p.set, 0);
}

static void real_time_signals_queue_in_order(void **state UNUSED)
{
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(40, i, 100, false), 0);
	assert_int_equal(p.count, 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(sigpending_next(&p, ~(sigmask_t)0), 40);
		assert_int_equal(take(40), i);
	}
	assert_int_equal(sigpending_next(&p, ~(sigmask_t)0), 0);
}

static void lowest_first_faults_before_all(void **state UNUSED)
{
	add(64, 0, 100, false);
	add(SIGTERM, 0, 100, true);
	add(35, 0, 100, false);
	add(SIGHUP, 0, 100, true);
	add(SIGSEGV, 0, 100, true);
	assert_int_equal(sigpending_next(&p, ~(sigmask_t)0), SIGSEGV);
	take(SIGSEGV);
	assert_int_equal(sigpending_next(&p, ~(sigmask_t)0), SIGHUP);
	assert_int_equal(sigpending_next(&p, ~sig_bit(SIGHUP)), SIGTERM);
	take(SIGHUP);
	take(SIGTERM);
	assert_int_equal(sigpending_next(&p, ~(sigmask_t)0), 35);
	take(35);
	assert_int_equal(sigpending_next(&p, ~sig_bit(64)), 0);
	assert_int_equal(sigpending_next(&p, ~(sigmask_t)0), 64);
}

static void limit_refuses_or_drops_the_data(void **state UNUSED)
{
	siginfo_t info;

	assert_int_equal(add(40, 1, 2, false), 0);
	assert_int_equal(add(40, 2, 2, false), 0);
	assert_int_equal(add(41, 3, 2, false), -EAGAIN);
	assert_false(p.set & sig_bit(41));
	/* A standard signal arrives all the same, without its data. */
	assert_int_equal(add(SIGUSR2, 4, 2, true), 0);
	assert_int_equal(user_signals(UID), 2);
	sigpending_take(&p, SIGUSR2, &info);
	assert_int_equal(info.si_code, SI_USER);
	assert_int_equal(info.si_pid, 0);
	/* Taking one makes room again. */
	assert_int_equal(take(40), 1);
	assert_int_equal(add(41, 5, 2, false), 0);
}

static void flush_takes_only_what_was_named(void **state UNUSED)
{
	add(SIGTSTP, 0, 100, true);
	add(SIGCONT, 0, 100, true);
	add(SIGTTIN, 0, 100, true);
	sigpending_flush(&p, SIGMASK_STOP);
	assert_int_equal(p.set, sig_bit(SIGCONT));
	assert_int_equal(p.count, 1);
}

static void altstack_is_recognised(void **state UNUSED)
{
	struct sigframe_altstack alt = { .sp = 0x10000, .size = 0x2000 };

	assert_true(sigframe_on_altstack(&alt, 0x12000));
	assert_true(sigframe_on_altstack(&alt, 0x10001));
	assert_false(sigframe_on_altstack(&alt, 0x10000));
	assert_false(sigframe_on_altstack(&alt, 0x12001));
	alt.flags = (int)SS_AUTODISARM;
	assert_false(sigframe_on_altstack(&alt, 0x11000));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(standard_signals_coalesce),
		TEST(real_time_signals_queue_in_order),
		TEST(lowest_first_faults_before_all),
		TEST(limit_refuses_or_drops_the_data),
		TEST(flush_takes_only_what_was_named),
		TEST(altstack_is_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
