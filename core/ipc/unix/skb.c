/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffers of AF_UNIX: what was sent and isn't read. Layer: core.
 *
 * Sizes are counted as Linux counts them (its struct sk_buff and page fragments included), so that
 * a send buffer holds as many messages as programs are used to.
 */
#include <stdlib.h>

#include "core/ipc/unix/unix.h"
#include "core/objcount.h"

#define SKB_OVERHEAD 256u    /* struct sk_buff */
#define SKB_SHARED_INFO 320u /* struct skb_shared_info at the end of the linear part */
#define STREAM_HEAD 3776u    /* SKB_MAX_HEAD(0) */
#define DGRAM_HEAD 16064u    /* SKB_MAX_ALLOC */
#define OVERFLOW_ID 65534

OBJCOUNT(skb_count, "unix buffer");

static size_t truesize(bool stream, size_t len)
{
	size_t most = stream ? STREAM_HEAD : DGRAM_HEAD, frags = 0, head, n = 512;

	if (len > most)
		frags = PAGE_UP(len - most);
	head = ((len - MIN(frags, len)) + 63) / 64 * 64 + SKB_SHARED_INFO;
	while (n < head)
		n *= 2; /* kmalloc's sizes */
	return n + SKB_OVERHEAD + frags;
}

CO_FN int skb_alloc(struct usock *u, size_t len, ktime_t deadline, struct skb **ret)
{
	/* As sock_alloc_send_pskb(). */
	for (;;) {
		int err = sock_opts_take_error(&u->opts);
		if (err)
			return err;
		if (u->shutdown & UNIX_SND_SHUT)
			return -EPIPE;
		if (u->wmem < u->opts.sndbuf)
			break;
		err = sock_wait(&u->wr, deadline);
		if (err)
			return err;
	}
	struct skb *s = malloc(sizeof(*s) + len);
	if (!s)
		return -ENOMEM;
	*s = (struct skb){ .len = len, .from = usock_ref(u) };
	s->truesize = truesize(u->opts.type == SOCK_STREAM, len);
	u->wmem += s->truesize;
	obj_born(&skb_count);
	*ret = s;
	return 0;
}

int skb_for_embryo(struct usock *e, struct skb **ret)
{
	struct skb *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->embryo = e;
	obj_born(&skb_count);
	*ret = s;
	return 0;
}

void skb_free(struct skb *s)
{
	struct usock *u = s->from;

	if (s->files)
		sock_files_free(skb_take_files(s));
	if (s->embryo)
		usock_unref(s->embryo);
	if (u) {
		u->wmem -= s->truesize;
		if (usock_writable(u))
			wake_key(&u->wr, POLLOUT | POLLWRNORM | POLLWRBAND);
		usock_unref(u);
	}
	free(s);
	obj_died(&skb_count);
}

void skb_queue(struct usock *u, struct skb *s)
{
	TAILQ_INSERT_TAIL(&u->queue, s, entry);
	u->qlen++;
	if (s->files)
		unix_inflight_add(s->files);
	wake_key(&u->rd, POLLIN | POLLRDNORM);
}

void skb_unlink(struct usock *u, struct skb *s)
{
	TAILQ_REMOVE(&u->queue, s, entry);
	u->qlen--;
	if (s->files)
		unix_inflight_del(s->files);
}

struct sock_files *skb_take_files(struct skb *s)
{
	struct sock_files *files = s->files;

	s->files = NULL;
	return files;
}

void skb_set_cred(struct skb *s, struct usock *from, struct usock *to, const struct sock_msg *m,
                  const struct sock_caller *who)
{
	if (m->has_cred)
		s->cred = m->cred;
	else if (from->opts.passcred || to->opts.passcred || !to->file)
		s->cred = (struct sock_cred){ who->pid, who->cred->ruid, who->cred->rgid };
}

void skb_put_cred(struct sock_msg *m, const struct sock_cred *c)
{
	struct sock_cred none = { 0, OVERFLOW_ID, OVERFLOW_ID };

	sock_put_cmsg(m, SOL_SOCKET, SCM_CREDENTIALS, c->pid ? c : &none, sizeof(*c));
}

void skb_purge(struct usock *u)
{
	struct skb *s;

	while ((s = TAILQ_FIRST(&u->queue))) {
		skb_unlink(u, s);
		if (s->embryo)
			usock_close(s->embryo, true);
		skb_free(s);
	}
}

void skb_queue_drained(struct usock *u)
{
	struct usock *sender;

	wake_key(&u->peer_wait, POLLOUT);
	/* Those who poll wait on their own queue: a file has only two. */
	LIST_FOREACH(sender, &u->senders, sender_entry)
		if (sender->peer == u && u->peer != sender)
			wake_key(&sender->wr, POLLOUT | POLLWRNORM | POLLWRBAND);
}
