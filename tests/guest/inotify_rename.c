/* SPDX-License-Identifier: Apache-2.0
 *
 * inotify: renames, their cookies, and that watches stay with the inode through renames, links,
 * copy-up and a directory cache under pressure.
 */
#include "inotify.h"
#include <linux/fs.h>

static int in;

static int rename2(const char *from, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);

	need(fd >= 0);
	close(fd);
}

static void plain(void)
{
	make("a/f");
	watch(in, "a/f", ALL, "f");
	events(in, "ready");
	rename("a/f", "a/g");
	events(in, "in one directory");
	rename("a/g", "b/h");
	events(in, "between directories");
	rename("b/h", "b/h");
	events(in, "to itself");
	link("b/h", "b/i");
	events(in, "link");
	rename("b/h", "b/i");
	events(in, "between two names of one file");
	unlink("b/i");
	make("outside");
	events(in, "ready");
	rename("b/h", "out");
	events(in, "out of what is watched");
	rename("out", "a/f");
	events(in, "and in again");
	check_errno(rename("a/none", "a/x"), ENOENT, "nothing there");
	check_errno(rename("a/f", "none/x"), ENOENT, "nowhere to go");
	events(in, "failed renames");
	unlink("a/f");
	unlink("outside");
	events(in, "gone");
}

static void replacing(void)
{
	make("a/f");
	make("b/g");
	watch(in, "a/f", ALL, "f");
	watch(in, "b/g", ALL, "g");
	events(in, "ready");
	rename("a/f", "b/g");
	events(in, "over a file");
	int fd = open("b/g", O_RDONLY);
	make("a/f");
	watch(in, "a/f", ALL, "new f");
	events(in, "ready");
	rename("a/f", "b/g");
	events(in, "over an open file");
	close(fd);
	events(in, "closed");
	make("a/f");
	link("b/g", "b/other");
	events(in, "ready");
	rename("a/f", "b/g");
	events(in, "over one of two names");
	unlink("b/other");
	unlink("b/g");
	events(in, "gone");
}

static void exchange(void)
{
	make("a/f");
	mkdir("b/dir", 0755);
	watch(in, "a/f", ALL, "f");
	watch(in, "b/dir", ALL, "dir");
	events(in, "ready");
	check_is(rename2("a/f", "b/dir", RENAME_EXCHANGE), 0, "exchange");
	events(in, "exchange");
	check_is(rename2("a/f", "b/dir", RENAME_EXCHANGE), 0, "exchange back");
	events(in, "exchange back");
	check_errno(rename2("a/f", "b/dir", RENAME_NOREPLACE), EEXIST, "NOREPLACE");
	events(in, "refused");
	check_is(rename2("a/f", "b/f", RENAME_NOREPLACE), 0, "NOREPLACE");
	events(in, "NOREPLACE");
	unlink("b/f");
	rmdir("b/dir");
	events(in, "gone");
}

static void directories(void)
{
	mkdir("a/dir", 0755);
	mkdir("a/dir/deep", 0755);
	watch(in, "a/dir", ALL, "dir");
	watch(in, "a/dir/deep", ALL, "deep");
	events(in, "ready");
	rename("a/dir", "b/dir");
	events(in, "a directory");
	make("b/dir/deep/file");
	events(in, "what is in it is still watched");
	mkdir("a/empty", 0755);
	watch(in, "a/empty", ALL, "empty");
	unlink("b/dir/deep/file");
	rmdir("b/dir/deep");
	events(in, "ready");
	rename("b/dir", "a/empty");
	events(in, "over an empty directory");
	rmdir("a/empty");
	events(in, "gone");
	rename("a", "c");
	events(in, "the watched directory itself");
	make("c/x");
	rename("c", "a");
	unlink("a/x");
	events(in, "and back");
}

/* An open file follows its name; so does the name that its directory is told. */
static void open_files(void)
{
	make("a/f");
	int fd = open("a/f", O_RDWR);
	discard(in);
	write(fd, "x", 1);
	rename("a/f", "a/g");
	write(fd, "x", 1);
	rename("a/g", "b/g");
	write(fd, "x", 1);
	link("b/g", "a/other");
	unlink("b/g");
	write(fd, "x", 1);
	close(fd);
	events(in, "writes through renames");
	unlink("a/other");
	discard(in);
}

/* Where "low" was there before, it is below the overlay of a sandbox: what changes is copied first. */
static void copy_up(void)
{
	static const char *const names[] = { "low/file", "low/touched" };
	int fd;

	for (size_t i = 0; i < 2; i++)
		watch(in, names[i], ALL, names[i]);
	watch(in, "low", ALL, "low");
	watch(in, "low/dir", ALL, "low/dir");
	events(in, "ready");
	close(open("low/file", O_RDONLY));
	events(in, "read only");
	fd = open("low/file", O_RDONLY);
	discard(in);
	int w = open("low/file", O_WRONLY | O_APPEND);
	write(w, "more", 4);
	close(w);
	events(in, "first write");
	char buf[64];
	check_is(read(fd, buf, sizeof(buf)), 9, "the old descriptor reads");
	close(fd);
	events(in, "and is closed");
	chmod("low/touched", 0600);
	events(in, "chmod");
	rename("low/touched", "low/dir/touched");
	events(in, "rename");
	make("low/dir/new");
	events(in, "new in a lower directory");
	unlink("low/dir/touched");
	unlink("low/file");
	events(in, "unlink");
	rename("low/dir", "low/dir2");
	make("low/dir2/new2");
	events(in, "a renamed lower directory");
}

/* Enough other names that nothing unused stays cached. */
static void pressure(void)
{
	char name[64];

	mkdir("many", 0755);
	mkdir("a/keep", 0755);
	make("a/keep/file");
	int one = inotify_init1(IN_NONBLOCK);
	watch(one, "a/keep/file", ALL, "file");
	watch(one, "a/keep", ALL, "keep");
	watch(one, "low/dir2", ALL, "low/dir2");
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		int fd = open(name, O_CREAT | O_WRONLY, 0644);
		need(fd >= 0);
		close(fd);
	}
	make("a/keep/file");
	make("low/dir2/again");
	unlink("a/keep/file");
	events(one, "after twenty thousand others");
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		unlink(name);
	}
	rmdir("many");
	rmdir("a/keep");
	events(one, "gone");
	close(one);
}

/* tests/limits/inotify.sh has it made by the host, outside of the sandbox. */
static void make_lower(void)
{
	if (mkdir("low", 0755))
		return;
	mkdir("low/dir", 0755);
	int fd = open("low/file", O_CREAT | O_WRONLY | O_TRUNC, 0644);
	need(fd >= 0 && write(fd, "lower", 5) == 5);
	close(fd);
	make("low/touched");
}

int main(void)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	in = inotify_init1(IN_NONBLOCK);
	need(in >= 0);
	watch(in, "a", ALL, "a");
	watch(in, "b", ALL, "b");
	plain();
	replacing();
	exchange();
	directories();
	open_files();
	make_lower();
	discard(in);
	copy_up();
	pressure();
	return done();
}
