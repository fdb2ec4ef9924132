/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of operations that stubs carry out: mapping calls, bytes for guest memory, changes of code. They go
 * with a command of their own, or with the next answer to a system call (ctx->later). Layer: core.
 */
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "core/co_sched.h"
#include "core/platform/trap/trap.h"

static int ops_error(const struct ctx *ctx, unsigned n)
{
	if (!__atomic_load_n(&ctx->slot->op_failed, __ATOMIC_RELAXED))
		return 0;
	for (unsigned i = 0; i < n; i++) {
		int64_t result = ctx->slot->ops[i].result;
		if (result < 0 && result >= -4095)
			return (int)result;
	}
	return -ENOMEM; /* the slot says so, and not why */
}

/* The operations were run, or one of them failed: was code changed as it should be? */
static void patch_check(struct ctx *ctx, int err)
{
	struct text *text = ctx->patch.text;

	if (!text)
		return;
	ctx->patch.text = NULL;
	if (err || ctx->slot->ops[ctx->patch.op].result < 0)
		trap_text_undone(ctx->as, text, ctx->patch.base, ctx->patch.off, ctx->patch.len, !err);
	trap_text_unref(text);
}

int trap_ops_done(struct ctx *ctx, unsigned n)
{
	int err = ops_error(ctx, n);

	ctx->slot->nfds = 0;
	patch_check(ctx, err);
	return err;
}

/* What the list of operations in a slot is about to be written over must be done before. */
CO_FN struct slot *trap_ops_begin(struct ctx *by)
{
	(void)trap_ctx_settle(by);
	trap_args_settle(by);
	return by->slot;
}

CO_FN int trap_ops_run(struct ctx *by, unsigned n)
{
	by->slot->nops = n;
	int err = trap_ctx_command(by, CMD_OPS);
	return err ? err : trap_ops_done(by, n);
}

CO_FN int trap_ctx_settle(struct ctx *ctx)
{
	unsigned n = ctx->later;

	ctx->later = 0;
	return n ? trap_ops_run(ctx, n) : 0;
}

/* One hand-over's worth. */
struct batch {
	struct ctx *by;
	int fds[SLOT_FDS_MAX];
	unsigned taken; /* how many of the caller's operations it has */
	unsigned n, nfds;
	uint32_t bytes; /* used of the slot's buffer */
};

static bool needs_fd(const struct as_op *op)
{
	return op->kind == AS_MAP && !(op->flags & MAP_ANONYMOUS);
}

/* The descriptor's number in the batch. */
static uint64_t batch_fd(struct batch *b, int fd)
{
	unsigned i = 0;

	while (i < b->nfds && b->fds[i] != fd)
		i++;
	if (i == b->nfds)
		b->fds[b->nfds++] = fd;
	return i;
}

/* Puts the bytes into the slot; where they are, as the stub sees it. */
static uint64_t batch_bytes(struct batch *b, const void *bytes, size_t n)
{
	uint32_t off = SLOT_BUF_OFF + b->bytes;

	memcpy((char *)b->by->slot + off, bytes, n);
	b->bytes += (uint32_t)n;
	return STUB_SLOTS + (uint64_t)b->by->index * SLOT_SIZE + off;
}

static bool batch_has_room(const struct batch *b, const struct as_op *op)
{
	uint32_t bytes = SLOT_BUF_SIZE - b->bytes;

	if (op->kind == AS_PATCH)
		return b->n + 3 <= SLOT_OPS_MAX && !b->by->patch.text &&
		       trap_text_room(op->text) * sizeof(struct stub_patch) + 7 <= bytes;
	return b->n < SLOT_OPS_MAX && (!needs_fd(op) || b->nfds < SLOT_FDS_MAX) &&
	       (op->kind != AS_WRITE || op->len <= bytes);
}

static void protect_op(struct stub_op *s, gaddr_t start, gaddr_t end, int prot)
{
	*s = (struct stub_op){
		.nr = SYS_mprotect, .flags = OP_MAY_FAIL, .args = { start, end - start, (uint64_t)prot }
	};
}

/* Changes of code. The pages are writable meanwhile, which nobody is there to make use of. */
static void batch_patch(struct batch *b, const struct as_op *op)
{
	static struct stub_patch p[TEXT_PATCHES_MAX]; /* only while this runs: the slot's are the guest's */
	struct ctx *by = b->by;
	uint32_t off = SLOT_BUF_OFF + ((b->bytes + 7) & ~7u);
	struct stub_op *s = &by->slot->ops[b->n];
	unsigned n = trap_as_add_text(by->as, op->text, op->addr)
	                     ? 0 : trap_text_fill(by->as, op->text, op->addr, op->off, op->len, p);

	if (!n)
		return;
	gaddr_t start = PAGE_DOWN(p[0].addr), end = PAGE_UP(p[n - 1].addr + p[n - 1].len);
	memcpy((char *)by->slot + off, p, n * sizeof(*p));
	protect_op(&s[0], start, end, PROT_READ | PROT_WRITE | PROT_EXEC);
	s[1] = (struct stub_op){
		.nr = OP_PATCH, .flags = OP_MAY_FAIL,
		.args = { STUB_SLOTS + (uint64_t)by->index * SLOT_SIZE + off, n },
	};
	protect_op(&s[2], start, end, PROT_READ | PROT_EXEC);
	b->bytes = off - SLOT_BUF_OFF + n * (uint32_t)sizeof(*p);
	by->patch.text = trap_text_ref(op->text);
	by->patch.op = b->n + 1;
	by->patch.base = op->addr;
	by->patch.off = op->off;
	by->patch.len = op->len;
	b->n += 3;
	/* Known before the first byte changes: traps there have to be told from the guest's. */
	trap_text_applied(by->as, op->text, op->addr, p, n);
}

static void batch_add(struct batch *b, const struct as_op *op)
{
	b->taken++;
	if (op->kind == AS_PATCH) {
		batch_patch(b, op);
		return;
	}
	struct stub_op *s = &b->by->slot->ops[b->n++];

	*s = (struct stub_op){ .flags = op->may_fail ? OP_MAY_FAIL : 0, .args = { op->addr, op->len } };
	switch (op->kind) {
	case AS_MAP:
		s->nr = SYS_mmap;
		s->args[2] = (uint64_t)op->prot;
		s->args[3] = (uint64_t)(unsigned)(op->flags | MAP_FIXED);
		s->args[4] = (uint64_t)-1;
		s->args[5] = op->off;
		if (needs_fd(op)) {
			s->flags |= OP_FD;
			s->args[4] = batch_fd(b, op->fd);
		}
		break;
	case AS_UNMAP:
		s->nr = SYS_munmap;
		break;
	case AS_PROTECT:
		s->nr = SYS_mprotect;
		s->args[2] = (uint64_t)op->prot;
		break;
	case AS_REMAP:
		s->nr = SYS_mremap;
		s->args[2] = op->new_len;
		s->args[3] = (uint64_t)(unsigned)op->flags;
		if (op->new_addr != op->addr)
			s->args[3] |= MREMAP_FIXED | MREMAP_MAYMOVE;
		s->args[4] = op->new_addr;
		break;
	case AS_ADVISE:
		s->nr = SYS_madvise;
		s->args[2] = (uint64_t)op->advice;
		break;
	case AS_ZERO:
		s->nr = OP_ZERO;
		break;
	case AS_PATCH:
		break; /* see above */
	case AS_WRITE:
		s->nr = OP_COPY;
		s->args[1] = batch_bytes(b, op->bytes, op->len);
		s->args[2] = op->len;
		break;
	}
}

/* All of a batch's descriptors go in one message, which is taken whatever becomes of its operations: none
 * is left to be taken for a later one's. */
static CO_FN int batch_run(struct batch *b, bool later)
{
	struct ctx *by = b->by;
	int err = 0;

	if (b->nfds)
		err = trap_send_fds(by->as->sock, b->fds, b->nfds);
	if (err)
		return err;
	by->slot->nfds = b->nfds;
	by->later = b->n;
	return later ? 0 : trap_ctx_settle(by);
}

/* With other threads about, nobody could tell in what order things are done. */
static bool may_wait(const struct ctx *by, const struct as_op *ops, unsigned n)
{
	return n <= 3 && ops->later && (trap_g.ops_succeed || ops->may_fail) &&
	       (!by->owner || by->owner == co_self()) &&
	       LIST_FIRST(&by->as->ctxs) == by && !LIST_NEXT(by, as_entry);
}

/* Code that is moved, or that the guest is about to write itself, must be its own again. */
static CO_FN int before_change(struct ctx *by, const struct as_op *op)
{
	if (op->kind == AS_REMAP || (op->kind == AS_PROTECT && op->prot & PROT_WRITE))
		return trap_as_restore(by, op->addr, op->addr + op->len);
	return 0;
}

/* Before it is changed, since what is mapped then may bring rewritten code with it. */
static void forget_changed(struct as *as, const struct as_op *op)
{
	if (!as->rewrites || op->kind == AS_PROTECT || op->kind == AS_ZERO || op->kind == AS_WRITE ||
	    op->kind == AS_PATCH)
		return;
	trap_as_forget(as, op->addr, op->addr + op->len);
	if (op->kind == AS_REMAP)
		trap_as_forget(as, op->new_addr, op->new_addr + op->new_len);
}

CO_FN int trap_as_exec(struct ctx *by, struct as_op *ops, unsigned n)
{
	int err = trap_ctx_settle(by);

	if (err)
		return err;
	for (unsigned i = 0; i < n && by->as->rewrites && !err; i++)
		err = before_change(by, &ops[i]);
	if (err)
		return -ENOMEM;
	comutex_lock(&by->as->lock);
	trap_args_settle(by); /* what is in the slot's buffer */
	for (unsigned i = 0; i < n; i++)
		forget_changed(by->as, &ops[i]);
	for (unsigned i = 0; i < n && !err;) {
		struct batch b = { .by = by };

		while (i + b.taken < n && batch_has_room(&b, &ops[i + b.taken]))
			batch_add(&b, &ops[i + b.taken]);
		i += b.taken;
		err = !b.taken ? -E2BIG : b.n ? batch_run(&b, i == n && may_wait(by, ops, n)) : 0;
	}
	comutex_unlock(&by->as->lock);
	return err;
}

/* The stub asks its own kernel. The zygote has registered for all stubs; to do it again is cheap. */
CO_FN int trap_as_barrier(struct ctx *by, bool sync_core)
{
	uint64_t reg = sync_core ? MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
	                         : MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
	uint64_t cmd = sync_core ? MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
	                         : MEMBARRIER_CMD_PRIVATE_EXPEDITED;
	struct slot *s = trap_ops_begin(by);

	s->ops[0] = (struct stub_op){ .nr = SYS_membarrier, .args = { reg } };
	s->ops[1] = (struct stub_op){ .nr = SYS_membarrier, .args = { cmd } };
	int err = trap_ops_run(by, 2);
	return err == -ESRCH ? err : err ? -ENOSYS : 0;
}

CO_FN int trap_as_resident(struct ctx *by, gaddr_t addr, unsigned n, unsigned char *vec)
{
	struct slot *s = trap_ops_begin(by);

	n = MIN(n, AS_RESIDENT_MAX);
	s->ops[0] = (struct stub_op){
		.nr = SYS_mincore,
		.args = { addr, (uint64_t)n << PAGE_SHIFT,
			  STUB_SLOTS + (uint64_t)by->index * SLOT_SIZE + SLOT_BUF_OFF },
	};
	if (trap_ops_run(by, 1))
		return -ENOMEM;
	memcpy(vec, (char *)s + SLOT_BUF_OFF, n);
	return 0;
}

/* A locked instruction in the guest's own address space, by the caller's thread of it. */
CO_FN int trap_as_cmpxchg32(struct as *as, gaddr_t addr, uint32_t *old, uint32_t val)
{
	struct ctx *by;

	if (addr % 4)
		return -EINVAL;
	/* Not another task's, though it is trapped: that one may go on before this is done. */
	LIST_FOREACH(by, &as->ctxs, as_entry)
		if (by->state == CTX_TRAPPED && by->owner == co_self())
			break;
	if (!by || as->dead)
		return -EFAULT;
	struct slot *s = trap_ops_begin(by);
	uint64_t scratch_off = SLOT_BUF_OFF;
	uint32_t *scratch = (uint32_t *)((char *)s + scratch_off);
	*scratch = *old;
	s->ops[0] = (struct stub_op){
		.nr = OP_CMPXCHG,
		.args = { addr, STUB_SLOTS + (uint64_t)by->index * SLOT_SIZE + scratch_off, val },
	};
	if (trap_ops_run(by, 1))
		return -EFAULT;
	*old = *scratch;
	return 0;
}
