/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to /dev.
 */
#ifndef CORE_FS_DEV_DEV_H
#define CORE_FS_DEV_DEV_H

#include "core/fs/file.h"
#include "core/fs/filesystems.h"

/* Registers null, zero, full, random and urandom. */
int mem_devices_register(void);

#endif
