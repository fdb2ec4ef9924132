/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

/* Threads that pull the ground from under each other's calls: any answer but a dead or hung process. */

enum { ROUNDS = 300 };
static volatile int stop, fd_now = -1;
static char *page;

static void *opens_closes(void *arg UNUSED)
{
	for (int i = 0; i < ROUNDS; i++) {
		int fd = open("f", O_RDWR);

		fd_now = fd;
		sched_yield();
		close(fd);
	}
	stop = 1;
	return NULL;
}

static void *uses(void *arg UNUSED)
{
	char buf[100];
	long bad = 0;

	while (!stop) {
		int fd = fd_now;
		ssize_t n = pread(fd, buf, sizeof(buf), 0);

		bad += n == -1 && errno != EBADF;
		bad += n > 0 && buf[0] != 'r';
		fcntl(fd, F_GETFL);
	}
	return (void *)bad;
}

static void *maps(void *arg UNUSED)
{
	for (int i = 0; i < ROUNDS; i++) {
		munmap(page, 4096);
		sched_yield();
		mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	stop = 1;
	return NULL;
}

static void *calls(void *arg)
{
	long bad = 0;

	while (!stop) {
		ssize_t n = pread((int)(long)arg, page, 4096, 0);
		struct stat st;

		bad += n == -1 && errno != EFAULT;
		n = syscall(SYS_stat, page, &st);
		bad += n == -1 && errno != EFAULT && errno != ENOENT && errno != ENAMETOOLONG && errno != ENOTDIR;
		n = syscall(SYS_uname, page);
		bad += n == -1 && errno != EFAULT;
	}
	return (void *)bad;
}

static void *renames(void *arg UNUSED)
{
	for (int i = 0; i < ROUNDS; i++) {
		rename("a", "b");
		rename("b", "a");
	}
	stop = 1;
	return NULL;
}

static void *looks(void *arg UNUSED)
{
	long bad = 0;

	while (!stop) {
		struct stat st;
		int fd = open("a/x", O_RDONLY);

		bad += fd == -1 && errno != ENOENT;
		close(fd);
		bad += stat("b/x", &st) == -1 && errno != ENOENT;
	}
	return (void *)bad;
}

static void *forks(void *arg UNUSED)
{
	long bad = 0;

	for (int i = 0; i < 10; i++)
		bad += !exited(in_child(_exit(3)), 3);
	return (void *)bad;
}

static void run(void *(*one)(void *), void *(*two)(void *), void *arg, const char *what)
{
	pthread_t t[3];
	void *r, *r2;

	stop = 0;
	pthread_create(&t[0], NULL, two, arg);
	pthread_create(&t[1], NULL, two, arg);
	pthread_create(&t[2], NULL, one, NULL);
	pthread_join(t[2], NULL);
	stop = 1;
	pthread_join(t[0], &r);
	pthread_join(t[1], &r2);
	check((long)r + (long)r2 == 0, "%s", what);
}

int main(void)
{
	int fd = file("f", "race"), p[2], st;
	pthread_t t;
	char c;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	run(opens_closes, uses, NULL, "a descriptor is closed and opened while others read by it");
	run(maps, calls, (void *)(long)fd, "a page is unmapped while others pass it to calls");
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(mkdir("a", 0755) == 0);
	close(file("a/x", ""));
	run(renames, looks, NULL, "a directory is renamed while others walk through it");
	run(forks, forks, NULL, "three threads fork and wait");
	/* A descriptor that is closed while another thread sleeps in read keeps the pipe until it wakes. */
	need(pipe(p) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(p[0]);
		ms(15);
		_exit(write(p[1], "x", 1) == 1 ? 0 : 1);
	}
	close(p[1]);
	fd_now = p[0];
	stop = 0;
	pthread_create(&t, NULL, uses, NULL);
	check_is(read(p[0], &c, 1), 1, "read while another thread tries pread");
	stop = 1;
	pthread_join(t, NULL);
	waitpid(pid, &st, 0);
	check(exited(st, 0), "the writer agrees");
	/* Processes that create and remove the same names. */
	int bad = 0;
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			for (int j = 0; j < 100; j++) {
				if (mkdir("same", 0755) && errno != EEXIST)
					_exit(1);
				int f = open("same/f", O_CREAT | O_RDWR, 0644);
				if (f == -1 && errno != ENOENT)
					_exit(2);
				close(f);
				if (unlink("same/f") && errno != ENOENT)
					_exit(3);
				if (rmdir("same") && errno != ENOENT && errno != ENOTEMPTY)
					_exit(4);
			}
			_exit(0);
		}
	while (wait(&st) > 0)
		bad += !exited(st, 0);
	check_is(bad, 0, "three processes make and remove one name");
	/* O_EXCL: exactly one wins. */
	int won = 0;
	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			_exit(open("excl", O_CREAT | O_EXCL | O_RDWR, 0644) >= 0 ? 1 : 0);
	while (wait(&st) > 0)
		won += WEXITSTATUS(st);
	check_is(won, 1, "of eight with O_EXCL one wins");
	return done();
}
