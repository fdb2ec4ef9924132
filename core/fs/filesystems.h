/* SPDX-License-Identifier: Apache-2.0
 *
 * Constructors of the filesystems, one file (or folder) each. Layer: core.
 * All return a super block with one reference for the caller, or NULL / negative errno.
 */
#ifndef CORE_FS_FILESYSTEMS_H
#define CORE_FS_FILESYSTEMS_H

#include "core/fs/vfs.h"

/* The types that can be mounted from inside, and overlay, in the order of /proc/filesystems. */
#define FS_TYPES 4
extern const char *const fs_type[FS_TYPES];

/* tmpfs(5). max_bytes, max_inodes: 0 for none (then memory limits hold alone). */
int tmpfs_new(uint64_t max_bytes, uint64_t max_inodes, uint32_t root_mode, struct super **ret);
/* A nameless tmpfs file on a private instance: memfd_create, shared anonymous mappings. */
CO_FN int tmpfs_anon_file(const char *name, uint64_t size, unsigned open_flags, struct file **ret);
void tmpfs_shutdown(void); /* frees the private instance: part of vfs_shutdown() */

/* The tree below the host directory `dirfd` (taken over). A writable one is never exclusive. */
CO_FN int hostfs_new(int dirfd, bool read_only, bool exclusive, struct super **ret);

/* overlayfs: `lower` is only read; all changes go to `upper` (an empty tmpfs). References taken. */
CO_FN int overlay_new(struct super *lower, struct super *upper, struct super **ret);

/* /dev with its fixed nodes; devices register with chrdev_register (core/fs/dev). */
int devfs_new(struct super **ret);

/* proc(5). What it shows of tasks comes through this interface, which the tasks layer registers. */
struct proc_task; /* an opaque handle: struct task of the tasks layer */
int procfs_new(struct super **ret);

/* Character devices: open is called with rdev's minor. */
int chrdev_register(unsigned major, unsigned minor, const struct file_ops *fops,
                    CO_FN int (*open)(struct inode *ino, struct file *f));
/* Used by the vfs when a device node is opened: -ENXIO when nothing is registered. */
CO_FN int chrdev_open(struct inode *ino, struct file *f);

#endif
