/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of core/fs: a body run in a coroutine, a mount namespace with a tmpfs as root, and
 * short forms of the calls. After each test nothing counted may be left.
 */
#ifndef TESTS_UNIT_FS_FIXTURE_H
#define TESTS_UNIT_FS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/co_sched.h"
#include "core/fs/filesystems.h"
#include "core/fs/internal.h"
#include "core/fs/locks.h"
#include "core/fs/mount.h"
#include "core/objcount.h"

static struct mount_ns *ns;
static struct fs_info *fs;
static struct cred *root_cred, *user_cred;

static void fs_start(void)
{
	struct super *sb;
	struct path root;

	root_cred = cred_new();
	root_cred->cap_effective = root_cred->cap_permitted = ~0ULL;
	user_cred = cred_new();
	user_cred->fsuid = user_cred->euid = user_cred->ruid = 1000;
	user_cred->fsgid = user_cred->egid = user_cred->rgid = 1000;
	assert_int_equal(tmpfs_new(0, 0, 0755, &sb), 0);
	ns = mount_ns_new(sb, 0, "root");
	super_unref(sb);
	root = (struct path){ ns->root, ns->root->root };
	fs = fs_info_new(&root, &root, 022);
}

static void fs_stop(void)
{
	fs = fs_info_unref(fs);
	ns = mount_ns_unref(ns);
	cred_unref(root_cred);
	cred_unref(user_cred);
	vfs_shutdown();
}

static void count_left(const struct objcount *c, void *arg)
{
	if (c->live && strcmp(c->name, "co") != 0 && strcmp(c->name, "coroutine") != 0) {
		fprintf(stderr, "%ld %s left\n", c->live, c->name);
		++*(int *)arg;
	}
}

struct test_body {
	void (*fn)(void);
	bool done;
};

static void test_main(void *arg)
{
	struct test_body *b = arg;

	fs_start();
	b->fn();
	fs_stop();
	b->done = true;
}

static void run_in_co(void (*fn)(void))
{
	struct test_body b = { fn, false };
	int left = 0;

	assert_non_null(co_new("test", test_main, &b));
	for (int i = 0; i < 1000000 && !b.done; i++)
		co_run_queued();
	assert_true(b.done);
	objcount_each(count_left, &left);
	assert_int_equal(left, 0);
}

/* TEST(name) { ... } defines the cmocka test `name`. */
#define TEST(name)                                                                                 \
	static void name##_body(void);                                                             \
	static void name(void **state UNUSED) { run_in_co(name##_body); }                          \
	static void name##_body(void)

static inline struct walk as(struct cred *c)
{
	return (struct walk){ .fs = fs, .cred = c };
}

static inline int mk_dir(const char *name)
{
	struct walk w = as(root_cred);

	return vfs_mkdir(&w, name, 0755);
}

static inline int mk_link(const char *target, const char *name)
{
	struct walk w = as(root_cred);

	return vfs_symlink(&w, target, name);
}

static inline struct file *open_as(struct cred *c, const char *name, unsigned flags, uint32_t mode,
                                   int *err)
{
	struct walk w = as(c);
	struct file *f = NULL;

	*err = vfs_open(&w, name, flags, mode, &f);
	return *err ? NULL : f;
}

/* Error of an open, which is undone. */
static inline int try_open(struct cred *c, const char *name, unsigned flags)
{
	int err;
	struct file *f = open_as(c, name, flags, 0644, &err);

	file_unref(f);
	return err;
}

static inline int mk_file(const char *name)
{
	return try_open(root_cred, name, O_CREAT | O_WRONLY);
}

static inline int find(const char *name, unsigned flags, struct path *ret)
{
	struct walk w = as(root_cred);

	return vfs_lookup(&w, name, flags, ret);
}

static inline int exists(const char *name)
{
	struct path p;
	int err = find(name, WALK_NOFOLLOW, &p);

	if (!err)
		path_put(&p);
	return err;
}

static inline uint64_t ino_at(const char *name)
{
	struct path p;
	uint64_t ino = 0;

	if (!find(name, WALK_NOFOLLOW, &p)) {
		ino = p.dentry->inode->ino;
		path_put(&p);
	}
	return ino;
}

static inline int rm(const char *name)
{
	struct walk w = as(root_cred);

	return vfs_unlink(&w, name);
}

static inline int rm_dir(const char *name)
{
	struct walk w = as(root_cred);

	return vfs_rmdir(&w, name);
}

static inline int mv(const char *from, const char *to, unsigned flags)
{
	struct walk w = as(root_cred);

	return vfs_rename(&w, from, &w, to, flags);
}

#endif
