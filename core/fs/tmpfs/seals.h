/* SPDX-License-Identifier: Apache-2.0
 *
 * File seals: fcntl(2), memfd_create(2). Layer: core.
 */
#ifndef CORE_FS_TMPFS_SEALS_H
#define CORE_FS_TMPFS_SEALS_H

#include "core/fs/file.h"

#define SEAL_EXEC 0x20 /* F_SEAL_EXEC of newer headers */

/* F_GET_SEALS, F_ADD_SEALS: -EINVAL (not tmpfs), -EPERM, -EBUSY (mapped shared and writable). */
int tmpfs_get_seals(struct file *f);
int tmpfs_add_seals(struct file *f, unsigned seals);
/* memfd_create with MFD_ALLOW_SEALING: what it starts with. */
void tmpfs_init_seals(struct file *f, unsigned seals);

#endif
