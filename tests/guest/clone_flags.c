/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/futex.h>
#include <sys/mman.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int seen;
static int fd;
static pid_t tid_word, child_word;

static int sets(void *arg)
{
	seen = (int)(long)arg;
	return 7;
}

static int closes(void *arg UNUSED)
{
	close(fd);
	chdir("/");
	return 0;
}

static int sleeps(void *arg UNUSED)
{
	usleep(20000);
	return 0;
}

static int parent_is(void *arg)
{
	return getppid() == (pid_t)(long)arg ? 0 : 1;
}

static int tells_tid(void *arg UNUSED)
{
	return child_word == (pid_t)syscall(SYS_gettid) ? 0 : 1;
}

static int run(int (*fn)(void *), int flags, void *arg)
{
	int st = -1;
	pid_t pid = clone(fn, stack + sizeof(stack), flags, arg, &tid_word, NULL, &child_word);

	if (pid == -1)
		return -errno;
	if (waitpid(pid, &st, __WALL) != pid)
		return -1;
	return st;
}

int main(void)
{
	int st;

	fflush(stdout);
	check(exited(run(sets, SIGCHLD, (void *)1), 7) && seen == 0, "without CLONE_VM memory is copied");
	check(exited(run(sets, CLONE_VM | SIGCHLD, (void *)2), 7) && seen == 2, "with it, shared");
	check(exited(run(sets, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)3), 7) && seen == 3, "CLONE_VFORK too");
	fd = file("f", "x");
	check(exited(run(closes, SIGCHLD, NULL), 0) && fcntl(fd, F_GETFD) == 0 && access("f", F_OK) == 0,
	      "files and cwd are copied");
	check(exited(run(closes, CLONE_FILES | SIGCHLD, NULL), 0) && fcntl(fd, F_GETFD) == -1, "CLONE_FILES shares descriptors");
	check(access("f", F_OK) == 0, "but not the cwd");
	int dir = open(".", O_RDONLY);
	check(exited(run(closes, CLONE_FS | SIGCHLD, NULL), 0) && access("f", F_OK) == -1, "CLONE_FS shares the cwd");
	need(fchdir(dir) == 0);
	check(exited(run(tells_tid, CLONE_CHILD_SETTID | SIGCHLD, NULL), 0), "CLONE_CHILD_SETTID");
	check(exited(run(sets, CLONE_PARENT_SETTID | SIGCHLD, NULL), 7) && tid_word > 1, "CLONE_PARENT_SETTID");
	check(exited(run(parent_is, SIGCHLD, (void *)(long)getpid()), 0), "its parent");
	check(exited(run(parent_is, CLONE_VM | SIGCHLD, (void *)(long)getpid()), 0), "of a CLONE_VM child too");
	/* CLONE_CHILD_CLEARTID: the word is zeroed and a waiter woken. */
	child_word = 1;
	pid_t pid = clone(sleeps, stack + sizeof(stack), CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL, NULL, &child_word);
	need(pid > 0);
	struct timespec ts = { 5, 0 };
	while (child_word == 1)
		if (syscall(SYS_futex, &child_word, FUTEX_WAIT, 1, &ts, NULL, 0) && errno == ETIMEDOUT)
			break;
	check_is(child_word, 0, "CLONE_CHILD_CLEARTID");
	need(waitpid(pid, &st, 0) == pid);
	/* No exit signal: only __WALL or __WCLONE find it. */
	pid = clone(sets, stack + sizeof(stack), CLONE_VM, (void *)9);
	need(pid > 0);
	check_errno(waitpid(pid, &st, 0), ECHILD, "a child without exit signal is not for plain wait");
	check(waitpid(pid, &st, __WCLONE) == pid && exited(st, 7), "__WCLONE finds it");
	check_errno(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL, "SIGHAND without VM");
	check_errno(syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0), EINVAL, "THREAD without SIGHAND");
	check_errno(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL, "FS with NEWNS");
	check_errno(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &st, 0, 0), EINVAL, "PIDFD with DETACHED");
	check_errno(unshare(0x1), EINVAL, "unshare of an unknown flag");
	check_is(unshare(CLONE_FILES | CLONE_FS), 0, "unshare of files and cwd");
	check_is(unshare(0), 0, "unshare of nothing");
	return done();
}
