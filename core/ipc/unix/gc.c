/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors in flight, and sockets that only they keep. Layer: core.
 *
 * A socket sent over itself, or two sent over each other, are never closed by anybody. A socket
 * whose every reference is in some message is a candidate; one that isn't in a candidate's message
 * only is reachable, and so is what is in its messages. What is left is cut free.
 */
#include "core/ipc/unix/unix.h"

#define INFLIGHT_WATERMARK 16000 /* as UNIX_INFLIGHT_TRIGGER_GC: collect before sending more */
#define LOOKS_PER_CLOSE 64 /* sockets that one close(2) may have to look at, on average */

TAILQ_HEAD(usock_list, usock);

/* In the order in which they first were in flight. */
static struct usock_list inflight = TAILQ_HEAD_INITIALIZER(inflight);
static uint64_t nr_sockets; /* on that list */
static uint64_t total;      /* descriptors, of all kinds */

static struct usock *socket_in(const struct file *f)
{
	return f->ops == &unix_fops ? f->priv : NULL;
}

int unix_inflight_check(const struct sock_files *s, const struct sock_caller *who)
{
	static uint64_t trigger = INFLIGHT_WATERMARK;

	if (total > trigger) {
		unix_gc();
		/* What is still wanted isn't looked at for each message. */
		trigger = MAX(2 * total, (uint64_t)INFLIGHT_WATERMARK);
	}
	if (total + s->n <= who->nofile || cred_capable(who->cred, CAP_SYS_RESOURCE) ||
	    cred_capable(who->cred, CAP_SYS_ADMIN))
		return 0;
	return -ETOOMANYREFS;
}

void unix_inflight_add(const struct sock_files *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct usock *u = socket_in(s->file[i]);
		if (u && !u->inflight++) {
			TAILQ_INSERT_TAIL(&inflight, u, inflight_entry);
			nr_sockets++;
		}
	}
	total += s->n;
}

void unix_inflight_del(const struct sock_files *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct usock *u = socket_in(s->file[i]);
		if (u && !--u->inflight) {
			TAILQ_REMOVE(&inflight, u, inflight_entry);
			nr_sockets--;
		}
	}
	total -= s->n;
}

/* Calls fn for each socket in the messages of u, and of the embryos that wait at a listener. */
static void each_in_queue(struct usock *u, void (*fn)(struct usock *in, void *arg), void *arg)
{
	struct skb *s;

	TAILQ_FOREACH(s, &u->queue, entry) {
		if (s->embryo)
			each_in_queue(s->embryo, fn, arg); /* an embryo has no embryos: one level */
		for (unsigned i = 0; s->files && i < s->files->n; i++) {
			struct usock *in = socket_in(s->files->file[i]);
			if (in)
				fn(in, arg);
		}
	}
}

static void count_inside(struct usock *in, void *arg UNUSED)
{
	if (in->gc_candidate)
		in->gc_refs--;
}

/* Reachable sockets whose messages are still to be looked at: a stack. */
static void reach(struct usock *u, void *arg)
{
	struct usock **todo = arg;

	if (!u->gc_candidate || u->gc_reachable)
		return;
	u->gc_reachable = true;
	u->gc_next = *todo;
	*todo = u;
}

static unsigned find_candidates(void)
{
	struct usock *u;
	unsigned n = 0;

	TAILQ_FOREACH(u, &inflight, inflight_entry) {
		u->gc_candidate = u->file && (unsigned)u->file->refs == u->inflight;
		u->gc_reachable = false;
		u->gc_refs = u->inflight;
		n += u->gc_candidate;
	}
	return n;
}

/* All files in the messages of u, which nobody can read any more, go onto *hits. */
static void strip(struct usock *u, struct sock_files **hits)
{
	struct skb *s;

	TAILQ_FOREACH(s, &u->queue, entry) {
		if (s->embryo)
			strip(s->embryo, hits);
		if (!s->files)
			continue;
		unix_inflight_del(s->files);
		struct sock_files *files = skb_take_files(s);
		files->next = *hits;
		*hits = files;
	}
}

static void collect(void)
{
	struct usock *u, *todo = NULL, *garbage = NULL;
	struct sock_files *hits = NULL, *next;

	if (!find_candidates())
		return;
	TAILQ_FOREACH(u, &inflight, inflight_entry)
		if (u->gc_candidate)
			each_in_queue(u, count_inside, NULL);
	TAILQ_FOREACH(u, &inflight, inflight_entry)
		if (u->gc_refs)
			reach(u, &todo);
	while ((u = todo)) {
		todo = u->gc_next;
		each_in_queue(u, reach, &todo);
	}
	TAILQ_FOREACH(u, &inflight, inflight_entry)
		if (u->gc_candidate && !u->gc_reachable) {
			u->gc_next = garbage;
			garbage = u;
		}
	/* The messages keep the sockets until all are stripped: `hits` has the references now. */
	for (; garbage; garbage = garbage->gc_next)
		strip(garbage, &hits);
	for (; hits; hits = next) {
		next = hits->next;
		sock_files_free(hits);
	}
}

void unix_gc(void)
{
	static bool busy, again;

	again = true;
	if (busy || !total)
		return;
	busy = true;
	while (again && total) {
		again = false;
		collect(); /* closes sockets, which asks for another round */
	}
	busy = false;
}

void unix_gc_closed(void)
{
	static uint64_t closes;

	if (++closes < nr_sockets / LOOKS_PER_CLOSE)
		return;
	closes = 0;
	unix_gc();
}
