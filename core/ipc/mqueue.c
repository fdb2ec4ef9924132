/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX message queues: messages, waiting, notification. Layer: core. Modelled on ipc/mqueue.c.
 *
 * A sender hands its message to the receiver that waits longest, a receiver lets the sender that
 * waits longest put its message in: who sleeps is served before it wakes.
 */
#include "core/ipc/mqueue.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fs/internal.h"
#include "core/objcount.h"

OBJCOUNT(mqueue_count, "mqueue");

/* What Linux counts for each message and each priority in use beside the text. */
#define MESSAGE_COST 48
#define PRIORITY_COST 48
#define STATUS_SIZE 80

void (*mq_signal)(const struct mq_notification *n);
uint64_t (*mq_rlimit)(void);

RB_HEAD(mq_tree, ipc_msg);

/* Lives with the sleeper. */
struct mq_wait {
	TAILQ_ENTRY(mq_wait) entry;
	struct waitq q;
	struct ipc_msg *msg; /* to be sent, or received */
	bool ready;
};
TAILQ_HEAD(mq_waits, mq_wait);

struct mqueue {
	struct mq_attr attr;
	struct mq_tree messages; /* the next one first */
	uint64_t next_seq, bytes;
	struct mq_waits senders, receivers;
	struct waitq poll;
	struct mq_notification notify;
	uid_t uid;       /* charged */
	uint64_t charge;
};

static int msg_cmp(const struct ipc_msg *a, const struct ipc_msg *b)
{
	if (a->type != b->type)
		return a->type > b->type ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}
RB_GENERATE_INTERNAL(mq_tree, ipc_msg, by_prio, msg_cmp, UNUSED static)

static struct mqueue *queue_of(const struct file *f)
{
	return f->inode->priv;
}

/* ---- birth and death ---- */

static int check_attr(const struct ipc_ns *ns, const struct cred *cred, const struct mq_attr *a,
                      uint64_t *cost)
{
	bool capable = cred_capable(cred, CAP_SYS_RESOURCE);
	long max_msg = capable ? MQ_HARD_MSGMAX : (long)ns->mq_msg_max;
	long max_size = capable ? MQ_HARD_MSGSIZEMAX : (long)ns->mq_msgsize_max;

	if (a->mq_maxmsg <= 0 || a->mq_msgsize <= 0)
		return -EINVAL;
	if (a->mq_maxmsg > max_msg || a->mq_msgsize > max_size)
		return -EINVAL;
	*cost = (uint64_t)a->mq_maxmsg * (uint64_t)a->mq_msgsize +
	        (uint64_t)a->mq_maxmsg * MESSAGE_COST +
	        (uint64_t)MIN(a->mq_maxmsg, MQ_PRIO_MAX) * PRIORITY_COST;
	return 0;
}

int mqueue_new(struct ipc_ns *ns, const struct cred *cred, const struct mq_attr *attr,
               struct mqueue **ret)
{
	struct mq_attr a = {
		.mq_maxmsg = MIN(ns->mq_msg_max, ns->mq_msg_default),
		.mq_msgsize = MIN(ns->mq_msgsize_max, ns->mq_msgsize_default),
	};
	struct mqueue *q;
	uint64_t cost;
	int err;

	if (ns->mq_queues_count >= ns->mq_queues_max && !cred_capable(cred, CAP_SYS_RESOURCE))
		return -ENOSPC;
	if (attr) {
		a.mq_maxmsg = attr->mq_maxmsg;
		a.mq_msgsize = attr->mq_msgsize;
	}
	err = check_attr(ns, cred, &a, &cost);
	if (!err)
		err = ipc_charge(IPC_CHARGE_MQ, cred->ruid, cost, mq_rlimit ? mq_rlimit() : UINT64_MAX);
	if (err)
		return err;
	q = calloc(1, sizeof(*q));
	if (!q) {
		ipc_uncharge(IPC_CHARGE_MQ, cred->ruid, cost);
		return -ENOMEM;
	}
	q->attr = a;
	q->uid = cred->ruid;
	q->charge = cost;
	RB_INIT(&q->messages);
	TAILQ_INIT(&q->senders);
	TAILQ_INIT(&q->receivers);
	waitq_init(&q->poll);
	ns->mq_queues_count++;
	obj_born(&mqueue_count);
	*ret = q;
	return 0;
}

void mqueue_free(struct mqueue *q, struct ipc_ns *ns)
{
	struct ipc_msg *m;

	while ((m = RB_ROOT(&q->messages))) {
		RB_REMOVE(mq_tree, &q->messages, m);
		ipc_msg_free(m);
	}
	waitq_done(&q->poll);
	ipc_uncharge(IPC_CHARGE_MQ, q->uid, q->charge);
	if (ns)
		ns->mq_queues_count--;
	free(q);
	obj_died(&mqueue_count);
}

/* ---- messages ---- */

static void insert(struct mqueue *q, struct ipc_msg *m)
{
	m->seq = q->next_seq++;
	RB_INSERT(mq_tree, &q->messages, m);
	q->attr.mq_curmsgs++;
	q->bytes += m->len;
}

static struct ipc_msg *take(struct mqueue *q)
{
	struct ipc_msg *m = RB_MIN(mq_tree, &q->messages);

	RB_REMOVE(mq_tree, &q->messages, m);
	q->attr.mq_curmsgs--;
	q->bytes -= m->len;
	return m;
}

static void serve(struct mq_waits *list, struct mq_wait *w)
{
	TAILQ_REMOVE(list, w, entry);
	w->ready = true;
	wake_all(&w->q);
}

/* Sleeps until served. */
static CO_FN int wait_served(struct mq_waits *list, struct mq_wait *w, ktime_t deadline)
{
	int err = 0;

	waitq_init(&w->q);
	w->ready = false;
	TAILQ_INSERT_TAIL(list, w, entry);
	while (!w->ready && !err)
		err = wait_on(&w->q, deadline);
	if (!w->ready)
		TAILQ_REMOVE(list, w, entry);
	waitq_done(&w->q);
	return w->ready ? 0 : err;
}

/* An empty queue has got a message and nobody waits for it: whoever asked is told, once. */
static void notify(struct mqueue *q)
{
	struct mq_notification n = q->notify;

	if (n.owner && q->attr.mq_curmsgs == 1) {
		q->notify = (struct mq_notification){ 0 };
		if (n.how == SIGEV_SIGNAL && n.signo && mq_signal)
			mq_signal(&n);
	}
	wake_all(&q->poll);
}

bool mq_is_queue(const struct file *f)
{
	return f->ops == &mqueue_fops;
}

int mq_check_send(const struct file *f, size_t len)
{
	if (!f->can_write)
		return -EBADF;
	return len > (size_t)queue_of(f)->attr.mq_msgsize ? -EMSGSIZE : 0;
}

static void touch(struct inode *ino)
{
	ino->atime = ino->mtime = ino->ctime = vfs_now();
}

CO_FN int mq_send(struct file *f, struct ipc_msg *m, ktime_t deadline)
{
	struct mqueue *q = queue_of(f);
	struct mq_wait *to, w = { .msg = m };
	int err = mq_check_send(f, m->len);

	if (err)
		return err;
	if (q->attr.mq_curmsgs == q->attr.mq_maxmsg)
		return f->flags & O_NONBLOCK ? -EAGAIN : wait_served(&q->senders, &w, deadline);
	to = TAILQ_FIRST(&q->receivers);
	if (to) {
		to->msg = m;
		serve(&q->receivers, to);
	} else {
		insert(q, m);
		notify(q);
	}
	touch(f->inode);
	return 0;
}

CO_FN int mq_receive(struct file *f, size_t size, ktime_t deadline, struct ipc_msg **ret)
{
	struct mqueue *q = queue_of(f);
	struct mq_wait *from, w = { .msg = NULL };
	int err;

	if (!f->can_read)
		return -EBADF;
	if (size < (size_t)q->attr.mq_msgsize)
		return -EMSGSIZE;
	if (!q->attr.mq_curmsgs) {
		err = f->flags & O_NONBLOCK ? -EAGAIN : wait_served(&q->receivers, &w, deadline);
		*ret = w.msg;
		return err;
	}
	*ret = take(q);
	touch(f->inode);
	from = TAILQ_FIRST(&q->senders);
	if (from) {
		insert(q, from->msg);
		serve(&q->senders, from);
	} else {
		wake_all(&q->poll);
	}
	return 0;
}

int mq_notify(struct file *f, pid_t self, const struct mq_notification *n)
{
	struct mqueue *q = queue_of(f);

	if (!n && q->notify.owner != self)
		return 0;
	if (n && q->notify.owner)
		return -EBUSY;
	q->notify = n ? *n : (struct mq_notification){ 0 };
	f->inode->atime = f->inode->ctime = vfs_now();
	return 0;
}

void mq_getattr(const struct file *f, struct mq_attr *ret)
{
	*ret = queue_of(f)->attr;
	ret->mq_flags = f->flags & O_NONBLOCK;
}

void mq_setattr(struct file *f, const struct mq_attr *attr)
{
	f->flags = (f->flags & ~(unsigned)O_NONBLOCK) | (attr->mq_flags & O_NONBLOCK);
	f->inode->atime = f->inode->ctime = vfs_now();
}

/* ---- the file ---- */

static CO_FN ssize_t mqueue_read(struct file *f, struct uio *u, int64_t *pos)
{
	const struct mqueue *q = queue_of(f);
	const struct mq_notification *n = &q->notify;
	char text[STATUS_SIZE];
	size_t len, put;

	snprintf(text, sizeof(text), "QSIZE:%-10llu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
	         (unsigned long long)q->bytes, n->owner ? n->how : 0,
	         n->owner && n->how == SIGEV_SIGNAL ? n->signo : 0, n->owner);
	len = strlen(text);
	if ((uint64_t)*pos >= len || !u->resid)
		return 0;
	put = uio_put(u, text + *pos, MIN(u->resid, len - (size_t)*pos));
	*pos += (int64_t)put;
	f->inode->atime = f->inode->ctime = vfs_now();
	return uio_result(u);
}

static uint32_t mqueue_poll(struct file *f, struct poll_table *pt)
{
	struct mqueue *q = queue_of(f);

	poll_wait(pt, &q->poll);
	return (q->attr.mq_curmsgs ? POLLIN | POLLRDNORM : 0u) |
	       (q->attr.mq_curmsgs < q->attr.mq_maxmsg ? POLLOUT | POLLWRNORM : 0u);
}

/* Whichever of its descriptors for the queue the owner closes. */
static int mqueue_flush(struct file *f)
{
	struct mqueue *q = queue_of(f);

	if (q->notify.owner && ipc_self && q->notify.owner == ipc_self())
		q->notify = (struct mq_notification){ 0 };
	return 0;
}

const struct file_ops mqueue_fops = {
	.read = mqueue_read,
	.llseek = generic_llseek,
	.poll = mqueue_poll,
	.flush = mqueue_flush,
};
