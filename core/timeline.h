/* SPDX-License-Identifier: Apache-2.0
 *
 * Time as a line over a counter: what the host's monotonic clock says, computed from the processor's
 * counter alone for a short while, then measured and drawn anew. Pure arithmetic: reads no clock.
 * Layer: core.
 *
 * The host's clock is itself such a line whose slope is adjusted all the time (NTP). Ours never goes
 * back, whatever the host's does: it goes on from where it is, a little slower or faster so that both
 * have met again when it is drawn the next time. It is used no longer than was measured to draw it, so
 * that what the measuring was wrong by isn't multiplied.
 */
#ifndef CORE_TIMELINE_H
#define CORE_TIMELINE_H

#include "core/base.h"

/* No line is used for longer: what the host changes shows after this time at the latest. */
#define TIMELINE_SPAN_MAX (250 * NSEC_PER_MSEC)
/* Slopes and fractions are in units of 2^-32 ns. A product of span and slope fits into 61 bits. */
#define TIMELINE_SHIFT 32

/* A clock and the counter read together: the clock said `time` at a count not further than width / 2
 * from `counter`. */
struct stamp {
	uint64_t counter;
	ktime_t time;
	uint64_t width;
};

enum timeline_clock { TIMELINE_REALTIME, TIMELINE_BOOTTIME, TIMELINE_CLOCKS };

struct timeline {
	/* The line: base + (frac + (count - origin) * slope) / 2^32 at counts of [origin, origin + span].
	 * A span of 0: there is none, and `base` is what must not be fallen behind. */
	uint64_t origin, span, slope;
	ktime_t base;
	uint32_t frac;
	/* What is known of the host's clock. */
	bool measuring;    /* from `start` on */
	struct stamp start;
	uint64_t rate;     /* its slope; 0: not known */
	ktime_t trust;     /* for how long that was measured, at most TIMELINE_SPAN_MAX */
	struct timeline_offset {
		ktime_t ns;    /* of this clock against the monotonic one */
		uint64_t slack; /* in counts; how far it may be off; 0: not known */
	} offset[TIMELINE_CLOCKS];
};

/* Is there a line at this count? Of counts before its origin there isn't. */
static inline bool timeline_holds(const struct timeline *tl, uint64_t count)
{
	return tl->span && count - tl->origin <= tl->span;
}

/* The time at a count where the line holds. */
static inline ktime_t timeline_at(const struct timeline *tl, uint64_t count)
{
	return tl->base + (ktime_t)((tl->frac + (count - tl->origin) * tl->slope) >> TIMELINE_SHIFT);
}

/* Learns how fast the host's monotonic clock goes from what it says now. */
void timeline_learn(struct timeline *tl, const struct stamp *now);
/*
 * Learns what another clock differs by, of stamps that were taken together. That only changes when the
 * clock is set (or the host was suspended), so small differences are errors of measurement.
 */
void timeline_learn_offset(struct timeline *tl, enum timeline_clock clock, const struct stamp *mono,
                           const struct stamp *other);
/*
 * Draws the line anew from `count` on, going by the last stamp of the host's monotonic clock. Nobody
 * may have read the old line later than at `count`. Without anything to go by span is 0 afterwards.
 */
void timeline_draw(struct timeline *tl, const struct stamp *host, uint64_t count);

#endif
