/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf env;
static volatile int got_sig, got_code, trapno;
static volatile uintptr_t at, ip;
static volatile int skip;

static void fault(int sig, siginfo_t *si, void *ucv)
{
	ucontext_t *uc = ucv;

	got_sig = sig;
	got_code = si->si_code;
	at = (uintptr_t)si->si_addr;
	ip = uc->uc_mcontext.gregs[REG_RIP];
	trapno = uc->uc_mcontext.gregs[REG_TRAPNO];
	if (skip) {
		uc->uc_mcontext.gregs[REG_RIP] += skip;
		return;
	}
	siglongjmp(env, 1);
}

#define faults(what) (got_sig = 0, sigsetjmp(env, 1) ? true : ({ what; false; }))

int main(void)
{
	struct sigaction sa = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO };
	volatile int zero = 0, one = 1, least = INT32_MIN, minus = -1;
	int sigs[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP };

	for (int i = 0; i < 5; i++)
		sigaction(sigs[i], &sa, NULL);
	check(faults(one = one / zero), "division by zero");
	check(got_sig == SIGFPE && got_code == FPE_INTDIV && at == ip && trapno == 0, "SIGFPE, FPE_INTDIV, at the instruction");
	check(faults(least = least / minus), "overflow of a division");
	check(got_sig == SIGFPE && got_code == FPE_INTDIV, "the same");
	check(faults(__asm__ volatile("ud2")), "ud2");
	check(got_sig == SIGILL && got_code == ILL_ILLOPN && at == ip && trapno == 6, "SIGILL, ILL_ILLOPN");
	check(faults(__asm__ volatile("int3")), "int3");
	check(got_sig == SIGTRAP && got_code == SI_KERNEL && trapno == 3, "SIGTRAP, SI_KERNEL");
	check(faults(__asm__ volatile("hlt")), "hlt");
	check(got_sig == SIGSEGV && got_code == SI_KERNEL && trapno == 13, "SIGSEGV, SI_KERNEL");
	check(faults(__asm__ volatile("cli")), "cli");
	check(got_sig == SIGSEGV && trapno == 13, "SIGSEGV");
	check(faults(__asm__ volatile("int $0x13")), "int 0x13");
	check(got_sig == SIGSEGV && trapno == 13, "SIGSEGV");
	check(faults(__asm__ volatile("mov %%rax, %%cr3" : : : "memory")), "mov to cr3");
	check(got_sig == SIGSEGV, "SIGSEGV");
	check(faults(__asm__ volatile("wrmsr")), "wrmsr");
	check(got_sig == SIGSEGV, "SIGSEGV");
	check(faults(__asm__ volatile("in $0x80, %%al" : : : "rax")), "in");
	check(got_sig == SIGSEGV, "SIGSEGV");
	/* Single-step: SIGTRAP with TRAP_TRACE after the next instruction. */
	check(faults(__asm__ volatile("pushf; orl $0x100, (%%rsp); popf; nop; nop" : : : "memory", "cc")), "trap flag");
	check(got_sig == SIGTRAP && got_code == TRAP_TRACE && trapno == 1, "SIGTRAP, TRAP_TRACE");
	__asm__ volatile("pushf; andl $~0x100, (%%rsp); popf" : : : "memory", "cc");
	/* x87 and SSE exceptions */
	unsigned int mxcsr = 0x1f80 & ~0x200, dflt = 0x1f80;
	volatile float f = 1, z = 0;
	check(faults(__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr)); f = f / z), "SSE division by zero, unmasked");
	check(got_sig == SIGFPE && got_code == FPE_FLTDIV && trapno == 19, "SIGFPE, FPE_FLTDIV");
	__asm__ volatile("ldmxcsr %0" : : "m"(dflt));
	unsigned short cw = 0x37b;
	check(faults(__asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(cw))), "x87 division by zero, unmasked");
	check(got_sig == SIGFPE && got_code == FPE_FLTDIV && trapno == 16, "SIGFPE, FPE_FLTDIV");
	__asm__ volatile("fninit");
	/* A handler that steps over the instruction. */
	skip = 2;
	__asm__ volatile("ud2");
	check(got_sig == SIGILL, "stepped over ud2");
	skip = 1;
	__asm__ volatile("hlt");
	check(got_sig == SIGSEGV, "stepped over hlt");
	skip = 0;
	for (int i = 0; i < 5; i++)
		signal(sigs[i], SIG_DFL);
	check(killed(in_child(one = one / zero), SIGFPE), "SIGFPE kills");
	check(killed(in_child(__asm__ volatile("ud2")), SIGILL), "SIGILL kills");
	check(killed(in_child(__asm__ volatile("int3")), SIGTRAP), "SIGTRAP kills");
	check(killed(in_child(abort()), SIGABRT), "abort kills");
	check(killed(in_child(signal(SIGILL, SIG_IGN); __asm__ volatile("ud2")), SIGILL), "ignoring a fault does not help");
	return done();
}
