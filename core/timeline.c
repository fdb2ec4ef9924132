/* SPDX-License-Identifier: Apache-2.0
 *
 * Measuring the host's clock and drawing the line of ours. Layer: core.
 */
#include "core/timeline.h"

/* What a first slope is measured over: reading a clock is off by some ten ns. */
#define MEASURE_MIN (100 * NSEC_PER_USEC)
/* Differences below this are met smoothly. */
#define SMOOTH (5 * NSEC_PER_USEC)
/* How much faster or slower, as a part: 1 / STEEP_SMALL is not to be noticed. A line that is far ahead,
 * since the machine was suspended for one, waits for the host's clock at 1 / STEEP_BIG. */
#define STEEP_SMALL 1000
#define STEEP_BIG 10
/* NTP doesn't change the host's speed by more than 1 / 2000 without stepping it. */
#define RATE_JUMP 1000
/* Counters from 62 MHz to 16 GHz. */
#define RATE_MIN ((1ULL << TIMELINE_SHIFT) / 16)
#define RATE_MAX ((1ULL << TIMELINE_SHIFT) * 16)

static ktime_t ns_of(uint64_t counts, uint64_t rate)
{
	return (ktime_t)(((unsigned __int128)counts * rate) >> TIMELINE_SHIFT);
}

static uint64_t counts_of(ktime_t ns, uint64_t rate)
{
	return ((uint64_t)ns << TIMELINE_SHIFT) / rate; /* for less than 4 s */
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void start_over(struct timeline *tl, const struct stamp *now)
{
	tl->measuring = true;
	tl->start = *now;
	tl->rate = 0;
	tl->trust = 0;
}

void timeline_learn(struct timeline *tl, const struct stamp *now)
{
	ktime_t time = now->time - tl->start.time;
	uint64_t counts = now->counter - tl->start.counter, rate;

	if (!tl->measuring) {
		start_over(tl, now);
		return;
	}
	/* Too close together to tell more than is known. */
	if (time >= 0 && counts <= INT64_MAX && time < MAX(tl->trust / 2, MEASURE_MIN))
		return;
	rate = time < 0 || !counts || counts > INT64_MAX
	           ? 0
	           : (uint64_t)MIN(((unsigned __int128)time << TIMELINE_SHIFT) / counts, RATE_MAX + 1);
	/* The counter or the clock has jumped. */
	if (rate < RATE_MIN || rate > RATE_MAX ||
	    (tl->trust == TIMELINE_SPAN_MAX && distance(rate, tl->rate) > tl->rate / RATE_JUMP)) {
		start_over(tl, now);
		return;
	}
	tl->rate = rate;
	tl->trust = MAX(tl->trust, MIN(time, TIMELINE_SPAN_MAX));
	if (time >= TIMELINE_SPAN_MAX)
		tl->start = *now;
}

/* The host's monotonic time at a count near a stamp. */
static ktime_t host_at(const struct timeline *tl, const struct stamp *s, uint64_t count)
{
	return count >= s->counter ? s->time + ns_of(count - s->counter, tl->rate)
	                           : s->time - ns_of(s->counter - count, tl->rate);
}

void timeline_learn_offset(struct timeline *tl, enum timeline_clock clock, const struct stamp *mono,
                           const struct stamp *other)
{
	struct timeline_offset *o = &tl->offset[clock];
	uint64_t slack = mono->width + other->width + 1;
	ktime_t ns;

	if (!tl->rate)
		return;
	ns = other->time - host_at(tl, mono, other->counter);
	if (o->slack && distance((uint64_t)ns, (uint64_t)o->ns) <= (uint64_t)ns_of(slack + o->slack, tl->rate))
		return;
	*o = (struct timeline_offset){ .ns = ns, .slack = slack };
}

/* Where the line ends for who reads it last, at `count` or where it ceases to hold. */
static ktime_t floor_at(const struct timeline *tl, uint64_t count)
{
	return timeline_at(tl, timeline_holds(tl, count) ? count : tl->origin + tl->span);
}

/* The slope that meets the host's clock after `trust`, with the line this far ahead of it. */
static uint64_t slope_for(const struct timeline *tl, ktime_t ahead)
{
	ktime_t limit = tl->trust / (ahead > SMOOTH ? STEEP_BIG : STEEP_SMALL);
	ktime_t part = CLAMP(ahead, -limit, limit);

	return (uint64_t)((__int128)tl->rate - (__int128)tl->rate * part / tl->trust);
}

void timeline_draw(struct timeline *tl, const struct stamp *host, uint64_t count)
{
	ktime_t floor = floor_at(tl, count), now, base;
	uint64_t past = count - tl->origin;
	uint32_t frac = 0;

	if (!tl->rate) {
		*tl = (struct timeline){
			.base = floor, .origin = count, .measuring = true, .start = tl->start,
			.offset = { tl->offset[0], tl->offset[1] },
		};
		return;
	}
	now = host_at(tl, host, count);
	base = MAX(now, floor);
	/* Going on where the old line is, or would be, doesn't show the error of each measurement. */
	if (tl->span && past <= 4 * tl->span) {
		unsigned __int128 way = (unsigned __int128)past * tl->slope + tl->frac;
		ktime_t next = tl->base + (ktime_t)(way >> TIMELINE_SHIFT);

		if (next - now <= SMOOTH && now - next <= SMOOTH) {
			base = next;
			frac = (uint32_t)way;
		}
	}
	tl->slope = slope_for(tl, base - now);
	tl->span = counts_of(tl->trust, tl->rate);
	tl->origin = count;
	tl->base = base;
	tl->frac = frac;
}
