/* SPDX-License-Identifier: Apache-2.0
 *
 * Where stubs run. Layer: core.
 *
 * Tasks that hand something to each other and sleep (a pipe, a futex) wake each other by way of the
 * sentry, and each wake-up of another processor costs as much as ten on the same one. While a large
 * part of all calls blocks, sentry and the stubs in question are kept together on one processor, and
 * nobody waits busily. A stub that computes is let go at once, and after a while all are, to see
 * whether it is still right. Hot calls that don't block are served faster from another processor.
 */
#include "core/clock.h"
#include "core/host/cpu.h"
#include "core/platform/trap/trap.h"

/* Parts of 1024 of all calls that block: moving average over about 32 of them. */
#define SHARE_TOGETHER 300
#define SHARE_APART 100
#define SHARE_WEIGHT 32
/* Calls for which nothing is changed after a change. */
#define HOLD 128
/* Who is in guest code for this long computes. */
#define TICK (2 * NSEC_PER_MSEC)
#define TICKS_MAX 100
/* Where wake-ups across processors cost less, nothing is won. */
#define COST_WORTH_IT (10 * NSEC_PER_USEC)
/* Traps in a row from stubs on the sentry's processor that make it leave, not more often than */
#define CROWDED 16
#define LEAVE_EVERY (5 * NSEC_PER_MSEC)
/* Blocks that make a stub that has computed one of those that hand over again. */
#define BLOCKS_TAME 64

static void tick(struct timer *t);
static struct {
	bool together, failed;
	int share;
	unsigned hold, ticks;
	unsigned crowded;
	ktime_t left_at;
	unsigned cpu;
	struct timer timer;
	TAILQ_HEAD(, ctx) pinned;
} steer = { .pinned = TAILQ_HEAD_INITIALIZER(steer.pinned), .timer = { .fn = tick } };

static void release(struct ctx *ctx)
{
	TAILQ_REMOVE(&steer.pinned, ctx, pinned_entry);
	ctx->pinned = false;
}

static void unpin(struct ctx *ctx)
{
	release(ctx);
	host_cpu_unpin(ctx->tid);
}

static void apart(void)
{
	struct ctx *ctx;

	while ((ctx = TAILQ_FIRST(&steer.pinned)))
		unpin(ctx);
	host_cpu_unpin(0);
	steer.together = false;
	steer.hold = HOLD;
	timer_cancel(&steer.timer);
	trap_spin_pause(false);
}

static void together(void)
{
	trap_beside_end();
	if (host_cpu_pin(0, host_cpu_current())) {
		steer.failed = true;
		return;
	}
	steer.cpu = host_cpu_current();
	steer.together = true;
	steer.hold = HOLD;
	steer.ticks = 0;
	trap_spin_pause(true);
}

static bool any_runs(void)
{
	struct ctx *ctx;

	TAILQ_FOREACH(ctx, &steer.pinned, pinned_entry)
		if (ctx->state == CTX_POSTED && ctx->in_guest)
			return true;
	return false;
}

static void tick(struct timer *t)
{
	struct ctx *ctx, *next;

	for (ctx = TAILQ_FIRST(&steer.pinned); ctx; ctx = next) {
		next = TAILQ_NEXT(ctx, pinned_entry);
		if (ctx->state == CTX_POSTED && ctx->in_guest && ctx->runs == ctx->runs_seen) {
			ctx->wild = BLOCKS_TAME;
			unpin(ctx);
		}
		ctx->runs_seen = ctx->runs;
	}
	if (++steer.ticks > TICKS_MAX || TAILQ_EMPTY(&steer.pinned))
		apart();
	else if (any_runs())
		timer_arm(t, ktime_add(clock_monotonic(), TICK));
}

void trap_steer_inherit(const struct ctx *parent, struct ctx *child)
{
	if (!parent->pinned)
		return;
	child->pinned = true;
	child->runs_seen = ~child->runs;
	TAILQ_INSERT_TAIL(&steer.pinned, child, pinned_entry);
}

void trap_steer_forget(struct ctx *ctx)
{
	if (ctx->pinned)
		release(ctx);
}

static void pin(struct ctx *ctx)
{
	if (!trap_ctx_has_thread(ctx) || host_cpu_pin(ctx->tid, steer.cpu))
		return;
	ctx->pinned = true;
	ctx->runs_seen = ~ctx->runs;
	TAILQ_INSERT_TAIL(&steer.pinned, ctx, pinned_entry);
}

void trap_steer(struct ctx *ctx)
{
	bool blocked = ctx->blocked;

	if (!trap_spin_possible() || steer.failed)
		return;
	ctx->runs++;
	ctx->blocked = false;
	if (blocked && ctx->wild)
		ctx->wild--;
	steer.share += ((blocked ? 1024 : 0) - steer.share) / SHARE_WEIGHT;
	if (steer.hold) {
		steer.hold--;
	} else if (!steer.together) {
		if (steer.share > SHARE_TOGETHER && trap_spin_cost() >= COST_WORTH_IT)
			together();
	} else if (steer.share < SHARE_APART) {
		apart();
	}
	if (!steer.together)
		return;
	/* Only one that sleeps: to take one off another processor costs more than is won. */
	if (blocked && !ctx->pinned && !ctx->wild && trap_ctx_sleeps(ctx))
		pin(ctx);
	if (ctx->pinned && !timer_armed(&steer.timer))
		timer_arm(&steer.timer, ktime_add(clock_monotonic(), TICK));
}

/* The host leaves two that take turns where they are, with the next processor idle. */
void trap_steer_gave(bool crowded)
{
	steer.crowded = crowded ? steer.crowded + 1 : 0;
	if (steer.crowded < CROWDED || steer.together || steer.share > SHARE_APART || !trap_spin_possible())
		return;
	steer.crowded = 0;
	ktime_t now = clock_monotonic();
	if (steer.left_at && now - steer.left_at < LEAVE_EVERY)
		return;
	steer.left_at = now;
	(void)host_cpu_leave();
}

bool trap_steer_together(void)
{
	return steer.together;
}

void trap_steer_done(void)
{
	timer_cancel(&steer.timer);
	steer.together = steer.failed = false;
	steer.share = 0;
	steer.hold = 0;
	steer.crowded = 0;
	steer.left_at = 0;
}
