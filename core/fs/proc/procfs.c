/* SPDX-License-Identifier: Apache-2.0
 *
 * proc(5): the instance and its fixed directories. Layer: core; the content comes from above.
 */
#include "core/fs/proc/procfs.h"

#include <linux/magic.h>

#include "core/fs/filesystems.h"

struct pseudo_dir proc_net;
struct pseudo_dir proc_sys_kernel, proc_sys_vm, proc_sys_fs;
struct pseudo_dir proc_sys_net_core, proc_sys_net_ipv4;

static const struct pseudo_entry net_entries[] = {
	{ .name = "core", .mode = S_IFDIR | 0555, .dir = &proc_sys_net_core },
	{ .name = "ipv4", .mode = S_IFDIR | 0555, .dir = &proc_sys_net_ipv4 },
	{ .name = NULL },
};
struct pseudo_dir proc_sys_net = { .tables = { net_entries } };

static const struct pseudo_entry sys_entries[] = {
	{ .name = "fs", .mode = S_IFDIR | 0555, .dir = &proc_sys_fs },
	{ .name = "kernel", .mode = S_IFDIR | 0555, .dir = &proc_sys_kernel },
	{ .name = "net", .mode = S_IFDIR | 0555, .dir = &proc_sys_net },
	{ .name = "vm", .mode = S_IFDIR | 0555, .dir = &proc_sys_vm },
	{ .name = NULL },
};
struct pseudo_dir proc_sys = { .tables = { sys_entries } };

static const struct pseudo_entry root_entries[] = {
	{ .name = "sys", .mode = S_IFDIR | 0555, .dir = &proc_sys },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .target = "self/mounts" },
	{ .name = "net", .mode = S_IFLNK | 0777, .target = "self/net" },
	{ .name = NULL },
};
struct pseudo_dir proc_root = { .tables = { root_entries } };

static int proc_statfs(struct super *sb UNUSED, struct kstatfs *ret)
{
	ret->type = PROC_SUPER_MAGIC;
	ret->bsize = ret->frsize = PAGE_SIZE;
	ret->namelen = 255;
	return 0;
}

static const struct super_ops proc_super_ops = { .name = "proc", .statfs = proc_statfs };

int procfs_new(struct super **ret)
{
	return pseudo_new(&proc_super_ops, &proc_root, ret);
}
