/* SPDX-License-Identifier: Apache-2.0
 *
 * Life of AF_UNIX sockets, and what their open files do. Layer: core.
 */
#include <asm/ioctls.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/ipc/pipe.h"
#include "core/ipc/unix/unix.h"
#include "core/objcount.h"

OBJCOUNT(usock_count, "unix socket");

struct usock *usock_new(int type)
{
	struct usock *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->refs = 1;
	sock_opts_init(&u->opts, AF_UNIX, type, 0);
	TAILQ_INIT(&u->queue);
	LIST_INIT(&u->senders);
	u->backlog = UNIX_DGRAM_QLEN;
	comutex_init(&u->iolock);
	waitq_init(&u->rd);
	waitq_init(&u->wr);
	waitq_init(&u->peer_wait);
	obj_born(&usock_count);
	return u;
}

struct usock *usock_ref(struct usock *u)
{
	u->refs++;
	return u;
}

struct usock *usock_unref(struct usock *u)
{
	if (!u || --u->refs)
		return NULL;
	if (!u->dead) { /* never had a file */
		u->refs = 1;
		usock_close(u, false);
	}
	unix_name_free(u);
	sock_opts_done(&u->opts);
	comutex_done(&u->iolock);
	waitq_done(&u->rd);
	waitq_done(&u->wr);
	waitq_done(&u->peer_wait);
	free(u);
	obj_died(&usock_count);
	return NULL;
}

void usock_set_peer(struct usock *u, struct usock *peer)
{
	struct usock *old = u->peer;

	if (old)
		LIST_REMOVE(u, sender_entry);
	u->peer = peer ? usock_ref(peer) : NULL;
	if (peer)
		LIST_INSERT_HEAD(&peer->senders, u, sender_entry);
	if (old)
		usock_unref(old);
}

void usock_state_change(struct usock *u)
{
	wake_all(&u->rd);
	wake_all(&u->wr);
}

/* As unix_release_sock(). The caller's reference keeps u. */
void usock_close(struct usock *u, bool embryo)
{
	struct usock *peer = u->peer;

	if (u->dead)
		return;
	u->dead = true;
	u->file = NULL;
	unix_unbind(u);
	u->state = UNIX_CLOSE;
	u->shutdown = UNIX_SHUT_MASK;
	wake_all(&u->peer_wait);
	if (peer && usock_connected_type(u) && !peer->dead) {
		peer->shutdown = UNIX_SHUT_MASK;
		if (!TAILQ_EMPTY(&u->queue) || embryo)
			peer->opts.err = ECONNRESET;
		usock_state_change(peer);
	}
	usock_set_peer(u, NULL);
	skb_purge(u);
	/* Whoever polls for writing to this one is to learn that it is gone. */
	struct usock *sender;
	LIST_FOREACH(sender, &u->senders, sender_entry)
		wake_key(&sender->wr, POLLOUT | POLLWRNORM | POLLWRBAND);
}

/* ---- the open file ---- */

static void unix_release(struct file *f)
{
	struct usock *u = usock_of(f);

	usock_close(u, false);
	usock_unref(u);
	unix_gc_closed();
}

static uint32_t unix_poll(struct file *f, struct poll_table *pt)
{
	struct usock *u = usock_of(f), *peer = u->peer;
	uint32_t ev = 0;

	poll_wait(pt, &u->rd);
	poll_wait(pt, &u->wr);
	if (u->opts.err)
		ev |= POLLERR;
	if (u->shutdown == UNIX_SHUT_MASK)
		ev |= POLLHUP;
	if (u->shutdown & UNIX_RCV_SHUT)
		ev |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (!TAILQ_EMPTY(&u->queue))
		ev |= POLLIN | POLLRDNORM;
	if (usock_connected_type(u) && u->state == UNIX_CLOSE)
		ev |= POLLHUP;
	bool blocked = u->opts.type != SOCK_STREAM && peer && usock_must_wait(u, peer);
	if (usock_writable(u) && !blocked)
		ev |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return ev;
}

static void caller(struct file *f, struct sock_caller *who)
{
	static struct cred nobody = { .refs = 1, .ruid = 65534, .rgid = 65534 };

	*who = (struct sock_caller){ .cred = f->cred ? f->cred : &nobody };
	if (socket_caller)
		socket_caller(who);
}

static CO_FN ssize_t unix_sendmsg(struct file *f, struct sock_msg *m,
                                  const struct sock_caller *who)
{
	if (f->flags & O_NONBLOCK)
		m->flags |= MSG_DONTWAIT;
	if (usock_of(f)->opts.type == SOCK_STREAM)
		return unix_stream_send(f, m, who);
	return unix_dgram_send(f, m, who);
}

static CO_FN ssize_t unix_recvmsg(struct file *f, struct sock_msg *m)
{
	if (f->flags & O_NONBLOCK)
		m->flags |= MSG_DONTWAIT;
	if (usock_of(f)->opts.type == SOCK_STREAM)
		return unix_stream_recv(f, m);
	return unix_dgram_recv(f, m);
}

static CO_FN ssize_t unix_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct sock_msg m = { .u = *u };

	if (!u->resid)
		return 0;
	ssize_t n = unix_recvmsg(f, &m);
	*u = m.u;
	sock_files_free(m.files); /* read(2) has no place for them */
	return n;
}

static CO_FN ssize_t unix_write(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct sock_msg m = { .u = *u };
	struct sock_caller who;

	caller(f, &who);
	ssize_t n = unix_sendmsg(f, &m, &who);
	*u = m.u;
	return n;
}

static CO_FN int64_t unix_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct usock *u = usock_of(f);
	struct skb *s;
	int n = 0;

	switch (cmd) {
	case SIOCOUTQ:
		n = (int)u->wmem;
		return copyout_obj(arg, &n);
	case SIOCINQ:
		if (u->state == UNIX_LISTEN)
			return -EINVAL;
		TAILQ_FOREACH(s, &u->queue, entry) {
			n += (int)(s->len - s->off);
			if (!usock_connected_type(u))
				break;
		}
		return copyout_obj(arg, &n);
	}
	return socket_ioctl(f, cmd, arg);
}

static CO_FN int unix_setsockopt(struct file *f, int level, int opt, const void *val, unsigned len,
                                 const struct sock_caller *who)
{
	struct usock *u = usock_of(f);

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	int err = sock_opts_set(&u->opts, opt, val, len, who);
	if (!err && usock_writable(u))
		wake_key(&u->wr, POLLOUT | POLLWRNORM | POLLWRBAND);
	return err;
}

static CO_FN int unix_getsockopt(struct file *f, int level, int opt, void *val, unsigned *len)
{
	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	return sock_opts_get(&usock_of(f)->opts, opt, val, len);
}

static void unix_set_error(struct file *f, int err)
{
	usock_of(f)->opts.err = err;
}

const struct socket_ops unix_socket_ops = {
	.family = AF_UNIX,
	.scm = true,
	.bind = unix_bind,
	.listen = unix_listen,
	.connect = unix_connect,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_sendmsg,
	.recvmsg = unix_recvmsg,
	.shutdown = unix_shutdown,
	.setsockopt = unix_setsockopt,
	.getsockopt = unix_getsockopt,
	.set_error = unix_set_error,
};

const struct file_ops unix_fops = {
	.read = unix_read,
	.write = unix_write,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.release = unix_release,
	.socket = &unix_socket_ops,
};

int usock_file(struct usock *u, unsigned flags, const struct sock_caller *who, struct file **ret)
{
	char name[40];

	snprintf(name, sizeof(name), "socket:[%llu]", (unsigned long long)inode_next_ino());
	*ret = file_anon(&unix_fops, name, S_IFSOCK | 0777, O_RDWR | (flags & O_NONBLOCK), u);
	if (!*ret)
		return -ENOMEM;
	u->file = *ret;
	u->file->inode->uid = who->cred->fsuid;
	u->file->inode->gid = who->cred->fsgid;
	u->file->cred = cred_ref((struct cred *)(uintptr_t)who->cred);
	return 0;
}

/* ---- the family ---- */

static int check_type(int *type, int protocol)
{
	if (protocol && protocol != PF_UNIX)
		return -EPROTONOSUPPORT;
	if (*type == SOCK_RAW)
		*type = SOCK_DGRAM; /* as BSD had it */
	if (*type != SOCK_STREAM && *type != SOCK_DGRAM && *type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	return 0;
}

static int unix_create(int type, int protocol, unsigned flags, const struct sock_caller *who,
                       struct file **ret)
{
	int err = check_type(&type, protocol);

	if (err)
		return err;
	struct usock *u = usock_new(type);
	if (!u)
		return -ENOMEM;
	err = usock_file(u, flags, who, ret);
	if (err)
		usock_unref(u);
	return err;
}

static int unix_pair(int type, int protocol, unsigned flags, const struct sock_caller *who,
                     struct file *ret[2])
{
	int err = unix_create(type, protocol, flags, who, &ret[0]);

	if (err)
		return err;
	err = unix_create(type, protocol, flags, who, &ret[1]);
	if (err) {
		file_unref(ret[0]);
		return err;
	}
	struct usock *a = usock_of(ret[0]), *b = usock_of(ret[1]);
	usock_set_peer(a, b);
	usock_set_peer(b, a);
	sock_opts_set_peer(&a->opts, who);
	sock_opts_set_peer(&b->opts, who);
	a->state = b->state = UNIX_ESTABLISHED;
	return 0;
}

const struct family unix_family = { AF_UNIX, unix_create, unix_pair };
