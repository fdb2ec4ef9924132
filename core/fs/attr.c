/* SPDX-License-Identifier: Apache-2.0
 *
 * Attributes and permissions: path_resolution(7), chmod(2), chown(2), utimensat(2), truncate(2),
 * stat(2), access times. Layer: core.
 */
#include <sys/stat.h>
#include <sys/statfs.h>

#include "core/clock.h"
#include "core/fs/internal.h"
#include "core/fs/mount.h"
#include "core/fs/notify.h"

/* ---- permissions ---- */

static int mode_permission(const struct inode *ino, const struct cred *cred, int mask)
{
	unsigned mode = ino->mode;

	if (cred->fsuid == ino->uid)
		mode >>= 6;
	else if ((((mode >> 3) ^ mode) & 7) && cred_in_group(cred, ino->gid))
		mode >>= 3;
	if (!(mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC)))
		return 0;
	if (S_ISDIR(ino->mode)) {
		if (!(mask & MAY_WRITE) && cred_capable(cred, CAP_DAC_READ_SEARCH))
			return 0;
		return cred_capable(cred, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && cred_capable(cred, CAP_DAC_READ_SEARCH))
		return 0;
	/* Even root executes only what somebody may execute. */
	if (!(mask & MAY_EXEC) || ino->mode & 0111)
		return cred_capable(cred, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}

static bool is_special(const struct inode *ino)
{
	return !S_ISREG(ino->mode) && !S_ISDIR(ino->mode) && !S_ISLNK(ino->mode);
}

CO_FN int inode_permission(struct inode *ino, const struct cred *cred, int mask)
{
	int err;

	if (mask & MAY_WRITE && ino->sb->read_only && !is_special(ino))
		return -EROFS;
	err = mode_permission(ino, cred, mask);
	if (!err && ino->ops->permission)
		err = ino->ops->permission(ino, cred, mask);
	return err;
}

CO_FN int vfs_permission(const struct path *p, const struct cred *cred, int mask)
{
	struct inode *ino = p->dentry->inode;
	int err = inode_permission(ino, cred, mask);

	if (!err && mask & MAY_WRITE && !mount_writable(p->mnt) && !is_special(ino))
		err = -EROFS;
	return err;
}

bool inode_owner_or_capable(const struct inode *ino, const struct cred *cred)
{
	return cred->fsuid == ino->uid || cred_capable(cred, CAP_FOWNER);
}

/* ---- reading ---- */

static struct kstat kstat_of(const struct inode *ino)
{
	return (struct kstat){
		.ino = ino->ino,
		.mode = ino->mode,
		.nlink = ino->nlink,
		.uid = ino->uid,
		.gid = ino->gid,
		.dev = ino->sb->dev,
		.rdev = ino->rdev,
		.size = ino->size,
		.blocks = (ino->size + 511) / 512,
		.blksize = (uint32_t)PAGE_SIZE,
		.atime = ino->atime,
		.mtime = ino->mtime,
		.ctime = ino->ctime,
		.btime = ino->btime,
	};
}

CO_FN int inode_getattr(struct inode *ino, struct kstat *ret)
{
	*ret = kstat_of(ino);
	return ino->ops->getattr ? ino->ops->getattr(ino, ret) : 0;
}

void inode_apply_attr(struct inode *ino, const struct attr_change *ch)
{
	if (ch->valid & ATTR_MODE)
		ino->mode = (ino->mode & S_IFMT) | (ch->mode & 07777);
	if (ch->valid & ATTR_UID)
		ino->uid = ch->uid;
	if (ch->valid & ATTR_GID)
		ino->gid = ch->gid;
	if (ch->valid & ATTR_ATIME)
		ino->atime = ch->atime;
	if (ch->valid & ATTR_MTIME)
		ino->mtime = ch->mtime;
	ino->ctime = vfs_now();
}

CO_FN int vfs_getattr(const struct path *p, struct kstat *ret)
{
	struct inode *ino = p->dentry->inode;

	if (!ino)
		return -ENOENT;
	int err = inode_getattr(ino, ret);
	if (err)
		return err;
	ret->mnt_id = p->mnt ? p->mnt->id : 0;
	ret->attributes_mask |= 0x2000; /* STATX_ATTR_MOUNT_ROOT */
	if (p->mnt && p->dentry == p->mnt->root)
		ret->attributes |= 0x2000;
	return 0;
}

CO_FN int vfs_statfs(const struct path *p, struct kstatfs *ret)
{
	struct super *sb = p->dentry->inode ? p->dentry->inode->sb : p->dentry->sb;
	static const struct { unsigned ms, st; } flags[] = {
		{ MS_RDONLY, 1 }, { MS_NOSUID, 2 },     { MS_NODEV, 4 },
		{ MS_NOEXEC, 8 }, { MS_NOATIME, 1024 }, { MS_NODIRATIME, 2048 },
	};
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->namelen = NAME_MAX;
	ret->bsize = ret->frsize = PAGE_SIZE;
	ret->fsid = sb->dev;
	if (!sb->ops->statfs) {
		uint32_t mode = p->dentry->inode ? p->dentry->inode->mode : 0;
		ret->type = S_ISFIFO(mode)   ? 0x50495045  /* PIPEFS_MAGIC */
		            : S_ISSOCK(mode) ? 0x534f434b  /* SOCKFS_MAGIC */
		                             : 0x09041934; /* ANON_INODE_FS_MAGIC */
	} else {
		err = sb->ops->statfs(sb, ret);
		if (err)
			return err;
	}
	ret->flags = 0x20; /* ST_VALID */
	for (size_t i = 0; p->mnt && i < ARRAY_LEN(flags); i++)
		if (p->mnt->flags & flags[i].ms)
			ret->flags |= flags[i].st;
	if (sb->read_only)
		ret->flags |= 1;
	if (p->mnt && !(p->mnt->flags & (MS_NOATIME | MS_STRICTATIME)))
		ret->flags |= 4096; /* ST_RELATIME */
	return 0;
}

/* ---- access times ---- */

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

void path_accessed(const struct path *p)
{
	struct inode *ino = p->dentry->inode;
	struct timespec now;

	/* Only where the inode is the truth; other file systems keep their own. */
	if (!p->mnt || !ino->sb->exclusive)
		return;
	if (!mount_writable(p->mnt) || p->mnt->flags & MS_NOATIME)
		return;
	if (S_ISDIR(ino->mode) && p->mnt->flags & MS_NODIRATIME)
		return;
	now = vfs_now();
	if (!(p->mnt->flags & MS_STRICTATIME) && is_later(&ino->atime, &ino->mtime) &&
	    is_later(&ino->atime, &ino->ctime) && ino->atime.tv_sec > now.tv_sec - 24 * 3600)
		return;
	ino->atime = now;
}

void file_accessed(struct file *f)
{
	if (!(f->flags & O_NOATIME))
		path_accessed(&f->path);
}

/* ---- changing ---- */

/* setattr_prepare(): may cred make this change? Adjusts set-gid. */
static int check_change(const struct inode *ino, struct attr_change *ch, const struct cred *cred)
{
	bool owner = cred->fsuid == ino->uid;

	if (ch->valid & ATTR_UID && !(owner && ch->uid == ino->uid) && !cred_capable(cred, CAP_CHOWN))
		return -EPERM;
	if (ch->valid & ATTR_GID &&
	    !(owner && (cred_in_group(cred, ch->gid) || ch->gid == ino->gid)) &&
	    !cred_capable(cred, CAP_CHOWN))
		return -EPERM;
	if (ch->valid & ATTR_MODE) {
		gid_t gid = ch->valid & ATTR_GID ? ch->gid : ino->gid;

		if (!inode_owner_or_capable(ino, cred))
			return -EPERM;
		if (!cred_in_group(cred, gid) && !cred_capable(cred, CAP_FSETID))
			ch->mode &= ~(uint32_t)S_ISGID;
	}
	if (ch->valid & (ATTR_ATIME | ATTR_MTIME) && !inode_owner_or_capable(ino, cred))
		return -EPERM;
	return 0;
}

/* Set-id bits that a write or a chown by cred takes away (setattr_should_drop_suidgid()). */
static uint32_t privs_lost(const struct inode *ino, const struct cred *cred)
{
	uint32_t lost = 0;

	if (ino->mode & S_ISUID)
		lost |= S_ISUID;
	if (ino->mode & S_ISGID &&
	    (ino->mode & S_IXGRP ||
	     (!cred_in_group(cred, ino->gid) && !cred_capable(cred, CAP_FSETID))))
		lost |= S_ISGID;
	return lost;
}

CO_FN int inode_remove_privs(struct inode *ino, const struct cred *cred)
{
	struct attr_change ch = { .valid = ATTR_MODE };
	uint32_t lost;

	if (!(ino->mode & (S_ISUID | S_ISGID)) || !S_ISREG(ino->mode))
		return 0;
	if (cred_capable(cred, CAP_FSETID))
		return 0;
	lost = privs_lost(ino, cred);
	if (!lost || !ino->ops->setattr)
		return 0;
	ch.mode = (ino->mode & 07777) & ~lost;
	return ino->ops->setattr(ino, &ch, cred);
}

/* Applies what was checked; a file system without setattr keeps its attributes as they are. */
static CO_FN int apply_change(struct inode *ino, const struct attr_change *ch,
                              const struct cred *cred)
{
	return ino->ops->setattr ? ino->ops->setattr(ino, ch, cred) : -EPERM;
}

CO_FN int vfs_setattr(const struct path *p, const struct attr_change *change,
                      const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	struct attr_change ch = *change;
	int err;

	if (!mount_writable(p->mnt))
		return -EROFS;
	if (ch.valid & ATTR_MODE && S_ISLNK(ino->mode))
		return -EOPNOTSUPP;
	comutex_lock(&ino->lock);
	err = check_change(ino, &ch, cred);
	/* A chown, of nothing (-1, -1) too. */
	if (!err && (!ch.valid || ch.valid & (ATTR_UID | ATTR_GID)) && !S_ISDIR(ino->mode) &&
	    !(ch.valid & ATTR_MODE)) {
		uint32_t lost = privs_lost(ino, cred);

		if (lost && !inode_owner_or_capable(ino, cred))
			err = -EPERM;
		if (lost) {
			ch.valid |= ATTR_MODE;
			ch.mode = (ino->mode & 07777) & ~lost;
		}
	}
	ch.mode &= 07777;
	if (!err)
		err = apply_change(ino, &ch, cred);
	comutex_unlock(&ino->lock);
	if (!err)
		notify_dentry(p->dentry, notify_of_change(ch.valid));
	return err;
}

CO_FN int inode_do_truncate(struct dentry *d, int64_t size, const struct cred *cred)
{
	struct attr_change ch = { .valid = ATTR_SIZE, .size = (uint64_t)size };
	struct inode *ino = d->inode;
	uint32_t mask = IN_MODIFY;
	int err;

	comutex_lock(&ino->lock);
	uint32_t mode = ino->mode;
	err = inode_remove_privs(ino, cred);
	if (ino->mode != mode)
		mask |= IN_ATTRIB;
	if (!err)
		err = apply_change(ino, &ch, cred);
	comutex_unlock(&ino->lock);
	if (!err)
		notify_dentry(d, mask);
	return err;
}

CO_FN int vfs_truncate(const struct path *p, int64_t size, const struct cred *cred, uint64_t fsize)
{
	struct inode *ino = p->dentry->inode;
	int err;

	if (size < 0)
		return -EINVAL;
	if (S_ISDIR(ino->mode))
		return -EISDIR;
	if (!S_ISREG(ino->mode))
		return -EINVAL;
	if (!mount_writable(p->mnt))
		return -EROFS;
	err = inode_permission(ino, cred, MAY_WRITE);
	if (err)
		return err;
	err = inode_get_write(ino);
	if (err)
		return err;
	if ((uint64_t)size > fsize && (uint64_t)size > ino->size)
		err = -EFBIG;
	else
		err = inode_do_truncate(p->dentry, size, cred);
	inode_put_write(ino);
	return err;
}

CO_FN int vfs_utimes(const struct path *p, const struct timespec ts[2], const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	struct attr_change ch = { 0 };
	struct timespec now = vfs_now();
	bool touch = !ts || (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW);
	int err;

	for (int i = 0; ts && i < 2; i++)
		if (ts[i].tv_nsec != UTIME_NOW && ts[i].tv_nsec != UTIME_OMIT &&
		    (ts[i].tv_nsec < 0 || ts[i].tv_nsec >= NSEC_PER_SEC))
			return -EINVAL;
	if (ts && ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (!mount_writable(p->mnt))
		return -EROFS;
	if (!ts || ts[0].tv_nsec != UTIME_OMIT) {
		ch.valid |= ATTR_ATIME;
		ch.atime = !ts || ts[0].tv_nsec == UTIME_NOW ? now : ts[0];
	}
	if (!ts || ts[1].tv_nsec != UTIME_OMIT) {
		ch.valid |= ATTR_MTIME;
		ch.mtime = !ts || ts[1].tv_nsec == UTIME_NOW ? now : ts[1];
	}
	comutex_lock(&ino->lock);
	/* "Now" for both needs only leave to write; anything else is the owner's. */
	if (inode_owner_or_capable(ino, cred))
		err = 0;
	else
		err = touch ? inode_permission(ino, cred, MAY_WRITE) : -EPERM;
	if (!err)
		err = apply_change(ino, &ch, cred);
	comutex_unlock(&ino->lock);
	if (!err)
		notify_dentry(p->dentry, notify_of_change(ch.valid));
	return err;
}

CO_FN ssize_t vfs_readlink(const struct path *p, char *buf, size_t size)
{
	struct inode *ino = p->dentry->inode;
	ssize_t n;

	if (!S_ISLNK(ino->mode) || !ino->ops->readlink)
		return -EINVAL;
	n = ino->ops->readlink(ino, buf, size);
	if (n >= 0)
		path_accessed(p);
	return n;
}
