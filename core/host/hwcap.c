/* SPDX-License-Identifier: Apache-2.0
 *
 * Processor features from the sentry's own auxiliary vector. Layer: core/host.
 */
#include "core/host/hwcap.h"

#include <sys/auxv.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/*
 * HWCAP2_RING3MWAIT and HWCAP2_FSGSBASE. The second says that wrgsbase is welcome, but the gs base
 * that a guest sees is kept by the sentry: better not to invite programs to write the real one.
 */
#define HWCAP2_HIDDEN 3u

const struct host_hwcap *host_hwcap(void)
{
	static struct host_hwcap h;
	static bool known;

	if (!known) {
		h.hwcap = getauxval(AT_HWCAP);
		h.hwcap2 = getauxval(AT_HWCAP2) & ~(uint64_t)HWCAP2_HIDDEN;
		h.minsigstksz = getauxval(AT_MINSIGSTKSZ);
		known = true;
	}
	return &h;
}
