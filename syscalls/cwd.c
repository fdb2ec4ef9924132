/* SPDX-License-Identifier: Apache-2.0
 *
 * getcwd(2), chdir(2), chroot(2), umask(2). Layer: syscalls.
 */
#include <limits.h>
#include <stdlib.h>

#include "syscalls/fs_util.h"

static bool removed(const struct path *p)
{
	return p->dentry->inode->dead_dir;
}

SYSCALL2(getcwd, gaddr_t, buf, size_t, size)
{
	char *name;
	int64_t n;

	if (removed(&t->fs->cwd))
		return -ENOENT;
	name = malloc(PATH_MAX);
	if (!name)
		return -ENOMEM;
	n = vfs_path_name(&t->fs->cwd, &t->fs->root, name, PATH_MAX);
	if (n >= 0) {
		n++; /* with its NUL */
		if ((uint64_t)n > size)
			n = -ERANGE;
		else if (copyout(buf, name, (size_t)n))
			n = -EFAULT;
	}
	free(name);
	return n;
}

static void set_path(struct path *which, const struct path *p)
{
	struct path old = *which;

	*which = path_ref(p);
	path_put(&old);
}

static CO_FN int dir_at(struct task *t, gaddr_t path, struct path *ret)
{
	struct walk w = task_walk(t);
	int err;
	char *name = path_arg(path, &err);

	if (!name)
		return err;
	err = vfs_lookup(&w, name, WALK_DIRECTORY, ret);
	path_arg_free(name);
	if (err)
		return err;
	err = vfs_permission(ret, t->cred, MAY_EXEC);
	if (err)
		path_put(ret);
	return err;
}

SYSCALL1(chdir, gaddr_t, path)
{
	struct path p;
	int err = dir_at(t, path, &p);

	if (err)
		return err;
	set_path(&t->fs->cwd, &p);
	path_put(&p);
	return 0;
}

SYSCALL1(fchdir, int, fd)
{
	struct file *f = fd_get_path(t->files, fd);
	int err;

	if (!f)
		return -EBADF;
	if (!S_ISDIR(f->inode->mode))
		err = -ENOTDIR;
	else
		err = vfs_permission(&f->path, t->cred, MAY_EXEC);
	if (!err)
		set_path(&t->fs->cwd, &f->path);
	file_unref(f);
	return err;
}

SYSCALL1(chroot, gaddr_t, path)
{
	struct path p;
	int err = dir_at(t, path, &p);

	if (err)
		return err;
	if (!task_capable(t, CAP_SYS_CHROOT))
		err = -EPERM;
	else
		set_path(&t->fs->root, &p);
	path_put(&p);
	return err;
}

SYSCALL1(umask, uint32_t, mask)
{
	uint32_t old = t->fs->umask;

	t->fs->umask = mask & 0777;
	return old;
}
