/* SPDX-License-Identifier: Apache-2.0
 *
 * splice(2), tee(2), vmsplice(2), sendfile(2), copy_file_range(2). Layer: syscalls.
 */
#include <stdlib.h>

#include "core/ipc/pipe.h"
#include "core/ipc/splice.h"
#include "syscalls/fs_util.h"

#define IOV_FAST 8

static int64_t splice_result(struct task *t, ssize_t n)
{
	if (n == -EFBIG)
		send_signal_task(t, SIGXFSZ, NULL);
	return n;
}

struct two_files {
	struct file *in, *out;
};

static void put_files(struct two_files *f)
{
	file_unref(f->in);
	file_unref(f->out);
}

static int get_files(struct task *t, int in, int out, struct two_files *ret)
{
	ret->in = fd_get(t->files, in);
	ret->out = ret->in ? fd_get(t->files, out) : NULL;
	if (ret->out)
		return 0;
	put_files(ret);
	return -EBADF;
}

/* An offset by pointer: *pos points at *value, or is NULL for a null pointer. */
static CO_FN int offset_in(gaddr_t addr, int64_t *value, int64_t **pos)
{
	*pos = addr ? value : NULL;
	return addr && copyin_obj(value, addr) ? -EFAULT : 0;
}

static CO_FN int64_t offset_out(gaddr_t addr, const int64_t *value, int64_t ret)
{
	return addr && ret >= 0 && copyout_obj(addr, value) ? -EFAULT : ret;
}

SYSCALL6(splice, int, fd_in, gaddr_t, off_in, int, fd_out, gaddr_t, off_out, size_t, len,
         unsigned, flags)
{
	struct two_files f;
	int64_t in_off, out_off, *in_pos, *out_pos, ret = 0;

	if (!len)
		return 0;
	if (flags & ~(unsigned)SPLICE_F_ALL)
		return -EINVAL;
	int err = get_files(t, fd_in, fd_out, &f);
	if (err)
		return err;
	if ((pipe_of(f.in) && off_in) || (pipe_of(f.out) && off_out))
		ret = -ESPIPE;
	if (!ret)
		ret = offset_in(off_out, &out_off, &out_pos);
	if (!ret)
		ret = offset_in(off_in, &in_off, &in_pos);
	if (!ret)
		ret = splice_files(f.in, in_pos, f.out, out_pos, len, flags,
		                   task_rlimit(t, RLIMIT_FSIZE));
	put_files(&f);
	ret = offset_out(off_out, &out_off, ret);
	return splice_result(t, offset_out(off_in, &in_off, ret));
}

SYSCALL4(tee, int, fd_in, int, fd_out, size_t, len, unsigned, flags)
{
	struct two_files f;

	if (flags & ~(unsigned)SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	int err = get_files(t, fd_in, fd_out, &f);
	if (err)
		return err;
	ssize_t n = splice_tee(f.in, f.out, len, flags);
	put_files(&f);
	return n;
}

SYSCALL4(vmsplice, int, fd, gaddr_t, iov, uint64_t, nr_segs, unsigned, flags)
{
	struct uio_seg fast[IOV_FAST], *segs;
	struct uio u;

	if (flags & ~(unsigned)SPLICE_F_ALL)
		return -EINVAL;
	struct file *f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	bool write = f->can_write;
	ssize_t n = uio_import(t->mm, iov, nr_segs, fast, IOV_FAST, &segs);
	if (n >= 0) {
		uio_segs(&u, t->mm, segs, (unsigned)nr_segs, (size_t)n);
		if (n)
			n = write ? splice_from_user(f, &u, flags) : splice_to_user(f, &u, flags);
		if (segs != fast)
			free(segs);
	}
	file_unref(f);
	return n;
}

static CO_FN int64_t send_file(struct task *t, struct two_files *f, int64_t *pos, size_t count)
{
	if (!f->in->can_read || !f->out->can_write)
		return -EBADF;
	if (pos && !f->in->ops->llseek)
		return -ESPIPE;
	if (pos && *pos < 0)
		return -EINVAL;
	return splice_sendfile(f->out, f->in, pos, count, task_rlimit(t, RLIMIT_FSIZE));
}

SYSCALL4(sendfile, int, out_fd, int, in_fd, gaddr_t, offset, size_t, count)
{
	struct two_files f;
	int64_t off, *pos;

	int err = offset_in(offset, &off, &pos);
	if (!err)
		err = get_files(t, in_fd, out_fd, &f);
	if (err)
		return err;
	int64_t ret = send_file(t, &f, pos, count);
	put_files(&f);
	return splice_result(t, offset_out(offset, &off, ret));
}

SYSCALL6(copy_file_range, int, fd_in, gaddr_t, off_in, int, fd_out, gaddr_t, off_out, size_t, len,
         unsigned, flags)
{
	struct two_files f;
	int64_t in_off, out_off, *in_pos, *out_pos;

	int err = get_files(t, fd_in, fd_out, &f);
	if (err)
		return err;
	int64_t ret = offset_in(off_in, &in_off, &in_pos);
	if (!ret)
		ret = offset_in(off_out, &out_off, &out_pos);
	if (!ret && flags)
		ret = -EINVAL;
	if (!ret)
		ret = splice_copy_range(f.in, in_pos, f.out, out_pos, len,
		                        task_rlimit(t, RLIMIT_FSIZE));
	put_files(&f);
	ret = offset_out(off_in, &in_off, ret);
	return splice_result(t, offset_out(off_out, &out_off, ret));
}
