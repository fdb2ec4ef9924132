/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

static int __attribute__((noinline)) deep(int n)
{
	volatile char a[1024];

	a[0] = n;
	a[1023] = n;
	return n == 0 ? 0 : deep(n - 1) + (a[0] == (char)n && a[1023] == (char)n);
}

static volatile int hits;

static void on_alt(int sig UNUSED)
{
	char here;
	stack_t ss;

	hits = sigaltstack(NULL, &ss) == 0 && (ss.ss_flags & SS_ONSTACK) && &here > (char *)ss.ss_sp ? 1 : 2;
	_exit(hits == 1 ? 42 : 43);
}

static void *in_thread(void *arg UNUSED)
{
	return (void *)(long)deep(1000);
}

int main(void)
{
	int st;
	void *r;

	check_is(deep(4096), 4096, "4 MiB of recursion");
	check_is(deep(4096), 4096, "and again");
	/* A jump far below the stack pointer, as alloca does. */
	char *big = alloca(2 << 20);
	memset(big, 'x', 2 << 20);
	check(big[0] == 'x' && big[(2 << 20) - 1] == 'x', "2 MiB at once");
	/* A call's buffer may be the first to touch the stack's page. */
	int fd = file("f", "hello");
	char *far = alloca(1 << 20);
	check(read(fd, far, 5) == 5 && !memcmp(far, "hello", 5), "a call grows the stack");
	check(killed(in_child(deep(1 << 20)), SIGSEGV), "without end: SIGSEGV");
	st = in_child({
		stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 };

		sigaltstack(&ss, NULL);
		on_signal(SIGSEGV, on_alt, SA_ONSTACK);
		deep(1 << 20);
	});
	check(exited(st, 42), "an alternate stack catches it");
	st = in_child({
		on_signal(SIGSEGV, on_alt, 0);
		deep(1 << 20);
	});
	check(killed(st, SIGSEGV), "without one there is no way to deliver it");
	st = in_child({
		struct rlimit l = { 1 << 20, 1 << 20 };

		setrlimit(RLIMIT_STACK, &l);
		deep(4096);
	});
	check(killed(st, SIGSEGV) || exited(st, 0), "a lower limit");
	pthread_t t;
	pthread_attr_t at;
	pthread_attr_init(&at);
	pthread_attr_setstacksize(&at, 2 << 20);
	need(pthread_create(&t, &at, in_thread, NULL) == 0 && pthread_join(t, &r) == 0);
	check_is((long)r, 1000, "a thread's stack");
	return done();
}
