/* SPDX-License-Identifier: Apache-2.0
 *
 * inotify(7): watches by number, and the queue of events that read(2) takes. Layer: core.
 *
 * What may be queued is bounded for each instance, as in Linux, and for all together, since it is
 * the sentry's memory: beyond, events are lost and IN_Q_OVERFLOW says so.
 */
#include "core/fs/inotify.h"

#include <bsd/sys/tree.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/fs/notify.h"
#include "core/objcount.h"

OBJCOUNT(inotify_count, "inotify");
OBJCOUNT(watch_count, "inotify watch");
OBJCOUNT(event_count, "inotify event");

#define QUEUED_BYTES_MAX ((size_t)64 << 20) /* of all instances */
#define HEADER sizeof(struct inotify_event)

struct inotify_limits inotify_limits = {
	.max_queued_events = 16384, .max_user_instances = 128, .max_user_watches = 65536,
};

/* What a user has; lives while there is an instance. */
struct inotify_user {
	RB_ENTRY(inotify_user) entry;
	uid_t uid;
	long instances, watches;
};

struct inotify;

struct watch {
	struct notify_mark mark;
	struct inotify *group;
	RB_ENTRY(watch) entry;
	int wd;
	bool oneshot;
};

struct event {
	TAILQ_ENTRY(event) entry;
	int wd;
	uint32_t mask, cookie;
	uint32_t len; /* of the name, without its end */
	char name[];
};

struct inotify {
	RB_HEAD(watch_tree, watch) watches; /* by number */
	int last_wd;
	struct inotify_user *user;
	TAILQ_HEAD(event_list, event) events;
	long nr_events, max_events;
	size_t bytes;           /* that reading all events gives */
	struct event *overflow; /* set apart, so that it can always be queued; once */
	bool overflowed;
	struct waitq rd;
};

static size_t queued_bytes;

static int watch_cmp(const struct watch *a, const struct watch *b)
{
	return (a->wd > b->wd) - (a->wd < b->wd);
}

RB_GENERATE_INTERNAL(watch_tree, watch, entry, watch_cmp, UNUSED static)

/* ---- users ---- */

RB_HEAD(user_tree, inotify_user);
static struct user_tree users = RB_INITIALIZER(&users);

static int user_cmp(const struct inotify_user *a, const struct inotify_user *b)
{
	return (a->uid > b->uid) - (a->uid < b->uid);
}

RB_GENERATE_INTERNAL(user_tree, inotify_user, entry, user_cmp, UNUSED static)

static struct inotify_user *user_get(uid_t uid)
{
	struct inotify_user key = { .uid = uid };
	struct inotify_user *u = RB_FIND(user_tree, &users, &key);

	if (u)
		return u;
	u = calloc(1, sizeof(*u));
	if (u) {
		u->uid = uid;
		RB_INSERT(user_tree, &users, u);
	}
	return u;
}

static void user_put(struct inotify_user *u)
{
	if (u->instances)
		return;
	RB_REMOVE(user_tree, &users, u);
	free(u);
}

/* ---- the queue ---- */

/* Bytes that a reader gets: the name with its end, filled up to whole headers. */
static size_t event_size(const struct event *e)
{
	return HEADER + (e->len ? (e->len + HEADER) / HEADER * HEADER : 0);
}

static struct event *event_new(int wd, uint32_t mask, const char *name, size_t len, uint32_t cookie)
{
	struct event *e = malloc(sizeof(*e) + len + 1);

	if (!e)
		return NULL;
	e->wd = wd;
	e->mask = mask;
	e->cookie = cookie;
	e->len = (uint32_t)len;
	if (len)
		memcpy(e->name, name, len);
	e->name[len] = '\0';
	obj_born(&event_count);
	return e;
}

static void event_free(struct event *e)
{
	free(e);
	obj_died(&event_count);
}

static void append(struct inotify *g, struct event *e)
{
	TAILQ_INSERT_TAIL(&g->events, e, entry);
	g->nr_events++;
	g->bytes += event_size(e);
	queued_bytes += event_size(e);
	wake_key(&g->rd, POLLIN);
}

/* Takes the first one, which the caller disposes of. */
static struct event *take(struct inotify *g)
{
	struct event *e = TAILQ_FIRST(&g->events);

	TAILQ_REMOVE(&g->events, e, entry);
	g->nr_events--;
	g->bytes -= event_size(e);
	queued_bytes -= event_size(e);
	return e;
}

static void dispose(struct inotify *g, struct event *e)
{
	if (e == g->overflow)
		g->overflowed = false;
	else
		event_free(e);
}

static void lose(struct inotify *g)
{
	if (g->overflowed)
		return;
	g->overflowed = true;
	append(g, g->overflow);
}

/* The same again as what was queued last says nothing new. */
static bool repeats(const struct inotify *g, int wd, uint32_t mask, const char *name, size_t len)
{
	const struct event *last = TAILQ_LAST(&g->events, event_list);

	return last && !(last->mask & IN_IGNORED) && last->mask == mask && last->wd == wd &&
	       last->len == len && !memcmp(last->name, name, len);
}

static void queue(struct inotify *g, int wd, uint32_t mask, const char *name, uint32_t cookie)
{
	size_t len = name ? strlen(name) : 0;
	struct event *e;

	if (g->nr_events < g->max_events && repeats(g, wd, mask, name ? name : "", len))
		return;
	if (g->nr_events >= g->max_events || queued_bytes >= QUEUED_BYTES_MAX ||
	    !(e = event_new(wd, mask, name, len, cookie)))
		lose(g);
	else
		append(g, e);
}

/* ---- watches ---- */

/* The mark is off its inode already. */
static void watch_end(struct watch *w)
{
	struct inotify *g = w->group;

	queue(g, w->wd, IN_IGNORED, NULL, 0);
	RB_REMOVE(watch_tree, &g->watches, w);
	g->user->watches--;
	free(w);
	obj_died(&watch_count);
}

static void on_event(struct notify_mark *m, uint32_t mask, const char *name, uint32_t cookie)
{
	struct watch *w = container_of(m, struct watch, mark);

	queue(w->group, w->wd, mask, name, cookie);
	if (!w->oneshot)
		return;
	notify_detach(m);
	watch_end(w);
}

static void on_gone(struct notify_mark *m)
{
	watch_end(container_of(m, struct watch, mark));
}

static const struct notify_ops mark_ops = { .event = on_event, .gone = on_gone };

static struct watch *watch_of(const struct inotify *g, const struct inode *ino)
{
	struct notify_mark *m;

	LIST_FOREACH(m, &ino->marks, on_inode) {
		struct watch *w = container_of(m, struct watch, mark);

		if (m->ops == &mark_ops && w->group == g)
			return w;
	}
	return NULL;
}

static struct watch *watch_find(struct inotify *g, int wd)
{
	struct watch key = { .wd = wd };

	return RB_FIND(watch_tree, &g->watches, &key);
}

/* Numbers go up and aren't used again before they have come to their end. */
static int next_wd(struct inotify *g)
{
	struct watch *w;

	do {
		g->last_wd = g->last_wd == INT32_MAX ? 1 : g->last_wd + 1;
		w = watch_find(g, g->last_wd);
	} while (w);
	return g->last_wd;
}

static void set_mask(struct watch *w, uint32_t mask)
{
	if (!(mask & IN_MASK_ADD)) {
		w->mark.mask = 0;
		w->mark.excl_unlink = w->oneshot = false;
	}
	w->mark.mask |= (mask & IN_ALL_EVENTS) | IN_UNMOUNT;
	w->mark.excl_unlink |= (mask & IN_EXCL_UNLINK) != 0;
	w->oneshot |= (mask & IN_ONESHOT) != 0;
}

int inotify_add(struct file *f, struct inode *ino, uint32_t mask)
{
	struct inotify *g = f->priv;
	struct watch *w = watch_of(g, ino);

	if (w && mask & IN_MASK_CREATE)
		return -EEXIST;
	if (w) {
		set_mask(w, mask);
		return w->wd;
	}
	int wd = next_wd(g);
	if (g->user->watches >= inotify_limits.max_user_watches)
		return -ENOSPC;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->group = g;
	w->wd = wd;
	w->mark.ops = &mark_ops;
	set_mask(w, mask);
	notify_attach(&w->mark, ino);
	RB_INSERT(watch_tree, &g->watches, w);
	g->user->watches++;
	obj_born(&watch_count);
	return wd;
}

int inotify_remove(struct file *f, int wd)
{
	struct watch *w = watch_find(f->priv, wd);

	if (!w)
		return -EINVAL;
	notify_detach(&w->mark);
	watch_end(w);
	return 0;
}

/* ---- the file ---- */

static CO_FN int put(struct uio *u, const struct event *e)
{
	char out[HEADER + (NAME_MAX / HEADER + 1) * HEADER];
	size_t size = event_size(e);
	struct inotify_event head = {
		.wd = e->wd, .mask = e->mask, .cookie = e->cookie, .len = (uint32_t)(size - HEADER),
	};

	memset(out, 0, size);
	memcpy(out, &head, HEADER);
	memcpy(out + HEADER, e->name, e->len);
	return uio_put(u, out, size) == size ? 0 : -EFAULT;
}

/* An event that can't be copied is lost, as in Linux. */
static CO_FN ssize_t inotify_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct inotify *g = f->priv;
	size_t start = u->done;
	struct event *e;
	int err;

	for (;;) {
		e = TAILQ_FIRST(&g->events);
		if (e && event_size(e) > u->resid) {
			err = -EINVAL;
			break;
		}
		if (e) {
			e = take(g);
			err = put(u, e);
			dispose(g, e);
			if (err)
				return err;
			continue;
		}
		err = -EAGAIN;
		if (f->flags & O_NONBLOCK || u->done != start)
			break;
		err = wait_on(&g->rd, KTIME_NEVER);
		if (err)
			break;
	}
	return u->done != start ? (ssize_t)(u->done - start) : err;
}

static uint32_t inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify *g = f->priv;

	poll_wait(pt, &g->rd);
	return TAILQ_EMPTY(&g->events) ? 0 : POLLIN | POLLRDNORM;
}

static CO_FN int64_t inotify_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct inotify *g = f->priv;
	int n = (int)g->bytes;

	return cmd == FIONREAD ? copyout_obj(arg, &n) : -ENOTTY;
}

/* Newest first, as Linux lists them; as many as there is room for. */
static int inotify_fdinfo(struct file *f, char *buf, size_t size)
{
	struct inotify *g = f->priv;
	struct watch *w;
	size_t n = 0;

	RB_FOREACH_REVERSE(w, watch_tree, &g->watches) {
		const struct inode *ino = w->mark.inode;
		uint32_t mask = (w->mark.mask & IN_ALL_EVENTS) |
		                (w->mark.excl_unlink ? IN_EXCL_UNLINK : 0) | (w->oneshot ? IN_ONESHOT : 0);
		int k = snprintf(buf + n, size - n,
		                 "inotify wd:%x ino:%llx sdev:%x mask:%x ignored_mask:0 \n", w->wd,
		                 (unsigned long long)ino->ino, (unsigned)ino->sb->dev, mask);

		if (k < 0 || (size_t)k >= size - n)
			break;
		n += (size_t)k;
	}
	return (int)n;
}

static void inotify_release(struct file *f)
{
	struct inotify *g = f->priv;
	struct watch *w;

	while ((w = RB_MIN(watch_tree, &g->watches))) {
		notify_detach(&w->mark);
		watch_end(w);
	}
	while (!TAILQ_EMPTY(&g->events))
		dispose(g, take(g));
	event_free(g->overflow);
	g->user->instances--;
	user_put(g->user);
	waitq_done(&g->rd);
	free(g);
	obj_died(&inotify_count);
}

static const struct file_ops inotify_fops = {
	.read = inotify_read,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.llseek = noop_llseek,
	.stream = true,
	.show_fdinfo = inotify_fdinfo,
	.release = inotify_release,
};

bool inotify_is(const struct file *f)
{
	return f->ops == &inotify_fops;
}

int inotify_new(unsigned flags, uid_t uid, struct file **ret)
{
	struct inotify_user *u = user_get(uid);
	struct inotify *g;

	if (!u)
		return -ENOMEM;
	if (u->instances >= inotify_limits.max_user_instances) {
		user_put(u);
		return -EMFILE;
	}
	g = calloc(1, sizeof(*g));
	if (g)
		g->overflow = event_new(-1, IN_Q_OVERFLOW, NULL, 0, 0);
	if (!g || !g->overflow) {
		free(g);
		user_put(u);
		return -ENOMEM;
	}
	RB_INIT(&g->watches);
	TAILQ_INIT(&g->events);
	waitq_init(&g->rd);
	g->max_events = inotify_limits.max_queued_events;
	g->user = u;
	*ret = file_anon(&inotify_fops, "anon_inode:inotify", 0600, O_RDONLY | (flags & O_NONBLOCK), g);
	if (!*ret) {
		event_free(g->overflow);
		free(g);
		user_put(u);
		return -ENOMEM;
	}
	u->instances++;
	obj_born(&inotify_count);
	return 0;
}
