/* SPDX-License-Identifier: Apache-2.0
 *
 * First stack frame of a coroutine on x86-64.
 */
#include "core/arch/x86_64/co_switch.h"

void arch_co_entry(void);

/* What arch_co_switch pops, lowest address first. */
struct switch_frame {
	uint32_t mxcsr;
	uint16_t fcw, pad;
	uint64_t r15, r14, r13, r12, rbx, rbp;
	uint64_t rip;
	uint64_t align[2]; /* the stack is 16-byte aligned at the first call */
};

void *arch_co_prepare(void *top, void (*fn)(void))
{
	struct switch_frame *f = (struct switch_frame *)((uintptr_t)top & ~(uintptr_t)15) - 1;

	*f = (struct switch_frame){
		.mxcsr = 0x1f80, /* the ABI's initial control words */
		.fcw = 0x037f,
		.r12 = (uintptr_t)fn,
		.rip = (uintptr_t)arch_co_entry,
	};
	return f;
}
