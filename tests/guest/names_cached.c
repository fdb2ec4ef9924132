/* SPDX-License-Identifier: Apache-2.0
 *
 * What is remembered of names must follow every change of them: that one is free, and what may be
 * done with it.
 */
#include "guest.h"
#include <dirent.h>
#include <grp.h>
#include <linux/fs.h>

#define TIMES 3 /* once to learn it, then from memory */

static bool missing(const char *name)
{
	struct stat st;

	for (int i = 0; i < TIMES; i++)
		if (stat(name, &st) != -1 || errno != ENOENT || access(name, F_OK) != -1 ||
		    open(name, O_RDONLY) != -1 || errno != ENOENT)
			return false;
	return true;
}

static bool there(const char *name)
{
	struct stat st;

	for (int i = 0; i < TIMES; i++)
		if (stat(name, &st) || access(name, F_OK))
			return false;
	return true;
}

static void free_names(void)
{
	check(missing("n"), "a name that isn't there");
	close(file("n", "x"));
	check(there("n"), "made");
	need(unlink("n") == 0);
	check(missing("n"), "unlinked");
	int fd = open("n", O_CREAT | O_EXCL | O_RDWR, 0600);
	check(fd >= 0, "made anew, exclusively");
	close(fd);
	need(unlink("n") == 0 && mkdir("n", 0755) == 0);
	check(there("n") && there("n/.") && missing("n/x"), "a directory now");
	need(rmdir("n") == 0);
	check(missing("n") && missing("n/x"), "removed");
	need(symlink("m", "n") == 0);
	check(missing("n") && missing("m"), "a link to what isn't there");
	close(file("m", "x"));
	check(there("n"), "what it leads to is there now");
	need(unlink("m") == 0);
	check(missing("n"), "and isn't any more");
	need(unlink("n") == 0);
	fd = file("f", "x");
	need(link("f", "n") == 0);
	check(there("n"), "a hard link");
	need(unlink("f") == 0);
	check(missing("f") && there("n"), "only the other name");
	close(fd);
	need(unlink("n") == 0);
	check(missing("n"), "neither");
	need(mknod("n", S_IFIFO | 0600, 0) == 0);
	check(access("n", F_OK) == 0, "a FIFO");
	need(unlink("n") == 0);
	check(missing("n"), "and its end");
}

static void renamed(void)
{
	close(file("a", "a"));
	check(missing("b"), "the new name is free");
	need(rename("a", "b") == 0);
	check(missing("a") && there("b"), "renamed");
	need(rename("b", "a") == 0);
	check(missing("b") && there("a"), "and back");
	close(file("b", "b"));
	need(rename("a", "b") == 0);
	check(missing("a") && there("b"), "over another");
	close(file("a", "a"));
	check(there("a"), "the old name is used again");
	need(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE) == 0);
	check(there("a") && there("b"), "exchanged");
	need(unlink("a") == 0 && unlink("b") == 0);

	need(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0);
	close(file("d/x", "x"));
	check(missing("d/y") && missing("e/x"), "below directories");
	need(rmdir("e") == 0 && rename("d", "e") == 0);
	check(missing("d") && missing("d/x") && there("e/x") && missing("e/y"), "a directory moved");
	need(mkdir("d", 0755) == 0);
	check(missing("d/x"), "another with its old name is empty");
	close(file("d/y", "y"));
	check(there("d/y") && missing("e/y"), "each has its own");
	need(syscall(SYS_renameat2, AT_FDCWD, "d", AT_FDCWD, "e", RENAME_EXCHANGE) == 0);
	check(there("d/x") && missing("d/y") && there("e/y") && missing("e/x"), "exchanged");
	need(rename("d/x", "e/x") == 0);
	check(missing("d/x") && there("e/x"), "a file moved across");
	need(unlink("e/x") == 0 && unlink("e/y") == 0 && rmdir("e") == 0 && rmdir("d") == 0);
}

static int names(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	need(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void lists(void)
{
	need(mkdir("d", 0755) == 0);
	check(names("d") == 0 && names("d") == 0, "an empty directory");
	close(file("d/a", "a"));
	check(names("d") == 1 && names("d") == 1, "with a file");
	need(link("d/a", "d/b") == 0 && symlink("a", "d/c") == 0 && mkdir("d/d", 0755) == 0);
	check(names("d") == 4 && names("d") == 4, "with four");
	need(rename("d/b", "d/e") == 0);
	check(names("d") == 4, "one renamed");
	need(rename("d/e", "e") == 0);
	check(names("d") == 3, "one moved out");
	DIR *d = opendir("d");
	need(d && readdir(d));
	need(unlink("d/a") == 0 && unlink("d/c") == 0);
	check(names("d") == 1, "two unlinked");
	rewinddir(d);
	int n = 0;
	while (readdir(d))
		n++;
	check_is(n, 3, "a reader that starts anew sees it, too");
	closedir(d);
	need(rmdir("d/d") == 0);
	check(names("d") == 0, "empty again");
	need(unlink("e") == 0 && rmdir("d") == 0);
}

static void become_nobody(void)
{
	if (!geteuid())
		need(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
		     setresuid(65534, 65534, 65534) == 0);
}

/* Permissions are looked at each time, whatever is remembered. */
static void permissions(void)
{
	struct stat st;

	need(chmod(".", 0755) == 0 && mkdir("p", 0755) == 0);
	close(file("p/f", "f"));
	need(chmod("p/f", 0644) == 0 && there("p/f") && missing("p/g"));
	int r = in_child({
		become_nobody();
		_exit(there("p/f") && missing("p/g") ? 0 : 1);
	});
	check(exited(r, 0), "others may look");
	need(chmod("p", 0600) == 0);
	r = in_child({
		become_nobody();
		_exit(stat("p/f", &st) == -1 && errno == EACCES && stat("p/g", &st) == -1 &&
		      errno == EACCES && access("p/f", F_OK) == -1 && open("p/f", O_RDONLY) == -1 &&
		      errno == EACCES ? 0 : 1);
	});
	check(exited(r, 0), "nobody may any more, for what is there and what isn't");
	need(chmod("p", 0755) == 0 && chmod("p/f", 0) == 0);
	r = in_child({
		become_nobody();
		_exit(stat("p/f", &st) == 0 && access("p/f", R_OK) == -1 && errno == EACCES &&
		      open("p/f", O_RDONLY) == -1 && errno == EACCES ? 0 : 1);
	});
	check(exited(r, 0), "a file's own mode counts");
	need(unlink("p/f") == 0 && rmdir("p") == 0);
}

int main(void)
{
	free_names();
	renamed();
	lists();
	permissions();
	return done();
}
