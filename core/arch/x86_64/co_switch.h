/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutine switch: see co_switch.S.
 */
#ifndef CORE_ARCH_X86_64_CO_SWITCH_H
#define CORE_ARCH_X86_64_CO_SWITCH_H

#include "core/base.h"

/* Saves the running context's stack pointer to *save_sp and goes on from new_sp. */
void arch_co_switch(void **save_sp, void *new_sp);
/* Prepares the stack that ends at `top` so that a first switch to it calls fn. */
void *arch_co_prepare(void *top, void (*fn)(void));

#endif
