/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest contexts of the trap platform: handing the word back and forth. Layer: core.
 */
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/clock.h"
#include "core/host/cputime.h"
#include "core/co_sched.h"
#include "core/log.h"
#include "core/objcount.h"
#include "core/platform/trap/trap.h"

/* A host under load may take long to deliver a signal; a guest that hides from it never answers. */
#define KICK_PATIENCE (10 * NSEC_PER_SEC)

/* One context after the other may be answered so often, and waited for so long, without the loop. */
#define DIRECT_MAX 64
#define DIRECT_LOOKS 32

OBJCOUNT(ctx_count, "ctx");

/* Contexts whose stub thread has the word, in the order in which it was given. */
static TAILQ_HEAD(, ctx) posted = TAILQ_HEAD_INITIALIZER(posted);

static bool bit_get(const uint32_t *map, unsigned i)
{
	return map[i / 32] >> (i % 32) & 1;
}

static void bit_set(uint32_t *map, unsigned i, bool on)
{
	if (on)
		map[i / 32] |= 1u << (i % 32);
	else
		map[i / 32] &= ~(1u << (i % 32));
}

static struct slot *slot_at(struct as *as, unsigned i)
{
	return (struct slot *)(as->slots + (size_t)i * SLOT_SIZE);
}

/* A forged sigreturn can mask the kick: limits and kills must not rely on the guest. */
static void kick_unanswered(struct timer *t)
{
	struct ctx *ctx = container_of(t, struct ctx, deaf);

	log_warn("a stub didn't answer for %lld s and is killed", (long long)(KICK_PATIENCE / NSEC_PER_SEC));
	/* Whose pid isn't known is given up: what there is of it is swept up in as.c. */
	if (ctx->as->pid)
		kill(ctx->as->pid, SIGKILL);
	else
		trap_as_died(ctx->as);
}

void trap_ctx_expect(struct ctx *ctx)
{
	timer_arm(&ctx->deaf, ktime_add(clock_monotonic(), KICK_PATIENCE));
}

struct ctx *trap_ctx_alloc(struct as *as, unsigned index)
{
	struct ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return NULL;
	ctx->as = as;
	ctx->index = index;
	ctx->slot = slot_at(as, index);
	ctx->state = CTX_TRAPPED;
	bit_set(as->used, index, true);
	bit_set(as->leaving, index, false);
	ctx->deaf.fn = kick_unanswered;
	for (unsigned i = 0; i < LOCAL_COUNT; i++)
		ctx->slot->local[i] = -1;
	ctx->slot->local_calls = 0;
	LIST_INSERT_HEAD(&as->ctxs, ctx, as_entry);
	obj_born(&ctx_count);
	return ctx;
}

void trap_ctx_free(struct ctx *ctx)
{
	ASSERT(ctx->state == CTX_TRAPPED, "a context is freed while its stub thread has the word");
	LIST_REMOVE(ctx, as_entry);
	trap_steer_forget(ctx);
	platform_stats.local += ctx->slot->local_calls;
	if (ctx->patch.text)
		trap_text_unref(ctx->patch.text);
	free(ctx);
	obj_died(&ctx_count);
}

static void set_posted(struct ctx *ctx)
{
	ctx->state = CTX_POSTED;
	TAILQ_INSERT_TAIL(&posted, ctx, posted_entry);
}

static void set_trapped(struct ctx *ctx)
{
	TAILQ_REMOVE(&posted, ctx, posted_entry);
	ctx->state = CTX_TRAPPED;
	timer_cancel(&ctx->deaf);
	if (ctx->waiting)
		co_ready(ctx->waiting);
}

static void wake(struct ctx *ctx)
{
	bool held = trap_beside_hold(ctx);

	syscall(SYS_futex, &ctx->slot->state, FUTEX_WAKE, 1, NULL, NULL, 0);
	if (held)
		trap_beside_release(ctx);
}

static void give(struct ctx *ctx, uint32_t state)
{
	struct slot *s = ctx->slot;
	uint32_t was = __atomic_exchange_n(&s->state, state, __ATOMIC_SEQ_CST);

	ctx->waking = (was & ~(uint32_t)SLOT_HOW) == SLOT_ASLEEP;
	trap_steer_gave(ctx->waking && was & SLOT_CROWDED);
	if (ctx->waking)
		wake(ctx);
}

void trap_ctx_post(struct ctx *ctx, uint32_t cmd)
{
	struct slot *s = ctx->slot;
	uint32_t flags = 0;

	if (cmd == CMD_RESUME && !ctx->set_fs && !ctx->set_gs && !ctx->later) {
		flags = trap_args_post(ctx);
		s->call.rax = ctx->args.result;
		__atomic_store_n(&s->flags, flags, __ATOMIC_RELAXED);
		give(ctx, SLOT_RESUMED);
		return;
	}
	trap_args_settle(ctx);
	s->call.rax = ctx->args.result;
	if (cmd == CMD_RESUME) {
		s->nops = ctx->later;
		ctx->later = 0;
		if (ctx->set_fs) {
			s->fs_base = ctx->fs_base;
			flags |= SLOT_F_SET_FS;
		}
		if (ctx->set_gs) {
			s->gs_base = ctx->own_gs ? ctx->gs_base
			                         : STUB_SLOTS + (uint64_t)ctx->index * SLOT_SIZE;
			flags |= SLOT_F_SET_GS;
		}
		ctx->set_fs = ctx->set_gs = false;
	}
	/* The child is to have the processor that a spinning parent would hold. */
	if (cmd == CMD_FORK)
		flags |= SLOT_F_NO_SPIN;
	s->cmd = cmd;
	__atomic_store_n(&s->flags, flags, __ATOMIC_RELAXED);
	give(ctx, SLOT_POSTED);
}

void trap_as_died(struct as *as)
{
	struct ctx *ctx;

	as->dead = true;
	LIST_FOREACH(ctx, &as->ctxs, as_entry)
		if (ctx->state == CTX_POSTED)
			set_trapped(ctx);
}

static unsigned nr_posted, nr_waking; /* by the last scan */
static unsigned direct;               /* traps found without the loop since then */

unsigned trap_scan(void)
{
	struct ctx *ctx, *next;

	nr_posted = nr_waking = direct = 0;
	for (ctx = TAILQ_FIRST(&posted); ctx; ctx = next) {
		next = TAILQ_NEXT(ctx, posted_entry);
		uint32_t state = __atomic_load_n(&ctx->slot->state, __ATOMIC_ACQUIRE);
		if (slot_has_trapped(state)) {
			ctx->came = state & SLOT_HOW;
			set_trapped(ctx);
			trap_spin_found(ctx->slot, TAILQ_EMPTY(&posted));
			continue;
		}
		ctx->waking = ctx->waking && state != SLOT_GUEST;
		nr_waking += ctx->waking;
		nr_posted += !ctx->takes_long;
	}
	return nr_posted;
}

void trap_ctx_relax(void)
{
	trap_relax(nr_waking);
}

ktime_t trap_patience(void)
{
	return trap_spin_patience(nr_posted);
}

/*
 * Looks for the trap of the only context in guest code without going through the loop, which has
 * nothing else to do, and takes its turn after a while all the same.
 */
static bool found_at_once(struct ctx *ctx)
{
	if (!trap_spins() || direct >= DIRECT_MAX || !TAILQ_EMPTY(&posted) || co_any_queued() || ctx->waking)
		return false;
	trap_spin_hold();
	for (unsigned i = 0; i < DIRECT_LOOKS; i++) {
		uint32_t state = __atomic_load_n(&ctx->slot->state, __ATOMIC_ACQUIRE);
		if (slot_has_trapped(state)) {
			direct++;
			ctx->came = state & SLOT_HOW;
			return true;
		}
		trap_spin_look();
	}
	direct = DIRECT_MAX;
	return false;
}

CO_FN int trap_ctx_await(struct ctx *ctx)
{
	if (ctx->as->dead)
		return -ESRCH;
	if (ctx->in_guest && found_at_once(ctx))
		return 0;
	set_posted(ctx);
	ctx->waiting = co_self();
	while (ctx->state == CTX_POSTED) {
		/* A stub that never ends a command must not keep a killed task and the locks it has. */
		if (!ctx->in_guest && co_self()->killed && !timer_armed(&ctx->deaf) &&
		    ctx->as != trap_g.zygote)
			trap_ctx_expect(ctx);
		co_park();
	}
	ctx->waiting = NULL;
	return ctx->as->dead ? -ESRCH : 0;
}

CO_FN int trap_ctx_command(struct ctx *ctx, uint32_t cmd)
{
	if (ctx->as->dead)
		return -ESRCH;
	trap_ctx_post(ctx, cmd);
	return trap_ctx_await(ctx);
}

void trap_after_sleep(void)
{
	__atomic_store_n(&trap_g.params->sentry_sleeps, 0, __ATOMIC_RELAXED);
	trap_spin_woken();
}

bool trap_before_sleep(void)
{
	__atomic_exchange_n(&trap_g.params->sentry_sleeps, 1, __ATOMIC_SEQ_CST);
	/* A stub that trapped before it could see the flag has rung nothing. */
	trap_scan();
	if (!co_any_queued()) {
		trap_spin_slept();
		return true;
	}
	__atomic_store_n(&trap_g.params->sentry_sleeps, 0, __ATOMIC_RELAXED);
	return false;
}

/* Copies what the stub says happened. */
static int take_trap(struct ctx *ctx)
{
	if (ctx->came & SLOT_FAST) {
		trap_ctx_take_fast(ctx);
		trap_args_begin(ctx);
		return 0;
	}
	ctx->args.out_failed = false;
	int err = trap_ctx_take_frame(ctx);
	ctx->in_thunk = !err && trap_show_pc(ctx);
	return err;
}

CO_FN void trap_ctx_run(struct ctx *ctx, struct trap *ret)
{
	if (!ctx->fast) {
		trap_clear_mask(ctx);
		trap_mean_pc(ctx);
	}
	trap_steer(ctx);
	unsigned later = ctx->later;
	ctx->owner = co_self();
	ctx->in_guest = true;
	int err = trap_ctx_command(ctx, CMD_RESUME);
	bool fault = !err && ctx->came & SLOT_FAULT;
	ctx->in_guest = false;
	ctx->kicked = false;
	if (!err && later) {
		int failed = trap_ops_done(ctx, later);
		if (failed) {
			*ret = (struct trap){ .kind = TRAP_OP_FAILED, .op_error = failed };
			return;
		}
	}
	if (fault)
		ctx->args.result = (uint64_t)-EFAULT;
	else if (!err)
		err = take_trap(ctx);
	if (err) {
		*ret = (struct trap){ .kind = TRAP_DIED };
		return;
	}
	/* Not gone on with here: a guest that writes a breakpoint over a jump may never get past it, and
	 * who became due for something between the trap and now was not kicked. */
	if (fault || trap_retry(ctx)) {
		*ret = (struct trap){ .kind = TRAP_INTERRUPTED };
		return;
	}
	if (ctx->fast)
		platform_stats.by_thunk++;
	else
		platform_stats.by_signal++;
	trap_decode(ctx, ret);
}

CO_FN int trap_ctx_whole(struct ctx *ctx)
{
	if (!ctx->fast)
		return 0;
	int err = trap_ctx_command(ctx, CMD_FRAME);
	if (!err)
		err = trap_ctx_take_frame(ctx) ? -ESRCH : 0;
	if (err) {
		/* Who looks all the same, a tracer for one, finds the frame of the last trap by signal. */
		ctx->fast = false;
		return err;
	}
	trap_show_pc(ctx);
	ctx->signo = SIGSYS;
	if (ctx->args.out_failed)
		trap_set_result(ctx, 0);
	return 0;
}

void trap_ctx_kick(struct ctx *ctx)
{
	/* One at a time: a second kick would arrive after the guest went on. */
	if (ctx->state != CTX_POSTED || !ctx->in_guest || ctx->kicked)
		return;
	ctx->kicked = true;
	trap_ctx_expect(ctx);
	syscall(SYS_tgkill, ctx->as->pid, ctx->tid, STUB_KICK_SIGNAL);
}

void trap_ctx_blocked(struct ctx *ctx)
{
	/* Others may look at what it has written, and change what it is still to read. */
	trap_args_blocked(ctx);
	ctx->blocked = true;
	__atomic_or_fetch(&ctx->slot->flags, SLOT_F_NO_SPIN, __ATOMIC_RELAXED);
}

bool trap_ctx_sleeps(const struct ctx *ctx)
{
	uint32_t state = __atomic_load_n(&ctx->slot->state, __ATOMIC_RELAXED);

	return (state & ~(uint32_t)SLOT_HOW) == SLOT_ASLEEP;
}

bool trap_ctx_has_thread(const struct ctx *ctx)
{
	return ctx->tid == ctx->as->pid || !syscall(SYS_tgkill, ctx->as->pid, ctx->tid, 0);
}

void trap_ctx_cputime(struct ctx *ctx, uint64_t *utime, uint64_t *stime)
{
	if (ctx->as->threaded)
		host_thread_cputime(ctx->as->pid, ctx->tid, utime, stime);
	else
		host_process_cputime(ctx->as->pid, utime, stime);
}

static int free_slot(struct as *as)
{
	for (unsigned i = 0; i < SLOTS_MAX; i++) {
		if (!bit_get(as->used, i))
			return (int)i;
		if (bit_get(as->leaving, i) && !__atomic_load_n(&slot_at(as, i)->tid, __ATOMIC_ACQUIRE))
			return (int)i;
	}
	return -EAGAIN;
}

CO_FN int trap_ctx_new(struct ctx *by, struct ctx **ret)
{
	struct as *as = by->as;
	int err = trap_ctx_whole(by);

	if (err)
		return -EAGAIN;
	comutex_lock(&as->lock);
	int i = free_slot(as);
	struct ctx *ctx = i < 0 ? NULL : trap_ctx_alloc(as, (unsigned)i);
	err = i < 0 ? i : ctx ? 0 : -ENOMEM;
	if (err)
		goto out;
	trap_copy_frame(by, ctx->slot, ctx->index);
	/* Not TRAPPED: the slot may still say so of the thread that had it before. */
	__atomic_store_n(&ctx->slot->state, SLOT_POSTED, __ATOMIC_RELEASE);
	__atomic_store_n(&ctx->slot->tid, ~0u, __ATOMIC_RELEASE);
	by->slot->arg = ctx->index;
	as->threaded = true;
	err = trap_ctx_command(by, CMD_CLONE);
	if (!err && by->slot->result < 0)
		err = -EAGAIN;
	if (!err) {
		ctx->tid = (pid_t)by->slot->result;
		ctx->fs_base = by->fs_base;
		ctx->gs_base = by->gs_base;
		ctx->own_gs = by->own_gs;
		ctx->set_fs = ctx->set_gs = true;
		trap_steer_inherit(by, ctx);
		err = trap_ctx_await(ctx);
	}
	if (!err)
		err = trap_ctx_take_frame(ctx);
	if (err) {
		bit_set(as->used, ctx->index, false);
		trap_ctx_free(ctx);
	} else {
		*ret = ctx;
	}
out:
	comutex_unlock(&as->lock);
	return err;
}

void trap_ctx_destroy(struct ctx *ctx)
{
	struct as *as = ctx->as;

	ASSERT(ctx->state == CTX_TRAPPED, "only a trapped context can be destroyed");
	/* The first thread stays, asleep: the host's copies name the process by it, and they
	 * fail once it is gone. */
	if (!as->dead && ctx->tid != as->pid) {
		bit_set(as->leaving, ctx->index, true);
		trap_ctx_post(ctx, CMD_EXIT);
	} else {
		trap_ctx_blocked(ctx);
	}
	trap_ctx_free(ctx);
}
