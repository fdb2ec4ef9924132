/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: copying a lower file to the upper tree before its first change. Layer: core.
 *
 * All that may wait is read first; then the upper inode appears in one step.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/fs/overlay/overlay.h"

#define CHUNK ((size_t)64 << 10)
#define TEMP "/new" /* no look-up finds it */

/* ---- what a lower inode has besides its bytes ---- */

struct attributes {
	struct kstat st;
	char *target; /* symlink */
	char *names;  /* of extended attributes */
	ssize_t names_len;
	char **values;
	ssize_t *sizes; /* negative: not to be had */
};

static void attributes_free(struct attributes *a)
{
	size_t i = 0;

	for (const char *p = a->names; a->values && p < a->names + a->names_len; p += strlen(p) + 1)
		free(a->values[i++]);
	free(a->values);
	free(a->sizes);
	free(a->names);
	free(a->target);
}

static CO_FN int read_value(struct inode *lower, const char *name, char **ret, ssize_t *size)
{
	*size = lower->ops->getxattr(lower, name, NULL, 0);
	if (*size < 0)
		return 0;
	size_t room = (size_t)*size + 1;
	*ret = malloc(room);
	if (!*ret)
		return -ENOMEM;
	*size = lower->ops->getxattr(lower, name, *ret, room - 1);
	if (room == 1 && *size > 0)
		*size = -ERANGE; /* grew meanwhile: was asked for its length again */
	return 0;
}

static CO_FN int read_xattrs(struct inode *lower, struct attributes *a)
{
	size_t n = 0, i = 0;
	int err = 0;

	a->names_len = lower->ops->listxattr ? lower->ops->listxattr(lower, NULL, 0) : 0;
	if (a->names_len <= 0) {
		a->names_len = 0;
		return 0; /* a filesystem without them */
	}
	a->names = malloc(XATTR_LIST_MAX + 1);
	if (!a->names) {
		a->names_len = 0;
		return -ENOMEM;
	}
	a->names_len = lower->ops->listxattr(lower, a->names, XATTR_LIST_MAX);
	if (a->names_len <= 0) {
		a->names_len = 0;
		return 0;
	}
	a->names[a->names_len] = '\0';
	for (const char *p = a->names; p < a->names + a->names_len; p += strlen(p) + 1)
		n++;
	a->values = calloc(n, sizeof(*a->values));
	a->sizes = calloc(n, sizeof(*a->sizes));
	if (!a->values || !a->sizes)
		return -ENOMEM;
	for (const char *p = a->names; !err && p < a->names + a->names_len; p += strlen(p) + 1, i++)
		err = read_value(lower, p, &a->values[i], &a->sizes[i]);
	return err;
}

static CO_FN int read_attributes(struct inode *lower, struct attributes *a)
{
	int err;

	memset(a, 0, sizeof(*a));
	/* From now on it is the copy that counts: it must not be made of what was so a while ago. */
	if (lower->ops->forget)
		lower->ops->forget(lower);
	err = inode_getattr(lower, &a->st);
	if (!err && S_ISLNK(a->st.mode)) {
		a->target = malloc(PATH_MAX);
		if (!a->target)
			return -ENOMEM;
		ssize_t n = lower->ops->readlink(lower, a->target, PATH_MAX - 1);
		if (n < 0)
			return (int)n;
		a->target[n] = '\0';
	}
	return err ? err : read_xattrs(lower, a);
}

/* Does not wait. */
static int write_attributes(struct ovl *fs, struct inode *upper, const struct attributes *a)
{
	struct attr_change ch = {
		.valid = ATTR_UID | ATTR_GID | (S_ISLNK(a->st.mode) ? 0 : ATTR_MODE) | ATTR_ATIME |
		         ATTR_MTIME,
		.mode = a->st.mode & 07777,
		.uid = a->st.uid,
		.gid = a->st.gid,
		.atime = a->st.atime,
		.mtime = a->st.mtime,
	};
	size_t i = 0;
	int err = 0;

	for (const char *p = a->names; p < a->names + a->names_len && !err; p += strlen(p) + 1, i++) {
		if (a->sizes[i] < 0 || !upper->ops->setxattr)
			continue;
		err = upper->ops->setxattr(upper, p, a->values[i], (size_t)a->sizes[i], 0);
		if (err == -EOPNOTSUPP)
			err = 0;
	}
	return err ? err : upper->ops->setattr(upper, &ch, fs->cred);
}

CO_FN int ovl_copy_attributes(struct ovl *fs, struct inode *lower, struct inode *upper)
{
	struct attributes a;
	int err = read_attributes(lower, &a);

	if (!err)
		err = write_attributes(fs, upper, &a);
	attributes_free(&a);
	return err;
}

/* ---- bytes ---- */

static CO_FN int copy_range(struct file *from, struct file *to, char *buf, int64_t at, int64_t end)
{
	const struct co *self = co_self();

	while (at < end) {
		ssize_t n = file_pread(from, buf, (size_t)MIN((int64_t)CHUNK, end - at), at);
		if (n <= 0)
			return (int)n;
		struct uio u;
		int64_t pos = at;
		uio_kernel(&u, buf, (size_t)n);
		ssize_t put = to->ops->write(to, &u, &pos);
		if (put < n)
			return put < 0 ? (int)put : -ENOSPC;
		at += n;
		co_did_bytes((size_t)n);
		if (self && self->killed)
			return -EINTR;
	}
	return 0;
}

/* What isn't a hole, up to `size`. */
static CO_FN int copy_extents(struct ovl *fs, struct file *from, struct inode *upper, char *buf,
                              int64_t size)
{
	struct attr_change ch = { .valid = ATTR_SIZE, .size = (uint64_t)size };
	struct file *to;
	int64_t at = 0;
	int err = ovl_open_real(fs, upper, O_WRONLY, &to);

	if (err)
		return err;
	while (!err && at < size) {
		int64_t data = from->ops->llseek(from, at, SEEK_DATA), end = size;
		if (data == -ENXIO)
			break; /* a hole to the end */
		if (data < at) { /* no answer: all of it */
			data = at;
		} else {
			end = from->ops->llseek(from, data, SEEK_HOLE);
			if (end <= data || end > size)
				end = size;
		}
		err = copy_range(from, to, buf, data, end);
		at = end;
	}
	if (!err && (uint64_t)size != upper->size)
		err = upper->ops->setattr(upper, &ch, fs->cred);
	file_unref(to);
	return err;
}

static CO_FN int copy_data(struct ovl *fs, struct inode *lower, struct inode *upper, uint64_t size)
{
	struct file *from;
	char *buf;
	int err;

	if (!size)
		return 0;
	buf = malloc(CHUNK);
	err = buf ? ovl_open_real(fs, lower, O_RDONLY, &from) : -ENOMEM;
	if (!err) {
		err = copy_extents(fs, from, upper, buf, (int64_t)size);
		file_unref(from);
	}
	free(buf);
	return err;
}

/* ---- files ---- */

/* The upper directory's times must not show that something was copied into it. */
static void keep_times(struct inode *udir, const struct timespec *mtime, const struct timespec *ctime)
{
	udir->mtime = *mtime;
	udir->ctime = *ctime;
}

/* An upper inode without a name. Does not wait. */
static int make_nameless(struct ovl *fs, const struct attributes *a, struct inode **ret)
{
	struct inode *top = fs->upper->root->inode;
	struct timespec mtime = top->mtime, ctime = top->ctime;
	int err;

	if (S_ISDIR(a->st.mode))
		err = top->ops->mkdir(top, TEMP, a->st.mode & 07777, fs->cred, ret);
	else if (S_ISLNK(a->st.mode))
		err = top->ops->symlink(top, TEMP, a->target, fs->cred, ret);
	else
		err = top->ops->mknod(top, TEMP, a->st.mode, a->st.rdev, fs->cred, ret);
	if (err)
		return err;
	if (S_ISDIR(a->st.mode))
		top->ops->rmdir(top, TEMP, *ret);
	else
		top->ops->unlink(top, TEMP, *ret);
	keep_times(top, &mtime, &ctime);
	return 0;
}

static CO_FN int copy_file(struct inode *ino, uint64_t size)
{
	struct ovl_node *n = ovl_node(ino);
	struct ovl *fs = ovl_of(ino);
	struct inode *upper = NULL;
	struct attributes a;
	int err = read_attributes(n->lower, &a);

	if (!err)
		err = make_nameless(fs, &a, &upper);
	if (!err && S_ISREG(a.st.mode))
		err = copy_data(fs, n->lower, upper, MIN(size, a.st.size));
	if (!err)
		err = write_attributes(fs, upper, &a);
	attributes_free(&a);
	if (!err)
		ovl_set_upper(ino, upper);
	else if (upper)
		inode_unref(upper);
	return err ? err : ovl_refresh(ino);
}

/* ---- directories ---- */

static int make_dir(struct inode *ino, const struct attributes *a)
{
	struct ovl_node *n = ovl_node(ino), *above;
	struct ovl *fs = ovl_of(ino);
	struct inode *upper, *udir;
	int err;

	if (n->dead) {
		err = make_nameless(fs, a, &upper);
		if (!err)
			err = write_attributes(fs, upper, a);
		if (!err)
			ovl_set_upper(ino, upper);
		return err;
	}
	above = ovl_node(n->parent);
	udir = above->upper;
	struct timespec mtime = udir->mtime, ctime = udir->ctime;
	if (!udir->ops->lookup(udir, n->name, &upper)) {
		inode_unref(upper);
		return -ESTALE;
	}
	err = udir->ops->mkdir(udir, n->name, a->st.mode & 07777, fs->cred, &upper);
	if (err)
		return err;
	err = write_attributes(fs, upper, a);
	if (err)
		udir->ops->rmdir(udir, n->name, upper);
	keep_times(udir, &mtime, &ctime);
	if (err) {
		inode_unref(upper);
		return err;
	}
	if (above->lower_dirs)
		above->lower_dirs--; /* it counts with the upper ones now */
	ovl_set_upper(ino, upper);
	return 0;
}

static CO_FN int copy_dir(struct inode *ino)
{
	struct attributes a;
	int err = read_attributes(ovl_node(ino)->lower, &a);

	if (!err)
		err = make_dir(ino, &a);
	attributes_free(&a);
	return err ? err : ovl_refresh(ino);
}

/* Takes turns with others who copy the same file up. */
static CO_FN int copy_one(struct inode *ino, uint64_t size)
{
	struct ovl_node *n = ovl_node(ino);
	int err;

	inode_ref(ino); /* a parent: what holds it may move away */
	err = comutex_lock_killable(&n->copyup);
	if (!err) {
		if (!n->upper)
			err = S_ISDIR(ino->mode) ? copy_dir(ino) : copy_file(ino, size);
		comutex_unlock(&n->copyup);
	}
	inode_unref(ino);
	return err;
}

CO_FN int ovl_copy_up_size(struct inode *ino, uint64_t size)
{
	/* Parents first; found from the top down without recursion on the small stack. */
	while (!ovl_node(ino)->upper) {
		struct inode *top = ino;

		if (S_ISDIR(ino->mode))
			while (!ovl_node(top)->dead && !ovl_node(ovl_node(top)->parent)->upper)
				top = ovl_node(top)->parent;
		int err = copy_one(top, size);
		if (err)
			return err;
	}
	return 0;
}

CO_FN int ovl_copy_up(struct inode *ino)
{
	return ovl_copy_up_size(ino, UINT64_MAX);
}
