/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers of many handlers: paths, directory descriptors, times. Layer: syscalls.
 */
#include <limits.h>
#include <stdlib.h>

#include "syscalls/fs_util.h"

#define PATH_SHORT 256 /* nearly all are: then little is copied and allocated */

int walk_at(struct task *t, int dirfd, const char *name, struct walk *w, struct file **hold)
{
	struct file *f;

	*hold = NULL;
	*w = task_walk(t);
	if (dirfd == AT_FDCWD || name[0] == '/')
		return 0;
	f = fd_get_path(t->files, dirfd);
	if (!f)
		return -EBADF;
	if (name[0] && !S_ISDIR(f->inode->mode)) {
		file_unref(f);
		return -ENOTDIR;
	}
	w->base = &f->path;
	*hold = f;
	return 0;
}

CO_FN char *path_arg(gaddr_t addr, int *err)
{
	char small[PATH_SHORT], *name;
	ssize_t n = copyin_str(small, addr, sizeof(small));
	bool is_long = n == -ENAMETOOLONG;

	*err = n < 0 && !is_long ? (int)n : 0;
	if (*err)
		return NULL;
	name = malloc(is_long ? PATH_MAX : (size_t)n + 1);
	if (!name) {
		*err = -ENOMEM;
		return NULL;
	}
	if (!is_long)
		return memcpy(name, small, (size_t)n + 1);
	n = copyin_str(name, addr, PATH_MAX);
	if (n >= 0)
		return name;
	free(name);
	*err = (int)n;
	return NULL;
}

void path_arg_free(char *name)
{
	free(name);
}

CO_FN int timespec_arg(gaddr_t addr, struct timespec *ret)
{
	struct timespec ts;

	if (copyin_obj(&ts, addr))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*ret = ts;
	return 0;
}

CO_FN int at_arg(struct task *t, int dirfd, gaddr_t path, struct at_arg *ret)
{
	int err;

	ret->name = path_arg(path, &err);
	if (!ret->name)
		return err;
	err = walk_at(t, dirfd, ret->name, &ret->w, &ret->hold);
	if (err) {
		path_arg_free(ret->name);
		ret->name = NULL;
	}
	return err;
}

void at_arg_done(struct at_arg *a)
{
	file_unref(a->hold);
	path_arg_free(a->name);
}

CO_FN int path_at(struct task *t, int dirfd, gaddr_t path, int at_flags, struct path *ret)
{
	struct at_arg a = { .name = NULL };
	bool null_ok = at_flags & AT_EMPTY_PATH && at_flags & AT_NULL_PATH;
	unsigned wf = 0;
	int err = !path && null_ok ? walk_at(t, dirfd, "", &a.w, &a.hold) : at_arg(t, dirfd, path, &a);

	if (err)
		return err;
	if (at_flags & AT_SYMLINK_NOFOLLOW)
		wf |= WALK_NOFOLLOW;
	if (at_flags & AT_EMPTY_PATH)
		wf |= WALK_EMPTY;
	if (at_flags & AT_DIRECTORY)
		wf |= WALK_DIRECTORY;
	err = vfs_lookup(&a.w, a.name ? a.name : "", wf, ret);
	at_arg_done(&a);
	return err;
}

int64_t write_result(struct task *t, ssize_t n)
{
	if (n == -EFBIG)
		send_signal_task(t, SIGXFSZ, NULL);
	return n;
}

int64_t install_file(struct task *t, struct file *f, bool cloexec)
{
	return fd_install(t->files, f, 0, cloexec, task_rlimit(t, RLIMIT_NOFILE));
}
