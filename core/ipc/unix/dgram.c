/* SPDX-License-Identifier: Apache-2.0
 *
 * Sending and receiving whole messages: SOCK_DGRAM and SOCK_SEQPACKET of AF_UNIX. Layer: core.
 * As unix_dgram_sendmsg() and __unix_dgram_recvmsg() of Linux.
 */
#include <sys/time.h>

#include "core/clock.h"
#include "core/ipc/unix/unix.h"

/* u and old aren't connected any more: what old sent before is dropped, and it is told. */
static CO_FN void disconnected(struct usock *u, struct usock *old)
{
	if (TAILQ_EMPTY(&u->queue))
		return;
	comutex_lock(&u->iolock); /* a reader may be copying from the queue */
	skb_purge(u);
	comutex_unlock(&u->iolock);
	skb_queue_drained(u);
	if (!old->dead && old->peer == u) {
		old->opts.err = ECONNRESET;
		usock_state_change(old);
	}
}

/* unix_may_send(): a connected socket hears its peer alone. */
static bool may_send(const struct usock *u, const struct usock *other)
{
	return !other->peer || other->peer == u;
}

CO_FN int unix_dgram_connect(struct usock *u, const struct sock_addr *a,
                             const struct sock_caller *who)
{
	struct usock *other = NULL;
	int err = 0;

	if (a->len < sizeof(a->family))
		return -EINVAL;
	if (a->family != AF_UNSPEC) {
		err = unix_check_addr(a);
		if (!err && u->opts.passcred)
			err = unix_autobind(u);
		if (!err)
			err = unix_find(a, u->opts.type, who, &other);
		if (err)
			return err;
		if (!may_send(u, other)) {
			usock_unref(other);
			return -EPERM;
		}
	}
	struct usock *old = u->peer ? usock_ref(u->peer) : NULL;
	usock_set_peer(u, other);
	u->state = other ? UNIX_ESTABLISHED : UNIX_CLOSE;
	if (other)
		other->state = UNIX_ESTABLISHED;
	if (old && old != other) {
		disconnected(u, old);
		if (!old->peer)
			old->state = UNIX_CLOSE;
	}
	usock_state_change(u);
	usock_unref(old);
	usock_unref(other);
	return 0;
}

/* ---- sending ---- */

/* The receiver of this message, with a reference. */
static CO_FN int find_receiver(struct usock *u, const struct sock_msg *m,
                               const struct sock_caller *who, struct usock **ret)
{
	if (m->name.len)
		return unix_find(&m->name, u->opts.type, who, ret);
	if (!u->peer)
		return -ECONNRESET; /* it was there when the call began */
	*ret = usock_ref(u->peer);
	return 0;
}

/* The receiver was closed. 0: look it up once more. */
static CO_FN int receiver_gone(struct usock *u, struct usock *other)
{
	if (u->opts.type == SOCK_SEQPACKET)
		return -EPIPE;
	if (u->peer != other)
		return 0;
	usock_set_peer(u, NULL);
	u->state = UNIX_CLOSE;
	disconnected(u, other);
	return -ECONNREFUSED;
}

/* 1: s was queued; 0: try again; negative errno. */
static CO_FN int deliver(struct usock *u, struct usock *other, struct skb *s, struct sock_msg *m,
                         const struct sock_caller *who, ktime_t deadline)
{
	if (!may_send(u, other))
		return -EPERM;
	if (other->dead)
		return receiver_gone(u, other);
	if (other->shutdown & UNIX_RCV_SHUT)
		return -EPIPE;
	if (usock_must_wait(u, other))
		return sock_wait(&other->peer_wait, deadline);
	skb_set_cred(s, u, other, m, who);
	s->files = m->files;
	m->files = NULL;
	skb_queue(other, s);
	return 1;
}

static CO_FN int send_skb(struct usock *u, struct skb *s, struct sock_msg *m,
                          const struct sock_caller *who, ktime_t deadline)
{
	for (;;) {
		struct usock *other;
		int err = find_receiver(u, m, who, &other);
		if (err)
			return err;
		err = deliver(u, other, s, m, who, deadline);
		usock_unref(other);
		if (err)
			return err;
	}
}

static int check_send(struct usock *u, struct sock_msg *m, const struct sock_caller *who)
{
	if (u->opts.type == SOCK_SEQPACKET) {
		int err = sock_opts_take_error(&u->opts);
		if (err)
			return err;
		if (u->state != UNIX_ESTABLISHED)
			return -ENOTCONN;
		m->name.len = 0;
	}
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name.len) {
		if (unix_check_addr(&m->name))
			return -EINVAL;
	} else if (!u->peer) {
		return -ENOTCONN;
	}
	if (m->files) {
		int err = unix_inflight_check(m->files, who);
		if (err)
			return err;
	}
	if (u->opts.passcred) {
		int err = unix_autobind(u);
		if (err)
			return err;
	}
	return m->u.resid > u->opts.sndbuf - 32 ? -EMSGSIZE : 0;
}

CO_FN ssize_t unix_dgram_send(struct file *f, struct sock_msg *m, const struct sock_caller *who)
{
	struct usock *u = usock_of(f);
	ktime_t deadline = sock_deadline(u->opts.sndtimeo, m->flags & MSG_DONTWAIT);
	size_t n = m->u.resid;
	struct skb *s;

	int err = check_send(u, m, who);
	if (!err)
		err = skb_alloc(u, n, deadline, &s);
	if (err)
		return err;
	if (uio_get(&m->u, s->data, n) < n)
		err = -EFAULT;
	else
		err = send_skb(u, s, m, who, deadline);
	if (err <= 0) {
		skb_free(s);
		return err;
	}
	co_did_bytes(n);
	return (ssize_t)n;
}

/* ---- receiving ---- */

/* The message to receive, after those that SO_PEEK_OFF passes by; *skip is what is left of it. */
static struct skb *find_message(struct usock *u, bool peek, size_t *skip)
{
	struct skb *s;

	*skip = peek && u->opts.peek_off > 0 ? (size_t)u->opts.peek_off : 0;
	TAILQ_FOREACH(s, &u->queue, entry) {
		if (*skip < s->len || !*skip)
			return s;
		*skip -= s->len;
	}
	return NULL;
}

/* Waits for a message: *ret with iolock held, or NULL with 0 (shut down) or negative errno. */
static CO_FN int wait_message(struct usock *u, struct sock_msg *m, struct skb **ret, size_t *skip)
{
	ktime_t deadline = sock_deadline(u->opts.rcvtimeo, m->flags & MSG_DONTWAIT);
	bool seq = u->opts.type == SOCK_SEQPACKET;

	for (;;) {
		comutex_lock(&u->iolock);
		int err = sock_opts_take_error(&u->opts);
		*ret = err ? NULL : find_message(u, m->flags & MSG_PEEK, skip);
		if (*ret)
			return 0;
		comutex_unlock(&u->iolock);
		if (err)
			return err;
		/* Without waiting, a datagram socket that was shut down says EAGAIN: so does Linux. */
		if (u->shutdown & UNIX_RCV_SHUT && (seq || deadline))
			return 0;
		err = sock_wait(&u->rd, deadline);
		if (err)
			return err;
	}
}

/* SO_TIMESTAMP, SO_TIMESTAMPNS: nothing stamps a unix message before it is received. */
static void put_time(const struct usock *u, struct sock_msg *m)
{
	struct timespec ts = ktime_to_timespec(clock_realtime());
	struct timeval tv = { ts.tv_sec, ts.tv_nsec / 1000 };

	if (sock_opts_flag(&u->opts, SO_TIMESTAMP))
		sock_put_cmsg(m, SOL_SOCKET, SCM_TIMESTAMP, &tv, sizeof(tv));
	else if (sock_opts_flag(&u->opts, SO_TIMESTAMPNS))
		sock_put_cmsg(m, SOL_SOCKET, SCM_TIMESTAMPNS, &ts, sizeof(ts));
}

static void take_files(struct sock_msg *m, struct skb *s)
{
	if (!s->files)
		return;
	if (m->flags & MSG_PEEK)
		m->files = sock_files_dup(s->files);
	else
		m->files = skb_take_files(s); /* out of the queue, so out of flight already */
}

/* Off the queue before anything yields, unless it is only looked at. */
static void dequeue(struct usock *u, struct skb *s)
{
	bool full = usock_recvq_full(u);

	skb_unlink(u, s);
	if (full || !waitq_empty(&u->peer_wait))
		skb_queue_drained(u);
	if (u->opts.peek_off > 0)
		u->opts.peek_off = (int)MAX((int64_t)u->opts.peek_off - (int64_t)s->len, 0);
}

CO_FN ssize_t unix_dgram_recv(struct file *f, struct sock_msg *m)
{
	struct usock *u = usock_of(f);
	bool peek = m->flags & MSG_PEEK;
	struct skb *s;
	size_t skip;

	if (u->opts.type == SOCK_SEQPACKET && u->state != UNIX_ESTABLISHED)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	int err = wait_message(u, m, &s, &skip);
	if (err || !s)
		return err;
	if (!peek) {
		dequeue(u, s);
		comutex_unlock(&u->iolock);
	}
	size_t left = s->len - skip, n = MIN(left, m->u.resid);
	if (m->want_name)
		unix_copy_name(s->from, &m->name);
	if (m->u.resid < left)
		m->out_flags |= MSG_TRUNC;
	ssize_t ret = m->flags & MSG_TRUNC ? (ssize_t)left : (ssize_t)n;
	if (uio_put(&m->u, s->data + skip, n) < n) {
		ret = -EFAULT;
	} else {
		put_time(u, m);
		if (u->opts.passcred)
			skb_put_cred(m, &s->cred);
		take_files(m, s);
		if (peek && u->opts.peek_off >= 0)
			u->opts.peek_off += (int)n;
	}
	if (peek)
		comutex_unlock(&u->iolock);
	else
		skb_free(s);
	return ret;
}
