/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that grows: what a generated file says, a piece at a time. Layer: core.
 *
 * Writers don't check for errors: a piece that didn't fit is remembered in `overflow`, and the
 * reader gets -ENOMEM for it.
 */
#ifndef CORE_FS_PROC_SEQ_H
#define CORE_FS_PROC_SEQ_H

#include "core/base.h"

#define SEQ_CHUNK ((size_t)16384) /* a generator that goes on long enough stops about here */
#define SEQ_MAX ((size_t)4 << 20) /* one piece is never longer */

struct seq {
	char *buf;
	size_t len, cap;
	bool overflow;
};

void seq_done(struct seq *s); /* frees the text; s can be used again */
/* Room for n more bytes at the end, which the caller fills and adds to len; NULL: overflow. */
char *seq_room(struct seq *s, size_t n);
void seq_write(struct seq *s, const void *p, size_t n);
void seq_puts(struct seq *s, const char *text);
void seq_putc(struct seq *s, char c);
void seq_printf(struct seq *s, const char *fmt, ...) PRINTF_FMT(2, 3);
/* Spaces up to `column`, counted from `start` (a value of len), and one more: seq_pad(). */
void seq_pad(struct seq *s, size_t start, size_t column);
/* With the bytes of `set`, and backslashes if it has one, as octal escapes. */
void seq_escape(struct seq *s, const char *text, const char *set);
static inline bool seq_full(const struct seq *s)
{
	return s->len >= SEQ_CHUNK || s->overflow;
}

#endif
