/* SPDX-License-Identifier: Apache-2.0
 *
 * Host memory files that the sentry fills once and hands to stubs. Layer: core/host.
 */
#ifndef CORE_HOST_MEMFD_H
#define CORE_HOST_MEMFD_H

#include "core/base.h"

/*
 * A close-on-exec memfd with these n bytes (padded to whole pages), sealed against growing,
 * shrinking and further sealing. The caller owns the descriptor. Negative errno.
 */
int host_memfd(const char *name, const void *data, size_t n);

#endif
