/* SPDX-License-Identifier: Apache-2.0
 *
 * Unit tests of credentials: groups, and the rules of execve(2) in capabilities(7).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/securebits.h>
#include <stdlib.h>

#include "tasks/exec.h"

#define ALL ((1ULL << (CAP_LAST_CAP + 1)) - 1)

static struct cred *user(uid_t uid)
{
	struct cred *c = cred_new();

	c->ruid = c->euid = c->suid = c->fsuid = uid;
	c->rgid = c->egid = c->sgid = c->fsgid = uid;
	c->cap_bounding = ALL;
	if (!uid)
		c->cap_permitted = c->cap_effective = ALL;
	return c;
}

static struct cred *after_exec(const struct cred *old, uint32_t mode, uid_t owner, bool *secure)
{
	struct load_file_ids fi = { .mode = S_IFREG | mode, .uid = owner, .gid = owner };
	struct cred *c;

	assert_int_equal(exec_compute_cred(old, &fi, false, &c, secure), 0);
	return c;
}

static void groups_are_found(void **state UNUSED)
{
	static const gid_t g[] = { 3, 10, 44, 1000 };
	struct cred *c = user(5), *d;

	c->groups = malloc(sizeof(g));
	memcpy(c->groups, g, sizeof(g));
	c->ngroups = 4;
	for (int i = 0; i < 4; i++)
		assert_true(cred_in_group(c, g[i]));
	assert_true(cred_in_group(c, 5));
	assert_false(cred_in_group(c, 11));
	assert_false(cred_in_group(c, 0));
	assert_false(cred_in_group(c, 2000));
	d = cred_dup(c);
	assert_ptr_not_equal(d->groups, c->groups);
	assert_true(cred_in_group(d, 44));
	cred_unref(c);
	cred_unref(d);
}

static void plain_exec_changes_nothing(void **state UNUSED)
{
	struct cred *c = user(1000), *n;
	bool secure;

	n = after_exec(c, 0755, 0, &secure);
	assert_int_equal(n->euid, 1000);
	assert_int_equal(n->cap_permitted, 0);
	assert_false(secure);
	cred_unref(n);
	cred_unref(c);
}

static void root_has_all_of_its_bounds(void **state UNUSED)
{
	struct cred *c = user(0), *n;
	bool secure;

	c->cap_bounding = 1ULL << CAP_CHOWN;
	n = after_exec(c, 0755, 0, &secure);
	assert_int_equal(n->cap_permitted, 1ULL << CAP_CHOWN);
	assert_int_equal(n->cap_effective, 1ULL << CAP_CHOWN);
	assert_false(secure);
	cred_unref(n);
	/* NOROOT takes the privilege of uid 0 away. */
	c->securebits = SECBIT_NOROOT;
	n = after_exec(c, 0755, 0, &secure);
	assert_int_equal(n->cap_permitted, 0);
	cred_unref(n);
	cred_unref(c);
}

static void set_uid_root_gains(void **state UNUSED)
{
	struct cred *c = user(1000), *n;
	bool secure;

	n = after_exec(c, 04755, 0, &secure);
	assert_int_equal(n->ruid, 1000);
	assert_int_equal(n->euid, 0);
	assert_int_equal(n->suid, 0);
	assert_int_equal(n->fsuid, 0);
	assert_int_equal(n->cap_effective, ALL);
	assert_true(secure);
	cred_unref(n);
	c->no_new_privs = true;
	n = after_exec(c, 04755, 0, &secure);
	assert_int_equal(n->euid, 1000);
	assert_int_equal(n->cap_permitted, 0);
	cred_unref(n);
	cred_unref(c);
}

static void set_gid_needs_group_execute(void **state UNUSED)
{
	struct cred *c = user(1000), *n;
	bool secure;

	n = after_exec(c, 02745, 50, &secure);
	assert_int_equal(n->egid, 1000);
	cred_unref(n);
	n = after_exec(c, 02755, 50, &secure);
	assert_int_equal(n->egid, 50);
	assert_int_equal(n->rgid, 1000);
	assert_true(secure);
	cred_unref(n);
	cred_unref(c);
}

static void ambient_survives_plain_files_only(void **state UNUSED)
{
	uint64_t bit = 1ULL << CAP_NET_BIND_SERVICE;
	struct cred *c = user(1000), *n;
	bool secure;

	c->cap_permitted = c->cap_inheritable = c->cap_ambient = bit;
	c->securebits = SECBIT_KEEP_CAPS;
	n = after_exec(c, 0755, 0, &secure);
	assert_int_equal(n->cap_permitted, bit);
	assert_int_equal(n->cap_effective, bit);
	assert_int_equal(n->securebits, 0);
	assert_false(secure);
	cred_unref(n);
	n = after_exec(c, 04755, 2000, &secure);
	assert_int_equal(n->euid, 2000);
	assert_int_equal(n->cap_ambient, 0);
	assert_int_equal(n->cap_permitted, 0);
	cred_unref(n);
	cred_unref(c);
}

static void shared_root_directory_refuses_set_uid(void **state UNUSED)
{
	struct load_file_ids fi = { .mode = S_IFREG | 04755, .uid = 0, .gid = 0 };
	struct cred *c = user(1000), *n;
	bool secure;

	assert_int_equal(exec_compute_cred(c, &fi, true, &n, &secure), 0);
	assert_int_equal(n->euid, 1000);
	assert_int_equal(n->cap_permitted, 0);
	cred_unref(n);
	fi.nosuid = true;
	assert_int_equal(exec_compute_cred(c, &fi, false, &n, &secure), 0);
	assert_int_equal(n->euid, 1000);
	cred_unref(n);
	cred_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_found),
		cmocka_unit_test(plain_exec_changes_nothing),
		cmocka_unit_test(root_has_all_of_its_bounds),
		cmocka_unit_test(set_uid_root_gains),
		cmocka_unit_test(set_gid_needs_group_execute),
		cmocka_unit_test(ambient_survives_plain_files_only),
		cmocka_unit_test(shared_root_directory_refuses_set_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
