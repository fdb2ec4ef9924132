/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/times.h>

static void burn(void)
{
	struct rusage u;

	do
		for (volatile int i = 0; i < 1000000; i++)
			;
	while (getrusage(RUSAGE_SELF, &u) == 0 && u.ru_utime.tv_sec == 0 && u.ru_utime.tv_usec < 60000);
}

int main(void)
{
	struct rusage a, b, c;
	struct tms t;
	struct timespec p, q;
	clock_t was = times(&t);

	check_is(getrusage(RUSAGE_CHILDREN, &c), 0, "children");
	check(c.ru_utime.tv_sec == 0 && c.ru_utime.tv_usec == 0, "nothing yet");
	check_is(getrusage(RUSAGE_SELF, &a), 0, "self");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &p);
	burn();
	check_is(getrusage(RUSAGE_SELF, &b), 0, "after work");
	check(b.ru_utime.tv_sec * 1000000 + b.ru_utime.tv_usec > a.ru_utime.tv_sec * 1000000 + a.ru_utime.tv_usec, "user time grows");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &q);
	check(q.tv_sec * 1000000000 + q.tv_nsec > p.tv_sec * 1000000000 + p.tv_nsec + 20000000, "so does the CPU clock");
	check(b.ru_maxrss > 0, "maxrss");
	check_is(getrusage(RUSAGE_THREAD, &b), 0, "thread");
	check(exited(in_child(burn()), 0), "a child works");
	check(getrusage(RUSAGE_CHILDREN, &c) == 0 && c.ru_utime.tv_usec + c.ru_utime.tv_sec * 1000000 >= 40000, "children's time after wait");
	check(c.ru_maxrss > 0, "children's maxrss");
	check(times(&t) >= was && t.tms_cutime >= 3 && t.tms_utime >= 3, "times");
	check(times(NULL) > 0, "times NULL");
	check_errno(getrusage(77, &a), EINVAL, "unknown");
	check_errno(getrusage(RUSAGE_SELF, odd_ptr), EFAULT, "wild");
	check_errno(clock_gettime(77, &p), EINVAL, "unknown clock");
	check_errno(syscall(SYS_clock_gettime, 0, odd_ptr), EFAULT, "clock_gettime wild");
	check_errno(syscall(SYS_clock_gettime, -1, &p), EINVAL, "clock -1");
	clockid_t ids[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
			    CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_THREAD_CPUTIME_ID };
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		check(clock_gettime(ids[i], &p) == 0 && clock_gettime(ids[i], &q) == 0 &&
		      (q.tv_sec > p.tv_sec || (q.tv_sec == p.tv_sec && q.tv_nsec >= p.tv_nsec)), "clock %d goes on", ids[i]);
		check(clock_getres(ids[i], &p) == 0 && p.tv_sec == 0 && p.tv_nsec > 0, "its resolution");
	}
	check_errno(clock_settime(CLOCK_MONOTONIC, &q), EINVAL, "the monotonic clock can't be set");
	clockid_t id;
	check(clock_getcpuclockid(getpid(), &id) == 0 && clock_gettime(id, &p) == 0, "a process's CPU clock");
	return done();
}
