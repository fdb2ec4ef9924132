/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <setjmp.h>
#include <ucontext.h>

static ucontext_t main_ctx, a_ctx, b_ctx;
static char sa_[65536], sb_[65536];
static volatile int trace[64], n, jumped;
static sigjmp_buf env;

static void a(int x, int y)
{
	for (int i = 0; i < 5; i++) {
		trace[n++] = x + y + i;
		swapcontext(&a_ctx, &b_ctx);
	}
}

static void b(void)
{
	for (int i = 0; i < 5; i++) {
		trace[n++] = -i;
		swapcontext(&b_ctx, &a_ctx);
	}
}

static void landing(void)
{
	jumped = 1;
	siglongjmp(env, 1);
}

static void redirect(int sig UNUSED, siginfo_t *si UNUSED, void *ucv)
{
	ucontext_t *uc = ucv;

	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)landing;
	uc->uc_mcontext.gregs[REG_RSP] = ((greg_t)(sa_ + sizeof(sa_)) & ~15) - 8;
}

static void mask_edit(int sig UNUSED, siginfo_t *si UNUSED, void *ucv)
{
	sigaddset(&((ucontext_t *)ucv)->uc_sigmask, SIGUSR2);
}

static volatile int preempted;
static ucontext_t spin_ctx, sched_ctx;

static void switcher(int sig UNUSED)
{
	if (preempted++ == 0)
		swapcontext(&spin_ctx, &sched_ctx);
}

int main(void)
{
	struct sigaction sa = { .sa_flags = SA_SIGINFO };
	sigset_t s;

	getcontext(&a_ctx);
	a_ctx.uc_stack = (stack_t){ .ss_sp = sa_, .ss_size = sizeof(sa_) };
	a_ctx.uc_link = &main_ctx;
	makecontext(&a_ctx, (void (*)(void))a, 2, 10, 20);
	getcontext(&b_ctx);
	b_ctx.uc_stack = (stack_t){ .ss_sp = sb_, .ss_size = sizeof(sb_) };
	b_ctx.uc_link = &main_ctx;
	makecontext(&b_ctx, b, 0);
	swapcontext(&main_ctx, &a_ctx);
	bool ok = n == 10;
	for (int i = 0; i < 10; i++)
		ok = ok && trace[i] == (i % 2 ? -(i / 2) : 30 + i / 2);
	check(ok, "two contexts take turns and end in the third");
	sa.sa_sigaction = redirect;
	sigaction(SIGUSR1, &sa, NULL);
	if (!sigsetjmp(env, 1))
		raise(SIGUSR1);
	check(jumped == 1, "a handler sends the thread elsewhere, to another stack");
	sigprocmask(SIG_BLOCK, NULL, &s);
	check(sigismember(&s, SIGUSR1) == 0, "siglongjmp brings the mask back");
	sa.sa_sigaction = mask_edit;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &s);
	check(sigismember(&s, SIGUSR2), "a handler changes the mask to return to");
	sigemptyset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	/* A context taken in a handler can be gone on with later. The handler has a stack of its own, and
	   there is one signal, or what main does meanwhile would overwrite its frame. */
	stack_t alt = { .ss_sp = malloc(65536), .ss_size = 65536 };
	struct itimerval once = { { 0, 0 }, { 0, 5000 } };

	need(sigaltstack(&alt, NULL) == 0);
	on_signal(SIGALRM, switcher, SA_ONSTACK);
	getcontext(&sched_ctx);
	if (preempted == 0) {
		need(setitimer(ITIMER_REAL, &once, NULL) == 0);
		while (preempted < 2)
			;
	} else if (preempted == 1) {
		preempted = 2;
		setcontext(&spin_ctx);
	}
	check_is(preempted, 2, "out of a handler and back into it");
	/* Torn contexts: a sigreturn with nonsense ends the process, nothing worse. */
	check(killed(in_child(__asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : : "r"(low_ptr) : "memory")), SIGSEGV),
	      "sigreturn from a wild stack");
	memset(sb_, 0xff, sizeof(sb_));
	check(killed(in_child(__asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : : "r"(sb_ + 8192) : "memory")), SIGSEGV),
	      "sigreturn to nonsense");
	memset(sb_, 0, sizeof(sb_));
	check(killed(in_child(__asm__ volatile("mov %0, %%rsp; mov $15, %%eax; syscall" : : "r"(sb_ + 8192) : "memory")), SIGSEGV),
	      "sigreturn to zeroes");
	return done();
}
