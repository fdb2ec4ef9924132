/* SPDX-License-Identifier: Apache-2.0
 *
 * The line over the processor's counter against a host's clock that is made up: it drifts, slews, is
 * set and jumps, and reading it takes its time. Seeded; a failure names the seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "core/timeline.h"

#define SEEDS 400
#define PPM 1e-6L

static struct host {
	uint64_t rng;
	uint64_t counter;
	long double per_count; /* true nanoseconds in a count */
	long double mono;      /* what CLOCK_MONOTONIC says, */
	long double drift;     /* and how much faster it goes than it should */
	ktime_t real_offset;
	long double noise;     /* between reading a clock and the counter, in ns */
} host;
static struct timeline line;
static ktime_t last;
static unsigned draws;

static uint64_t rnd(uint64_t below)
{
	host.rng ^= host.rng << 13;
	host.rng ^= host.rng >> 7;
	host.rng ^= host.rng << 17;
	return (host.rng >> 11) % below;
}

static long double rnd_signed(long double max)
{
	return max * ((long double)rnd(2000001) / 1000000 - 1);
}

static void pass(ktime_t ns)
{
	uint64_t counts = (uint64_t)((long double)ns / host.per_count);

	host.counter += counts;
	host.mono += (long double)counts * host.per_count * (1 + host.drift);
}

static struct stamp stamp_once(ktime_t offset)
{
	uint64_t from = host.counter;
	struct stamp s;

	/* Now and then another process runs first. */
	pass(10 + (ktime_t)rnd((uint64_t)host.noise + 1) + (rnd(50) ? 0 : (ktime_t)rnd(3000)));
	s.time = (ktime_t)host.mono + offset;
	pass(10 + (ktime_t)rnd((uint64_t)host.noise + 1));
	s.width = host.counter - from;
	s.counter = from + s.width / 2;
	return s;
}

/* As host_clock_stamp. */
static struct stamp stamp(ktime_t offset)
{
	struct stamp best = stamp_once(offset);

	for (int i = 0; i < 3; i++) {
		struct stamp s = stamp_once(offset);
		if (s.width < best.width)
			best = s;
	}
	return best;
}

static void draw(void)
{
	struct stamp mono = stamp(0), real = stamp(host.real_offset);

	timeline_learn(&line, &mono);
	timeline_learn_offset(&line, TIMELINE_REALTIME, &mono, &real);
	pass((ktime_t)rnd(200));
	timeline_draw(&line, &mono, host.counter);
	draws++;
}

/* As core/clock and the vDSO do. */
static ktime_t read_line(bool guest)
{
	uint64_t past = host.counter - line.origin;

	if (!line.span || past > (guest ? line.span : line.span / 2)) {
		draw();
		if (!line.span)
			line.base = MAX(line.base, (ktime_t)host.mono);
		return line.base;
	}
	return timeline_at(&line, host.counter);
}

/* Reads, checks that time doesn't go back, and gives the difference from the host's clock. */
static long double check_read(bool guest)
{
	ktime_t now = read_line(guest);

	if (now < last)
		print_error("back by %lld ns\n", (long long)(last - now));
	assert_true(now >= last);
	last = now;
	return (long double)now - host.mono;
}

static void new_host(uint64_t seed)
{
	static const long double mhz[] = { 500, 1000, 2000.123L, 2899.9999L, 3700, 5100 };

	host = (struct host){ .rng = seed * 0x9e3779b97f4a7c15ULL + 1 };
	host.per_count = 1000 / mhz[rnd(6)];
	host.counter = rnd(1ULL << 60);
	host.mono = (long double)rnd(1ULL << 50);
	host.drift = rnd_signed(100 * PPM);
	host.real_offset = 1700000000 * NSEC_PER_SEC + (ktime_t)rnd(1ULL << 40);
	host.noise = (long double)(20 + rnd(60));
	memset(&line, 0, sizeof(line));
	last = 0;
	draws = 0;
}

/* Some reads by guests and the sentry, close together or not. */
static ktime_t some_pause(void)
{
	static const uint64_t scale[] = { 30, 1000, 50000, 3000000, 60000000, 400000000 };

	return 20 + (ktime_t)rnd(scale[rnd(6)]);
}

static void run_for(ktime_t ns, long double slack)
{
	long double end = host.mono + ns;

	while (host.mono < end) {
		long double off;

		pass(some_pause());
		off = check_read(rnd(4));
		if (off > slack || off < -slack)
			print_error("off by %.0Lf ns, not %.0Lf\n", off, slack);
		assert_true(off <= slack && off >= -slack);
	}
}

static void each_seed(void (*fn)(void))
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		new_host(seed);
		fn();
	}
}

/* Good from the first read on: what isn't known well is not used for long. */
static void drifting(void)
{
	run_for(30 * NSEC_PER_SEC, 100 + 5 * host.noise);
}

static void test_drift(void **state)
{
	(void)state;
	each_seed(drifting);
}

/* NTP's speed of correction is at most 500 ppm; the line is up to 250 ms behind in following. */
static void slewing(void)
{
	run_for(2 * NSEC_PER_SEC, 2000);
	for (int i = 0; i < 30; i++) {
		host.drift = rnd_signed(450 * PPM);
		run_for(NSEC_PER_SEC / 10 + (ktime_t)rnd(NSEC_PER_SEC), 900 * 250 + 5000);
	}
	host.drift = 20 * PPM;
	run_for(2 * NSEC_PER_SEC, 900 * 250 + 5000);
	run_for(5 * NSEC_PER_SEC, 1500);
}

static void test_slew(void **state)
{
	(void)state;
	each_seed(slewing);
}

/* Sets the clock so often and so far that only the offset may show it. */
static void setting(void)
{
	ktime_t known;

	run_for(2 * NSEC_PER_SEC, 2000);
	known = line.offset[TIMELINE_REALTIME].ns;
	run_for(10 * NSEC_PER_SEC, 2000);
	assert_int_equal(line.offset[TIMELINE_REALTIME].ns, known);
	for (int i = 0; i < 50; i++) {
		ktime_t by = (ktime_t)rnd(1ULL << (15 + rnd(35))) + 20000;
		host.real_offset += rnd(2) ? by : -by;
		draw(); /* the host told */
		assert_true(llabs(line.offset[TIMELINE_REALTIME].ns - host.real_offset) < 10000);
		run_for(NSEC_PER_SEC / 2, 3000);
	}
}

static void test_set(void **state)
{
	(void)state;
	each_seed(setting);
}

/* Suspended machines, counters that begin anew, a clock that suddenly goes a tenth faster. */
static void jumping(void)
{
	for (int i = 0; i < 20; i++) {
		run_for(NSEC_PER_SEC, 1e18L);
		switch (rnd(4)) {
		case 0:
			host.counter += rnd(1ULL << (20 + rnd(30)));
			break;
		case 1:
			host.counter = rnd(1000);
			break;
		case 2:
			host.mono += (long double)rnd(1ULL << (20 + rnd(30)));
			break;
		case 3:
			host.drift = rnd_signed(0.1L);
			break;
		}
		/* At most ahead by a span, of which it loses a tenth as fast. */
		run_for(4 * NSEC_PER_SEC, 1e18L);
		if (host.drift > 200 * PPM || host.drift < -200 * PPM)
			host.drift = 0;
		run_for(4 * NSEC_PER_SEC, 1e18L);
		run_for(NSEC_PER_SEC, 3000);
	}
}

static void test_jumps(void **state)
{
	(void)state;
	each_seed(jumping);
}

/* Whoever sleeps long pays nothing, and is right again with the first read. */
static void sleeping(void)
{
	run_for(NSEC_PER_SEC, 2000);
	for (int i = 0; i < 20; i++) {
		unsigned before = draws;

		pass((ktime_t)rnd(1ULL << 50));
		assert_true(check_read(true) < 3000);
		assert_int_equal(draws, before + 1);
		run_for(NSEC_PER_SEC, 2000);
	}
	assert_true(line.trust == TIMELINE_SPAN_MAX);
}

static void test_sleep(void **state)
{
	(void)state;
	each_seed(sleeping);
}

/* What is drawn may be used in full: the product fits, and the end is where it should be. */
static void test_reach(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		new_host(seed);
		run_for(2 * NSEC_PER_SEC, 2000);
		draw();
		ktime_t whole = timeline_at(&line, line.origin + line.span) - line.base;
		assert_true(llabs(whole - TIMELINE_SPAN_MAX) < TIMELINE_SPAN_MAX / 900);
		assert_true(timeline_holds(&line, line.origin + line.span));
		assert_false(timeline_holds(&line, line.origin + line.span + 1));
		assert_false(timeline_holds(&line, line.origin - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drift), cmocka_unit_test(test_slew),  cmocka_unit_test(test_set),
		cmocka_unit_test(test_jumps), cmocka_unit_test(test_sleep), cmocka_unit_test(test_reach),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
