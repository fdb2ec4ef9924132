/* SPDX-License-Identifier: Apache-2.0
 *
 * inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2). Layer: syscalls.
 */
#include <sys/inotify.h>

#include "core/fs/inotify.h"
#include "syscalls/fs_util.h"

#define FLAGS_OF_WATCH                                                                             \
	((uint32_t)(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR |         \
	            IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_CREATE | IN_MASK_ADD | IN_ISDIR |    \
	            IN_ONESHOT))

SYSCALL1(inotify_init1, int, flags)
{
	struct file *f;
	int err;

	if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	err = inotify_new((unsigned)flags, t->cred->euid, &f);
	return err ? err : install_file(t, f, flags & IN_CLOEXEC);
}

SYSCALL0(inotify_init)
{
	return do_inotify_init1(t, 0);
}

static CO_FN int64_t add_watch(struct task *t, struct file *f, gaddr_t path, uint32_t mask)
{
	struct at_arg a;
	struct path p;
	unsigned flags = (mask & IN_DONT_FOLLOW ? WALK_NOFOLLOW : 0) |
	                 (mask & IN_ONLYDIR ? WALK_DIRECTORY : 0);
	int64_t r = at_arg(t, AT_FDCWD, path, &a);

	if (r)
		return r;
	r = vfs_lookup(&a.w, a.name, flags, &p);
	at_arg_done(&a);
	if (r)
		return r;
	r = vfs_permission(&p, t->cred, MAY_READ);
	if (!r)
		r = inotify_add(f, p.dentry->inode, mask);
	path_put(&p);
	return r;
}

SYSCALL3(inotify_add_watch, int, fd, gaddr_t, path, uint32_t, mask)
{
	struct file *f;
	int64_t r;

	if (mask & ~FLAGS_OF_WATCH || !mask)
		return -EINVAL;
	f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	if ((mask & IN_MASK_ADD && mask & IN_MASK_CREATE) || !inotify_is(f))
		r = -EINVAL;
	else
		r = add_watch(t, f, path, mask);
	file_unref(f);
	return r;
}

SYSCALL2(inotify_rm_watch, int, fd, int, wd)
{
	struct file *f = fd_get(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	err = inotify_is(f) ? inotify_remove(f, wd) : -EINVAL;
	file_unref(f);
	return err;
}
