/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines, wait queues, mutexes, timers: the engine without a platform.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/co.h"
#include "core/loop.h"
#include "core/objcount.h"

static char trace[256];

static void note(const char *s)
{
	strncat(trace, s, sizeof(trace) - strlen(trace) - 1);
}

static void leak_check(const struct objcount *c, void *arg UNUSED)
{
	assert_int_equal(c->live, 0);
}

/* Runs fn in a coroutine until it and the loop end. */
static void run(void (*fn)(void *), void *arg)
{
	trace[0] = '\0';
	assert_int_equal(loop_init(), 0);
	assert_non_null(co_new("test", fn, arg));
	loop_run();
	loop_done();
	assert_int_equal(co_live(), 0);
	objcount_each(leak_check, NULL);
}

/* ---- order ---- */

static void letters(void *arg)
{
	const char *s = arg;
	char one[2] = { 0 };

	for (; *s; s++) {
		one[0] = *s;
		note(one);
		co_yield();
	}
}

static void order_main(void *arg UNUSED)
{
	co_new("a", letters, "abc");
	co_new("b", letters, "123");
	for (int i = 0; i < 8; i++)
		co_yield();
	loop_stop(0);
}

static void test_first_in_first_out(void **state UNUSED)
{
	run(order_main, NULL);
	assert_string_equal(trace, "a1b2c3");
}

/* ---- wait queues ---- */

static struct waitq q;

static void sleeper(void *arg)
{
	int err = wait_on(&q, KTIME_NEVER);

	note(err ? "!" : arg);
}

static void wake_main(void *arg UNUSED)
{
	waitq_init(&q);
	struct co *third;
	co_new("1", sleeper, "1");
	co_new("2", sleeper, "2");
	third = co_new("3", sleeper, "3");
	co_yield();
	wake_one(&q);
	co_yield();
	note("-");
	co_interrupt(third, false);
	co_yield();
	note("-");
	wake_all(&q);
	co_yield();
	waitq_done(&q);
	loop_stop(0);
}

static void test_wake_order_and_interrupt(void **state UNUSED)
{
	run(wake_main, NULL);
	assert_string_equal(trace, "1-!-2");
}

/* A wake-up for one must reach a second sleeper when the first was woken already. */
static void two_wakes_main(void *arg UNUSED)
{
	waitq_init(&q);
	co_new("1", sleeper, "1");
	co_new("2", sleeper, "2");
	co_yield();
	wake_one(&q);
	wake_one(&q);
	co_yield();
	loop_stop(0);
}

static void test_wakes_are_not_lost(void **state UNUSED)
{
	run(two_wakes_main, NULL);
	assert_string_equal(trace, "12");
}

static void deadline_main(void *arg UNUSED)
{
	waitq_init(&q);
	ktime_t start = clock_monotonic();
	assert_int_equal(wait_on(&q, start + 2 * NSEC_PER_MSEC), -ETIMEDOUT);
	assert_true(clock_monotonic() >= start + 2 * NSEC_PER_MSEC);
	assert_int_equal(wait_on(&q, start), -ETIMEDOUT);
	assert_int_equal(sleep_until(clock_monotonic() + NSEC_PER_MSEC), 0);
	co_self()->interrupt = true;
	assert_int_equal(sleep_until(KTIME_NEVER), -ERESTARTSYS);
	assert_int_equal(wait_on_mode(&q, clock_monotonic() + NSEC_PER_MSEC, WAIT_KILLABLE), -ETIMEDOUT);
	loop_stop(0);
}

static void test_deadlines(void **state UNUSED)
{
	run(deadline_main, NULL);
}

/* ---- mutexes ---- */

static struct comutex m;
static int inside;

static void locker(void *arg)
{
	comutex_lock(&m);
	assert_int_equal(inside++, 0);
	note(arg);
	co_yield();
	inside--;
	comutex_unlock(&m);
}

static void mutex_main(void *arg UNUSED)
{
	comutex_init(&m);
	comutex_lock(&m);
	co_new("a", locker, "a");
	co_new("b", locker, "b");
	co_new("c", locker, "c");
	co_yield();
	note("-");
	comutex_unlock(&m);
	for (int i = 0; i < 10; i++)
		co_yield();
	comutex_done(&m);
	loop_stop(0);
}

static void test_mutex_is_fair(void **state UNUSED)
{
	run(mutex_main, NULL);
	assert_string_equal(trace, "-abc");
}

/* ---- switching keeps what a callee must keep ---- */

static double deep(int n, double x)
{
	volatile char room[512];

	room[0] = (char)n;
	if (n == 0) {
		co_yield();
		return x;
	}
	return deep(n - 1, x * 1.5) + room[0] * 0.0;
}

static void float_main(void *arg UNUSED)
{
	struct co *noise = co_new("noise", letters, "xyz");
	assert_non_null(noise);
	double v = deep(20, 1.0);
	double want = 1.0;
	for (int i = 0; i < 20; i++)
		want *= 1.5;
	assert_true(v == want);
	for (int i = 0; i < 4; i++)
		co_yield();
	loop_stop(0);
}

static void test_switch_keeps_registers_and_stack(void **state UNUSED)
{
	run(float_main, NULL);
}

/* ---- timers ---- */

static struct timer timers[200];
static int fired;

static void timer_fired(struct timer *t)
{
	static ktime_t last;

	if (fired == 0)
		last = 0;
	assert_true(t->deadline >= last);
	last = t->deadline;
	fired++;
}

static void timer_main(void *arg)
{
	unsigned seed = *(unsigned *)arg;
	ktime_t now = clock_monotonic();
	int armed = 0;

	fired = 0;
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		timers[i] = (struct timer){ .fn = timer_fired };
		timer_arm(&timers[i], now + rand_r(&seed) % 3000 * NSEC_PER_USEC);
		timers_verify();
	}
	for (size_t i = 0; i < ARRAY_LEN(timers); i++) {
		if (rand_r(&seed) % 3 == 0)
			timer_cancel(&timers[i]);
		else if (rand_r(&seed) % 3 == 0)
			timer_arm(&timers[i], now + rand_r(&seed) % 3000 * NSEC_PER_USEC);
		timers_verify();
		armed += timer_armed(&timers[i]);
	}
	while (timers_next() != KTIME_NEVER)
		sleep_until(clock_monotonic() + NSEC_PER_MSEC);
	assert_int_equal(fired, armed);
	loop_stop(0);
}

static void test_timer_heap(void **state UNUSED)
{
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	run(timer_main, &seed);
}

/* ---- many ---- */

static int finished;

static void short_life(void *arg UNUSED)
{
	co_yield();
	finished++;
}

static void many_main(void *arg UNUSED)
{
	for (int round = 0; round < 20; round++) {
		finished = 0;
		for (int i = 0; i < 500; i++)
			assert_non_null(co_new("short", short_life, NULL));
		while (finished < 500)
			co_yield();
	}
	loop_stop(0);
}

static void test_ten_thousand_coroutines(void **state UNUSED)
{
	run(many_main, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out),
		cmocka_unit_test(test_wake_order_and_interrupt),
		cmocka_unit_test(test_wakes_are_not_lost),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_mutex_is_fair),
		cmocka_unit_test(test_switch_keeps_registers_and_stack),
		cmocka_unit_test(test_timer_heap),
		cmocka_unit_test(test_ten_thousand_coroutines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
