/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors that the sentry was started with: pipes, sockets, terminals, files. An input of the
 * sentry. Never blocks: -EAGAIN instead. Layer: core/host.
 */
#ifndef CORE_HOST_STREAM_H
#define CORE_HOST_STREAM_H

#include "core/base.h"

struct host_stream;

enum host_stream_kind {
	HOST_STREAM_FILE,   /* regular file: always ready, has a size and a position */
	HOST_STREAM_PIPE,
	HOST_STREAM_SOCKET,
	HOST_STREAM_TTY,
	HOST_STREAM_OTHER,  /* character devices such as /dev/null */
};

/*
 * Wraps fd, which is borrowed and must stay open. The caller's file description is left as it is
 * (its O_NONBLOCK is shared with others): where the host allows it, a description of our own is
 * opened. wake(arg, events) tells of readiness asked for with host_stream_want.
 */
int host_stream_new(int fd, void (*wake)(void *arg, int events), void *arg, struct host_stream **ret);
void host_stream_free(struct host_stream *s);
enum host_stream_kind host_stream_kind(const struct host_stream *s);
/* Access mode (O_RDONLY ...) and O_APPEND of the descriptor. */
unsigned host_stream_flags(const struct host_stream *s);
uint32_t host_stream_mode(const struct host_stream *s); /* as st_mode */

ssize_t host_stream_read(struct host_stream *s, void *buf, size_t n);
ssize_t host_stream_write(struct host_stream *s, const void *buf, size_t n);
int64_t host_stream_seek(struct host_stream *s, int64_t off, int whence);
/* POLLIN, POLLOUT, POLLHUP, POLLERR now. */
uint32_t host_stream_poll(struct host_stream *s);
/* Calls wake once when one of LOOP_READ, LOOP_WRITE is there. */
void host_stream_want(struct host_stream *s, int events);
/* A terminal's ioctl with a plain argument block of the caller's own memory. */
int host_stream_ioctl(struct host_stream *s, unsigned long cmd, void *arg);
/* A new descriptor for mapping a regular file, with O_RDONLY or O_RDWR. */
int host_stream_reopen(struct host_stream *s, int flags);

#endif
