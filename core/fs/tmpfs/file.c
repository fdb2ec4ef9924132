/* SPDX-License-Identifier: Apache-2.0
 *
 * Open tmpfs files: read, write, seek, allocate, map. Layer: core.
 *
 * Bytes go through a buffer of at most 64 KiB, since copying to or from a guest may yield and the
 * pages of the file may be gone after that.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/fs/internal.h"
#include "core/fs/tmpfs/tmpfs.h"
#include "core/host/memio.h"

#define STEP ((size_t)65536)
#define SMALL 4096
#define ALLOC_STEP ((uint64_t)4 << 20)

static CO_FN ssize_t tmpfs_read(struct file *f, struct uio *u, int64_t *pos)
{
	struct inode *ino = f->inode;
	char small[SMALL], *buf = small;
	size_t step = MIN(u->resid, STEP), n;
	int err = 0;

	if (u->resid > SMALL && (uint64_t)*pos + SMALL < ino->size) {
		buf = malloc(step);
		if (!buf)
			return -ENOMEM;
	} else {
		step = MIN(step, (size_t)SMALL);
	}
	while (u->resid && (uint64_t)*pos < ino->size) {
		size_t moved;

		n = MIN(MIN(u->resid, step), ino->size - (uint64_t)*pos);
		err = data_read(&node_of(ino)->data, buf, n, (uint64_t)*pos);
		if (err)
			break;
		moved = uio_put(u, buf, n);
		*pos += (int64_t)moved;
		co_did_bytes(moved);
		if (moved < n)
			break;
	}
	if (buf != small)
		free(buf);
	file_accessed(f);
	return err && !u->done ? err : uio_result(u);
}

static int may_write(const struct inode *ino, uint64_t end)
{
	unsigned seals = node_of(ino)->seals;

	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	return seals & F_SEAL_GROW && end > ino->size ? -EPERM : 0;
}

static CO_FN ssize_t tmpfs_write(struct file *f, struct uio *u, int64_t *pos)
{
	struct inode *ino = f->inode;
	char small[SMALL], *buf = small;
	size_t step = u->resid > SMALL ? MIN(u->resid, STEP) : SMALL;
	ssize_t err = 0;

	if (step > SMALL && !(buf = malloc(step)))
		return -ENOMEM;
	while (u->resid) {
		size_t n = MIN(u->resid, step), got;
		ssize_t put;

		got = uio_get(u, buf, n);
		if (!got)
			break;
		put = may_write(ino, (uint64_t)*pos + got);
		if (!put)
			put = data_write(&node_of(ino)->data, buf, got, (uint64_t)*pos, ino->size);
		if (put < (ssize_t)got)
			uio_revert(u, got - (size_t)MAX(put, 0));
		if (put > 0) {
			*pos += put;
			ino->size = MAX(ino->size, (uint64_t)*pos);
			ino->mtime = ino->ctime = vfs_now();
		}
		co_did_bytes(got);
		if (put < (ssize_t)got || got < n) {
			err = put < 0 ? put : 0;
			break;
		}
	}
	if (buf != small)
		free(buf);
	return err && !u->done ? err : uio_result(u);
}

static CO_FN int64_t tmpfs_llseek(struct file *f, int64_t off, int whence)
{
	int64_t r;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_llseek(f, off, whence);
	if (off < 0)
		return -ENXIO;
	r = data_seek(&node_of(f->inode)->data, (uint64_t)off, f->inode->size, whence);
	if (r >= 0)
		f->pos = r;
	return r;
}

static bool interrupted(void)
{
	struct co *self = co_self();

	return self && self->interrupt;
}

/* In the host's memory, in steps that don't hold up everybody else. */
static CO_FN int allocate_host(struct data *d, uint64_t start, uint64_t end)
{
	uint64_t need = (end - 1) / PAGE_SIZE - start / PAGE_SIZE + 1;
	int err = 0;

	data_recount(d);
	if (need > d->pages && !data_has_room(d, need - d->pages))
		return -ENOSPC;
	for (uint64_t at = start; !err && at < end; at += ALLOC_STEP) {
		uint64_t n = MIN(ALLOC_STEP, end - at);

		/* Without room it may still all be there. */
		if (!data_has_room(d, n / PAGE_SIZE + 1) &&
		    memio_seek(d->fd, at, SEEK_HOLE) < (int64_t)(at + n))
			return -ENOSPC;
		err = memio_fallocate(d->fd, FALLOC_FL_KEEP_SIZE, at, n);
		data_recount(d);
		co_did_bytes(STEP);
		if (!err && interrupted())
			err = -EINTR;
	}
	return err;
}

static CO_FN int allocate(struct inode *ino, uint64_t start, uint64_t end)
{
	struct data *d = &node_of(ino)->data;
	int err;

	/* Much at once is the host's to hold. */
	if (end - start > ALLOC_STEP && d->fd < 0) {
		if ((end - start) / PAGE_SIZE > d->pages &&
		    !data_has_room(d, (end - start) / PAGE_SIZE - d->pages))
			return -ENOSPC;
		err = data_to_host(d, ino->size);
		if (err)
			return err;
	}
	for (uint64_t at = PAGE_DOWN(start); at < end; at += PAGE_SIZE) {
		if (d->fd >= 0) /* perhaps mapped meanwhile */
			return allocate_host(d, MAX(at, start), end);
		err = data_alloc_page(d, at / PAGE_SIZE);
		if (err)
			return err;
		co_did_bytes(PAGE_SIZE);
		if (interrupted())
			return -EINTR;
	}
	return 0;
}

static CO_FN int do_fallocate(struct file *f, int mode, uint64_t start, uint64_t end)
{
	struct inode *ino = f->inode;
	struct node *n = node_of(ino);
	int err = 0;

	if (mode & FALLOC_FL_PUNCH_HOLE && n->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > ino->size && n->seals & F_SEAL_GROW)
		return -EPERM;
	if (mode & FALLOC_FL_ZERO_RANGE && n->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	err = inode_remove_privs(ino, f->cred);
	if (!err && mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		err = data_punch(&n->data, start, end, ino->size);
	if (!err && !(mode & FALLOC_FL_PUNCH_HOLE))
		err = allocate(ino, start, end);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > ino->size) {
		err = data_truncate(&n->data, ino->size, end);
		if (!err)
			ino->size = end;
	}
	if (!err)
		ino->mtime = ino->ctime = vfs_now();
	return err;
}

static CO_FN int tmpfs_fallocate(struct file *f, int mode, int64_t off, int64_t len)
{
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	comutex_lock(&f->inode->lock);
	err = do_fallocate(f, mode, (uint64_t)off, (uint64_t)(off + len));
	comutex_unlock(&f->inode->lock);
	return err;
}

static CO_FN int tmpfs_mmap(struct file *f, int prot, bool shared, uint64_t off,
                            uint64_t len UNUSED, int *fd, uint64_t *host_off)
{
	struct node *n = node_of(f->inode);
	bool writable = shared && prot & PROT_WRITE;
	int r;

	if (writable && n->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	r = data_to_host(&n->data, f->inode->size);
	if (!r)
		r = memio_dup(n->data.fd, writable);
	if (r < 0)
		return r;
	*fd = r;
	*host_off = off;
	file_accessed(f);
	return 0;
}

static int tmpfs_fsync(struct file *f UNUSED, bool data_only UNUSED)
{
	return 0;
}

const struct file_ops tmpfs_reg_fops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.llseek = tmpfs_llseek,
	.mmap = tmpfs_mmap,
	.fsync = tmpfs_fsync,
	.fallocate = tmpfs_fallocate,
};

const struct inode_ops tmpfs_reg_ops = {
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.destroy = tmpfs_destroy_inode,
};
