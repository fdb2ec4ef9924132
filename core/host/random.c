/* SPDX-License-Identifier: Apache-2.0
 *
 * Randomness from the host's getrandom(2). Layer: core.
 */
#include "core/host/random.h"

#include <sys/random.h>

#include "core/assert.h"

void host_random(void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		ASSERT(got > 0, "the host gives random bytes");
		p += got;
		n -= (size_t)got;
	}
}
