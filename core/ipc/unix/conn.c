/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections of AF_UNIX: listen, connect, accept, shutdown. Layer: core.
 */
#include "core/ipc/unix/unix.h"

#define SOMAXCONN_LIMIT 4096u /* net.core.somaxconn */

int unix_listen(struct file *f, int backlog, const struct sock_caller *who)
{
	struct usock *u = usock_of(f);
	unsigned n = MIN((unsigned)backlog, SOMAXCONN_LIMIT);

	if (!usock_connected_type(u))
		return -EOPNOTSUPP;
	if (!u->name || u->state == UNIX_ESTABLISHED)
		return -EINVAL;
	if (n > u->backlog)
		wake_all(&u->peer_wait);
	u->backlog = n;
	u->state = UNIX_LISTEN;
	u->opts.listening = true;
	sock_opts_set_peer(&u->opts, who);
	return 0;
}

/* A listener with room in its queue, with a reference. */
static CO_FN int find_listener(struct usock *u, const struct sock_addr *a, ktime_t deadline,
                               const struct sock_caller *who, struct usock **ret)
{
	for (;;) {
		struct usock *other;
		int err = unix_find(a, u->opts.type, who, &other);
		if (err)
			return err;
		if (other->state != UNIX_LISTEN || other->shutdown & UNIX_RCV_SHUT) {
			usock_unref(other);
			return -ECONNREFUSED;
		}
		if (!usock_recvq_full(other)) {
			*ret = other;
			return 0;
		}
		err = sock_wait(&other->peer_wait, deadline);
		usock_unref(other);
		if (err)
			return err;
	}
}

/* The other end of a connection, which accept(2) will hand out, in a buffer for the queue. */
static int make_embryo(struct usock *u, struct usock *listener, struct skb **ret)
{
	struct usock *e = usock_new(u->opts.type);
	int err = e ? unix_inherit_name(e, listener) : -ENOMEM;

	if (!err)
		err = skb_for_embryo(e, ret);
	if (err)
		usock_unref(e);
	return err;
}

CO_FN int unix_connect(struct file *f, const struct sock_addr *a, const struct sock_caller *who)
{
	struct usock *u = usock_of(f), *listener;
	struct skb *s;

	if (!usock_connected_type(u))
		return unix_dgram_connect(u, a, who);
	int err = unix_check_addr(a);
	if (!err && u->opts.passcred)
		err = unix_autobind(u);
	if (!err)
		err = find_listener(u, a, sock_deadline(u->opts.sndtimeo, f->flags & O_NONBLOCK), who,
		                    &listener);
	if (err)
		return err;
	/* Nothing yields from here on. */
	if (u->state != UNIX_CLOSE)
		err = u->state == UNIX_ESTABLISHED ? -EISCONN : -EINVAL;
	else
		err = make_embryo(u, listener, &s);
	if (!err) {
		struct usock *e = s->embryo;
		usock_set_peer(e, u);
		usock_set_peer(u, e);
		e->state = u->state = UNIX_ESTABLISHED;
		e->opts.passcred = listener->opts.passcred;
		sock_opts_set_peer(&e->opts, who);
		sock_opts_copy_peer(&u->opts, &listener->opts);
		skb_queue(listener, s);
		usock_state_change(u);
	}
	usock_unref(listener);
	return err;
}

CO_FN int unix_accept(struct file *f, unsigned flags, const struct sock_caller *who,
                      struct file **ret)
{
	struct usock *u = usock_of(f);
	ktime_t deadline = sock_deadline(u->opts.rcvtimeo, f->flags & O_NONBLOCK);
	struct skb *s;

	if (!usock_connected_type(u))
		return -EOPNOTSUPP;
	for (;;) {
		if (u->state != UNIX_LISTEN)
			return -EINVAL;
		int err = sock_opts_take_error(&u->opts);
		if (err)
			return err;
		s = TAILQ_FIRST(&u->queue);
		if (s)
			break;
		if (u->shutdown & UNIX_RCV_SHUT && deadline)
			return -EINVAL;
		err = sock_wait(&u->rd, deadline);
		if (err)
			return err;
	}
	struct usock *e = usock_ref(s->embryo);
	skb_unlink(u, s);
	skb_free(s);
	wake_all(&u->peer_wait);
	int err = usock_file(e, flags, who, ret);
	if (err) {
		usock_close(e, true);
		usock_unref(e);
	}
	return err;
}

int unix_shutdown(struct file *f, int how)
{
	struct usock *u = usock_of(f), *peer = u->peer;
	unsigned mode = (unsigned)how + 1, other = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	u->shutdown |= mode;
	if (peer && usock_connected_type(u)) {
		if (mode & UNIX_RCV_SHUT)
			other |= UNIX_SND_SHUT;
		if (mode & UNIX_SND_SHUT)
			other |= UNIX_RCV_SHUT;
		peer->shutdown |= other;
		usock_state_change(peer);
	}
	usock_state_change(u);
	/* A listener refuses from now on: those who wait for room in its queue are to hear it. */
	wake_all(&u->peer_wait);
	return 0;
}
