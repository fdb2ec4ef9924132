/* SPDX-License-Identifier: Apache-2.0
 *
 * proc(5): directories of processes and threads that come and go, descriptors, magic links.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tap.h"

static char path[128], text[4096];

static const char *of(pid_t pid, const char *name)
{
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

static bool reads(const char *name, const char *want)
{
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n >= 0 && strstr(text, want);
}

static bool leads(const char *link, const char *want)
{
	ssize_t n = readlink(link, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return n > 0 && !strcmp(text, want);
}

static bool lists(const char *dir, long nr)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	need(d);
	while ((e = readdir(d)))
		found = found || (atol(e->d_name) == nr && e->d_name[0] != '.');
	closedir(d);
	return found;
}

static void test_links(void)
{
	char self[32], file[] = "/tmp/proc_pid.XXXXXX", buf[8] = "";
	int low = mkstemp(file), fd = fcntl(low, F_DUPFD, 100), p[2], again;
	struct stat a, b;

	need(fd >= 0 && pipe(p) == 0);
	snprintf(self, sizeof(self), "%d", getpid());
	check(leads("/proc/self", self), "self");
	check(chdir("/tmp") == 0 && leads("/proc/self/cwd", "/tmp"), "cwd");
	check(leads("/proc/self/root", "/"), "root");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(leads(path, file), "the name of an open file");
	check(lstat(path, &a) == 0 && a.st_mode == (S_IFLNK | 0700), "its link may be read and written");
	check_is(write(fd, "hello", 5), 5, "five bytes");
	again = open(path, O_RDONLY);
	check(read(again, buf, 5) == 5 && !strcmp(buf, "hello"), "opened anew, from the start");
	unlink(file);
	strcat(file, " (deleted)");
	check(leads(path, file), "the name of a deleted file");
	check(stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino, "which is still there");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	check(readlink(path, text, 6) == 6 && !memcmp(text, "pipe:[", 6), "a pipe has a name too");
	again = open(path, O_RDONLY | O_NONBLOCK);
	check(again >= 0 && write(p[1], "x", 1) == 1 && read(again, buf, 1) == 1, "and can be opened");
	check_is(lists("/proc/self/fd", fd), 1, "fd lists it");
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_errno(readlink(path, text, 6), ENOENT, "no more when it is closed");
	check_is(lists("/proc/self/fd", fd), 0, "nor in the list");
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", p[1]);
	check(reads(path, "pos:\t0\nflags:\t01\n"), "fdinfo");
}

static void test_child(void)
{
	pid_t child = fork();
	int dir, file;

	if (!child) {
		pause();
		_exit(0);
	}
	check_is(lists("/proc", child), 1, "a child is listed");
	for (int i = 0; i < 1000 && !reads(of(child, "stat"), ") S "); i++)
		usleep(1000);
	check(reads(of(child, "stat"), ") S "), "it sleeps");
	check(reads(of(child, "status"), "State:\tS (sleeping)\n"), "so says status");
	dir = open(of(child, ""), O_RDONLY);
	file = open(of(child, "stat"), O_RDONLY);
	kill(child, SIGSTOP);
	waitpid(child, NULL, WUNTRACED);
	check(reads(of(child, "stat"), ") T "), "stopped");
	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	check(reads(of(child, "stat"), ") Z "), "a zombie");
	check(reads(of(child, "cmdline"), "") && !text[0], "which has no arguments");
	check_errno(readlink(of(child, "cwd"), text, 8), ENOENT, "nor a working directory");
	check_is(waitpid(child, NULL, 0), child, "reaped");
	check_errno(access(of(child, "stat"), F_OK), ENOENT, "gone");
	check_errno(read(file, text, 8), ESRCH, "an open file says so");
	check_errno(openat(dir, "stat", O_RDONLY), ESRCH, "and an open directory");
	check_is(lists("/proc", child), 0, "it isn't listed");
}

static int ready[2], stop[2];

static void *thread(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);
	char c;

	need(write(ready[1], &tid, sizeof(tid)) == sizeof(tid));
	need(read(stop[0], &c, 1) == 1);
	return arg;
}

static void test_thread(void)
{
	pthread_t t;
	struct stat st;
	pid_t tid;

	need(pipe(ready) == 0 && pipe(stop) == 0 && !pthread_create(&t, NULL, thread, NULL));
	need(read(ready[0], &tid, sizeof(tid)) == sizeof(tid));
	check_is(lists("/proc/self/task", tid), 1, "a thread is listed");
	check_is(lists("/proc", tid), 0, "but not as a process");
	check(stat(of(tid, "task"), &st) == 0, "though it can be looked up");
	check(reads(of(tid, "status"), "\nThreads:\t2\n"), "two threads");
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
	check(reads(path, "\n"), "it has a name");
	check(stat("/proc/self/task", &st) == 0 && st.st_nlink == 4, "links of task");
	check_errno(access("/proc/self/task/1x", F_OK), ENOENT, "no such thread");
	need(write(stop[1], "x", 1) == 1);
	pthread_join(t, NULL);
	for (int i = 0; i < 1000 && !access(path, F_OK); i++)
		usleep(1000);
	check_errno(access(path, F_OK), ENOENT, "gone");
}

static void test_access(void)
{
	pid_t child;
	int status;

	if (getuid()) {
		check(true, "only root can try what others may not");
		return;
	}
	child = fork();
	if (!child) {
		pid_t parent = getppid();

		need(setgid(1000) == 0 && setuid(1000) == 0);
		check_errno(open(of(parent, "environ"), O_RDONLY), EACCES, "root's environ");
		check_errno(open(of(parent, "maps"), O_RDONLY), EACCES, "root's maps");
		check_errno(open(of(parent, "mem"), O_RDONLY), EACCES, "root's mem");
		check_errno(open(of(parent, "fd"), O_RDONLY), EACCES, "root's fd");
		check_errno(readlink(of(parent, "exe"), text, 8), EACCES, "root's exe");
		check(reads(of(parent, "stat"), ") "), "root's stat can be read");
		check(open("/proc/self/fd", O_RDONLY) >= 0, "one's own fd can always");
		check_errno(open("/proc/self/environ", O_RDONLY), EACCES, "one's environ after setuid can't");
		_exit(tap_failed);
	}
	waitpid(child, &status, 0);
	check_is(status, 0, "as another user");
}

int main(void)
{
	test_links();
	test_child();
	test_thread();
	test_access();
	return done();
}
