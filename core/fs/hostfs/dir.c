/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: names in host directories. Layer: core.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "core/fs/internal.h"
#include "core/fs/hostfs/hostfs.h"

CO_FN int hostfs_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	struct statx st;
	int fd;

	/* Where there is nothing to revalidate, many names are looked at once and never opened. */
	if (hostfs_keeps(hnode_of(dir))) {
		int err = hostfs_look(dir, name, &st, &fd);
		if (err)
			return err;
		if (fd >= 0 || makedev(st.stx_dev_major, st.stx_dev_minor) == hnode_of(dir)->key.dev)
			return hnode_get_known(dir->sb, dir, name, fd, &st, ret);
	}
	fd = hostfs_open_path(dir, name, true);
	return fd < 0 ? fd : hnode_get(dir->sb, dir, name, fd, ret);
}

/* Is the cached name still the same file? Others may change a shared tree at any time. */
CO_FN int hostfs_revalidate(struct dentry *d)
{
	struct statx st;

	if (d->sb->exclusive || d->parent == d || !d->inode)
		return d->sb->exclusive || d->parent == d;
	char name[NAME_MAX + 1];
	struct inode *dir, *ino;
	bool same;
	int err;
	do { /* d may be moved, or get another inode, while the host is asked */
		snprintf(name, sizeof(name), "%s", d->name);
		dir = inode_ref(d->parent->inode);
		ino = inode_ref(d->inode);
		int dirfd = hnode_fd(dir);
		err = dirfd < 0 ? dirfd : host_stat_at(disk_of(dir), dirfd, name, &st);
		same = dir == d->parent->inode && ino == d->inode && !strcmp(name, d->name);
		inode_unref(ino);
		inode_unref(dir);
	} while (!same);
	if (err)
		return err == -ENOENT || err == -ESTALE ? 0 : err;
	if (!hnode_is(hnode_of(d->inode), &st))
		return 0;
	hostfs_fill(d->inode, &st);
	hnode_place(d->inode, dir, name);
	return 1;
}

/* ---- new names ---- */

/* The new file belongs to who asked, not to the sentry, whose umask doesn't count either. fd is an
 * O_PATH descriptor, taken over; mode has its type. */
static CO_FN int adopt(struct inode *dir, const char *name, int fd, uint32_t mode,
                       const struct cred *cred, struct inode **ret)
{
	struct host_disk *d = disk_of(dir);
	struct statx st;
	uid_t uid;
	gid_t gid;
	int err = host_stat(d, fd, &st);

	inode_init_owner(dir, cred, &mode, &uid, &gid);
	if (!err && (st.stx_mode & S_IFMT) != (mode & S_IFMT))
		err = -EEXIST; /* somebody on the host was faster */
	if (!err && (st.stx_uid != uid || st.stx_gid != gid)) {
		err = host_chown(d, fd, uid, gid);
		st.stx_mode &= (uint16_t)~(S_ISUID | S_ISGID); /* which chown takes away */
	}
	if (!err && !S_ISLNK(mode) && ((st.stx_mode ^ mode) & 07777))
		err = host_chmod(d, fd, mode & 07777);
	if (err) {
		host_close(fd);
		return err;
	}
	return hnode_get(dir->sb, dir, name, fd, ret);
}

/* fd: of the new file, or negative to open it by name. Takes back a name that can't be made right. */
static CO_FN int finish(struct inode *dir, const char *name, int fd, uint32_t mode,
                        const struct cred *cred, struct inode **ret)
{
	if (fd < 0)
		fd = hostfs_open_path(dir, name, false); /* what was made is to be completed */
	int err = fd < 0 ? fd : adopt(dir, name, fd, mode, cred, ret);
	if (err && err != -EEXIST) {
		int dirfd = hnode_fd(dir);
		if (dirfd >= 0)
			host_unlink(disk_of(dir), dirfd, name, S_ISDIR(mode));
	}
	return err;
}

/* An O_PATH descriptor in place of one with access. */
static CO_FN int as_path(struct host_disk *d, int fd)
{
	int got = hostfs_reopen(d, fd, O_PATH);

	host_close(fd);
	return got;
}

CO_FN int hostfs_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                       const struct cred *cred, struct inode **ret)
{
	int dirfd = hnode_fd(dir), fd = -1, err = 0;

	if (dirfd < 0)
		return dirfd;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return -EPERM; /* a device node made here would be the host's device */
	if (S_ISREG(mode)) {
		fd = host_create(disk_of(dir), dirfd, name, mode & 0777);
		if (fd < 0)
			return fd;
		fd = as_path(disk_of(dir), fd);
	} else {
		err = host_mknod(disk_of(dir), dirfd, name, mode & ~(uint32_t)(S_ISUID | S_ISGID), rdev);
	}
	return err ? err : finish(dir, name, fd, mode, cred, ret);
}

CO_FN int hostfs_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                       struct inode **ret)
{
	int dirfd = hnode_fd(dir);
	int err = dirfd < 0 ? dirfd : host_mkdir(disk_of(dir), dirfd, name, mode & 0777);

	return err ? err : finish(dir, name, -1, S_IFDIR | (mode & 07777), cred, ret);
}

CO_FN int hostfs_symlink(struct inode *dir, const char *name, const char *target,
                         const struct cred *cred, struct inode **ret)
{
	int dirfd = hnode_fd(dir);
	int err = dirfd < 0 ? dirfd : host_symlink(disk_of(dir), target, dirfd, name);

	return err ? err : finish(dir, name, -1, S_IFLNK | 0777, cred, ret);
}

CO_FN int hostfs_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred,
                         struct inode **ret)
{
	int dirfd = hnode_fd(dir);
	int fd = dirfd < 0 ? dirfd : host_tmpfile(disk_of(dir), dirfd, mode & 0777);

	if (fd >= 0)
		fd = as_path(disk_of(dir), fd);
	return fd < 0 ? fd : adopt(dir, "", fd, mode, cred, ret);
}

/* Attributes after names came or went; the descriptor is open. */
static CO_FN void refill(struct inode *ino)
{
	struct statx st;
	int fd = hnode_fd(ino);

	if (fd >= 0 && !host_stat(disk_of(ino), fd, &st))
		hostfs_fill(ino, &st);
}

CO_FN int hostfs_link(struct inode *dir, const char *name, struct inode *target)
{
	struct inode *const inos[] = { target, dir };
	int fds[2];
	int err = hnode_fds(inos, fds, 2);

	if (!err)
		err = host_link(disk_of(dir), fds[0], fds[1], name);
	if (err)
		return err;
	if (hnode_of(target)->lost)
		hnode_place(target, dir, name);
	refill(target);
	return 0;
}

/* ---- removed names ---- */

static CO_FN int remove_name(struct inode *dir, const char *name, struct inode *victim, bool is_dir)
{
	/* Without a name the way back is gone: open it now, in case somebody still uses the file. */
	struct inode *const inos[] = { dir, dir, victim };
	int fds[3];
	int err = hnode_fds(inos, fds, 3);

	if (!err)
		err = host_unlink(disk_of(dir), fds[0], name, is_dir);
	if (err)
		return err;
	hnode_lost(victim, dir, name);
	refill(victim);
	return 0;
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
	struct inode *const inos[] = { odir, ndir, victim, target };
	int fds[4];
	int err = hnode_fds(inos, fds, 4);

	if (!err)
		err = host_rename(disk_of(odir), fds[0], oname, fds[1], nname, flags);
	if (err)
		return err;
	hnode_place(victim, ndir, nname);
	if (target && flags & RENAME_EXCHANGE) {
		hnode_place(target, odir, oname);
	} else if (target) {
		hnode_lost(target, ndir, nname);
		refill(target);
	}
	return 0;
}
