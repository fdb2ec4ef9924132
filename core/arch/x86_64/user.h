/* SPDX-License-Identifier: Apache-2.0
 *
 * What a debugger sees of an x86-64 context: struct user_regs_struct, struct user, and the floating
 * point state as register sets (arch/x86/kernel/ptrace.c, fpu/regset.c). Layer: core. Knows nothing of
 * tasks. What comes from a guest is hostile.
 */
#ifndef CORE_ARCH_X86_64_USER_H
#define CORE_ARCH_X86_64_USER_H

#include "core/arch/x86_64/regs.h"

#define ARCH_USER_WORDS 27 /* of struct user_regs_struct */
#define ARCH_USER_SIZE 928 /* the kernel's struct user: two words longer than the C library's */
#define ARCH_USER_DEBUGREG 848 /* eight words in it */
#define ARCH_FPREGS_SIZE 512 /* struct user_fpregs_struct, the FXSAVE image */

struct arch_user {
	struct arch_regs r;
	int64_t orig_nr; /* orig_rax */
	gaddr_t fs_base, gs_base;
	bool forced_tf;  /* the trap flag in r isn't the guest's */
};

uint64_t arch_user_get(const struct arch_user *u, unsigned word);
/* -EIO: a value that the word can't have. */
int arch_user_put(struct arch_user *u, unsigned word, uint64_t value);

/* Is the instruction that the n bytes begin with one that loads the flags? */
bool arch_sets_trap_flag(const uint8_t *code, size_t n);

/*
 * FP states. `frame` is one in the format of a signal frame, of len bytes, as ctx_get_fp gives it.
 * The XSAVE image that debuggers know has no trailing magic number.
 */
static inline size_t arch_xstate_size(size_t len)
{
	return len > ARCH_FPREGS_SIZE ? len - sizeof(uint32_t) : ARCH_FPREGS_SIZE;
}
/* Makes frame that image, in place: components that aren't in use show their initial state. */
void arch_xstate_export(uint8_t *frame, size_t len);
/* Checks an image from a guest, of arch_xstate_size() bytes: -EINVAL. frame: the present state. */
int arch_xstate_check(const uint8_t *image, const uint8_t *frame, size_t len);
/* Puts an FXSAVE image into an exported frame: -EINVAL. */
int arch_fpregs_import(uint8_t *frame, size_t len, const uint8_t *fx);

#endif
