/* SPDX-License-Identifier: Apache-2.0
 *
 * hostfs: open files and directories. Layer: core.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/fs/hostfs/hostfs.h"
#include "core/objcount.h"

#define CHUNK ((size_t)32 << 10) /* what a transfer moves before it gives way */
#define DIR_CHUNK ((size_t)32 << 10)
#define SMALL ((size_t)4096)     /* this much fits on the stack */

OBJCOUNT(hfile_count, "open host file");

static int fd_of(struct file *f)
{
	return ((struct hfile *)f->priv)->fd;
}

/* Only an owner may leave the access time alone; the host knows whether the sentry is one. */
static CO_FN int open_own(struct inode *ino, int flags, unsigned quiet)
{
	int path = hnode_fd(ino);
	int fd = path < 0 ? path : hostfs_reopen(disk_of(ino), path, flags | O_NONBLOCK | (int)quiet);

	if (fd != -EPERM || !quiet)
		return fd;
	path = hnode_fd(ino);
	return path < 0 ? path : hostfs_reopen(disk_of(ino), path, flags | O_NONBLOCK);
}

CO_FN int hostfs_open(struct inode *ino, struct file *f)
{
	int flags = S_ISDIR(ino->mode) ? O_RDONLY | O_DIRECTORY
	            : f->can_read && f->can_write ? O_RDWR
	            : f->can_write                ? O_WRONLY
	                                          : O_RDONLY;

	if (!ino->fops)
		return -ENXIO; /* devices and sockets of the host are never opened */
	struct hfile *h = malloc(sizeof(*h));
	if (!h)
		return -ENOMEM;
	/* Positions are the sentry's own, so one descriptor serves all who only read. */
	h->shared = hostfs_keeps(hnode_of(ino)) && S_ISREG(ino->mode) && !f->can_write &&
	            !(f->flags & O_NOATIME);
	h->fd = h->shared ? hnode_share_fd(ino) : open_own(ino, flags, f->flags & O_NOATIME);
	if (h->fd < 0) {
		int err = h->fd;
		free(h);
		return err;
	}
	h->write = f->can_write;
	h->at = 0;
	LIST_INSERT_HEAD(&hnode_of(ino)->open, h, entry);
	obj_born(&hfile_count);
	f->priv = h;
	return 0;
}

static void release(struct file *f)
{
	struct hfile *h = f->priv;

	if (!h)
		return;
	LIST_REMOVE(h, entry);
	if (h->shared)
		hnode_put_fd(f->inode);
	else if (S_ISREG(f->inode->mode) && !f->inode->nlink)
		host_close_last(disk_of(f->inode), h->fd, f->inode->size);
	else
		host_close(h->fd);
	free(h);
	obj_died(&hfile_count);
}

/* Reads what is kept of the file. 1: on with the next piece, 0: no more, or -EAGAIN: nothing is. */
static CO_FN int read_kept(struct hnode *h, struct uio *u, int64_t *pos)
{
	const char *bytes;
	size_t n;
	struct hchunk *c = hostfs_chunk_get(h, (uint64_t)*pos, &bytes, &n);

	if (!c)
		return -EAGAIN;
	size_t want = MIN(n, u->resid), put = uio_put(u, bytes, want);
	hostfs_chunk_put(c);
	*pos += (int64_t)put;
	co_did_bytes(put);
	return want && put == want;
}

/* The same of one that is read again and again. */
static CO_FN int read_often(struct file *f, struct uio *u, int64_t *pos)
{
	struct hnode *h = hnode_of(f->inode);
	int more = 1;

	while (u->resid && more > 0) {
		more = read_kept(h, u, pos);
		if (more != -EAGAIN)
			continue;
		more = hostfs_chunk_fill(f->inode, fd_of(f), (uint64_t)*pos);
		more = more ? more : read_kept(h, u, pos);
	}
	return more;
}

/* The size, where it is remembered for a moment, or -1. */
static CO_FN int64_t known_size(struct inode *ino)
{
	struct kstat st;

	if (!hostfs_keeps(hnode_of(ino)) || hostfs_getattr(ino, &st))
		return -1;
	return (int64_t)ino->size;
}

static CO_FN ssize_t read_file(struct file *f, struct uio *u, int64_t *pos)
{
	char small[SMALL], *buf = small;
	size_t step = MIN(u->resid, CHUNK);
	int64_t size = known_size(f->inode);
	ssize_t err = 0;

	if (*pos == size) /* where most end who read a file: an end that hasn't just been moved */
		return 0;
	if (hostfs_read_often(hnode_of(f->inode), (uint64_t)*pos, u->resid)) {
		err = read_often(f, u, pos);
		if (err != -EAGAIN)
			return u->done || err > 0 ? uio_result(u) : err ? err : uio_result(u);
		err = 0;
	}
	if (step > SMALL && !(buf = malloc(step)))
		return u->done ? uio_result(u) : -ENOMEM;
	while (u->resid) {
		size_t want = MIN(u->resid, MAX(step, SMALL));
		ssize_t n = host_pread(disk_of(f->inode), fd_of(f), buf, want, *pos,
		                       size);
		if (n <= 0) {
			err = n;
			break;
		}
		size_t put = uio_put(u, buf, (size_t)n);
		*pos += (int64_t)put;
		if (put < (size_t)n || (size_t)n < want)
			break;
		co_did_bytes(put);
	}
	if (buf != small)
		free(buf);
	ssize_t done = uio_result(u);
	return done ? done : err;
}

/*
 * The wrappers have set *pos to the end for an append, but others write to the host's file, too:
 * the host must choose the place.
 */
static CO_FN ssize_t put_chunk(struct file *f, const void *buf, size_t n, int64_t *pos)
{
	ssize_t put;

	if (f->flags & O_APPEND && (uint64_t)*pos == f->inode->size)
		return host_append(disk_of(f->inode), fd_of(f), buf, n, pos);
	put = host_pwrite(disk_of(f->inode), fd_of(f), buf, n, *pos);
	if (put > 0)
		*pos += put;
	return put;
}

static CO_FN ssize_t write_file(struct file *f, struct uio *u, int64_t *pos)
{
	char *buf = malloc(MIN(u->resid, CHUNK));
	ssize_t err = 0;

	if (!buf)
		return u->resid ? -ENOMEM : 0;
	while (u->resid) {
		size_t got = uio_get(u, buf, MIN(u->resid, CHUNK));
		if (!got)
			break;
		ssize_t n = put_chunk(f, buf, got, pos);
		if (n > 0 && (uint64_t)*pos > f->inode->size)
			f->inode->size = (uint64_t)*pos;
		if (n < 0 || (size_t)n < got) {
			uio_revert(u, got - (n < 0 ? 0 : (size_t)n));
			err = n < 0 ? n : 0;
			break;
		}
		co_did_bytes(got);
	}
	free(buf);
	ssize_t done = uio_result(u);
	return done > 0 ? done : err ? err : done;
}

static CO_FN int64_t seek_file(struct file *f, int64_t off, int whence)
{
	struct kstat st;

	if (whence == SEEK_SET || whence == SEEK_CUR)
		return generic_llseek(f, off, whence);
	if (whence == SEEK_END) {
		int err = hostfs_getattr(f->inode, &st);
		return err ? err : generic_llseek(f, off, whence);
	}
	int64_t at = host_seek(fd_of(f), off, whence); /* SEEK_DATA, SEEK_HOLE */
	if (at >= 0)
		f->pos = at;
	return at;
}

static CO_FN int mmap_file(struct file *f, int prot, bool shared, uint64_t off, uint64_t len UNUSED,
                           int *fd, uint64_t *host_off)
{
	/* The file's own descriptor may allow more than this mapping needs. */
	bool write = shared && prot & PROT_WRITE;
	int got = -1;

	if (!write && !f->can_write)
		got = host_dup(fd_of(f));
	if (got < 0)
		got = hostfs_reopen(disk_of(f->inode), fd_of(f), write ? O_RDWR : O_RDONLY);
	if (got < 0)
		return got;
	*fd = got;
	*host_off = off;
	return 0;
}

static CO_FN int fsync_file(struct file *f, bool data_only)
{
	return host_fsync(fd_of(f), data_only);
}

static CO_FN int fallocate_file(struct file *f, int mode, int64_t off, int64_t len)
{
	struct kstat st;
	int err = host_fallocate(disk_of(f->inode), fd_of(f), mode, off, len);

	if (!err)
		hostfs_getattr(f->inode, &st);
	return err;
}

const struct file_ops hostfs_file_ops = {
	.read = read_file,
	.write = write_file,
	.llseek = seek_file,
	.mmap = mmap_file,
	.fsync = fsync_file,
	.fallocate = fallocate_file,
	.release = release,
};

/* ---- directories: the position is the host's own cookie ---- */

struct host_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* Tells s of n bytes of records; true when it has enough. */
static CO_FN bool tell(struct file *f, struct dir_sink *s, const char *buf, ssize_t n)
{
	const struct hostfs *fs = hostfs_of(f->inode);
	const struct hnode *h = hnode_of(f->inode);
	uint64_t up = h->parent ? h->parent->ino : f->inode->ino; /* nothing above the root shows */

	for (ssize_t i = 0; i < n;) {
		const struct host_dirent *d = (const struct host_dirent *)(buf + i);
		uint64_t ino = !strcmp(d->name, "..") ? up : hostfs_ino(fs, h->key.dev, d->ino);
		if (!s->emit(s, d->name, strlen(d->name), ino, d->type, d->off))
			return true;
		f->pos = d->off;
		i += d->reclen;
		co_did_entries(1);
	}
	return false;
}

static CO_FN int iterate_dir(struct file *f, struct dir_sink *s)
{
	struct hfile *h = f->priv;
	char *buf = malloc(DIR_CHUNK);
	ssize_t n = buf ? 0 : -ENOMEM;

	if (buf && h->at != f->pos)
		n = host_seek(h->fd, f->pos, SEEK_SET);
	while (n >= 0) {
		h->at = -1; /* who is killed meanwhile doesn't know */
		n = host_getdents(disk_of(f->inode), h->fd, buf, DIR_CHUNK);
		if (n <= 0 || tell(f, s, buf, n))
			break;
		h->at = f->pos;
	}
	free(buf);
	return (int)MIN(n, 0);
}

const struct file_ops hostfs_dir_fops = {
	.llseek = seek_file,
	.iterate = iterate_dir,
	.fsync = fsync_file,
	.release = release,
};
