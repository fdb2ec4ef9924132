/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Micro-benchmarks of system calls: one program that runs unchanged natively, in picket and in
 * other sandboxes. tests/bench/run builds it, runs it everywhere and compares.
 *
 *   micro [-t MS] [-d DIR] [-s DIR] [LOAD...] [ROW...]   measures the rows named, or all of them
 *   micro -l                                           lists them
 *   micro -m DIR                                       makes in DIR the files that rows read
 *
 * -t is the time for each row, -d a directory made by -m, -s a writable directory. Loads, for
 * scaling: -T N sleeping threads, -P N sleeping processes, -F N open files, -M N MiB touched.
 *
 * Prints a line for each row: "ROW ok NS" (nanoseconds for an operation, the median of five
 * batches), "ROW na WHY" when the kernel has no such thing, or "ROW failed WHY". A row runs in a
 * fresh child of a small process, so that neither another row's memory, threads and handlers nor
 * its death matter to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 5
#define ROW_LIMIT_S 60 /* for a row that hangs */
#define PAGE 4096
#define MIB (1L << 20)
#define DEEP "deep/a/b/c/d/e/f"

extern char **environ;

static const char *files_dir = ".", *scratch = "/dev/shm";
static const char *row_name;
static char path[4096];
static char buf[65536];
static int64_t elapsed; /* of the operations of the last call of a row */

/* ---- what rows are written with ---- */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* Ends the row. @verdict is "na" or "failed"; errno says why. */
static _Noreturn void give_up(const char *verdict, const char *what)
{
	printf("%s %s %.60s: %s\n", row_name, verdict, what, strerror(errno));
	fflush(stdout);
	_exit(0);
}

/* A call that fails at once must not look like a quick one, so every result is looked at. */
#define TRY(call)                                                                                  \
	({                                                                                         \
		long try_ = (long)(call);                                                          \
		if (try_ < 0)                                                                      \
			give_up("failed", #call);                                                  \
		try_;                                                                              \
	})

/* The same for calls that return an error number. */
#define TRY0(call)                                                                                 \
	do {                                                                                       \
		errno = (call);                                                                    \
		if (errno)                                                                         \
			give_up("failed", #call);                                                  \
	} while (0)

#define TIMED(n, ...)                                                                              \
	do {                                                                                       \
		int64_t start_ = now();                                                            \
		for (long i_ = 0; i_ < (n); i_++) {                                                \
			__VA_ARGS__;                                                               \
		}                                                                                  \
		elapsed = now() - start_;                                                          \
	} while (0)

static char *in(const char *dir, const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void *memory(size_t size)
{
	void *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		give_up("failed", "mmap");
	madvise(m, size, MADV_NOHUGEPAGE); /* pages of one size everywhere */
	return m;
}

static void touch(char *m, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		((volatile char *)m)[i] = 1;
}

static pthread_t thread(void *(*fn)(void *), void *arg)
{
	pthread_t t;
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	TRY0(pthread_create(&t, &small, fn, arg));
	pthread_attr_destroy(&small);
	return t;
}

static void wait_for(pid_t pid)
{
	int status;

	TRY(waitpid(pid, &status, 0));
	if (status) {
		errno = ECHILD;
		give_up("failed", "the child's status");
	}
}

/* ---- answers at once ---- */

static void row_getpid(long n)
{
	TIMED(n, TRY(syscall(SYS_getpid)));
}

static void row_getppid(long n)
{
	TIMED(n, TRY(syscall(SYS_getppid)));
}

static void row_clock(long n)
{
	struct timespec t;

	TIMED(n, TRY(clock_gettime(CLOCK_MONOTONIC, &t)));
}

static void row_clock_syscall(long n)
{
	struct timespec t;

	TIMED(n, TRY(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t)));
}

static void ignore_signal(int sig)
{
	(void)sig;
}

static void row_signal_self(long n)
{
	pid_t pid = getpid();

	signal(SIGUSR1, ignore_signal);
	TIMED(n, TRY(kill(pid, SIGUSR1)));
}

static void row_epoll_ready(long n)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = TRY(epoll_create1(0)), fd = TRY(eventfd(1, 0));

	TRY(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	TIMED(n, TRY(epoll_wait(ep, &ev, 1, -1)));
	close(fd);
	close(ep);
}

/* ---- files: what is read lies on the host's file system, what is written on a tmpfs ---- */

static void row_pread_4k(long n)
{
	int fd = TRY(open(in(files_dir, "data"), O_RDONLY));

	TRY(pread(fd, buf, sizeof(buf), 0));
	TIMED(n, TRY(pread(fd, buf, 4096, (i_ & 15) * 4096)));
	close(fd);
}

static void read_zero(long n, size_t size)
{
	int fd = TRY(open("/dev/zero", O_RDONLY));

	TIMED(n, TRY(read(fd, buf, size)));
	close(fd);
}

static void row_read_zero_1(long n)
{
	read_zero(n, 1);
}

static void row_read_zero_4k(long n)
{
	read_zero(n, 4096);
}

static void write_null(long n, size_t size)
{
	int fd = TRY(open("/dev/null", O_WRONLY));

	TIMED(n, TRY(write(fd, buf, size)));
	close(fd);
}

static void row_write_null_1(long n)
{
	write_null(n, 1);
}

static void row_write_null_4k(long n)
{
	write_null(n, 4096);
}

static int tmp_file(void)
{
	int fd;

	snprintf(path, sizeof(path), "%s/picket-bench.XXXXXX", scratch);
	fd = TRY(mkstemp(path));
	unlink(path);
	TRY(pwrite(fd, buf, sizeof(buf), 0));
	return fd;
}

static void tmp_read(long n, size_t size)
{
	int fd = tmp_file();

	TIMED(n, TRY(pread(fd, buf, size, 0)));
	close(fd);
}

static void row_tmp_read_1(long n)
{
	tmp_read(n, 1);
}

static void row_tmp_read_4k(long n)
{
	tmp_read(n, 4096);
}

static void tmp_write(long n, size_t size)
{
	int fd = tmp_file();

	TIMED(n, TRY(pwrite(fd, buf, size, 0)));
	close(fd);
}

static void row_tmp_write_1(long n)
{
	tmp_write(n, 1);
}

static void row_tmp_write_4k(long n)
{
	tmp_write(n, 4096);
}

static void row_stat(long n)
{
	struct stat st;

	in(files_dir, DEEP "/file");
	TIMED(n, TRY(stat(path, &st)));
}

static void row_stat_missing(long n)
{
	struct stat st;

	in(files_dir, DEEP "/missing");
	TIMED(n, if (stat(path, &st) == 0 || errno != ENOENT) give_up("failed", "stat"));
}

static void row_open_close(long n)
{
	in(files_dir, DEEP "/file");
	TIMED(n, TRY(close(TRY(open(path, O_RDONLY)))));
}

static void row_getdents_100(long n)
{
	int fd = TRY(open(in(files_dir, "hundred"), O_RDONLY | O_DIRECTORY));

	TIMED(n, TRY(lseek(fd, 0, SEEK_SET));
	      while (TRY(syscall(SYS_getdents64, fd, buf, 32768)) > 0)
		      ;);
	close(fd);
}

/* ---- ping-pong: a byte there and back ---- */

struct peer {
	int rd, wr;
	long n;
};

static void *echo(void *arg)
{
	struct peer *p = arg;
	char c;

	for (long i = 0; i < p->n; i++) {
		TRY(read(p->rd, &c, 1));
		TRY(write(p->wr, &c, 1));
	}
	return NULL;
}

static void ping(long n, int rd, int wr)
{
	char c = 0;

	TIMED(n, TRY(write(wr, &c, 1)); TRY(read(rd, &c, 1)));
}

static void ping_thread(long n, int rd, int wr, int peer_rd, int peer_wr)
{
	struct peer p = { peer_rd, peer_wr, n };
	pthread_t t = thread(echo, &p);

	ping(n, rd, wr);
	pthread_join(t, NULL);
	close(rd);
	close(peer_rd);
	if (wr != rd) {
		close(wr);
		close(peer_wr);
	}
}

static void row_pipe_threads(long n)
{
	int to[2], from[2];

	TRY(pipe(to));
	TRY(pipe(from));
	ping_thread(n, from[0], to[1], to[0], from[1]);
}

static void row_pipe_processes(long n)
{
	int to[2], from[2];
	pid_t pid;

	TRY(pipe(to));
	TRY(pipe(from));
	pid = TRY(fork());
	if (pid == 0) {
		echo(&(struct peer){ to[0], from[1], n });
		_exit(0);
	}
	ping(n, from[0], to[1]);
	wait_for(pid);
	for (int i = 0; i < 2; i++) {
		close(to[i]);
		close(from[i]);
	}
}

static void row_unix_threads(long n)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		give_up("na", "socketpair");
	ping_thread(n, sv[0], sv[0], sv[1], sv[1]);
}

static void await_change(int *word, int value)
{
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value)
		if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL) < 0 && errno != EAGAIN &&
		    errno != EINTR)
			give_up("failed", "futex");
}

static void set_and_wake(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	TRY(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1));
}

static int turn;

static void *futex_peer(void *arg)
{
	for (long n = *(long *)arg; n > 0; n--) {
		await_change(&turn, 0);
		set_and_wake(&turn, 0);
	}
	return NULL;
}

static void row_futex_threads(long n)
{
	pthread_t t = thread(futex_peer, &n);

	TIMED(n, set_and_wake(&turn, 1); await_change(&turn, 1));
	pthread_join(t, NULL);
}

/* ---- TCP over loopback ---- */

static void tcp_pair(int sv[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0)
		give_up("na", "socket");
	TRY(bind(listener, (struct sockaddr *)&a, sizeof(a)));
	TRY(listen(listener, 1));
	TRY(getsockname(listener, (struct sockaddr *)&a, &len));
	sv[0] = TRY(socket(AF_INET, SOCK_STREAM, 0));
	if (connect(sv[0], (struct sockaddr *)&a, sizeof(a)) < 0)
		give_up("na", "connect"); /* no loopback interface */
	sv[1] = TRY(accept(listener, NULL, NULL));
	close(listener);
	for (int i = 0; i < 2; i++)
		TRY(setsockopt(sv[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
}

static void row_tcp_pingpong(long n)
{
	int sv[2];

	tcp_pair(sv);
	ping_thread(n, sv[0], sv[0], sv[1], sv[1]);
}

static void *swallow(void *arg)
{
	static char into[65536];
	struct peer *p = arg;

	for (long left = p->n; left > 0;)
		left -= TRY(read(p->rd, into, sizeof(into)));
	TRY(write(p->wr, into, 1));
	return NULL;
}

static void row_tcp_bulk_64k(long n)
{
	int sv[2];
	char c;
	int64_t start;
	pthread_t t;

	tcp_pair(sv);
	t = thread(swallow, &(struct peer){ sv[1], sv[1], n * 65536 });
	start = now();
	for (long left = n * 65536; left > 0;)
		left -= TRY(write(sv[0], buf, left < 65536 ? left : 65536));
	TRY(read(sv[0], &c, 1));
	elapsed = now() - start;
	pthread_join(t, NULL);
	close(sv[0]);
	close(sv[1]);
}

/* ---- memory ---- */

static void row_mmap_64k(long n)
{
	TIMED(n, char *m = memory(65536); touch(m, 65536); TRY(munmap(m, 65536)));
}

static void row_first_touch(long n)
{
	int64_t sum = 0;

	while (n > 0) {
		long pages = n < 1024 ? n : 1024;
		char *m = memory(pages * PAGE);

		TIMED(pages, ((volatile char *)m)[i_ * PAGE] = 1);
		sum += elapsed;
		n -= pages;
		munmap(m, pages * PAGE);
	}
	elapsed = sum;
}

/* ---- processes and threads ---- */

static void fork_once(void)
{
	pid_t pid = TRY(fork());

	if (pid == 0)
		_exit(0);
	wait_for(pid);
}

static void row_fork(long n)
{
	TIMED(n, fork_once());
}

static void row_fork_8m(long n)
{
	char *m = memory(8 * MIB);

	touch(m, 8 * MIB);
	TIMED(n, fork_once());
	munmap(m, 8 * MIB);
}

static char *const true_argv[] = { "true", NULL };

static void run_true(pid_t pid)
{
	if (pid == 0) {
		execve("/bin/true", true_argv, environ);
		_exit(127);
	}
	wait_for(pid);
}

static void row_fork_exec(long n)
{
	TIMED(n, run_true(TRY(fork())));
}

static void vfork_true(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execve("/bin/true", true_argv, environ);
		_exit(127);
	}
	wait_for(TRY(pid));
}

static void row_vfork_exec(long n)
{
	TIMED(n, vfork_true());
}

static void row_spawn(long n)
{
	pid_t pid;

	TIMED(n, TRY0(posix_spawn(&pid, "/bin/true", NULL, NULL, true_argv, environ)); wait_for(pid));
}

static void *nothing(void *arg)
{
	return arg;
}

static void row_thread(long n)
{
	TIMED(n, pthread_join(thread(nothing, NULL), NULL));
}

/* ---- the regime: how long a cache line takes from one CPU to another and back ---- */

static _Alignas(128) int line;

static void pin(int nth)
{
	cpu_set_t all, one;
	int cpu = -1;

	TRY(sched_getaffinity(0, sizeof(all), &all));
	if (CPU_COUNT(&all) < 2) {
		errno = ENODEV;
		give_up("na", "a second CPU");
	}
	do
		nth -= CPU_ISSET(++cpu, &all) ? 1 : 0;
	while (nth >= 0);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	TRY(sched_setaffinity(0, sizeof(one), &one));
}

static void bounce(int from, int to, long n)
{
	for (; n > 0; n--) {
		while (__atomic_load_n(&line, __ATOMIC_ACQUIRE) != from)
			__builtin_ia32_pause();
		__atomic_store_n(&line, to, __ATOMIC_RELEASE);
	}
}

static void *bounce_back(void *n)
{
	pin(1);
	bounce(1, 0, *(long *)n);
	return NULL;
}

static void row_handover(long n)
{
	int64_t start;
	cpu_set_t before;
	long more = n + 1;
	pthread_t t;

	TRY(sched_getaffinity(0, sizeof(before), &before));
	line = 0;
	t = thread(bounce_back, &more);
	pin(0);
	bounce(0, 1, 1); /* the other one is there */
	start = now();
	bounce(0, 1, n);
	pthread_join(t, NULL);
	elapsed = now() - start;
	sched_setaffinity(0, sizeof(before), &before);
}

/* ---- the rows ---- */

static const struct row {
	const char *name;
	void (*run)(long n); /* makes n operations and sets elapsed */
	int only_if_named;
} rows[] = {
#define ROW(name) { #name, row_##name, 0 }
	ROW(getpid),
	ROW(getppid),
	ROW(clock),
	ROW(clock_syscall),
	ROW(pread_4k),
	ROW(read_zero_1),
	ROW(read_zero_4k),
	ROW(write_null_1),
	ROW(write_null_4k),
	ROW(tmp_read_1),
	ROW(tmp_read_4k),
	ROW(tmp_write_1),
	ROW(tmp_write_4k),
	ROW(stat),
	ROW(stat_missing),
	ROW(open_close),
	ROW(getdents_100),
	ROW(pipe_threads),
	ROW(pipe_processes),
	ROW(futex_threads),
	ROW(unix_threads),
	ROW(epoll_ready),
	ROW(signal_self),
	ROW(mmap_64k),
	ROW(first_touch),
	ROW(fork),
	ROW(fork_8m),
	ROW(fork_exec),
	ROW(vfork_exec),
	ROW(spawn),
	ROW(thread),
	ROW(tcp_pingpong),
	ROW(tcp_bulk_64k),
	{ "handover", row_handover, 1 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- loads: what lies about while a row is measured ---- */

static struct {
	long threads, processes, files, mib;
} load;

static int never[2]; /* a pipe that nothing comes through; its end is the end of all sleepers */

static void *sleeper(void *arg)
{
	char c;

	if (read(never[0], &c, 1)) {
	}
	return arg;
}

static void put_load(void)
{
	struct rlimit files;

	TRY(getrlimit(RLIMIT_NOFILE, &files));
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	TRY(pipe(never));
	for (long i = 0; i < load.processes; i++)
		if (TRY(fork()) == 0) {
			close(never[1]);
			sleeper(NULL);
			_exit(0);
		}
	for (long i = 0; i < load.threads; i++)
		thread(sleeper, NULL);
	for (long i = 0; i < load.files; i++)
		TRY(open(in(files_dir, "data"), O_RDONLY));
	if (load.mib)
		touch(memory(load.mib * MIB), load.mib * MIB);
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Finds how many operations fill a fifth of the time, then makes as many five times. */
static void measure(const struct row *r, int64_t ns)
{
	int64_t took[BATCHES];
	long n = 1;

	for (r->run(n); elapsed < ns / 20 && n < 1L << 40; r->run(n))
		n *= elapsed > ns / 200 ? 2 : 8;
	n = n * (double)ns / BATCHES / (double)(elapsed > 0 ? elapsed : 1);
	if (n < 1)
		n = 1;
	for (int i = 0; i < BATCHES; i++) {
		r->run(n);
		took[i] = elapsed;
	}
	qsort(took, BATCHES, sizeof(took[0]), compare);
	printf("%s ok %.2f\n", r->name, (double)took[BATCHES / 2] / (double)n);
	fflush(stdout);
}

static void run_row(const struct row *r, int64_t ns)
{
	int status = 0;
	pid_t pid;

	row_name = r->name;
	pid = TRY(fork());
	if (pid == 0) {
		alarm(ROW_LIMIT_S);
		put_load();
		measure(r, ns);
		_exit(0);
	}
	TRY(waitpid(pid, &status, 0));
	if (WIFSIGNALED(status)) /* else the child has said it */
		printf("%s failed %s\n", r->name,
		       WTERMSIG(status) == SIGALRM ? "it took too long" : strsignal(WTERMSIG(status)));
	fflush(stdout);
}

static void make_file(const char *name, const void *content, size_t size)
{
	int fd = TRY(open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	TRY(write(fd, content, size));
	close(fd);
}

static void make_files(const char *dir)
{
	char name[64];

	row_name = "files";
	TRY(chdir(dir));
	memset(buf, 'x', sizeof(buf));
	make_file("data", buf, sizeof(buf));
	strcpy(name, DEEP);
	for (char *p = name; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(name, 0755);
	}
	mkdir(name, 0755);
	make_file(DEEP "/file", buf, 1);
	mkdir("hundred", 0755);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "hundred/file-%02d", i);
		make_file(name, buf, 0);
	}
}

static int is_named(const struct row *r, char **names)
{
	if (!*names)
		return !r->only_if_named;
	for (; *names; names++)
		if (strcmp(*names, r->name) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	long ms = 50;
	int opt;

	while ((opt = getopt(argc, argv, "lm:t:d:s:T:P:F:M:")) != -1)
		switch (opt) {
		case 'l':
			for (size_t i = 0; i < ROWS; i++)
				if (!rows[i].only_if_named)
					puts(rows[i].name);
			return 0;
		case 'm': make_files(optarg); return 0;
		case 't': ms = atol(optarg); break;
		case 'd': files_dir = optarg; break;
		case 's': scratch = optarg; break;
		case 'T': load.threads = atol(optarg); break;
		case 'P': load.processes = atol(optarg); break;
		case 'F': load.files = atol(optarg); break;
		case 'M': load.mib = atol(optarg); break;
		default: return 2;
		}
	for (size_t i = 0; i < ROWS; i++)
		if (is_named(&rows[i], argv + optind))
			run_row(&rows[i], ms * 1000000);
	return 0;
}
