/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: metadata. Layer: core.
 */
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "core/fs/hostfs/hostfs.h"

CO_FN int hostfs_getattr(struct inode *ino, struct kstat *ret)
{
	struct statx st;
	int fd = hnode_fd(ino);
	int err = fd < 0 ? fd : host_stat(disk_of(ino), fd, &st);

	if (err)
		return err;
	hostfs_fill(ino, &st);
	*ret = (struct kstat){
		.ino = ino->ino,
		.mode = st.stx_mode,
		.nlink = st.stx_nlink,
		.uid = st.stx_uid,
		.gid = st.stx_gid,
		.dev = ino->sb->dev,
		.rdev = ino->rdev,
		.size = st.stx_size,
		.blocks = st.stx_blocks,
		.blksize = st.stx_blksize,
		.atime = ino->atime,
		.mtime = ino->mtime,
		.ctime = ino->ctime,
		.btime = ino->btime,
		.has_btime = st.stx_mask & STATX_BTIME,
		/* Where the host has mounts is nothing that the guest sees as such. */
		.attributes = st.stx_attributes & ~(uint64_t)STATX_ATTR_MOUNT_ROOT,
		.attributes_mask = st.stx_attributes_mask,
	};
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
	int fd = hnode_fd(ino);

	return fd < 0 ? fd : host_readlink(fd, buf, size);
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
