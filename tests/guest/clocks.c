/* SPDX-License-Identifier: Apache-2.0
 *
 * The clocks as the vDSO and the system calls tell them: one time line for all threads, processes and
 * ways to ask.
 */
/* link with: -ldl */
#include "guest.h"
#include <dlfcn.h>
#include <poll.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/timerfd.h>
#include <time.h>

#define NS 1000000000ll

static int (*v_gettime)(int, struct timespec *);
static int (*v_getres)(int, struct timespec *);
static int (*v_gettimeofday)(struct timeval *, struct timezone *);
static time_t (*v_time)(time_t *);
static long (*v_getcpu)(unsigned *, unsigned *, void *);

static const struct { int id; const char *name; } fine[] = {
	{ CLOCK_REALTIME, "REALTIME" }, { CLOCK_MONOTONIC, "MONOTONIC" }, { CLOCK_BOOTTIME, "BOOTTIME" },
	{ CLOCK_TAI, "TAI" }, { CLOCK_MONOTONIC_RAW, "MONOTONIC_RAW" },
};
#define FINE (int)(sizeof(fine) / sizeof(fine[0]))

static int64_t ns_of(struct timespec ts)
{
	return ts.tv_sec * NS + ts.tv_nsec;
}

static struct timespec ts_of(int64_t ns)
{
	return (struct timespec){ ns / NS, ns % NS };
}

static int64_t by_vdso(int id)
{
	struct timespec ts = { -1, -1 };

	need(v_gettime(id, &ts) == 0);
	need(ts.tv_nsec >= 0 && ts.tv_nsec < NS);
	return ns_of(ts);
}

static int64_t by_syscall(int id)
{
	struct timespec ts = { -1, -1 };

	need(syscall(SYS_clock_gettime, id, &ts) == 0);
	need(ts.tv_nsec >= 0 && ts.tv_nsec < NS);
	return ns_of(ts);
}

/* A mixture of both. */
static int64_t by_either(int id, unsigned i)
{
	return i % 7 == 3 ? by_syscall(id) : by_vdso(id);
}

static void find_vdso(void)
{
	void *h = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);

	need(h);
	v_gettime = (int (*)(int, struct timespec *))dlvsym(h, "__vdso_clock_gettime", "LINUX_2.6");
	v_getres = (int (*)(int, struct timespec *))dlvsym(h, "__vdso_clock_getres", "LINUX_2.6");
	v_gettimeofday = (int (*)(struct timeval *, struct timezone *))dlvsym(h, "__vdso_gettimeofday", "LINUX_2.6");
	v_time = (time_t(*)(time_t *))dlvsym(h, "__vdso_time", "LINUX_2.6");
	v_getcpu = (long (*)(unsigned *, unsigned *, void *))dlvsym(h, "__vdso_getcpu", "LINUX_2.6");
	check(v_gettime && v_getres && v_gettimeofday && v_time && v_getcpu, "the vDSO's names");
}

static void test_resolutions(void)
{
	static const int ids[] = { 0, 1, 2, 3, 4, 5, 6, 7, 11 };
	struct timespec a, b;
	bool same = true;

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		same &= v_getres(ids[i], &a) == 0 && syscall(SYS_clock_getres, ids[i], &b) == 0;
		same &= ns_of(a) == ns_of(b);
	}
	check(same, "one resolution by either way");
	check(v_getres(CLOCK_MONOTONIC, &a) == 0 && ns_of(a) == 1, "a nanosecond");
	check(v_getres(CLOCK_MONOTONIC_COARSE, &a) == 0 && ns_of(a) >= 1000000, "more than that for a coarse clock");
	check(v_getres(CLOCK_MONOTONIC, NULL) == 0, "asked for nothing");
	check(v_getres(10, &a) == -EINVAL && v_getres(77, &a) == -EINVAL && v_getres(-1, NULL) == -EINVAL, "unknown clocks' resolution");
	check(v_gettime(10, &a) == -EINVAL && v_gettime(16, &a) == -EINVAL && v_gettime(77, &a) == -EINVAL &&
	      v_gettime(-1, &a) == -EINVAL, "unknown clocks");
	check(v_gettime(CLOCK_PROCESS_CPUTIME_ID, &a) == 0 && v_gettime(CLOCK_THREAD_CPUTIME_ID, &a) == 0,
	      "clocks that take a system call");
}

static void test_order(void)
{
	for (int c = 0; c < FINE; c++) {
		int64_t last = 0;
		unsigned back = 0;

		for (unsigned i = 0; i < 30000; i++) {
			int64_t t = by_either(fine[c].id, i);
			back += t < last;
			last = t;
		}
		check_is(back, 0, "%s never goes back, by vDSO and system call in turn", fine[c].name);
	}
}

/* Two take turns at making sure that what they read is not before what the other has read. */
struct shared {
	_Atomic int turn, back;
	int64_t last[FINE];
};

static void take_turns(struct shared *s, int me, unsigned rounds)
{
	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned spins = 0; s->turn != me; spins++)
			if (spins > 1000)
				sched_yield();
		for (int c = 0; c < FINE; c++) {
			int64_t t = by_either(fine[c].id, i + (unsigned)c);
			s->back += t < s->last[c];
			s->last[c] = t;
		}
		s->turn = !me;
	}
}

static void *other_thread(void *s)
{
	take_turns(s, 1, 3000);
	return NULL;
}

static void test_handover(void)
{
	struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t th;

	need(s != MAP_FAILED);
	need(pthread_create(&th, NULL, other_thread, s) == 0);
	take_turns(s, 0, 3000);
	pthread_join(th, NULL);
	check_is(s->back, 0, "in order between threads");
	memset(s, 0, sizeof(*s));
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		take_turns(s, 1, 3000);
		_exit(0);
	}
	take_turns(s, 0, 3000);
	check(waitpid(pid, NULL, 0) == pid && s->back == 0, "in order between processes");
}

/* The distance of two clocks, as narrow as many reads make it: is there one that fits all of them? */
static void test_offset(int id, const char *name)
{
	int64_t least = INT64_MIN, most = INT64_MAX, end = by_vdso(CLOCK_MONOTONIC) + 6 * NS / 10;

	for (unsigned i = 0; by_vdso(CLOCK_MONOTONIC) < end; i++) {
		int64_t from = by_either(CLOCK_MONOTONIC, i), t = by_either(id, i + 1);
		int64_t to = by_either(CLOCK_MONOTONIC, i + 2);

		least = t - to > least ? t - to : least;
		most = t - from < most ? t - from : most;
		if (i % 1000 == 0)
			ms(1);
	}
	check(least <= most, "%s keeps its distance", name);
}

static void test_coarse(int coarse, int id, const char *name)
{
	int64_t last = 0;
	bool ok = true;

	for (unsigned i = 0; i < 20000; i++) {
		int64_t from = by_either(id, i), t = by_either(coarse, i + 1), to = by_either(id, i + 2);

		ok &= t >= last && t <= to && t > from - NS;
		last = t;
	}
	check(ok, "%s is not ahead, never goes back and is not long behind", name);
}

static void test_others(void)
{
	struct timezone tz = { 1, 1 };
	struct timeval tv;
	time_t sec;
	bool ok = true;

	for (unsigned i = 0; i < 20000; i++) {
		int64_t from = by_either(CLOCK_REALTIME, i), t;

		need((i % 2 ? v_gettimeofday(&tv, NULL) : (int)syscall(SYS_gettimeofday, &tv, NULL)) == 0);
		t = tv.tv_sec * NS + tv.tv_usec * 1000;
		ok &= t >= from / 1000 * 1000 && t <= by_either(CLOCK_REALTIME, i + 1);
	}
	check(ok, "gettimeofday is between two reads of the clock");
	sec = v_time(NULL);
	check(sec <= by_vdso(CLOCK_REALTIME) / NS && sec >= by_vdso(CLOCK_REALTIME) / NS - 1, "time");
	check(v_time(&sec) == sec && sec <= by_syscall(CLOCK_REALTIME) / NS, "time to a place");
	check(v_gettimeofday(NULL, NULL) == 0, "gettimeofday of nothing");
	check(v_gettimeofday(NULL, &tz) == 0 && tz.tz_minuteswest == 0 && tz.tz_dsttime == 0, "of the time zone");
	check(v_gettimeofday(&tv, &tz) == 0 && tv.tv_usec < 1000000, "of both");
	unsigned cpu = ~0u, node = ~0u;
	check(v_getcpu(&cpu, &node, NULL) == 0 && cpu < CPU_SETSIZE && node < 64, "getcpu");
	check(v_getcpu(NULL, NULL, NULL) == 0, "getcpu of nothing");
}

/* Whoever waited for a time must not be told an earlier one. */
static void test_sleep(int id, const char *name)
{
	bool ok = true;

	for (int i = 0; i < 40; i++) {
		int64_t at = by_either(id, (unsigned)i) + (i % 8) * 150000 - 100000;
		struct timespec ts = ts_of(at);

		ok &= clock_nanosleep(id, TIMER_ABSTIME, &ts, NULL) == 0 && by_vdso(id) >= at && by_syscall(id) >= at;
	}
	check(ok, "sleep until a time of %s", name);
}

static void test_timerfd(int id, const char *name)
{
	int fd = timerfd_create(id, 0);
	const int flags[] = { TFD_TIMER_ABSTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET };
	bool ok = fd >= 0;
	uint64_t n;

	for (int i = 0; i < 20; i++) {
		int64_t at = by_vdso(id) + (i % 4) * 200000 - 100000;
		struct itimerspec its = { .it_value = ts_of(at) };

		ok &= timerfd_settime(fd, flags[i % 2], &its, NULL) == 0 && read(fd, &n, 8) == 8 && n == 1;
		ok &= by_vdso(id) >= at;
	}
	close(fd);
	check(ok, "timerfd for a time of %s", name);
}

static void test_waits(void)
{
	uint32_t word = 0;
	bool ok = true;

	for (int i = 0; i < 40; i++) {
		int real = i % 2;
		int id = real ? CLOCK_REALTIME : CLOCK_MONOTONIC;
		int64_t at = by_vdso(id) + (i % 8) * 150000;
		struct timespec ts = ts_of(at);

		ok &= syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE | (real ? FUTEX_CLOCK_REALTIME : 0), 0, &ts,
		              NULL, ~0u) == -1 && errno == ETIMEDOUT && by_vdso(id) >= at;
	}
	check(ok, "a futex until a time");
	for (int i = 0; i < 20; i++) {
		int64_t from = by_vdso(CLOCK_MONOTONIC);
		struct timespec ts = { 0, 300000 };

		ok &= (i % 2 ? ppoll(NULL, 0, &ts, NULL) : nanosleep(&ts, NULL)) == 0;
		ok &= by_vdso(CLOCK_MONOTONIC) - from >= 300000;
	}
	check(ok, "relative waits take as long as they should");
}

static volatile int64_t handler_at;

static void note_time(int sig UNUSED)
{
	handler_at = by_vdso(CLOCK_REALTIME);
}

static void test_posix_timer(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	bool ok = true;
	timer_t tm;

	on_signal(SIGUSR1, note_time, 0);
	need(timer_create(CLOCK_REALTIME, &ev, &tm) == 0);
	for (int i = 0; i < 10; i++) {
		int64_t at = by_vdso(CLOCK_REALTIME) + i * 100000;
		struct itimerspec its = { .it_value = ts_of(at) };

		handler_at = 0;
		ok &= timer_settime(tm, TIMER_ABSTIME, &its, NULL) == 0 && wait_for(handler_at) && handler_at >= at;
	}
	timer_delete(tm);
	check(ok, "a timer for a time of REALTIME");
}

/* Computes, without asking anything, for longer than any page may be old. */
static void test_computing(void)
{
	int64_t from = by_vdso(CLOCK_MONOTONIC), best = NS, v, s;
	volatile uint64_t n = 0;

	for (int i = 0; i < 20000000; i++)
		n++;
	/* Twice as many as a second takes here, roughly. */
	int64_t took = by_vdso(CLOCK_MONOTONIC) - from;
	uint64_t more = (uint64_t)(20000000.0 * 2e9 / (double)(took > 1000000 ? took : 1000000));
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < more / 2; i++)
			n++;
		v = by_vdso(CLOCK_REALTIME);
		s = by_syscall(CLOCK_REALTIME);
		need(v <= s && s <= by_vdso(CLOCK_REALTIME));
		best = s - v < best ? s - v : best;
	}
	check(best < 20000000, "fresh after a long computation");
}

static void test_bad_pointers(void)
{
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *bad[] = { low_ptr, odd_ptr, kernel_ptr, ro, page_edge() };
	bool segv = true, efault = true;

	for (int i = 0; i < 5; i++) {
		segv &= killed(in_child(v_gettime(CLOCK_MONOTONIC, bad[i])), SIGSEGV);
		segv &= killed(in_child(v_gettime(CLOCK_REALTIME_COARSE, bad[i])), SIGSEGV);
		segv &= killed(in_child(v_getres(CLOCK_MONOTONIC, bad[i])), SIGSEGV);
		segv &= killed(in_child(v_gettimeofday(bad[i], NULL)), SIGSEGV);
		segv &= killed(in_child(v_gettimeofday(NULL, bad[i])), SIGSEGV);
		segv &= killed(in_child(v_time(bad[i])), SIGSEGV);
		efault &= v_gettime(CLOCK_PROCESS_CPUTIME_ID, bad[i]) == -EFAULT;
		efault &= v_getres(CLOCK_PROCESS_CPUTIME_ID, bad[i]) == -EFAULT;
		efault &= syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad[i]) == -1 && errno == EFAULT;
		efault &= syscall(SYS_gettimeofday, bad[i], NULL) == -1 && errno == EFAULT;
		efault &= v_gettime(77, bad[i]) == -EINVAL;
	}
	check(segv, "bad pointers are faults of the vDSO's own code");
	check(killed(in_child(v_gettime(CLOCK_MONOTONIC, NULL)), SIGSEGV), "no pointer either");
	check(efault, "and EFAULT of the system calls");
}

/* Tries hard to write what all others read. */
static void spoil_page(void)
{
	char line[256], *p;
	unsigned long start, end;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "[vvar") || sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		int mem = open("/proc/self/mem", O_RDWR);
		if (mem >= 0) {
			if (pwrite(mem, "\377\377\377\377\377\377\377\377", 8, (off_t)start + 16) != 8)
				errno = 0;
			close(mem);
		}
		if (mprotect((void *)start, 4096, PROT_READ | PROT_WRITE) == 0)
			memset((void *)start, 0xee, 4096);
		p = mremap((void *)start, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x700000000000);
		if (p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0)
			memset(p, 0xee, 4096);
		madvise((void *)start, 4096, MADV_REMOVE);
		break;
	}
}

static void test_spoil(void)
{
	int64_t from = by_vdso(CLOCK_REALTIME), t;

	in_child(spoil_page());
	t = by_vdso(CLOCK_REALTIME);
	check(t >= from && t < from + 30 * NS, "who writes the page spoils it for nobody else");
	check(exited(in_child(_exit(!(by_vdso(CLOCK_REALTIME) >= t))), 0), "nor for who comes later");
}

int main(void)
{
	find_vdso();
	test_resolutions();
	test_order();
	test_handover();
	test_offset(CLOCK_REALTIME, "REALTIME");
	test_offset(CLOCK_BOOTTIME, "BOOTTIME");
	test_offset(CLOCK_TAI, "TAI");
	test_coarse(CLOCK_REALTIME_COARSE, CLOCK_REALTIME, "REALTIME_COARSE");
	test_coarse(CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC, "MONOTONIC_COARSE");
	test_others();
	test_sleep(CLOCK_MONOTONIC, "MONOTONIC");
	test_sleep(CLOCK_REALTIME, "REALTIME");
	test_sleep(CLOCK_BOOTTIME, "BOOTTIME");
	test_sleep(CLOCK_TAI, "TAI");
	test_timerfd(CLOCK_MONOTONIC, "MONOTONIC");
	test_timerfd(CLOCK_REALTIME, "REALTIME");
	test_timerfd(CLOCK_BOOTTIME, "BOOTTIME");
	test_waits();
	test_posix_timer();
	test_computing();
	test_bad_pointers();
	test_spoil();
	return done();
}
