/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper: a process that makes file calls which may wait for a disk, so that the sentry
 * never does. It shares the table of descriptors and one buffer area with the sentry, nothing else,
 * and runs under a filter that knows only these calls. Layer: core/host.
 *
 * A caller makes sure that the descriptor stays open until the call returns.
 */
#ifndef CORE_HOST_IO_H
#define CORE_HOST_IO_H

#include "core/base.h"

#define HOST_IO_MAX ((size_t)64 << 10) /* bytes in one call */

/* Starts the helper; before the sentry holds anything of guests. After loop_init. */
int host_io_init(void);
void host_io_done(void);

/* As the system calls of these names. Outside a coroutine, or without a helper, made directly. */
CO_FN ssize_t host_io_pread(int fd, void *buf, size_t n, int64_t off);
CO_FN int host_io_openat(int dirfd, const char *name, int flags);
CO_FN int host_io_fsync(int fd, bool data_only);

#endif
