/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees of the host: more files than descriptors may be kept, and what an exclusive tree remembers of
 * files that change below it.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/fs/rw.h"
#include "core/host/file.h"
#include "tests/unit/fs_fixture.h"

#define FDS 64    /* all that the process may have; half of them for look-ups */
#define MANY 200

static char top[] = "/tmp/picket-hostfs-XXXXXX";
static int top_fd;

static void put(const char *name, const char *text, int flags)
{
	int fd = openat(top_fd, name, O_WRONLY | O_CREAT | flags, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void numbered(char name[32], const char *before, int i)
{
	snprintf(name, 32, "%sf%d", before, i);
}

/* Mounts the tree on /m. */
static void mount_tree(bool read_only, bool exclusive, bool overlaid)
{
	struct super *sb, *upper;
	struct path at;
	struct mount *m;

	assert_int_equal(hostfs_new(fcntl(top_fd, F_DUPFD_CLOEXEC, 3), read_only, exclusive, &sb), 0);
	if (overlaid) {
		struct super *lower = sb;
		assert_int_equal(tmpfs_new(0, 0, 0755, &upper), 0);
		assert_int_equal(overlay_new(lower, upper, &sb), 0);
	}
	assert_int_equal(mk_dir("/m"), 0);
	assert_int_equal(find("/m", 0, &at), 0);
	assert_int_equal(mount_attach(ns, &at, sb, sb->root, 0, "host", &m), 0);
	super_unref(sb);
	path_put(&at);
}

static int64_t size_of(const char *name)
{
	struct kstat st;
	struct path p;
	int err = find(name, 0, &p);

	if (!err) {
		err = vfs_getattr(&p, &st);
		path_put(&p);
	}
	return err ? err : (int64_t)st.size;
}

/* What a read of up to 64 bytes at off gives. */
static ssize_t get(struct file *f, char buf[65], int64_t off)
{
	struct uio u;

	uio_kernel(&u, buf, 64);
	ssize_t n = vfs_read(f, &u, &off);
	buf[MAX(n, 0)] = '\0';
	return n;
}

/* Reads it often enough that the bytes are kept. */
static void read_often(struct file *f, const char *text)
{
	char buf[65];

	for (int i = 0; i < 20; i++) {
		assert_int_equal(get(f, buf, 0), strlen(text));
		assert_string_equal(buf, text);
	}
}

static bool eventually(struct file *f, const char *text)
{
	ktime_t until = clock_monotonic() + 10 * NSEC_PER_SEC;
	char buf[65];

	do {
		if (get(f, buf, 0) >= 0 && !strcmp(buf, text))
			return true;
		usleep(20000);
	} while (clock_monotonic() < until);
	return false;
}

static struct file *open_it(const char *name, unsigned flags)
{
	int err;
	struct file *f = open_as(root_cred, name, flags, 0, &err);

	assert_int_equal(err, 0);
	return f;
}

/* ---- */

static void check_many(void)
{
	struct file *held[16];
	char name[32], text[32], buf[65];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			numbered(name, "/m/many/", i);
			assert_int_equal(size_of(name), snprintf(text, sizeof(text), "text %d", i));
			struct file *f = open_it(name, O_RDONLY), *again = open_it(name, O_RDONLY);
			assert_int_equal(get(f, buf, 0), strlen(text));
			assert_string_equal(buf, text);
			assert_int_equal(get(again, buf, 5), strlen(text) - 5);
			file_unref(f);
			assert_int_equal(get(again, buf, 0), strlen(text));
			file_unref(again);
		}
	/* Those that are open stay so. */
	for (int i = 0; i < 16; i++) {
		numbered(name, "/m/many/", i);
		held[i] = open_it(name, O_RDONLY);
	}
	for (int i = 16; i < MANY; i++) {
		numbered(name, "/m/many/", i);
		file_unref(open_it(name, O_RDONLY));
	}
	for (int i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		assert_int_equal(get(held[i], buf, 0), strlen(text));
		assert_string_equal(buf, text);
		file_unref(held[i]);
	}
}

TEST(many_exclusive)
{
	mount_tree(true, true, false);
	check_many();
}

TEST(many_shared)
{
	mount_tree(false, false, false);
	check_many();
}

TEST(many_overlaid)
{
	mount_tree(true, true, true);
	check_many();
}

/* A shared tree shows every change at once. */
TEST(shared_changes)
{
	char buf[65];

	mount_tree(false, false, false);
	put("s", "a longer text", O_TRUNC);
	struct file *f = open_it("/m/s", O_RDONLY);
	read_often(f, "a longer text");
	int fd = openat(top_fd, "s", O_WRONLY);
	assert_int_equal(ftruncate(fd, 8), 0);
	close(fd);
	assert_int_equal(get(f, buf, 0), 8);
	assert_int_equal(get(f, buf, 8), 0);
	assert_int_equal(get(f, buf, 10), 0);
	assert_int_equal(size_of("/m/s"), 8);
	put("s", "other", O_TRUNC);
	assert_int_equal(get(f, buf, 0), 5);
	assert_string_equal(buf, "other");
	assert_int_equal(unlinkat(top_fd, "s", 0), 0);
	assert_int_equal(size_of("/m/s"), -ENOENT);
	assert_int_equal(get(f, buf, 0), 5);
	put("s", "another file", 0);
	assert_int_equal(size_of("/m/s"), 12);
	assert_int_equal(get(f, buf, 0), 5);
	file_unref(f);
}

/* An exclusive one needn't, but reads stay within what was or is there, and it does before long. */
TEST(exclusive_changes)
{
	char buf[65];

	mount_tree(true, true, false);
	put("x", "a longer text", O_TRUNC);
	struct file *f = open_it("/m/x", O_RDONLY);
	assert_int_equal(size_of("/m/x"), 13);
	read_often(f, "a longer text");
	int fd = openat(top_fd, "x", O_WRONLY);
	assert_int_equal(ftruncate(fd, 8), 0);
	ssize_t n = get(f, buf, 0);
	assert_true(n == 13 || n == 8);
	assert_memory_equal(buf, "a longer", 8);
	assert_true(eventually(f, "a longer"));
	read_often(f, "a longer");
	assert_int_equal(get(f, buf, 8), 0);
	assert_int_equal(pwrite(fd, "grown again", 11, 8), 11);
	assert_true(eventually(f, "a longergrown again"));
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_true(eventually(f, ""));
	close(fd);
	for (int i = 0; i < 500 && size_of("/m/x") != 0; i++)
		usleep(20000);
	assert_int_equal(size_of("/m/x"), 0);
	file_unref(f);
}

TEST(link_text)
{
	struct path p;
	char buf[65];

	mount_tree(true, true, false);
	unlinkat(top_fd, "l", 0);
	assert_int_equal(symlinkat("one", top_fd, "l"), 0);
	assert_int_equal(find("/m/l", WALK_NOFOLLOW, &p), 0);
	assert_int_equal(vfs_readlink(&p, buf, sizeof(buf)), 3);
	assert_int_equal(vfs_readlink(&p, buf, sizeof(buf)), 3);
	assert_int_equal(vfs_readlink(&p, buf, 2), 2);
	assert_memory_equal(buf, "on", 2);
	unlinkat(top_fd, "l", 0);
	assert_int_equal(symlinkat("other", top_fd, "l"), 0);
	ssize_t n = vfs_readlink(&p, buf, sizeof(buf));
	assert_true(n == 3 || n == 5);
	path_put(&p);
}

/* A copy for good is made of what is there now. */
TEST(copied_up_fresh)
{
	char buf[65];

	mount_tree(true, true, true);
	put("c", "old", O_TRUNC);
	struct file *f = open_it("/m/c", O_RDONLY);
	assert_int_equal(size_of("/m/c"), 3);
	read_often(f, "old");
	put("c", "and more", O_APPEND);
	struct file *w = open_it("/m/c", O_WRONLY | O_APPEND);
	assert_int_equal(get(f, buf, 0), 11);
	assert_string_equal(buf, "oldand more");
	assert_int_equal(size_of("/m/c"), 11);
	file_unref(w);
	file_unref(f);
}

/* ---- directories ---- */

struct counter {
	struct dir_sink sink;
	int n;
	bool seen;
	const char *name;
};

static bool count(struct dir_sink *s, const char *name, size_t len UNUSED, uint64_t ino UNUSED,
                  unsigned type UNUSED, int64_t next_off UNUSED)
{
	struct counter *c = container_of(s, struct counter, sink);

	c->n++;
	c->seen = c->seen || !strcmp(name, c->name);
	return true;
}

static int list(const char *dir, const char *name, bool *seen)
{
	struct counter c = { .sink.emit = count, .name = name };
	struct file *f = open_it(dir, O_RDONLY | O_DIRECTORY);

	comutex_lock(&f->inode->lock);
	assert_int_equal(f->ops->iterate(f, &c.sink), 0);
	comutex_unlock(&f->inode->lock);
	file_unref(f);
	*seen = c.seen;
	return c.n - 2;
}

static int list_many(const char *name, bool *seen)
{
	int n = list("/m/many", name, seen);

	assert_int_equal(list("/m/many", name, seen), n);
	return n;
}

TEST(lists)
{
	struct walk w = as(root_cred);
	bool seen;

	/* Old enough to be kept. */
	struct timespec then[2] = { { 5000, 0 }, { 5000, 0 } };
	assert_int_equal(utimensat(top_fd, "many", then, 0), 0);
	mount_tree(true, true, true);
	assert_int_equal(list_many("new", &seen), MANY);
	assert_false(seen);
	assert_int_equal(mk_file("/m/many/new"), 0);
	assert_int_equal(list_many("new", &seen), MANY + 1);
	assert_true(seen);
	assert_int_equal(vfs_unlink(&w, "/m/many/f7"), 0);
	assert_int_equal(list_many("f7", &seen), MANY);
	assert_false(seen);
	assert_int_equal(vfs_rename(&w, "/m/many/f8", &w, "/m/f8", 0), 0);
	assert_int_equal(list_many("f8", &seen), MANY - 1);
	assert_false(seen);
	assert_int_equal(vfs_link(&w, "/m/f8", 0, &w, "/m/many/f7"), 0);
	assert_int_equal(list_many("f7", &seen), MANY);
	assert_true(seen);
	/* Copying up a name shows nothing new. */
	file_unref(open_it("/m/many/f9", O_WRONLY));
	assert_int_equal(list_many("f9", &seen), MANY);
	assert_true(seen);
	assert_int_equal(vfs_rename(&w, "/m/many/f9", &w, "/m/many/f10", 0), 0);
	assert_int_equal(list_many("f9", &seen), MANY - 1);
	assert_false(seen);
	/* What is made below shows before long, too. */
	put("many/below", "x", 0);
	for (int i = 0; i < 500 && list("/m/many", "below", &seen) < MANY; i++)
		usleep(20000);
	assert_true(seen);
	assert_int_equal(unlinkat(top_fd, "many/below", 0), 0);
}

static int make_tree(void **state UNUSED)
{
	struct rlimit r = { FDS, FDS };
	char name[32], text[32];

	if (!mkdtemp(top) || (top_fd = open(top, O_RDONLY | O_DIRECTORY)) < 0)
		return -1;
	mkdirat(top_fd, "many", 0755);
	for (int i = 0; i < MANY; i++) {
		numbered(name, "many/", i);
		snprintf(text, sizeof(text), "text %d", i);
		put(name, text, 0);
	}
	return setrlimit(RLIMIT_NOFILE, &r) || host_file_init() ? -1 : 0;
}

static int remove_tree(void **state UNUSED)
{
	char cmd[64];

	host_file_done();
	host_disks_done();
	close(top_fd);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	return system(cmd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_exclusive), cmocka_unit_test(many_shared),
		cmocka_unit_test(many_overlaid),  cmocka_unit_test(shared_changes),
		cmocka_unit_test(exclusive_changes), cmocka_unit_test(link_text),
		cmocka_unit_test(copied_up_fresh), cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
