/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's descriptors: pipes, sockets, files and devices that the sandbox was started with.
 * Their offsets and flags stay shared with the caller, as they would be after a fork. Layer: core.
 */
#include "core/fs/stdio.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/host/file.h"
#include "core/ipc/pipe.h"
#include "core/loop.h"
#include "core/objcount.h"

#define CHUNK ((size_t)32 << 10)

OBJCOUNT(stdio_count, "stdio file");

static void wake(void *arg, int events)
{
	struct stdio *s = arg;

	if (events & LOOP_READ)
		wake_all(&s->readers);
	if (events & LOOP_WRITE)
		wake_all(&s->writers);
}

int stdio_init(struct stdio *s, int fd)
{
	waitq_init(&s->readers);
	waitq_init(&s->writers);
	return host_stream_new(fd, wake, s, &s->stream);
}

void stdio_done(struct stdio *s)
{
	host_stream_free(s->stream);
	waitq_done(&s->readers);
	waitq_done(&s->writers);
}

CO_FN ssize_t stdio_read(struct stdio *s, struct file *f, struct uio *u)
{
	size_t want = MIN(u->resid, CHUNK);
	char *buf = malloc(want ? want : 1);
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	while ((n = host_stream_read(s->stream, buf, want)) == -EAGAIN) {
		host_stream_want(s->stream, LOOP_READ); /* epoll may wait for the next edge */
		if (f->flags & O_NONBLOCK)
			break;
		int err = wait_on(&s->readers, KTIME_NEVER);
		if (err) {
			n = err;
			break;
		}
	}
	/* What a bad buffer can't take is lost, as with a pipe that was read into one. */
	if (n > 0 && uio_put(u, buf, (size_t)n) < (size_t)n && !u->done)
		n = -EFAULT;
	free(buf);
	return n > 0 ? (ssize_t)u->done : n;
}

CO_FN ssize_t stdio_write(struct stdio *s, struct file *f, struct uio *u)
{
	char *buf = malloc(MIN(u->resid, CHUNK) + 1);
	ssize_t err = 0;

	if (!buf)
		return -ENOMEM;
	while (u->resid && !err) {
		size_t got = uio_get(u, buf, MIN(u->resid, CHUNK)), put = 0;
		if (!got)
			break;
		while (put < got) {
			ssize_t n = host_stream_write(s->stream, buf + put, got - put);
			if (n >= 0) {
				put += (size_t)n;
				continue;
			}
			err = n;
			if (n == -EAGAIN)
				host_stream_want(s->stream, LOOP_WRITE);
			if (n != -EAGAIN || f->flags & O_NONBLOCK)
				break;
			err = wait_on(&s->writers, KTIME_NEVER);
			if (err)
				break;
		}
		if (put < got)
			uio_revert(u, got - put);
		else
			err = 0;
		co_did_bytes(put);
	}
	free(buf);
	if (err == -EPIPE && ipc_sigpipe)
		ipc_sigpipe();
	return u->done ? (ssize_t)u->done : err ? err : uio_result(u);
}

uint32_t stdio_poll(struct stdio *s, struct poll_table *pt)
{
	uint32_t events = host_stream_poll(s->stream);

	if (pt) {
		poll_wait(pt, &s->readers);
		poll_wait(pt, &s->writers);
		/* Only for what isn't there now, or a ready descriptor would keep the loop turning. */
		host_stream_want(s->stream, (events & POLLIN ? 0 : LOOP_READ) |
		                                    (events & POLLOUT ? 0 : LOOP_WRITE));
	}
	return events;
}

static CO_FN ssize_t read_op(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	return stdio_read(f->priv, f, u);
}

static CO_FN ssize_t write_op(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	return stdio_write(f->priv, f, u);
}

static uint32_t poll_op(struct file *f, struct poll_table *pt)
{
	return stdio_poll(f->priv, pt);
}

static int64_t seek_op(struct file *f, int64_t off, int whence)
{
	return host_stream_seek(((struct stdio *)f->priv)->stream, off, whence);
}

static int mmap_op(struct file *f, int prot, bool shared, uint64_t off, uint64_t len UNUSED, int *fd,
                   uint64_t *host_off)
{
	struct host_stream *s = ((struct stdio *)f->priv)->stream;

	if (host_stream_kind(s) != HOST_STREAM_FILE)
		return -ENODEV;
	int got = host_stream_reopen(s, shared && prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	if (got < 0)
		return got;
	*fd = got;
	*host_off = off;
	return 0;
}

static const struct file_ops stdio_ops = {
	.read = read_op,
	.write = write_op,
	.llseek = seek_op,
	.poll = poll_op,
	.mmap = mmap_op,
};

/* ---- the inode, which holds the stream: it can be opened again through /proc/self/fd ---- */

/* The new open file shares the caller's position with the first, unlike on Linux. */
static int open_op(struct inode *ino, struct file *f)
{
	struct stdio *s = ino->priv;
	unsigned have = host_stream_flags(s->stream) & O_ACCMODE, want = f->flags & O_ACCMODE;

	if (have != O_RDWR && have != want)
		return -EACCES;
	f->priv = s;
	return 0;
}

/* ftruncate(2), O_TRUNC. */
static CO_FN int setattr_op(struct inode *ino, const struct attr_change *ch,
                            const struct cred *cred UNUSED)
{
	struct stdio *s = ino->priv;
	int fd, err;

	if (!(ch->valid & ATTR_SIZE))
		return ch->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
	fd = host_stream_reopen(s->stream, O_WRONLY);
	if (fd < 0)
		return fd;
	err = host_ftruncate(NULL, fd, (int64_t)ch->size, 0);
	host_close(fd);
	return err;
}

static void destroy_op(struct inode *ino)
{
	stdio_done(ino->priv);
	free(ino->priv);
	obj_died(&stdio_count);
}

static const struct inode_ops stdio_iops = {
	.open = open_op, .setattr = setattr_op, .destroy = destroy_op
};

int stdio_file_new(int fd, struct file **ret)
{
	struct stdio *s = calloc(1, sizeof(*s));
	char name[48];

	if (!s)
		return -ENOMEM;
	int err = stdio_init(s, fd);
	if (err) {
		free(s);
		return err;
	}
	const char *what = host_stream_kind(s->stream) == HOST_STREAM_SOCKET ? "socket"
	                   : host_stream_kind(s->stream) == HOST_STREAM_PIPE ? "pipe"
	                                                                     : "host";
	snprintf(name, sizeof(name), "%s:[%llu]", what, (unsigned long long)inode_next_ino());
	struct file *f = file_anon(&stdio_ops, name, host_stream_mode(s->stream),
	                           host_stream_flags(s->stream), s);
	if (!f) {
		stdio_done(s);
		free(s);
		return -ENOMEM;
	}
	f->inode->ops = &stdio_iops;
	f->inode->fops = &stdio_ops;
	f->inode->priv = s;
	obj_born(&stdio_count);
	*ret = f;
	return 0;
}
