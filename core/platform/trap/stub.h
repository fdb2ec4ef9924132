/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the stub's code lies in the sentry's image. It is copied to STUB_TEXT and only runs there.
 */
#ifndef CORE_PLATFORM_TRAP_STUB_H
#define CORE_PLATFORM_TRAP_STUB_H

#include "core/platform/trap/slot.h"

#pragma GCC visibility push(hidden)
/* The section's bounds, from the linker. */
extern const char __start_stub_text[], __stop_stub_text[];

/* Entry of the zygote, on the lower stack of slot 0; `fprog` is still mapped. Never returns. */
void stub_init(struct slot *s, const void *fprog) __attribute__((noreturn));
/* Where thunks jump to, and what the pc of a trap that CMD_FRAME made is. */
extern const char stub_fast_entry[], stub_fast_frame_pc[];
#pragma GCC visibility pop

/* The address at which a function of the stub runs. */
#define STUB_ADDR(sym) (STUB_TEXT + (uint64_t)((const char *)(sym) - __start_stub_text))

#endif
