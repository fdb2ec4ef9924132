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

static void try(int fd, const char *name)
{
	int prot = PROT_READ | PROT_WRITE, p[2];
	volatile char *m;

	need(ftruncate(fd, 5000) == 0);
	m = mmap(NULL, 4 * 4096, prot, MAP_SHARED, fd, 0);
	check(!faults(m[8191] = 1), "%s: the rest of the last page can be written", name);
	check(faults(m[8192] = 1), "%s: the page behind it can not", name);
	check(got_sig == SIGBUS && got_code == BUS_ADRERR && got_addr == m + 8192, "%s: SIGBUS, BUS_ADRERR, address", name);
	check(faults(m[8192 + 77]), "%s: nor be read", name);
	check(got_addr == m + 8192 + 77, "%s: its address", name);
	need(pipe(p) == 0);
	check_errno(write(p[1], (void *)(m + 8192), 1), EFAULT, "%s: EFAULT in a call", name);
	need(ftruncate(fd, 4 * 4096) == 0);
	check(!faults(m[8192] = 2), "%s: after growing it can", name);
	need(ftruncate(fd, 4096) == 0);
	check(faults(m[4096]), "%s: after truncation it can't", name);
	m[0] = 1;
	volatile char *q = mmap(NULL, 2 * 4096, prot, MAP_PRIVATE, fd, 0);
	check(!faults(q[0] = 9) && q[0] == 9, "%s: private page", name);
	check(faults(q[4096] = 9) && got_sig == SIGBUS, "%s: private page behind the end", name);
	need(ftruncate(fd, 0) == 0);
	check(faults(m[0]) && got_sig == SIGBUS, "%s: an empty file", name);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	try(file("f", ""), "file");
	try(memfd_create("m", 0), "memfd");
	signal(SIGBUS, SIG_DFL);
	int fd = file("g", "");
	volatile char *m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	check(killed(in_child((void)m[0]), SIGBUS), "SIGBUS kills by default");
	return done();
}
