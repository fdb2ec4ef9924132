/* SPDX-License-Identifier: Apache-2.0
 *
 * epoll_create(2), epoll_ctl(2), epoll_wait(2) and their later forms. Layer: syscalls.
 */
#include <stdlib.h>

#include "core/clock.h"
#include "core/ipc/epoll.h"
#include "syscalls/syscall.h"

/* What one call returns at most; the rest stays ready for the next. */
#define BATCH_MAX 1024

static int64_t make_epoll(struct task *t, unsigned flags)
{
	struct file *f;
	int err = epoll_new(&f);

	return err ? err : fd_install(t->files, f, 0, flags & EPOLL_CLOEXEC,
	                              task_rlimit(t, RLIMIT_NOFILE));
}

SYSCALL1(epoll_create, int, size)
{
	return size <= 0 ? -EINVAL : make_epoll(t, 0);
}

SYSCALL1(epoll_create1, unsigned, flags)
{
	return flags & ~(unsigned)EPOLL_CLOEXEC ? -EINVAL : make_epoll(t, flags);
}

SYSCALL4(epoll_ctl, int, epfd, int, op, int, fd, gaddr_t, event)
{
	struct epoll_event ev = { 0 };
	int64_t err;

	if (op != EPOLL_CTL_DEL && copyin_obj(&ev, event))
		return -EFAULT;
	struct file *ep = fd_get(t->files, epfd);
	struct file *f = ep ? fd_get(t->files, fd) : NULL;
	if (!ep || !f)
		err = -EBADF;
	else if (!f->ops->poll)
		err = -EPERM;
	else if (!epoll_is(ep))
		err = -EINVAL;
	else
		err = epoll_control(ep, op, fd, f, &ev);
	if (f)
		file_unref(f);
	if (ep)
		file_unref(ep);
	return err;
}

/* In Linux's order: the count, the whole array's addresses, then whether it is an epoll at all. */
static int check_room(struct file *ep, gaddr_t events, int max)
{
	if (max <= 0 || max > (int)(INT32_MAX / sizeof(struct epoll_event)))
		return -EINVAL;
	if (events > TASK_SIZE || (uint64_t)max * sizeof(struct epoll_event) > TASK_SIZE - events)
		return -EFAULT;
	return epoll_is(ep) ? 0 : -EINVAL;
}

static CO_FN int64_t do_wait(struct task *t, int epfd, gaddr_t events, int max, ktime_t deadline)
{
	struct file *ep = fd_get(t->files, epfd);
	if (!ep)
		return -EBADF;
	int64_t n = check_room(ep, events, max);
	if (n) {
		file_unref(ep);
		return n;
	}
	max = MIN(max, BATCH_MAX);
	struct epoll_event *ev = calloc((size_t)max, sizeof(*ev));
	struct epoll_taken *taken = calloc((size_t)max, sizeof(*taken));
	n = ev && taken ? epoll_collect(ep, ev, taken, max, deadline) : -ENOMEM;
	if (n > 0 && copyout(events, ev, (size_t)n * sizeof(*ev))) {
		epoll_put_back(ep, taken, (int)n);
		n = -EFAULT;
	}
	free(ev);
	free(taken);
	file_unref(ep);
	/* Never restarted by itself: signal(7). */
	return n == -ERESTARTSYS ? -EINTR : n;
}

static ktime_t deadline_ms(int ms)
{
	if (ms < 0)
		return KTIME_NEVER;
	return ms ? ktime_add(clock_monotonic(), ms * NSEC_PER_MSEC) : 0;
}

SYSCALL4(epoll_wait, int, epfd, gaddr_t, events, int, max, int, timeout)
{
	return do_wait(t, epfd, events, max, deadline_ms(timeout));
}

/* The mask holds while waiting; a signal that ends the wait is delivered under it. */
static CO_FN int64_t wait_masked(struct task *t, int epfd, gaddr_t events, int max, ktime_t deadline,
                                 gaddr_t mask, size_t size)
{
	sigmask_t set;

	if (!mask)
		return do_wait(t, epfd, events, max, deadline);
	if (size != sizeof(set))
		return -EINVAL;
	if (copyin_obj(&set, mask))
		return -EFAULT;
	signal_set_temp_mask(t, set);
	return do_wait(t, epfd, events, max, deadline);
}

SYSCALL6(epoll_pwait, int, epfd, gaddr_t, events, int, max, int, timeout, gaddr_t, mask, size_t, size)
{
	return wait_masked(t, epfd, events, max, deadline_ms(timeout), mask, size);
}

SYSCALL6(epoll_pwait2, int, epfd, gaddr_t, events, int, max, gaddr_t, timeout, gaddr_t, mask, size_t,
         size)
{
	struct timespec ts;
	ktime_t deadline = KTIME_NEVER;

	if (timeout) {
		int err = timespec_arg(timeout, &ts);
		if (err)
			return err;
		ktime_t d = ktime_from_timespec(&ts);
		deadline = d ? ktime_add(clock_monotonic(), d) : 0;
	}
	return wait_masked(t, epfd, events, max, deadline, mask, size);
}
