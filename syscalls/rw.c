/* SPDX-License-Identifier: Apache-2.0
 *
 * read(2), write(2) and their vector and position forms, lseek(2). Layer: syscalls.
 */
#include <linux/fs.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/notify.h"
#include "syscalls/fs_util.h"

#define IOV_FAST 8
#define RWF_KNOWN (RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RWF_NOAPPEND_BIT)

static CO_FN int64_t do_rw(struct task *t, int fd, struct uio *u, int64_t *pos, bool write, int rwf)
{
	struct file *f = fd_get(t->files, fd);
	ssize_t n;

	if (!f)
		return -EBADF;
	if (write)
		n = vfs_write_flags(f, u, pos, task_rlimit(t, RLIMIT_FSIZE), rwf);
	else
		n = vfs_read(f, u, pos);
	file_unref(f);
	if (write) {
		t->syscw++;
		t->wchar += n > 0 ? (uint64_t)n : 0;
		return write_result(t, n);
	}
	t->syscr++;
	t->rchar += n > 0 ? (uint64_t)n : 0;
	return n;
}

static bool bad_range(gaddr_t buf, size_t n)
{
	return buf > TASK_SIZE || n > TASK_SIZE - buf;
}

/* Access mode comes before the address, as in vfs_read(). */
static int check_buffer(struct task *t, int fd, gaddr_t buf, size_t n, bool write)
{
	struct file *f;
	int err = 0;

	if (!bad_range(buf, n))
		return 0;
	f = fd_get(t->files, fd);
	if (!f || !(write ? f->can_write : f->can_read))
		err = -EBADF;
	else if (!(write ? f->ops->write : f->ops->read))
		err = S_ISDIR(f->inode->mode) && !write ? -EISDIR : -EINVAL;
	else
		err = -EFAULT;
	file_unref(f);
	return err;
}

SYSCALL3(read, int, fd, gaddr_t, buf, size_t, count)
{
	struct uio u;
	int err = check_buffer(t, fd, buf, count, false);

	if (err)
		return err;
	uio_guest(&u, t->mm, buf, count);
	return do_rw(t, fd, &u, NULL, false, 0);
}

SYSCALL3(write, int, fd, gaddr_t, buf, size_t, count)
{
	struct uio u;
	int err = check_buffer(t, fd, buf, count, true);

	if (err)
		return err;
	uio_guest(&u, t->mm, buf, count);
	return do_rw(t, fd, &u, NULL, true, 0);
}

SYSCALL4(pread64, int, fd, gaddr_t, buf, size_t, count, int64_t, pos)
{
	struct uio u;
	int err = pos < 0 ? -EINVAL : check_buffer(t, fd, buf, count, false);

	if (err)
		return err;
	uio_guest(&u, t->mm, buf, count);
	return do_rw(t, fd, &u, &pos, false, 0);
}

SYSCALL4(pwrite64, int, fd, gaddr_t, buf, size_t, count, int64_t, pos)
{
	struct uio u;
	int err = pos < 0 ? -EINVAL : check_buffer(t, fd, buf, count, true);

	if (err)
		return err;
	uio_guest(&u, t->mm, buf, count);
	return do_rw(t, fd, &u, &pos, true, 0);
}

/* pos -1 with `stream`: the file's own position (preadv2, pwritev2). */
/* RWF_NOWAIT: only a read from what can wait (a pipe, a socket) and is ready now. */
static int64_t nowait(struct task *t, int fd, bool write)
{
	struct file *f = fd_get(t->files, fd);
	int64_t r = 0;

	if (!f)
		return -EBADF;
	if (write || !f->ops->poll)
		r = -EOPNOTSUPP;
	else if (!(file_poll(f, NULL) & (POLLIN | POLLHUP | POLLERR)))
		r = -EAGAIN;
	file_unref(f);
	return r;
}

static CO_FN int64_t do_vec(struct task *t, int fd, gaddr_t iov, uint64_t n, int64_t *pos,
                            bool write, int rwf)
{
	struct uio_seg fast[IOV_FAST], *segs;
	struct file *f = fd_get(t->files, fd);
	struct uio u;
	ssize_t total;
	int64_t r;

	if (!f)
		return -EBADF;
	r = 0;
	if (pos && !f->ops->llseek)
		r = -ESPIPE;
	else if (!(write ? f->can_write : f->can_read))
		r = -EBADF;
	else if (!(write ? f->ops->write : f->ops->read) && !S_ISDIR(f->inode->mode))
		r = -EINVAL;
	total = r ? 0 : uio_import(t->mm, iov, n, fast, IOV_FAST, &segs);
	if (r || total < 0) {
		file_unref(f);
		return r ? r : total;
	}
	if (!total)
		r = 0; /* before the flags are looked at, and for directories too */
	else if (rwf & ~RWF_KNOWN)
		r = -EOPNOTSUPP;
	else if (rwf & RWF_NOWAIT && (r = nowait(t, fd, write)) != 0)
		;
	else if (rwf & RWF_APPEND && rwf & RWF_NOAPPEND_BIT)
		r = -EINVAL;
	else {
		uio_segs(&u, t->mm, segs, (unsigned)n, (size_t)total);
		r = do_rw(t, fd, &u, pos, write, rwf);
	}
	if (!write && !r)
		notify_file(f, IN_ACCESS); /* unlike read(2), these tell of nothing, too */
	file_unref(f);
	if (segs != fast)
		free(segs);
	return r;
}

SYSCALL3(readv, int, fd, gaddr_t, iov, uint64_t, n)
{
	return do_vec(t, fd, iov, n, NULL, false, 0);
}

SYSCALL3(writev, int, fd, gaddr_t, iov, uint64_t, n)
{
	return do_vec(t, fd, iov, n, NULL, true, 0);
}

SYSCALL4(preadv, int, fd, gaddr_t, iov, uint64_t, n, int64_t, pos)
{
	return pos < 0 ? -EINVAL : do_vec(t, fd, iov, n, &pos, false, 0);
}

SYSCALL4(pwritev, int, fd, gaddr_t, iov, uint64_t, n, int64_t, pos)
{
	return pos < 0 ? -EINVAL : do_vec(t, fd, iov, n, &pos, true, 0);
}

/* The fifth argument, the upper half of the offset, is for 32-bit callers only. */
SYSCALL6(preadv2, int, fd, gaddr_t, iov, uint64_t, n, int64_t, pos, uint64_t, high, int, flags)
{
	(void)high;
	if (pos < -1)
		return -EINVAL;
	return do_vec(t, fd, iov, n, pos == -1 ? NULL : &pos, false, flags);
}

SYSCALL6(pwritev2, int, fd, gaddr_t, iov, uint64_t, n, int64_t, pos, uint64_t, high, int, flags)
{
	(void)high;
	if (pos < -1)
		return -EINVAL;
	return do_vec(t, fd, iov, n, pos == -1 ? NULL : &pos, true, flags);
}

SYSCALL3(lseek, int, fd, int64_t, off, unsigned, whence)
{
	struct file *f = fd_get(t->files, fd);
	int64_t r;

	if (!f)
		return -EBADF;
	if (whence > SEEK_HOLE) {
		r = -EINVAL;
	} else if (!f->ops->llseek) {
		r = -ESPIPE;
	} else {
		file_pos_lock(f);
		r = f->ops->llseek(f, off, (int)whence);
		file_pos_unlock(f);
	}
	file_unref(f);
	return r;
}
