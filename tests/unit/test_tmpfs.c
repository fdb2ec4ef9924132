/* SPDX-License-Identifier: Apache-2.0
 *
 * tmpfs files against a flat model, directories under iteration, limits, seals, attributes.
 * TMPFS_SEED repeats a random run; the seed in use is printed.
 */
#include "tests/unit/fs_fixture.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/xattr.h>
#include <time.h>
#include <unistd.h>

#include "core/fs/tmpfs/seals.h"
#include "core/fs/tmpfs/tmpfs.h"

#define MODEL_SIZE (3 * CHUNK_PAGES * 4096)

static uint64_t rng;

static uint64_t rnd(uint64_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % below;
}

static struct file *make_file(const char *name)
{
	int err;
	struct file *f = open_as(root_cred, name, O_CREAT | O_RDWR, 0644, &err);

	assert_int_equal(err, 0);
	return f;
}

static ssize_t put(struct file *f, const void *buf, size_t n, int64_t pos)
{
	struct uio u;

	uio_kernel(&u, (void *)(uintptr_t)buf, n);
	return vfs_write(f, &u, &pos, UINT64_MAX);
}

static void compare(struct file *f, const char *model, size_t size)
{
	char *buf = malloc(MODEL_SIZE);

	assert_int_equal(f->inode->size, size);
	assert_int_equal(file_pread(f, buf, MODEL_SIZE, 0), size);
	assert_memory_equal(buf, model, size);
	free(buf);
}

/* What data_seek says of every place is what the pages say: data is never called a hole. */
static void check_seek(struct file *f, const char *model, size_t size)
{
	int64_t at = 0;

	while ((size_t)at < size) {
		int64_t data = f->ops->llseek(f, at, SEEK_DATA), hole;

		for (int64_t i = at; i < (data < 0 ? (int64_t)size : data); i++)
			assert_int_equal(model[i], 0);
		if (data < 0) {
			assert_int_equal(data, -ENXIO);
			break;
		}
		hole = f->ops->llseek(f, data, SEEK_HOLE);
		assert_true(hole > data);
		at = hole;
	}
	f->pos = 0;
}

static void random_ops(struct file *f, char *model, size_t *size, int n, bool to_host)
{
	char *buf = malloc(MODEL_SIZE);

	for (int i = 0; i < n; i++) {
		uint64_t pos = rnd(MODEL_SIZE), len = rnd(rnd(2) ? 300 : 40000) + 1;

		len = MIN(len, MODEL_SIZE - pos);
		switch (rnd(6)) {
		case 0:
		case 1:
			for (uint64_t k = 0; k < len; k++)
				buf[k] = (char)(rnd(255) + 1);
			assert_int_equal(put(f, buf, len, (int64_t)pos), len);
			memcpy(model + pos, buf, len);
			*size = MAX(*size, pos + len);
			break;
		case 2:
			assert_int_equal(vfs_truncate(&f->path, (int64_t)pos, root_cred, UINT64_MAX), 0);
			if (pos < *size)
				memset(model + pos, 0, *size - pos);
			*size = pos;
			break;
		case 3:
			assert_int_equal(f->ops->fallocate(f, FALLOC_FL_PUNCH_HOLE |
			                                   FALLOC_FL_KEEP_SIZE, (int64_t)pos,
			                                   (int64_t)len), 0);
			memset(model + pos, 0, len);
			break;
		case 4:
			assert_int_equal(f->ops->fallocate(f, FALLOC_FL_ZERO_RANGE, (int64_t)pos,
			                                   (int64_t)len), 0);
			memset(model + pos, 0, len);
			*size = MAX(*size, pos + len);
			break;
		case 5:
			if (rnd(2)) {
				assert_int_equal(f->ops->fallocate(f, 0, (int64_t)pos,
				                                   (int64_t)len), 0);
				*size = MAX(*size, pos + len);
			} else {
				assert_int_equal(f->ops->fallocate(f, FALLOC_FL_KEEP_SIZE,
				                                   (int64_t)pos, (int64_t)len), 0);
			}
			break;
		}
		if (to_host && i == n / 2)
			assert_int_equal(data_to_host(&node_of(f->inode)->data, *size), 0);
		if (i % 16 == 0)
			compare(f, model, *size);
		if (i % 64 == 0)
			check_seek(f, model, *size);
	}
	compare(f, model, *size);
	free(buf);
}

static void against_model(bool to_host)
{
	const char *seed = getenv("TMPFS_SEED");
	char *model = calloc(1, MODEL_SIZE);
	size_t size = 0;
	struct file *f = make_file("/f");
	struct tmpfs *t = f->inode->sb->priv;

	rng = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) | 1;
	printf("TMPFS_SEED=%llu\n", (unsigned long long)rng);
	random_ops(f, model, &size, 600, to_host);
	assert_int_equal(vfs_truncate(&f->path, 0, root_cred, UINT64_MAX), 0);
	assert_int_equal(t->pages, 0);
	file_unref(f);
	free(model);
}

TEST(file_model)
{
	against_model(false);
}

TEST(file_model_mapped)
{
	against_model(true);
}

TEST(big_offsets)
{
	struct file *f = make_file("/f");
	struct kstat st;
	char c = 'x';

	assert_int_equal(put(f, &c, 1, INT64_MAX - 4096), 1);
	assert_int_equal(vfs_getattr(&f->path, &st), 0);
	assert_int_equal(st.size, INT64_MAX - 4095);
	assert_int_equal(st.blocks, 8);
	assert_int_equal(f->ops->llseek(f, 0, SEEK_DATA), (INT64_MAX - 4096) & ~4095LL);
	assert_int_equal(put(f, &c, 1, INT64_MAX), -EINVAL);
	file_unref(f);
}

TEST(limits)
{
	struct super *sb;
	struct path p;
	struct walk w = as(root_cred);
	char buf[3 * 4096];
	struct file *f;

	memset(buf, 1, sizeof(buf));
	assert_int_equal(mk_dir("/m"), 0);
	assert_int_equal(find("/m", 0, &p), 0);
	assert_int_equal(tmpfs_new(2 * 4096, 4, 0755, &sb), 0);
	assert_int_equal(mount_attach(ns, &p, sb, sb->root, 0, "t", NULL), 0);
	super_unref(sb);
	path_put(&p);
	f = make_file("/m/a");
	assert_int_equal(put(f, buf, sizeof(buf), 0), 2 * 4096);
	assert_int_equal(put(f, buf, 1, 2 * 4096), -ENOSPC);
	assert_int_equal(put(f, buf, 4096, 100), 4096); /* in place */
	assert_int_equal(mk_file("/m/b"), 0);
	assert_int_equal(mk_dir("/m/c"), 0);
	assert_int_equal(mk_file("/m/d"), -ENOSPC);
	assert_int_equal(vfs_symlink(&w, "x", "/m/d"), -ENOSPC);
	assert_int_equal(vfs_link(&w, "/m/b", 0, &w, "/m/d"), 0);
	assert_int_equal(rm("/m/b"), 0);
	assert_int_equal(rm("/m/d"), 0);
	assert_int_equal(mk_file("/m/e"), 0);
	assert_int_equal(rm("/m/a"), 0);
	file_unref(f); /* the last reference frees the pages */
	f = make_file("/m/a");
	assert_int_equal(put(f, buf, sizeof(buf), 0), 2 * 4096);
	file_unref(f);
}

/* ---- directories ---- */

struct names {
	struct dir_sink sink;
	char seen[4096];
	int n, max;
	bool rename;
};

static bool take(struct dir_sink *s, const char *name, size_t len, uint64_t ino UNUSED,
                 unsigned type UNUSED, int64_t next UNUSED)
{
	struct names *x = container_of(s, struct names, sink);

	if (x->n == x->max)
		return false;
	x->n++;
	strncat(x->seen, name, len);
	strcat(x->seen, " ");
	return true;
}

TEST(readdir_order)
{
	struct names x = { .sink.emit = take, .max = 3 };
	struct file *f;
	int err;

	assert_int_equal(mk_dir("/d"), 0);
	for (int i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "/d/%c", 'z' - i);
		assert_int_equal(mk_file(name), 0);
	}
	f = open_as(root_cred, "/d", O_RDONLY | O_DIRECTORY, 0, &err);
	assert_int_equal(f->ops->iterate(f, &x.sink), 0);
	assert_string_equal(x.seen, ". .. z ");
	assert_int_equal(rm("/d/z"), 0); /* seen */
	assert_int_equal(rm("/d/y"), 0); /* next */
	assert_int_equal(mk_file("/d/new"), 0);
	assert_int_equal(mv("/d/x", "/d/renamed", 0), 0);
	x.n = 0;
	x.max = 2;
	assert_int_equal(f->ops->iterate(f, &x.sink), 0);
	assert_string_equal(x.seen, ". .. z w v ");
	x.n = 0;
	x.max = 100;
	assert_int_equal(f->ops->iterate(f, &x.sink), 0);
	assert_string_equal(x.seen, ". .. z w v u "); /* what came later isn't in this pass */
	assert_int_equal(f->ops->llseek(f, 0, SEEK_SET), 0);
	x.n = 0;
	x.seen[0] = '\0';
	assert_int_equal(f->ops->iterate(f, &x.sink), 0);
	assert_string_equal(x.seen, ". .. w v u new renamed ");
	file_unref(f);
}

TEST(link_counts)
{
	struct walk w = as(root_cred);
	struct path p, d;

	assert_int_equal(mk_dir("/d"), 0);
	assert_int_equal(find("/d", 0, &d), 0);
	assert_int_equal(d.dentry->inode->nlink, 2);
	assert_int_equal(mk_dir("/d/s"), 0);
	assert_int_equal(d.dentry->inode->nlink, 3);
	assert_int_equal(mv("/d/s", "/s", 0), 0);
	assert_int_equal(d.dentry->inode->nlink, 2);
	assert_int_equal(mk_file("/d/f"), 0);
	assert_int_equal(mv("/s", "/d/f", RENAME_EXCHANGE), 0);
	assert_int_equal(d.dentry->inode->nlink, 3);
	assert_int_equal(find("/s", 0, &p), 0);
	assert_int_equal(vfs_link(&w, "/s", 0, &w, "/d/hard"), 0);
	assert_int_equal(p.dentry->inode->nlink, 2);
	assert_int_equal(vfs_link(&w, "/d", 0, &w, "/d2"), -EPERM);
	assert_int_equal(rm("/s"), 0);
	assert_int_equal(rm("/d/hard"), 0);
	assert_int_equal(p.dentry->inode->nlink, 0);
	path_put(&p);
	path_put(&d);
}

TEST(tmpfile_link)
{
	struct walk w = as(root_cred), at = as(root_cred);
	struct file *f;
	int err;

	at.base = NULL;
	f = open_as(root_cred, "/", O_TMPFILE | O_RDWR, 0600, &err);
	assert_int_equal(err, 0);
	at.base = &f->path;
	assert_int_equal(vfs_link(&at, "", WALK_EMPTY, &w, "/named"), 0);
	assert_int_equal(f->inode->nlink, 1);
	assert_int_equal(ino_at("/named"), f->inode->ino);
	file_unref(f);
	f = open_as(root_cred, "/", O_TMPFILE | O_RDWR | O_EXCL, 0600, &err);
	at.base = &f->path;
	assert_int_equal(vfs_link(&at, "", WALK_EMPTY, &w, "/other"), -ENOENT);
	file_unref(f);
}

TEST(xattrs)
{
	struct path p;
	char buf[64];

	assert_int_equal(mk_file("/f"), 0);
	assert_int_equal(find("/f", 0, &p), 0);
	assert_int_equal(vfs_setxattr(&p, "user.a", "one", 3, XATTR_REPLACE, root_cred), -ENODATA);
	assert_int_equal(vfs_setxattr(&p, "user.a", "one", 3, 0, root_cred), 0);
	assert_int_equal(vfs_setxattr(&p, "user.a", "x", 1, XATTR_CREATE, root_cred), -EEXIST);
	assert_int_equal(vfs_setxattr(&p, "trusted.t", "x", 1, 0, root_cred), 0);
	assert_int_equal(vfs_setxattr(&p, "trusted.t", "x", 1, 0, user_cred), -EPERM);
	assert_int_equal(vfs_setxattr(&p, "user.a", "x", 1, 0, user_cred), -EACCES);
	assert_int_equal(vfs_setxattr(&p, "bad.a", "x", 1, 0, root_cred), -EOPNOTSUPP);
	assert_int_equal(vfs_setxattr(&p, "user.", "x", 1, 0, root_cred), -EINVAL);
	assert_int_equal(vfs_getxattr(&p, "user.a", NULL, 0, root_cred), 3);
	assert_int_equal(vfs_getxattr(&p, "user.a", buf, 2, root_cred), -ERANGE);
	assert_int_equal(vfs_getxattr(&p, "trusted.t", buf, 9, user_cred), -ENODATA);
	assert_int_equal(vfs_listxattr(&p, buf, sizeof(buf), root_cred), 17);
	assert_int_equal(vfs_listxattr(&p, buf, sizeof(buf), user_cred), 7);
	assert_int_equal(vfs_removexattr(&p, "user.a", root_cred), 0);
	assert_int_equal(vfs_removexattr(&p, "user.a", root_cred), -ENODATA);
	path_put(&p);
}

TEST(seals)
{
	struct file *f;
	char c = 'x';

	assert_int_equal(tmpfs_anon_file("/memfd:t (deleted)", 0, O_RDWR, &f), 0);
	assert_int_equal(tmpfs_get_seals(f), F_SEAL_SEAL);
	assert_int_equal(tmpfs_add_seals(f, F_SEAL_GROW), -EPERM);
	tmpfs_init_seals(f, 0);
	assert_int_equal(put(f, &c, 1, 0), 1);
	assert_int_equal(tmpfs_add_seals(f, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	assert_int_equal(put(f, &c, 1, 0), 1);
	assert_int_equal(put(f, &c, 1, 1), -EPERM);
	assert_int_equal(vfs_truncate(&f->path, 0, root_cred, UINT64_MAX), -EPERM);
	assert_int_equal(tmpfs_add_seals(f, F_SEAL_WRITE), 0);
	assert_int_equal(put(f, &c, 1, 0), -EPERM);
	file_unref(f);
}

TEST(mapping)
{
	struct file *f = make_file("/f");
	uint64_t off;
	char buf[4];
	int rw, ro;

	assert_int_equal(put(f, "abc", 3, 0), 3);
	assert_int_equal(f->ops->mmap(f, 1 | 2, true, 0, 4096, &rw, &off), 0);
	assert_int_equal(f->ops->mmap(f, 1 | 2, false, 0, 4096, &ro, &off), 0);
	assert_int_equal(pwrite(rw, "X", 1, 1), 1);
	assert_int_equal(pwrite(ro, "Y", 1, 1), -1);
	assert_int_equal(file_pread(f, buf, 4, 0), 3);
	assert_memory_equal(buf, "aXc", 3);
	close(rw);
	close(ro);
	file_unref(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_model),    cmocka_unit_test(file_model_mapped),
		cmocka_unit_test(big_offsets),   cmocka_unit_test(limits),
		cmocka_unit_test(readdir_order), cmocka_unit_test(link_counts),
		cmocka_unit_test(tmpfile_link),  cmocka_unit_test(xattrs),
		cmocka_unit_test(seals),         cmocka_unit_test(mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
