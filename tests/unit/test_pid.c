/* SPDX-License-Identifier: Apache-2.0
 *
 * Unit tests of tasks/pid.c: order of ids, wrap, sharing of a number, walks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tasks/pid.h"

static int objects[8]; /* only their addresses matter */

static struct task *fake_task(int i) { return (struct task *)&objects[i]; }
static struct thread_group *fake_tg(int i) { return (struct thread_group *)&objects[i]; }
static struct pgrp *fake_pgrp(int i) { return (struct pgrp *)&objects[i]; }

static void ids_increase_and_skip(void **state UNUSED)
{
	pid_t a, b, c;

	pid_set_last(0);
	a = pid_new(0);
	b = pid_new(0);
	assert_int_equal(a, 1);
	assert_int_equal(b, 2);
	/* A number that was given back isn't used again before the wrap. */
	pid_cancel(b);
	c = pid_new(0);
	assert_int_equal(c, 3);
	assert_int_equal(pid_new(5), 5);
	assert_int_equal(pid_new(5), -EEXIST);
	assert_int_equal(pid_new(0), 4);
	assert_int_equal(pid_new(0), 6);
	pid_cancel(1);
	pid_cancel(3);
	pid_cancel(4);
	pid_cancel(5);
	pid_cancel(6);
}

static void wrap_starts_above_the_reserved(void **state UNUSED)
{
	pid_t last, first;

	pid_set_last(PID_MAX - 2);
	last = pid_new(0);
	assert_int_equal(last, PID_MAX - 1);
	first = pid_new(0);
	assert_int_equal(first, PID_RESERVED);
	/* The next wrap steps over what is still in use. */
	pid_set_last(PID_MAX - 1);
	assert_int_equal(pid_new(0), PID_RESERVED + 1);
	pid_set_last(PID_MAX - 2);
	assert_int_equal(pid_new(0), PID_RESERVED + 2);
	pid_cancel(last);
	pid_cancel(PID_RESERVED);
	pid_cancel(PID_RESERVED + 1);
	pid_cancel(PID_RESERVED + 2);
}

static void number_lives_with_its_last_user(void **state UNUSED)
{
	pid_t nr = pid_new(1000);

	pid_set_task(nr, fake_task(0));
	pid_set_tg(nr, fake_tg(1));
	pid_set_pgrp(nr, fake_pgrp(2));
	assert_int_equal(tasks_count(), 1);
	assert_ptr_equal(task_find(nr), fake_task(0));
	assert_ptr_equal(tg_find(nr), fake_tg(1));
	assert_null(session_find(nr));
	pid_set_task(nr, NULL);
	pid_set_tg(nr, NULL);
	assert_int_equal(tasks_count(), 0);
	assert_null(task_find(nr));
	assert_true(pid_in_use(nr));
	assert_int_equal(pid_new(1000), -EEXIST);
	pid_set_pgrp(nr, NULL);
	assert_false(pid_in_use(nr));
}

static void walks_are_in_order(void **state UNUSED)
{
	static const pid_t nrs[] = { 700, 20, 300 };

	for (int i = 0; i < 3; i++) {
		pid_new(nrs[i]);
		pid_set_task(nrs[i], fake_task(i));
	}
	pid_new(200); /* a number without a task */
	assert_ptr_equal(task_next(0), fake_task(1));
	assert_ptr_equal(task_next(20), fake_task(2));
	assert_ptr_equal(task_next(300), fake_task(0));
	assert_null(task_next(700));
	assert_null(task_next(INT32_MAX));
	assert_null(tg_next(0));
	for (int i = 0; i < 3; i++)
		pid_set_task(nrs[i], NULL);
	pid_cancel(200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_increase_and_skip),
		cmocka_unit_test(wrap_starts_above_the_reserved),
		cmocka_unit_test(number_lives_with_its_last_user),
		cmocka_unit_test(walks_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
