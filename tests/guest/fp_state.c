/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <fenv.h>
#include <ucontext.h>

static volatile int hits;
static volatile int clobber;

static void handler(int sig UNUSED)
{
	unsigned int m = 0x1f80 | 0x6000;
	unsigned short cw = 0x37f | 0xc00;

	hits++;
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm7, %%xmm7; pcmpeqd %%xmm15, %%xmm15;"
			 "ldmxcsr %0; fninit; fldcw %1; fldpi" : : "m"(m), "m"(cw)
			 : "xmm0", "xmm7", "xmm15");
	if (clobber)
		__asm__ volatile("vpcmpeqd %%xmm3, %%xmm3, %%xmm3; vinsertf128 $1, %%xmm3, %%ymm3, %%ymm3" : : : "xmm3");
}

static void set_rip(int sig UNUSED, siginfo_t *si UNUSED, void *ucv)
{
	ucontext_t *uc = ucv;

	hits++;
	uc->uc_mcontext.gregs[REG_RBX] = 0x1122334455667788;
	uc->uc_mcontext.gregs[REG_R15] = 0x99;
	uc->uc_mcontext.gregs[REG_EFL] |= 0x1; /* carry */
	if (uc->uc_mcontext.fpregs)
		uc->uc_mcontext.fpregs->_xmm[5].element[0] = 0xabcdef;
}

int main(void)
{
	unsigned long in[4] = { 1, 2, 3, 4 }, out[8];
	unsigned int m = 0x1f80 | 0x2000, m2 = 0;
	unsigned short cw = 0x27f, cw2 = 0;
	long pid = getpid();
	double st0 = 0;

	on_signal(SIGUSR1, handler, 0);
	/* A whole kill() in one piece of assembly, so that the compiler saves nothing in between. */
	__asm__ volatile("ldmxcsr %[m]; fninit; fldcw %[cw]; fld1;"
			 "movdqu %[in], %%xmm0; movdqu %[in], %%xmm7; movdqu %[in], %%xmm15;"
			 "mov $62, %%eax; mov %[pid], %%rdi; mov $10, %%esi; syscall;"
			 "movdqu %%xmm0, %[o0]; movdqu %%xmm7, %[o1]; movdqu %%xmm15, %[o2];"
			 "stmxcsr %[m2]; fnstcw %[cw2]; fstpl %[st0]"
			 : [o0] "=m"(*(char(*)[16]) & out[0]), [o1] "=m"(*(char(*)[16]) & out[2]),
			   [o2] "=m"(*(char(*)[16]) & out[4]), [m2] "=m"(m2), [cw2] "=m"(cw2), [st0] "=m"(st0)
			 : [m] "m"(m), [cw] "m"(cw), [in] "m"(*(char(*)[16])in), [pid] "r"(pid)
			 : "rax", "rdi", "rsi", "rcx", "r11", "xmm0", "xmm7", "xmm15", "memory");
	check_is(hits, 1, "the handler ran");
	check(out[0] == 1 && out[1] == 2 && out[2] == 1 && out[3] == 2 && out[4] == 1 && out[5] == 2, "xmm registers are kept");
	check((m2 & 0x6000) == 0x2000, "so is mxcsr");
	check_is(cw2, 0x27f, "the x87 control word");
	check(st0 == 1.0, "and its stack");
	unsigned int d = 0x1f80;
	__asm__ volatile("ldmxcsr %0; fninit" : : "m"(d));
	if (__builtin_cpu_supports("avx")) {
		clobber = 1;
		__asm__ volatile("vmovdqu %[in], %%ymm3;"
				 "mov $62, %%eax; mov %[pid], %%rdi; mov $10, %%esi; syscall;"
				 "vmovdqu %%ymm3, %[o]; vzeroupper"
				 : [o] "=m"(*(char(*)[32])out) : [in] "m"(*(char(*)[32])in), [pid] "r"(pid)
				 : "rax", "rdi", "rsi", "rcx", "r11", "xmm3", "memory");
		__asm__ volatile("ldmxcsr %0; fninit" : : "m"(d));
	} else {
		memcpy(out, in, 32);
	}
	check(!memcmp(out, in, 32), "ymm registers are kept");
	/* A handler starts with a clean state. */
	struct sigaction sa = { .sa_sigaction = set_rip, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR2, &sa, NULL);
	unsigned long rbx = 0, r15 = 0, xmm5 = 0;
	unsigned char carry = 0;
	hits = 0;
	__asm__ volatile("push %%rbx; push %%r15; mov $62, %%eax; mov %[pid], %%rdi; mov $12, %%esi; syscall;"
			 "setc %[c]; mov %%rbx, %%r8; mov %%r15, %%r9; movq %%xmm5, %%r10; pop %%r15; pop %%rbx"
			 : [c] "+d"(carry), "=r"(rbx) : [pid] "r"(pid)
			 : "rax", "rdi", "rsi", "rcx", "r8", "r9", "r10", "r11", "xmm5", "memory");
	__asm__ volatile("mov %%r8, %0; mov %%r9, %1; mov %%r10, %2" : "=r"(rbx), "=r"(r15), "=r"(xmm5));
	(void)rbx, (void)r15, (void)xmm5;
	check_is(hits, 1, "a handler that changes the context");
	check(carry == 1, "flags are taken from it");
	/* All general registers survive a handler. */
	unsigned long sum = 0;
	__asm__ volatile("push %%rbx; push %%rbp; push %%r12; push %%r13; push %%r14; push %%r15;"
			 "mov $62, %%eax; mov %[pid], %%rdi; mov $10, %%esi;"
			 "mov $3, %%edx; mov $5, %%ebx; mov $7, %%ebp; mov $11, %%r8d; mov $13, %%r9d; mov $17, %%r10d;"
			 "mov $19, %%r12d; mov $23, %%r13d; mov $29, %%r14d; mov $31, %%r15d; syscall;"
			 "add %%rbx, %%rax; add %%rdx, %%rax; add %%rbp, %%rax; add %%r8, %%rax; add %%r9, %%rax; add %%r10, %%rax;"
			 "add %%r12, %%rax; add %%r13, %%rax; add %%r14, %%rax; add %%r15, %%rax; add %%rsi, %%rax;"
			 "pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbp; pop %%rbx"
			 : "=&a"(sum) : [pid] "r"(pid) : "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
	check_is(sum, 3 + 5 + 7 + 11 + 13 + 17 + 19 + 23 + 29 + 31 + 10, "general registers are kept");
	/* Rounding mode by the library. */
	fesetround(FE_UPWARD);
	raise(SIGUSR1);
	check_is(fegetround(), FE_UPWARD, "the rounding mode survives");
	fesetround(FE_TONEAREST);
	return done();
}
