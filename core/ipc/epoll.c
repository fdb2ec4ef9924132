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

#define EPOLL_NESTING 4 /* as Linux's EP_MAX_NESTS */
#define NESTED_MAX 1000      /* epolls inside epolls, in all: a wake-up goes through all above it */
#define ITEMS_MAX (1u << 20) /* in all: as fs.epoll.max_user_watches */
#define PRIVATE_BITS (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)
#define ITEM_QUEUES 2

OBJCOUNT(epoll_count, "epoll");
OBJCOUNT(item_count, "epoll item");
static unsigned nr_items, nr_nested;

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
	struct file *file; /* borrowed: its own */
	uint64_t wave;     /* the last wake-up that came by */
	uint64_t walk;     /* the last walk that came by, and what it found */
	int levels;
};

static int item_cmp(const struct epitem *a, const struct epitem *b)
{
	if (a->fd != b->fd)
		return a->fd < b->fd ? -1 : 1;
	return a->file->gen < b->file->gen ? -1 : a->file->gen > b->file->gen;
}
RB_GENERATE_INTERNAL(epitem_tree, epitem, entry, item_cmp, static UNUSED)

/* On the ways up through nested epolls each of them is woken once. */
static void wake_up(struct epoll *ep)
{
	static uint64_t wave;
	static unsigned depth;

	if (!depth)
		wave++;
	if (ep->wave == wave)
		return;
	ep->wave = wave;
	depth++;
	wake_n(&ep->q, 1, POLLIN);
	depth--;
}

static void make_ready(struct epitem *it)
{
	if (!it->ready) {
		it->ready = true;
		TAILQ_INSERT_TAIL(&it->ep->ready, it, ready_entry);
	}
	wake_up(it->ep);
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
	if (key && !(key & it->events))
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

	return file_poll(it->file, &again) & it->events & ~PRIVATE_BITS;
}

static const struct file_ops epoll_fops;

bool epoll_is(const struct file *f)
{
	return f->ops == &epoll_fops;
}

static void item_free(struct epitem *it)
{
	for (unsigned i = 0; i < it->nr_waiters; i++)
		waitq_del(&it->waiters[i]);
	unready(it);
	RB_REMOVE(epitem_tree, &it->ep->items, it);
	LIST_REMOVE(it, file_entry);
	nr_items--;
	nr_nested -= epoll_is(it->file);
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

static uint64_t walk;

/* How many levels of epolls there are from f on downwards; more than the limit when `target` is
 * among them, or when there are more than `room`. */
static int levels_below(struct file *f, const struct file *target, int room)
{
	struct epoll *ep = f->priv;
	struct epitem *it;
	int most = 0;

	if (f == target || room <= 0)
		return EPOLL_NESTING + 1;
	if (ep->walk == walk)
		return ep->levels;
	RB_FOREACH(it, epitem_tree, &ep->items)
		if (epoll_is(it->file))
			most = MAX(most, levels_below(it->file, target, room - 1));
	ep->walk = walk;
	ep->levels = most + 1;
	return ep->levels;
}

/* How many levels of epolls there are above ep. */
static int levels_above(struct epoll *ep, int room)
{
	struct epitem *it;
	int most = 0;

	if (room < 0)
		return EPOLL_NESTING + 1;
	if (ep->walk == walk)
		return ep->levels;
	if (ep->file->epolls)
		LIST_FOREACH(it, &ep->file->epolls->items, file_entry)
			most = MAX(most, levels_above(it->ep, room - 1) + 1);
	ep->walk = walk;
	ep->levels = most;
	return most;
}

static int check_nesting(struct file *epf, struct file *f)
{
	walk++;
	int below = levels_below(f, epf, EPOLL_NESTING);
	walk++;
	if (below > EPOLL_NESTING || below + levels_above(epf->priv, EPOLL_NESTING) > EPOLL_NESTING)
		return -ELOOP;
	return nr_nested >= NESTED_MAX ? -EINVAL : 0; /* as for too many paths of wake-ups */
}

static int item_add(struct file *epf, int fd, struct file *f, const struct epoll_event *ev)
{
	struct epoll *ep = epf->priv;

	int err = epoll_is(f) ? check_nesting(epf, f) : 0;
	if (!err && nr_items >= ITEMS_MAX)
		err = -ENOSPC;
	if (err)
		return err;
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
	it->events = ev->events | EPOLLERR | EPOLLHUP; /* these are told unasked */
	it->data = ev->data.u64;
	RB_INSERT(epitem_tree, &ep->items, it);
	LIST_INSERT_HEAD(&f->epolls->items, it, file_entry);
	obj_born(&item_count);
	nr_items++;
	nr_nested += epoll_is(f);
	struct item_table table = { .pt.queue = queue_item, .it = it };
	if (file_poll(f, &table.pt) & it->events)
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
		it->events = ev->events | EPOLLERR | EPOLLHUP;
		it->data = ev->data.u64;
		if (item_poll(it))
			make_ready(it);
		return 0;
	}
	return -EINVAL;
}

/* Takes what is ready now, in order of readiness; level-triggered items go back to the end. */
static int harvest(struct epoll *ep, struct epoll_event *ev, struct epoll_taken *taken, int max)
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
			taken[n] = (struct epoll_taken){ it->fd, it->file->gen, it->events };
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

void epoll_put_back(struct file *epf, const struct epoll_taken *taken, int n)
{
	struct epoll *ep = epf->priv;

	for (int i = 0; i < n; i++) {
		struct file file = { .gen = taken[i].gen };
		struct epitem key = { .fd = taken[i].fd, .file = &file };
		struct epitem *it = RB_FIND(epitem_tree, &ep->items, &key);
		if (!it)
			continue;
		if (it->events & EPOLLONESHOT && !(it->events & ~PRIVATE_BITS))
			it->events = taken[i].events; /* wasn't changed since */
		make_ready(it);
	}
}

CO_FN int epoll_collect(struct file *epf, struct epoll_event *ev, struct epoll_taken *taken, int max,
                        ktime_t deadline)
{
	struct epoll *ep = epf->priv;

	for (;;) {
		int n = harvest(ep, ev, taken, max);
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
			return err == -ETIMEDOUT ? harvest(ep, ev, taken, max) : err;
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
	.stream = true,
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
	ep->file = *ret;
	obj_born(&epoll_count);
	return 0;
}
