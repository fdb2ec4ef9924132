/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that attacks the platform under it: children scribble over their slots, jump to the
 * syscall instructions of the stub, unmap the window, put their stack pointer into it, mask what the
 * sentry sends, and fork meanwhile. Only for a sandbox. What happens to a child doesn't matter; the
 * parent, in the same sandbox, has to go on, and SIGKILL has to end each child.
 *
 *	stub [-s FIRST_SEED] [-n SEEDS] [-m MODE] [-l MILLISECONDS]
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/platform/trap/slot.h"

#define TEXT ((const unsigned char *)STUB_TEXT)
#define FORK_FLAGS STUB_FORK_FLAGS

static __thread uint64_t rng;
static uint64_t seed;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1dull;
}

static unsigned below(unsigned n)
{
	return (unsigned)((rnd() >> 20) % n);
}

static struct slot *slot(unsigned i)
{
	return (struct slot *)(STUB_SLOTS + (uint64_t)i * SLOT_SIZE);
}

static uint64_t number(void)
{
	switch (below(6)) {
	case 0:
		return below(5);
	case 1:
		return ~0ull - below(40);
	case 2:
		return STUB_WINDOW + below(0x2000000);
	case 3:
		return SLOT_STACK_OFF + below(SLOT_STACK_SIZE);
	case 4:
		return 1ull << below(64);
	default:
		return rnd();
	}
}

/* ---- ordinary life, that the attacks disturb ---- */

static void ordinary(void)
{
	static uint32_t word[2];
	char *p;
	pid_t c;

	switch (below(9)) {
	case 0:
		p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p != MAP_FAILED) {
			*p = 1;
			mprotect(p, 4096, PROT_READ);
			mremap(p, 65536, 131072, MREMAP_MAYMOVE);
		}
		break;
	case 1:
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (p != MAP_FAILED)
			munmap(p, 4096);
		break;
	case 2:
		c = fork();
		if (!c)
			_exit(0);
		if (c > 0)
			waitpid(c, NULL, below(2) ? 0 : WNOHANG);
		break;
	case 3:
		syscall(SYS_futex, &word[0], FUTEX_WAKE_OP, 1, 1, &word[1], below(1 << 30));
		break;
	case 4:
		c = vfork();
		if (!c)
			_exit(0);
		break;
	case 5:
		syscall(SYS_membarrier, 8, 0, 0);
		break;
	case 6:
		c = fork();
		if (!c) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		break;
	default:
		for (int i = 0; i < 50; i++)
			syscall(SYS_getppid);
	}
}

static void *ordinary_thread(void *arg)
{
	rng = seed * 77 + (uintptr_t)arg;
	for (;;)
		ordinary();
	return NULL;
}

static void threads(int n, void *(*fn)(void *))
{
	pthread_t t;

	for (int i = 0; i < n; i++)
		pthread_create(&t, NULL, fn, (void *)(uintptr_t)(i + 1));
}

/* ---- calls that read and write a lot, from busy sites ---- */

static char shared_page[8192] __attribute__((aligned(4096)));

/* Somewhere: mostly in memory that all threads use, sometimes where nothing or only the stub is. */
static void *place(void)
{
	switch (below(16)) {
	case 0:
		return (void *)(uintptr_t)number();
	case 1:
		return (char *)slot(below(5)) + below(SLOT_SIZE);
	case 2:
		return NULL;
	case 3:
		return (void *)(STUB_TEXT + below(4096));
	default:
		return shared_page + below(4096);
	}
}

/* An iovec, or a whole message, of such places. */
static void lay_out(struct iovec *v, unsigned n, struct msghdr *m)
{
	for (unsigned i = 0; i < n; i++)
		v[i] = (struct iovec){ place(), below(8) ? below(700) : (size_t)number() };
	*m = (struct msghdr){ place(), below(130), v, below(n + 2), place(), below(200), 0 };
}

static void copying(int p[2], int sv[2], int ep)
{
	struct timespec brief = { 0, below(20000) };
	struct iovec v[6];
	struct msghdr m;
	void *a = place(), *b = place();

	lay_out(v, 6, &m);
	switch (below(22)) {
	case 0: syscall(SYS_write, p[1], a, below(3000)); break;
	case 1: syscall(SYS_read, p[0], a, below(3000)); break;
	case 2: syscall(SYS_writev, p[1], v, below(8)); break;
	case 3: syscall(SYS_readv, p[0], v, below(8)); break;
	case 4: syscall(SYS_sendmsg, sv[0], below(6) ? &m : a, 0); break;
	case 5: syscall(SYS_recvmsg, sv[1], below(6) ? &m : a, 0); break;
	case 6: syscall(SYS_stat, below(2) ? "/" : a, b); break;
	case 7: syscall(SYS_getcwd, a, (size_t)number()); break;
	case 8: syscall(SYS_poll, a, below(300), below(2)); break;
	case 9: syscall(SYS_ppoll, a, below(4), &brief, b, 8); break;
	case 10: syscall(SYS_epoll_wait, ep, a, below(20) - 1, below(2)); break;
	case 11: syscall(SYS_epoll_ctl, ep, 1 + below(3), p[below(2)], a); break;
	case 12: syscall(SYS_nanosleep, below(2) ? &brief : a, b); break;
	case 13: syscall(SYS_uname, a); break;
	case 14: syscall(SYS_getresuid, a, b, place()); break;
	case 15: syscall(SYS_getsockname, sv[0], a, b); break;
	case 16: syscall(SYS_recvfrom, sv[1], a, below(3000), 0, b, place()); break;
	case 17: syscall(SYS_futex, shared_page, FUTEX_WAIT, 0, below(2) ? &brief : a, 0, 0); break;
	case 18: syscall(SYS_openat, -100, a, 0); break;
	case 19: syscall(SYS_ioctl, p[0], 0x541b /* FIONREAD */, a); break;
	case 20: syscall(SYS_rt_sigaction, 10, NULL, a, 8); break;
	default:
		for (int i = 0; i < 20; i++)
			syscall(SYS_getpid + (long)below(3) * (SYS_getppid - SYS_getpid) / 2);
	}
}

static void *copying_thread(void *arg)
{
	int p[2], sv[2], ep = epoll_create1(0);

	rng = seed * 131 + (uintptr_t)arg;
	if (pipe2(p, O_NONBLOCK) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv))
		return NULL;
	for (unsigned i = 0;; i++) {
		copying(p, sv, ep);
		if (i % 64 == 63)
			ordinary();
	}
	return NULL;
}

/* ---- attacks ---- */

/* Writes all over the slots of the first threads. */
static void scribble(void)
{
	threads(3, ordinary_thread);
	for (;;) {
		struct slot *s = slot(below(5));
		uint32_t *w = (uint32_t *)s;
		switch (below(8)) {
		case 0:
			s->state = below(6);
			break;
		case 1:
			w[below(32)] = (uint32_t)number();
			break;
		case 2:
			s->uc_off = (uint32_t)number();
			break;
		case 3:
			((uint64_t *)s)[SLOT_STACK_OFF / 8 + below(SLOT_STACK_SIZE / 8)] = number();
			break;
		case 4:
			s->result = (int64_t)(below(2) ? below(100) : number());
			break;
		case 5:
			s->ops[below(3)].result = (int64_t)number();
			break;
		case 6:
			s->signo = below(40);
			break;
		case 7:
			s->cmd = below(7);
			break;
		}
	}
}

/* Only states and results: what the sentry waits for comes too early, or never. */
static void lie(void)
{
	unsigned what = below(8);

	threads(3, ordinary_thread);
	for (;;) {
		struct slot *s = slot(below(4));
		uint64_t *regs = (uint64_t *)&s->regs;
		if (what == 0)
			s->state = SLOT_GUEST;
		else if (what == 1)
			s->state = SLOT_TRAPPED;
		else if (what == 2)
			s->result = (int64_t)below(400);
		else if (what == 3)
			s->state = SLOT_POSTED;
		else if (what == 4) /* traps by thunk that are none, with calls of their own */
			s->state = SLOT_TRAPPED | SLOT_FAST;
		else if (what == 5)
			s->state = SLOT_ASLEEP | SLOT_FAST;
		else if (what == 6)
			regs[below(sizeof(s->regs) / 8)] = number();
		else
			s->kick_seen = below(2);
		if (below(4) == 0)
			usleep(1);
	}
}

static const uint32_t posts[] = { SLOT_GUEST, SLOT_TRAPPED, SLOT_ASLEEP, SLOT_POSTED, SLOT_RESUMED };

/* What a call brought along, or is to bring back: of any length, anywhere, in any number. */
static void forge_copies(struct slot *s)
{
	char *buf = (char *)s + SLOT_BUF_OFF;
	unsigned at = below(4) ? 0 : below(SLOT_BUF_SIZE / 8) * 8;

	for (unsigned i = below(40); i && at + sizeof(struct slot_copy) <= SLOT_BUF_SIZE; i--) {
		struct slot_copy c = { below(4) ? (uintptr_t)place() : number(),
			               below(4) ? below(300) : (uint32_t)number(), below(4) > 0 };
		memcpy(buf + at, &c, sizeof(c));
		at += (sizeof(c) + below(300) + 7) & ~7u;
	}
}

/* Copies of arguments and results that change all the time, and more of them than there are. */
static void copies(void)
{
	bool states = below(2);

	threads(3, copying_thread);
	for (;;) {
		struct slot *s = slot(below(5));
		switch (below(states ? 8 : 5)) {
		case 0:
			forge_copies(s);
			break;
		case 1:
			((uint64_t *)s)[(SLOT_BUF_OFF + below(256)) / 8] = number();
			break;
		case 2:
			s->flags = (uint32_t)(below(2) ? number() : below(16) | below(SLOT_BUF_SIZE) << SLOT_F_OUT_SHIFT);
			break;
		case 3:
			s->local[below(LOCAL_COUNT)] = (int64_t)number();
			s->local_calls = number();
			break;
		case 4:
			s->rang = number();
			break;
		case 5:
			s->state = posts[below(5)] | (uint32_t)below(8) * SLOT_FAST;
			break;
		case 6:
			s->state = SLOT_TRAPPED | SLOT_FAST | SLOT_COPIED;
			break;
		case 7:
			((uint64_t *)&s->regs)[below(sizeof(s->regs) / 8)] = number();
			((uint64_t *)&s->call)[below(sizeof(s->call) / 8)] = below(2) ? below(460) : number();
			break;
		}
		if (below(4) == 0)
			usleep(1);
	}
}

static void *computing_thread(void *arg)
{
	for (;;)
		for (int i = 0; i < 1000; i++)
			__asm__ volatile("" ::"r"(arg) : "memory");
	return NULL;
}

/* Whoever is to be caught seems to have trapped already, for nothing, and never shows that it was kicked. */
static void faults(void)
{
	threads(1, computing_thread);
	threads(2, copying_thread);
	for (;;)
		for (unsigned i = 1; i < 5; i++) {
			struct slot *s = slot(i);
			s->kick_seen = 0;
			if (below(2))
				s->state = SLOT_TRAPPED | SLOT_FAULT | (below(2) ? SLOT_FAST : 0);
		}
}

/* Every syscall instruction of the stub. */
static unsigned find_sites(const unsigned char **at, unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i + 1 < 4096 && n < max; i++)
		if (TEXT[i] == 0x0f && TEXT[i + 1] == 0x05)
			at[n++] = TEXT + i;
	return n;
}

static void jump(const unsigned char *to, long nr, const uint64_t *a)
{
	static char stack[65536] __attribute__((aligned(16)));
	register uint64_t r10 __asm__("r10") = a[3];
	register uint64_t r8 __asm__("r8") = a[4];
	register uint64_t r9 __asm__("r9") = a[5];
	register uint64_t r12 __asm__("r12") = (uint64_t)stack + 32768;

	for (unsigned i = 4096; i < 8192; i++) /* wherever it returns to */
		((uint64_t *)stack)[i] = (uint64_t)to;
	__asm__ volatile("mov %%r12, %%rsp\n\tjmp *%%rbx"
	                 :
	                 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9), "r"(r12), "b"(to)
	                 : "memory");
}

static void *jumper(void *arg)
{
	static const int nrs[] = { SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_rt_sigreturn,
		                   SYS_sigaltstack, SYS_arch_prctl, SYS_close, SYS_exit, SYS_futex, SYS_write,
		                   SYS_recvmsg, SYS_dup3, SYS_clone, SYS_clone, SYS_clone, SYS_mincore, SYS_membarrier };
	const unsigned char *at[64];
	unsigned n = find_sites(at, 64);
	uint64_t a[6];

	rng = seed * 1234567 + (uintptr_t)arg;
	rnd();
	if (!n)
		return NULL;
	long nr = below(12) ? nrs[below(sizeof(nrs) / sizeof(nrs[0]))] : (long)below(450);
	for (int i = 0; i < 6; i++)
		a[i] = number();
	if (nr == SYS_mmap || nr == SYS_munmap || nr == SYS_mprotect || nr == SYS_mremap) {
		a[0] = STUB_WINDOW + below(5) * 0x10000 + (below(2) ? 0x1000000 : 0);
		a[1] = below(2) ? 4096ul << below(10) : SLOTS_MAX * (uint64_t)SLOT_SIZE;
		a[2] = below(8);
		a[3] = 0x32;
	}
	if (nr == SYS_clone)
		a[0] = below(3) ? (uint64_t)FORK_FLAGS : STUB_THREAD_FLAGS;
	if (nr == SYS_dup3 || nr == SYS_close || nr == SYS_write || nr == SYS_recvmsg)
		a[0] = below(7), a[1] = nr == SYS_dup3 ? STUB_SOCK_FD : a[1];
	jump(at[below(n)], nr, a);
	return NULL;
}

static void jumps(void)
{
	threads(2, ordinary_thread);
	if (below(2))
		threads(2, jumper);
	else
		jumper(NULL);
	pause();
}

/* The clone instruction, over and over, while another thread forks for real. */
static void *cloner(void *arg)
{
	const unsigned char *at[64];
	unsigned n = find_sites(at, 64);

	rng = seed * 31 + (uintptr_t)arg;
	for (;;) {
		uint64_t a[6] = { FORK_FLAGS };
		for (unsigned i = 0; i < n; i++)
			if (at[i][2] == 0x48 && at[i][3] == 0x85) /* test rax, rax: it returns */ {
				long ret;
				register uint64_t r10 __asm__("r10") = 0;
				register uint64_t r8 __asm__("r8") = 0;
				__asm__ volatile("push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14\n\t"
				                 "mov %%rsp, %%r14\n\t"
				                 "lea 1f(%%rip), %%r13\n\t"
				                 "push %%r13; push %%r13; push %%r13; push %%r13; push %%r13; push %%r13\n\t"
				                 "mov %%rsp, %%rbp\n\t"
				                 "jmp *%%rcx\n"
				                 "1: mov %%r14, %%rsp\n\t"
				                 "pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx"
				                 : "=a"(ret)
				                 : "a"(SYS_clone), "D"(a[0]), "S"(0), "d"(0), "r"(r10), "r"(r8), "c"(at[i])
				                 : "r9", "r11", "memory");
			}
	}
	return NULL;
}

static void steal_forks(void)
{
	if (below(2))
		threads(1, cloner);
	for (;;) {
		pid_t c = fork();
		if (!c)
			_exit(0);
		if (c > 0)
			waitpid(c, NULL, 0);
		/* The descriptors that the stub has just received, on its stack. */
		if (below(2))
			for (unsigned i = 0; i < 2; i++)
				slot(i)->result = (int64_t)below(300);
	}
}

/* On the stub's stack while it receives: the child gets other descriptors, or none. */
static void swap_descriptors(void)
{
	threads(1, ordinary_thread);
	threads(1, ordinary_thread);
	for (;;)
		for (unsigned i = 0; i < 3; i++) {
			uint32_t *w = (uint32_t *)slot(i);
			for (unsigned k = (SLOT_LOWER_STACK - 1024) / 4; k < SLOT_LOWER_STACK / 4; k++)
				if (w[k] < 16)
					w[k] = below(12) - 1u;
		}
}

/* Traps with the stack pointer somewhere in the window. */
static void odd_stack(void)
{
	uint64_t sp = STUB_SLOTS + below(3) * SLOT_SIZE + below(SLOT_SIZE) / 16 * 16;

	if (below(6) == 0)
		sp = STUB_WINDOW + below(0x30000);
	__asm__ volatile("mov %0, %%rsp\n1: mov $39, %%eax\n\tsyscall\n\tjmp 1b" : : "r"(sp) : "memory");
}

/* A forged frame in the guest's own memory: everything masked, then no traps any more. */
static void mask_all(void)
{
	const unsigned char *at[64];
	unsigned n = find_sites(at, 64);
	uint64_t frame[512] __attribute__((aligned(64))) = { 0 };

	/* struct ucontext: flags, link, stack (3), then gregs r8.. rip, efl, csgsfs, ... */
	frame[5 + 15] = (uint64_t)frame - 256;
	frame[5 + 16] = (uint64_t)&&spin;
	frame[5 + 17] = 0x202;
	frame[5 + 18] = 0x2b000000000033;
	frame[5 + 23 + 8] = ~0ull;
	frame[37] = ~0ull;
	for (unsigned i = 0; i < n; i++)
		if (at[i][2] == 0xf4) /* hlt: rt_sigreturn's */
			__asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tjmp *%1" : : "r"(frame), "r"(at[i]) : "memory");
spin:
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static void leader_exits(void)
{
	const unsigned char *at[64];
	unsigned n = find_sites(at, 64);
	uint64_t a[6] = { 0 };

	threads(2, ordinary_thread);
	usleep(2000);
	if (n)
		jump(at[below(n)], SYS_exit, a);
}

static const struct {
	const char *name;
	void (*fn)(void);
} modes[] = {
	{ "scribble", scribble },   { "lie", lie },
	{ "jumps", jumps },         { "steal forks", steal_forks },
	{ "descriptors", swap_descriptors }, { "odd stack", odd_stack },
	{ "mask", mask_all },       { "leader", leader_exits },
	{ "copies", copies },       { "faults", faults },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Whether the process could be ended. */
static bool attack(unsigned mode, int ms)
{
	double start = now();
	int st;
	pid_t p;

	while ((p = fork()) < 0 && now() < start + 30)
		usleep(10000); /* forks wait for what a predecessor has done to be cleared away */
	if (p < 0)
		return false;
	if (!p) {
		setsid();
		rng = seed * 0x9e3779b97f4a7c15ull + mode + 1;
		rnd();
		modes[mode].fn();
		_exit(0);
	}
	start = now();
	while (now() < start + ms / 1000.0)
		if (waitpid(p, &st, WNOHANG) == p) {
			kill(-p, SIGKILL);
			return true;
		} else {
			usleep(1000);
		}
	kill(-p, SIGKILL);
	kill(p, SIGKILL);
	while (now() < start + 40) {
		if (waitpid(p, &st, WNOHANG) == p)
			return true;
		usleep(1000);
	}
	return false;
}

int main(int argc, char **argv)
{
	unsigned long first = 1, seeds = 3;
	int c, ms = 200, mode = -1, bad = 0;

	while ((c = getopt(argc, argv, "s:n:m:l:")) != -1) {
		switch (c) {
		case 's': first = strtoul(optarg, NULL, 0); break;
		case 'n': seeds = strtoul(optarg, NULL, 0); break;
		case 'm': mode = atoi(optarg); break;
		case 'l': ms = atoi(optarg); break;
		default: return 2;
		}
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (seed = first; seed < first + seeds; seed++)
		for (unsigned m = 0; m < MODES; m++)
			if (mode < 0 || m == (unsigned)mode) {
				double start = now();
				bool ok = attack(m, ms);
				printf("%s - %s, seed %lu\n", ok ? "ok" : "not ok", modes[m].name, (unsigned long)seed);
				if (now() > start + 5)
					printf("# took %.0f s\n", now() - start);
				fflush(stdout);
				bad |= !ok;
			}
	/* It still works for others. */
	pid_t p = fork();
	if (!p)
		execl("/bin/true", "true", NULL);
	int st = -1;
	if (waitpid(p, &st, 0) != p || st)
		bad = 1;
	printf("%s\n", bad ? "failed" : "done");
	return bad;
}
