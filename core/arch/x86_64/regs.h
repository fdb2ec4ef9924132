/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of an x86-64 guest context, and the names the rest of the sentry uses for them.
 */
#ifndef CORE_ARCH_X86_64_REGS_H
#define CORE_ARCH_X86_64_REGS_H

#include <linux/audit.h>

#include "core/base.h"

#define ARCH_AUDIT AUDIT_ARCH_X86_64
#define ARCH_PLATFORM_NAME "x86_64" /* AT_PLATFORM, uname -m */
#define ARCH_SYSCALL_INSN_LEN 2     /* 0f 05: what a restart steps back over */
#define ARCH_REDZONE 128
#define ARCH_INSN_MAX 15
#define ARCH_TRAPNO_STEP 1          /* #DB */

/* Order is free: never shared with a stub. */
struct arch_regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, eflags;
	uint16_t cs, ss, fs, gs;
};

static inline gaddr_t arch_pc(const struct arch_regs *r) { return r->rip; }
static inline void arch_set_pc(struct arch_regs *r, gaddr_t pc) { r->rip = pc; }
static inline gaddr_t arch_sp(const struct arch_regs *r) { return r->rsp; }
static inline void arch_set_sp(struct arch_regs *r, gaddr_t sp) { r->rsp = sp; }
static inline void arch_set_result(struct arch_regs *r, int64_t v) { r->rax = (uint64_t)v; }
static inline int64_t arch_result(const struct arch_regs *r) { return (int64_t)r->rax; }

static inline void arch_syscall_args(const struct arch_regs *r, uint64_t args[6])
{
	args[0] = r->rdi;
	args[1] = r->rsi;
	args[2] = r->rdx;
	args[3] = r->r10;
	args[4] = r->r8;
	args[5] = r->r9;
}

/* Single steps: a trap follows the next instruction. */
#define ARCH_EFLAGS_TF 0x100u
static inline bool arch_trap_flag(const struct arch_regs *r) { return r->eflags & ARCH_EFLAGS_TF; }
static inline void arch_set_trap_flag(struct arch_regs *r, bool on)
{
	r->eflags = (r->eflags & ~(uint64_t)ARCH_EFLAGS_TF) | (on ? ARCH_EFLAGS_TF : 0);
}

/* Puts the registers back so that the syscall instruction runs again with number nr. */
static inline void arch_restart_syscall(struct arch_regs *r, uint64_t nr)
{
	r->rip -= ARCH_SYSCALL_INSN_LEN;
	r->rax = nr;
}

#endif
