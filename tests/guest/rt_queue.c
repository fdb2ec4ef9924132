/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static volatile int order[64], n;

static void handler(int sig, siginfo_t *si, void *uc UNUSED)
{
	order[n++ & 63] = (sig - SIGRTMIN) * 100 + si->si_value.sival_int;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct timespec zero = { 0, 0 }, some = { 0, 20000000 };
	sigset_t s, o;
	siginfo_t si;
	struct rlimit r, old;

	need_root();
	sigfillset(&sa.sa_mask);
	for (int i = 0; i < 3; i++)
		sigaction(SIGRTMIN + i, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&s);
	for (int i = 0; i < 3; i++)
		sigaddset(&s, SIGRTMIN + i);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, &o);
	for (int i = 0; i < 4; i++)
		for (int j = 2; j >= 0; j--)
			sigqueue(getpid(), SIGRTMIN + j, (union sigval){ .sival_int = i });
	sigprocmask(SIG_SETMASK, &o, NULL);
	bool ok = n == 12;
	for (int i = 0; i < 12; i++)
		ok = ok && order[i] == i / 4 * 100 + i % 4;
	check(ok, "lowest signal first, each in order of arrival");
	sigprocmask(SIG_BLOCK, &s, NULL);
	check_errno(sigtimedwait(&s, &si, &zero), EAGAIN, "sigtimedwait with nothing pending");
	check_errno(sigtimedwait(&s, &si, &some), EAGAIN, "with a little time");
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 7 });
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 8 });
	raise(SIGUSR1);
	check_is(sigwaitinfo(&s, &si), SIGUSR1, "sigwaitinfo takes the lowest");
	check(sigwaitinfo(&s, &si) == SIGRTMIN && si.si_value.sival_int == 8 && si.si_code == SI_QUEUE, "the next");
	check(sigtimedwait(&s, NULL, &zero) == SIGRTMIN + 1, "the last");
	some.tv_nsec = 1000000000;
	check_errno(sigtimedwait(&s, &si, &some), EINVAL, "too many nanoseconds");
	check_errno(syscall(SYS_rt_sigtimedwait, odd_ptr, NULL, &zero, 8), EFAULT, "wild set");
	check_errno(syscall(SYS_rt_sigtimedwait, &s, NULL, &zero, 4), EINVAL, "set size 4");
	raise(SIGUSR1);
	check_errno(syscall(SYS_rt_sigtimedwait, &s, odd_ptr, &zero, 8), EFAULT, "wild info");
	check_errno(sigtimedwait(&s, &si, &zero), EAGAIN, "the signal is used up");
	/* A child's signal ends the wait. */
	pid_t pid = fork();
	if (pid == 0) {
		ms(5);
		sigqueue(getppid(), SIGRTMIN + 2, (union sigval){ .sival_int = 9 });
		_exit(0);
	}
	check(sigwaitinfo(&s, &si) == SIGRTMIN + 2 && si.si_pid == pid && si.si_value.sival_int == 9, "from a child");
	waitpid(pid, NULL, 0);
	/* RLIMIT_SIGPENDING */
	getrlimit(RLIMIT_SIGPENDING, &old);
	int st = in_child({
		int q = 0;

		r = (struct rlimit){ 10, 10 };
		setrlimit(RLIMIT_SIGPENDING, &r);
		setresuid(54322, 54322, 54322);
		while (q < 100 && sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = q }) == 0)
			q++;
		check(q == 10 && errno == EAGAIN, "RLIMIT_SIGPENDING: EAGAIN after ten");
		check_is(kill(getpid(), SIGUSR1), 0, "kill still works");
		int got = 0;
		while (sigtimedwait(&s, &si, &zero) > 0)
			got++;
		check_is(got, 11, "all arrive");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	return done();
}
