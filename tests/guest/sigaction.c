/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static volatile int count, depth, deepest, got, order[8], norder;

static void counts(int sig)
{
	got = sig;
	count++;
}

static void nests(int sig)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (count++ < 3)
		raise(sig);
	depth--;
}

static void orders(int sig)
{
	order[norder++ & 7] = sig;
	if (sig == SIGUSR1)
		raise(SIGUSR2);
	order[norder++ & 7] = -sig;
}

int main(void)
{
	struct sigaction sa = { .sa_handler = counts }, old;
	sigset_t s, o;

	check_errno(sigaction(0, &sa, NULL), EINVAL, "signal 0");
	check_errno(sigaction(65, &sa, NULL), EINVAL, "signal 65");
	check_errno(sigaction(SIGKILL, &sa, NULL), EINVAL, "SIGKILL");
	check_errno(sigaction(SIGSTOP, &sa, NULL), EINVAL, "SIGSTOP");
	check_is(syscall(SYS_rt_sigaction, SIGKILL, NULL, &old, 8), 0, "SIGKILL can be asked");
	check_errno(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &old, 4), EINVAL, "set size 4");
	check_errno(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &o, 16), EINVAL, "mask size 16");
	check_errno(syscall(SYS_rt_sigprocmask, 9, &s, NULL, 8), EINVAL, "unknown how");
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	check(count == 1 && got == SIGUSR1, "a handler runs");
	sa.sa_handler = nests;
	count = 0;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	check(count == 4 && deepest == 1, "the signal is blocked in its handler");
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &sa, NULL);
	count = deepest = 0;
	raise(SIGUSR1);
	check(count == 4 && deepest == 4, "SA_NODEFER nests");
	sa.sa_handler = counts;
	sa.sa_flags = SA_RESETHAND;
	sigaction(SIGUSR1, &sa, NULL);
	count = 0;
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	check(count == 1 && old.sa_handler == SIG_DFL, "SA_RESETHAND");
	sa = (struct sigaction){ .sa_handler = orders };
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR1);
	check(norder == 4 && order[0] == SIGUSR1 && order[1] == -SIGUSR1 && order[2] == SIGUSR2, "sa_mask holds the other back");
	norder = 0;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	check(norder == 4 && order[1] == SIGUSR2 && order[2] == -SIGUSR2 && order[3] == -SIGUSR1, "without it they nest");
	sigaction(SIGUSR1, NULL, &old);
	check(old.sa_handler == orders && !sigismember(&old.sa_mask, SIGUSR1), "the action reads back");
	/* The mask is restored after the handler. */
	sigprocmask(SIG_BLOCK, NULL, &o);
	check(!sigismember(&o, SIGUSR1) && !sigismember(&o, SIGUSR2), "the mask is back");
	sigfillset(&s);
	check_is(sigprocmask(SIG_SETMASK, &s, NULL), 0, "block everything");
	sigprocmask(SIG_BLOCK, NULL, &o);
	check(!sigismember(&o, SIGKILL) && !sigismember(&o, SIGSTOP) && sigismember(&o, SIGSEGV), "but KILL and STOP");
	/* Ignored and blocked: a pending signal goes when it is ignored. */
	raise(SIGUSR1);
	sigpending(&o);
	check(sigismember(&o, SIGUSR1), "pending");
	signal(SIGUSR1, SIG_IGN);
	sigpending(&o);
	check(!sigismember(&o, SIGUSR1), "ignoring it throws it away");
	raise(SIGUSR1);
	sigpending(&o);
	on_signal(SIGUSR1, counts, 0);
	sigprocmask(SIG_SETMASK, &s, NULL);
	count = 0;
	for (int i = 0; i < 5; i++)
		raise(SIGUSR1);
	sigemptyset(&s);
	sigprocmask(SIG_SETMASK, &s, NULL);
	check_is(count, 1, "a plain signal is pending once");
	check_errno(kill(getpid(), 65), EINVAL, "kill 65");
	check_errno(kill(getpid(), -1), EINVAL, "kill -1");
	check_errno(kill(1 << 22, 0), ESRCH, "kill of nobody");
	check_errno(syscall(SYS_tgkill, getpid(), 0, SIGUSR1), EINVAL, "tgkill of 0");
	check_errno(syscall(SYS_tgkill, getpid(), 1 << 22, SIGUSR1), ESRCH, "tgkill of nobody");
	check_errno(syscall(SYS_tgkill, 1, getpid(), SIGUSR1), ESRCH, "tgkill in the wrong process");
	check_is(syscall(SYS_tkill, getpid(), SIGUSR1), 0, "tkill");
	check_is(count, 2, "arrives");
	/* A wild handler ends the process. */
	check(killed(in_child({
		      on_signal(SIGUSR1, (void (*)(int))low_ptr, 0);
		      raise(SIGUSR1);
	      }), SIGSEGV), "a wild handler");
	return done();
}
