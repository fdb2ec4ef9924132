/* SPDX-License-Identifier: Apache-2.0
 *
 * System V message queues: see msg.h. Layer: core. Modelled on ipc/msg.c.
 *
 * A queue is used under its lock, since a search may have many messages to pass and gives way. A
 * sender hands its message to the first receiver that waits for such a one.
 */
#include "core/ipc/sysv/msg.h"

#include <stdlib.h>

#include "core/objcount.h"

OBJCOUNT(queue_count, "msg_queue");

#define PENDING 1 /* not an errno: the receiver waits */

enum search { SEARCH_ANY, SEARCH_EQUAL, SEARCH_NOTEQUAL, SEARCH_LESSEQUAL, SEARCH_NUMBER };

/* Lives with the sleeper. */
struct receiver {
	TAILQ_ENTRY(receiver) entry;
	struct waitq q;
	enum search mode;
	int64_t type;
	size_t max;
	pid_t tid;
	struct ipc_msg *msg;
	int status; /* PENDING, 0 with msg, or negative errno; -EAGAIN: look again */
};

struct msg_queue {
	struct ipc_obj obj;
	struct ipc_ns *ns; /* borrowed; NULL once removed */
	struct comutex lock;
	int64_t stime, rtime, ctime;
	uint64_t cbytes, qnum, qbytes;
	pid_t lspid, lrpid;
	TAILQ_HEAD(, ipc_msg) messages;
	TAILQ_HEAD(, receiver) receivers;
	struct waitq senders;
};

static struct msg_queue *queue_of(struct ipc_obj *o)
{
	return o ? container_of(o, struct msg_queue, obj) : NULL;
}

void msg_ns_init(struct ipc_ns *ns)
{
	ipc_ids_init(&ns->msg_ids);
	ns->msg_ctlmax = MSGMAX;
	ns->msg_ctlmnb = MSGMNB;
	ns->msg_ctlmni = MSGMNI;
}

static void queue_free(struct ipc_obj *o)
{
	struct msg_queue *q = queue_of(o);

	comutex_done(&q->lock);
	waitq_done(&q->senders);
	free(q);
	obj_died(&queue_count);
}

static void finish(struct msg_queue *q, struct receiver *r, int status)
{
	TAILQ_REMOVE(&q->receivers, r, entry);
	r->status = status;
	wake_all(&r->q);
}

/* expunge_all() of Linux. */
static void finish_all(struct msg_queue *q, int status)
{
	struct receiver *r;

	while ((r = TAILQ_FIRST(&q->receivers)))
		finish(q, r, status);
}

static void count_out(struct msg_queue *q, const struct ipc_msg *m)
{
	q->qnum--;
	q->cbytes -= m->len;
	q->ns->msg_hdrs--;
	q->ns->msg_bytes -= m->len;
}

/* Drops the table's reference; the lock is held, or nobody else knows the queue. */
static void queue_remove(struct msg_queue *q)
{
	struct ipc_msg *m;

	while ((m = TAILQ_FIRST(&q->messages))) {
		TAILQ_REMOVE(&q->messages, m, entry);
		count_out(q, m);
		ipc_msg_free(m);
	}
	ipc_remove(&q->obj);
	q->ns = NULL;
	finish_all(q, -EIDRM);
	wake_all(&q->senders);
	ipc_unref(&q->obj);
}

void msg_ns_done(struct ipc_ns *ns)
{
	struct ipc_obj *o;

	while ((o = ipc_next(&ns->msg_ids, 0)))
		queue_remove(queue_of(o));
	ipc_ids_done(&ns->msg_ids);
}

/* The queue's lock, with a reference: -EIDRM when it was removed meanwhile. */
static CO_FN int queue_lock(struct msg_queue *q)
{
	ipc_ref(&q->obj);
	comutex_lock(&q->lock);
	if (!ipc_removed(&q->obj))
		return 0;
	comutex_unlock(&q->lock);
	ipc_unref(&q->obj);
	return -EIDRM;
}

static void queue_unlock(struct msg_queue *q)
{
	comutex_unlock(&q->lock);
	ipc_unref(&q->obj);
}

/* ---- msgget ---- */

struct get_arg {
	struct ipc_ns *ns;
	const struct ipc_who *who;
	int32_t key;
	int flags;
};

static int create(void *arg)
{
	const struct get_arg *g = arg;
	struct msg_queue *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return -ENOMEM;
	q->obj.key = g->key;
	q->obj.mode = (unsigned)g->flags & 0777u;
	q->obj.free = queue_free;
	q->ctime = ipc_now();
	q->qbytes = g->ns->msg_ctlmnb;
	err = ipc_add(&g->ns->msg_ids, &q->obj, g->who, (int)MIN(g->ns->msg_ctlmni, (unsigned)IPCMNI));
	if (err < 0) {
		free(q);
		return err;
	}
	comutex_init(&q->lock);
	TAILQ_INIT(&q->messages);
	TAILQ_INIT(&q->receivers);
	waitq_init(&q->senders);
	q->ns = g->ns;
	obj_born(&queue_count);
	return q->obj.id;
}

int msg_get(struct ipc_ns *ns, const struct ipc_who *who, int32_t key, int flags)
{
	static const struct ipc_get_ops ops = { .create = create };
	struct get_arg g = { ns, who, key, flags };

	return ipc_get(&ns->msg_ids, who, key, flags, &ops, &g);
}

/* ---- msgsnd ---- */

static bool matches(const struct ipc_msg *m, int64_t type, enum search mode)
{
	switch (mode) {
	case SEARCH_ANY:
	case SEARCH_NUMBER:
		return true;
	case SEARCH_LESSEQUAL:
		return m->type <= type;
	case SEARCH_EQUAL:
		return m->type == type;
	case SEARCH_NOTEQUAL:
		return m->type != type;
	}
	return false;
}

/* Gives m to the first receiver that waits for such a one; those without room for it fail. */
static bool hand_over(struct msg_queue *q, struct ipc_msg *m)
{
	struct receiver *r, *next;

	TAILQ_FOREACH_SAFE(r, &q->receivers, entry, next) {
		if (!matches(m, r->type, r->mode))
			continue;
		if (r->max < m->len) {
			finish(q, r, -E2BIG);
			continue;
		}
		q->lrpid = r->tid;
		q->rtime = ipc_now();
		r->msg = m;
		finish(q, r, 0);
		return true;
	}
	return false;
}

static bool fits(const struct msg_queue *q, size_t len)
{
	return len + q->cbytes <= q->qbytes && 1 + q->qnum <= q->qbytes;
}

/* Sleeps without the lock until there may be room. */
static CO_FN int wait_room(struct msg_queue *q)
{
	struct waiter w;
	int err;

	waiter_init(&w);
	waitq_add(&q->senders, &w);
	comutex_unlock(&q->lock);
	err = wait_many(&w, 1, KTIME_NEVER, WAIT_INTERRUPTIBLE);
	waitq_del(&w);
	comutex_lock(&q->lock);
	if (ipc_removed(&q->obj))
		return -EIDRM;
	return err ? -ERESTARTNOHAND : 0;
}

static CO_FN int send_locked(struct msg_queue *q, const struct ipc_who *who, struct ipc_msg *m,
                             int flags)
{
	for (;;) {
		int err = ipc_access(&q->obj, who, 0222);

		if (err)
			return err;
		if (fits(q, m->len))
			break;
		if (flags & IPC_NOWAIT)
			return -EAGAIN;
		err = wait_room(q);
		if (err)
			return err;
	}
	q->lspid = who->tgid;
	q->stime = ipc_now();
	if (hand_over(q, m))
		return 0;
	TAILQ_INSERT_TAIL(&q->messages, m, entry);
	q->qnum++;
	q->cbytes += m->len;
	q->ns->msg_hdrs++;
	q->ns->msg_bytes += m->len;
	return 0;
}

CO_FN int msg_send(struct ipc_ns *ns, const struct ipc_who *who, int id, struct ipc_msg *m,
                   int flags)
{
	struct msg_queue *q = queue_of(ipc_find(&ns->msg_ids, id));
	int err = q ? ipc_access(&q->obj, who, 0222) : -EINVAL;

	if (!err)
		err = queue_lock(q);
	if (err)
		return err;
	err = send_locked(q, who, m, flags);
	queue_unlock(q);
	return err;
}

/* ---- msgrcv ---- */

static enum search search_mode(int64_t *type, int flags)
{
	if (flags & MSG_COPY)
		return SEARCH_NUMBER;
	if (!*type)
		return SEARCH_ANY;
	if (*type < 0) {
		*type = *type == INT64_MIN ? INT64_MAX : -*type;
		return SEARCH_LESSEQUAL;
	}
	return flags & MSG_EXCEPT ? SEARCH_NOTEQUAL : SEARCH_EQUAL;
}

/* find_msg() of Linux: *type becomes the bound below the least type found. NULL: none. */
static CO_FN struct ipc_msg *find_message(struct msg_queue *q, int64_t *type, enum search mode)
{
	struct ipc_msg *m, *found = NULL;
	int64_t count = 0;

	TAILQ_FOREACH(m, &q->messages, entry) {
		co_did_entries(1);
		if (!matches(m, *type, mode))
			continue;
		if (mode == SEARCH_LESSEQUAL && m->type != 1) {
			*type = m->type - 1;
			found = m;
		} else if (mode != SEARCH_NUMBER || *type == count) {
			return m;
		}
		count++;
	}
	return found;
}

static void take(struct msg_queue *q, const struct ipc_who *who, struct ipc_msg *m)
{
	TAILQ_REMOVE(&q->messages, m, entry);
	count_out(q, m);
	q->rtime = ipc_now();
	q->lrpid = who->tgid;
	wake_all(&q->senders);
}

/* Sleeps without the lock: 0 with r->msg, -EAGAIN to look again, or why it ends. */
static CO_FN int wait_message(struct msg_queue *q, struct receiver *r)
{
	int err = 0;

	waitq_init(&r->q);
	r->status = PENDING;
	TAILQ_INSERT_TAIL(&q->receivers, r, entry);
	comutex_unlock(&q->lock);
	while (r->status == PENDING && !err)
		err = wait_on(&r->q, KTIME_NEVER);
	comutex_lock(&q->lock);
	if (r->status == PENDING)
		finish(q, r, -ERESTARTNOHAND);
	waitq_done(&r->q);
	return r->status;
}

static CO_FN int receive_locked(struct msg_queue *q, const struct ipc_who *who, size_t size,
                                int64_t type, int flags, struct ipc_msg *copy, struct ipc_msg **ret)
{
	enum search mode = search_mode(&type, flags);
	struct receiver r = { .mode = mode, .tid = who->tid };
	struct ipc_msg *m;
	int err;

	r.max = flags & MSG_NOERROR ? INT32_MAX : size;
	for (;;) {
		err = ipc_removed(&q->obj) ? -EIDRM : ipc_access(&q->obj, who, 0444);
		if (err)
			return err;
		m = find_message(q, &type, mode);
		if (m)
			break;
		if (flags & IPC_NOWAIT)
			return -ENOMSG;
		r.type = type;
		err = wait_message(q, &r);
		if (err != -EAGAIN) {
			*ret = r.msg;
			return err;
		}
	}
	if (size < m->len && !(flags & MSG_NOERROR))
		return -E2BIG;
	*ret = m;
	if (!copy) {
		take(q, who, m);
		return 0;
	}
	if (m->len > copy->len)
		return -EINVAL;
	memcpy(copy->text, m->text, m->len);
	copy->type = m->type;
	copy->len = m->len;
	*ret = copy;
	return 0;
}

CO_FN int msg_receive(struct ipc_ns *ns, const struct ipc_who *who, int id, size_t size, int64_t type,
                      int flags, struct ipc_msg *copy, struct ipc_msg **ret)
{
	struct msg_queue *q = queue_of(ipc_find(&ns->msg_ids, id));
	int err = q ? ipc_access(&q->obj, who, 0444) : -EINVAL;

	if (!err)
		err = queue_lock(q);
	if (!err) {
		err = receive_locked(q, who, size, type, flags, copy, ret);
		queue_unlock(q);
	}
	if (err)
		ipc_msg_free(copy);
	return err;
}

/* ---- msgctl ---- */

static void fill(const struct msg_queue *q, struct msqid64_ds *ret)
{
	memset(ret, 0, sizeof(*ret));
	ipc_get_perm(&q->obj, &ret->msg_perm);
	ret->msg_stime = q->stime;
	ret->msg_rtime = q->rtime;
	ret->msg_ctime = q->ctime;
	ret->msg_cbytes = q->cbytes;
	ret->msg_qnum = q->qnum;
	ret->msg_qbytes = q->qbytes;
	ret->msg_lspid = q->lspid;
	ret->msg_lrpid = q->lrpid;
}

int msg_stat(struct ipc_ns *ns, const struct ipc_who *who, int id, int cmd,
             struct msqid64_ds *ret)
{
	struct ipc_obj *o = cmd == IPC_STAT ? ipc_find(&ns->msg_ids, id)
	                                    : ipc_find_index(&ns->msg_ids, id);
	int err;

	if (!o)
		return -EINVAL;
	err = cmd == MSG_STAT_ANY ? 0 : ipc_access(o, who, 0444);
	if (err)
		return err;
	fill(queue_of(o), ret);
	return cmd == IPC_STAT ? 0 : o->id;
}

/* By id, owned by the caller, locked. */
static CO_FN int lock_owned(struct ipc_ns *ns, const struct ipc_who *who, int id,
                            struct msg_queue **ret)
{
	struct ipc_obj *o = ipc_find(&ns->msg_ids, id);
	int err = o ? ipc_owner(o, who) : -EINVAL;

	*ret = queue_of(o);
	return err ? err : queue_lock(*ret);
}

static int set_locked(struct msg_queue *q, const struct ipc_who *who, const struct msqid64_ds *in)
{
	int qbytes = (int)in->msg_qbytes; /* Linux hands it on as an int */
	int err;

	if ((unsigned)qbytes > q->ns->msg_ctlmnb && !cred_capable(who->cred, CAP_SYS_RESOURCE))
		return -EPERM;
	err = ipc_set_perm(&q->obj, &in->msg_perm);
	if (err)
		return err;
	q->qbytes = (uint64_t)qbytes;
	q->ctime = ipc_now();
	/* Receivers may have lost their permission, and senders may have got room. */
	finish_all(q, -EAGAIN);
	wake_all(&q->senders);
	return 0;
}

CO_FN int msg_set(struct ipc_ns *ns, const struct ipc_who *who, int id,
                  const struct msqid64_ds *in)
{
	struct msg_queue *q;
	int err = lock_owned(ns, who, id, &q);

	if (err)
		return err;
	err = set_locked(q, who, in);
	queue_unlock(q);
	return err;
}

CO_FN int msg_rmid(struct ipc_ns *ns, const struct ipc_who *who, int id)
{
	struct msg_queue *q;
	int err = lock_owned(ns, who, id, &q);

	if (err)
		return err;
	queue_remove(q);
	queue_unlock(q);
	return 0;
}

void msg_info(const struct ipc_ns *ns, bool use, struct msginfo *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->msgmni = (int)ns->msg_ctlmni;
	ret->msgmax = (int)ns->msg_ctlmax;
	ret->msgmnb = (int)ns->msg_ctlmnb;
	ret->msgssz = MSGSSZ;
	ret->msgseg = MSGSEG;
	ret->msgpool = use ? (int)ns->msg_ids.in_use : MSGPOOL;
	ret->msgmap = use ? (int)ns->msg_hdrs : MSGMAP;
	ret->msgtql = use ? (int)ns->msg_bytes : MSGTQL;
}

bool msg_show(struct ipc_ns *ns, int *at, struct msqid64_ds *ret, int *id)
{
	struct ipc_obj *o = ipc_next(&ns->msg_ids, *at);

	if (!o)
		return false;
	fill(queue_of(o), ret);
	*id = o->id;
	*at = ipc_index(o) + 1;
	return true;
}
