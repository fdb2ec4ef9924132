/* SPDX-License-Identifier: Apache-2.0
 *
 * fcntl(2) but for locks, and the part of ioctl(2) that is alike for all files. Layer: syscalls.
 */
#include <asm/ioctls.h>
#include <linux/fs.h>

#include "core/fs/internal.h"
#include "core/fs/tmpfs/seals.h"
#include "core/ipc/pipe.h"
#include "syscalls/flock.h"
#include "syscalls/fs_util.h"

#define SETTABLE ((unsigned)(O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_ASYNC))

static int set_flags(struct task *t, struct file *f, unsigned flags)
{
	if (flags & O_NOATIME && !(f->flags & O_NOATIME) &&
	    !inode_owner_or_capable(f->inode, t->cred))
		return -EPERM;
	f->flags = (flags & SETTABLE) | (f->flags & ~SETTABLE);
	return 0;
}

/* ---- F_SETOWN and kin ---- */

static int set_owner(struct file *f, int type, pid_t pid)
{
	bool found = !pid;

	if (pid && type == F_OWNER_TID)
		found = task_find(pid);
	else if (pid && type == F_OWNER_PID)
		found = tg_find(pid);
	else if (pid)
		found = pgrp_find(pid);
	if (!found)
		return -ESRCH;
	f->owner_type = type;
	f->owner_pid = pid;
	return 0;
}

static int set_owner_arg(struct file *f, int who)
{
	if (who == INT32_MIN)
		return -EINVAL;
	return who < 0 ? set_owner(f, F_OWNER_PGRP, -who) : set_owner(f, F_OWNER_PID, who);
}

static CO_FN int set_owner_ex(struct file *f, gaddr_t arg)
{
	struct { int32_t type, pid; } ex;

	if (copyin_obj(&ex, arg))
		return -EFAULT;
	if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP || ex.pid < 0)
		return -EINVAL;
	return set_owner(f, ex.type, ex.pid);
}

static CO_FN int get_owner_ex(const struct file *f, gaddr_t arg)
{
	struct { int32_t type, pid; } ex = { f->owner_type, f->owner_pid };

	return copyout_obj(arg, &ex);
}

static int set_sig(struct file *f, uint64_t sig)
{
	if (sig > NSIG_KERNEL)
		return -EINVAL;
	f->owner_sig = (int)sig;
	return 0;
}

/* ---- dispatch ---- */

static int64_t dup_fd(struct task *t, struct file *f, int min, bool cloexec)
{
	uint64_t limit = task_rlimit(t, RLIMIT_NOFILE);

	if (min < 0 || (uint64_t)min >= limit)
		return -EINVAL;
	return fd_install(t->files, file_ref(f), min, cloexec, limit);
}

/* What works with O_PATH descriptors too; -ENOSYS: not one of these. */
static int64_t fcntl_fd(struct task *t, int fd, struct file *f, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_fd(t, f, (int)arg, false);
	case F_DUPFD_CLOEXEC:
		return dup_fd(t, f, (int)arg, true);
	case F_GETFD:
		return fd_cloexec_get(t->files, fd);
	case F_SETFD:
		return fd_cloexec_set(t->files, fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags;
	}
	return -ENOSYS;
}

static CO_FN int64_t fcntl_file(struct task *t, int fd, struct file *f, unsigned cmd, uint64_t arg)
{
	switch (cmd) {
	case F_SETFL:
		return set_flags(t, f, (unsigned)arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(t, f, arg, cmd == F_OFD_GETLK);
	case F_SETLK:
	case F_SETLKW:
		return fcntl_setlk(t, fd, f, arg, false, cmd == F_SETLKW);
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(t, fd, f, arg, true, cmd == F_OFD_SETLKW);
	case F_SETOWN:
		return set_owner_arg(f, (int)arg);
	case F_GETOWN:
		return f->owner_type == F_OWNER_PGRP ? -f->owner_pid : f->owner_pid;
	case F_SETOWN_EX:
		return set_owner_ex(f, arg);
	case F_GETOWN_EX:
		return get_owner_ex(f, arg);
	case F_SETSIG:
		return set_sig(f, arg);
	case F_GETSIG:
		return f->owner_sig;
	case F_GETLEASE:
		return F_UNLCK;
	case F_SETLEASE:
	case F_NOTIFY:
		log_once("fcntl lease", "fcntl leases and directory notification aren't supported");
		return -EINVAL;
	case F_GETPIPE_SZ:
		return pipe_get_size(f);
	case F_SETPIPE_SZ:
		return pipe_set_size(f, (unsigned)arg);
	case F_ADD_SEALS:
		return arg > UINT32_MAX ? -EINVAL : tmpfs_add_seals(f, (unsigned)arg);
	case F_GET_SEALS:
		return tmpfs_get_seals(f);
	}
	return -EINVAL;
}

SYSCALL3(fcntl, int, fd, unsigned, cmd, uint64_t, arg)
{
	struct file *f = fd_get_path(t->files, fd);
	int64_t r;

	if (!f)
		return -EBADF;
	r = fcntl_fd(t, fd, f, cmd, arg);
	if (r == -ENOSYS)
		r = f->flags & O_PATH ? -EBADF : fcntl_file(t, fd, f, cmd, arg);
	file_unref(f);
	return r;
}

/* ---- ioctl ---- */

static CO_FN int64_t ioctl_flag(struct file *f, unsigned flag, uint64_t arg)
{
	int on;

	if (copyin_obj(&on, arg))
		return -EFAULT;
	if (on)
		f->flags |= flag;
	else
		f->flags &= ~flag;
	return 0;
}

static CO_FN int64_t put_int(uint64_t arg, int val)
{
	return copyout_obj(arg, &val);
}

/* FIONREAD of a regular file. */
static CO_FN int64_t left_in_file(struct file *f, uint64_t arg)
{
	struct kstat st;
	int err = vfs_getattr(&f->path, &st);

	return err ? err : put_int(arg, (int)((int64_t)st.size - f->pos));
}

static CO_FN int64_t file_size(struct file *f, uint64_t arg)
{
	struct kstat st;
	int err = vfs_getattr(&f->path, &st);
	int64_t size = (int64_t)st.size;

	return err ? err : copyout_obj(arg, &size);
}

static CO_FN int64_t do_ioctl_file(struct task *t, int fd, struct file *f, unsigned cmd,
                                   uint64_t arg)
{
	struct kstatfs sfs;
	bool reg = S_ISREG(f->inode->mode);
	int err;

	switch (cmd) {
	case FIOCLEX:
		return fd_cloexec_set(t->files, fd, true);
	case FIONCLEX:
		return fd_cloexec_set(t->files, fd, false);
	case FIONBIO:
		return ioctl_flag(f, O_NONBLOCK, arg);
	case FIOASYNC:
		return ioctl_flag(f, O_ASYNC, arg);
	case FIGETBSZ:
		err = vfs_statfs(&f->path, &sfs);
		return err ? err : put_int(arg, (int)sfs.bsize);
	case FIOQSIZE:
		if (reg || S_ISDIR(f->inode->mode) || S_ISLNK(f->inode->mode))
			return file_size(f, arg);
		return -ENOTTY;
	case FIONREAD:
		if (reg)
			return left_in_file(f, arg);
		break;
	}
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

SYSCALL3(ioctl, int, fd, unsigned, cmd, uint64_t, arg)
{
	struct file *f = fd_get(t->files, fd);
	int64_t r;

	if (!f)
		return -EBADF;
	r = do_ioctl_file(t, fd, f, cmd, arg);
	file_unref(f);
	return r;
}
