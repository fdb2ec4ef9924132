/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers and FP state of a trapped context: they lie in the signal frame that the host kernel
 * wrote on the alternate stack, inside the slot. The guest can write there too, so every offset is
 * copied, checked and only then used. Layer: core.
 */
#include <asm/prctl.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

#include "core/assert.h"
#include "core/platform/trap/stub.h"
#include "core/platform/trap/trap.h"

/* Words of the FP area that the host kernel's restore looks at (asm/sigcontext.h). */
#define FP_SW_OFF 464
#define FP_MXCSR_OFF 24
#define FP_LEGACY 512
#define FP_HEADER_OFF 512
#define FP_HEADER_SIZE 64
#define FP_MAGIC1 0x46505853u
#define FP_MAGIC2 0x46505845u

/* Selectors of 64-bit user code and data (asm/segment.h). */
#define USER_CS 0x33
#define USER_DS 0x2b

/* The kernel's struct ucontext ends after its 8-byte mask, and siginfo follows; glibc's is longer. */
#define KERNEL_UC_SIZE (offsetof(ucontext_t, uc_sigmask) + 8)

struct fp_sw {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, padding[7];
};

static ucontext_t *frame_uc(struct ctx *ctx)
{
	return (ucontext_t *)((char *)ctx->slot + ctx->uc_off);
}

static char *frame_fp(struct ctx *ctx)
{
	return (char *)ctx->slot + ctx->fp_off;
}

static uint64_t slot_guest_addr(unsigned index)
{
	return STUB_SLOTS + (uint64_t)index * SLOT_SIZE;
}

/*
 * Thunks find their slot by gs, so the guest's own value is kept here alone, until it shows that it
 * has set one itself (wrgsbase): then it has the register, and no thunks.
 */
static void take_gs(struct ctx *ctx, uint64_t gs)
{
	if (ctx->set_gs || gs == slot_guest_addr(ctx->index))
		return;
	ctx->own_gs = gs != 0;
	ctx->gs_base = gs;
	ctx->set_gs = !ctx->own_gs;
}

/*
 * The kernel always lays the frame out the same way from the top of the stack, unless the guest
 * pointed its own stack pointer into the window: then its offsets differ, but must still be inside.
 */
int trap_ctx_take_frame(struct ctx *ctx)
{
	const struct slot *s = ctx->slot;
	uint32_t uc = __atomic_load_n(&s->uc_off, __ATOMIC_RELAXED);
	uint32_t info = __atomic_load_n(&s->info_off, __ATOMIC_RELAXED);

	if (uc < SLOT_STACK_OFF || uc % 8 || uc + KERNEL_UC_SIZE + sizeof(siginfo_t) > SLOT_SIZE ||
	    info != uc + KERNEL_UC_SIZE)
		return -EFAULT;
	ctx->uc_off = uc;
	ctx->signo = (int)s->signo;
	uint64_t fp = (uint64_t)frame_uc(ctx)->uc_mcontext.fpregs - slot_guest_addr(ctx->index);
	if (!trap_g.fp_size) { /* the zygote's first frame, before any guest code */
		struct fp_sw sw;
		if (fp > SLOT_SIZE - FP_LEGACY)
			return -EFAULT;
		memcpy(&sw, (char *)ctx->slot + fp + FP_SW_OFF, sizeof(sw));
		trap_g.fp_size = sw.magic1 == FP_MAGIC1 ? sw.extended_size : FP_LEGACY;
	}
	if (fp % 16 || fp < SLOT_STACK_OFF || fp > SLOT_SIZE || SLOT_SIZE - fp < trap_g.fp_size)
		return -EFAULT;
	ctx->fp_off = (uint32_t)fp;
	ctx->fast = false;
	if (trap_g.params->has_fsgsbase) {
		if (!ctx->set_fs)
			ctx->fs_base = s->fs_base;
		take_gs(ctx, s->gs_base);
	}
	return 0;
}

/* A fast trap has no frame: all that is known lies in the slot. */
void trap_ctx_take_fast(struct ctx *ctx)
{
	ctx->fast = true;
	ctx->signo = SIGSYS;
}

void trap_copy_frame(const struct ctx *from, struct slot *to, unsigned to_index)
{
	uint64_t delta = slot_guest_addr(to_index) - slot_guest_addr(from->index);
	uint32_t start = from->uc_off - 8;
	ucontext_t *uc = (ucontext_t *)((char *)to + from->uc_off);

	memcpy((char *)to + start, (const char *)from->slot + start, SLOT_SIZE - start);
	uc->uc_mcontext.fpregs =
	        (fpregset_t)(slot_guest_addr(from->index) + from->fp_off + delta);
	uc->uc_stack.ss_sp = (void *)(slot_guest_addr(to_index) + SLOT_STACK_OFF);
	uc->uc_stack.ss_size = SLOT_STACK_SIZE;
	uc->uc_stack.ss_flags = 0;
	to->uc_off = from->uc_off;
	to->info_off = (uint32_t)(from->uc_off + KERNEL_UC_SIZE);
	to->signo = (uint32_t)from->signo;
	to->fs_base = from->fs_base;
	to->gs_base = from->gs_base;
}

/* A thunk is nothing that a guest should see: its pc is that of the instructions it stands for. */
bool trap_show_pc(struct ctx *ctx)
{
	greg_t *g = frame_uc(ctx)->uc_mcontext.gregs;
	gaddr_t pc = (gaddr_t)g[REG_RIP];
	uint64_t ret = ctx->slot->regs.ret;

	/* CMD_FRAME's own trap: the guest stands behind its system call. */
	if (ctx->signo == SIGTRAP && pc == STUB_ADDR(stub_fast_frame_pc)) {
		ctx->signo = STUB_KICK_SIGNAL;
		pc = ret;
		g[REG_EFL] = (greg_t)ctx->slot->regs.flags;
		g[REG_R11] = g[REG_EFL];
		g[REG_RCX] = (greg_t)trap_pc_shown(ctx->as, pc);
	}
	gaddr_t shown = ctx->as->rewrites ? trap_pc_shown(ctx->as, pc) : pc;
	g[REG_RIP] = (greg_t)shown;
	return shown != pc;
}

/* The other way round, before the guest goes on by its frame. */
void trap_mean_pc(struct ctx *ctx)
{
	greg_t *g = frame_uc(ctx)->uc_mcontext.gregs;

	if (ctx->as->rewrites)
		g[REG_RIP] = (greg_t)trap_pc_meant(ctx->as, (gaddr_t)g[REG_RIP]);
}

bool trap_retry(struct ctx *ctx)
{
	/* A moved instruction that traps by itself traps again wherever it is. */
	if (ctx->fast || ctx->in_thunk || !ctx->as->rewrites)
		return false;
	greg_t *g = frame_uc(ctx)->uc_mcontext.gregs;
	gaddr_t pc = (gaddr_t)g[REG_RIP];
	if (!trap_pc_retry(ctx->as, ctx->signo, &pc))
		return false;
	g[REG_RIP] = (greg_t)pc;
	return true;
}

/* The host delivers every signal to guest code, whatever mask was left in the frame. */
void trap_clear_mask(struct ctx *ctx)
{
	memset(&frame_uc(ctx)->uc_sigmask, 0, 8);
}

void trap_decode(struct ctx *ctx, struct trap *ret)
{
	siginfo_t si;
	gregset_t g;

	if (ctx->fast) {
		ret->kind = TRAP_SYSCALL;
		ret->sc.site = 0;
		ret->sc.arch = ARCH_AUDIT;
		ret->sc.nr = ctx->args.nr;
		memcpy(ret->sc.args, ctx->args.arg, sizeof(ret->sc.args));
		return;
	}
	memcpy(&si, (char *)ctx->slot + ctx->uc_off + KERNEL_UC_SIZE, sizeof(si));
	memcpy(&g, frame_uc(ctx)->uc_mcontext.gregs, sizeof(g));
	switch (ctx->signo) {
	case SIGSYS:
		ret->kind = TRAP_SYSCALL;
		ret->sc.site = 0;
		ret->sc.due = false;
		if (!ctx->own_gs && trap_rewrite_due(ctx->as, (gaddr_t)g[REG_RIP], &ret->sc.due))
			ret->sc.site = (gaddr_t)g[REG_RIP];
		ret->sc.arch = si.si_arch;
		ret->sc.nr = (uint64_t)g[REG_RAX];
		ret->sc.args[0] = (uint64_t)g[REG_RDI];
		ret->sc.args[1] = (uint64_t)g[REG_RSI];
		ret->sc.args[2] = (uint64_t)g[REG_RDX];
		ret->sc.args[3] = (uint64_t)g[REG_R10];
		ret->sc.args[4] = (uint64_t)g[REG_R8];
		ret->sc.args[5] = (uint64_t)g[REG_R9];
		break;
	case SIGSEGV:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
		ret->kind = TRAP_FAULT;
		ret->fault.signo = ctx->signo;
		ret->fault.code = si.si_code;
		ret->fault.addr = (gaddr_t)si.si_addr;
		/* These name the instruction: the guest's own. */
		if (ctx->in_thunk && (ctx->signo == SIGILL || ctx->signo == SIGFPE))
			ret->fault.addr = (gaddr_t)g[REG_RIP];
		ret->fault.trapno = (uint64_t)g[REG_TRAPNO];
		ret->fault.error = (uint64_t)g[REG_ERR];
		ret->fault.rewriting = ctx->in_thunk && ctx->signo == SIGTRAP; /* a single step */
		break;
	default:
		ret->kind = TRAP_INTERRUPTED;
	}
}

static void get_fast_regs(struct ctx *ctx, struct arch_regs *r)
{
	struct fast_regs f;

	memcpy(&f, &ctx->slot->regs, sizeof(f));
	*r = (struct arch_regs){
		.rax = ctx->args.result, .rbx = f.rbx, .rdx = f.rdx, .rsi = f.rsi, .rdi = f.rdi, .rbp = f.rbp,
		.rsp = f.rsp, .r8 = f.r8, .r9 = f.r9, .r10 = f.r10, .r12 = f.r12, .r13 = f.r13,
		.r14 = f.r14, .r15 = f.r15, .r11 = f.flags, .eflags = f.flags,
		.cs = USER_CS, .ss = USER_DS,
	};
	r->rip = r->rcx = trap_pc_shown(ctx->as, f.ret);
}

void trap_get_regs(struct ctx *ctx, struct arch_regs *r)
{
	gregset_t g;

	if (ctx->fast) {
		get_fast_regs(ctx, r);
		return;
	}
	memcpy(&g, frame_uc(ctx)->uc_mcontext.gregs, sizeof(g));
	*r = (struct arch_regs){
		.rax = (uint64_t)g[REG_RAX], .rbx = (uint64_t)g[REG_RBX],
		.rcx = (uint64_t)g[REG_RCX], .rdx = (uint64_t)g[REG_RDX],
		.rsi = (uint64_t)g[REG_RSI], .rdi = (uint64_t)g[REG_RDI],
		.rbp = (uint64_t)g[REG_RBP], .rsp = (uint64_t)g[REG_RSP],
		.r8 = (uint64_t)g[REG_R8],   .r9 = (uint64_t)g[REG_R9],
		.r10 = (uint64_t)g[REG_R10], .r11 = (uint64_t)g[REG_R11],
		.r12 = (uint64_t)g[REG_R12], .r13 = (uint64_t)g[REG_R13],
		.r14 = (uint64_t)g[REG_R14], .r15 = (uint64_t)g[REG_R15],
		.rip = (uint64_t)g[REG_RIP], .eflags = (uint64_t)g[REG_EFL],
		.cs = (uint16_t)g[REG_CSGSFS],
		.gs = (uint16_t)(g[REG_CSGSFS] >> 16),
		.fs = (uint16_t)(g[REG_CSGSFS] >> 32),
		.ss = (uint16_t)(g[REG_CSGSFS] >> 48),
	};
}

/*
 * The host kernel checks what it restores: flags are masked, selectors forced to user privilege.
 * cs and ss stay the host's, since only the 64-bit ones can be meant.
 */
void trap_set_regs(struct ctx *ctx, const struct arch_regs *r)
{
	greg_t *g = frame_uc(ctx)->uc_mcontext.gregs;

	ASSERT(!ctx->fast, "registers are set in a frame");
	g[REG_RAX] = (greg_t)r->rax;
	g[REG_RBX] = (greg_t)r->rbx;
	g[REG_RCX] = (greg_t)r->rcx;
	g[REG_RDX] = (greg_t)r->rdx;
	g[REG_RSI] = (greg_t)r->rsi;
	g[REG_RDI] = (greg_t)r->rdi;
	g[REG_RBP] = (greg_t)r->rbp;
	g[REG_RSP] = (greg_t)r->rsp;
	g[REG_R8] = (greg_t)r->r8;
	g[REG_R9] = (greg_t)r->r9;
	g[REG_R10] = (greg_t)r->r10;
	g[REG_R11] = (greg_t)r->r11;
	g[REG_R12] = (greg_t)r->r12;
	g[REG_R13] = (greg_t)r->r13;
	g[REG_R14] = (greg_t)r->r14;
	g[REG_R15] = (greg_t)r->r15;
	g[REG_RIP] = (greg_t)r->rip;
	g[REG_EFL] = (greg_t)r->eflags;
}

void trap_set_result(struct ctx *ctx, int64_t result)
{
	if (ctx->args.out_failed && (result >= 0 || result < -4095))
		result = -EFAULT;
	if (ctx->fast)
		ctx->args.result = (uint64_t)result;
	else
		frame_uc(ctx)->uc_mcontext.gregs[REG_RAX] = result;
}

size_t trap_fp_size(struct ctx *ctx UNUSED)
{
	return trap_g.fp_size;
}

void trap_get_fp(struct ctx *ctx, void *buf, size_t len)
{
	ASSERT(!ctx->fast, "FP state lies in a frame");
	memcpy(buf, frame_fp(ctx), MIN(len, (size_t)trap_g.fp_size));
}

/*
 * Takes over a guest's FP state. The bookkeeping words stay the host's own, or its restore would
 * read beyond the area or refuse it with a SIGSEGV; reserved bits are cleared as Linux does.
 */
int trap_set_fp(struct ctx *ctx, const void *buf, size_t len)
{
	ASSERT(!ctx->fast, "FP state lies in a frame");
	char *fp = frame_fp(ctx);
	size_t size = trap_g.fp_size;
	bool ext = size > FP_LEGACY;
	size_t body = ext ? size - sizeof(uint32_t) : size; /* without the trailing magic */
	uint32_t mxcsr;

	if (!buf) {
		static const uint16_t fcw = 0x037f;
		memset(fp, 0, FP_SW_OFF);
		memcpy(fp, &fcw, sizeof(fcw));
		mxcsr = 0x1f80;
		memcpy(fp + FP_MXCSR_OFF, &mxcsr, sizeof(mxcsr));
		/* Clearing xstate_bv asks for the initial state of every component. */
		if (ext)
			memset(fp + FP_HEADER_OFF, 0, FP_HEADER_SIZE);
		return 0;
	}
	if (len < FP_LEGACY)
		return -EINVAL;
	memcpy(fp, buf, FP_SW_OFF);
	memcpy(&mxcsr, fp + FP_MXCSR_OFF, sizeof(mxcsr));
	mxcsr &= 0xffff;
	memcpy(fp + FP_MXCSR_OFF, &mxcsr, sizeof(mxcsr));
	if (!ext)
		return 0;
	struct fp_sw sw;
	memcpy(&sw, fp + FP_SW_OFF, sizeof(sw));
	if (len < size) { /* FXSAVE only: the rest is initial */
		uint64_t bv = 3;
		memset(fp + FP_HEADER_OFF, 0, FP_HEADER_SIZE);
		memcpy(fp + FP_HEADER_OFF, &bv, sizeof(bv));
		return 0;
	}
	memcpy(fp + FP_LEGACY, (const char *)buf + FP_LEGACY, body - FP_LEGACY);
	uint64_t bv;
	memcpy(&bv, fp + FP_HEADER_OFF, sizeof(bv));
	bv &= sw.xfeatures;
	memset(fp + FP_HEADER_OFF, 0, FP_HEADER_SIZE);
	memcpy(fp + FP_HEADER_OFF, &bv, sizeof(bv));
	return 0;
}

gaddr_t trap_get_tls(struct ctx *ctx, int which)
{
	return which == ARCH_SET_FS ? ctx->fs_base : ctx->gs_base;
}

void trap_set_tls(struct ctx *ctx, int which, gaddr_t base)
{
	if (which == ARCH_SET_FS) {
		ctx->fs_base = base;
		ctx->set_fs = true;
	} else {
		ctx->gs_base = base;
		ctx->own_gs = base != 0;
		ctx->set_gs = true;
	}
}
