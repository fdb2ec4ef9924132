/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry's log. Layer: core.
 */
#include "core/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ONCE_MAX 256 /* keys remembered; a guest can't make the table grow past this */

static int log_fd = STDERR_FILENO;
static enum log_level log_max = LOG_WARN;
static char *once_keys[ONCE_MAX];
static unsigned once_n;

void log_init(int fd, enum log_level max)
{
	log_fd = fd;
	log_max = max;
}

void log_raw(const char *line, size_t len)
{
	/* One write, so that lines of several writers don't mix. A short or refused write loses the
	 * rest of this line: waiting for a slow reader would stop every guest. */
	char buf[4096];

	if (len > sizeof(buf) - 1)
		len = sizeof(buf) - 1;
	memcpy(buf, line, len);
	buf[len++] = '\n';
	if (write(log_fd, buf, len) < 0)
		return;
}

static void vlog(const char *fmt, va_list ap)
{
	char buf[1024];
	int n = snprintf(buf, sizeof(buf), "picket: ");
	int m = vsnprintf(buf + n, sizeof(buf) - (size_t)n, fmt, ap);

	if (m < 0)
		return;
	n += m;
	log_raw(buf, MIN((size_t)n, sizeof(buf) - 1));
}

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	vlog(fmt, ap);
	va_end(ap);
}

bool log_once(const char *key, const char *fmt, ...)
{
	va_list ap;

	for (unsigned i = 0; i < once_n; i++)
		if (!strcmp(once_keys[i], key))
			return false;
	if (once_n == ONCE_MAX)
		return false;
	char *copy = strdup(key);
	if (!copy)
		return false;
	once_keys[once_n++] = copy;
	if (log_max < LOG_INFO)
		return false;
	va_start(ap, fmt);
	vlog(fmt, ap);
	va_end(ap);
	return true;
}
