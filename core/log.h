/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry's log: one line per event to the descriptor chosen by --log (default: warnings and
 * errors to the caller's stderr as "picket: ..."). Never blocks: a line that can't be written at
 * once is dropped and counted.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_init(int fd, enum log_level max);
void log_at(enum log_level level, const char *fmt, ...) PRINTF_FMT(2, 3);
/* Writes `line` (no newline) unprefixed; used by --strace. */
void log_raw(const char *line, size_t len);

/*
 * Logs a line only the first time `key` is seen, for "unimplemented X" (bounded table; once it is
 * full, new keys are only counted). Returns whether it was printed.
 */
bool log_once(const char *key, const char *fmt, ...) PRINTF_FMT(2, 3);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
