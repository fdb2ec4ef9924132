/* SPDX-License-Identifier: Apache-2.0
 *
 * How long sentry and stubs look at shared memory before they sleep. Layer: core.
 *
 * The rule for both is the 2-competitive one: look for as long as a wake-up of another processor costs,
 * then sleep. What it costs is measured at each one, since on a virtual machine it changes all the
 * time. The sentry looks for longer while there is a processor that no stub runs on. Looking is given
 * up early where it can't help: on the sentry's own processor, where a wake-up costs little, and after
 * it has been in vain several times.
 *
 * All this changes when things happen, never what. Counts are the processor's (core/arch/arch.h).
 */
#include "core/clock.h"
#include "core/host/cpu.h"
#include "core/platform/trap/trap.h"

#define COST_FIRST (40 * NSEC_PER_USEC)
#define COST_MIN (2 * NSEC_PER_USEC)
#define COST_MAX (100 * NSEC_PER_USEC)
#define TOOK_MAX NSEC_PER_MSEC
/* A wake-up is work for two processors, too. While one is left over, the sentry looks so much longer. */
#define ALONE_FACTOR 4
/* With CPU_LATENCY both sides go on for so much longer. */
#define LATENCY_FACTOR 16
/* After so many times in vain the time is halved, with each one more. */
#define FAILS_FREE 2
#define FAILS_MAX 8

/* Looks before the processor is left to others: a switch and back costs some microseconds. */
#define LOOKS_WAKING 16
#define LOOKS_OTHERS 64

/*
 * A line that is looked at while the other side works has to be taken from the looker again before it can
 * be written, which costs as much as a hand-over. So nobody looks before an answer can be there, nor all
 * the time afterwards. The sentry looks more often: its delay is in all calls.
 */
#define HOLD_NS 40
#define STUB_LOOK_NS 40
#define SENTRY_LOOK_NS 20
#define PAUSES_TIMED 200
#define PAUSE_TRIES 5

static struct {
	bool off, paused;
	uint32_t hold, look;  /* in pauses */
	ktime_t cost;         /* of a wake-up */
	unsigned looks;       /* since a trap was found */
	uint64_t looks_since; /* in counts: the first of them */
	unsigned fails;       /* sleeps in a row that came after looking in vain */
	uint64_t count0;      /* when, in counts, */
	ktime_t time0;        /* and when */
	uint64_t counts_per_us;
	ktime_t slept_at;
	uint64_t slept_count; /* the same, in counts */
	bool woken;           /* the next trap found may have woken us */
} spin;

static ktime_t in_counts(ktime_t ns)
{
	return ns * (ktime_t)spin.counts_per_us / NSEC_PER_USEC;
}

static void publish(void)
{
	ktime_t ns = platform_options.cpu_policy == CPU_LATENCY ? spin.cost * LATENCY_FACTOR : spin.cost;

	trap_g.params->spin = spin.off || spin.paused ? 0 : (uint32_t)in_counts(ns);
}

/* How long a processor pauses differs by a factor of ten. */
static void time_pauses(void)
{
	ktime_t best = KTIME_NEVER;

	for (int i = 0; i < PAUSE_TRIES; i++) {
		ktime_t start = clock_monotonic();
		for (int k = 0; k < PAUSES_TIMED; k++)
			arch_cpu_relax();
		best = MIN(best, clock_monotonic() - start);
	}
	ktime_t pause = MAX(best / PAUSES_TIMED, 1);
	spin.hold = (uint32_t)(HOLD_NS / pause);
	spin.look = (uint32_t)MAX(SENTRY_LOOK_NS / pause, 1);
	trap_g.params->hold = spin.hold;
	trap_g.params->look = (uint32_t)MAX(STUB_LOOK_NS / pause, 1);
}

void trap_spin_init(void)
{
	spin.off = host_cpus() < 2 || platform_options.cpu_policy == CPU_FRUGAL || !arch_counter_steady();
	spin.cost = COST_FIRST;
	spin.counts_per_us = 2000; /* until it is known */
	spin.fails = 0;
	spin.woken = false;
	if (!spin.off) {
		spin.count0 = arch_counter();
		spin.time0 = clock_monotonic();
		time_pauses();
	}
	trap_g.params->sentry_cpu = UINT32_MAX;
	trap_g.params->stamps = !spin.off;
	publish();
}

bool trap_spins(void)
{
	return !spin.off && !spin.paused;
}

bool trap_spin_possible(void)
{
	return !spin.off && platform_options.cpu_policy == CPU_BALANCED;
}

ktime_t trap_spin_cost(void)
{
	return spin.cost;
}

void trap_spin_pause(bool on)
{
	spin.paused = on;
	publish();
}

ktime_t trap_spin_patience(unsigned in_guest)
{
	if (spin.off || spin.paused)
		return 0;
	__atomic_store_n(&trap_g.params->sentry_cpu, arch_counter_cpu(), __ATOMIC_RELAXED);
	if (platform_options.cpu_policy == CPU_LATENCY)
		return spin.cost * LATENCY_FACTOR;
	ktime_t cost = in_guest < host_cpus() ? spin.cost * ALONE_FACTOR : spin.cost;
	return cost >> (spin.fails > FAILS_FREE ? MIN(spin.fails - FAILS_FREE, FAILS_MAX) : 0);
}

static inline void pause_for(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		arch_cpu_relax();
}

void trap_spin_hold(void)
{
	pause_for(spin.hold);
}

void trap_spin_look(void)
{
	pause_for(spin.look);
}

void trap_relax(unsigned waking)
{
	if (!spin.looks++)
		spin.looks_since = arch_counter();
	/* Who was woken may be waiting for this processor. */
	if (spin.looks > (waking ? LOOKS_WAKING : LOOKS_OTHERS))
		host_yield();
	else
		arch_cpu_relax();
}

void trap_spin_slept(void)
{
	spin.slept_at = clock_monotonic();
	spin.slept_count = spin.off ? 0 : arch_counter();
}

void trap_spin_woken(void)
{
	if (spin.off)
		return;
	spin.woken = true;
	if (spin.paused)
		return;
	__atomic_store_n(&trap_g.params->sentry_cpu, arch_counter_cpu(), __ATOMIC_RELAXED);
	if (spin.fails < FAILS_FREE + FAILS_MAX)
		spin.fails++;
}

/* How long the stub's ringing took to be heard. */
static ktime_t ring_took(const struct slot *s, ktime_t now)
{
	uint64_t count = arch_counter();

	if (now - spin.time0 > NSEC_PER_MSEC)
		spin.counts_per_us = MAX((count - spin.count0) / (uint64_t)((now - spin.time0) / NSEC_PER_USEC), 1u);
	uint64_t took = (count - s->rang) / spin.counts_per_us;
	return (ktime_t)MIN(took, (uint64_t)TOOK_MAX / NSEC_PER_USEC) * NSEC_PER_USEC; /* or a guest's lie */
}

/* A trap was found: was it worth looking for, and if it woke us, how long did that take? */
void trap_spin_found(const struct slot *s, bool alone)
{
	if (spin.off)
		return;
	unsigned looks = spin.looks;
	spin.looks = 0;
	if (!spin.woken) {
		bool dear = looks && (ktime_t)(arch_counter() - spin.looks_since) > in_counts(spin.cost);
		/* Another processor is kept busy for one that computes: let it ring, and say where it is. */
		spin.fails = trap_beside_awake(dear) ? FAILS_FREE + FAILS_MAX : 0;
		return;
	}
	spin.woken = false;
	ktime_t now = clock_monotonic();
	/* It came so soon that looking a little longer would have been right. */
	if (now - spin.slept_at < 2 * spin.cost)
		spin.fails = 0;
	if (s->rang - spin.slept_count > INT64_MAX)
		return; /* something else woke us */
	struct ring r = {
		.cpu = trap_stub_cpu(s->rang_cpu),
		.alone = alone,
		.took = ring_took(s, now),
	};
	r.slept = now - spin.slept_at - r.took;
	r.near = r.cpu == trap_stub_cpu(arch_counter_cpu());
	if (!r.near) {
		spin.cost += (MIN(r.took, COST_MAX) - spin.cost) / 8;
		spin.cost = MAX(spin.cost, COST_MIN);
		publish();
	}
	trap_beside_rung(&r);
}
