/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>

int main(void)
{
	struct rlimit r, old;
	int st, prot = PROT_READ | PROT_WRITE, anon = MAP_PRIVATE | MAP_ANONYMOUS;

	need_root();
	check_errno(getrlimit(99, &r), EINVAL, "unknown resource");
	check_errno(getrlimit(-1, &r), EINVAL, "resource -1");
	check_errno(setrlimit(99, &r), EINVAL, "setrlimit of it");
	check_errno(prlimit(1 << 22, RLIMIT_CORE, NULL, &r), ESRCH, "of nobody");
	bool ok = true;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		ok = ok && getrlimit(i, &r) == 0 && r.rlim_cur <= r.rlim_max;
	check(ok, "all sixteen can be read, soft is not above hard");
	r = (struct rlimit){ 100, 50 };
	check_errno(setrlimit(RLIMIT_CORE, &r), EINVAL, "soft above hard");
	need(prlimit(0, RLIMIT_STACK, NULL, &old) == 0);
	r = old;
	r.rlim_cur = 4 << 20;
	check_is(prlimit(0, RLIMIT_STACK, &r, &old), 0, "prlimit sets and tells the old");
	check(getrlimit(RLIMIT_STACK, &r) == 0 && r.rlim_cur == 4 << 20, "is set");
	check(exited(in_child(_exit(getrlimit(RLIMIT_STACK, &r) || r.rlim_cur != 4 << 20)), 0), "is inherited");
	need(setrlimit(RLIMIT_STACK, &old) == 0);
	st = in_child({
		r = (struct rlimit){ 64 << 20, 64 << 20 };
		check_is(setrlimit(RLIMIT_AS, &r), 0, "RLIMIT_AS of 64 MiB");
		check(mmap(NULL, 128 << 20, prot, anon, -1, 0) == MAP_FAILED && errno == ENOMEM, "128 MiB: ENOMEM");
		check(mmap(NULL, 128 << 20, PROT_NONE, anon | MAP_NORESERVE, -1, 0) == MAP_FAILED && errno == ENOMEM,
		      "not even reserved");
		check(mmap(NULL, 1 << 20, prot, anon, -1, 0) != MAP_FAILED, "1 MiB is fine");
		check(malloc(100 << 20) == NULL, "malloc gives NULL");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	st = in_child({
		setgroups(0, NULL);
		need(setresuid(1000, 1000, 1000) == 0);
		r = (struct rlimit){ 100, 200 };
		check_is(setrlimit(RLIMIT_CORE, &r) == 0 || errno == EPERM, 1, "lower both");
		r = (struct rlimit){ 0, 100 };
		check_is(setrlimit(RLIMIT_CORE, &r) == 0 || errno == EPERM, 1, "and again");
		r = (struct rlimit){ 0, 1000 };
		check_errno(setrlimit(RLIMIT_CORE, &r), EPERM, "raising the hard one");
		check_errno(prlimit(getppid(), RLIMIT_CORE, NULL, &r), EPERM, "another user's process");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	st = in_child({
		int n = 0;

		setgroups(0, NULL);
		r = (struct rlimit){ 5, 5 };
		need(setrlimit(RLIMIT_NPROC, &r) == 0 && setresuid(54321, 54321, 54321) == 0);
		pid_t pid;
		while (n < 50 && (pid = fork()) > 0)
			n++;
		if (n < 50 && pid == 0)
			for (;;)
				pause();
		int e = errno;
		check(pid == -1 && e == EAGAIN, "RLIMIT_NPROC: EAGAIN");
		check_is(n, 4, "after four children, with oneself five");
		kill(-1, SIGKILL);
		while (wait(NULL) > 0) /* the count is the user's: leave nobody behind */
			;
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	st = in_child({
		r = (struct rlimit){ 1, 2 };
		setrlimit(RLIMIT_CPU, &r);
		signal(SIGXCPU, _exit);
		for (volatile long i = 0;; i++)
			;
	});
	check(exited(st, SIGXCPU), "RLIMIT_CPU: SIGXCPU after a second");
	return done();
}
