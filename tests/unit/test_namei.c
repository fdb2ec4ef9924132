/* SPDX-License-Identifier: Apache-2.0
 *
 * Path walk, open, permissions, rename and mounts on tmpfs.
 */
#include "tests/unit/fs_fixture.h"

#include <linux/fs.h>
#include <linux/openat2.h>

static void tree(void)
{
	assert_int_equal(mk_dir("/a"), 0);
	assert_int_equal(mk_dir("/a/b"), 0);
	assert_int_equal(mk_dir("/a/b/c"), 0);
	assert_int_equal(mk_file("/a/b/f"), 0);
}

TEST(walk_basics)
{
	char longname[NAME_MAX + 2], path[PATH_MAX + 2];

	tree();
	assert_int_equal(exists("/a/b/f"), 0);
	assert_int_equal(exists("//a///b/./../b//f"), 0);
	assert_int_equal(exists("/../../a"), 0);
	assert_int_equal(exists("/a/b/f/"), -ENOTDIR);
	assert_int_equal(exists("/a/b/f/x"), -ENOTDIR);
	assert_int_equal(exists("/a/b/f/.."), -ENOTDIR);
	assert_int_equal(exists("/a/x/y"), -ENOENT);
	assert_int_equal(exists(""), -ENOENT);
	assert_int_equal(exists("a/b"), 0);
	memset(longname, 'x', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	assert_int_equal(exists(longname), -ENAMETOOLONG);
	longname[NAME_MAX] = '\0';
	assert_int_equal(exists(longname), -ENOENT);
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(exists(path), -ENAMETOOLONG);
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(exists(path), 0);
}

TEST(symlinks)
{
	struct path p;
	char name[16];

	tree();
	assert_int_equal(mk_link("b", "/a/rel"), 0);
	assert_int_equal(mk_link("/a/rel/c", "/abs"), 0);
	assert_int_equal(mk_link("b/", "/a/slash"), 0);
	assert_int_equal(mk_link("/", "/rootlink"), 0);
	assert_int_equal(mk_link("loop2", "/loop1"), 0);
	assert_int_equal(mk_link("loop1", "/loop2"), 0);
	assert_int_equal(mk_link("b/f/", "/a/bad"), 0);
	assert_int_equal(ino_at("/a/rel/f"), ino_at("/a/b/f"));
	assert_int_equal(ino_at("/abs/../f"), ino_at("/a/b/f"));
	assert_int_equal(ino_at("/a/slash/f"), ino_at("/a/b/f"));
	assert_int_equal(ino_at("/rootlink/a/b/f"), ino_at("/a/b/f"));
	assert_int_equal(ino_at("/rootlink//rootlink/a/rel/../rel/f"), ino_at("/a/b/f"));
	assert_int_equal(find("/abs", 0, &p), 0);
	assert_true(S_ISDIR(p.dentry->inode->mode));
	path_put(&p);
	assert_int_equal(find("/abs", WALK_NOFOLLOW, &p), 0);
	assert_true(S_ISLNK(p.dentry->inode->mode));
	path_put(&p);
	assert_int_equal(find("/abs/", WALK_NOFOLLOW, &p), 0); /* a slash follows all the same */
	assert_true(S_ISDIR(p.dentry->inode->mode));
	path_put(&p);
	assert_int_equal(find("/loop1", 0, &p), -ELOOP);
	assert_int_equal(find("/loop1/x", 0, &p), -ELOOP);
	assert_int_equal(find("/a/bad", 0, &p), -ENOTDIR);
	/* 40 links are followed, the 41st isn't. */
	assert_int_equal(mk_link("/a", "/l0"), 0);
	for (int i = 1; i <= 40; i++) {
		char target[16];

		snprintf(target, sizeof(target), "l%d", i - 1);
		snprintf(name, sizeof(name), "/l%d", i);
		assert_int_equal(mk_link(target, name), 0);
	}
	assert_int_equal(find("/l39", 0, &p), 0);
	path_put(&p);
	assert_int_equal(find("/l39/b/f", 0, &p), 0);
	path_put(&p);
	assert_int_equal(find("/l40", 0, &p), -ELOOP);
}

TEST(open_rules)
{
	int err;
	struct file *f;

	tree();
	assert_int_equal(try_open(root_cred, "/a/b/f", O_CREAT | O_EXCL | O_WRONLY), -EEXIST);
	assert_int_equal(try_open(root_cred, "/a/b", O_WRONLY), -EISDIR);
	assert_int_equal(try_open(root_cred, "/a/b", O_CREAT | O_RDONLY), -EISDIR);
	assert_int_equal(try_open(root_cred, "/a/new/", O_CREAT | O_WRONLY), -EISDIR);
	assert_int_equal(try_open(root_cred, "/a/b/f", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	assert_int_equal(try_open(root_cred, "/a/b/none", O_RDONLY), -ENOENT);
	assert_int_equal(try_open(root_cred, "/", O_CREAT | O_RDWR), -EISDIR);
	assert_int_equal(mk_link("b/f", "/a/l"), 0);
	assert_int_equal(mk_link("gone", "/a/dangling"), 0);
	assert_int_equal(try_open(root_cred, "/a/l", O_RDONLY | O_NOFOLLOW), -ELOOP);
	assert_int_equal(try_open(root_cred, "/a/l", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
	assert_int_equal(try_open(root_cred, "/a/l", O_PATH | O_NOFOLLOW), 0);
	assert_int_equal(try_open(root_cred, "/a/dangling", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
	assert_int_equal(try_open(root_cred, "/a/dangling", O_RDONLY), -ENOENT);
	assert_int_equal(try_open(root_cred, "/a/dangling", O_CREAT | O_RDWR), 0);
	assert_int_equal(exists("/a/gone"), 0);
	/* A file made with no permission is open all the same. */
	f = open_as(root_cred, "/a/none", O_CREAT | O_RDWR, 0, &err);
	assert_int_equal(err, 0);
	assert_true(f->can_read && f->can_write);
	/* ETXTBSY both ways. */
	assert_int_equal(f->inode->writers, 1);
	f->inode->exec_denies++;
	assert_int_equal(try_open(root_cred, "/a/none", O_WRONLY), -ETXTBSY);
	f->inode->exec_denies--;
	file_unref(f);
	f = open_as(root_cred, "/a", O_TMPFILE | O_RDWR, 0600, &err);
	assert_int_equal(err, 0);
	assert_int_equal(f->inode->nlink, 0);
	file_unref(f);
	assert_int_equal(try_open(user_cred, "/a/b/f", O_RDONLY | O_NOATIME), -EPERM);
}

TEST(permissions)
{
	struct attr_change ch = { .valid = ATTR_MODE, .mode = 0700 };
	struct walk u = as(user_cred);
	struct path p;

	tree();
	assert_int_equal(try_open(user_cred, "/a/b/f", O_RDONLY), 0);
	assert_int_equal(try_open(user_cred, "/a/b/f", O_WRONLY), -EACCES);
	assert_int_equal(try_open(user_cred, "/a/new", O_CREAT | O_WRONLY), -EACCES);
	assert_int_equal(vfs_unlink(&u, "/a/b/f"), -EACCES);
	assert_int_equal(vfs_mkdir(&u, "/a/b", 0755), -EEXIST);
	assert_int_equal(find("/a/b", 0, &p), 0);
	assert_int_equal(vfs_setattr(&p, &ch, user_cred), -EPERM);
	assert_int_equal(vfs_setattr(&p, &ch, root_cred), 0);
	assert_int_equal(vfs_lookup(&u, "/a/b/f", 0, &p) == 0, 0);
	path_put(&p);
	assert_int_equal(try_open(user_cred, "/a/b/f", O_RDONLY), -EACCES);
	/* Sticky: what another user made stays. */
	assert_int_equal(mk_dir("/tmp"), 0);
	assert_int_equal(find("/tmp", 0, &p), 0);
	ch.mode = 01777;
	assert_int_equal(vfs_setattr(&p, &ch, root_cred), 0);
	path_put(&p);
	assert_int_equal(mk_file("/tmp/root"), 0);
	assert_int_equal(try_open(user_cred, "/tmp/mine", O_CREAT | O_WRONLY), 0);
	assert_int_equal(vfs_unlink(&u, "/tmp/root"), -EPERM);
	assert_int_equal(vfs_rename(&u, "/tmp/root", &u, "/tmp/x", 0), -EPERM);
	/* protected_hardlinks, protected_symlinks */
	assert_int_equal(vfs_link(&u, "/tmp/root", 0, &u, "/tmp/hard"), -EPERM);
	assert_int_equal(vfs_link(&u, "/tmp/mine", 0, &u, "/tmp/hard"), 0);
	assert_int_equal(vfs_symlink(&u, "/tmp/mine", "/tmp/sym"), 0);
	assert_int_equal(try_open(user_cred, "/tmp/sym", O_RDONLY), 0);
	assert_int_equal(try_open(root_cred, "/tmp/sym", O_RDONLY), -EACCES);
	assert_int_equal(vfs_unlink(&u, "/tmp/mine"), 0);
}

TEST(set_id_bits)
{
	struct attr_change ch = { .valid = ATTR_MODE, .mode = 06755 };
	struct attr_change own = { .valid = ATTR_UID, .uid = 1000 };
	struct path p;
	struct file *f;
	struct uio u;
	int err;
	char c = 'x';

	assert_int_equal(mk_file("/s"), 0);
	assert_int_equal(find("/s", 0, &p), 0);
	assert_int_equal(vfs_setattr(&p, &ch, root_cred), 0);
	assert_int_equal(vfs_setattr(&p, &own, root_cred), 0);
	assert_int_equal(p.dentry->inode->mode & 07777, 0755);
	ch.mode = 04755;
	assert_int_equal(vfs_setattr(&p, &ch, user_cred), 0);
	f = open_as(user_cred, "/s", O_WRONLY, 0, &err);
	uio_kernel(&u, &c, 1);
	assert_int_equal(vfs_write(f, &u, NULL, UINT64_MAX), 1);
	assert_int_equal(p.dentry->inode->mode & 07777, 0755);
	file_unref(f);
	path_put(&p);
	/* Set-gid directories hand their group on. */
	assert_int_equal(mk_dir("/g"), 0);
	assert_int_equal(find("/g", 0, &p), 0);
	p.dentry->inode->gid = 77;
	p.dentry->inode->mode |= S_ISGID;
	path_put(&p);
	assert_int_equal(mk_dir("/g/d"), 0);
	assert_int_equal(find("/g/d", 0, &p), 0);
	assert_int_equal(p.dentry->inode->gid, 77);
	assert_true(p.dentry->inode->mode & S_ISGID);
	path_put(&p);
}

TEST(removal)
{
	struct path p;
	struct walk w;

	tree();
	assert_int_equal(rm("/a/b"), -EISDIR);
	assert_int_equal(rm_dir("/a/b/f"), -ENOTDIR);
	assert_int_equal(rm_dir("/a/b"), -ENOTEMPTY);
	assert_int_equal(rm_dir("/a/b/."), -EINVAL);
	assert_int_equal(rm_dir("/a/b/.."), -ENOTEMPTY);
	assert_int_equal(rm_dir("/"), -EBUSY);
	assert_int_equal(rm("/a/."), -EISDIR);
	assert_int_equal(rm("/a/b/f/"), -ENOTDIR);
	assert_int_equal(rm("/a/none"), -ENOENT);
	assert_int_equal(mk_dir("/a/b/"), -EEXIST);
	assert_int_equal(mk_dir("/a/n/"), 0);
	assert_int_equal(mk_link("x", "/a/m/"), -ENOENT);
	assert_int_equal(find("/a/n", 0, &p), 0);
	assert_int_equal(rm_dir("/a/n"), 0);
	w = as(root_cred);
	w.base = &p;
	assert_int_equal(vfs_mkdir(&w, "sub", 0755), -ENOENT); /* in a removed directory */
	path_put(&p);
}

TEST(renames)
{
	uint64_t a, b;

	tree();
	assert_int_equal(mk_file("/x"), 0);
	assert_int_equal(mk_dir("/d"), 0);
	assert_int_equal(mv("/a", "/a/b/c/new", 0), -EINVAL);
	assert_int_equal(mv("/a", "/a/b", 0), -EINVAL);
	assert_int_equal(mv("/a/b/c", "/a", 0), -ENOTEMPTY);
	assert_int_equal(mv("/a/b/c", "/a/b", 0), -ENOTEMPTY);
	assert_int_equal(mv("/x", "/d", 0), -EISDIR);
	assert_int_equal(mv("/d", "/x", 0), -ENOTDIR);
	assert_int_equal(mv("/x", "/y/", 0), -ENOTDIR);
	assert_int_equal(mv("/x/", "/y", 0), -ENOTDIR);
	assert_int_equal(mv("/none", "/y", 0), -ENOENT);
	assert_int_equal(mv("/x", "/y/z", 0), -ENOENT);
	assert_int_equal(mv("/a/.", "/y", 0), -EBUSY);
	assert_int_equal(mv("/x", "/a/..", 0), -EBUSY);
	assert_int_equal(mv("/x", "/d", RENAME_NOREPLACE), -EEXIST);
	assert_int_equal(mv("/x", "/d", RENAME_NOREPLACE | RENAME_EXCHANGE), -EINVAL);
	assert_int_equal(mv("/x", "/y", 64), -EINVAL);
	assert_int_equal(mv("/x", "/none", RENAME_EXCHANGE), -ENOENT);
	assert_int_equal(mv("/d", "/a/b", 0), -ENOTEMPTY);
	a = ino_at("/x");
	assert_int_equal(mv("/x", "/a/b/f", 0), 0);
	assert_int_equal(ino_at("/a/b/f"), a);
	assert_int_equal(exists("/x"), -ENOENT);
	b = ino_at("/d");
	assert_int_equal(mv("/a/b/f", "/d", RENAME_EXCHANGE), 0);
	assert_int_equal(ino_at("/d"), a);
	assert_int_equal(ino_at("/a/b/f"), b);
	assert_int_equal(mv("/a", "/a/b/f", RENAME_EXCHANGE), -EINVAL);
	assert_int_equal(mv("/a/b/f", "/a", RENAME_EXCHANGE), -EINVAL);
	assert_int_equal(mv("/a/b/f", "/a/b/c", 0), 0); /* over an empty directory */
	assert_int_equal(ino_at("/a/b/c"), b);
	assert_int_equal(mv("/d", "/e", RENAME_WHITEOUT), 0);
	assert_int_equal(ino_at("/e"), a);
	assert_int_equal(exists("/d"), 0);
	/* Two names of one file: nothing happens. */
	struct walk w = as(root_cred);
	assert_int_equal(vfs_link(&w, "/e", 0, &w, "/e2"), 0);
	assert_int_equal(mv("/e", "/e2", 0), 0);
	assert_int_equal(exists("/e"), 0);
	assert_int_equal(exists("/e2"), 0);
	assert_int_equal(mv("/a/b", "/up", 0), 0);
	assert_int_equal(ino_at("/up/c"), b);
	assert_int_equal(ino_at("/up/.."), ino_at("/"));
	assert_int_equal(ino_at("/up/c/.."), ino_at("/up"));
}

static int mount_tmpfs(const char *at, unsigned flags)
{
	struct super *sb;
	struct path p;
	int err = find(at, 0, &p);

	if (err)
		return err;
	assert_int_equal(tmpfs_new(0, 0, 0755, &sb), 0);
	err = mount_attach(ns, &p, sb, sb->root, flags, "t", NULL);
	super_unref(sb);
	path_put(&p);
	return err;
}

static int unmount(const char *at, int flags)
{
	struct path p;
	int err = find(at, 0, &p);

	if (!err) {
		err = mount_umount(&p, flags);
		path_put(&p);
	}
	return err;
}

static const char *name_of(const char *path)
{
	static char buf[PATH_MAX];
	struct path p;

	if (find(path, 0, &p))
		return "?";
	if (vfs_path_name(&p, &fs->root, buf, sizeof(buf)) < 0)
		strcpy(buf, "!");
	path_put(&p);
	return buf;
}

TEST(mounts)
{
	struct path p, q;
	char line[512];

	tree();
	assert_int_equal(mount_tmpfs("/a/b", 0), 0);
	assert_int_equal(exists("/a/b/f"), -ENOENT); /* covered */
	assert_int_equal(mk_file("/a/b/g"), 0);
	assert_int_equal(ino_at("/a/b/.."), ino_at("/a"));
	assert_string_equal(name_of("/a/b/g"), "/a/b/g");
	assert_int_equal(mv("/a/b/g", "/a/g", 0), -EXDEV);
	assert_int_equal(rm_dir("/a/b"), -EBUSY);
	assert_int_equal(mv("/a/b", "/z", 0), -EBUSY);
	assert_int_equal(mount_tmpfs("/a/b", MS_RDONLY), 0); /* stacked */
	assert_int_equal(exists("/a/b/g"), -ENOENT);
	assert_int_equal(mk_file("/a/b/h"), -EROFS);
	assert_int_equal(mk_dir("/a/b/h"), -EROFS);
	assert_int_equal(ino_at("/a/b/.."), ino_at("/a"));
	assert_int_equal(find("/a/b", 0, &p), 0);
	assert_true(mount_line(p.mnt, &fs->root, line, sizeof(line)) > 0);
	assert_string_equal(line, "t /a/b tmpfs ro,relatime 0 0\n");
	assert_int_equal(unmount("/a/b", 0), -EBUSY);
	path_put(&p);
	assert_int_equal(unmount("/a/b", 0), 0);
	assert_int_equal(exists("/a/b/g"), 0);
	/* bind, recursively, and move */
	assert_int_equal(mk_dir("/bind"), 0);
	assert_int_equal(mk_dir("/moved"), 0);
	assert_int_equal(find("/a", 0, &p), 0);
	assert_int_equal(find("/bind", 0, &q), 0);
	assert_int_equal(mount_bind(ns, &p, &q, true), 0);
	path_put(&q);
	path_put(&p);
	assert_int_equal(exists("/bind/b/g"), 0);
	assert_string_equal(name_of("/bind/b/g"), "/bind/b/g");
	assert_int_equal(find("/bind", 0, &p), 0);
	assert_int_equal(find("/moved", 0, &q), 0);
	assert_int_equal(mount_move(&p, &q), 0);
	path_put(&q);
	path_put(&p);
	assert_int_equal(exists("/moved/b/g"), 0);
	assert_int_equal(exists("/bind/b"), -ENOENT);
	assert_int_equal(unmount("/moved", 0), -EBUSY); /* a mount is below */
	assert_int_equal(unmount("/moved", MNT_DETACH), 0);
	assert_int_equal(exists("/moved/b"), -ENOENT);
	assert_int_equal(unmount("/a/b", 0), 0);
	assert_int_equal(exists("/a/b/f"), 0);
	assert_int_equal(unmount("/a", 0), -EINVAL);
}

TEST(openat2_scopes)
{
	struct path base, p;
	struct walk w;

	tree();
	assert_int_equal(mk_link("/a", "/a/b/abs"), 0);
	assert_int_equal(mk_link("../..", "/a/b/up"), 0);
	assert_int_equal(mk_link("c", "/a/b/down"), 0);
	assert_int_equal(mount_tmpfs("/a/b/c", 0), 0);
	assert_int_equal(find("/a/b", 0, &base), 0);
	w = as(root_cred);
	w.base = &base;
	w.resolve = RESOLVE_BENEATH;
	assert_int_equal(vfs_lookup(&w, "f", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(&w, "..", 0, &p), -EXDEV);
	assert_int_equal(vfs_lookup(&w, "/a", 0, &p), -EXDEV);
	assert_int_equal(vfs_lookup(&w, "abs", 0, &p), -EXDEV);
	assert_int_equal(vfs_lookup(&w, "up", 0, &p), -EXDEV);
	assert_int_equal(vfs_lookup(&w, "c/../f", 0, &p), 0);
	path_put(&p);
	w.resolve = RESOLVE_IN_ROOT;
	assert_int_equal(vfs_lookup(&w, "../../f", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(&w, "/f", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(&w, "abs", 0, &p), -ENOENT);
	assert_int_equal(vfs_lookup(&w, "up/f", 0, &p), 0);
	path_put(&p);
	w.resolve = RESOLVE_NO_XDEV;
	assert_int_equal(vfs_lookup(&w, "c", 0, &p), -EXDEV);
	assert_int_equal(vfs_lookup(&w, "f", 0, &p), 0);
	path_put(&p);
	w.resolve = RESOLVE_NO_SYMLINKS;
	assert_int_equal(vfs_lookup(&w, "down", 0, &p), -ELOOP);
	assert_int_equal(vfs_lookup(&w, "down", WALK_NOFOLLOW, &p), 0);
	path_put(&p);
	w.resolve = RESOLVE_CACHED;
	assert_int_equal(vfs_lookup(&w, "f", 0, &p), 0);
	path_put(&p);
	assert_int_equal(vfs_lookup(&w, "never-seen", 0, &p), -EAGAIN);
	path_put(&base);
}

TEST(names_of_paths)
{
	struct path p;
	char buf[64];

	tree();
	assert_int_equal(find("/a/b/f", 0, &p), 0);
	assert_int_equal(rm("/a/b/f"), 0);
	assert_int_equal(vfs_path_name(&p, &fs->root, buf, sizeof(buf)), 16);
	assert_string_equal(buf, "/a/b/f (deleted)");
	assert_int_equal(vfs_path_name(&p, &fs->root, buf, 16), -ENAMETOOLONG);
	path_put(&p);
	assert_string_equal(name_of("/"), "/");
	struct file *f = file_anon(NULL, "pipe:[77]", S_IFIFO | 0600, O_RDONLY, NULL);
	static const struct file_ops none = { .release = NULL };
	f->ops = &none;
	assert_int_equal(f->inode->ino, 77);
	assert_true(vfs_path_name(&f->path, &fs->root, buf, sizeof(buf)) > 0);
	assert_string_equal(buf, "pipe:[77]");
	file_unref(f);
}

TEST(record_locks)
{
	struct record_lock a = { .type = F_WRLCK, .start = 0, .end = 99, .owner = 1 };
	struct record_lock b = { .type = F_RDLCK, .start = 50, .end = 150, .owner = 2 };
	struct record_lock t;
	struct path p;

	assert_int_equal(mk_file("/l"), 0);
	assert_int_equal(find("/l", 0, &p), 0);
	struct inode *i = p.dentry->inode;
	assert_int_equal(locks_set(i, &a, false), 0);
	assert_int_equal(locks_set(i, &b, false), -EAGAIN);
	a.type = F_UNLCK; /* a hole in the middle */
	a.start = 40;
	a.end = 59;
	assert_int_equal(locks_set(i, &a, false), 0);
	t = b;
	locks_test(i, &t);
	assert_int_equal(t.start, 60);
	assert_int_equal(t.end, 99);
	b.end = 59;
	assert_int_equal(locks_set(i, &b, false), 0);
	a = (struct record_lock){ .type = F_RDLCK, .start = 0, .end = INT64_MAX, .owner = 1 };
	assert_int_equal(locks_set(i, &a, false), 0);
	b.type = F_WRLCK;
	assert_int_equal(locks_set(i, &b, false), -EAGAIN);
	locks_drop_posix(i, 1);
	assert_int_equal(locks_set(i, &b, false), 0);
	locks_drop_posix(i, 2);
	path_put(&p);
}

/* Another owner that waits for a lock of the test's. */
static struct waiting {
	struct inode *ino;
	struct record_lock hold, want;
	int err;
	bool done;
} other;

static void other_main(void *arg UNUSED)
{
	locks_set(other.ino, &other.hold, false);
	other.err = locks_set(other.ino, &other.want, true);
	other.done = true;
}

TEST(lock_waits)
{
	struct record_lock mine = { .type = F_WRLCK, .start = 0, .end = 9, .owner = 1 };
	struct path p;

	assert_int_equal(mk_file("/l"), 0);
	assert_int_equal(find("/l", 0, &p), 0);
	other.ino = p.dentry->inode;
	other.done = false;
	other.hold = (struct record_lock){ .type = F_WRLCK, .start = 20, .end = 29, .owner = 2 };
	other.want = (struct record_lock){ .type = F_RDLCK, .start = 5, .end = 6, .owner = 2 };
	assert_int_equal(locks_set(other.ino, &mine, false), 0);
	assert_non_null(co_new("other", other_main, NULL));
	co_yield();
	assert_false(other.done);
	mine.start = 25; /* what it holds, while it waits for what we hold */
	mine.end = 26;
	assert_int_equal(locks_set(other.ino, &mine, true), -EDEADLK);
	mine = (struct record_lock){ .type = F_UNLCK, .start = 0, .end = 5, .owner = 1 };
	assert_int_equal(locks_set(other.ino, &mine, false), 0);
	co_yield();
	assert_false(other.done); /* byte 6 is still ours */
	mine.end = INT64_MAX;
	assert_int_equal(locks_set(other.ino, &mine, false), 0);
	co_yield();
	co_yield();
	assert_true(other.done);
	assert_int_equal(other.err, 0);
	locks_drop_posix(other.ino, 2);
	path_put(&p);
}

TEST(flocks)
{
	struct file *a, *b;
	int err;

	assert_int_equal(mk_file("/l"), 0);
	a = open_as(root_cred, "/l", O_RDONLY, 0, &err);
	b = open_as(root_cred, "/l", O_RDONLY, 0, &err);
	assert_int_equal(locks_flock(a, 1 /* LOCK_SH */), 0);
	assert_int_equal(locks_flock(b, 1 | 4 /* LOCK_NB */), 0);
	assert_int_equal(locks_flock(a, 2 | 4 /* LOCK_EX */), -EWOULDBLOCK);
	file_unref(b); /* its last reference unlocks */
	assert_int_equal(locks_flock(a, 2 | 4), 0);
	assert_int_equal(locks_flock(a, 8 /* LOCK_UN */), 0);
	file_unref(a);
}

/* Two renames that meet each other's directories, and a removal between. */
static int renamed;

static void rename_main(void *arg)
{
	renamed += mv(arg ? "/a/x" : "/a/b/y", arg ? "/a/b/x" : "/a/y", 0) == 0;
}

TEST(renames_meet)
{
	tree();
	renamed = 0;
	assert_int_equal(mk_file("/a/x"), 0);
	assert_int_equal(mk_file("/a/b/y"), 0);
	assert_non_null(co_new("one", rename_main, "x"));
	assert_non_null(co_new("two", rename_main, NULL));
	for (int i = 0; i < 10; i++)
		co_yield();
	assert_int_equal(renamed, 2);
	assert_int_equal(exists("/a/b/x"), 0);
	assert_int_equal(exists("/a/y"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_basics), cmocka_unit_test(symlinks),
		cmocka_unit_test(open_rules),  cmocka_unit_test(permissions),
		cmocka_unit_test(set_id_bits), cmocka_unit_test(removal),
		cmocka_unit_test(renames),     cmocka_unit_test(mounts),
		cmocka_unit_test(openat2_scopes), cmocka_unit_test(names_of_paths),
		cmocka_unit_test(record_locks), cmocka_unit_test(lock_waits),
		cmocka_unit_test(flocks),      cmocka_unit_test(renames_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
