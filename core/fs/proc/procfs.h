/* SPDX-License-Identifier: Apache-2.0
 *
 * proc(5): the directories that layers above fill with their tables. Layer: core.
 * All instances show the same tree.
 */
#ifndef CORE_FS_PROC_PROCFS_H
#define CORE_FS_PROC_PROCFS_H

#include "core/fs/proc/pseudo.h"

extern struct pseudo_dir proc_root;     /* /proc */
extern struct pseudo_dir proc_net;      /* /proc/PID/net */
extern struct pseudo_dir proc_sys;      /* /proc/sys, and below it: */
extern struct pseudo_dir proc_sys_kernel, proc_sys_vm, proc_sys_fs, proc_sys_net;
extern struct pseudo_dir proc_sys_net_core, proc_sys_net_ipv4;

#endif
