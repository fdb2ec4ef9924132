/* SPDX-License-Identifier: Apache-2.0
 *
 * epoll(7). Layer: core.
 *
 * An item is queued on its file's wait queues for good; a wake-up puts it on the ready list, and
 * epoll_wait asks the file again. An item is known by descriptor and open file, since a descriptor
 * may be reused while the file lives on through a copy.
 */
#include "core/ipc/epoll.h"

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/objcount.h"

#define EPOLL_NESTING 5 /* as Linux's EP_MAX_NESTS */
#define PRIVATE_BITS (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)
#define ITEM_QUEUES 2

OBJCOUNT(epoll_count, "epoll");
OBJCOUNT(item_count, "epoll item");

struct epitem {
	RB_ENTRY(epitem) entry;
	int fd;
	struct file *file; /* borrowed: its release removes the item */
	struct epoll *ep;
	uint32_t events;
	uint64_t data;
	struct waiter waiters[ITEM_QUEUES];
	unsigned nr_waiters;
	bool ready; /* on the ready list */
	TAILQ_ENTRY(epitem) ready_entry;
	LIST_ENTRY(epitem) file_entry;
};

struct file_eplist {
	LIST_HEAD(, epitem) items;
};

RB_HEAD(epitem_tree, epitem);
TAILQ_HEAD(epitem_list, epitem);

struct epoll {
	struct epitem_tree items;
	struct epitem_list ready;
	struct waitq q; /* epoll_wait, and whoever polls the epoll file */
};

static int item_cmp(const struct epitem *a, const struct epitem *b)
{
	if (a->fd != b->fd)
		return a->fd < b->fd ? -1 : 1;
	return a->file->gen < b->file->gen ? -1 : a->file->gen > b->file->gen;
}
RB_GENERATE_INTERNAL(epitem_tree, epitem, entry, item_cmp, static UNUSED)

static void make_ready(struct epitem *it)
{
	if (!it->ready) {
		it->ready = true;
		TAILQ_INSERT_TAIL(&it->ep->ready, it, ready_entry);
	}
	wake_n(&it->ep->q, 1, POLLIN);
}

static void unready(struct epitem *it)
{
	if (it->ready)
		TAILQ_REMOVE(&it->ep->ready, it, ready_entry);
	it->ready = false;
}

static bool item_wake(struct waiter *w, uint32_t key)
{
	struct epitem *it = w->priv;

	if (!(it->events & ~PRIVATE_BITS))
		return false; /* one-shot, disarmed */
	if (key && !(key & (it->events | EPOLLERR | EPOLLHUP)))
		return false;
	make_ready(it);
	return true;
}

struct item_table {
	struct poll_table pt;
	struct epitem *it;
};

static void queue_item(struct poll_table *pt, struct waitq *q)
{
	struct epitem *it = container_of(pt, struct item_table, pt)->it;

	if (it->nr_waiters == ITEM_QUEUES)
		return;
	struct waiter *w = &it->waiters[it->nr_waiters++];
	*w = (struct waiter){ .wake = item_wake, .priv = it,
		              .exclusive = it->events & EPOLLEXCLUSIVE };
	waitq_add(q, w);
}

static void queue_nothing(struct poll_table *pt UNUSED, struct waitq *q UNUSED)
{
}

/* The item stays queued; the table only tells the file that somebody goes on waiting. */
static uint32_t item_poll(struct epitem *it)
{
	struct poll_table again = { .queue = queue_nothing };

	return file_poll(it->file, &again) & ((it->events & ~PRIVATE_BITS) | EPOLLERR | EPOLLHUP);
}

static void item_free(struct epitem *it)
{
	for (unsigned i = 0; i < it->nr_waiters; i++)
		waitq_del(&it->waiters[i]);
	unready(it);
	RB_REMOVE(epitem_tree, &it->ep->items, it);
	LIST_REMOVE(it, file_entry);
	if (LIST_EMPTY(&it->file->epolls->items)) {
		free(it->file->epolls);
		it->file->epolls = NULL;
	}
	free(it);
	obj_died(&item_count);
}

static void file_gone(struct file *f)
{
	while (f->epolls)
		item_free(LIST_FIRST(&f->epolls->items));
}

static const struct file_ops epoll_fops;

bool epoll_is(const struct file *f)
{
	return f->ops == &epoll_fops;
}

/* How deep epolls nest below f; more than the limit when `target` is among them. */
static int nesting(struct file *f, const struct file *target, int depth)
{
	struct epoll *ep = f->priv;
	struct epitem *it;
	int deepest = depth;

	if (f == target || depth > EPOLL_NESTING)
		return EPOLL_NESTING + 1;
	RB_FOREACH(it, epitem_tree, &ep->items)
		if (epoll_is(it->file))
			deepest = MAX(deepest, nesting(it->file, target, depth + 1));
	return deepest;
}

static int item_add(struct file *epf, int fd, struct file *f, const struct epoll_event *ev)
{
	struct epoll *ep = epf->priv;

	if (epoll_is(f) && nesting(f, epf, 1) > EPOLL_NESTING)
		return -ELOOP;
	if (!f->epolls) {
		f->epolls = calloc(1, sizeof(*f->epolls));
		if (!f->epolls)
			return -ENOMEM;
		LIST_INIT(&f->epolls->items);
	}
	struct epitem *it = calloc(1, sizeof(*it));
	if (!it) {
		if (LIST_EMPTY(&f->epolls->items)) {
			free(f->epolls);
			f->epolls = NULL;
		}
		return -ENOMEM;
	}
	it->fd = fd;
	it->file = f;
	it->ep = ep;
	it->events = ev->events;
	it->data = ev->data.u64;
	RB_INSERT(epitem_tree, &ep->items, it);
	LIST_INSERT_HEAD(&f->epolls->items, it, file_entry);
	obj_born(&item_count);
	struct item_table table = { .pt.queue = queue_item, .it = it };
	if (file_poll(f, &table.pt) & (it->events | EPOLLERR | EPOLLHUP))
		make_ready(it);
	return 0;
}

int epoll_control(struct file *epf, int op, int fd, struct file *f, const struct epoll_event *ev)
{
	struct epoll *ep = epf->priv;
	struct epitem key = { .fd = fd, .file = f };

	if (f == epf)
		return -EINVAL;
	if (!f->ops->poll)
		return -EPERM; /* regular files and directories */
	if (op != EPOLL_CTL_DEL && ev->events & EPOLLEXCLUSIVE) {
		uint32_t ok = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET |
		              EPOLLEXCLUSIVE;
		if (op == EPOLL_CTL_MOD || epoll_is(f) || ev->events & ~ok)
			return -EINVAL;
	}
	struct epitem *it = RB_FIND(epitem_tree, &ep->items, &key);
	switch (op) {
	case EPOLL_CTL_ADD:
		return it ? -EEXIST : item_add(epf, fd, f, ev);
	case EPOLL_CTL_DEL:
		if (!it)
			return -ENOENT;
		item_free(it);
		return 0;
	case EPOLL_CTL_MOD:
		if (!it)
			return -ENOENT;
		if (it->events & EPOLLEXCLUSIVE)
			return -EINVAL;
		it->events = ev->events;
		it->data = ev->data.u64;
		if (item_poll(it))
			make_ready(it);
		return 0;
	}
	return -EINVAL;
}

/* Takes what is ready now, in order of readiness; level-triggered items go back to the end. */
static int harvest(struct epoll *ep, struct epoll_event *ev, int max)
{
	struct epitem *last = TAILQ_LAST(&ep->ready, epitem_list), *it;
	int n = 0;

	while (n < max && (it = TAILQ_FIRST(&ep->ready))) {
		bool was_last = it == last;
		unready(it);
		uint32_t got = item_poll(it);
		if (got) {
			ev[n].events = got;
			ev[n].data.u64 = it->data;
			n++;
			if (it->events & EPOLLONESHOT) {
				it->events &= PRIVATE_BITS;
			} else if (!(it->events & EPOLLET)) {
				it->ready = true;
				TAILQ_INSERT_TAIL(&ep->ready, it, ready_entry);
			}
		}
		if (was_last)
			break;
	}
	return n;
}

CO_FN int epoll_collect(struct file *epf, struct epoll_event *ev, int max, ktime_t deadline)
{
	struct epoll *ep = epf->priv;

	for (;;) {
		int n = harvest(ep, ev, max);
		if (n) {
			/* Others may sleep for what is left, as the wake-up was for one. */
			if (!TAILQ_EMPTY(&ep->ready))
				wake_n(&ep->q, 1, POLLIN);
			return n;
		}
		if (deadline == 0)
			return 0;
		int err = wait_on(&ep->q, deadline);
		if (err)
			return err == -ETIMEDOUT ? harvest(ep, ev, max) : err;
	}
}

static bool any_ready(struct epoll *ep)
{
	struct epitem *it, *next;

	for (it = TAILQ_FIRST(&ep->ready); it; it = next) {
		next = TAILQ_NEXT(it, ready_entry);
		if (item_poll(it))
			return true;
		unready(it);
	}
	return false;
}

static uint32_t epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->priv;

	poll_wait(pt, &ep->q);
	return any_ready(ep) ? POLLIN | POLLRDNORM : 0;
}

static int epoll_fdinfo(struct file *f, char *buf, size_t size)
{
	struct epoll *ep = f->priv;
	struct epitem *it;
	size_t n = 0;

	RB_FOREACH(it, epitem_tree, &ep->items) {
		int k = snprintf(buf + n, size - n, "tfd: %8d events: %8x data: %16llx  pos:0 ino:%llx\n",
		                 it->fd, it->events, (unsigned long long)it->data,
		                 (unsigned long long)it->file->inode->ino);
		if (k < 0 || (size_t)k >= size - n)
			break;
		n += (size_t)k;
	}
	return (int)n;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->priv;
	struct epitem *it;

	while ((it = RB_MIN(epitem_tree, &ep->items)))
		item_free(it);
	waitq_done(&ep->q);
	free(ep);
	obj_died(&epoll_count);
}

static const struct file_ops epoll_fops = {
	.llseek = noop_llseek,
	.poll = epoll_poll,
	.release = epoll_release,
	.show_fdinfo = epoll_fdinfo,
};

int epoll_new(struct file **ret)
{
	struct epoll *ep = calloc(1, sizeof(*ep));

	if (!ep)
		return -ENOMEM;
	RB_INIT(&ep->items);
	TAILQ_INIT(&ep->ready);
	waitq_init(&ep->q);
	file_epoll_release = file_gone;
	*ret = file_anon(&epoll_fops, "anon_inode:[eventpoll]", 0600, O_RDWR, ep);
	if (!*ret) {
		free(ep);
		return -ENOMEM;
	}
	obj_born(&epoll_count);
	return 0;
}
