/* SPDX-License-Identifier: Apache-2.0
 *
 * eventfd(2). Layer: core.
 */
#ifndef CORE_IPC_EVENTFD_H
#define CORE_IPC_EVENTFD_H

#include "core/fs/file.h"

/* flags: O_NONBLOCK; semaphore: EFD_SEMAPHORE. */
int eventfd_new(uint64_t count, bool semaphore, unsigned flags, struct file **ret);

#endif
