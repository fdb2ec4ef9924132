/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry beside a guest that computes. Layer: core.
 *
 * A guest that makes a call now and then finds the sentry asleep, and to wake another processor costs as
 * much as ten switches on the same one. So the sentry then sleeps on the guest's own processor. It goes
 * away again when calls come fast, or when a second stub runs, which would have to wait for this one.
 *
 * Which is cheaper is counted: a call that had to wake another processor, or was long looked for, speaks
 * for staying beside, one that came while the sentry was, or would have been, looking speaks against it.
 */
#include "core/host/cpu.h"
#include "core/platform/trap/trap.h"

/* A call costs this much more beside the guest than from another processor that looks. */
#define COST_BESIDE (4 * NSEC_PER_USEC)
/* What has to speak for a change, in calls like that. */
#define CHANGE 24
#define SCORE_MAX (CHANGE + 16)
/* What it weighs that the sentry kept its processor busy for longer than a wake-up takes. */
#define DEAR 1
/* Rung so long ago, this processor isn't the guest's and ours alone. */
#define LATE (200 * NSEC_PER_USEC)
/* Rings that don't count after that, or after a second stub turned up. */
#define WAIT_MIN 16u
#define WAIT_MAX 1024u

static struct {
	bool on;
	int score;
	unsigned cpu;
	uint64_t calls; /* until the last ring */
	unsigned wait;   /* rings that don't count */
	unsigned shy;    /* how many these were last time */
	unsigned stayed; /* rings since it was joined */
} beside;

static void leave(void)
{
	beside.on = false;
	beside.score = 0;
	trap_spin_pause(false);
	(void)host_cpu_leave();
}

/* It was a mistake, or has become one: the more of these, the longer until the next try. */
static void flee(void)
{
	leave();
	beside.shy = CLAMP(2 * beside.shy, WAIT_MIN, WAIT_MAX);
	beside.wait = beside.shy;
}

static int gain(void)
{
	return (int)(trap_spin_cost() / COST_BESIDE);
}

static bool may_join(void)
{
	return trap_spin_possible() && gain() > 1 && !trap_steer_together();
}

static void join(unsigned cpu)
{
	beside.score = 0;
	if (host_cpu_pin(0, cpu))
		return;
	beside.on = true;
	beside.stayed = 0;
	beside.cpu = cpu;
	trap_spin_pause(true);
}

bool trap_beside_awake(bool dear)
{
	if (beside.on) {
		if (--beside.score < -CHANGE)
			leave();
		return false;
	}
	if (!dear)
		return false;
	beside.score = MIN(beside.score + DEAR, SCORE_MAX);
	return beside.score > CHANGE && !beside.wait && may_join();
}

void trap_beside_end(void)
{
	if (beside.on)
		leave();
}

void trap_beside_rung(const struct ring *r)
{
	uint64_t calls = platform_stats.by_thunk + platform_stats.by_signal, quick = calls - beside.calls;

	beside.calls = calls;
	if (beside.wait) {
		beside.wait--;
		return;
	}
	if (!beside.on) {
		beside.score += r->near || !r->alone ? 0 : gain();
		beside.score -= (int)MIN(quick, (uint64_t)SCORE_MAX);
	} else if (r->cpu != beside.cpu || !r->alone || r->took > LATE) {
		flee();
		return;
	} else {
		beside.score += r->slept < trap_spin_cost() ? -1 : gain();
		if (++beside.stayed > WAIT_MAX)
			beside.shy = 0;
	}
	beside.score = CLAMP(beside.score, -SCORE_MAX, SCORE_MAX);
	if (beside.on && beside.score < -CHANGE)
		leave();
	else if (!beside.on && beside.score > CHANGE && r->alone && may_join())
		join(r->cpu);
}

bool trap_beside_hold(const struct ctx *ctx)
{
	if (!beside.on || trap_stub_cpu(ctx->slot->rang_cpu) != beside.cpu || !trap_ctx_has_thread(ctx))
		return false;
	return !host_cpu_pin(ctx->tid, beside.cpu);
}

void trap_beside_release(const struct ctx *ctx)
{
	host_cpu_unpin(ctx->tid);
}

void trap_beside_done(void)
{
	beside.on = false;
	beside.score = 0;
	beside.calls = 0;
	beside.wait = beside.shy = 0;
}
