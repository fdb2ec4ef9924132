/* SPDX-License-Identifier: Apache-2.0
 *
 * Pipes and FIFOs: pipe(7), fifo(7). Layer: core. No host call: the bytes stay in the sentry.
 */
#ifndef CORE_IPC_PIPE_H
#define CORE_IPC_PIPE_H

#include "core/fs/file.h"

#define PIPE_DEFAULT_SIZE 65536u
#define PIPE_MAX_SIZE (1u << 20) /* fs.pipe-max-size */

struct pipe {
	int refs; /* open files, and a FIFO's inode while somebody opens it */
	struct comutex lock;
	char *buf; /* ring of `size` bytes */
	unsigned size, head, used;
	unsigned readers, writers;
	bool nameless; /* made by pipe(2): opened again through /proc, it never waits */
	uint64_t reader_opens, writer_opens; /* ever: a FIFO's open waits for the other side's */
	struct waitq rd, wr;
	/* O_DIRECT: lengths of the packets in the ring, in order */
	uint32_t *packets;
	unsigned packets_first, packets_n, packets_cap;
};

/* Raises SIGPIPE in the running task; set by the layer that knows tasks. */
extern void (*ipc_sigpipe)(void);

/* pipe2(2): flags O_NONBLOCK, O_DIRECT (O_CLOEXEC is the descriptor's). */
int pipe_new(unsigned flags, struct file **rd, struct file **wr);
CO_FN int fifo_open(struct inode *ino, struct file *f);
/* F_GETPIPE_SZ, F_SETPIPE_SZ: -EBADF when f is no pipe; -EPERM, -EBUSY, -EINVAL, -ENOMEM. */
int pipe_get_size(struct file *f);
int pipe_set_size(struct file *f, unsigned size);

/* The pipe behind an open file, or NULL: for splice and tee. */
struct pipe *pipe_of(struct file *f);
/* With p->lock held: the readable bytes as at most two pieces; and taking them out. */
size_t pipe_peek(struct pipe *p, size_t off, const char **piece);
void pipe_consume(struct pipe *p, size_t n);
/* With p->lock held: room as one piece; and putting n bytes of it into the pipe. */
size_t pipe_room(struct pipe *p, char **piece);
void pipe_produce(struct pipe *p, size_t n);
/* Waits, without the lock, until there is data (or no writer), or room (or no reader). With the lock
 * held on success: 1 ready, 0 end of file, -EPIPE, -EAGAIN, -ERESTARTSYS. */
CO_FN int pipe_wait_data(struct pipe *p, bool nonblock);
CO_FN int pipe_wait_room(struct pipe *p, bool nonblock);

#endif
