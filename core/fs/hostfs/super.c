/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: the super block, and the way from inodes to host descriptors. Layer: core.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "core/fs/filesystems.h"
#include "core/fs/hostfs/hostfs.h"

/* Nodes with an open descriptor, least recently used first: one list for all trees, since the limit
 * on descriptors is the process's. */
static TAILQ_HEAD(hnode_list, hnode) fds = TAILQ_HEAD_INITIALIZER(fds);
static unsigned nr_fds;

static void fd_drop(struct hnode *h)
{
	if (h->fd < 0)
		return;
	TAILQ_REMOVE(&fds, h, lru);
	nr_fds--;
	host_close(h->fd);
	h->fd = -1;
}

static void fd_keep(struct hnode *h, int fd)
{
	h->fd = fd;
	TAILQ_INSERT_TAIL(&fds, h, lru);
	nr_fds++;
	/* Only nodes that can be found again by name: never a root. */
	for (struct hnode *old = TAILQ_FIRST(&fds), *next; old && nr_fds > HOSTFS_FDS_MAX; old = next) {
		next = TAILQ_NEXT(old, lru);
		if (old->parent && old != h)
			fd_drop(old);
	}
}

CO_FN int hnode_fd(struct inode *ino)
{
	struct hnode *h = hnode_of(ino);
	struct statx st;

	if (h->fd >= 0) {
		TAILQ_REMOVE(&fds, h, lru);
		TAILQ_INSERT_TAIL(&fds, h, lru);
		return h->fd;
	}
	int dirfd = hnode_fd(h->parent);
	if (dirfd < 0)
		return dirfd;
	int fd = host_open_path(dirfd, h->name);
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	int err = host_stat(fd, &st);
	if (!err && (st.stx_ino != h->key.ino ||
	             makedev(st.stx_dev_major, st.stx_dev_minor) != h->key.dev))
		err = -ESTALE;
	if (err) {
		host_close(fd);
		return err;
	}
	fd_keep(h, fd);
	return fd;
}

int hnode_moved(struct inode *ino, struct inode *dir, const char *name)
{
	struct hnode *h = hnode_of(ino);
	char *copy = strdup(name);

	if (!copy) { /* without a way back the descriptor must stay */
		h->parent = inode_unref(h->parent);
		return -ENOMEM;
	}
	free(h->name);
	h->name = copy;
	inode_ref(dir);
	if (h->parent)
		inode_unref(h->parent);
	h->parent = dir;
	return 0;
}

void hostfs_fill(struct inode *ino, const struct statx *st)
{
	ino->mode = st->stx_mode;
	ino->nlink = st->stx_nlink;
	ino->uid = st->stx_uid;
	ino->gid = st->stx_gid;
	ino->size = st->stx_size;
	ino->atime = (struct timespec){ st->stx_atime.tv_sec, st->stx_atime.tv_nsec };
	ino->mtime = (struct timespec){ st->stx_mtime.tv_sec, st->stx_mtime.tv_nsec };
	ino->ctime = (struct timespec){ st->stx_ctime.tv_sec, st->stx_ctime.tv_nsec };
	ino->btime = (struct timespec){ st->stx_btime.tv_sec, st->stx_btime.tv_nsec };
}

static const struct file_ops *fops_of(uint32_t mode)
{
	if (S_ISREG(mode))
		return &hostfs_file_ops;
	return S_ISDIR(mode) ? &hostfs_dir_fops : NULL;
}

CO_FN int hnode_get(struct super *sb, struct inode *dir, const char *name, int fd,
                    struct inode **ret)
{
	struct hostfs *fs = sb->priv;
	struct hnode_key key;
	struct hnode *h;
	struct statx st;
	int err = host_stat(fd, &st);

	if (err)
		goto fail;
	memset(&key, 0, sizeof(key));
	key.dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	key.ino = st.stx_ino;
	HASH_FIND(hh, fs->nodes, &key, sizeof(key), h);
	if (h && (h->inode->mode & S_IFMT) == (st.stx_mode & S_IFMT)) {
		hostfs_fill(h->inode, &st);
		if (h->fd < 0)
			fd_keep(h, fd);
		else
			host_close(fd);
		*ret = inode_ref(h->inode);
		return 0;
	}
	if (h) /* the number was given to another file: the old inode is found no more */
		HASH_DEL(fs->nodes, h);
	err = -ENOMEM;
	struct hnode *n = calloc(1, sizeof(*n));
	char *copy = strdup(name);
	struct inode *ino = n && copy ? inode_new(sb, &hostfs_inode_ops, fops_of(st.stx_mode),
	                                          st.stx_ino, st.stx_mode)
	                              : NULL;
	if (!ino) {
		free(n);
		free(copy);
		goto fail;
	}
	n->key = key;
	n->inode = ino;
	n->parent = dir ? inode_ref(dir) : NULL;
	n->name = copy;
	ino->priv = n;
	ino->rdev = makedev(st.stx_rdev_major, st.stx_rdev_minor);
	hostfs_fill(ino, &st);
	HASH_ADD(hh, fs->nodes, key, sizeof(n->key), n);
	fd_keep(n, fd);
	*ret = ino;
	return 0;
fail:
	host_close(fd);
	return err;
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
	.readlink = hostfs_readlink,
	.getattr = hostfs_getattr,
	.setattr = hostfs_setattr,
	.revalidate = hostfs_revalidate,
	.open = hostfs_open,
	.getxattr = hostfs_getxattr,
	.setxattr = hostfs_setxattr,
	.listxattr = hostfs_listxattr,
	.removexattr = hostfs_removexattr,
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
	free(sb->priv);
}

static const struct super_ops super_ops = {
	.name = "hostfs",
	.statfs = statfs_super,
	.destroy = destroy_super,
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
