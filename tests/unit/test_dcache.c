/* SPDX-License-Identifier: Apache-2.0
 *
 * The dentry cache: its bound, negative entries, what a shared tree may keep, dropping.
 */
#include "tests/unit/fs_fixture.h"

TEST(bounded)
{
	char name[32];

	for (int i = 0; i < DCACHE_MAX_UNUSED + 500; i++) {
		snprintf(name, sizeof(name), "/none%d", i);
		assert_int_equal(exists(name), -ENOENT);
		assert_true(dcache_unused() <= DCACHE_MAX_UNUSED);
	}
	assert_int_equal(dcache_unused(), DCACHE_MAX_UNUSED);
	/* Entries with something below them are not unused. */
	assert_int_equal(mk_dir("/d"), 0);
	assert_int_equal(mk_file("/d/f"), 0);
	for (int i = 0; i < DCACHE_MAX_UNUSED; i++) {
		snprintf(name, sizeof(name), "/again%d", i);
		assert_int_equal(exists(name), -ENOENT);
	}
	assert_int_equal(exists("/d/f"), 0); /* from the file system again */
	dcache_shrink_super(ns->root->sb);
	assert_int_equal(dcache_unused(), 0);
}

TEST(deep)
{
	char name[3000] = "";

	for (int i = 0; i < 1000; i++) {
		strcat(name, "/d");
		assert_int_equal(mk_dir(name), 0);
	}
	assert_int_equal(exists(name), 0);
	/* Only the leaf is unused; the chain goes with it. */
	dcache_shrink_super(ns->root->sb);
	assert_int_equal(dcache_unused(), 0);
	assert_int_equal(exists(name), 0);
}

TEST(negative)
{
	struct path p;
	struct dentry *d;

	assert_int_equal(exists("/x"), -ENOENT);
	assert_int_equal(dcache_unused(), 1);
	assert_int_equal(find("/", 0, &p), 0);
	d = dcache_find(p.dentry, "x", 1);
	assert_non_null(d);
	assert_null(d->inode);
	dentry_unref(d);
	assert_int_equal(mk_file("/x"), 0); /* the negative one becomes positive */
	d = dcache_find(p.dentry, "x", 1);
	assert_non_null(d->inode);
	dentry_unref(d);
	assert_int_equal(rm("/x"), 0); /* and negative again */
	d = dcache_find(p.dentry, "x", 1);
	assert_non_null(d);
	assert_null(d->inode);
	dentry_unref(d);
	/* Not while somebody has it open: that dentry is the file's. */
	int err;
	assert_int_equal(mk_file("/y"), 0);
	struct file *f = open_as(root_cred, "/y", O_RDONLY, 0, &err);
	assert_int_equal(err, 0);
	assert_int_equal(rm("/y"), 0);
	assert_null(dcache_find(p.dentry, "y", 1));
	file_unref(f);
	/* A prefix or a longer name is another name. */
	assert_int_equal(mk_file("/abc"), 0);
	assert_null(dcache_find(p.dentry, "ab", 2));
	assert_null(dcache_find(p.dentry, "abcd", 4));
	path_put(&p);
}

TEST(shared_trees_keep_no_negatives)
{
	struct super *sb = ns->root->sb;

	sb->exclusive = false;
	assert_int_equal(exists("/x"), -ENOENT);
	assert_int_equal(dcache_unused(), 0);
	sb->exclusive = true;
}

static int verdict;

static int judge(struct dentry *d UNUSED)
{
	return verdict;
}

TEST(revalidation)
{
	struct super *sb = ns->root->sb;
	struct inode_ops ops;
	const struct inode_ops *old;
	struct path p, q;

	assert_int_equal(mk_file("/f"), 0);
	assert_int_equal(find("/f", 0, &p), 0);
	old = p.dentry->inode->ops;
	ops = *old;
	ops.revalidate = judge;
	p.dentry->inode->ops = &ops;
	sb->exclusive = false;
	verdict = 1;
	assert_int_equal(find("/f", 0, &q), 0);
	assert_ptr_equal(q.dentry, p.dentry);
	path_put(&q);
	verdict = 0; /* another look-up makes another dentry */
	assert_int_equal(find("/f", 0, &q), 0);
	assert_ptr_not_equal(q.dentry, p.dentry);
	assert_false(p.dentry->hashed);
	path_put(&q);
	verdict = -EIO;
	assert_int_equal(find("/f", 0, &q), -EIO);
	p.dentry->inode->ops = old;
	sb->exclusive = true;
	path_put(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounded),
		cmocka_unit_test(deep),
		cmocka_unit_test(negative),
		cmocka_unit_test(shared_trees_keep_no_negatives),
		cmocka_unit_test(revalidation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
