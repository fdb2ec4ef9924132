/* SPDX-License-Identifier: Apache-2.0
 *
 * Files full of system call instructions in many shapes, whose code processes and threads map, run,
 * change, move and unmap all at once, with signals in the middle, while a sandbox rewrites it.
 *
 *	code [-s FIRST_SEED] [-n SEEDS] [-l MILLISECONDS] [-j WORKERS]
 *
 * What must hold, natively as in a sandbox: each call of a function gives what the system call gives,
 * and keeps the registers that it has to keep. A worker that finds otherwise, or is killed by a signal,
 * is a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES 3
#define PAGES 8
#define PAGE 4096
#define ROOM 64 /* for one function */
#define FUNCTIONS (PAGES * PAGE / ROOM)
#define MAPS 6

static int file[FILES];
static long long until;

static _Thread_local uint64_t rng;

static unsigned below(unsigned n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned)((rng * 0x2545f4914f6cdd1dull >> 33) % n);
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* ---- code ---- */

/* All of them give EBADF for -1. */
static const uint16_t calls[] = {
	SYS_lseek, SYS_close, SYS_dup, SYS_fsync, SYS_fchdir, SYS_fstat, SYS_ftruncate
};
#define CALLS (sizeof(calls) / sizeof(*calls))

/* How functions (fd, -, -, nr) look; NR stands for a number's two lowest bytes. */
#define NR 0x5a, 0xa5
static const struct {
	uint8_t n, bytes[40];
} shapes[] = {
	{ 8, { 0xb8, NR, 0, 0, 0x0f, 0x05, 0xc3 } },                          /* mov $nr,%eax */
	{ 10, { 0x48, 0xc7, 0xc0, NR, 0, 0, 0x0f, 0x05, 0xc3 } },             /* mov $nr,%rax */
	{ 14, { 0xb8, NR, 0, 0, 0x66, 0x90, 0x89, 0xc8, 0x89, 0xc8, 0x0f, 0x05, 0xc3, 0x90 } },
	{ 11, { 0x89, 0xc8, 0x0f, 0x05, 0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff, 0xc3 } }, /* mov %ecx,%eax; cmp */
	{ 8, { 0x89, 0xc8, 0x0f, 0x05, 0xc3, 0x90, 0x90, 0x90 } },            /* ret and padding */
	{ 8, { 0x89, 0xc8, 0x0f, 0x05, 0xc3, 0x53, 0x5b, 0xc3 } },            /* ret and none: can't be done */
	{ 12, { 0x89, 0xc8, 0x0f, 0x05, 0x85, 0xc0, 0x75, 0x01, 0xf4, 0xc3, 0x90, 0x90 } }, /* test; jne over hlt */
	{ 14, { 0x89, 0xc8, 0x0f, 0x05, 0x48, 0x83, 0xf8, 0xfc, 0x74, 0xf6, 0xc3, 0x90, 0x90, 0x90 } }, /* loops */
	{ 14, { 0x53, 0x89, 0xc8, 0x0f, 0x05, 0x5b, 0x48, 0x8d, 0x0d, 0x01, 0, 0, 0, 0xc3 } }, /* lea (%rip) */
	/* jumped to */
	{ 14, { 0x89, 0xc8, 0xeb, 0x03, 0x0f, 0x05, 0xc3, 0x31, 0xd2, 0x31, 0xf6, 0xeb, 0xf7, 0x90 } },
	{ 15, { 0x66, 0xb8, NR, 0x90, 0x0f, 0xb7, 0xc0, 0x0f, 0x05, 0x48, 0x63, 0xc0, 0xc3, 0x90, 0x90 } },
};
#define SHAPES (sizeof(shapes) / sizeof(*shapes))

static void make_function(uint8_t *to)
{
	unsigned shape = below(SHAPES), at = below(ROOM - sizeof(shapes->bytes) - 2);
	uint16_t nr = calls[below(CALLS)];
	uint8_t code[ROOM];

	/* It begins anywhere, behind a jump to it. */
	memset(code, 0x90, sizeof(code));
	code[0] = 0xeb;
	code[1] = (uint8_t)at;
	memcpy(code + 2 + at, shapes[shape].bytes, shapes[shape].n);
	for (unsigned i = 2 + at; i < ROOM - 1; i++)
		if (code[i] == 0x5a && code[i + 1] == 0xa5)
			memcpy(code + i, &nr, 2);
	memcpy(to, code, ROOM);
}

/* 0 if the function at p does what it should. */
static int call(const void *p)
{
	uint64_t b = 0x1122334455667788, kept_b, kept_15;
	uint64_t nr = calls[below(CALLS)];
	long ret;
	register uint64_t r15 __asm__("r15") = b ^ nr;
	register uint64_t r12 __asm__("r12") = (uint64_t)p;

	__asm__ volatile("mov %[b], %%rbx\n\tsub $128, %%rsp\n\tcall *%%r12\n\tadd $128, %%rsp\n\t"
	                 "mov %%rbx, %[kept_b]\n\tmov %%r15, %[kept_15]"
	                 : "=a"(ret), [kept_b] "=&r"(kept_b), [kept_15] "=&r"(kept_15), "+c"(nr), "+r"(r15)
	                 : [b] "r"(b), "D"(-1L), "S"(0L), "d"(0L), "r"(r12)
	                 : "rbx", "r11", "memory", "cc");
	if ((int)ret == -EBADF && kept_b == b && kept_15 == r15)
		return 0;
	fprintf(stderr, "not ok - function at %p: %ld, %#lx\n", p, ret, (unsigned long)kept_b);
	return 1;
}

/* ---- mappings ---- */

static struct map {
	uint8_t *at;
	unsigned n; /* functions */
} maps[MAPS];
static volatile struct map steady; /* stays, for threads and the signal handler */

static uint8_t *map_code(unsigned page, unsigned pages, void *want)
{
	int flags = MAP_PRIVATE | (want ? MAP_FIXED : 0), fd = file[below(FILES)];
	void *p = mmap(want, pages * PAGE, PROT_READ | PROT_EXEC, flags, fd, page * PAGE);

	if (p == MAP_FAILED) {
		fprintf(stderr, "not ok - mmap: %s\n", strerror(errno));
		_exit(1);
	}
	return p;
}

static void unmap(struct map *m)
{
	if (m->at)
		munmap(m->at, m->n * ROOM);
	m->at = NULL;
}

static void remap(struct map *m)
{
	unsigned page = below(4) ? 0 : below(PAGES), pages = 1 + below(PAGES - page);
	bool over = m->at && m->n >= pages * (PAGE / ROOM) && below(2);
	uint8_t *at = map_code(page, pages, over ? m->at : NULL);

	if (over)
		return;
	unmap(m);
	*m = (struct map){ at, pages * (PAGE / ROOM) };
}

/* Functions of its own in the middle, which nobody runs meanwhile. */
static int change(struct map *m)
{
	unsigned f = below(m->n);
	uint8_t *page = m->at + f * ROOM / PAGE * PAGE;

	if (mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC))
		return 0;
	make_function(m->at + f * ROOM);
	int bad = below(2) ? call(m->at + f * ROOM) : 0;
	mprotect(page, PAGE, PROT_READ | PROT_EXEC);
	return bad;
}

static void move(struct map *m)
{
	unsigned pages = m->n * ROOM / PAGE, keep = 1 + below(pages);
	void *p = mremap(m->at, pages * PAGE, keep * PAGE, MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return;
	m->n = keep * (PAGE / ROOM);
	m->at = p;
	void *to = mmap(NULL, keep * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (to == MAP_FAILED)
		return;
	p = mremap(m->at, keep * PAGE, keep * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (p != MAP_FAILED)
		m->at = p;
}

/* Another number for a function whose file others have mapped: a whole one in one write. */
static void change_file(void)
{
	unsigned f = below(FUNCTIONS);
	int fd = file[0]; /* what is known of the others stays true */
	uint8_t code[ROOM];
	uint16_t nr = calls[below(CALLS)];

	if (pread(fd, code, sizeof(code), f * ROOM) != sizeof(code))
		return;
	const uint8_t *c = code + 2 + code[1];
	/* One that begins with mov $nr,%eax: two bytes that lie in one word. */
	long off = f * ROOM + 2 + code[1] + 1;
	if (c[0] == 0xb8 && off % 8 < 7 && pwrite(fd, &nr, 2, off) != 2)
		fprintf(stderr, "not ok - pwrite\n");
}

/* ---- who runs it ---- */

static volatile sig_atomic_t bad_in_handler;

static void handler(int sig)
{
	uint64_t saved = rng;

	(void)sig;
	if (steady.at)
		bad_in_handler |= call(steady.at + below(steady.n) * ROOM);
	rng = saved;
}

static void *thread(void *arg)
{
	long bad = 0;

	rng = (uint64_t)arg;
	for (unsigned i = 0; i < 300 && now() < until; i++)
		bad |= call(steady.at + below(below(2) ? 8 : steady.n) * ROOM);
	return (void *)bad;
}

static int with_threads(void)
{
	pthread_t t[3];
	unsigned n = 0;
	int bad = 0;

	while (n < 3 && !pthread_create(&t[n], NULL, thread, (void *)(uintptr_t)(1 + below(1u << 30))))
		n++;
	bad |= thread((void *)(uintptr_t)(1 + below(1u << 30))) != NULL;
	while (n) {
		void *ret;
		pthread_join(t[--n], &ret);
		bad |= ret != NULL;
	}
	return bad;
}

static int some_ops(unsigned n);

static int with_child(void)
{
	int status = 0;
	uint64_t seed = rng ^ below(1000);
	pid_t pid = fork();

	if (pid == 0) {
		rng = seed;
		_exit(some_ops(40));
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (pid > 0 && status)
		fprintf(stderr, "not ok - child: status %#x\n", status);
	return status != 0;
}

static int some_ops(unsigned n)
{
	int bad = 0;

	while (n-- && now() < until && !bad) {
		struct map *m = &maps[below(MAPS)];
		unsigned op = below(40);

		if (!m->at || op < 2) {
			remap(m);
		} else if (op == 2) {
			unmap(m);
		} else if (op == 3) {
			bad |= change(m);
		} else if (op == 4) {
			move(m);
		} else if (op == 5) {
			change_file();
		} else if (op == 6) {
			bad |= with_threads();
		} else if (op == 7 && n > 40) {
			bad |= with_child();
		} else {
			unsigned f = below(below(2) ? 4 : m->n) % m->n;
			for (unsigned i = below(12); i-- > 0;)
				bad |= call(m->at + f * ROOM);
		}
	}
	return bad | bad_in_handler;
}

static void fill_files(void)
{
	static uint8_t all[PAGES * PAGE];

	for (unsigned i = 0; i < FILES; i++) {
		for (unsigned f = 0; f < FUNCTIONS; f++)
			make_function(all + f * ROOM);
		if (pwrite(file[i], all, sizeof(all), 0) != sizeof(all))
			exit(1);
	}
}

static void worker(uint64_t seed)
{
	struct itimerval it = { { 0, 300 + (int)(seed % 700) }, { 0, 500 } };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	rng = seed;
	steady.at = map_code(0, PAGES, NULL);
	steady.n = FUNCTIONS;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	int bad = 0;
	while (now() < until && !bad)
		bad = some_ops(200);
	_exit(bad);
}

int main(int argc, char **argv)
{
	unsigned long first = 1, seeds = 1, ms = 500, workers = 2;
	int opt, bad = 0;

	while ((opt = getopt(argc, argv, "s:n:l:j:")) != -1) {
		unsigned long v = strtoul(optarg, NULL, 10);
		switch (opt) {
		case 's': first = v; break;
		case 'n': seeds = v; break;
		case 'l': ms = v; break;
		case 'j': workers = v; break;
		default: return 2;
		}
	}
	for (unsigned i = 0; i < FILES; i++) {
		char name[] = "code-XXXXXX";
		file[i] = mkstemp(name);
		if (file[i] < 0 || unlink(name)) {
			perror("mkstemp");
			return 2;
		}
	}
	for (unsigned long s = first; s < first + seeds; s++) {
		rng = s * 0x9e3779b97f4a7c15ull;
		fill_files();
		until = now() + (long long)ms * 1000000;
		for (unsigned long w = 0; w < workers; w++)
			if (fork() == 0)
				worker(rng ^ (w + 1) * 0xd1b54a32d192ed03ull);
		int status;
		while (wait(&status) > 0)
			if (status) {
				printf("not ok - seed %lu: a worker ended with status %#x\n", s, status);
				bad = 1;
			}
		printf("seed %lu\n", s);
		fflush(stdout);
	}
	puts("done");
	return bad;
}
