/* SPDX-License-Identifier: Apache-2.0
 *
 * The x86-64 rt_sigframe, as arch/x86/kernel/signal_64.c lays it out: unwinders, libgcc, Go and the
 * JVM depend on each field's place. Layer: core. All that is read back from a guest is hostile.
 */
#include "core/arch/x86_64/sigframe.h"

#include <stdlib.h>

#include "core/assert.h"

#define UC_FP_XSTATE 1
#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4

#define EFLAGS_CF 0x1
#define EFLAGS_TF 0x100
#define EFLAGS_DF 0x400
#define EFLAGS_RF 0x10000
/* What user code may set: FIX_EFLAGS of the kernel (AC OF DF TF SF ZF AF PF CF RF). */
#define EFLAGS_USER 0x00050dd5

#define USER_CS 0x33
#define USER_DS 0x2b

#define FP_MAGIC1 0x46505853U
#define FP_SW_RESERVED_OFF 464 /* struct _fpx_sw_bytes in the legacy area */
#define FP_LEGACY_SIZE 512
#define FP_MAX_SIZE 16384

struct sigcontext_x86 {
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2;
	uint64_t fpstate;
	uint64_t reserved1[8];
};

struct rt_sigframe {
	uint64_t pretcode;
	uint64_t uc_flags, uc_link;
	uint64_t ss_sp;
	int32_t ss_flags, pad;
	uint64_t ss_size;
	struct sigcontext_x86 mc;
	uint64_t sigmask;
	siginfo_t info;
};

_Static_assert(sizeof(struct sigcontext_x86) == 256, "the ABI's sigcontext");
_Static_assert(sizeof(struct rt_sigframe) == 440, "the ABI's rt_sigframe");
_Static_assert(sizeof(siginfo_t) == 128, "the ABI's siginfo");

bool sigframe_on_altstack(const struct sigframe_altstack *alt, gaddr_t sp)
{
	if (alt->flags & (int)SS_AUTODISARM)
		return false;
	return sp > alt->sp && sp - alt->sp <= alt->size;
}

/* The rule without the AUTODISARM exception: for the overflow check. */
static bool within_altstack(const struct sigframe_altstack *alt, gaddr_t sp)
{
	return sp > alt->sp && sp - alt->sp <= alt->size;
}

static gaddr_t frame_place(const struct sigframe_in *in, const struct arch_regs *r, size_t fp_size,
                           gaddr_t *fp)
{
	gaddr_t sp = r->rsp - ARCH_REDZONE;
	bool nested = sigframe_on_altstack(&in->alt, r->rsp), entering = false;

	if ((in->sa_flags & SA_ONSTACK) && in->alt.size && !nested) {
		sp = in->alt.sp + in->alt.size;
		entering = true;
	}
	*fp = (sp - fp_size) & ~63ULL;
	sp = ((*fp - sizeof(struct rt_sigframe)) & ~15ULL) - 8;
	/* An overflow would silently overwrite what lies below the alternate stack. */
	if ((nested || entering) && !within_altstack(&in->alt, sp))
		return 0;
	return sp;
}

static void fill_mcontext(struct sigcontext_x86 *mc, const struct arch_regs *r,
                          const struct sigframe_in *in, gaddr_t fp)
{
	mc->r8 = r->r8, mc->r9 = r->r9, mc->r10 = r->r10, mc->r11 = r->r11;
	mc->r12 = r->r12, mc->r13 = r->r13, mc->r14 = r->r14, mc->r15 = r->r15;
	mc->di = r->rdi, mc->si = r->rsi, mc->bp = r->rbp, mc->bx = r->rbx;
	mc->dx = r->rdx, mc->ax = r->rax, mc->cx = r->rcx, mc->sp = r->rsp;
	mc->ip = r->rip, mc->flags = r->eflags;
	mc->cs = r->cs ? r->cs : USER_CS;
	mc->ss = r->ss ? r->ss : USER_DS;
	mc->err = in->error, mc->trapno = in->trapno, mc->cr2 = in->fault_addr;
	mc->oldmask = in->mask;
	mc->fpstate = fp;
}

CO_FN int sigframe_setup(struct mm *mm, struct ctx *ctx, const struct sigframe_in *in)
{
	size_t fp_size = platform->ctx_fp_size(ctx);
	struct rt_sigframe f = { 0 };
	struct arch_regs r;
	gaddr_t sp, fp;
	void *buf;
	int err;

	if (!(in->sa_flags & SA_RESTORER))
		return -EFAULT;
	platform->ctx_get_regs(ctx, &r);
	sp = frame_place(in, &r, fp_size, &fp);
	if (!sp || sp >= TASK_SIZE)
		return -EFAULT;
	buf = malloc(fp_size);
	if (!buf)
		return -ENOMEM;
	platform->ctx_get_fp(ctx, buf, fp_size);
	err = mm_copyout(mm, fp, buf, fp_size);
	free(buf);
	if (err)
		return -EFAULT;

	f.pretcode = in->restorer;
	f.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f.ss_sp = in->alt.sp;
	f.ss_flags = in->alt.flags;
	f.ss_size = in->alt.size;
	fill_mcontext(&f.mc, &r, in, fp);
	f.sigmask = in->mask;
	f.info = *in->info;
	if (mm_copyout(mm, sp, &f, sizeof(f)))
		return -EFAULT;

	r.rdi = (uint64_t)in->sig;
	r.rsi = sp + offsetof(struct rt_sigframe, info);
	r.rdx = sp + offsetof(struct rt_sigframe, uc_flags);
	r.rax = 0;
	r.rip = in->handler;
	r.rsp = sp;
	r.cs = USER_CS;
	r.ss = USER_DS;
	r.eflags &= ~(uint64_t)(EFLAGS_DF | EFLAGS_RF | EFLAGS_TF);
	platform->ctx_set_regs(ctx, &r);
	platform->ctx_set_fp(ctx, NULL, 0);
	return 0;
}

/* Restores the FP state that the frame points to; 0 means the initial state. */
static CO_FN int restore_fp(struct mm *mm, struct ctx *ctx, gaddr_t fp)
{
	size_t max = MIN(platform->ctx_fp_size(ctx), (size_t)FP_MAX_SIZE), len = FP_LEGACY_SIZE;
	uint32_t sw[2]; /* magic1, extended_size */
	char *buf;
	int err;

	if (!fp)
		return platform->ctx_set_fp(ctx, NULL, 0);
	if (fp & 63)
		return -EFAULT;
	if (max < FP_LEGACY_SIZE)
		max = FP_LEGACY_SIZE;
	if (mm_copyin(mm, sw, fp + FP_SW_RESERVED_OFF, sizeof(sw)))
		return -EFAULT;
	/* A frame without the magic number, or of another size, holds legacy state only. */
	if (sw[0] == FP_MAGIC1 && sw[1] > FP_LEGACY_SIZE && sw[1] <= max)
		len = sw[1];
	buf = malloc(len);
	if (!buf)
		return -ENOMEM;
	err = mm_copyin(mm, buf, fp, len);
	if (!err)
		err = platform->ctx_set_fp(ctx, buf, len);
	free(buf);
	return err;
}

CO_FN int sigframe_return(struct mm *mm, struct ctx *ctx, struct sigframe_out *out)
{
	struct rt_sigframe f;
	const struct sigcontext_x86 *mc = &f.mc;
	struct arch_regs r;

	platform->ctx_get_regs(ctx, &r);
	/* The handler's return popped pretcode. */
	if (mm_copyin(mm, &f, r.rsp - 8, offsetof(struct rt_sigframe, info)))
		return -EFAULT;
	r.r8 = mc->r8, r.r9 = mc->r9, r.r10 = mc->r10, r.r11 = mc->r11;
	r.r12 = mc->r12, r.r13 = mc->r13, r.r14 = mc->r14, r.r15 = mc->r15;
	r.rdi = mc->di, r.rsi = mc->si, r.rbp = mc->bp, r.rbx = mc->bx;
	r.rdx = mc->dx, r.rax = mc->ax, r.rcx = mc->cx, r.rsp = mc->sp;
	r.rip = mc->ip;
	r.cs = mc->cs | 3;
	r.ss = f.uc_flags & UC_STRICT_RESTORE_SS ? mc->ss | 3 : USER_DS;
	/* There is no other code segment here: a frame that asks for one would fault in iret. */
	if (r.cs != USER_CS || r.ss != USER_DS)
		return -EFAULT;
	r.eflags = (r.eflags & ~(uint64_t)EFLAGS_USER) | (mc->flags & EFLAGS_USER);
	if (restore_fp(mm, ctx, mc->fpstate))
		return -EFAULT;
	platform->ctx_set_regs(ctx, &r);
	out->mask = f.sigmask;
	out->alt = (struct sigframe_altstack){ f.ss_sp, f.ss_size, f.ss_flags };
	return 0;
}
