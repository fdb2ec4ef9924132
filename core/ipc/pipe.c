/* SPDX-License-Identifier: Apache-2.0
 *
 * Pipes and FIFOs. Layer: core.
 *
 * The lock is held across copies, since a copy may yield; it is never held while waiting for the
 * other side. POLLOUT means room for PIPE_BUF bytes, as on Linux.
 */
#include "core/ipc/pipe.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/objcount.h"

OBJCOUNT(pipe_count, "pipe");

void (*ipc_sigpipe)(void);

static const struct file_ops pipe_fops;

/* ---- the ring ---- */

size_t pipe_peek(struct pipe *p, size_t off, const char **piece)
{
	if (off >= p->used)
		return 0;
	unsigned at = (p->head + (unsigned)off) % p->size;
	*piece = p->buf + at;
	return MIN(p->used - off, (size_t)(p->size - at));
}

void pipe_consume(struct pipe *p, size_t n)
{
	p->head = (p->head + (unsigned)n) % p->size;
	p->used -= (unsigned)n;
	if (!p->used)
		p->head = 0; /* a pipe that is drained keeps touching the same memory */
	if (n)
		wake_key(&p->wr, POLLOUT);
}

size_t pipe_room(struct pipe *p, char **piece)
{
	if (p->used == p->size)
		return 0;
	unsigned at = (p->head + p->used) % p->size;
	*piece = p->buf + at;
	return MIN(p->size - p->used, p->size - at);
}

void pipe_produce(struct pipe *p, size_t n)
{
	p->used += (unsigned)n;
	if (n)
		wake_key(&p->rd, POLLIN);
}

/* ---- packets of O_DIRECT ---- */

static unsigned packet_first(const struct pipe *p)
{
	return p->packets_n ? p->packets[p->packets_first % p->packets_cap] : 0;
}

static int packet_add(struct pipe *p, uint32_t len)
{
	if (!p->packets) {
		p->packets_cap = PIPE_MAX_SIZE / PIPE_BUF;
		p->packets = calloc(p->packets_cap, sizeof(*p->packets));
		if (!p->packets)
			return -ENOMEM;
	}
	p->packets[(p->packets_first + p->packets_n++) % p->packets_cap] = len;
	return 0;
}

/* Slots count as on Linux, where each packet takes a page. */
static bool packet_fits(const struct pipe *p, size_t len)
{
	return p->packets_n < p->size / PIPE_BUF && p->size - p->used >= len;
}

/* ---- waiting ---- */

CO_FN int pipe_wait_data(struct pipe *p, bool nonblock)
{
	for (;;) {
		comutex_lock(&p->lock);
		if (p->used)
			return 1;
		bool end = !p->writers;
		if (end)
			return 0;
		comutex_unlock(&p->lock);
		if (nonblock)
			return -EAGAIN;
		int err = wait_on(&p->rd, KTIME_NEVER);
		if (err)
			return err;
	}
}

CO_FN int pipe_wait_room(struct pipe *p, bool nonblock)
{
	for (;;) {
		comutex_lock(&p->lock);
		if (!p->readers) {
			comutex_unlock(&p->lock);
			return -EPIPE;
		}
		if (p->used < p->size)
			return 1;
		comutex_unlock(&p->lock);
		if (nonblock)
			return -EAGAIN;
		int err = wait_on(&p->wr, KTIME_NEVER);
		if (err)
			return err;
	}
}

/* ---- reading ---- */

static CO_FN ssize_t pipe_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct pipe *p = f->inode->pipe;

	if (!u->resid)
		return 0;
	bool slept = !p->used;
	int ready = pipe_wait_data(p, f->flags & O_NONBLOCK);
	if (ready < 0)
		return ready;
	size_t packet = packet_first(p);
	size_t most = packet ? packet : p->used, moved = 0;
	const char *piece;
	while (u->resid && moved < most) {
		size_t n = MIN(pipe_peek(p, moved, &piece), most - moved);
		if (!n)
			break;
		size_t want = MIN(n, u->resid), put = uio_put(u, piece, want);
		moved += put;
		if (put < want)
			break;
	}
	/* What doesn't fit of a packet is lost. */
	if (packet && moved) {
		p->packets_first++;
		p->packets_n--;
		pipe_consume(p, packet);
	} else {
		pipe_consume(p, moved);
	}
	bool more = p->used;
	comutex_unlock(&p->lock);
	/* The wake-up that we took may have been meant for others as well. Only then: to those who
	 * watch for edges it would look like new data. */
	if (more && slept)
		wake_key(&p->rd, POLLIN);
	co_did_bytes(moved);
	return uio_result(u);
}

/* ---- writing ---- */

/* Fills what room there is. Returns the bytes moved; short with u->fault on a bad buffer. */
static CO_FN size_t fill(struct pipe *p, struct uio *u)
{
	size_t moved = 0;
	char *piece;

	while (u->resid) {
		size_t n = MIN(MIN(pipe_room(p, &piece), u->resid), (size_t)PAGE_SIZE);
		if (!n)
			break;
		size_t got = uio_get(u, piece, n);
		if (got < n) { /* as on Linux, a page goes in whole or not at all */
			uio_revert(u, got);
			break;
		}
		p->used += (unsigned)got;
		moved += got;
	}
	if (moved)
		wake_key(&p->rd, POLLIN);
	return moved;
}

static CO_FN int write_packet(struct pipe *p, struct uio *u)
{
	size_t len = MIN(u->resid, (size_t)PIPE_BUF), moved = 0;
	char *piece = NULL;

	while (moved < len) {
		size_t n = MIN(pipe_room(p, &piece), len - moved);
		size_t got = uio_get(u, piece, n);
		p->used += (unsigned)got;
		moved += got;
		if (got < n)
			break;
	}
	int err = moved ? packet_add(p, (uint32_t)moved) : -EFAULT;
	if (err)
		p->used -= (unsigned)moved;
	else
		wake_key(&p->rd, POLLIN);
	return err;
}

/* Can this write go on now? Up to PIPE_BUF bytes go in one piece or not at all. */
static bool can_write(const struct pipe *p, const struct file *f, const struct uio *u, bool first)
{
	if (f->flags & O_DIRECT)
		return packet_fits(p, MIN(u->resid, (size_t)PIPE_BUF));
	if (first && u->resid <= PIPE_BUF)
		return p->size - p->used >= u->resid;
	return p->used < p->size;
}

static CO_FN ssize_t pipe_write(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct pipe *p = f->inode->pipe;
	ssize_t err = 0;
	bool first = true, slept = false;

	if (!u->resid)
		return 0;
	while (u->resid && !err) {
		comutex_lock(&p->lock);
		if (!p->readers) {
			comutex_unlock(&p->lock);
			if (ipc_sigpipe)
				ipc_sigpipe();
			err = -EPIPE;
			break;
		}
		if (can_write(p, f, u, first)) {
			first = false;
			size_t moved = 0;
			if (f->flags & O_DIRECT)
				err = write_packet(p, u);
			else
				moved = fill(p, u);
			comutex_unlock(&p->lock);
			if (u->fault)
				break;
			co_did_bytes(moved);
			continue;
		}
		comutex_unlock(&p->lock);
		err = f->flags & O_NONBLOCK ? -EAGAIN : wait_on(&p->wr, KTIME_NEVER);
		slept = true;
	}
	if (slept && p->used < p->size)
		wake_key(&p->wr, POLLOUT); /* another writer may have been passed over */
	return u->done ? (ssize_t)u->done : err ? err : uio_result(u);
}

/* ---- the rest of an open file ---- */

static uint32_t pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->inode->pipe;
	uint32_t events = 0;

	if (f->can_read) {
		poll_wait(pt, &p->rd);
		if (p->used)
			events |= POLLIN | POLLRDNORM;
		if (!p->writers && p->writer_opens)
			events |= POLLHUP;
	}
	if (f->can_write) {
		poll_wait(pt, &p->wr);
		if (p->size - p->used >= PIPE_BUF)
			events |= POLLOUT | POLLWRNORM;
		if (!p->readers)
			events |= POLLERR;
	}
	return events;
}

static CO_FN int64_t pipe_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	int n = (int)f->inode->pipe->used;

	if (cmd != FIONREAD)
		return -ENOTTY;
	return copyout_obj(arg, &n);
}

static void pipe_unref(struct pipe *p)
{
	if (--p->refs)
		return;
	comutex_done(&p->lock);
	waitq_done(&p->rd);
	waitq_done(&p->wr);
	free(p->buf);
	free(p->packets);
	free(p);
	obj_died(&pipe_count);
}

static void inode_drop_pipe(struct inode *ino)
{
	struct pipe *p = ino->pipe;

	if (p->refs == 1)
		ino->pipe = NULL;
	pipe_unref(p);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->inode->pipe;

	if (!p)
		return; /* a FIFO whose open failed */
	if (f->can_read && !--p->readers)
		wake_all(&p->wr);
	if (f->can_write && !--p->writers)
		wake_all(&p->rd);
	inode_drop_pipe(f->inode);
}

static const struct file_ops pipe_fops = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
};

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->buf = malloc(PIPE_DEFAULT_SIZE);
	if (!p->buf) {
		free(p);
		return NULL;
	}
	p->size = PIPE_DEFAULT_SIZE;
	comutex_init(&p->lock);
	waitq_init(&p->rd);
	waitq_init(&p->wr);
	obj_born(&pipe_count);
	return p;
}

int pipe_new(unsigned flags, struct file **rd, struct file **wr)
{
	char name[32];
	struct pipe *p = pipe_alloc();

	if (!p)
		return -ENOMEM;
	snprintf(name, sizeof(name), "pipe:[%llu]", (unsigned long long)inode_next_ino());
	struct file *r = file_anon(&pipe_fops, name, S_IFIFO | 0600, O_RDONLY | flags, NULL);
	if (!r) {
		p->refs = 1;
		pipe_unref(p);
		return -ENOMEM;
	}
	p->refs = 1;
	p->readers = 1;
	r->inode->pipe = p;
	struct file *w = file_new(&pipe_fops, path_ref(&r->path), O_WRONLY | flags, NULL);
	if (!w) {
		file_unref(r);
		return -ENOMEM;
	}
	p->refs = 2;
	p->writers = 1;
	p->reader_opens = p->writer_opens = 1;
	p->nameless = true;
	*rd = r;
	*wr = w;
	return 0;
}

/* fifo(7): each side's open waits for the other's, O_RDWR for none. */
CO_FN int fifo_open(struct inode *ino, struct file *f)
{
	struct pipe *p = ino->pipe;
	int err = 0;

	if (!p) {
		p = pipe_alloc();
		if (!p)
			return -ENOMEM;
		ino->pipe = p;
	}
	if (f->can_write && !f->can_read && f->flags & O_NONBLOCK && !p->readers &&
	    !p->nameless) {
		if (!p->refs) { /* made just now, for nobody */
			ino->pipe = NULL;
			p->refs = 1;
			pipe_unref(p);
		}
		return -ENXIO;
	}
	f->ops = &pipe_fops;
	p->refs++;
	uint64_t readers_seen = p->reader_opens, writers_seen = p->writer_opens;
	if (f->can_read) {
		p->reader_opens++;
		if (!p->readers++)
			wake_all(&p->wr);
	}
	if (f->can_write) {
		p->writer_opens++;
		if (!p->writers++)
			wake_all(&p->rd);
	}
	if (f->flags & O_NONBLOCK || (f->can_read && f->can_write) || p->nameless)
		return 0;
	/* A side that came and went meanwhile counts. */
	if (f->can_read)
		while (!err && !p->writers && p->writer_opens == writers_seen)
			err = wait_on(&p->rd, KTIME_NEVER);
	else
		while (!err && !p->readers && p->reader_opens == readers_seen)
			err = wait_on(&p->wr, KTIME_NEVER);
	if (err)
		pipe_release(f); /* an open that failed is never released by the vfs */
	return err;
}

/* ---- size ---- */

struct pipe *pipe_of(struct file *f)
{
	return f->ops == &pipe_fops ? f->inode->pipe : NULL;
}

int pipe_get_size(struct file *f)
{
	struct pipe *p = pipe_of(f);

	return p ? (int)p->size : -EBADF;
}

int pipe_set_size(struct file *f, unsigned size)
{
	struct pipe *p = pipe_of(f);
	unsigned n = PAGE_SIZE;

	if (!p)
		return -EBADF;
	if (size > 1u << 31)
		return -EINVAL;
	while (n < size)
		n *= 2;
	if (n > PIPE_MAX_SIZE)
		return -EPERM;
	if (n < p->used || p->lock.owner)
		return -EBUSY;
	char *buf = malloc(n);
	if (!buf)
		return -ENOMEM;
	const char *piece;
	size_t at = 0, k;
	while ((k = pipe_peek(p, at, &piece))) {
		memcpy(buf + at, piece, k);
		at += k;
	}
	free(p->buf);
	p->buf = buf;
	p->size = n;
	p->head = 0;
	wake_key(&p->wr, POLLOUT);
	return (int)n;
}
