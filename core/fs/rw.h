/* SPDX-License-Identifier: Apache-2.0
 *
 * What the system call handlers need of core/fs/rw.c beyond file.h. Layer: core.
 */
#ifndef CORE_FS_RW_H
#define CORE_FS_RW_H

#include <linux/fs.h>

#include "core/fs/file.h"

#define RWF_NOAPPEND_BIT 0x20 /* RWF_NOAPPEND of newer headers */

/* vfs_write with RWF_APPEND, RWF_NOAPPEND, RWF_SYNC and RWF_DSYNC of pwritev2(2). */
CO_FN ssize_t vfs_write_flags(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize, int rwf);
/* As vfs_read and vfs_write without telling anybody: splice and its kin have events of their own. */
CO_FN ssize_t vfs_read_silent(struct file *f, struct uio *u, int64_t *pos);
CO_FN ssize_t vfs_write_silent(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize);
/* The position's lock, where the file has one (lseek, getdents). */
CO_FN void file_pos_lock(struct file *f);
void file_pos_unlock(struct file *f);

#endif
