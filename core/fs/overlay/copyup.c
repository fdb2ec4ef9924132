/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: copying a lower file to the upper tree before its first change. Layer: core.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/xattr.h>

#include "core/fs/overlay/overlay.h"

#define CHUNK ((size_t)64 << 10)

static CO_FN int copy_data(struct inode *ino, struct inode *lower, struct inode *upper)
{
	struct file *from, *to = NULL;
	char *buf = malloc(CHUNK);
	int64_t at = 0;
	int err = buf ? ovl_open_real(ino, lower, O_RDONLY, &from) : -ENOMEM;

	if (!err) {
		err = ovl_open_real(ino, upper, O_WRONLY, &to);
		while (!err) {
			ssize_t n = file_pread(from, buf, CHUNK, at);
			if (n <= 0) {
				err = (int)n;
				break;
			}
			struct uio u;
			int64_t pos = at;
			uio_kernel(&u, buf, (size_t)n);
			ssize_t put = to->ops->write(to, &u, &pos);
			err = put < 0 ? (int)put : put < n ? -ENOSPC : 0;
			at += n;
			co_did_bytes((size_t)n);
		}
		if (to)
			file_unref(to);
		file_unref(from);
	}
	free(buf);
	return err;
}

static CO_FN int copy_xattrs(struct inode *lower, struct inode *upper)
{
	char names[4096], *value;
	ssize_t n = lower->ops->listxattr ? lower->ops->listxattr(lower, names, sizeof(names)) : 0;
	int err = 0;

	if (n <= 0 || !upper->ops->setxattr)
		return 0; /* a filesystem without them, or more than fit, goes without */
	value = malloc(XATTR_SIZE_MAX);
	if (!value)
		return -ENOMEM;
	for (const char *p = names; p < names + n && !err; p += strlen(p) + 1) {
		ssize_t len = lower->ops->getxattr(lower, p, value, XATTR_SIZE_MAX);
		if (len >= 0)
			err = upper->ops->setxattr(upper, p, value, (size_t)len, 0);
		if (err == -EOPNOTSUPP)
			err = 0;
	}
	free(value);
	return err;
}

static CO_FN int make_upper(struct ovl *fs, struct inode *udir, const char *name,
                            struct inode *lower, const struct kstat *st, struct inode **ret)
{
	char target[PATH_MAX];

	if (S_ISDIR(st->mode))
		return udir->ops->mkdir(udir, name, st->mode & 07777, fs->cred, ret);
	if (!S_ISLNK(st->mode))
		return udir->ops->mknod(udir, name, st->mode, st->rdev, fs->cred, ret);
	ssize_t n = lower->ops->readlink(lower, target, sizeof(target) - 1);
	if (n < 0)
		return (int)n;
	target[n] = '\0';
	return udir->ops->symlink(udir, name, target, fs->cred, ret);
}

static CO_FN int copy_attributes(struct ovl *fs, struct inode *upper, const struct kstat *st)
{
	struct attr_change ch = {
		.valid = ATTR_UID | ATTR_GID | (S_ISLNK(st->mode) ? 0 : ATTR_MODE) | ATTR_ATIME | ATTR_MTIME,
		.mode = st->mode & 07777,
		.uid = st->uid,
		.gid = st->gid,
		.atime = st->atime,
		.mtime = st->mtime,
	};

	return upper->ops->setattr(upper, &ch, fs->cred);
}

/* The upper parent's times must not show that something was copied into it. */
static void keep_times(struct inode *udir, const struct timespec *mtime, const struct timespec *ctime)
{
	udir->mtime = *mtime;
	udir->ctime = *ctime;
}

static CO_FN int copy_one(struct inode *ino)
{
	struct ovl_node *n = ovl_node(ino);
	struct ovl *fs = ovl_of(ino);
	struct inode *lower = n->lower, *upper, *udir = ovl_node(n->parent)->upper;
	struct timespec mtime = udir->mtime, ctime = udir->ctime;
	struct kstat st;
	int err = inode_getattr(lower, &st);

	if (!err)
		err = make_upper(fs, udir, n->name, lower, &st, &upper);
	if (err)
		return err;
	if (S_ISREG(st.mode))
		err = copy_data(ino, lower, upper);
	if (!err)
		err = copy_xattrs(lower, upper);
	if (!err)
		err = copy_attributes(fs, upper, &st);
	if (err) {
		if (S_ISDIR(st.mode))
			udir->ops->rmdir(udir, n->name, upper);
		else
			udir->ops->unlink(udir, n->name, upper);
		inode_unref(upper);
		keep_times(udir, &mtime, &ctime);
		return err;
	}
	keep_times(udir, &mtime, &ctime);
	ovl_set_upper(ino, upper);
	return ovl_refresh(ino);
}

/* Parents first; found from the top down without recursion on the small stack. */
static CO_FN int copy_up_locked(struct inode *ino)
{
	for (;;) {
		struct inode *top = ino;
		if (ovl_node(top)->upper)
			return 0;
		while (ovl_node(top)->parent && !ovl_node(ovl_node(top)->parent)->upper)
			top = ovl_node(top)->parent;
		if (!ovl_node(top)->parent)
			return -EROFS;
		int err = copy_one(top);
		if (err)
			return err;
	}
}

CO_FN int ovl_copy_up(struct inode *ino)
{
	struct ovl *fs = ovl_of(ino);

	if (ovl_node(ino)->upper)
		return 0;
	int err = comutex_lock_killable(&fs->copyup);
	if (err)
		return err;
	err = copy_up_locked(ino);
	comutex_unlock(&fs->copyup);
	return err;
}
