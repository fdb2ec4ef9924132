/* SPDX-License-Identifier: Apache-2.0
 *
 * Inherited descriptors. Layer: core/host.
 */
#include "core/host/stream.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host/file.h"
#include "core/loop.h"
#include "core/objcount.h"

OBJCOUNT(stream_count, "host stream");

struct host_stream {
	int fd;       /* the caller's */
	int own;      /* the same file opened again with O_NONBLOCK, or -1 */
	enum host_stream_kind kind;
	uint32_t mode;
	unsigned flags;
	int want;
	struct watch *watch;
	void (*wake)(void *arg, int events);
	void *arg;
};

static int io_fd(const struct host_stream *s)
{
	return s->own >= 0 ? s->own : s->fd;
}

static enum host_stream_kind kind_of(int fd, uint32_t mode)
{
	if (S_ISREG(mode) || S_ISDIR(mode) || S_ISBLK(mode))
		return HOST_STREAM_FILE;
	if (S_ISFIFO(mode))
		return HOST_STREAM_PIPE;
	if (S_ISSOCK(mode))
		return HOST_STREAM_SOCKET;
	return isatty(fd) ? HOST_STREAM_TTY : HOST_STREAM_OTHER;
}

static void ready(void *arg, int events)
{
	struct host_stream *s = arg;

	s->want &= ~events;
	watch_set(s->watch, s->want);
	s->wake(s->arg, events);
}

int host_stream_new(int fd, void (*wake)(void *arg, int events), void *arg, struct host_stream **ret)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st))
		return -errno;
	struct host_stream *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fd = fd;
	s->own = -1;
	s->mode = st.st_mode;
	s->flags = (unsigned)flags & (O_ACCMODE | O_APPEND);
	s->kind = kind_of(fd, st.st_mode);
	s->wake = wake;
	s->arg = arg;
	if (s->kind == HOST_STREAM_PIPE || s->kind == HOST_STREAM_TTY)
		s->own = host_reopen(NULL, fd, (flags & O_ACCMODE) | O_NONBLOCK);
	s->watch = watch_new(io_fd(s), ready, s);
	if (!s->watch) {
		host_close(s->own);
		free(s);
		return -ENOMEM;
	}
	obj_born(&stream_count);
	*ret = s;
	return 0;
}

void host_stream_free(struct host_stream *s)
{
	if (!s)
		return;
	watch_free(s->watch);
	host_close(s->own);
	free(s);
	obj_died(&stream_count);
}

enum host_stream_kind host_stream_kind(const struct host_stream *s) { return s->kind; }
unsigned host_stream_flags(const struct host_stream *s) { return s->flags; }
uint32_t host_stream_mode(const struct host_stream *s) { return s->mode; }

uint32_t host_stream_poll(struct host_stream *s)
{
	struct pollfd p = { .fd = io_fd(s), .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };

	if (s->kind == HOST_STREAM_FILE)
		return POLLIN | POLLOUT;
	if (poll(&p, 1, 0) < 0)
		return POLLERR;
	return (uint32_t)(unsigned short)p.revents;
}

/* Our own description never blocks; the caller's might, unless the host says it is ready. */
static bool would_block(struct host_stream *s, uint32_t event)
{
	if (s->own >= 0 || s->kind == HOST_STREAM_FILE || s->kind == HOST_STREAM_SOCKET)
		return false;
	return !(host_stream_poll(s) & (event | POLLHUP | POLLERR));
}

ssize_t host_stream_read(struct host_stream *s, void *buf, size_t n)
{
	if (would_block(s, POLLIN))
		return -EAGAIN;
	ssize_t got = s->kind == HOST_STREAM_SOCKET ? recv(s->fd, buf, n, MSG_DONTWAIT)
	                                            : read(io_fd(s), buf, n);
	return got < 0 ? -errno : got;
}

ssize_t host_stream_write(struct host_stream *s, const void *buf, size_t n)
{
	if (would_block(s, POLLOUT))
		return -EAGAIN;
	/* A pipe that polls writable takes this much without blocking, and no more is promised. */
	if (s->own < 0 && s->kind == HOST_STREAM_PIPE)
		n = MIN(n, (size_t)PIPE_BUF);
	ssize_t put = s->kind == HOST_STREAM_SOCKET ? send(s->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL)
	                                            : write(io_fd(s), buf, n);
	return put < 0 ? -errno : put;
}

int64_t host_stream_seek(struct host_stream *s, int64_t off, int whence)
{
	int64_t at = lseek(s->fd, off, whence);

	return at < 0 ? -errno : at;
}

void host_stream_want(struct host_stream *s, int events)
{
	if (s->kind == HOST_STREAM_FILE)
		return;
	s->want |= events;
	watch_set(s->watch, s->want);
}

int host_stream_ioctl(struct host_stream *s, unsigned long cmd, void *arg)
{
	int ret = ioctl(io_fd(s), cmd, arg);

	return ret < 0 ? -errno : ret;
}

int host_stream_reopen(struct host_stream *s, int flags)
{
	return host_reopen(NULL, s->fd, flags);
}
