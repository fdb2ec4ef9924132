/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptor tables: lowest number, limits, close-on-exec, ranges, copies.
 */
#include "tests/unit/fs_fixture.h"

#include "core/fs/fdtable.h"

static int released, flushed;

static void on_release(struct file *f UNUSED)
{
	released++;
}

static int on_flush(struct file *f UNUSED)
{
	flushed++;
	return -EIO;
}

static const struct file_ops ops = { .release = on_release, .flush = on_flush };

static struct file *new_file(void)
{
	struct file *f = file_anon(&ops, "test:[1]", 0600, O_RDWR, NULL);

	assert_non_null(f);
	return f;
}

TEST(lowest)
{
	struct fdtable *t = fdtable_new();

	released = 0;
	for (int i = 0; i < 200; i++)
		assert_int_equal(fd_install(t, new_file(), 0, false, 1024), i);
	assert_int_equal(fd_close(t, 77), -EIO); /* the flush's error */
	assert_int_equal(fd_close(t, 5), -EIO);
	assert_int_equal(fd_close(t, 5), -EBADF);
	assert_int_equal(fd_install(t, new_file(), 50, false, 1024), 77);
	assert_int_equal(fd_install(t, new_file(), 0, false, 1024), 5);
	assert_int_equal(fd_install(t, new_file(), 0, false, 1024), 200);
	assert_int_equal(fd_install(t, new_file(), 500, false, 1024), 500);
	assert_int_equal(fd_install(t, new_file(), 0, false, 1024), 201);
	assert_int_equal(fd_install(t, new_file(), 1024, false, 1024), -EINVAL);
	assert_int_equal(fd_install(t, new_file(), 0, false, 202), -EMFILE);
	assert_int_equal(fdtable_count(t), 203);
	assert_int_equal(fd_next(t, 202), 500);
	assert_int_equal(fd_next(t, 501), -1);
	fdtable_unref(t);
	assert_int_equal(released, 207);
}

TEST(replace)
{
	struct fdtable *t = fdtable_new();
	struct file *a = new_file(), *f;

	released = 0;
	assert_int_equal(fd_install(t, file_ref(a), 0, true, 64), 0);
	assert_int_equal(fd_replace(t, file_ref(a), 0, false, 64), 0);
	assert_int_equal(fd_cloexec_get(t, 0), 0);
	assert_int_equal(fd_replace(t, file_ref(a), 63, true, 64), 63);
	assert_int_equal(fd_replace(t, file_ref(a), 64, true, 64), -EBADF);
	assert_int_equal(fd_replace(t, file_ref(a), -1, true, 64), -EBADF);
	f = fd_get(t, 63);
	assert_ptr_equal(f, a);
	file_unref(f);
	assert_null(fd_get(t, 62));
	assert_int_equal(fd_install(t, file_ref(a), 0, false, 64), 1);
	assert_int_equal(a->refs, 4);
	file_unref(a);
	fdtable_unref(t);
	assert_int_equal(released, 1);
}

TEST(exec_and_ranges)
{
	struct fdtable *t = fdtable_new(), *copy;

	for (int i = 0; i < 10; i++)
		fd_install(t, new_file(), 0, i % 2, 64);
	assert_int_equal(fdtable_dup(t, &copy), 0);
	assert_true(fdtable_id(t) != fdtable_id(copy));
	fd_close_on_exec(copy);
	assert_int_equal(fdtable_count(copy), 5);
	assert_int_equal(fd_next(copy, 1), 2);
	assert_int_equal(fd_close_range(t, 3, 5, false), 0);
	assert_int_equal(fdtable_count(t), 7);
	assert_int_equal(fd_close_range(t, 6, UINT32_MAX, true), 0);
	assert_int_equal(fd_cloexec_get(t, 6), 1);
	assert_int_equal(fd_cloexec_get(t, 2), 0);
	assert_int_equal(fd_close_range(t, 5000, UINT32_MAX, false), 0);
	assert_int_equal(fd_close_range(t, 4, 3, false), -EINVAL);
	assert_int_equal(fd_close_range(t, 0, UINT32_MAX, false), 0);
	assert_int_equal(fdtable_count(t), 0);
	fdtable_unref(copy);
	fdtable_unref(t);
}

TEST(path_descriptors)
{
	struct fdtable *t = fdtable_new();
	struct file *f;
	int err;

	f = open_as(root_cred, "/", O_PATH, 0, &err);
	assert_int_equal(fd_install(t, f, 0, false, 64), 0);
	assert_null(fd_get(t, 0));
	f = fd_get_path(t, 0);
	assert_non_null(f);
	assert_false(f->can_read || f->can_write);
	file_unref(f);
	fdtable_unref(t);
}

TEST(posix_locks_go_with_any_close)
{
	struct record_lock l = { .type = F_WRLCK, .start = 0, .end = INT64_MAX };
	struct fdtable *t = fdtable_new();
	struct file *a, *b;
	int err;

	assert_int_equal(mk_file("/f"), 0);
	a = open_as(root_cred, "/f", O_RDWR, 0, &err);
	b = open_as(root_cred, "/f", O_RDWR, 0, &err);
	l.owner = fdtable_id(t);
	fd_install(t, a, 0, false, 64);
	fd_install(t, file_ref(b), 0, false, 64);
	assert_int_equal(locks_set(a->inode, &l, false), 0);
	l.owner = 0;
	assert_int_equal(locks_set(b->inode, &l, false), -EAGAIN);
	assert_int_equal(fd_close(t, 1), 0);
	assert_int_equal(locks_set(b->inode, &l, false), 0);
	locks_drop_posix(b->inode, 0);
	file_unref(b);
	fdtable_unref(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest),
		cmocka_unit_test(replace),
		cmocka_unit_test(exec_and_ranges),
		cmocka_unit_test(path_descriptors),
		cmocka_unit_test(posix_locks_go_with_any_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
