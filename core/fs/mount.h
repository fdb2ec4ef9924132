/* SPDX-License-Identifier: Apache-2.0
 *
 * The mount tree's operations beyond vfs.h: bind, move, remount, umount by path, and the text of
 * mounts for proc. Layer: core. mount(2), umount2(2), proc(5).
 */
#ifndef CORE_FS_MOUNT_H
#define CORE_FS_MOUNT_H

#include <sys/mount.h>

#include "core/fs/vfs.h"

#define MOUNTS_MAX 4096 /* in one namespace; -ENOSPC beyond */

/* Flags that belong to one mount and can be changed by a bind remount. */
#define MNT_FLAGS                                                                                  \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | \
	 MS_STRICTATIME)

/* An internal mount outside any namespace, for files without a name. Takes no references over. */
struct mount *mount_internal(struct super *sb, struct dentry *root);
/* The super block and mount of anonymous files; borrowed. NULL: no memory. */
struct mount *anon_mount(void);
/* Frees what the vfs keeps for itself; once, after the last file is gone. */
void vfs_shutdown(void);

/* The mount on d in m, or NULL. */
struct mount *mount_find(const struct mount *m, const struct dentry *d);
/* Any mount of the file system with that device number, borrowed, or NULL. ns may be NULL. */
struct mount *mount_of_dev(const struct mount_ns *ns, dev_t dev);
/* From the root of a mount to the place it is mounted on; false at the top. */
bool mount_up(struct path *p);
/* Is p below (or at) top, across mounts? */
bool path_is_under(const struct path *p, const struct path *top);

/* mount --bind: what `from` names appears at `at`; recursive takes the mounts below along. */
int mount_bind(struct mount_ns *ns, const struct path *from, const struct path *at, bool recursive);
/* mount --move. -EINVAL (not a mount's root), -ELOOP (into itself). */
int mount_move(const struct path *from, const struct path *at);
/*
 * pivot_root(2): the tree at new_root takes the place of the one at root, which moves to put_old.
 * -EBUSY, -EINVAL, -ENOENT as there. Who has the old root as root or cwd is the caller's to change.
 */
int mount_pivot(const struct path *root, const struct path *new_root, const struct path *put_old);
/* umount2: p must be a mount's root. flags: MNT_DETACH, MNT_EXPIRE (-EINVAL), MNT_FORCE. */
int mount_umount(const struct path *p, int flags);
/* A copy of the whole tree for CLONE_NEWNS. */
int mount_ns_dup(const struct mount_ns *ns, struct mount_ns **ret);

/*
 * One line of /proc/PID/mounts ("source point type options 0 0\n"), of mountinfo, and of
 * mountstats, as seen from root. Returns its length, 0 when the mount can't be seen from there,
 * or -ENAMETOOLONG.
 */
ssize_t mount_line(struct mount *m, const struct path *root, char *buf, size_t size);
ssize_t mount_info_line(struct mount *m, const struct path *root, char *buf, size_t size);
ssize_t mount_stats_line(struct mount *m, const struct path *root, char *buf, size_t size);

#endif
