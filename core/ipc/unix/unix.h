/* SPDX-License-Identifier: Apache-2.0
 *
 * AF_UNIX sockets: unix(7). Layer: core. Private to core/ipc/unix, but for unix_gc().
 *
 * A `struct usock` is one end. Its open file has a reference; so have its peer (`peer`), each
 * buffer that it sent and nobody has read yet (`skb->from`), and the queue it waits on for
 * accept(2). Nothing here is locked but reading (`iolock`), which copies to the guest and so may
 * yield: what was known before a copy or a wait is asked again after it.
 */
#ifndef CORE_IPC_UNIX_UNIX_H
#define CORE_IPC_UNIX_UNIX_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <sys/un.h>

#include "core/ipc/socket.h"

#define UNIX_DGRAM_QLEN 10 /* net.unix.max_dgram_qlen */
#define UNIX_NAME_OFF offsetof(struct sockaddr_un, sun_path)

enum unix_state { UNIX_CLOSE, UNIX_LISTEN, UNIX_ESTABLISHED };
#define UNIX_RCV_SHUT 1u
#define UNIX_SND_SHUT 2u
#define UNIX_SHUT_MASK 3u

struct skb {
	TAILQ_ENTRY(skb) entry;
	struct usock *from; /* reference; truesize counts against its send buffer */
	struct usock *embryo; /* in a listener's queue: the socket accept(2) hands out; reference */
	size_t truesize, len, off; /* off: consumed by stream reads */
	struct sock_cred cred; /* pid 0: none was attached */
	struct sock_files *files; /* counted as in flight while the skb is queued */
	char data[];
};
TAILQ_HEAD(skb_list, skb);

struct usock {
	int refs;
	struct sock_opts opts;
	struct file *file; /* borrowed; NULL before accept(2) and after the last close(2) */
	bool dead;         /* closed */
	enum unix_state state;
	unsigned shutdown; /* UNIX_*_SHUT */
	struct usock *peer; /* reference */
	/* name: never changes once it is set */
	char *name; /* a sockaddr of name_len bytes, or NULL */
	unsigned name_len;
	bool named_abstract; /* in the abstract table */
	struct path path; /* reference: the socket file that is bound, if any */
	RB_ENTRY(usock) name_entry;
	/* receiving */
	struct skb_list queue;
	unsigned qlen, backlog; /* full when qlen > backlog */
	struct comutex iolock;
	struct waitq rd;        /* readers, accept(2), poll */
	struct waitq wr;        /* writers short of buffer, poll */
	struct waitq peer_wait; /* senders and connectors for whom the queue is full */
	LIST_HEAD(, usock) senders; /* those whose peer this is: poll for writing */
	LIST_ENTRY(usock) sender_entry;
	/* sending */
	size_t wmem; /* truesize of what was sent and isn't freed */
	/* in flight (gc.c) */
	unsigned inflight;
	TAILQ_ENTRY(usock) inflight_entry;
	unsigned gc_refs;
	bool gc_candidate, gc_reachable;
	struct usock *gc_next;
};

/* ---- sock.c ---- */

extern const struct file_ops unix_fops;
extern const struct socket_ops unix_socket_ops;
/* No file yet; one reference. NULL: no memory. */
struct usock *usock_new(int type);
struct usock *usock_ref(struct usock *u);
struct usock *usock_unref(struct usock *u); /* returns NULL */
/* Gives u an open file, which takes over the reference. */
int usock_file(struct usock *u, unsigned flags, const struct sock_caller *who, struct file **ret);
/* The end is closed: tells the peer and drops what is queued. `embryo`: never accepted. */
void usock_close(struct usock *u, bool embryo);
void usock_set_peer(struct usock *u, struct usock *peer); /* takes its own reference; NULL: none */
void usock_state_change(struct usock *u);
static inline struct usock *usock_of(const struct file *f)
{
	return f->priv;
}
static inline bool usock_connected_type(const struct usock *u)
{
	return u->opts.type == SOCK_STREAM || u->opts.type == SOCK_SEQPACKET;
}
static inline bool usock_recvq_full(const struct usock *u)
{
	return u->qlen > u->backlog;
}
static inline bool usock_writable(const struct usock *u)
{
	return u->state != UNIX_LISTEN && u->wmem * 4 <= u->opts.sndbuf;
}
/* Does a datagram from u to other have to wait for other's reader? */
static inline bool usock_must_wait(const struct usock *u, const struct usock *other)
{
	return other != u && other->peer != u && usock_recvq_full(other);
}

/* ---- skb.c ---- */

/*
 * Room for len bytes, counted against u's send buffer; waits for it. -EPIPE without a signal when
 * sending was shut down, the socket's error, -EAGAIN, -ENOMEM, -ERESTARTSYS, -EINTR.
 */
CO_FN int skb_alloc(struct usock *u, size_t len, ktime_t deadline, struct skb **ret);
int skb_for_embryo(struct usock *e, struct skb **ret); /* takes e over; -ENOMEM: doesn't */
void skb_free(struct skb *s); /* wakes u's writers when there is room again */
/* At the end of u's queue; wakes readers. Takes s over. */
void skb_queue(struct usock *u, struct skb *s);
void skb_unlink(struct usock *u, struct skb *s);
/* Files out of a buffer: no longer in flight. */
struct sock_files *skb_take_files(struct skb *s);
void skb_set_cred(struct skb *s, struct usock *from, struct usock *to, const struct sock_msg *m,
                  const struct sock_caller *who);
/* Empties a queue. Listeners' embryos are closed. */
void skb_purge(struct usock *u);
/* Wakes those for whom the queue was full. */
void skb_queue_drained(struct usock *u);
/* The credentials of a received buffer, for SCM_CREDENTIALS. */
void skb_put_cred(struct sock_msg *m, const struct sock_cred *c);

/* ---- name.c ---- */

/* 0 or -EINVAL. */
int unix_check_addr(const struct sock_addr *a);
CO_FN int unix_bind(struct file *f, const struct sock_addr *a, const struct sock_caller *who);
int unix_autobind(struct usock *u);
/* The socket that has the name, with a reference: -ECONNREFUSED, -EPROTOTYPE, path errors. */
CO_FN int unix_find(const struct sock_addr *a, int type, const struct sock_caller *who,
                    struct usock **ret);
void unix_unbind(struct usock *u); /* nobody finds it any more; the name stays */
void unix_name_free(struct usock *u);
int unix_getname(struct file *f, bool peer, struct sock_addr *ret);
void unix_copy_name(const struct usock *u, struct sock_addr *ret);
int unix_inherit_name(struct usock *u, const struct usock *from); /* -ENOMEM */

/* ---- conn.c ---- */

int unix_listen(struct file *f, int backlog, const struct sock_caller *who);
CO_FN int unix_connect(struct file *f, const struct sock_addr *a, const struct sock_caller *who);
CO_FN int unix_accept(struct file *f, unsigned flags, const struct sock_caller *who,
                      struct file **ret);
int unix_shutdown(struct file *f, int how);

/* ---- stream.c, dgram.c ---- */

CO_FN ssize_t unix_stream_send(struct file *f, struct sock_msg *m, const struct sock_caller *who);
CO_FN ssize_t unix_stream_recv(struct file *f, struct sock_msg *m);
CO_FN ssize_t unix_dgram_send(struct file *f, struct sock_msg *m, const struct sock_caller *who);
CO_FN ssize_t unix_dgram_recv(struct file *f, struct sock_msg *m);
CO_FN int unix_dgram_connect(struct usock *u, const struct sock_addr *a,
                             const struct sock_caller *who);

/* ---- gc.c ---- */

/* -ETOOMANYREFS when too many descriptors are in flight. */
int unix_inflight_check(const struct sock_files *s, const struct sock_caller *who);
void unix_inflight_add(const struct sock_files *s);
void unix_inflight_del(const struct sock_files *s);
/* A socket was closed: from time to time, calls unix_gc(). */
void unix_gc_closed(void);
/* Frees sockets that are only in messages to each other. For a shutdown that wants to see
 * everything gone, call it at the end. */
void unix_gc(void);

#endif
