/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <ucontext.h>

static siginfo_t si;
static volatile int hits;

static void handler(int sig UNUSED, siginfo_t *i, void *uc UNUSED)
{
	si = *i;
	hits++;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	union sigval v = { .sival_ptr = (void *)0x123456789 };
	int st;

	need_root();
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	kill(getpid(), SIGUSR1);
	check(si.si_signo == SIGUSR1 && si.si_code == SI_USER && si.si_pid == getpid() && si.si_uid == 0, "kill: SI_USER, pid, uid");
	raise(SIGUSR1);
	check(si.si_code == SI_TKILL && si.si_pid == getpid(), "raise: SI_TKILL");
	check_is(sigqueue(getpid(), SIGRTMIN, v), 0, "sigqueue");
	check(si.si_code == SI_QUEUE && si.si_value.sival_ptr == v.sival_ptr && si.si_pid == getpid(), "SI_QUEUE and value");
	check_errno(sigqueue(getpid(), 65, v), EINVAL, "sigqueue 65");
	check_errno(sigqueue(1 << 22, SIGUSR1, v), ESRCH, "of nobody");
	siginfo_t fake = { .si_signo = SIGUSR1, .si_code = SI_USER };
	fake.si_pid = 4711;
	check_is(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &fake), 0, "a process may lie to itself");
	check(si.si_code == SI_USER && si.si_pid == 4711, "and is told so");
	check(exited(in_child(_exit(syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR1, &fake) == -1 && errno == EPERM ? 0 : 1)), 0),
	      "but not to another");
	check_errno(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, odd_ptr), EFAULT, "wild info");
	fake.si_code = -77;
	fake.si_value.sival_int = 88;
	check_is(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGRTMIN, &fake), 0, "rt_tgsigqueueinfo");
	check(si.si_code == -77 && si.si_value.sival_int == 88, "a code and value of one's own");
	hits = 0;
	st = in_child(_exit(5));
	check(hits >= 1 && exited(st, 5) && si.si_signo == SIGCHLD && si.si_code == CLD_EXITED && si.si_status == 5, "SIGCHLD: exited");
	st = in_child(raise(SIGKILL));
	check(si.si_code == CLD_KILLED && si.si_status == SIGKILL, "SIGCHLD: killed");
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	hits = 0;
	kill(pid, SIGSTOP);
	check(wait_for(hits >= 1) && si.si_code == CLD_STOPPED && si.si_status == SIGSTOP && si.si_pid == pid, "SIGCHLD: stopped");
	hits = 0;
	kill(pid, SIGCONT);
	check(wait_for(hits >= 1) && si.si_code == CLD_CONTINUED && si.si_status == SIGCONT, "SIGCHLD: continued");
	sa.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &sa, NULL);
	hits = 0;
	kill(pid, SIGSTOP);
	check(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st) && hits == 0, "SA_NOCLDSTOP is quiet");
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
	check(killed(st, SIGKILL) && si.si_code == CLD_KILLED, "SIGKILL ends a stopped one");
	alarm(0);
	hits = 0;
	struct itimerval it = { { 0, 0 }, { 0, 1000 } };
	setitimer(ITIMER_REAL, &it, NULL);
	check(wait_for(hits == 1) && si.si_signo == SIGALRM && si.si_code == SI_KERNEL, "setitimer: SI_KERNEL");
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 99 };
	timer_t t;
	struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
	hits = 0;
	need(timer_create(CLOCK_MONOTONIC, &ev, &t) == 0 && timer_settime(t, 0, &its, NULL) == 0);
	check(wait_for(hits == 1) && si.si_code == SI_TIMER && si.si_value.sival_int == 99 && si.si_overrun == 0, "timer: SI_TIMER");
	signal(SIGCHLD, SIG_DFL);
	check(exited(in_child(kill(getppid(), SIGUSR1)), 0) && si.si_code == SI_USER && si.si_pid != getpid(), "from a child");
	return done();
}
