/* SPDX-License-Identifier: Apache-2.0
 *
 * The processor's time stamp counter. Layer: core. See core/arch/arch.h.
 */
#ifndef CORE_ARCH_X86_64_COUNTER_H
#define CORE_ARCH_X86_64_COUNTER_H

#include "core/base.h"

#include <cpuid.h>

/* The count once all that came before has been done. What comes later may be done earlier. */
static inline uint64_t arch_counter(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi) : : "rcx", "memory");
	return (uint64_t)hi << 32 | lo;
}

/* The number by which the host knows the processor that this runs on, for comparing alone. */
static inline uint32_t arch_counter_cpu(void)
{
	uint32_t cpu;

	__asm__ volatile("rdtscp" : "=c"(cpu) : : "rax", "rdx");
	return cpu;
}

/* Is there such an instruction, and does the counter go at one speed, whatever the processor does? */
static inline bool arch_counter_steady(void)
{
	const unsigned rdtscp = 1u << 27, invariant = 1u << 8;
	unsigned a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && d & rdtscp &&
	       __get_cpuid(0x80000007, &a, &b, &c, &d) && d & invariant;
}

#endif
