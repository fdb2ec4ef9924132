/* SPDX-License-Identifier: Apache-2.0
 *
 * stat(2), statx(2), access(2), readlink(2). Layer: syscalls.
 */
#include <limits.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "syscalls/fs_util.h"

/* struct stat of x86-64 (arch/x86/include/uapi/asm/stat.h). */
struct kernel_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev;
	int64_t size, blksize, blocks;
	int64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	int64_t unused[3];
};
_Static_assert(sizeof(struct kernel_stat) == 144, "the ABI's size");

static CO_FN int64_t put_stat(const struct path *p, gaddr_t buf)
{
	struct kernel_stat ks = { 0 };
	struct kstat st;
	int err = vfs_getattr(p, &st);

	if (err)
		return err;
	ks.dev = st.dev;
	ks.ino = st.ino;
	ks.nlink = st.nlink;
	ks.mode = st.mode;
	ks.uid = st.uid;
	ks.gid = st.gid;
	ks.rdev = st.rdev;
	ks.size = (int64_t)st.size;
	ks.blksize = st.blksize;
	ks.blocks = (int64_t)st.blocks;
	ks.atime = st.atime.tv_sec;
	ks.atime_ns = st.atime.tv_nsec;
	ks.mtime = st.mtime.tv_sec;
	ks.mtime_ns = st.mtime.tv_nsec;
	ks.ctime = st.ctime.tv_sec;
	ks.ctime_ns = st.ctime.tv_nsec;
	return copyout_obj(buf, &ks);
}

static CO_FN int64_t stat_at(struct task *t, int dirfd, gaddr_t path, gaddr_t buf, int flags)
{
	struct path p;
	int64_t err = path_at(t, dirfd, path, flags | AT_NULL_PATH, &p);

	if (err)
		return err;
	err = put_stat(&p, buf);
	path_put(&p);
	return err;
}

SYSCALL2(stat, gaddr_t, path, gaddr_t, buf)
{
	return stat_at(t, AT_FDCWD, path, buf, 0);
}

SYSCALL2(lstat, gaddr_t, path, gaddr_t, buf)
{
	return stat_at(t, AT_FDCWD, path, buf, AT_SYMLINK_NOFOLLOW);
}

SYSCALL4(newfstatat, int, dirfd, gaddr_t, path, gaddr_t, buf, int, flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	return stat_at(t, dirfd, path, buf, flags);
}

SYSCALL2(fstat, int, fd, gaddr_t, buf)
{
	struct file *f = fd_get_path(t->files, fd);
	int64_t err;

	if (!f)
		return -EBADF;
	err = put_stat(&f->path, buf);
	file_unref(f);
	return err;
}

static void statx_time(struct statx_timestamp *to, const struct timespec *from)
{
	to->tv_sec = from->tv_sec;
	to->tv_nsec = (uint32_t)from->tv_nsec;
}

static void fill_statx(struct statx *x, const struct kstat *st)
{
	x->stx_mask = STATX_BASIC_STATS | 0x1000; /* STATX_MNT_ID */
	x->stx_blksize = st->blksize;
	x->stx_attributes = st->attributes;
	x->stx_attributes_mask = st->attributes_mask;
	x->stx_nlink = st->nlink;
	x->stx_uid = st->uid;
	x->stx_gid = st->gid;
	x->stx_mode = (uint16_t)st->mode;
	x->stx_ino = st->ino;
	x->stx_size = st->size;
	x->stx_blocks = st->blocks;
	statx_time(&x->stx_atime, &st->atime);
	statx_time(&x->stx_mtime, &st->mtime);
	statx_time(&x->stx_ctime, &st->ctime);
	if (st->has_btime) {
		x->stx_mask |= STATX_BTIME;
		statx_time(&x->stx_btime, &st->btime);
	}
	x->stx_rdev_major = major(st->rdev);
	x->stx_rdev_minor = minor(st->rdev);
	x->stx_dev_major = major(st->dev);
	x->stx_dev_minor = minor(st->dev);
	memcpy((char *)x + 0x90, &st->mnt_id, sizeof(st->mnt_id)); /* stx_mnt_id */
}

SYSCALL5(statx, int, dirfd, gaddr_t, path, int, flags, unsigned, mask, gaddr_t, buf)
{
	struct statx x = { 0 };
	struct kstat st;
	struct path p;
	int err;

	if (mask & 0x80000000U || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = path_at(t, dirfd, path, flags | AT_NULL_PATH, &p);
	if (err)
		return err;
	err = vfs_getattr(&p, &st);
	path_put(&p);
	if (err)
		return err;
	fill_statx(&x, &st);
	return copyout_obj(buf, &x);
}

/* ---- access ---- */

/* access(2) asks for the real ids: credentials as access_override_creds() makes them. */
static struct cred *real_cred(struct cred *c)
{
	uint64_t caps = c->securebits & SECBIT_NO_SETUID_FIXUP ? c->cap_effective
	                : c->ruid                              ? 0
	                                                       : c->cap_permitted;

	if (c->fsuid == c->ruid && c->fsgid == c->rgid && c->cap_effective == caps)
		return cred_ref(c);
	struct cred *n = cred_dup(c);
	if (!n)
		return NULL;
	n->fsuid = n->ruid;
	n->fsgid = n->rgid;
	n->cap_effective = caps;
	return n;
}

static CO_FN int check_access(const struct path *p, const struct cred *cred, int mode)
{
	if (mode & X_OK && S_ISREG(p->dentry->inode->mode) && p->mnt->flags & MS_NOEXEC)
		return -EACCES;
	return vfs_permission(p, cred, mode);
}

static CO_FN int64_t access_at(struct task *t, int dirfd, gaddr_t path, int mode, int flags)
{
	struct cred *cred;
	struct at_arg a;
	struct path p;
	int err;

	if (mode & ~(R_OK | W_OK | X_OK) ||
	    flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	cred = flags & AT_EACCESS ? cred_ref(t->cred) : real_cred(t->cred);
	if (!cred)
		return -ENOMEM;
	err = at_arg(t, dirfd, path, &a);
	if (!err) {
		a.w.cred = cred;
		err = vfs_lookup(&a.w, a.name,
		                 (flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0) |
		                 (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0), &p);
		if (!err) {
			err = mode ? check_access(&p, cred, mode) : 0;
			path_put(&p);
		}
		at_arg_done(&a);
	}
	cred_unref(cred);
	return err;
}

SYSCALL2(access, gaddr_t, path, int, mode)
{
	return access_at(t, AT_FDCWD, path, mode, 0);
}

SYSCALL3(faccessat, int, dirfd, gaddr_t, path, int, mode)
{
	return access_at(t, dirfd, path, mode, 0);
}

SYSCALL4(faccessat2, int, dirfd, gaddr_t, path, int, mode, int, flags)
{
	return access_at(t, dirfd, path, mode, flags);
}

/* ---- readlink ---- */

static CO_FN int64_t readlink_at(struct task *t, int dirfd, gaddr_t path, gaddr_t buf, int size)
{
	struct at_arg a;
	struct path p;
	char *text;
	ssize_t n;
	int err;

	if (size <= 0)
		return -EINVAL;
	err = at_arg(t, dirfd, path, &a);
	if (err)
		return err;
	/* An empty name means the link that dirfd was opened on (O_PATH | O_NOFOLLOW). */
	err = vfs_lookup(&a.w, a.name, WALK_NOFOLLOW | (a.hold ? WALK_EMPTY : 0), &p);
	if (err) {
		at_arg_done(&a);
		return err;
	}
	text = malloc(PATH_MAX);
	n = text ? vfs_readlink(&p, text, MIN((size_t)size, (size_t)PATH_MAX)) : -ENOMEM;
	if (n == -EINVAL && !a.name[0])
		n = -ENOENT;
	if (n > 0 && copyout(buf, text, (size_t)n))
		n = -EFAULT;
	free(text);
	path_put(&p);
	at_arg_done(&a);
	return n;
}

SYSCALL3(readlink, gaddr_t, path, gaddr_t, buf, int, size)
{
	return readlink_at(t, AT_FDCWD, path, buf, size);
}

SYSCALL4(readlinkat, int, dirfd, gaddr_t, path, gaddr_t, buf, int, size)
{
	return readlink_at(t, dirfd, path, buf, size);
}
