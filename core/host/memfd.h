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
/*
 * The same, of which the first page can be written through *ret_page and in no other way: nobody else
 * who gets hold of the descriptor can map it shared and writable. Where the host can't promise that
 * (Linux before 5.1), *ret_page is NULL. The caller unmaps the page.
 */
int host_memfd_page(const char *name, const void *data, size_t n, void **ret_page);

#endif
