/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host's kernel says about its processor to every program. Layer: core/host.
 */
#ifndef CORE_HOST_HWCAP_H
#define CORE_HOST_HWCAP_H

#include "core/base.h"

struct host_hwcap {
	uint64_t hwcap, hwcap2; /* AT_HWCAP, AT_HWCAP2 as a guest may see them */
	uint64_t minsigstksz;   /* AT_MINSIGSTKSZ; 0: unknown */
};

/* Read once; the same for the life of the sentry. */
const struct host_hwcap *host_hwcap(void);

#endif
