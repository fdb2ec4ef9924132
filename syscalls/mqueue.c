/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX message queues. Layer: syscalls.
 */
#include "core/ipc/mqueue.h"

#include "syscalls/fs_util.h"
#include "tasks/ktime.h"

SYSCALL4(mq_open, gaddr_t, u_name, int, oflag, uint32_t, mode, gaddr_t, u_attr)
{
	struct walk w = task_walk(t);
	struct mq_attr attr;
	struct file *f;
	char *name;
	int err;

	if (u_attr && copyin_obj(&attr, u_attr))
		return -EFAULT;
	name = path_arg(u_name, &err);
	if (!name)
		return err;
	if (!name[0])
		err = -ENOENT; /* before the descriptor is looked at */
	/* No descriptor free: nothing may be created. */
	else if ((uint64_t)fdtable_count(t->files) >= task_rlimit(t, RLIMIT_NOFILE))
		err = -EMFILE;
	else
		err = mq_open_name(t->tg->ipc, &w, name, (unsigned)oflag, mode, u_attr ? &attr : NULL, &f);
	path_arg_free(name);
	return err ? err : install_file(t, f, true);
}

SYSCALL1(mq_unlink, gaddr_t, u_name)
{
	struct walk w = task_walk(t);
	int err;
	char *name = path_arg(u_name, &err);

	if (!name)
		return err;
	err = mq_unlink_name(t->tg->ipc, &w, name);
	path_arg_free(name);
	return err;
}

/* The open queue as a reference, or NULL: EBADF. */
static struct file *queue_get(struct task *t, int mqdes)
{
	struct file *f = fd_get(t->files, mqdes);

	if (f && !mq_is_queue(f))
		f = file_unref(f);
	return f;
}

static CO_FN int deadline_arg(gaddr_t addr, ktime_t *ret)
{
	struct timespec ts;
	int err = addr ? timespec_arg(addr, &ts) : 0;

	*ret = KTIME_NEVER;
	if (addr && !err)
		*ret = guest_clock_deadline(CLOCK_REALTIME, true, ktime_from_timespec(&ts));
	return err;
}

static CO_FN int send_to(struct file *f, gaddr_t buf, size_t len, unsigned prio, ktime_t deadline)
{
	struct ipc_msg *m;
	int err = mq_check_send(f, len);

	if (!err)
		err = ipc_msg_load(buf, len, &m);
	if (err)
		return err;
	m->type = prio;
	err = mq_send(f, m, deadline);
	if (err)
		ipc_msg_free(m);
	return err;
}

SYSCALL5(mq_timedsend, int, mqdes, gaddr_t, buf, size_t, len, unsigned, prio, gaddr_t, timeout)
{
	ktime_t deadline;
	struct file *f;
	int err = deadline_arg(timeout, &deadline);

	if (err)
		return err;
	if (prio >= MQ_PRIO_MAX)
		return -EINVAL;
	f = queue_get(t, mqdes);
	if (!f)
		return -EBADF;
	err = send_to(f, buf, len, prio, deadline);
	file_unref(f);
	return err;
}

SYSCALL5(mq_timedreceive, int, mqdes, gaddr_t, buf, size_t, len, gaddr_t, u_prio, gaddr_t, timeout)
{
	struct ipc_msg *m;
	unsigned prio;
	ktime_t deadline;
	struct file *f;
	int64_t ret = deadline_arg(timeout, &deadline);

	if (ret)
		return ret;
	f = queue_get(t, mqdes);
	if (!f)
		return -EBADF;
	ret = mq_receive(f, len, deadline, &m);
	file_unref(f);
	if (ret)
		return ret;
	ret = (int64_t)m->len;
	prio = (unsigned)m->type;
	if ((u_prio && copyout_obj(u_prio, &prio)) || ipc_msg_store(buf, m, m->len))
		ret = -EFAULT;
	ipc_msg_free(m);
	return ret;
}

/* SIGEV_THREAD sends a cookie over a netlink socket, a family that isn't there. */
static CO_FN int thread_error(struct task *t, const struct sigevent *ev)
{
	char cookie[NOTIFY_COOKIE_LEN];
	struct file *f;
	int err;

	if (copyin(cookie, (gaddr_t)(uintptr_t)ev->sigev_value.sival_ptr, sizeof(cookie)))
		return -EFAULT;
	f = fd_get(t->files, ev->sigev_signo);
	if (!f)
		return -EBADF;
	err = S_ISSOCK(f->inode->mode) ? -EINVAL : -ENOTSOCK;
	file_unref(f);
	return err;
}

static CO_FN int check_event(struct task *t, const struct sigevent *ev)
{
	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		return (unsigned)ev->sigev_signo > NSIG_KERNEL ? -EINVAL : 0;
	case SIGEV_THREAD:
		return thread_error(t, ev);
	default:
		return -EINVAL;
	}
}

SYSCALL2(mq_notify, int, mqdes, gaddr_t, u_ev)
{
	struct mq_notification n = { .owner = t->tg->tgid, .exec_id = t->tg->exec_id };
	struct sigevent ev;
	struct file *f;
	int err;

	if (u_ev) {
		if (copyin_obj(&ev, u_ev))
			return -EFAULT;
		err = check_event(t, &ev);
		if (err)
			return err;
		n.how = ev.sigev_notify;
		n.signo = ev.sigev_notify == SIGEV_SIGNAL ? ev.sigev_signo : 0;
		n.value = (uint64_t)(uintptr_t)ev.sigev_value.sival_ptr;
	}
	f = queue_get(t, mqdes);
	if (!f)
		return -EBADF;
	err = mq_notify(f, t->tg->tgid, u_ev ? &n : NULL);
	file_unref(f);
	return err;
}

SYSCALL3(mq_getsetattr, int, mqdes, gaddr_t, u_new, gaddr_t, u_old)
{
	struct mq_attr new, old;
	struct file *f;

	if (u_new && copyin_obj(&new, u_new))
		return -EFAULT;
	if (u_new && new.mq_flags & ~O_NONBLOCK)
		return -EINVAL;
	f = queue_get(t, mqdes);
	if (!f)
		return -EBADF;
	mq_getattr(f, &old);
	if (u_new)
		mq_setattr(f, &new);
	file_unref(f);
	return u_old && copyout_obj(u_old, &old) ? -EFAULT : 0;
}
