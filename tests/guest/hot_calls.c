/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls made often from the same place: registers, flags, the red zone, jumps to the
 * instruction after, signals, restarts, threads, fork, single steps and changes of the code.
 */
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#define OFTEN 100
#define UD1_LEN 3

extern const char __executable_start[], etext[];
__attribute__((used)) uint64_t word = 0x1122334455667788;

/* ---- shapes of call sites, each in a function of its own ---- */

#define SITE(name, body)                                                                           \
	long name(long nr, long a, long b, long c);                                                \
	__asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n" body)

/* The number is in the instruction before. */
SITE(site_mov, "mov $39, %eax\n syscall\n ret\n .skip 16, 0x90\n");
SITE(site_rexmov, "mov $39, %rax\n syscall\n ret\n .skip 16, 0x90\n");
/* It isn't, and the instructions after the call are of all kinds. */
SITE(site_cmp, "mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n"
               "syscall\n cmp $-4095, %rax\n jae 1f\n ret\n 1: neg %rax\n neg %rax\n ret\n .skip 16, 0x90\n");
SITE(site_jcc, "mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n"
               "syscall\n test %rax, %rax\n js 1f\n ret\n 1: neg %rax\n neg %rax\n ret\n .skip 16, 0x90\n");
SITE(site_rip, "push %rbx\n mov %rdi, %rax\n syscall\n mov word(%rip), %rbx\n xor %rbx, %rax\n"
               "xor word(%rip), %rax\n pop %rbx\n ret\n .skip 16, 0x90\n");
SITE(site_ret, "mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n"
               "syscall\n ret\n .skip 16, 0x90\n");
SITE(site_pop, "push %rbp\n mov %rdi, %rax\n syscall\n pop %rbp\n ret\n .skip 16, 0x90\n");
/* What follows the call traps by itself. */
SITE(site_ud1, "mov %rdi, %rax\n syscall\n ud1 %eax, %eax\n .globl after_ud1\n after_ud1: ret\n"
               ".skip 16, 0x90\n");
/* rdi != 0: goes straight to the instruction after the call, with rax = rdi. */
SITE(site_into, "test %rdi, %rdi\n mov %rdi, %rax\n jnz 1f\n mov $39, %r8d\n mov %r8, %rax\n"
                "syscall\n 1: cmp $-4095, %rax\n jae 2f\n ret\n 2: mov $-1, %rax\n ret\n .skip 16, 0x90\n");
/* Many in a row, for threads. */
SITE(site_many, ".rept 40\n mov %rdi, %rax\n syscall\n cmp $-4095, %rax\n jae 1f\n mov $39, %eax\n syscall\n .endr\n"
                "1: ret\n .skip 16, 0x90\n");

static void test_results(void)
{
	bool good = true;
	long pid = getpid();

	for (int i = 0; i < OFTEN; i++) {
		good &= site_mov(0, 0, 0, 0) == pid && site_rexmov(0, 0, 0, 0) == pid;
		good &= site_cmp(SYS_getpid, 0, 0, 0) == pid && site_jcc(SYS_getpid, 0, 0, 0) == pid;
		good &= site_rip(SYS_getpid, 0, 0, 0) == pid && site_ret(SYS_getpid, 0, 0, 0) == pid;
		good &= site_pop(SYS_getpid, 0, 0, 0) == pid && site_into(0, 0, 0, 0) == pid;
	}
	check(good, "all shapes give the result");
	good = true;
	for (int i = 0; i < OFTEN; i++) {
		good &= site_cmp(SYS_close, -1, 0, 0) == -EBADF && site_jcc(SYS_close, -1, 0, 0) == -EBADF;
		good &= site_ret(SYS_write, 1, (long)kernel_ptr, 10) == -EFAULT;
		good &= site_cmp(9999, 0, 0, 0) == -ENOSYS && site_jcc(-1, 0, 0, 0) == -ENOSYS;
	}
	check(good, "and the errors");
	good = true;
	for (int i = 1; i < OFTEN; i++)
		good &= site_into(i, 0, 0, 0) == i && site_into(-i, 0, 0, 0) == -1;
	check(good, "a jump to the instruction after a call");
}

extern const char after_ud1[];
static volatile unsigned ills;

static void skip_ud1(int sig UNUSED, siginfo_t *si, void *ctx)
{
	greg_t *pc = &((ucontext_t *)ctx)->uc_mcontext.gregs[REG_RIP];

	ills += *pc == (greg_t)(uintptr_t)after_ud1 - UD1_LEN && si->si_addr == after_ud1 - UD1_LEN;
	*pc = (greg_t)(uintptr_t)after_ud1;
}

static void test_trapping(void)
{
	struct sigaction sa = { .sa_sigaction = skip_ud1, .sa_flags = SA_SIGINFO };
	bool good = true;

	sigaction(SIGILL, &sa, NULL);
	for (int i = 0; i < OFTEN; i++)
		good &= site_ud1(SYS_getpid, 0, 0, 0) == getpid();
	check(good, "calls before an undefined instruction");
	check_is(ills, OFTEN, "which traps each time, where it is");
	signal(SIGILL, SIG_DFL);
}

/* ---- registers ---- */

/* Makes a call between loading and storing all registers; out: as in order. */
void all_registers(const uint64_t in[14], uint64_t out[16]);
__asm__(".text\n.globl all_registers\nall_registers:\n"
	"push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rsi\n"
	"mov %rdi, %rcx\n"
	"mov (%rcx), %rbx\n mov 8(%rcx), %rdx\n mov 16(%rcx), %rsi\n mov 24(%rcx), %rdi\n"
	"mov 32(%rcx), %rbp\n mov 40(%rcx), %r8\n mov 48(%rcx), %r9\n mov 56(%rcx), %r10\n"
	"mov 64(%rcx), %r12\n mov 72(%rcx), %r13\n mov 80(%rcx), %r14\n mov 88(%rcx), %r15\n"
	"movq 96(%rcx), %xmm0\n movq 104(%rcx), %xmm15\n"
	"movq $0x5a5a, -8(%rsp)\n movq $0xa5a5, -128(%rsp)\n"
	"mov $0x7fffffff, %eax\n add $1, %eax\n stc\n"
	"mov $39, %eax\n syscall\n"
	"pushfq\n pop %r11\n" /* below the red zone's first word, which is looked at by rsp - 128 alone */
	"mov (%rsp), %rax\n"
	"mov %rbx, (%rax)\n mov %rdx, 8(%rax)\n mov %rsi, 16(%rax)\n mov %rdi, 24(%rax)\n"
	"mov %rbp, 32(%rax)\n mov %r8, 40(%rax)\n mov %r9, 48(%rax)\n mov %r10, 56(%rax)\n"
	"mov %r12, 64(%rax)\n mov %r13, 72(%rax)\n mov %r14, 80(%rax)\n mov %r15, 88(%rax)\n"
	"movq %xmm0, 96(%rax)\n movq %xmm15, 104(%rax)\n mov %r11, 112(%rax)\n"
	"mov -128(%rsp), %rcx\n mov %rcx, 120(%rax)\n"
	"pop %rsi\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n .skip 16, 0x90\n");

static void test_registers(void)
{
	uint64_t in[14], out[16];
	bool regs = true, flags = true, zone = true;

	for (int i = 0; i < OFTEN; i++) {
		for (int k = 0; k < 14; k++)
			in[k] = 0x0123456789abcdefULL * (uint64_t)(k + 1) + (uint64_t)i;
		all_registers(in, out);
		regs &= !memcmp(in, out, sizeof(in));
		flags &= (out[14] & 0x8d5) == 0x895; /* OF SF AF PF CF of the addition, and CF */
		zone &= out[15] == 0xa5a5;
	}
	check(regs, "registers are as before");
	check(flags, "flags are as before");
	check(zone, "the red zone is as before");
}

/* ---- signals ---- */

static volatile sig_atomic_t hits;
static volatile bool outside;

static void tick(int sig UNUSED, siginfo_t *si UNUSED, void *ctx)
{
	uintptr_t pc = (uintptr_t)((ucontext_t *)ctx)->uc_mcontext.gregs[REG_RIP];

	hits++;
	if (pc < (uintptr_t)__executable_start || pc >= (uintptr_t)etext)
		outside = true;
}

static void test_signals(void)
{
	struct sigaction sa = { .sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval it = { { 0, 300 }, { 0, 300 } }, off = { 0 };
	long pid = getpid();
	bool good = true;

	sigaction(SIGALRM, &sa, NULL);
	/* Not by the C library, whose code isn't ours. */
	site_ret(SYS_setitimer, ITIMER_REAL, (long)&it, 0);
	for (long i = 0; i < 100000000 && hits < 200; i++) {
		good &= site_mov(0, 0, 0, 0) == pid;
		good &= site_cmp(SYS_getpid, 0, 0, 0) == pid;
		good &= site_rip(SYS_getpid, 0, 0, 0) == pid;
		good &= site_pop(SYS_getpid, 0, 0, 0) == pid;
	}
	site_ret(SYS_setitimer, ITIMER_REAL, (long)&off, 0);
	check(good && hits >= 200, "calls under a rain of signals");
	check(!outside, "whose frames show the program's own code");
	signal(SIGALRM, SIG_DFL);
}

static int pipefd[2];

static void *pokes(void *arg)
{
	pthread_t main_thread = *(pthread_t *)arg;

	for (int i = 0; i < 20; i++) {
		int before = hits;
		pthread_kill(main_thread, SIGUSR1);
		wait_for(hits > before);
	}
	need(write(pipefd[1], "x", 1) == 1);
	return NULL;
}

static void test_restart(void)
{
	struct sigaction sa = { .sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART };
	pthread_t self = pthread_self(), t;
	bool good = true;
	char c;

	need(pipe(pipefd) == 0);
	for (int i = 0; i < OFTEN; i++) {
		need(write(pipefd[1], "y", 1) == 1);
		good &= (i & 1 ? site_cmp : site_ret)(SYS_read, pipefd[0], (long)&c, 1) == 1 && c == 'y';
	}
	check(good, "reads");
	sigaction(SIGUSR1, &sa, NULL);
	for (int i = 0; i < 2; i++) {
		need(!pthread_create(&t, NULL, pokes, &self));
		check_is((i ? site_cmp : site_ret)(SYS_read, pipefd[0], (long)&c, 1), 1, "a restarted read");
		check(c == 'x', "gets the byte");
		pthread_join(t, NULL);
	}
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGUSR1, &sa, NULL);
	hits = 0;
	need(!pthread_create(&t, NULL, pokes, &self));
	check_is(site_ret(SYS_read, pipefd[0], (long)&c, 1), -EINTR, "one that isn't restarted");
	while (site_ret(SYS_read, pipefd[0], (long)&c, 1) == -EINTR)
		;
	pthread_join(t, NULL);
}

/* ---- threads and processes ---- */

static void *hammers(void *arg UNUSED)
{
	long pid = getpid();
	bool good = true;

	for (int i = 0; i < 300; i++)
		good &= site_many(SYS_getpid, 0, 0, 0) == pid;
	return good ? arg : NULL;
}

static void test_threads(void)
{
	pthread_t t[4];
	void *ret;
	int n = 0;

	for (int i = 0; i < 4; i++)
		need(!pthread_create(&t[i], NULL, hammers, t));
	for (int i = 0; i < 4; i++)
		n += !pthread_join(t[i], &ret) && ret;
	check_is(n, 4, "four threads through the same forty sites");
}

static void test_fork(void)
{
	bool good = true;

	for (int i = 0; i < 30; i++) {
		long p = site_cmp(SYS_fork, 0, 0, 0);

		if (p == 0) {
			long me = getpid();
			bool fine = true;

			for (int k = 0; k < 20; k++)
				fine &= site_mov(0, 0, 0, 0) == me && site_cmp(SYS_getpid, 0, 0, 0) == me &&
				        site_into(k + 1, 0, 0, 0) == k + 1;
			site_ret(SYS_exit_group, fine ? 0 : 1, 0, 0);
		}
		int st = -1;
		good &= site_cmp(SYS_wait4, p, (long)&st, 0) == p && st == 0;
	}
	check(good, "forks from such a place, and calls in the children");
}

/* ---- who looks closely ---- */

static volatile int steps;

static void on_step(int sig UNUSED)
{
	steps++;
}

static long stepped(void)
{
	long ret;

	__asm__ volatile("pushfq\n orq $0x100, (%%rsp)\n popfq\n"
	                 "call site_mov\n"
	                 "pushfq\n andq $~0x100, (%%rsp)\n popfq\n"
	                 : "=a"(ret) : : "rcx", "r11", "memory", "cc");
	return ret;
}

static void test_steps(void)
{
	long pid = getpid();

	signal(SIGTRAP, on_step);
	for (int i = 0; i < OFTEN; i++)
		site_mov(0, 0, 0, 0);
	check_is(stepped(), pid, "a call that is single-stepped");
	check_is(steps, 6, "in six steps");
	check_is(stepped(), pid, "again");
	check_is(steps, 12, "in as many");
	signal(SIGTRAP, SIG_DFL);
}

static void test_code(const char *was)
{
	uintptr_t page = (uintptr_t)site_cmp & ~4095ul, end = ((uintptr_t)site_many + 4095) & ~4095ul;
	size_t n = end - page;
	long pid = getpid();
	bool good = true;

	for (int i = 0; i < OFTEN; i++)
		good &= site_cmp(SYS_getpid, 0, 0, 0) == pid;
	check_is(mprotect((void *)page, n, PROT_READ | PROT_WRITE | PROT_EXEC), 0, "code made writable");
	check(!memcmp((void *)site_cmp, was, 64), "is as it was made");
	for (int i = 0; i < OFTEN; i++)
		good &= site_cmp(SYS_getpid, 0, 0, 0) == pid;
	check(good, "and works");
	check_is(mprotect((void *)page, n, PROT_READ | PROT_EXEC), 0, "and back");
	for (int i = 0; i < OFTEN; i++)
		good &= site_cmp(SYS_getpid, 0, 0, 0) == pid && site_into(i + 1, 0, 0, 0) == i + 1;
	check(good, "and works");
}

int main(void)
{
	char was[64];

	memcpy(was, (void *)site_cmp, sizeof(was));
	test_results();
	test_trapping();
	test_registers();
	test_signals();
	test_restart();
	test_threads();
	test_fork();
	test_code(was);
	test_steps();
	test_results();
	return done();
}
