/* SPDX-License-Identifier: Apache-2.0
 *
 * The only door to what depends on the processor. Layer: core.
 */
#ifndef CORE_ARCH_ARCH_H
#define CORE_ARCH_ARCH_H

#if defined(__x86_64__)
#include "core/arch/x86_64/regs.h"
#include "core/arch/x86_64/co_switch.h"
#include "core/arch/x86_64/counter.h"

static inline void arch_cpu_relax(void) { __builtin_ia32_pause(); }
#else
#error "picket has no port to this processor yet"
#endif

#endif
