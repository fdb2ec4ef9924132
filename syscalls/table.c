/* SPDX-License-Identifier: Apache-2.0
 *
 * The syscall table, built from the rows of table_x86_64.h. Layer: syscalls.
 */
#include "syscalls/strace.h"
#include "syscalls/syscall.h"

/* First pass over the rows: declare the handlers. */
#define FULL(nr, name, ret, note, ...) CO_FN int64_t sys_##name(struct task *t, const uint64_t *a);
#define PART FULL
#define NONE(...)
#define NOSYS(...)
#define DENY(...)
#include "syscalls/table_x86_64.h"
#undef FULL
#undef PART
#undef NONE
#undef NOSYS
#undef DENY

#define A(kind, label) { ARG_##kind, 0, #label }
#define AX(kind, x, label) { ARG_##kind, x, #label }
#define NARGS(...) (sizeof((struct syscall_arg[]){ __VA_ARGS__ }) / sizeof(struct syscall_arg))
#define ROW(nr, label, level, handler, err, kind, text, ...)                                       \
	[nr] = { .name = #label,                                                                    \
		 .fn = (handler),                                                                   \
		 .nargs = NARGS(__VA_ARGS__),                                                       \
		 .support = SUPPORT_##level,                                                        \
		 .error = (err),                                                                    \
		 .ret = ARG_##kind,                                                                 \
		 .arg = { __VA_ARGS__ },                                                            \
		 .note = (text) },

#define FULL(nr, name, ret, note, ...) ROW(nr, name, FULL, sys_##name, 0, ret, note, __VA_ARGS__)
#define PART(nr, name, ret, note, ...) ROW(nr, name, PARTIAL, sys_##name, 0, ret, note, __VA_ARGS__)
#define NONE(nr, name, ret, note, ...) ROW(nr, name, NONE, NULL, 0, ret, note, __VA_ARGS__)
#define NOSYS(nr, name, ret, note, ...) ROW(nr, name, NOSYS, NULL, 0, ret, note, __VA_ARGS__)
#define DENY(nr, name, err, ret, note, ...)                                                        \
	ROW(nr, name, DENIED, NULL, err, ret, note, __VA_ARGS__)

const struct syscall_row syscall_table[] = {
#include "syscalls/table_x86_64.h"
};
const unsigned syscall_table_size = ARRAY_LEN(syscall_table);
