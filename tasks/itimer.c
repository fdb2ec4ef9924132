/* SPDX-License-Identifier: Apache-2.0
 *
 * setitimer(2) and RLIMIT_CPU. Layer: tasks.
 *
 * CPU time is only known by asking the host: the CPU timers are one timer that looks again when the
 * nearest of them could be reached at the earliest, given how many threads there are.
 */
#include "tasks/itimer.h"

#include <stdlib.h>

#include "core/clock.h"
#include "tasks/cputime.h"
#include "tasks/ktime.h"
#include "tasks/signal_impl.h"

#define CPU_CHECK_MIN (1 * NSEC_PER_MSEC)
#define CPU_CHECK_MAX (1000 * NSEC_PER_MSEC)

struct cpu_timers {
	struct timer timer;
	struct thread_group *tg;
	struct cpu_itimer {
		ktime_t expires; /* of the CPU clock; 0: off */
		ktime_t interval;
	} virt, prof;
	ktime_t limit_next; /* CPU time of the next SIGXCPU; KTIME_NEVER: none */
};

/* ---- ITIMER_REAL ---- */

static void real_fired(struct timer *timer)
{
	struct thread_group *tg = container_of(timer, struct thread_group, itimer_real.timer);

	send_kernel_signal_group(tg, SIGALRM);
}

void itimer_real_taken(struct thread_group *tg)
{
	struct itimer_state *it = &tg->itimer_real;
	uint64_t steps;

	if (!it->interval || timer_armed(&it->timer) || tg->zombie || tg->exiting)
		return;
	timer_arm(&it->timer,
	          ktime_forward(it->timer.deadline, it->interval, clock_monotonic(), &steps));
}

/* ---- CPU time ---- */

static ktime_t check_cpu_itimer(struct cpu_timers *c, struct cpu_itimer *it, ktime_t now, int sig)
{
	uint64_t steps;

	if (!it->expires)
		return KTIME_NEVER;
	if (it->expires <= now) {
		send_kernel_signal_group(c->tg, sig);
		it->expires = it->interval ? ktime_forward(it->expires, it->interval, now, &steps) : 0;
		if (!it->expires)
			return KTIME_NEVER;
	}
	return it->expires - now;
}

static ktime_t check_limit(struct cpu_timers *c, ktime_t now)
{
	const struct rlimit64 *r = &c->tg->rlim[RLIMIT_CPU];

	if (r->rlim_cur == RLIM_INFINITY && r->rlim_max == RLIM_INFINITY)
		return KTIME_NEVER;
	if (r->rlim_max < (uint64_t)(KTIME_NEVER / NSEC_PER_SEC) &&
	    now >= (ktime_t)r->rlim_max * NSEC_PER_SEC) {
		tg_exit(c->tg, SIGKILL);
		return KTIME_NEVER;
	}
	if (now >= c->limit_next) {
		send_kernel_signal_group(c->tg, SIGXCPU);
		c->limit_next = now / NSEC_PER_SEC * NSEC_PER_SEC + NSEC_PER_SEC;
	}
	return c->limit_next == KTIME_NEVER ? NSEC_PER_SEC : c->limit_next - now;
}

static void cpu_check(struct timer *timer)
{
	struct cpu_timers *c = container_of(timer, struct cpu_timers, timer);
	ktime_t left, l;
	uint64_t u, s;

	if (c->tg->zombie || c->tg->reaped)
		return;
	tg_cputime(c->tg, &u, &s);
	left = check_cpu_itimer(c, &c->virt, (ktime_t)u, SIGVTALRM);
	l = check_cpu_itimer(c, &c->prof, (ktime_t)(u + s), SIGPROF);
	left = MIN(left, l);
	l = check_limit(c, (ktime_t)(u + s));
	left = MIN(left, l);
	if (left == KTIME_NEVER || c->tg->exiting)
		return;
	left /= MAX(c->tg->nr_live, 1u);
	timer_arm(&c->timer, clock_monotonic() + CLAMP(left, CPU_CHECK_MIN, CPU_CHECK_MAX));
}

static struct cpu_timers *cpu_timers_get(struct thread_group *tg)
{
	if (!tg->cpu_timers) {
		tg->cpu_timers = calloc(1, sizeof(*tg->cpu_timers));
		if (!tg->cpu_timers)
			return NULL;
		tg->cpu_timers->tg = tg;
		tg->cpu_timers->timer.fn = cpu_check;
		tg->cpu_timers->limit_next = KTIME_NEVER;
	}
	return tg->cpu_timers;
}

void cpu_limit_watch(struct thread_group *tg)
{
	const struct rlimit64 *r = &tg->rlim[RLIMIT_CPU];
	struct cpu_timers *c;

	if (r->rlim_cur == RLIM_INFINITY && r->rlim_max == RLIM_INFINITY)
		return;
	c = cpu_timers_get(tg);
	if (!c)
		return;
	/* 0 is taken as one second, as Linux does. */
	c->limit_next = r->rlim_cur < (uint64_t)(KTIME_NEVER / NSEC_PER_SEC)
	                    ? (ktime_t)MAX(r->rlim_cur, 1u) * NSEC_PER_SEC
	                    : KTIME_NEVER;
	timer_arm(&c->timer, clock_monotonic());
}

/* ---- the calls ---- */

void itimers_init(struct thread_group *tg)
{
	tg->itimer_real.timer.fn = real_fired;
}

void itimers_done(struct thread_group *tg)
{
	timer_cancel(&tg->itimer_real.timer);
	if (tg->cpu_timers) {
		timer_cancel(&tg->cpu_timers->timer);
		free(tg->cpu_timers);
		tg->cpu_timers = NULL;
	}
}

int itimer_get(struct thread_group *tg, int which, ktime_t *value, ktime_t *interval)
{
	const struct cpu_itimer *it;
	uint64_t u, s;
	ktime_t now;

	*value = *interval = 0;
	switch (which) {
	case ITIMER_REAL:
		*interval = tg->itimer_real.interval;
		/* An armed timer never shows zero, which would mean that it is off. */
		if (timer_armed(&tg->itimer_real.timer))
			*value = MAX(tg->itimer_real.timer.deadline - clock_monotonic(), NSEC_PER_USEC);
		return 0;
	case ITIMER_VIRTUAL:
	case ITIMER_PROF:
		if (!tg->cpu_timers)
			return 0;
		tg_cputime(tg, &u, &s);
		it = which == ITIMER_VIRTUAL ? &tg->cpu_timers->virt : &tg->cpu_timers->prof;
		now = (ktime_t)(which == ITIMER_VIRTUAL ? u : u + s);
		*interval = it->interval;
		if (it->expires)
			*value = MAX(it->expires - now, NSEC_PER_USEC);
		return 0;
	}
	return -EINVAL;
}

int itimer_set(struct thread_group *tg, int which, ktime_t value, ktime_t interval)
{
	struct cpu_itimer *it;
	struct cpu_timers *c;
	uint64_t u, s;

	switch (which) {
	case ITIMER_REAL:
		timer_cancel(&tg->itimer_real.timer);
		tg->itimer_real.interval = value ? interval : 0;
		if (value)
			timer_arm(&tg->itimer_real.timer, ktime_add(clock_monotonic(), value));
		return 0;
	case ITIMER_VIRTUAL:
	case ITIMER_PROF:
		c = cpu_timers_get(tg);
		if (!c)
			return -ENOMEM;
		tg_cputime(tg, &u, &s);
		it = which == ITIMER_VIRTUAL ? &c->virt : &c->prof;
		it->interval = interval;
		it->expires =
		    value ? ktime_add((ktime_t)(which == ITIMER_VIRTUAL ? u : u + s), value) : 0;
		timer_arm(&c->timer, clock_monotonic());
		return 0;
	}
	return -EINVAL;
}
