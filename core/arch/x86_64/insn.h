/* SPDX-License-Identifier: Apache-2.0
 *
 * Lengths of instructions, as far as system calls are followed by them: what compilers make of
 * ordinary code. Whatever it doesn't know for certain it refuses. Layer: core.
 *
 * Not a library, because those decode all of x86 and take some 300 KiB of memory for it, a sixth of what
 * an idle sandbox may have. tests/unit/test_insn.c compares this with one of them (Zydis).
 */
#ifndef CORE_ARCH_X86_64_INSN_H
#define CORE_ARCH_X86_64_INSN_H

#include "core/base.h"

enum insn_kind {
	INSN_PLAIN, /* goes on to the next */
	INSN_JCC,   /* a conditional jump, not loop or jrcxz */
	INSN_JMP,   /* to a fixed place */
	INSN_RET,
};

struct insn {
	enum insn_kind kind;
	uint8_t len;
	uint8_t opcode;   /* the last byte of it */
	int32_t distance; /* of jumps: from the end of the instruction */
	uint8_t disp_off; /* where the 32 bits of an operand relative to the pc lie; 0: there is none */
};

/* 0, or -EINVAL: cut off after n bytes, or unknown. No call, no system call, nothing with an effect
 * that depends on where it is but the three kinds of jumps. */
int insn_decode(struct insn *in, const uint8_t *code, size_t n);

#endif
