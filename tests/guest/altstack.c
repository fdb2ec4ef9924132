/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char *alt;
static volatile int on_alt, flags, inner_err, nested_on;

static bool inside(void *p)
{
	return (char *)p >= alt && (char *)p < alt + 65536;
}

static void handler(int sig, siginfo_t *si UNUSED, void *ucv)
{
	ucontext_t *uc = ucv;
	char here;
	stack_t ss, try = { .ss_sp = alt, .ss_size = 65536 };

	on_alt = inside(&here);
	sigaltstack(NULL, &ss);
	flags = ss.ss_flags;
	inner_err = sigaltstack(&try, NULL) ? errno : 0;
	if (sig == SIGUSR1)
		nested_on = uc->uc_stack.ss_sp == alt;
}

static void nested(int sig)
{
	char here;

	if (sig == SIGUSR1) {
		raise(SIGUSR2);
		on_alt = inside(&here);
	} else {
		nested_on = inside(&here);
	}
}

int main(void)
{
	stack_t ss = { 0 }, old;
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	alt = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGUSR1, &sa, NULL);
	/* Said once, since a fresh process need not have the flag, and then nothing is restored. */
	ss.ss_flags = SS_DISABLE;
	need(sigaltstack(&ss, NULL) == 0);
	raise(SIGUSR1);
	check(!on_alt, "SA_ONSTACK without a stack");
	check(sigaltstack(NULL, &old) == 0 && inner_err == 0, "one can be set in a handler off it");
	check(old.ss_sp != alt || (old.ss_flags & SS_DISABLE), "but returning from it restores the old one");
	ss.ss_sp = alt;
	ss.ss_size = 100;
	ss.ss_flags = 0;
	check_errno(sigaltstack(&ss, NULL), ENOMEM, "too small");
	ss.ss_size = 65536;
	ss.ss_flags = 0x40;
	check_errno(sigaltstack(&ss, NULL), EINVAL, "unknown flag");
	ss.ss_flags = 0;
	check_is(sigaltstack(&ss, NULL), 0, "set");
	check(sigaltstack(NULL, &old) == 0 && old.ss_sp == alt && old.ss_size == 65536 && old.ss_flags == 0, "reads back");
	raise(SIGUSR1);
	check(on_alt == 1, "the handler is on it");
	check_is(flags, SS_ONSTACK, "SS_ONSTACK is told");
	check_is(inner_err, EPERM, "it can't be changed from on it");
	check(nested_on == 1, "the context names it");
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	check(!on_alt, "without SA_ONSTACK it is not used");
	sa = (struct sigaction){ .sa_handler = nested, .sa_flags = SA_ONSTACK };
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR1);
	check(on_alt && nested_on, "a nested handler goes on below");
	ss.ss_flags = SS_AUTODISARM;
	check_is(sigaltstack(&ss, NULL), 0, "SS_AUTODISARM");
	sa = (struct sigaction){ .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	check(on_alt == 1 && flags == (int)SS_DISABLE, "it is disabled in the handler");
	check_is(inner_err, 0, "and could be changed");
	check(sigaltstack(NULL, &old) == 0 && old.ss_sp == alt && old.ss_flags == 0, "what the handler armed stays, since the return is made on it");
	ss.ss_flags = SS_DISABLE;
	check_is(sigaltstack(&ss, &old), 0, "disable");
	check(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE, "is disabled");
	raise(SIGUSR1);
	check(!on_alt, "not used");
	check_is(in_child({
			 ss = (stack_t){ .ss_sp = low_ptr, .ss_size = 65536 };
			 sigaltstack(&ss, NULL);
			 raise(SIGUSR1);
		 }) & 127, SIGSEGV, "a wild alternate stack");
	return done();
}
