/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that grows. Layer: core.
 */
#include "core/fs/proc/seq.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void seq_done(struct seq *s)
{
	free(s->buf);
	*s = (struct seq){ 0 };
}

char *seq_room(struct seq *s, size_t n)
{
	size_t cap = s->cap ? s->cap : 512;
	char *buf;

	if (s->overflow)
		return NULL;
	if (n <= s->cap - s->len)
		return s->buf + s->len;
	while (cap - s->len < n && cap < SEQ_MAX)
		cap *= 2;
	buf = cap - s->len < n ? NULL : realloc(s->buf, cap);
	if (!buf) {
		s->overflow = true;
		return NULL;
	}
	s->buf = buf;
	s->cap = cap;
	return buf + s->len;
}

void seq_write(struct seq *s, const void *p, size_t n)
{
	char *at = seq_room(s, n);

	if (!at)
		return;
	memcpy(at, p, n);
	s->len += n;
}

void seq_puts(struct seq *s, const char *text)
{
	seq_write(s, text, strlen(text));
}

void seq_putc(struct seq *s, char c)
{
	seq_write(s, &c, 1);
}

void seq_printf(struct seq *s, const char *fmt, ...)
{
	char *at = seq_room(s, 128);
	va_list ap;
	int n;

	if (!at)
		return;
	va_start(ap, fmt);
	n = vsnprintf(at, s->cap - s->len, fmt, ap);
	va_end(ap);
	if (n < 0) {
		s->overflow = true;
		return;
	}
	if ((size_t)n >= s->cap - s->len) {
		at = seq_room(s, (size_t)n + 1);
		if (!at)
			return;
		va_start(ap, fmt);
		vsnprintf(at, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	s->len += (size_t)n;
}

void seq_pad(struct seq *s, size_t start, size_t column)
{
	while (!s->overflow && s->len - start < column)
		seq_putc(s, ' ');
	seq_putc(s, ' ');
}

void seq_escape(struct seq *s, const char *text, const char *set)
{
	for (; *text; text++) {
		if (strchr(set, *text))
			seq_printf(s, "\\%03o", (unsigned char)*text);
		else
			seq_putc(s, *text);
	}
}
