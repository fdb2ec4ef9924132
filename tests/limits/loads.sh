# SPDX-License-Identifier: Apache-2.0
# Big loads: a thousand forks, 500 live threads, 1 GiB touched, 1 GiB through a pipe, 10,000 files.
# time limit: 300 s
. "$(dirname "$0")/../lib/limits.sh"
cat > load.c <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what) { perror(what); exit(1); }

static void forks(void)
{
	for (int i = 0; i < 1000; i++) {
		int st;
		pid_t p = fork();
		if (p < 0) die("fork");
		if (!p) _exit(i & 0x7f);
		if (waitpid(p, &st, 0) != p || WEXITSTATUS(st) != (i & 0x7f)) die("wait");
	}
	puts("1000 forks");
}

static pthread_barrier_t barrier;
static void *wait_there(void *a) { pthread_barrier_wait(&barrier); return a; }

static void threads(void)
{
	static pthread_t t[500];
	pthread_attr_t at;
	pthread_attr_init(&at);
	pthread_attr_setstacksize(&at, 65536);
	pthread_barrier_init(&barrier, NULL, 501);
	for (int i = 0; i < 500; i++)
		if (pthread_create(&t[i], &at, wait_there, NULL)) die("thread");
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 500; i++) pthread_join(t[i], NULL);
	puts("500 threads");
}

static void memory(void)
{
	size_t n = 1UL << 30;
	char *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED) die("mmap");
	for (size_t i = 0; i < n; i += 4096) m[i] = (char)(i >> 12);
	for (size_t i = 0; i < n; i += 4096) if (m[i] != (char)(i >> 12)) die("content");
	if (munmap(m, n)) die("munmap");
	puts("1 GiB of memory");
}

static void pipe_load(void)
{
	int fd[2], st;
	static char buf[1 << 16];
	long total = 0, n, want = 1L << 30;
	if (pipe(fd)) die("pipe");
	pid_t p = fork();
	if (!p) {
		for (long i = 0; i < want; i += n) {
			memset(buf, (int)(i >> 16), sizeof(buf));
			if ((n = write(fd[1], buf, sizeof(buf))) <= 0) _exit(1);
		}
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], buf, sizeof(buf))) > 0) total += n;
	waitpid(p, &st, 0);
	printf("pipe %ld %d\n", total, st);
	close(fd[0]);
}

static void files(void)
{
	char name[32];
	int n = 0, fd;
	mkdir("many", 0755);
	for (; n < 10000; n++) {
		snprintf(name, sizeof(name), "many/%d", n);
		fd = open(name, O_RDWR | O_CREAT, 0644);
		if (fd < 0 || write(fd, name, 5) != 5) die(name);
	}
	for (n = 0; n < 10000; n++) {
		snprintf(name, sizeof(name), "many/%d", n);
		if (unlink(name)) die(name);
	}
	puts("10000 open files");
}

int main(void) { setvbuf(stdout, NULL, _IONBF, 0); forks(); threads(); memory(); pipe_load(); files(); return 0; }
C
gcc -O1 -o load load.c -lpthread || exit 1
LIMIT=250
is "loads" "$(ulimit -n 15000; p do -- ./load 2>&1)" "1000 forks
500 threads
1 GiB of memory
pipe 1073741824 0
10000 open files"
finish
