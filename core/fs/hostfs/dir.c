/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: names in host directories. Layer: core.
 */
#include <stdio.h>
#include <sys/sysmacros.h>

#include "core/fs/hostfs/hostfs.h"

CO_FN int hostfs_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	int dirfd = hnode_fd(dir);
	int fd = dirfd < 0 ? dirfd : host_open_path(dirfd, name);

	return fd < 0 ? fd : hnode_get(dir->sb, dir, name, fd, ret);
}

/* Is the cached name still the same file? Others may change a shared tree at any time. */
CO_FN int hostfs_revalidate(struct dentry *d)
{
	struct statx st;

	if (d->sb->exclusive || d->parent == d || !d->inode)
		return d->sb->exclusive || d->parent == d;
	int dirfd = hnode_fd(d->parent->inode);
	int err = dirfd < 0 ? dirfd : host_stat_at(dirfd, d->name, &st);
	if (err)
		return err == -ENOENT || err == -ESTALE ? 0 : err;
	const struct hnode *h = hnode_of(d->inode);
	if (st.stx_ino != h->key.ino || makedev(st.stx_dev_major, st.stx_dev_minor) != h->key.dev)
		return 0;
	hostfs_fill(d->inode, &st);
	return 1;
}

/* The new file belongs to who asked, not to the sentry. fd is taken over. */
static CO_FN int adopt(struct inode *dir, const char *name, int fd, const struct cred *cred,
                       struct inode **ret)
{
	struct statx st;
	int err = host_stat(fd, &st);
	gid_t gid = dir->mode & S_ISGID ? dir->gid : cred->fsgid;

	if (!err && (st.stx_uid != cred->fsuid || st.stx_gid != gid)) {
		err = host_chown(fd, cred->fsuid, gid);
		/* chown clears set-id bits */
		if (!err && st.stx_mode & (S_ISUID | S_ISGID) && !S_ISLNK(st.stx_mode))
			err = host_chmod(fd, st.stx_mode & 07777);
	}
	if (err) {
		host_close(fd);
		return err;
	}
	return hnode_get(dir->sb, dir, name, fd, ret);
}

/* Takes back a name whose file could not be made right. */
static CO_FN int finish(struct inode *dir, int dirfd, const char *name, bool is_dir,
                        const struct cred *cred, struct inode **ret)
{
	int fd = host_open_path(dirfd, name);
	int err = fd < 0 ? fd : adopt(dir, name, fd, cred, ret);

	if (err)
		host_unlink(dirfd, name, is_dir);
	return err;
}

CO_FN int hostfs_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                       const struct cred *cred, struct inode **ret)
{
	int dirfd = hnode_fd(dir);

	if (dirfd < 0)
		return dirfd;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return -EPERM; /* a device node made here would be the host's device */
	int err;
	if (S_ISREG(mode)) {
		int fd = host_create(dirfd, name, mode & 07777);
		err = fd < 0 ? fd : host_chmod(fd, mode & 07777); /* the sentry's umask doesn't count */
		host_close(fd);
	} else {
		err = host_mknod(dirfd, name, mode, rdev);
	}
	return err ? err : finish(dir, dirfd, name, false, cred, ret);
}

CO_FN int hostfs_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                       struct inode **ret)
{
	int dirfd = hnode_fd(dir);
	int err = dirfd < 0 ? dirfd : host_mkdir(dirfd, name, mode & 07777);

	if (err)
		return err;
	err = finish(dir, dirfd, name, true, cred, ret);
	if (!err) {
		int fd = hnode_fd(*ret);
		uint32_t want = (mode & 07777) | (dir->mode & S_ISGID);
		if (fd >= 0 && (*ret)->mode != (want | S_IFDIR) && !host_chmod(fd, want))
			(*ret)->mode = want | S_IFDIR;
	}
	return err;
}

CO_FN int hostfs_symlink(struct inode *dir, const char *name, const char *target,
                         const struct cred *cred, struct inode **ret)
{
	int dirfd = hnode_fd(dir);
	int err = dirfd < 0 ? dirfd : host_symlink(target, dirfd, name);

	return err ? err : finish(dir, dirfd, name, false, cred, ret);
}

CO_FN int hostfs_link(struct inode *dir, const char *name, struct inode *target)
{
	int fd = hnode_fd(target);
	int dirfd = fd < 0 ? fd : hnode_fd(dir);

	return dirfd < 0 ? dirfd : host_link(fd, dirfd, name);
}

static CO_FN int remove_name(struct inode *dir, const char *name, struct inode *victim, bool is_dir)
{
	/* Without a name the way back is gone: open it now, in case somebody still uses it. */
	int fd = hnode_fd(victim);
	int dirfd = hnode_fd(dir);
	int err = dirfd < 0 ? dirfd : host_unlink(dirfd, name, is_dir);
	struct statx st;

	if (!err && fd >= 0 && !host_stat(hnode_of(victim)->fd, &st))
		hostfs_fill(victim, &st);
	return err;
}

CO_FN int hostfs_unlink(struct inode *dir, const char *name, struct inode *victim)
{
	return remove_name(dir, name, victim, false);
}

CO_FN int hostfs_rmdir(struct inode *dir, const char *name, struct inode *victim)
{
	return remove_name(dir, name, victim, true);
}

CO_FN int hostfs_rename(struct inode *odir, const char *oname, struct inode *victim,
                        struct inode *ndir, const char *nname, struct inode *target,
                        unsigned flags)
{
	int ofd = hnode_fd(odir);
	int nfd = ofd < 0 ? ofd : hnode_fd(ndir);
	int err = nfd < 0 ? nfd : host_rename(ofd, oname, nfd, nname, flags);

	if (err)
		return err;
	hnode_moved(victim, ndir, nname);
	if (target && flags & RENAME_EXCHANGE)
		hnode_moved(target, odir, oname);
	return 0;
}
