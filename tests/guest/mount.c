/* SPDX-License-Identifier: Apache-2.0
 *
 * mount, umount2 and pivot_root: tmpfs, bind, remount, move; what is busy; who may; ustat, sysfs.
 */
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include "guest.h"

struct ustat_k {
	int tfree;
	unsigned long tinode;
	char fname[6], fpack[6];
};

static int pivot(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static bool there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

static void make(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0644);

	need(fd >= 0);
	close(fd);
}

static void test_tmpfs(void)
{
	struct ustat_k u;
	struct statfs sfs;
	struct stat st;
	int fd;

	need(!mkdir("a", 0755));
	make("a/below");
	check_is(mount("none", "a", "tmpfs", MS_NOSUID, "size=64k,mode=0711,nr_inodes=100"), 0, "tmpfs over a directory");
	check(!there("a/below"), "what was there is covered");
	check_is(stat("a", &st), 0, "stat of its root");
	check_is((int)(st.st_mode & 07777), 0711, "mode=");
	check_is(statfs("a", &sfs), 0, "statfs");
	check_is((int)(sfs.f_blocks * (unsigned long)sfs.f_bsize), 65536, "size=");
	check(sfs.f_flags & ST_NOSUID, "nosuid shows in statfs");
	make("a/above");
	check_is((int)syscall(SYS_ustat, (unsigned)st.st_dev, &u), 0, "ustat of its device");
	check(u.tinode == sfs.f_ffree - 1, "ustat counts free inodes");
	check_errno((int)syscall(SYS_ustat, 0xfffff, &u), EINVAL, "ustat of no device");
	check_errno((int)syscall(SYS_ustat, (unsigned)st.st_dev, odd_ptr), EFAULT, "ustat to a wild pointer");

	fd = open("a/above", O_RDONLY);
	check_errno(umount2("a", 0), EBUSY, "umount with a file open");
	check_errno(umount2("a", MNT_EXPIRE | MNT_DETACH), EINVAL, "MNT_EXPIRE with MNT_DETACH");
	check_errno(umount2("a", 0x1000), EINVAL, "an unknown flag");
	check_is(umount2("a", MNT_DETACH), 0, "lazy umount");
	check(there("a/below") && !there("a/above"), "and the directory is back");
	check_is(fstat(fd, &st), 0, "the open file lives on");
	close(fd);
	check_errno(umount2("a", 0), EINVAL, "umount of what isn't mounted");
	check_errno(umount2("a/nothing", 0), ENOENT, "umount of what isn't there");
}

static void test_errors(void)
{
	need(!mkdir("b", 0755));
	make("file");
	check_errno(mount("none", "b", "nosuchfs", 0, NULL), ENODEV, "an unknown type");
	check_errno(mount("none", "b", "tmpfs", 0, "size=what"), EINVAL, "an option that makes no sense");
	check_errno(mount("none", "b/no", "tmpfs", 0, NULL), ENOENT, "on what isn't there");
	check_errno(mount("none", "file", "tmpfs", 0, NULL), ENOTDIR, "a directory on a file");
	check_errno(mount("none", "b", NULL, 0, NULL), EINVAL, "no type");
	check_errno(mount("file", "b", NULL, MS_BIND, NULL), ENOTDIR, "a file on a directory");
	check_errno(mount("nothing", "b", NULL, MS_BIND, NULL), ENOENT, "bind of what isn't there");
	check_errno(mount("none", "b", NULL, MS_REMOUNT, NULL), EINVAL, "remount of what isn't mounted");
	check_errno(mount("b", "a", NULL, MS_MOVE, NULL), EINVAL, "move of what isn't mounted");
	check_errno(mount(odd_ptr, "b", "tmpfs", 0, NULL), EFAULT, "a wild source");
	check_errno(mount("none", odd_ptr, "tmpfs", 0, NULL), EFAULT, "a wild target");
	check_errno(mount("none", "b", odd_ptr, 0, NULL), EFAULT, "a wild type");
}

static void test_bind(void)
{
	struct stat one, two;

	need(!mkdir("c", 0755) && !mkdir("d", 0755) && !mkdir("c/sub", 0755));
	make("c/file");
	check_is(mount("c", "d", NULL, MS_BIND, NULL), 0, "bind");
	need(!stat("c/file", &one) && !stat("d/file", &two));
	check(one.st_ino == two.st_ino && one.st_dev == two.st_dev, "the same file in both places");
	check_is(mount("none", "d", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0, "read-only, one of them");
	check_errno(open("d/new", O_CREAT | O_WRONLY, 0600), EROFS, "no writing there");
	check_errno(rename("d/file", "d/other"), EROFS, "no renaming there");
	check_errno(chmod("d/file", 0600), EROFS, "no chmod there");
	check_is(chmod("c/file", 0600), 0, "but in the other");
	check_errno(link("c/file", "d/hard"), EROFS, "no linking there");
	check_errno(rename("c/file", "d/moved"), EXDEV, "no rename across mounts");
	check_errno(rmdir("d"), EBUSY, "a mount point can't be removed");
	check_is(mount("none", "c/sub", "tmpfs", 0, NULL), 0, "a mount below the source");
	make("c/sub/x");
	check(!there("d/sub/x"), "isn't in a plain bind");
	check_is(umount2("d", 0), 0, "umount the bind");
	check_is(mount("c", "d", NULL, MS_BIND | MS_REC, NULL), 0, "recursive bind");
	check(there("d/sub/x"), "takes what is below along");
	check_errno(umount2("d", 0), EBUSY, "umount with a mount below");
	check_is(umount2("d", MNT_DETACH), 0, "both at once");
	check_is(mount("c/sub", "b", NULL, MS_MOVE, NULL), 0, "move");
	check(there("b/x") && !there("c/sub/x"), "it is there now");
	check_errno(mount("b", "b", NULL, MS_MOVE, NULL), ELOOP, "move into itself");
	check_is(mount("file", "c/file", NULL, MS_BIND, NULL), 0, "a file on a file");
	check_is(umount2("c/file", 0), 0, "and off");
	check_is(umount2("b", 0), 0, "umount what was moved");
}

static void test_unprivileged(void)
{
	pid_t pid;
	int st;

	need(!chmod(".", 0755));
	pid = fork();

	if (pid == 0) {
		bool good = setresuid(65534, 65534, 65534) == 0;

		good &= mount("none", "a", "tmpfs", 0, NULL) == -1 && errno == EPERM;
		good &= umount2("/", 0) == -1 && errno == EPERM;
		good &= pivot("a", "a") == -1 && errno == EPERM;
		_exit(good ? 0 : 1);
	}
	waitpid(pid, &st, 0);
	check_is(st, 0, "nobody may do any of it: EPERM");
}

static void test_sysfs(void)
{
	char name[64];
	long n = syscall(SYS_sysfs, 3), tmpfs = syscall(SYS_sysfs, 1, "tmpfs");

	check(n > 0 && tmpfs >= 0 && tmpfs < n, "sysfs knows tmpfs");
	check_is((int)syscall(SYS_sysfs, 2, tmpfs, name), 0, "its name by number");
	check(!strcmp(name, "tmpfs"), "is tmpfs");
	check_errno((int)syscall(SYS_sysfs, 1, "nosuchfs"), EINVAL, "a type that isn't there");
	check_errno((int)syscall(SYS_sysfs, 2, n, name), EINVAL, "a number past the last");
	check_errno((int)syscall(SYS_sysfs, 2, tmpfs, odd_ptr), EFAULT, "a wild pointer");
	check_errno((int)syscall(SYS_sysfs, 4), EINVAL, "an unknown option");
}

static void test_pivot(void)
{
	char here[PATH_MAX], old[PATH_MAX + 16];
	struct stat was, now;

	need(getcwd(here, sizeof(here)) && !stat("/", &was));
	need(!mkdir("root", 0755));
	check_errno(pivot("root", "root"), EBUSY, "pivot_root to the root's own mount");
	check_is(mount("none", "root", "tmpfs", 0, NULL), 0, "a new root");
	need(!mkdir("root/old", 0755));
	make("root/mark");
	check_errno(pivot("root/old", "root/old"), EINVAL, "to what is no mount's root");
	check_errno(pivot("root", "c"), EBUSY, "with the old one put on itself");
	check_errno(pivot("root", "root/mark"), ENOTDIR, "with the old one put on a file");
	check_errno(pivot("root", "root/no"), ENOENT, "with the old one put nowhere");
	check_errno(pivot("/", "/"), EBUSY, "root to root");
	need(!chdir("root"));
	check_is(pivot(".", "old"), 0, "pivot_root");
	check(there("/mark") && there("/old"), "/ is the new tree");
	need(!stat("/old", &now));
	check(was.st_ino == now.st_ino && was.st_dev == now.st_dev, "the old one is in its place");
	snprintf(old, sizeof(old), "/old%s/a/below", here);
	check(there(old), "and all in it can be reached");
	need(!chdir("/"));
	check_is(umount2("/old", MNT_DETACH), 0, "away with the old one");
	check(!there(old) && there("/mark"), "only the new tree is left");
	check_is(umount2("/", 0), 0, "umount of the root");
	check_errno(open("/mark", O_WRONLY), EROFS, "only makes it read-only");
}

int main(void)
{
	struct utsname un;

	/* Not on the machine's own tree. */
	need(!uname(&un));
	if (unshare(CLONE_NEWNS) && !strstr(un.release, "picket"))
		return 77;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) && !strstr(un.release, "picket"))
		return 77;
	test_tmpfs();
	test_errors();
	test_bind();
	test_unprivileged();
	test_sysfs();
	test_pivot();
	return done();
}
