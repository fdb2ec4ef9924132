/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: metadata. Layer: core.
 */
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "core/fs/hostfs/hostfs.h"

/* By name where no descriptor is open: to stat many files isn't worth one for each. */
static CO_FN int ask(struct inode *ino, struct statx *st)
{
	struct hnode *h = hnode_of(ino);
	int fd;

	/* Nothing is renamed in such a tree. */
	if (hostfs_keeps(h) && h->parent && !h->lost && hnode_fd_at_hand(h) < 0 &&
	    !hostfs_look(h->parent, h->name, st, &fd)) {
		bool same = hnode_is(h, st);
		if (same)
			hnode_offer_fd(ino, fd);
		else
			host_close(fd);
		if (same)
			return 0;
	}
	fd = hnode_fd(ino);
	return fd < 0 ? fd : host_stat(h->disk, fd, st);
}

CO_FN int hostfs_getattr(struct inode *ino, struct kstat *ret)
{
	struct hnode *h = hnode_of(ino);

	if (!hostfs_attr_good(h)) {
		struct statx st;
		int err = ask(ino, &st);

		if (err)
			return err;
		hostfs_fill(ino, &st);
		ret->mode = ino->mode;
		ret->nlink = ino->nlink;
		ret->uid = ino->uid;
		ret->gid = ino->gid;
		ret->size = ino->size;
		ret->atime = ino->atime;
		ret->mtime = ino->mtime;
		ret->ctime = ino->ctime;
		ret->btime = ino->btime;
	}
	ret->blocks = h->blocks;
	ret->blksize = h->blksize;
	ret->has_btime = h->has_btime;
	ret->kept = hostfs_keeps(h);
	/* Where the host has mounts is nothing that the guest sees as such. */
	ret->attributes = h->attributes & ~(uint64_t)STATX_ATTR_MOUNT_ROOT;
	ret->attributes_mask = h->attributes_mask;
	return 0;
}

/* Through a file that is open for writing, if there is one: its mode may forbid another. */
static CO_FN int set_size(struct inode *ino, int path_fd, uint64_t size)
{
	struct host_disk *d = disk_of(ino);
	struct hfile *f;

	LIST_FOREACH(f, &hnode_of(ino)->open, entry)
		if (f->write)
			return host_ftruncate(d, f->fd, (int64_t)size, (int64_t)ino->size);
	int fd = hostfs_reopen(d, path_fd, O_WRONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	int err = host_ftruncate(d, fd, (int64_t)size, (int64_t)ino->size);
	host_close(fd);
	return err;
}

CO_FN int hostfs_setattr(struct inode *ino, const struct attr_change *ch,
                         const struct cred *cred UNUSED)
{
	struct host_disk *d = disk_of(ino);
	struct statx st;
	int fd, err = 0;

	/* Each may wait, and lose the descriptor. */
	if (ch->valid & ATTR_SIZE)
		err = (fd = hnode_fd(ino)) < 0 ? fd : set_size(ino, fd, ch->size);
	if (!err && ch->valid & (ATTR_UID | ATTR_GID))
		err = (fd = hnode_fd(ino)) < 0
		              ? fd
		              : host_chown(d, fd, ch->valid & ATTR_UID ? ch->uid : (uid_t)-1,
		                           ch->valid & ATTR_GID ? ch->gid : (gid_t)-1);
	if (!err && ch->valid & ATTR_MODE)
		err = (fd = hnode_fd(ino)) < 0 ? fd : host_chmod(d, fd, ch->mode & 07777);
	if (!err && ch->valid & (ATTR_ATIME | ATTR_MTIME)) {
		struct timespec ts[2] = { ch->atime, ch->mtime };
		if (!(ch->valid & ATTR_ATIME))
			ts[0].tv_nsec = UTIME_OMIT;
		if (!(ch->valid & ATTR_MTIME))
			ts[1].tv_nsec = UTIME_OMIT;
		err = (fd = hnode_fd(ino)) < 0 ? fd : host_utimes(d, fd, ts);
	}
	if (!err && (fd = hnode_fd(ino)) >= 0 && !host_stat(d, fd, &st))
		hostfs_fill(ino, &st);
	return err;
}

CO_FN ssize_t hostfs_readlink(struct inode *ino, char *buf, size_t size)
{
	struct hnode *h = hnode_of(ino);
	const char *text = hostfs_link_get(h);

	if (text) {
		size_t len = MIN(strlen(text), size);
		memcpy(buf, text, len);
		return (ssize_t)len;
	}
	int fd = hnode_fd(ino);
	ssize_t n = fd < 0 ? fd : host_readlink(fd, buf, size);
	if (n > 0 && (size_t)n < size) /* else it may be cut */
		hostfs_link_keep(h, buf, (size_t)n);
	return n;
}

/* An O_PATH descriptor of a symlink can't be followed by the xattr calls' paths. */
static CO_FN int xattr_fd(struct inode *ino)
{
	return S_ISREG(ino->mode) || S_ISDIR(ino->mode) ? hnode_fd(ino) : -EOPNOTSUPP;
}

CO_FN ssize_t hostfs_getxattr(struct inode *ino, const char *name, void *buf, size_t size)
{
	int fd = xattr_fd(ino);

	return fd < 0 ? fd : host_getxattr(fd, name, buf, size);
}

CO_FN int hostfs_setxattr(struct inode *ino, const char *name, const void *val, size_t size, int flags)
{
	int fd = xattr_fd(ino);

	return fd < 0 ? fd : host_setxattr(fd, name, val, size, flags);
}

/* Without the ACLs of the host, which can't be read as attributes here. */
CO_FN ssize_t hostfs_listxattr(struct inode *ino, char *buf, size_t size)
{
	int fd = xattr_fd(ino);
	ssize_t kept = 0;

	if (fd < 0)
		return fd == -EOPNOTSUPP ? 0 : fd;
	char *all = malloc(XATTR_LIST_MAX);
	if (!all)
		return -ENOMEM;
	ssize_t n = host_listxattr(fd, all, XATTR_LIST_MAX);
	for (ssize_t at = 0; at < n;) {
		size_t len = strnlen(all + at, (size_t)(n - at)) + 1;
		if (strncmp(all + at, "system.", 7) != 0) {
			memmove(all + kept, all + at, len);
			kept += (ssize_t)len;
		}
		at += (ssize_t)len;
	}
	if (n < 0)
		kept = n == -EOPNOTSUPP ? 0 : n;
	else if (size && (size_t)kept > size)
		kept = -ERANGE;
	else if (size)
		memcpy(buf, all, (size_t)kept);
	free(all);
	return kept;
}

CO_FN int hostfs_removexattr(struct inode *ino, const char *name)
{
	int fd = xattr_fd(ino);

	return fd < 0 ? fd : host_removexattr(fd, name);
}
