/* SPDX-License-Identifier: Apache-2.0
 *
 * flock(2) and the record locks of fcntl(2). Layer: syscalls.
 */
#include <sys/file.h>
#include <unistd.h>

#include "syscalls/flock.h"
#include "syscalls/fs_util.h"

/* flock_to_posix_lock(): the bytes that l means. */
static CO_FN int range_of(struct file *f, const struct flock *l, struct record_lock *r)
{
	struct kstat st;
	int64_t start;
	int err;

	switch (l->l_whence) {
	case SEEK_SET:
		start = 0;
		break;
	case SEEK_CUR:
		start = f->pos;
		break;
	case SEEK_END:
		err = vfs_getattr(&f->path, &st);
		if (err)
			return err;
		start = (int64_t)st.size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(start, l->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	r->start = start;
	r->end = INT64_MAX;
	if (l->l_len > 0) {
		if (__builtin_add_overflow(start, l->l_len - 1, &r->end))
			return -EOVERFLOW;
	} else if (l->l_len < 0) {
		if (start + l->l_len < 0)
			return -EINVAL;
		r->end = start - 1;
		r->start = start + l->l_len;
	}
	return 0;
}

static CO_FN int lock_in(struct task *t, struct file *f, gaddr_t arg, bool ofd, struct flock *l,
                         struct record_lock *r)
{
	if (copyin_obj(l, arg))
		return -EFAULT;
	if (ofd && l->l_pid)
		return -EINVAL;
	if (l->l_type != F_RDLCK && l->l_type != F_WRLCK && l->l_type != F_UNLCK)
		return -EINVAL;
	r->type = l->l_type;
	r->ofd = ofd;
	r->owner = ofd ? f->gen : fdtable_id(t->files);
	r->pid = ofd ? -1 : t->tg->tgid;
	return range_of(f, l, r);
}

CO_FN int64_t fcntl_getlk(struct task *t, struct file *f, gaddr_t arg, bool ofd)
{
	struct record_lock r;
	struct flock l;
	int err = lock_in(t, f, arg, ofd, &l, &r);

	if (err)
		return err;
	if (r.type == F_UNLCK)
		return -EINVAL;
	locks_test(f->inode, &r);
	l.l_type = (short)r.type;
	if (r.type != F_UNLCK) {
		l.l_whence = SEEK_SET;
		l.l_start = r.start;
		l.l_len = r.end == INT64_MAX ? 0 : r.end - r.start + 1;
		l.l_pid = r.pid;
	}
	return copyout_obj(arg, &l);
}

CO_FN int64_t fcntl_setlk(struct task *t, int fd, struct file *f, gaddr_t arg, bool ofd, bool wait)
{
	struct record_lock r;
	struct flock l;
	struct file *now;
	int err = lock_in(t, f, arg, ofd, &l, &r);

	if (err)
		return err;
	if ((r.type == F_RDLCK && !f->can_read) || (r.type == F_WRLCK && !f->can_write))
		return -EBADF;
	err = locks_set(f->inode, &r, wait);
	if (err || r.type == F_UNLCK || ofd)
		return err;
	/* Another thread may have closed the descriptor meanwhile, and with it all locks. */
	now = fd_get(t->files, fd);
	if (now != f) {
		r.type = F_UNLCK;
		locks_set(f->inode, &r, false);
		err = -EBADF;
	}
	file_unref(now);
	return err;
}

SYSCALL2(flock, int, fd, unsigned, op)
{
	unsigned what = op & ~(unsigned)LOCK_NB;
	struct file *f;
	int err;

	if (op & LOCK_MAND) /* given up in Linux 5.18: accepted whatever the descriptor, and nothing done */
		return 0;
	if (what != LOCK_SH && what != LOCK_EX && what != LOCK_UN)
		return -EINVAL;
	f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	if (what != LOCK_UN && !f->can_read && !f->can_write)
		err = -EBADF;
	else
		err = locks_flock(f, (int)op);
	file_unref(f);
	return err;
}
