/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <setjmp.h>

static sigjmp_buf env;
static volatile int got_sig, got_code;
static void *volatile got_addr;

static void fault(int sig, siginfo_t *si, void *uc UNUSED)
{
	got_sig = sig;
	got_code = si->si_code;
	got_addr = si->si_addr;
	siglongjmp(env, 1);
}

#define faults(what) (got_sig = got_code = 0, got_addr = NULL, sigsetjmp(env, 1) ? true : ((void)(what), false))

int main(void)
{
	struct sigaction sa = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO };
	volatile char *m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	m[0] = 1;
	need(mprotect((void *)m, 4096, PROT_READ) == 0);
	check(faults(m[5] = 2), "write to a read-only page");
	check(got_sig == SIGSEGV && got_code == SEGV_ACCERR && got_addr == m + 5, "SEGV_ACCERR at its address");
	check(!faults(m[5]), "it can be read");
	need(mprotect((void *)m, 4096, PROT_NONE) == 0);
	check(faults(m[7]), "read of PROT_NONE");
	check(got_code == SEGV_ACCERR && got_addr == m + 7, "SEGV_ACCERR");
	need(munmap((void *)(m + 4096), 4096) == 0);
	check(faults(m[4096 + 9]), "read of nothing");
	check(got_code == SEGV_MAPERR && got_addr == m + 4096 + 9, "SEGV_MAPERR at its address");
	check(faults(*(volatile char *)null_ptr), "read of NULL");
	check(got_code == SEGV_MAPERR && got_addr == NULL, "SEGV_MAPERR at 0");
	check(faults(*(volatile char *)kernel_ptr), "read of the kernel");
	check(got_sig == SIGSEGV && got_code == SEGV_MAPERR && got_addr == kernel_ptr, "SEGV_MAPERR at its address");
	check(faults(*(volatile char *)odd_ptr), "read of a non-canonical address");
	check(got_sig == SIGSEGV && got_code == SI_KERNEL && got_addr == NULL, "SI_KERNEL without an address");
	check(faults(((void (*)(void))(void *)(m + 8192))()), "call of a page without PROT_EXEC");
	check(got_code == SEGV_ACCERR && got_addr == m + 8192, "SEGV_ACCERR");
	check(faults(((void (*)(void))null_ptr)()), "call of NULL");
	check(got_code == SEGV_MAPERR && got_addr == NULL, "SEGV_MAPERR at 0");
	check_errno(mprotect((void *)(m + 1), 4096, PROT_READ), EINVAL, "not aligned");
	check_errno(mprotect((void *)(m + 4096), 4096, PROT_READ), ENOMEM, "of nothing");
	check_errno(mprotect((void *)(m + 8192), -4096ul, PROT_READ), ENOMEM, "length that wraps");
	check_is(mprotect((void *)m, 0, PROT_READ), 0, "length 0");
	check_errno(mprotect((void *)(m + 8192), 4096, 0x80), EINVAL, "unknown protection");
	check_errno(mprotect((void *)m, 3 * 4096, PROT_READ | PROT_WRITE), ENOMEM, "over a hole");
	check(!faults(m[0] = 3), "what was before the hole has changed");
	/* A handler that repairs the page. */
	need(mprotect((void *)m, 4096, PROT_READ | PROT_WRITE) == 0);
	m[100] = 5;
	check(!faults(m[100]) && m[100] == 5, "contents survive all of it");
	/* The kernel's own access: EFAULT, no signal. */
	int p[2];
	need(pipe(p) == 0 && mprotect((void *)m, 4096, PROT_READ) == 0);
	got_sig = 0;
	need(write(p[1], "abc", 3) == 3);
	check_errno(read(p[0], (void *)m, 3), EFAULT, "read to a read-only page");
	check_is(got_sig, 0, "without a signal");
	check_is(write(p[1], (void *)m, 3), 3, "write from it");
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigaction(SIGSEGV, &dfl, NULL);
	check(killed(in_child(m[0] = 1), SIGSEGV), "SIGSEGV kills by default");
	check(killed(in_child({
		      sigset_t s;
		      sigfillset(&s);
		      sigprocmask(SIG_BLOCK, &s, NULL);
		      m[0] = 1;
	      }), SIGSEGV), "blocked too");
	check(killed(in_child(signal(SIGSEGV, SIG_IGN); m[0] = 1), SIGSEGV), "ignored too");
	return done();
}
