/* SPDX-License-Identifier: Apache-2.0
 *
 * eventfd(2). Layer: core.
 */
#include "core/ipc/eventfd.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/objcount.h"

OBJCOUNT(eventfd_count, "eventfd");

struct eventfd {
	uint64_t count; /* at most UINT64_MAX - 1 */
	bool semaphore;
	unsigned id;
	struct waitq rd, wr;
};

static CO_FN ssize_t eventfd_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct eventfd *e = f->priv;

	if (u->resid < sizeof(uint64_t))
		return -EINVAL;
	while (!e->count) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		int err = wait_on(&e->rd, KTIME_NEVER);
		if (err)
			return err;
	}
	/* Taken before the copy, which may yield; Linux loses it to a bad buffer as well. */
	uint64_t n = e->semaphore ? 1 : e->count;
	e->count -= n;
	wake_key(&e->wr, POLLOUT);
	if (e->count)
		wake_key(&e->rd, POLLIN);
	return uio_put(u, &n, sizeof(n)) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static CO_FN ssize_t eventfd_write(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct eventfd *e = f->priv;
	uint64_t n;

	if (u->resid < sizeof(n))
		return -EINVAL;
	if (uio_get(u, &n, sizeof(n)) < sizeof(n))
		return -EFAULT;
	if (n == UINT64_MAX)
		return -EINVAL;
	while (UINT64_MAX - e->count <= n) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		int err = wait_on(&e->wr, KTIME_NEVER);
		if (err)
			return err;
	}
	e->count += n;
	wake_key(&e->rd, POLLIN);
	return sizeof(n);
}

static uint32_t eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->priv;

	poll_wait(pt, &e->rd);
	poll_wait(pt, &e->wr);
	return (e->count ? POLLIN : 0u) | (e->count == UINT64_MAX ? POLLERR : 0u) |
	       (e->count < UINT64_MAX - 1 ? POLLOUT : 0u);
}

static int eventfd_fdinfo(struct file *f, char *buf, size_t size)
{
	const struct eventfd *e = f->priv;

	return snprintf(buf, size, "eventfd-count: %16llx\neventfd-id: %u\neventfd-semaphore: %d\n",
	                (unsigned long long)e->count, e->id, e->semaphore);
}

static void eventfd_release(struct file *f)
{
	struct eventfd *e = f->priv;

	waitq_done(&e->rd);
	waitq_done(&e->wr);
	free(e);
	obj_died(&eventfd_count);
}

static const struct file_ops eventfd_fops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.llseek = noop_llseek,
	.stream = true,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.show_fdinfo = eventfd_fdinfo,
};

int eventfd_new(uint64_t count, bool semaphore, unsigned flags, struct file **ret)
{
	static unsigned next_id;
	struct eventfd *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->count = count;
	e->semaphore = semaphore;
	e->id = next_id++;
	waitq_init(&e->rd);
	waitq_init(&e->wr);
	*ret = file_anon(&eventfd_fops, "anon_inode:[eventfd]", 0600, O_RDWR | flags, e);
	if (!*ret) {
		free(e);
		return -ENOMEM;
	}
	obj_born(&eventfd_count);
	return 0;
}
