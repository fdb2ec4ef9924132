/* SPDX-License-Identifier: Apache-2.0
 *
 * What calls write, from busy places in code, is there for others as soon as they can know of the call:
 * from its effect on a pipe, from a wake-up, from the caller's end. Where it can't be written, the call
 * has done nothing.
 */
#include "guest.h"

#include <pthread.h>
#include <sys/socket.h>

#define OFTEN 40 /* enough for a call site to be seen as busy */
#define ROUNDS 1000
#define PAGE 4096

#define often for (int i_ = 0; i_ < OFTEN; i_++)

static char *shared; /* a page that children have, too */

/* ---- others know of it by its effect ---- */

static void test_drained(void)
{
	char out[100];
	int p[2], left, late = 0;

	need(pipe(p) == 0);
	pid_t c = fork();
	if (c == 0) {
		close(p[1]);
		while (syscall(SYS_read, p[0], shared, sizeof(out)) > 0)
			;
		_exit(0);
	}
	for (int i = 0; i < ROUNDS; i++) {
		memset(out, i + 1, sizeof(out));
		need(write(p[1], out, sizeof(out)) == sizeof(out));
		do
			need(ioctl(p[1], FIONREAD, &left) == 0);
		while (left);
		late += ((volatile char *)shared)[99] != (char)(i + 1);
	}
	close(p[1]);
	waitpid(c, NULL, 0);
	close(p[0]);
	check_is(late, 0, "what left a pipe is in shared memory");
}

static int go[2], full[2];
static char taken[1024];

static void *takes(void *arg UNUSED)
{
	char c;

	while (syscall(SYS_read, go[0], &c, 1) == 1 &&
	       syscall(SYS_read, full[0], taken, sizeof(taken)) == sizeof(taken))
		;
	return NULL;
}

/* The pipe is full until the last of four pieces has been read. */
static void test_woken(void)
{
	static char out[PAGE];
	pthread_t t;
	int late = 0;

	need(pipe(go) == 0 && pipe(full) == 0 && fcntl(full[1], F_SETPIPE_SZ, PAGE) == PAGE);
	need(write(full[1], out, PAGE) == PAGE && pthread_create(&t, NULL, takes, NULL) == 0);
	for (int i = 0; i < ROUNDS; i++) {
		memset(out, i + 1, PAGE);
		need(write(go[1], "goon", 4) == 4 && write(full[1], out, PAGE) == PAGE);
		late += ((volatile char *)taken)[1023] != (char)i;
	}
	close(go[1]);
	pthread_join(t, NULL);
	close(go[0]);
	close(full[0]);
	close(full[1]);
	check_is(late, 0, "who is woken by a read finds what it has read");
}

/* ---- the caller is still in the call, or will never come back from it ---- */

static void test_blocked(void)
{
	char half[4], got[8] = { 0 };
	int sv[2];

	need(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	pid_t c = fork();
	if (c == 0) {
		static char mine[8];
		often syscall(SYS_recvfrom, sv[1], mine, sizeof(mine), MSG_WAITALL, NULL, NULL);
		memset(mine, 0, sizeof(mine));
		need(write(sv[1], &(char *){ mine }, sizeof(char *)) == sizeof(char *));
		need(syscall(SYS_recvfrom, sv[1], mine, sizeof(mine), MSG_WAITALL, NULL, NULL) == 8);
		_exit(memcmp(mine, "abcdefgh", 8) != 0);
	}
	char *at;
	often need(write(sv[0], "........", 8) == 8);
	need(read(sv[0], &at, sizeof(at)) == sizeof(at));
	struct iovec mine = { half, 4 }, theirs = { at, 4 };
	need(write(sv[0], "abcd", 4) == 4);
	check(wait_for(process_vm_readv(c, &mine, 1, &theirs, 1, 0) == 4 && !memcmp(half, "abcd", 4)),
	      "half of what a call waits for");
	need(write(sv[0], "efgh", 4) == 4);
	int st;
	waitpid(c, &st, 0);
	check(exited(st, 0) && !got[0], "and all of it");
	close(sv[0]);
	close(sv[1]);
}

static void test_killed(void)
{
	int p[2], st, lost = 0;

	need(pipe(p) == 0);
	for (int i = 1; i <= 50; i++) {
		pid_t c = fork();
		if (c == 0) {
			for (;;)
				syscall(SYS_read, p[0], shared, 100);
		}
		char out[100];
		for (int k = 0; k < 20; k++) {
			memset(out, i + k, sizeof(out));
			need(write(p[1], out, sizeof(out)) == sizeof(out));
		}
		int left;
		do
			need(ioctl(p[1], FIONREAD, &left) == 0);
		while (left);
		kill(c, SIGKILL);
		waitpid(c, &st, 0);
		lost += shared[0] != (char)(i + 19) || shared[99] != (char)(i + 19);
	}
	close(p[0]);
	close(p[1]);
	check_is(lost, 0, "what it had read when it was killed");
}

/* A vfork child writes to its parent's memory. */
static void test_vfork(void)
{
	static char room[100];
	static int st;
	static bool good = true;
	int p[2];

	need(pipe(p) == 0);
	often {
		memset(room, 0, sizeof(room));
		need(write(p[1], "from a child", 12) == 12);
		pid_t c = vfork();
		if (c == 0)
			_exit(syscall(SYS_read, p[0], room, 100) != 12);
		good &= !memcmp(room, "from a child", 13) && waitpid(c, &st, 0) == c && exited(st, 0);
	}
	check(good, "what a vfork child has read");
	close(p[0]);
	close(p[1]);
}

/* ---- it can't be written ---- */

static bool is_left(int p[2], int n)
{
	int left;

	return ioctl(p[0], FIONREAD, &left) == 0 && left == n;
}

static bool fails(int p[2], void *where)
{
	struct iovec v[2] = { { where, 50 }, { where, 50 } };
	bool good = true;

	often {
		good &= syscall(SYS_read, p[0], where, 100) == -1 && errno == EFAULT && is_left(p, 5);
		good &= syscall(SYS_readv, p[0], v, 2) == -1 && errno == EFAULT && is_left(p, 5);
	}
	return good;
}

static void test_nowhere(int flags, const char *what)
{
	int fd = file("short", "0123456789"), p[2], two[2], next;
	char *m = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0), c;
	bool good = true;

	need(m != MAP_FAILED && pipe(p) == 0 && write(p[1], "hello", 5) == 5);
	check(fails(p, m + PAGE), "a read %s: the pipe keeps its bytes", what);
	next = dup(0);
	close(next);
	often good &= syscall(SYS_pipe2, m + 2 * PAGE, 0) == -1 && errno == EFAULT;
	often good &= syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, m + PAGE) == -1 && errno == EFAULT;
	check(good && dup(0) == next, "no descriptors are left over");
	close(next);
	/* The file grows under it. */
	need(ftruncate(fd, 2 * PAGE) == 0);
	check(syscall(SYS_read, p[0], m + PAGE, 5) == 5 && !memcmp(m + PAGE, "hello", 5), "until there is a page");
	if (flags & MAP_SHARED)
		check(pread(fd, &c, 1, PAGE + 4) == 1 && c == 'o', "and it is in the file");
	need(pipe(two) == 0);
	close(two[0]);
	close(two[1]);
	close(p[0]);
	close(p[1]);
	close(fd);
	munmap(m, 3 * PAGE);
}

static void test_protected(void)
{
	char *m = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int p[2];

	need(m != MAP_FAILED && pipe(p) == 0 && write(p[1], "hello", 5) == 5);
	check(fails(p, m), "a read to where nothing may be written");
	need(mprotect(m, PAGE, PROT_NONE) == 0);
	check(fails(p, m), "a read to where nothing may be done");
	close(p[0]);
	close(p[1]);
	munmap(m, PAGE);
}

/* ---- signals in between ---- */

static volatile sig_atomic_t hits;

static void tick(int sig UNUSED)
{
	hits++;
}

static void *feeds(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		char out[64];
		memset(out, i, sizeof(out));
		need(write(*(int *)arg, out, sizeof(out)) == sizeof(out));
		if (i % 8 == 0)
			usleep(300);
	}
	return NULL;
}

static void test_restarted(void)
{
	sigset_t set;
	bool good = true;
	pthread_t t;
	int p[2];

	need(pipe(p) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	need(pthread_create(&t, NULL, feeds, &p[1]) == 0);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	on_signal(SIGALRM, tick, SA_RESTART);
	struct itimerval it = { { 0, 400 }, { 0, 400 } }, off = { 0 };
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		char in[64];
		memset(in, i + 1, sizeof(in));
		good &= syscall(SYS_read, p[0], in, sizeof(in)) == sizeof(in);
		good &= in[0] == (char)i && in[63] == (char)i;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	pthread_join(t, NULL);
	check(good, "reads that are begun again and again");
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(shared != MAP_FAILED);
	test_drained();
	test_woken();
	test_blocked();
	test_killed();
	test_vfork();
	test_nowhere(MAP_SHARED, "behind the end of a shared file");
	test_nowhere(MAP_PRIVATE, "behind the end of a private one");
	test_protected();
	test_restarted();
	return done();
}
