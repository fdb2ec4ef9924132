/* SPDX-License-Identifier: Apache-2.0
 *
 * inotify(7): an instance as an open file. Layer: core. Events come through core/fs/notify.h.
 */
#ifndef CORE_FS_INOTIFY_H
#define CORE_FS_INOTIFY_H

#include "core/fs/file.h"

/* /proc/sys/fs/inotify. The first counts for instances that are made from then on; the others are
 * per user. */
struct inotify_limits {
	long max_queued_events, max_user_instances, max_user_watches;
};
extern struct inotify_limits inotify_limits;

/* flags: IN_NONBLOCK. uid: the user it counts for. -EMFILE at the limit, -ENOMEM. */
int inotify_new(unsigned flags, uid_t uid, struct file **ret);
bool inotify_is(const struct file *f);
/* Watches ino, or changes the watch there is: mask as of inotify_add_watch(2). Returns the watch's
 * number, -ENOSPC at the limit, -EEXIST (IN_MASK_CREATE), -ENOMEM. */
int inotify_add(struct file *f, struct inode *ino, uint32_t mask);
int inotify_remove(struct file *f, int wd); /* -EINVAL: no such watch */

#endif
