/* SPDX-License-Identifier: Apache-2.0
 *
 * The x86-64 rt_sigframe: building it on a guest's stack and reading it back. Layer: core.
 * Knows nothing of tasks: the caller gives what the frame is to hold. A port offers the same two
 * functions.
 */
#ifndef CORE_ARCH_X86_64_SIGFRAME_H
#define CORE_ARCH_X86_64_SIGFRAME_H

#include <signal.h>

#include "core/mm/mm.h"

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

struct sigframe_altstack {
	gaddr_t sp;
	uint64_t size;
	int flags; /* as sigaltstack stored them: 0, SS_DISABLE, SS_AUTODISARM */
};

struct sigframe_in {
	int sig;
	gaddr_t handler, restorer;
	uint64_t sa_flags;
	uint64_t mask; /* for uc_sigmask: what sigreturn restores */
	const siginfo_t *info;
	struct sigframe_altstack alt;
	uint64_t trapno, error, fault_addr;
};

/*
 * Builds the frame and makes ctx enter the handler. -EFAULT: no restorer, the stack can't be
 * written, or the alternate stack overflowed; ctx is unchanged then. -ENOMEM.
 */
CO_FN int sigframe_setup(struct mm *mm, struct ctx *ctx, const struct sigframe_in *in);

struct sigframe_out {
	uint64_t mask;
	struct sigframe_altstack alt;
};

/* rt_sigreturn(2): sets ctx from the frame at its stack pointer. -EFAULT for a bad one. */
CO_FN int sigframe_return(struct mm *mm, struct ctx *ctx, struct sigframe_out *out);

/* Is sp on the alternate stack? The rule of on_sig_stack() (AUTODISARM stacks never count). */
bool sigframe_on_altstack(const struct sigframe_altstack *alt, gaddr_t sp);

#endif
