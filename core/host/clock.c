/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's clocks.
 */
#include "core/host/clock.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "core/loop.h"

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET (1 << 1)
#endif

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define STAMP_TRIES 16
#define FAR_AWAY (1LL << 33) /* seconds since 1970: a timer that is there to be cancelled */

static int source_fd = -1;
static int set_fd = -1;
static struct watch *set_watch;
static void (*set_fn)(void);

ktime_t host_clock(int id)
{
	struct timespec ts;

	clock_gettime(id, &ts); /* can't fail for the clocks named in the header */
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

bool host_counter_trusted(void)
{
	char name[16];
	int tsc = PR_TSC_SIGSEGV;

	if (source_fd < 0) {
		/* Who started us may have forbidden the instruction. */
		if (!arch_counter_steady() || prctl(PR_GET_TSC, &tsc) || tsc != PR_TSC_ENABLE)
			return false;
		source_fd = open(CLOCKSOURCE, O_RDONLY | O_CLOEXEC);
	}
	/* Of a virtual machine's own clocks some are made from the counter too, but the host of the
	 * machine may change its speed. */
	return source_fd >= 0 && pread(source_fd, name, sizeof(name), 0) == 4 && !memcmp(name, "tsc\n", 4);
}

void host_clock_stamp(int id, struct stamp *ret)
{
	static uint64_t best = UINT64_MAX; /* the least that it took so far */

	ret->width = UINT64_MAX;
	/* Whoever is interrupted in between learns little: try again. */
	for (unsigned i = 0; i < STAMP_TRIES && (i < 3 || ret->width / 2 > best); i++) {
		uint64_t from = host_counter();
		ktime_t time = host_clock(id);
		uint64_t width = host_counter() - from;

		if (width < ret->width)
			*ret = (struct stamp){ .counter = from + width / 2, .time = time, .width = width };
		best = MIN(best, width);
	}
}

static int set_arm(void)
{
	const struct itimerspec its = { .it_value.tv_sec = FAR_AWAY };

	return timerfd_settime(set_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL) ? -errno : 0;
}

static void set_ready(void *arg UNUSED, int events UNUSED)
{
	uint64_t n;

	/* ECANCELED, and once more if it is set again before this is armed. */
	if (read(set_fd, &n, sizeof(n)) < 0 && errno == EAGAIN)
		return;
	set_arm();
	set_fn();
}

int host_clock_watch(void (*fn)(void))
{
	int err;

	set_fn = fn;
	set_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (set_fd < 0)
		return -errno;
	err = set_arm();
	set_watch = err ? NULL : watch_new(set_fd, set_ready, NULL);
	if (!set_watch) {
		host_clock_unwatch();
		return err ? err : -ENOMEM;
	}
	watch_set(set_watch, LOOP_READ);
	return 0;
}

void host_clock_unwatch(void)
{
	watch_free(set_watch);
	set_watch = NULL;
	if (set_fd >= 0)
		close(set_fd);
	if (source_fd >= 0)
		close(source_fd);
	set_fd = source_fd = -1;
}
