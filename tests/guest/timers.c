/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/timerfd.h>

static volatile int hits, overruns;
static timer_t timer;

static void hit(int sig UNUSED, siginfo_t *si, void *uc UNUSED)
{
	hits++;
	if (si->si_code == SI_TIMER)
		overruns += si->si_overrun;
}

static void thread_fn(union sigval v)
{
	hits += v.sival_int;
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = hit, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval it, was;
	struct itimerspec its = { { 0, 0 }, { 0, 5000000 } }, cur;
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	uint64_t v;
	int fd;

	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGVTALRM, &sa, NULL);
	sigaction(SIGPROF, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	check_is(alarm(10), 0, "alarm");
	check_is(alarm(0), 10, "tells what was left");
	it = (struct itimerval){ { 0, 3000 }, { 0, 3000 } };
	check_is(setitimer(ITIMER_REAL, &it, NULL), 0, "setitimer");
	check(wait_for(hits >= 3), "it repeats");
	it = (struct itimerval){ 0 };
	check(setitimer(ITIMER_REAL, &it, &was) == 0 && was.it_interval.tv_usec == 3000, "stop tells the old one");
	int h = hits;
	ms(15);
	check_is(hits, h, "no more");
	it = (struct itimerval){ { 0, 0 }, { 0, 1000000 } };
	check_errno(setitimer(ITIMER_REAL, &it, NULL), EINVAL, "too many microseconds");
	check_errno(setitimer(7, &it, NULL), EINVAL, "unknown timer");
	check_errno(syscall(SYS_setitimer, ITIMER_REAL, odd_ptr, NULL), EFAULT, "wild");
	for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++) {
		hits = 0;
		it = (struct itimerval){ { 0, 0 }, { 0, 10000 } };
		need(setitimer(which, &it, NULL) == 0);
		double end = now() + 5;
		while (!hits && now() < end)
			for (volatile int i = 0; i < 100000; i++)
				;
		check_is(hits, 1, "CPU timer %d", which);
	}
	hits = 0;
	it = (struct itimerval){ { 0, 0 }, { 0, 10000 } };
	need(setitimer(ITIMER_VIRTUAL, &it, NULL) == 0);
	ms(40);
	check_is(hits, 0, "sleep does not count for it");
	it.it_value.tv_usec = 0;
	setitimer(ITIMER_VIRTUAL, &it, NULL);

	check_errno(timer_create(77, &ev, &timer) , EINVAL, "timer of an unknown clock");
	ev.sigev_signo = 65;
	check_errno(timer_create(CLOCK_MONOTONIC, &ev, &timer), EINVAL, "with signal 65");
	ev.sigev_signo = SIGRTMIN;
	check_is(timer_create(CLOCK_MONOTONIC, &ev, &timer), 0, "timer_create");
	hits = 0;
	check_is(timer_settime(timer, 0, &its, NULL), 0, "once");
	check(wait_for(hits == 1), "it comes");
	its.it_interval.tv_nsec = 2000000;
	hits = 0;
	timer_settime(timer, 0, &its, NULL);
	check(wait_for(hits >= 3), "repeated");
	check(timer_gettime(timer, &cur) == 0 && cur.it_interval.tv_nsec == 2000000, "timer_gettime");
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	hits = overruns = 0;
	ms(30);
	sigprocmask(SIG_UNBLOCK, &s, NULL);
	check(overruns >= 5, "what is missed is an overrun");
	its.it_value.tv_nsec = 1000000000;
	check_errno(timer_settime(timer, 0, &its, NULL), EINVAL, "too many nanoseconds");
	check_errno(syscall(SYS_timer_settime, 4711, 0, &its, NULL), EINVAL, "unknown timer");
	check_is(timer_delete(timer), 0, "timer_delete");
	check_errno(syscall(SYS_timer_delete, 4711), EINVAL, "of an unknown one");
	struct sigevent te = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = thread_fn, .sigev_value.sival_int = 100 };
	hits = 0;
	its = (struct itimerspec){ { 0, 0 }, { 0, 2000000 } };
	check(timer_create(CLOCK_REALTIME, &te, &timer) == 0 && timer_settime(timer, 0, &its, NULL) == 0, "SIGEV_THREAD");
	check(wait_for(hits == 100), "calls the function");
	timer_delete(timer);

	check_errno(timerfd_create(77, 0), EINVAL, "timerfd of an unknown clock");
	check_errno(timerfd_create(CLOCK_MONOTONIC, 0x100), EINVAL, "unknown flag");
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	check_errno(read(fd, &v, 8), EAGAIN, "not armed");
	check_errno(read(fd, &v, 7), EINVAL, "too small");
	check_errno(write(fd, &v, 8), EINVAL, "write");
	its = (struct itimerspec){ { 0, 1000000 }, { 0, 1 } };
	check_is(timerfd_settime(fd, 0, &its, NULL), 0, "timerfd_settime");
	ms(20);
	check(read(fd, &v, 8) == 8 && v >= 10, "it counts");
	struct pollfd pf = { fd, POLLIN, 0 };
	check(poll(&pf, 1, 1000) == 1 && pf.revents == POLLIN, "poll");
	check(timerfd_gettime(fd, &cur) == 0 && cur.it_interval.tv_nsec == 1000000 && cur.it_value.tv_sec == 0, "timerfd_gettime");
	its = (struct itimerspec){ 0 };
	check(timerfd_settime(fd, 0, &its, &cur) == 0 && cur.it_interval.tv_nsec == 1000000, "disarm");
	check_errno(read(fd, &v, 8), EAGAIN, "nothing");
	clock_gettime(CLOCK_MONOTONIC, &its.it_value);
	its.it_value.tv_sec -= 1;
	check(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL) == 0 && read(fd, &v, 8) == 8 && v == 1, "a time in the past");
	check_errno(timerfd_settime(fd, 0x100, &its, NULL), EINVAL, "unknown flag");
	check_errno(timerfd_settime(0, 0, &its, NULL), EINVAL, "not a timerfd");
	check_errno(timerfd_settime(12345, 0, &its, NULL), EBADF, "closed");
	check_errno(syscall(SYS_timerfd_settime, fd, 0, odd_ptr, NULL), EFAULT, "wild");
	check(exited(in_child(_exit(alarm(0))), 0), "timers are not inherited");
	return done();
}
