/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks for guest tests. The same program runs natively and in picket, and both outputs must be
 * equal: so messages hold no pids, times, addresses or anything that depends on scheduling.
 *
 *	int main(void)
 *	{
 *		check(close(-1) == -1 && errno == EBADF, "close of a bad descriptor");
 *		check_errno(open("/nowhere", O_RDONLY), ENOENT, "open of nothing");
 *		return done();
 *	}
 */
#ifndef TESTS_GUEST_TAP_H
#define TESTS_GUEST_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) UNUSED static bool check(bool ok, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	printf("%s %d - ", ok ? "ok" : "not ok", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (!ok) {
		tap_failed++;
		printf(" (errno %d: %s)", saved, strerror(saved));
	}
	printf("\n");
	fflush(stdout);
	errno = saved;
	return ok;
}

/* The call failed with exactly this errno. Evaluates the call once. */
#define check_errno(call, want, ...)                                                               \
	do {                                                                                       \
		errno = 0;                                                                         \
		long r_ = (long)(call);                                                            \
		check(r_ == -1 && errno == (want), __VA_ARGS__);                                   \
	} while (0)

/* The call succeeded with this value. */
#define check_is(call, want, ...)                                                                  \
	do {                                                                                       \
		errno = 0;                                                                         \
		long r_ = (long)(call), w_ = (long)(want);                                         \
		if (!check(r_ == w_, __VA_ARGS__))                                                 \
			printf("# got %ld, not %ld\n", r_, w_);                                    \
	} while (0)

/* Something the test itself needs; without it nothing can be said. */
#define need(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("not ok - line %d: %s (errno %d: %s)\n", __LINE__, #cond, errno,    \
			       strerror(errno));                                                   \
			fflush(stdout);                                                            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* Ends the test: the success token, so that a silent early death is a failure. */
UNUSED static int done(void)
{
	printf("1..%d\n# done\n", tap_count);
	fflush(stdout);
	return tap_failed != 0;
}

#endif
