/* SPDX-License-Identifier: Apache-2.0
 *
 * Sending and receiving on SOCK_STREAM of AF_UNIX. Layer: core. As unix_stream_sendmsg() and
 * unix_stream_read_generic() of Linux.
 */
#include <limits.h>

#include "core/ipc/pipe.h"
#include "core/ipc/unix/unix.h"

#define SKB_DATA_MAX 36544u /* SKB_MAX_HEAD(0) + 32 KiB of fragments */

static ssize_t broken_pipe(const struct sock_msg *m)
{
	if (!(m->flags & MSG_NOSIGNAL) && ipc_sigpipe)
		ipc_sigpipe();
	return -EPIPE;
}

/* One buffer's worth: bytes sent or negative errno. */
static CO_FN ssize_t send_some(struct usock *u, struct usock *peer, struct sock_msg *m,
                               const struct sock_caller *who, ktime_t deadline)
{
	size_t n = MIN(m->u.resid, (size_t)(u->opts.sndbuf / 2 - 64));
	struct skb *s;

	n = MIN(n, SKB_DATA_MAX);
	int err = skb_alloc(u, n, deadline, &s);
	if (err)
		return err;
	size_t got = uio_get(&m->u, s->data, n);
	if (got < n) {
		uio_revert(&m->u, got);
		skb_free(s);
		return -EFAULT;
	}
	if (peer->dead || peer->shutdown & UNIX_RCV_SHUT) {
		uio_revert(&m->u, got);
		skb_free(s);
		return m->u.done ? -EPIPE : broken_pipe(m);
	}
	skb_set_cred(s, u, peer, m, who);
	s->files = m->files;
	m->files = NULL;
	skb_queue(peer, s);
	return (ssize_t)n;
}

CO_FN ssize_t unix_stream_send(struct file *f, struct sock_msg *m, const struct sock_caller *who)
{
	struct usock *u = usock_of(f), *peer = u->peer;
	ssize_t err = 0;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name.len)
		return u->state == UNIX_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
	if (!peer)
		return -ENOTCONN;
	if (m->files) {
		err = unix_inflight_check(m->files, who);
		if (err)
			return err;
	}
	if (u->shutdown & UNIX_SND_SHUT)
		return broken_pipe(m);
	ktime_t deadline = sock_deadline(u->opts.sndtimeo, m->flags & MSG_DONTWAIT);
	usock_ref(peer);
	while (m->u.resid && err >= 0) {
		err = send_some(u, peer, m, who, deadline);
		if (err > 0)
			co_did_bytes((size_t)err);
	}
	usock_unref(peer);
	if (m->u.done || err >= 0)
		m->files = sock_files_free(m->files); /* sent nothing: they go nowhere */
	return m->u.done ? (ssize_t)m->u.done : err;
}

/* ---- receiving ---- */

struct stream_read {
	size_t target, skip; /* skip: bytes that a MSG_PEEK passes by */
	size_t start;        /* skip at first: SO_PEEK_OFF */
	bool peek, have_cred, passcred;
	struct sock_cred cred;
};

static bool same_cred(const struct sock_cred *a, const struct sock_cred *b)
{
	return a->pid == b->pid && (!a->pid || (a->uid == b->uid && a->gid == b->gid));
}

/* With MSG_PEEK and SO_PEEK_OFF: the offset moves on with peeks, back with reads. */
static void move_peek_off(struct usock *u, bool peek, size_t n)
{
	if (u->opts.peek_off < 0)
		return;
	if (peek)
		u->opts.peek_off = (int)MIN((size_t)u->opts.peek_off + n, (size_t)INT_MAX);
	else
		u->opts.peek_off = (int)((size_t)u->opts.peek_off > n ? (size_t)u->opts.peek_off - n : 0);
}

/* The buffer to go on with, after those a peek has passed. */
static struct skb *next_skb(struct usock *u, struct stream_read *r, struct skb *after)
{
	struct skb *s = after ? TAILQ_NEXT(after, entry) : TAILQ_FIRST(&u->queue);

	while (s && r->skip && r->skip >= s->len - s->off) {
		r->skip -= s->len - s->off;
		s = TAILQ_NEXT(s, entry);
	}
	return s;
}

/* Copies from s. Returns whether to go on with the next buffer. */
static CO_FN bool read_skb(struct usock *u, struct sock_msg *m, struct stream_read *r,
                           struct skb *s)
{
	size_t n = MIN(s->len - s->off - r->skip, m->u.resid);

	if (m->want_name && !m->name.len)
		unix_copy_name(s->from, &m->name);
	/* iolock is held: nobody else reads, and a close waits for our reference to the file. */
	size_t put = uio_put(&m->u, s->data + s->off + r->skip, n);
	if (put < n) {
		uio_revert(&m->u, put);
		return false;
	}
	move_peek_off(u, r->peek, n);
	if (r->peek) {
		if (s->files) {
			if (!m->files)
				m->files = sock_files_dup(s->files);
			return false;
		}
		r->skip = 0;
		return true;
	}
	s->off += n;
	bool stop = s->files;
	if (stop) {
		unix_inflight_del(s->files);
		m->files = skb_take_files(s);
	}
	if (s->off < s->len)
		return false;
	skb_unlink(u, s);
	skb_free(s);
	return !stop;
}

/* Waits for data with the lock released. 1: look again; 0: end of file; negative errno. */
static CO_FN int wait_data(struct usock *u, ktime_t deadline)
{
	int err = sock_opts_take_error(&u->opts);

	if (err)
		return err;
	if (u->shutdown & UNIX_RCV_SHUT)
		return 0;
	if (!deadline)
		return -EAGAIN;
	comutex_unlock(&u->iolock);
	err = sock_wait(&u->rd, deadline);
	comutex_lock(&u->iolock);
	return err ? err : 1;
}

static CO_FN int read_queue(struct usock *u, struct sock_msg *m, struct stream_read *r,
                            ktime_t deadline)
{
	struct skb *s = NULL;

	do {
		s = next_skb(u, r, r->peek ? s : NULL);
		if (!s) {
			if (m->u.done >= r->target)
				return 0;
			int err = wait_data(u, deadline);
			if (err <= 0)
				return err;
			/* From the head again: what was passed by may have been read meanwhile. */
			if (r->peek)
				r->skip = r->start + m->u.done;
			continue;
		}
		if (r->have_cred && !same_cred(&r->cred, &s->cred))
			return 0;
		if (r->passcred && !r->have_cred) {
			r->cred = s->cred;
			r->have_cred = true;
		}
		if (!read_skb(u, m, r, s))
			return 0;
	} while (m->u.resid);
	return 0;
}

CO_FN ssize_t unix_stream_recv(struct file *f, struct sock_msg *m)
{
	struct usock *u = usock_of(f);
	struct stream_read r = { .peek = m->flags & MSG_PEEK, .passcred = u->opts.passcred };

	if (u->state != UNIX_ESTABLISHED)
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	r.target = m->flags & MSG_WAITALL ? m->u.resid
	                                  : MIN((size_t)u->opts.rcvlowat, m->u.resid);
	r.target = MAX(r.target, (size_t)1);
	if (r.peek && u->opts.peek_off > 0)
		r.skip = r.start = (size_t)u->opts.peek_off;
	ktime_t deadline = sock_deadline(u->opts.rcvtimeo, m->flags & MSG_DONTWAIT);
	comutex_lock(&u->iolock);
	int err = read_queue(u, m, &r, deadline);
	comutex_unlock(&u->iolock);
	co_did_bytes(m->u.done);
	if (r.have_cred)
		skb_put_cred(m, &r.cred);
	if (!m->u.done && m->u.fault)
		return -EFAULT;
	return m->u.done ? (ssize_t)m->u.done : err;
}
