/* SPDX-License-Identifier: Apache-2.0
 *
 * link(2), symlink(2). Layer: syscalls.
 */
#include "syscalls/fs_util.h"

/*
 * Naming whatever a descriptor leads to needs the right to have read its way there, or to have opened
 * it oneself, with the credentials one still has (Linux 6.10).
 */
static bool may_link_empty(struct task *t, int dirfd)
{
	struct file *f;
	bool own;

	if (task_capable(t, CAP_DAC_READ_SEARCH))
		return true;
	f = dirfd == AT_FDCWD ? NULL : fd_get_path(t->files, dirfd);
	if (!f)
		return false;
	own = f->cred == t->cred;
	file_unref(f);
	return own;
}

SYSCALL5(linkat, int, odirfd, gaddr_t, opath, int, ndirfd, gaddr_t, npath, int, flags)
{
	struct at_arg a, b;
	unsigned wf = 0;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH && !may_link_empty(t, odirfd))
		return -ENOENT;
	if (!(flags & AT_SYMLINK_FOLLOW))
		wf |= WALK_NOFOLLOW;
	if (flags & AT_EMPTY_PATH)
		wf |= WALK_EMPTY;
	err = at_arg(t, odirfd, opath, &a);
	if (err)
		return err;
	err = at_arg(t, ndirfd, npath, &b);
	if (!err) {
		err = vfs_link(&a.w, a.name, wf, &b.w, b.name);
		at_arg_done(&b);
	}
	at_arg_done(&a);
	return err;
}

SYSCALL2(link, gaddr_t, opath, gaddr_t, npath)
{
	return do_linkat(t, AT_FDCWD, opath, AT_FDCWD, npath, 0);
}

SYSCALL3(symlinkat, gaddr_t, target_addr, int, dirfd, gaddr_t, path)
{
	struct at_arg a;
	int err;
	char *target = path_arg(target_addr, &err);

	if (!target)
		return err;
	err = at_arg(t, dirfd, path, &a);
	if (!err) {
		err = vfs_symlink(&a.w, target, a.name);
		at_arg_done(&a);
	}
	path_arg_free(target);
	return err;
}

SYSCALL2(symlink, gaddr_t, target, gaddr_t, path)
{
	return do_symlinkat(t, target, AT_FDCWD, path);
}
