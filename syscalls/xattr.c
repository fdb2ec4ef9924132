/* SPDX-License-Identifier: Apache-2.0
 *
 * Extended attributes: the twelve calls of xattr(7). Layer: syscalls.
 */
#include <linux/limits.h>
#include <stdlib.h>

#include "syscalls/fs_util.h"

/* Where a call works: a path, followed or not, or a descriptor. */
struct target {
	struct path path;
	struct file *file;
};

static CO_FN int target_path(struct task *t, gaddr_t path, bool follow, struct target *ret)
{
	ret->file = NULL;
	return path_at(t, AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, &ret->path);
}

static int target_fd(struct task *t, int fd, struct target *ret)
{
	ret->file = fd_get(t->files, fd);
	if (!ret->file)
		return -EBADF;
	ret->path = path_ref(&ret->file->path);
	return 0;
}

static void target_done(struct target *x)
{
	path_put(&x->path);
	file_unref(x->file);
}

/* Name too long or empty: ERANGE. */
static CO_FN int name_in(char name[XATTR_NAME_MAX + 1], gaddr_t addr)
{
	ssize_t n = copyin_str(name, addr, XATTR_NAME_MAX + 1);

	if (n == -ENAMETOOLONG || n == 0)
		return -ERANGE;
	return n < 0 ? (int)n : 0;
}

/* A call's attribute, read before its target is looked for, as Linux does. */
struct attr_arg {
	char name[XATTR_NAME_MAX + 1];
	void *val;
	size_t size;
	int flags;
};

static CO_FN int set_in(struct attr_arg *x, gaddr_t name, gaddr_t val, size_t size, int flags)
{
	int err;

	*x = (struct attr_arg){ .size = size, .flags = flags };
	if (flags & ~3) /* XATTR_CREATE, XATTR_REPLACE */
		return -EINVAL;
	err = name_in(x->name, name);
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (!size)
		return 0;
	x->val = malloc(size);
	if (!x->val)
		return -ENOMEM;
	if (copyin(x->val, val, size)) {
		free(x->val);
		return -EFAULT;
	}
	return 0;
}

static CO_FN int64_t xset(struct task *t, struct target *to, const struct attr_arg *x)
{
	return vfs_setxattr(&to->path, x->name, x->val, x->size, x->flags, t->cred);
}

static CO_FN int64_t xget(struct task *t, struct target *x, const char *name, gaddr_t val,
                          size_t size)
{
	void *buf = NULL;
	int64_t n;

	size = MIN(size, (size_t)XATTR_SIZE_MAX);
	if (size && !(buf = malloc(size)))
		return -ENOMEM;
	n = vfs_getxattr(&x->path, name, buf, size, t->cred);
	if (n > 0 && size && copyout(val, buf, (size_t)n))
		n = -EFAULT;
	free(buf);
	return n;
}

static CO_FN int64_t xlist(struct task *t, struct target *x, gaddr_t list, size_t size)
{
	char *buf = NULL;
	int64_t n;

	size = MIN(size, (size_t)XATTR_LIST_MAX);
	if (size && !(buf = malloc(size)))
		return -ENOMEM;
	n = vfs_listxattr(&x->path, buf, size, t->cred);
	if (n > 0 && size && copyout(list, buf, (size_t)n))
		n = -EFAULT;
	free(buf);
	return n;
}

/* Runs `call` on the target x that `find` gives. */
#define ON_TARGET(find, call)                                                                      \
	do {                                                                                       \
		struct target x;                                                                   \
		int64_t r = (find);                                                                \
		if (r)                                                                             \
			return r;                                                                  \
		r = (call);                                                                        \
		target_done(&x);                                                                   \
		return r;                                                                          \
	} while (0)

#define SET_ON(find)                                                                               \
	do {                                                                                       \
		struct target x;                                                                   \
		struct attr_arg arg;                                                               \
		int64_t r = set_in(&arg, name, val, size, flags);                                  \
		if (r)                                                                             \
			return r;                                                                  \
		r = (find);                                                                        \
		if (!r) {                                                                          \
			r = xset(t, &x, &arg);                                                     \
			target_done(&x);                                                           \
		}                                                                                  \
		free(arg.val);                                                                     \
		return r;                                                                          \
	} while (0)

/* With the name in `text`. */
#define NAMED_ON(find, call)                                                                       \
	do {                                                                                       \
		char text[XATTR_NAME_MAX + 1];                                                     \
		int bad = name_in(text, name);                                                     \
		if (bad)                                                                           \
			return bad;                                                                \
		ON_TARGET(find, call);                                                             \
	} while (0)

SYSCALL5(setxattr, gaddr_t, path, gaddr_t, name, gaddr_t, val, size_t, size, int, flags)
{
	SET_ON(target_path(t, path, true, &x));
}

SYSCALL5(lsetxattr, gaddr_t, path, gaddr_t, name, gaddr_t, val, size_t, size, int, flags)
{
	SET_ON(target_path(t, path, false, &x));
}

SYSCALL5(fsetxattr, int, fd, gaddr_t, name, gaddr_t, val, size_t, size, int, flags)
{
	SET_ON(target_fd(t, fd, &x));
}

SYSCALL4(getxattr, gaddr_t, path, gaddr_t, name, gaddr_t, val, size_t, size)
{
	NAMED_ON(target_path(t, path, true, &x), xget(t, &x, text, val, size));
}

SYSCALL4(lgetxattr, gaddr_t, path, gaddr_t, name, gaddr_t, val, size_t, size)
{
	NAMED_ON(target_path(t, path, false, &x), xget(t, &x, text, val, size));
}

SYSCALL4(fgetxattr, int, fd, gaddr_t, name, gaddr_t, val, size_t, size)
{
	NAMED_ON(target_fd(t, fd, &x), xget(t, &x, text, val, size));
}

SYSCALL3(listxattr, gaddr_t, path, gaddr_t, list, size_t, size)
{
	ON_TARGET(target_path(t, path, true, &x), xlist(t, &x, list, size));
}

SYSCALL3(llistxattr, gaddr_t, path, gaddr_t, list, size_t, size)
{
	ON_TARGET(target_path(t, path, false, &x), xlist(t, &x, list, size));
}

SYSCALL3(flistxattr, int, fd, gaddr_t, list, size_t, size)
{
	ON_TARGET(target_fd(t, fd, &x), xlist(t, &x, list, size));
}

SYSCALL2(removexattr, gaddr_t, path, gaddr_t, name)
{
	NAMED_ON(target_path(t, path, true, &x), vfs_removexattr(&x.path, text, t->cred));
}

SYSCALL2(lremovexattr, gaddr_t, path, gaddr_t, name)
{
	NAMED_ON(target_path(t, path, false, &x), vfs_removexattr(&x.path, text, t->cred));
}

SYSCALL2(fremovexattr, int, fd, gaddr_t, name)
{
	NAMED_ON(target_fd(t, fd, &x), vfs_removexattr(&x.path, text, t->cred));
}
