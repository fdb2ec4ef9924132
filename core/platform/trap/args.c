/* SPDX-License-Identifier: Apache-2.0
 *
 * What a fast trap brings along of guest memory, and what goes back with its answer: through the
 * slot's buffer, where the stub copies. Layer: core.
 *
 * The guest can write to the buffer as it can to the memory that was copied, so what is in there is
 * worth as much. Lengths and places are checked when they are taken over, and then used from here.
 *
 * Which memory a call may read and write is known from the table of calls. Nothing else is left to
 * the stub: words that other tasks look at (a futex, a child's tid) are to change at once.
 */
#include "core/platform/trap/trap.h"

#define NO_RECORD UINT32_MAX
#define ALIGN8(n) (((n) + 7u) & ~7u)

static char *buffer(const struct ctx *ctx)
{
	return (char *)ctx->slot + SLOT_BUF_OFF;
}

void trap_args_begin(struct ctx *ctx)
{
	const struct slot *s = ctx->slot;
	struct args *a = &ctx->args;

	a->nr = a->result = s->call.rax;
	memcpy(a->arg, s->call.arg, sizeof(a->arg));
	a->looked = !(ctx->came & SLOT_COPIED);
	a->out_failed = a->at_once = false;
	a->nr_in = a->nr_out = 0;
	a->end = 0;
	a->last_out = NO_RECORD;
}

/* Takes over what the stub says that it has copied. */
static void look(struct ctx *ctx)
{
	struct args *a = &ctx->args;
	struct slot_copy r;
	uint32_t at = 0;

	if (a->looked)
		return;
	a->looked = true;
	do {
		if (at + sizeof(r) > SLOT_BUF_SIZE)
			break;
		memcpy(&r, buffer(ctx) + at, sizeof(r));
		at += sizeof(r);
		if (r.len > SLOT_BUF_SIZE - at)
			break;
		a->in[a->nr_in++] =
		        (struct arg_copy){ r.addr, r.len, at, r.more >> SLOT_EPOCH_SHIFT };
		at = ALIGN8(at + r.len);
	} while (r.more & SLOT_MORE && a->nr_in < ARGS_IN_MAX);
	a->end = MIN(at, SLOT_BUF_SIZE);
}

static bool meets(const struct arg_copy *c, gaddr_t addr, size_t n)
{
	return addr < c->addr + c->len && c->addr < addr + n;
}

static bool any_meets(const struct arg_copy *c, unsigned nr, gaddr_t addr, size_t n)
{
	for (unsigned i = 0; i < nr; i++)
		if (meets(&c[i], addr, n))
			return true;
	return false;
}

static void forget_in(struct args *a)
{
	a->looked = true;
	a->nr_in = 0;
}

void trap_args_settle(struct ctx *ctx)
{
	struct args *a = &ctx->args;

	forget_in(a);
	for (unsigned i = 0; i < a->nr_out; i++) {
		const struct arg_copy *c = &a->out[i];

		if (trap_as_write(ctx->as, c->addr, buffer(ctx) + c->off, c->len) != c->len)
			a->out_failed = true;
	}
	a->nr_out = 0;
}

/* Other threads see the memory that this one's call writes to. */
static bool is_shared(const struct as *as)
{
	return LIST_NEXT(LIST_FIRST(&as->ctxs), as_entry);
}

void trap_args_blocked(struct ctx *ctx)
{
	trap_args_settle(ctx);
	/* Its stub sleeps from now on, and takes long to write what others may look at sooner. */
	ctx->args.at_once = is_shared(ctx->as);
}

void trap_ctx_publish(struct ctx *ctx)
{
	if (ctx->args.nr_out && is_shared(ctx->as))
		trap_args_settle(ctx);
}

uint32_t trap_args_post(struct ctx *ctx)
{
	struct args *a = &ctx->args;

	forget_in(a);
	if (!a->nr_out)
		return 0;
	uint32_t first = a->out[0].off - (uint32_t)sizeof(struct slot_copy);
	a->nr_out = 0;
	return SLOT_F_OUT | first << SLOT_F_OUT_SHIFT;
}

size_t trap_ctx_read(struct ctx *ctx, struct as *as, void *dst, gaddr_t src, size_t n)
{
	struct args *a = &ctx->args;

	if (!ctx->fast || ctx->as != as)
		return 0;
	look(ctx);
	if (any_meets(a->out, a->nr_out, src, n))
		trap_args_settle(ctx);
	for (unsigned i = 0; i < a->nr_in; i++) {
		const struct arg_copy *c = &a->in[i];

		if (c->epoch || src < c->addr || src - c->addr >= c->len)
			continue;
		uint32_t skip = (uint32_t)(src - c->addr);
		n = MIN(n, c->len - skip);
		memcpy(dst, buffer(ctx) + c->off + skip, n);
		platform_stats.copied_slot++;
		return n;
	}
	return 0;
}

/* Only this side writes the epoch; stubs load it before they load a word. */
void trap_words_woken(void)
{
	uint32_t next = (trap_g.params->epoch + 1) & (UINT32_MAX >> SLOT_EPOCH_SHIFT);

	__atomic_store_n(&trap_g.params->epoch, next ? next : 1, __ATOMIC_RELEASE);
}

bool trap_ctx_read_word(struct ctx *ctx, struct as *as, gaddr_t addr, uint32_t *ret)
{
	struct args *a = &ctx->args;

	if (!ctx->fast || ctx->as != as)
		return false;
	look(ctx);
	for (unsigned i = 0; i < a->nr_in; i++)
		if (a->in[i].addr == addr && a->in[i].len == sizeof(*ret) &&
		    a->in[i].epoch == trap_g.params->epoch) {
			memcpy(ret, buffer(ctx) + a->in[i].off, sizeof(*ret));
			platform_stats.copied_slot++;
			return true;
		}
	return false;
}

/* Is that a part of what the call is known to write? */
static bool is_output(const struct args *a, gaddr_t dst, size_t n)
{
	if (a->nr >= CALLS_MAX)
		return false;
	const uint16_t *out = platform_calls.out[a->nr];
	for (unsigned i = 0; i < CALL_COPIES && out[i]; i++) {
		uint64_t addr = a->arg[COPY_ARG(out[i])], len = 0;

		switch (COPY_KIND(out[i])) {
		case COPY_ANY:
			return true;
		case COPY_BYTES:
			len = COPY_SIZE(out[i]);
			break;
		case COPY_BUF:
			len = a->arg[COPY_COUNT(out[i])];
			len = len > UINT32_MAX ? UINT32_MAX : len << COPY_SHIFT(out[i]);
			break;
		}
		if (dst >= addr && dst - addr <= len && n <= len - (dst - addr))
			return true;
	}
	return false;
}

bool trap_ctx_write(struct ctx *ctx, struct as *as, gaddr_t dst, const void *src, size_t n, bool own)
{
	struct args *a = &ctx->args;

	if (!ctx->fast || ctx->as != as)
		return false;
	look(ctx);
	if (any_meets(a->in, a->nr_in, dst, n))
		forget_in(a);
	if (any_meets(a->out, a->nr_out, dst, n))
		trap_args_settle(ctx);
	struct slot_copy r = { .addr = dst, .len = (uint32_t)n };
	if (!own || a->at_once || n > SLOT_COPY_MAX || a->nr_out == ARGS_OUT_MAX || a->end + sizeof(r) + n > SLOT_BUF_SIZE ||
	    !is_output(a, dst, n))
		return false;
	uint32_t off = a->end + (uint32_t)sizeof(r);
	memcpy(buffer(ctx) + a->end, &r, sizeof(r));
	memcpy(buffer(ctx) + off, src, n);
	if (a->nr_out) {
		const uint32_t more = SLOT_MORE;
		memcpy(buffer(ctx) + a->last_out + offsetof(struct slot_copy, more), &more, sizeof(more));
	}
	a->out[a->nr_out++] = (struct arg_copy){ dst, (uint32_t)n, off, 0 };
	a->last_out = a->end;
	a->end = ALIGN8(off + (uint32_t)n);
	platform_stats.copied_slot++;
	return true;
}

void trap_ctx_set_local(struct ctx *ctx, enum call_local which, int64_t answer)
{
	ctx->slot->local[which] = answer;
}
