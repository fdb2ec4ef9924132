/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: the super block, and the way from inodes to host descriptors. Layer: core.
 */
#include <bsd/string.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "core/clock.h"
#include "core/fs/filesystems.h"
#include "core/fs/hostfs/hostfs.h"

/* Nodes whose descriptor may be closed, least recently used first: one list for all trees, since the
 * limit on descriptors is the process's. */
static TAILQ_HEAD(hnode_list, hnode) fds = TAILQ_HEAD_INITIALIZER(fds);
static unsigned nr_fds;

static void lru_del(struct hnode *h)
{
	if (!h->on_lru)
		return;
	TAILQ_REMOVE(&fds, h, lru);
	h->on_lru = false;
	nr_fds--;
}

/* Only nodes that can be found again by name: never a root. */
static void lru_add(struct hnode *h)
{
	if (h->on_lru || h->fd < 0 || h->lost || !h->parent || h->users)
		return;
	TAILQ_INSERT_TAIL(&fds, h, lru);
	h->on_lru = true;
	nr_fds++;
}

static void fd_drop(struct hnode *h)
{
	lru_del(h);
	if (h->fd >= 0 && S_ISREG(h->inode->mode) && !h->inode->nlink)
		host_close_last(h->disk, h->fd, h->inode->size);
	else
		host_close(h->fd);
	h->fd = -1;
	h->readable = false;
}

static void shrink(unsigned keep)
{
	while (nr_fds > keep)
		fd_drop(TAILQ_FIRST(&fds));
}

/* The newest stay: whoever calls may still be using the one before. */
static void lru_newest(struct hnode *h)
{
	lru_add(h);
	shrink(CLAMP(host_fd_limit() / 2, 16U, (unsigned)HOSTFS_FDS_MAX));
}

static void fd_keep(struct hnode *h, int fd)
{
	h->fd = fd;
	h->readable = false;
	lru_newest(h);
}

void hnode_offer_fd(struct inode *ino, int fd)
{
	struct hnode *h = hnode_of(ino);

	if (fd < 0)
		return;
	if (h->fd < 0)
		fd_keep(h, fd);
	else
		host_close(fd);
}

/* The process has no descriptor left: should others be closed and the call be tried again? */
static bool make_room(int err)
{
	if ((err != -EMFILE && err != -ENFILE) || nr_fds <= 8)
		return false;
	shrink(MAX(nr_fds / 2, 8U));
	return true;
}

CO_FN int hostfs_open_path(struct inode *dir, const char *name, bool killable)
{
	int fd;

	do {
		int dirfd = hnode_fd(dir);
		fd = dirfd < 0 ? dirfd : host_open_path(disk_of(dir), dirfd, name, killable);
	} while (fd < 0 && make_room(fd));
	return fd;
}

CO_FN int hostfs_look(struct inode *dir, const char *name, struct statx *ret, int *fd)
{
	int err;

	do {
		int dirfd = hnode_fd(dir);
		err = dirfd < 0 ? dirfd : host_look(disk_of(dir), dirfd, name, ret, fd);
	} while (err && make_room(err));
	return err;
}

CO_FN int hostfs_reopen(struct host_disk *d, int fd, int flags)
{
	int got;

	do {
		got = host_reopen(d, fd, flags);
	} while (got < 0 && make_room(got));
	return got;
}

/* ---- who is who ---- */

static struct hnode_key key_of(const struct statx *st)
{
	struct hnode_key key;

	memset(&key, 0, sizeof(key)); /* it is hashed with its padding */
	key.dev = makedev(st->stx_dev_major, st->stx_dev_minor);
	key.ino = st->stx_ino;
	return key;
}

bool hnode_is(const struct hnode *h, const struct statx *st)
{
	return st->stx_ino == h->key.ino &&
	       makedev(st->stx_dev_major, st->stx_dev_minor) == h->key.dev &&
	       (st->stx_mode & S_IFMT) == (h->inode->mode & S_IFMT) &&
	       st->stx_btime.tv_sec == h->btime.tv_sec && st->stx_btime.tv_nsec == h->btime.tv_nsec;
}

static int know_dev(struct hostfs *fs, uint64_t dev)
{
	for (unsigned i = 0; i < fs->nr_devs; i++)
		if (fs->devs[i] == dev)
			return 0;
	uint64_t *devs = realloc(fs->devs, (fs->nr_devs + 1) * sizeof(*devs));
	if (!devs)
		return -ENOMEM;
	fs->devs = devs;
	devs[fs->nr_devs++] = dev;
	return 0;
}

uint64_t hostfs_ino(const struct hostfs *fs, uint64_t dev, uint64_t ino)
{
	for (unsigned i = 0; i < fs->nr_devs; i++)
		if (fs->devs[i] == dev)
			return ino + ((uint64_t)i << HOSTFS_INO_BITS);
	return ino;
}

/*
 * What has the name of h now isn't h. A tree that isn't looked at for changes can't be walked anew,
 * so the node goes over to the new file, as if that had been written in place.
 */
static int replaced(struct hnode *h, const struct statx *st)
{
	struct hostfs *fs = hostfs_of(h->inode);
	struct hnode_key key = key_of(st);
	struct hnode *other;

	HASH_FIND(hh, fs->nodes, &key, sizeof(key), other);
	if (!fs->exclusive || (other && other != h) ||
	    (st->stx_mode & S_IFMT) != (h->inode->mode & S_IFMT))
		return -ESTALE;
	HASH_FIND(hh, fs->nodes, &h->key, sizeof(h->key), other);
	if (other == h)
		HASH_DEL(fs->nodes, h);
	h->key = key;
	h->btime = st->stx_btime;
	HASH_ADD(hh, fs->nodes, key, sizeof(h->key), h);
	hostfs_forget(h);
	hostfs_fill(h->inode, st);
	return 0;
}

/* Counts what may change ways to nodes, or use `below`: who waited has to look again. */
static uint64_t changes;

/* Opens h as a child of dirfd. 1: the way has changed meanwhile, or there is room now: try again. */
static CO_FN int open_again(struct hnode *h, int dirfd)
{
	char name[NAME_MAX + 1];
	struct inode *parent = inode_ref(h->parent);
	struct statx st;

	snprintf(name, sizeof(name), "%s", h->name); /* it may be renamed while the host looks for it */
	int fd = host_open_path(hnode_of(parent)->disk, dirfd, name, false);
	int err = h->fd >= 0 || h->lost || h->parent != parent || strcmp(h->name, name) != 0;
	inode_unref(parent);
	if (err) {
		host_close(fd);
		return 1;
	}
	if (fd < 0) {
		if (make_room(fd))
			return 1;
		return fd == -ENOENT && !hostfs_of(h->inode)->exclusive ? -ESTALE : fd;
	}
	err = host_stat(h->disk, fd, &st);
	if (!err && h->fd >= 0) {
		host_close(fd); /* somebody was faster */
		return 1;
	}
	if (!err && !hnode_is(h, &st))
		err = replaced(h, &st);
	if (err)
		host_close(fd);
	else
		fd_keep(h, fd);
	return err;
}

int hnode_fd_at_hand(struct hnode *h)
{
	if (h->fd >= 0) {
		if (h->on_lru) {
			TAILQ_REMOVE(&fds, h, lru);
			TAILQ_INSERT_TAIL(&fds, h, lru);
		}
		return h->fd;
	}
	return LIST_EMPTY(&h->open) ? -1 : LIST_FIRST(&h->open)->fd;
}

/* From h up to what is open, then down again: no recursion, the depth is the guest's choice. */
static CO_FN int open_way(struct hnode *h)
{
	struct hnode *chain = NULL;
	int fd, err = 0;

	while ((fd = hnode_fd_at_hand(h)) < 0) {
		if (!h->parent || h->lost)
			return -ESTALE;
		h->below = chain;
		chain = h;
		h = hnode_of(h->parent);
	}
	uint64_t before = ++changes;
	while (chain && !err) {
		struct inode *hold = inode_ref(chain->inode);
		err = open_again(chain, fd);
		if (!err && before != changes)
			err = 1;
		if (!err) {
			fd = chain->fd;
			chain = chain->below;
		}
		inode_unref(hold);
	}
	return err;
}

CO_FN int hnode_fd(struct inode *ino)
{
	int fd, err = 0;

	while ((fd = hnode_fd_at_hand(hnode_of(ino))) < 0 && err >= 0)
		err = open_way(hnode_of(ino));
	return err < 0 ? err : fd;
}

/*
 * By name, which saves an O_PATH descriptor. It is a regular file there, or was a moment ago: what
 * else it may have become must not wait, and isn't kept. Negative: try the ordinary way.
 */
static CO_FN int open_named(struct hnode *h)
{
	struct statx st;

	if (!h->parent || h->lost || hnode_fd_at_hand(h) >= 0)
		return -1;
	int dirfd = hnode_fd(h->parent);
	int fd = dirfd < 0 ? dirfd : host_open_file(h->disk, dirfd, h->name);
	if (fd < 0)
		return fd;
	if (!host_stat(h->disk, fd, &st) && hnode_is(h, &st)) {
		hostfs_fill(h->inode, &st);
		return fd;
	}
	host_close(fd);
	return -1;
}

CO_FN int hnode_share_fd(struct inode *ino)
{
	struct hnode *h = hnode_of(ino);

	while (h->fd < 0 || !h->readable) {
		int fd = open_named(h);
		if (fd < 0) {
			int path = hnode_fd(ino);
			fd = path < 0 ? path : hostfs_reopen(h->disk, path, O_RDONLY | O_NONBLOCK);
		}
		if (fd < 0)
			return fd;
		if (h->fd >= 0 && h->readable) { /* somebody was faster */
			host_close(fd);
			break;
		}
		host_close(h->fd);
		h->fd = fd;
		h->readable = true;
	}
	h->users++;
	lru_del(h);
	return h->fd;
}

void hnode_put_fd(struct inode *ino)
{
	struct hnode *h = hnode_of(ino);

	if (!--h->users)
		lru_newest(h);
}

CO_FN int hnode_fds(struct inode *const *inos, int *ret, unsigned n)
{
	bool all;

	do {
		for (unsigned i = 0; i < n; i++) {
			int fd = inos[i] ? hnode_fd(inos[i]) : -ESTALE;
			/* What is to be removed or replaced may be gone from the host. */
			if (fd < 0 && (i < 2 || fd != -ESTALE))
				return fd;
			ret[i] = fd;
		}
		/* To open the later ones may have closed the first. */
		all = true;
		for (unsigned i = 0; i < n; i++) {
			if (ret[i] < 0)
				continue;
			ret[i] = hnode_fd_at_hand(hnode_of(inos[i]));
			all = all && ret[i] >= 0;
		}
	} while (!all);
	return 0;
}

static bool is_above(const struct hnode *h, const struct inode *dir)
{
	for (; dir; dir = ((struct hnode *)dir->priv)->parent)
		if (dir->priv == h)
			return true;
	return false;
}

void hnode_place(struct inode *ino, struct inode *dir, const char *name)
{
	struct hnode *h = hnode_of(ino);

	if (!h->parent) /* the root */
		return;
	if (h->parent == dir && !strcmp(h->name, name) && !h->lost)
		return;
	changes++;
	if (h->parent != dir || strcmp(h->name, name) != 0) {
		/* Ways that the host has changed behind our back must not become a circle. */
		char *copy = S_ISDIR(ino->mode) && is_above(h, dir) ? NULL : strdup(name);
		if (!copy) {
			h->lost = true;
			lru_del(h);
			return;
		}
		free(h->name);
		h->name = copy;
		inode_ref(dir);
		inode_unref(h->parent);
		h->parent = dir;
	}
	h->lost = false;
	lru_add(h);
}

void hnode_lost(struct inode *ino, const struct inode *dir, const char *name)
{
	struct hnode *h = hnode_of(ino);

	if (h->parent != dir || strcmp(h->name, name) != 0)
		return;
	changes++;
	h->lost = true;
	lru_del(h);
}

void hostfs_fill(struct inode *ino, const struct statx *st)
{
	struct hnode *h = hnode_of(ino);

	ino->mode = st->stx_mode;
	ino->nlink = st->stx_nlink;
	ino->uid = st->stx_uid;
	ino->gid = st->stx_gid;
	ino->size = st->stx_size;
	ino->atime = (struct timespec){ st->stx_atime.tv_sec, st->stx_atime.tv_nsec };
	ino->mtime = (struct timespec){ st->stx_mtime.tv_sec, st->stx_mtime.tv_nsec };
	ino->ctime = (struct timespec){ st->stx_ctime.tv_sec, st->stx_ctime.tv_nsec };
	ino->btime = (struct timespec){ st->stx_btime.tv_sec, st->stx_btime.tv_nsec };
	h->blocks = st->stx_blocks;
	h->blksize = st->stx_blksize;
	h->attributes = st->stx_attributes;
	h->attributes_mask = st->stx_attributes_mask;
	h->has_btime = st->stx_mask & STATX_BTIME;
	h->attr_until = hostfs_keeps(h) ? ktime_add(clock_monotonic(), HOSTFS_KEEP) : 0;
}

static const struct file_ops *fops_of(uint32_t mode)
{
	if (S_ISREG(mode))
		return &hostfs_file_ops;
	return S_ISDIR(mode) ? &hostfs_dir_fops : NULL;
}

int hnode_get_known(struct super *sb, struct inode *dir, const char *name, int fd,
                    const struct statx *st, struct inode **ret)
{
	struct hostfs *fs = sb->priv;
	struct hnode_key key;
	struct hnode *h;
	int err = know_dev(fs, makedev(st->stx_dev_major, st->stx_dev_minor));

	if (err)
		goto fail;
	key = key_of(st);
	HASH_FIND(hh, fs->nodes, &key, sizeof(key), h);
	if (h && hnode_is(h, st)) {
		hostfs_fill(h->inode, st);
		hnode_offer_fd(h->inode, fd);
		if (dir)
			hnode_place(h->inode, dir, name);
		*ret = inode_ref(h->inode);
		return 0;
	}
	if (h) /* the number was given to another file: the old inode is found no more */
		HASH_DEL(fs->nodes, h);
	err = -ENOMEM;
	struct hnode *n = zalloc(sizeof(*n));
	char *copy = strdup(name);
	struct inode *ino = n && copy ? inode_new(sb, &hostfs_inode_ops, fops_of(st->stx_mode),
	                                          hostfs_ino(fs, key.dev, key.ino), st->stx_mode)
	                              : NULL;
	if (!ino) {
		free(n);
		free(copy);
		goto fail;
	}
	n->key = key;
	n->fd = -1;
	n->disk = fd < 0 ? disk_of(dir) : host_disk_of(fd, key.dev);
	n->btime = st->stx_btime;
	n->lost = !*name;
	LIST_INIT(&n->open);
	n->inode = ino;
	n->parent = dir ? inode_ref(dir) : NULL;
	n->name = copy;
	ino->priv = n;
	ino->rdev = makedev(st->stx_rdev_major, st->stx_rdev_minor);
	hostfs_fill(ino, st);
	HASH_ADD(hh, fs->nodes, key, sizeof(n->key), n);
	hnode_offer_fd(ino, fd);
	*ret = ino;
	return 0;
fail:
	host_close(fd);
	return err;
}

CO_FN int hnode_get(struct super *sb, struct inode *dir, const char *name, int fd,
                    struct inode **ret)
{
	struct statx st;
	int err = host_stat(dir ? disk_of(dir) : NULL, fd, &st);

	if (!err)
		return hnode_get_known(sb, dir, name, fd, &st, ret);
	host_close(fd);
	return err;
}

static void forget_inode(struct inode *ino)
{
	hostfs_forget(hnode_of(ino));
}

static void destroy_inode(struct inode *ino)
{
	struct hostfs *fs = hostfs_of(ino);
	struct hnode *h = hnode_of(ino), *found;

	if (!h)
		return;
	HASH_FIND(hh, fs->nodes, &h->key, sizeof(h->key), found);
	if (found == h)
		HASH_DEL(fs->nodes, h);
	fd_drop(h);
	hostfs_forget(h);
	struct inode *parent = h->parent;
	free(h->name);
	free(h);
	if (parent)
		inode_unref(parent);
}

const struct inode_ops hostfs_inode_ops = {
	.lookup = hostfs_lookup,
	.mknod = hostfs_mknod,
	.mkdir = hostfs_mkdir,
	.symlink = hostfs_symlink,
	.link = hostfs_link,
	.unlink = hostfs_unlink,
	.rmdir = hostfs_rmdir,
	.rename = hostfs_rename,
	.tmpfile = hostfs_tmpfile,
	.readlink = hostfs_readlink,
	.getattr = hostfs_getattr,
	.setattr = hostfs_setattr,
	.revalidate = hostfs_revalidate,
	.open = hostfs_open,
	.getxattr = hostfs_getxattr,
	.setxattr = hostfs_setxattr,
	.listxattr = hostfs_listxattr,
	.removexattr = hostfs_removexattr,
	.forget = forget_inode,
	.destroy = destroy_inode,
};

static CO_FN int statfs_super(struct super *sb, struct kstatfs *ret)
{
	struct statfs s;
	int fd = hnode_fd(sb->root->inode);
	int err = fd < 0 ? fd : host_statfs(fd, &s);

	if (err)
		return err;
	*ret = (struct kstatfs){
		.type = (uint64_t)s.f_type,
		.bsize = (uint64_t)s.f_bsize,
		.blocks = s.f_blocks,
		.bfree = s.f_bfree,
		.bavail = s.f_bavail,
		.files = s.f_files,
		.ffree = s.f_ffree,
		.namelen = (uint64_t)s.f_namelen,
		.frsize = (uint64_t)s.f_frsize,
	};
	return 0;
}

static void destroy_super(struct super *sb)
{
	struct hostfs *fs = sb->priv;

	free(fs->devs);
	free(fs);
}

static CO_FN int sync_super(struct super *sb)
{
	int fd = hnode_fd(sb->root->inode);

	if (((struct hostfs *)sb->priv)->read_only)
		return 0;
	fd = fd < 0 ? fd : hostfs_reopen(disk_of(sb->root->inode), fd, O_RDONLY | O_DIRECTORY);
	int err = fd < 0 ? fd : host_syncfs(fd);
	host_close(fd);
	return err;
}

static const struct super_ops super_ops = {
	.name = "hostfs",
	.statfs = statfs_super,
	.destroy = destroy_super,
	.sync = sync_super,
};

CO_FN int hostfs_new(int dirfd, bool read_only, bool exclusive, struct super **ret)
{
	struct hostfs *fs = calloc(1, sizeof(*fs));
	struct super *sb = fs ? super_new(&super_ops, fs) : NULL;
	struct inode *root;

	if (!sb) {
		free(fs);
		host_close(dirfd);
		return -ENOMEM;
	}
	fs->read_only = read_only;
	fs->exclusive = exclusive;
	sb->read_only = read_only;
	sb->exclusive = exclusive;
	int err = hnode_get(sb, NULL, "/", dirfd, &root);
	if (!err) {
		sb->root = dentry_root(sb, root);
		if (!sb->root)
			err = -ENOMEM;
	}
	if (err) {
		super_unref(sb);
		return err;
	}
	*ret = sb;
	return 0;
}
