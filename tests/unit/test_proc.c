/* SPDX-License-Identifier: Apache-2.0
 *
 * Generated filesystems (core/fs/proc): reading by pieces, directories of objects that vanish,
 * links, tables that hide others, permissions. The content of /proc is tested by guest programs.
 */
#include "tests/unit/fs_fixture.h"

#include "core/fs/proc/pseudo.h"

static uint64_t alive = 0xff; /* objects 0 .. 7 */
static unsigned pieces, value = 1;
static char stored[64];

/* ---- the content ---- */

static int show_value(struct seq *s, struct pseudo_open *o UNUSED)
{
	seq_printf(s, "value %u\n", value);
	return 0;
}

/* 1000 lines of 10 bytes, 7 at a time. */
static int show_long(struct seq *s, struct pseudo_open *o)
{
	pieces++;
	for (int i = 0; i < 7 && o->cursor < 1000; i++)
		seq_printf(s, "line %04u\n", (unsigned)o->cursor++);
	return o->cursor < 1000;
}

static int show_huge(struct seq *s, struct pseudo_open *o UNUSED)
{
	for (int i = 0; i < 300000 && !s->overflow; i++)
		seq_puts(s, "0123456789abcdef");
	return 0;
}

static int show_error(struct seq *s UNUSED, struct pseudo_open *o UNUSED)
{
	return -ESRCH;
}

static ssize_t store_it(struct pseudo_open *o UNUSED, const char *buf, size_t n)
{
	if (buf[0] == '!')
		return -EINVAL;
	snprintf(stored, sizeof(stored), "%s", buf);
	return (ssize_t)n;
}

static int object_refresh(const struct pseudo_key *k, struct inode *ino)
{
	ino->uid = 1000;
	return alive >> k->id & 1;
}

static int show_object(struct seq *s, struct pseudo_open *o)
{
	seq_printf(s, "%llu", (unsigned long long)o->key.id);
	return 0;
}

static const struct pseudo_entry object_entries[] = {
	{ .name = "nr", .mode = S_IFREG | 0400, .show = show_object }, { .name = NULL }
};
static struct pseudo_dir object_dir = { .tables = { object_entries } };
static const struct pseudo_entry object_entry = {
	.mode = S_IFDIR | 0555, .dir = &object_dir, .refresh = object_refresh
};

static int object(uint64_t nr, struct pseudo_child *ret)
{
	ret->entry = &object_entry;
	ret->key = (struct pseudo_key){ .id = nr };
	ret->nr = nr;
	snprintf(ret->name, sizeof(ret->name), "%u", (unsigned)nr);
	return 0;
}

static int find_object(const struct pseudo_key *dir UNUSED, const char *name,
                       struct pseudo_child *ret)
{
	int64_t nr = pseudo_number(name);

	return nr >= 0 && nr < 64 && alive >> nr & 1 ? object((uint64_t)nr, ret) : -ENOENT;
}

static int next_object(const struct pseudo_key *dir UNUSED, uint64_t nr, struct pseudo_child *ret)
{
	for (; nr < 64; nr++)
		if (alive >> nr & 1)
			return object(nr, ret);
	return -ENOENT;
}

static int follow_root(const struct pseudo_key *k UNUSED, struct path *ret)
{
	*ret = path_ref(&fs->root);
	return 0;
}

static const struct pseudo_entry entries[] = {
	{ .name = "value", .mode = S_IFREG | 0644, .show = show_value, .store = store_it },
	{ .name = "long", .mode = S_IFREG | 0444, .show = show_long },
	{ .name = "huge", .mode = S_IFREG | 0444, .show = show_huge },
	{ .name = "error", .mode = S_IFREG | 0444, .show = show_error },
	{ .name = "strict", .mode = S_IFREG | 0444, .show = show_value, .store = store_it,
	  .strict = true },
	{ .name = "link", .mode = S_IFLNK | 0777, .target = "value" },
	{ .name = "magic", .mode = S_IFLNK | 0777, .follow = follow_root },
	{ .name = NULL },
};
static struct pseudo_dir top = { .tables = { entries }, .lookup = find_object, .next = next_object };

static void mount_it(void)
{
	static const struct super_ops ops = { .name = "test" };
	struct walk w = as(root_cred);
	struct super *sb;
	struct path p;

	alive = 0xff;
	assert_int_equal(vfs_mkdir(&w, "/p", 0755), 0);
	assert_int_equal(vfs_lookup(&w, "/p", 0, &p), 0);
	assert_int_equal(pseudo_new(&ops, &top, &sb), 0);
	assert_int_equal(mount_attach(ns, &p, sb, sb->root, 0, "test", NULL), 0);
	super_unref(sb);
	path_put(&p);
}

static int open_by(struct cred *c, const char *name, unsigned flags, struct file **f)
{
	struct walk w = as(c);

	return vfs_open(&w, name, flags, 0, f);
}

static struct file *opened(const char *name, unsigned flags)
{
	struct file *f = NULL;

	assert_int_equal(open_by(root_cred, name, flags, &f), 0);
	return f;
}

static ssize_t read_at(struct file *f, char *buf, size_t n, int64_t off)
{
	struct uio u;

	uio_kernel(&u, buf, n);
	return vfs_read(f, &u, off < 0 ? NULL : &off);
}

/* ---- tests ---- */

TEST(reading)
{
	char buf[64] = "";
	struct file *f;

	mount_it();
	f = opened("/p/link", O_RDONLY);
	value = 1;
	assert_int_equal(read_at(f, buf, 3, -1), 3);
	value = 22; /* the rest is still of the text that was begun */
	assert_int_equal(read_at(f, buf + 3, 60, -1), 5);
	assert_string_equal(buf, "value 1\n");
	assert_int_equal(read_at(f, buf, 60, -1), 0);
	assert_int_equal(f->ops->llseek(f, 0, SEEK_SET), 0);
	assert_int_equal(read_at(f, buf, 60, -1), 9);
	assert_int_equal(f->ops->llseek(f, -1, SEEK_SET), -EINVAL);
	assert_int_equal(f->ops->llseek(f, 0, SEEK_END), -EINVAL);
	assert_int_equal(read_at(f, buf, 60, 1000), 0);
	file_unref(f);
	f = opened("/p/error", O_RDONLY);
	assert_int_equal(read_at(f, buf, 60, -1), -ESRCH);
	file_unref(f);
	f = opened("/p/huge", O_RDONLY);
	assert_int_equal(read_at(f, buf, 60, -1), -ENOMEM);
	file_unref(f);
}

TEST(pieces_of_text)
{
	char *all = calloc(1, 10001), small[11] = "";
	struct file *f;

	mount_it();
	f = opened("/p/long", O_RDONLY);
	assert_int_equal(read_at(f, all, 10001, -1), 10000);
	assert_memory_equal(all + 9990, "line 0999\n", 10);
	assert_true(f->priv && ((struct pseudo_open *)f->priv)->seq.cap < 1024);
	assert_int_equal(read_at(f, small, 10, 5000), 10); /* backwards: from the start again */
	assert_string_equal(small, "line 0500\n");
	pieces = 0;
	assert_int_equal(read_at(f, small, 10, 5010), 10); /* forwards: goes on */
	assert_string_equal(small, "line 0501\n");
	assert_true(pieces <= 1);
	file_unref(f);
	free(all);
}

TEST(writing)
{
	struct file *f;
	struct uio u;

	mount_it();
	f = opened("/p/value", O_WRONLY | O_TRUNC);
	uio_kernel(&u, (char[]){ "hello" }, 5);
	assert_int_equal(vfs_write(f, &u, NULL, UINT64_MAX), 5);
	assert_string_equal(stored, "hello");
	uio_kernel(&u, (char[]){ "!" }, 1);
	assert_int_equal(vfs_write(f, &u, NULL, UINT64_MAX), -EINVAL);
	file_unref(f);
	f = opened("/p/long", O_WRONLY); /* root may, but it means nothing */
	uio_kernel(&u, (char[]){ "x" }, 1);
	assert_int_equal(vfs_write(f, &u, NULL, UINT64_MAX), -EIO);
	file_unref(f);
	assert_int_equal(open_by(root_cred, "/p/strict", O_WRONLY, &f), -EACCES);
	assert_int_equal(open_by(user_cred, "/p/value", O_WRONLY, &f), -EACCES);
}

struct names {
	struct dir_sink sink;
	char text[256];
	unsigned room;
};

static bool take(struct dir_sink *s, const char *name, size_t len UNUSED, uint64_t ino UNUSED,
                 unsigned type UNUSED, int64_t next UNUSED)
{
	struct names *n = container_of(s, struct names, sink);

	if (!n->room--)
		return false;
	strcat(n->text, name);
	strcat(n->text, " ");
	return true;
}

TEST(directories)
{
	struct names n = { .sink.emit = take, .room = 11 };
	struct file *f;

	mount_it();
	alive = 0x8b;
	f = opened("/p", O_RDONLY | O_DIRECTORY);
	assert_int_equal(f->ops->iterate(f, &n.sink), 0);
	assert_string_equal(n.text, ". .. value long huge error strict link magic 0 1 ");
	alive = 0x188; /* 0 and 1 go, 8 comes: the place stays right */
	n.text[0] = '\0';
	n.room = 100;
	assert_int_equal(f->ops->iterate(f, &n.sink), 0);
	assert_string_equal(n.text, "3 7 8 ");
	n.text[0] = '\0';
	assert_int_equal(f->ops->iterate(f, &n.sink), 0);
	assert_string_equal(n.text, "");
	file_unref(f);
}

TEST(vanishing)
{
	struct walk w = as(root_cred);
	struct file *dir, *nr;
	struct kstat st;
	struct path p;
	char buf[8];

	mount_it();
	dir = opened("/p/3", O_RDONLY);
	assert_int_equal(open_by(user_cred, "/p/3/nr", O_RDONLY, &nr), 0); /* owned by its user */
	assert_int_equal(read_at(nr, buf, 8, -1), 1);
	assert_int_equal(vfs_getattr(&nr->path, &st), 0);
	assert_int_equal(st.uid, 1000);
	assert_int_equal(st.size, 0);
	file_unref(nr);
	alive &= ~8ULL;
	assert_int_equal(vfs_lookup(&w, "/p/3", 0, &p), -ENOENT);
	assert_int_equal(vfs_lookup(&w, "/p/3/nr", 0, &p), -ENOENT);
	w.base = &dir->path;
	assert_int_equal(vfs_lookup(&w, "nr", 0, &p), -ESRCH);
	w.base = NULL;
	alive |= 8;
	assert_int_equal(vfs_lookup(&w, "/p/3/nr", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(&w, "/p/03", 0, &p), -ENOENT);
	assert_int_equal(vfs_lookup(&w, "/p/99999999999", 0, &p), -ENOENT);
	file_unref(dir);
}

TEST(links_and_tables)
{
	static const struct pseudo_entry over[] = {
		{ .name = "value", .mode = S_IFREG | 0444, .show = show_object }, { .name = NULL }
	};
	struct walk w = as(root_cred);
	char buf[16] = "";
	struct file *f;
	struct path p;

	mount_it();
	assert_int_equal(vfs_lookup(&w, "/p/magic", 0, &p), 0);
	assert_true(path_equal(&p, &fs->root));
	path_put(&p);
	assert_int_equal(vfs_lookup(&w, "/p/value", 0, &p), 0); /* now it is cached */
	path_put(&p);
	assert_int_equal(pseudo_dir_add(&top, over), 0);
	f = opened("/p/value", O_RDONLY);
	assert_int_equal(read_at(f, buf, 15, -1), 1);
	assert_string_equal(buf, "0");
	file_unref(f);
	top.tables[1] = NULL;
	assert_int_equal(vfs_mkdir(&w, "/p/new", 0755), -EPERM);
	assert_int_equal(vfs_unlink(&w, "/p/long"), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(pieces_of_text),
		cmocka_unit_test(writing),
		cmocka_unit_test(directories),
		cmocka_unit_test(vanishing),
		cmocka_unit_test(links_and_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
