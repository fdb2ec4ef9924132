/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids of System V IPC go round as Linux's do, and charges stay within limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "core/ipc/ns.h"

static struct ipc_ids ids;
static struct cred root;
static const struct ipc_who who = { .cred = &root, .tgid = 2, .tid = 2 };

static void obj_free(struct ipc_obj *o)
{
	free(o);
}

/* The id of a new object; it can be found by ipc_find(). */
static int add(int32_t key)
{
	struct ipc_obj *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->key = key;
	o->mode = 0600;
	o->free = obj_free;
	int id = ipc_add(&ids, o, &who, 32000);
	if (id < 0)
		free(o);
	return id;
}

static void drop(int id)
{
	struct ipc_obj *o = ipc_find(&ids, id);

	assert_non_null(o);
	ipc_remove(o);
	ipc_unref(o);
}

static int empty(void **state UNUSED)
{
	struct ipc_obj *o;

	while ((o = ipc_next(&ids, 0)))
		drop(o->id);
	ipc_ids_done(&ids);
	return 0;
}

static int fresh(void **state UNUSED)
{
	ipc_ids_init(&ids);
	return 0;
}

static void test_indexes_go_round(void **state UNUSED)
{
	/* One object at a time: 64 indexes, then the next sequence number. */
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < 64; i++) {
			int id = add(0);
			assert_int_equal(id, (turn << IPCMNI_SHIFT) + i);
			drop(id);
			assert_null(ipc_find(&ids, id));
		}
	}
	assert_int_equal(ipc_max_index(&ids), 0);
	assert_int_equal(ids.in_use, 0);
}

static void test_used_indexes_are_passed_over(void **state UNUSED)
{
	for (int i = 0; i < 64; i++)
		assert_int_equal(add(0), i);
	/* The window grows with what is in it. */
	assert_int_equal(add(0), 64);
	drop(10);
	drop(20);
	for (int i = 65; i < 94; i++)
		assert_int_equal(add(0), i);
	assert_int_equal(ipc_max_index(&ids), 93);
	drop(93);
	assert_int_equal(ipc_max_index(&ids), 92);
	assert_int_equal(ipc_index(ipc_next(&ids, 10)), 11);
}

static void test_limit(void **state UNUSED)
{
	for (int i = 0; i < 32000; i++)
		assert_true(add(0) >= 0);
	assert_int_equal(add(0), -ENOSPC);
	drop(17);
	assert_true(add(0) >= 0);
	assert_int_equal(add(0), -ENOSPC);
}

static int made(void *arg)
{
	return add(*(int32_t *)arg);
}

static void test_keys(void **state UNUSED)
{
	static const struct ipc_get_ops ops = { .create = made };
	int32_t key = 77, none = 0;

	assert_int_equal(ipc_get(&ids, &who, key, 0, &ops, &key), -ENOENT);
	int id = ipc_get(&ids, &who, key, IPC_CREAT, &ops, &key);
	assert_true(id >= 0);
	assert_int_equal(ipc_get(&ids, &who, key, IPC_CREAT, &ops, &key), id);
	assert_int_equal(ipc_get(&ids, &who, key, IPC_CREAT | IPC_EXCL, &ops, &key), -EEXIST);
	assert_int_not_equal(ipc_get(&ids, &who, IPC_PRIVATE, 0, &ops, &none), id);
	ipc_forget_key(ipc_find(&ids, id));
	assert_int_equal(ipc_get(&ids, &who, key, 0, &ops, &key), -ENOENT);
	assert_non_null(ipc_find(&ids, id));
}

static void test_access(void **state UNUSED)
{
	struct cred other = { .euid = 5, .egid = 6, .fsgid = 6 };
	struct ipc_who him = { .cred = &other };
	struct ipc_obj *o = ipc_find(&ids, add(0));

	o->mode = 0640;
	assert_int_equal(ipc_access(o, &who, 0600), 0);
	assert_int_equal(ipc_access(o, &who, 0100), -EACCES);
	assert_int_equal(ipc_access(o, &him, 0444), -EACCES);
	o->gid = 6;
	assert_int_equal(ipc_access(o, &him, 0444), 0);
	assert_int_equal(ipc_access(o, &him, 0222), -EACCES);
	assert_int_equal(ipc_owner(o, &him), -EPERM);
	other.cap_effective = 1ull << CAP_IPC_OWNER;
	assert_int_equal(ipc_access(o, &him, 0777), 0);
	assert_int_equal(ipc_owner(o, &him), -EPERM);
	other.cap_effective = 1ull << CAP_SYS_ADMIN;
	assert_int_equal(ipc_owner(o, &him), 0);
}

static void test_charges(void **state UNUSED)
{
	assert_int_equal(ipc_charge(IPC_CHARGE_MQ, 1, 100, 100), 0);
	assert_int_equal(ipc_charge(IPC_CHARGE_MQ, 1, 1, 100), -EMFILE);
	assert_int_equal(ipc_charge(IPC_CHARGE_MQ, 1, UINT64_MAX, UINT64_MAX), -EMFILE);
	assert_int_equal(ipc_charge(IPC_CHARGE_LOCKED, 1, 1, 100), 0);
	assert_int_equal(ipc_charge(IPC_CHARGE_MQ, 2, 100, 100), 0);
	ipc_uncharge(IPC_CHARGE_MQ, 1, 60);
	assert_int_equal(ipc_charge(IPC_CHARGE_MQ, 1, 60, 100), 0);
	ipc_uncharge(IPC_CHARGE_MQ, 1, 100);
	ipc_uncharge(IPC_CHARGE_LOCKED, 1, 1);
	ipc_uncharge(IPC_CHARGE_MQ, 2, 100);
	ipc_uncharge(IPC_CHARGE_MQ, 2, 100); /* of nobody: nothing happens */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_indexes_go_round, fresh, empty),
		cmocka_unit_test_setup_teardown(test_used_indexes_are_passed_over, fresh, empty),
		cmocka_unit_test_setup_teardown(test_limit, fresh, empty),
		cmocka_unit_test_setup_teardown(test_keys, fresh, empty),
		cmocka_unit_test_setup_teardown(test_access, fresh, empty),
		cmocka_unit_test(test_charges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
