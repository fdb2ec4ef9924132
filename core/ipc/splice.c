/* SPDX-License-Identifier: Apache-2.0
 *
 * splice, tee, vmsplice, sendfile, copy_file_range. Layer: core.
 *
 * What goes out of or into a pipe is copied straight from or to its ring, under the pipe's lock,
 * which on Linux too is held while the other file is read or written. Two files without a pipe
 * between them meet in a buffer of the sentry.
 */
#include "core/ipc/splice.h"

#include <stdlib.h>

#include "core/fs/namei.h"
#include "core/fs/notify.h"
#include "core/fs/rw.h"
#include "core/ipc/pipe.h"

#define CHUNK 65536u

static ssize_t broken_pipe(void)
{
	if (ipc_sigpipe)
		ipc_sigpipe();
	return -EPIPE;
}

/* What can be spliced at all: not directories, eventfds, epolls and their like. */
static bool can_splice(const struct file *f)
{
	switch (f->inode->mode & S_IFMT) {
	case S_IFREG:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		return true;
	}
	return false;
}

/* pipe_consume() for bytes taken without regard to the packets of O_DIRECT. */
static void consume(struct pipe *p, size_t n)
{
	pipe_consume(p, n);
	while (n && p->packets_n) {
		uint32_t *first = &p->packets[p->packets_first % p->packets_cap];
		uint32_t take = (uint32_t)MIN(n, (size_t)*first);
		*first -= take;
		n -= take;
		if (*first)
			break;
		p->packets_first++;
		p->packets_n--;
	}
}

/* ---- out of a pipe ---- */

/* Where the bytes of a pipe go: a file, or guest memory. */
struct sink {
	struct file *f;
	int64_t *pos;
	uint64_t fsize;
	struct uio *u; /* guest memory, if f is NULL */
};

static CO_FN ssize_t sink_put(struct sink *s, const char *data, size_t n)
{
	struct uio u;

	if (!s->f) {
		size_t put = uio_put(s->u, data, n);
		return put ? (ssize_t)put : -EFAULT;
	}
	uio_kernel(&u, (char *)(uintptr_t)data, n);
	return vfs_write_silent(s->f, &u, s->pos, s->fsize);
}

/* As __splice_from_pipe(): waits for the first bytes alone. */
static CO_FN ssize_t drain_pipe(struct pipe *p, struct sink *s, size_t len, bool nonblock)
{
	size_t done = 0;
	ssize_t n = 0;

	int ready = pipe_wait_data(p, nonblock);
	if (ready < 0)
		return ready;
	while (done < len) {
		const char *piece;
		size_t have = MIN(pipe_peek(p, 0, &piece), len - done);
		if (!have)
			break;
		n = sink_put(s, piece, have);
		if (n <= 0)
			break;
		consume(p, (size_t)n);
		done += (size_t)n;
		if ((size_t)n < have)
			break;
	}
	bool more = p->used;
	comutex_unlock(&p->lock);
	if (more)
		wake_key(&p->rd, POLLIN);
	co_did_bytes(done);
	return done ? (ssize_t)done : n;
}

/* ---- into a pipe ---- */

struct source {
	struct file *f;
	int64_t *pos;
	struct uio *u; /* guest memory, if f is NULL */
};

static CO_FN ssize_t source_get(struct source *s, char *room, size_t n)
{
	struct uio u;

	if (!s->f) {
		size_t got = uio_get(s->u, room, n);
		return got ? (ssize_t)got : -EFAULT;
	}
	uio_kernel(&u, room, n);
	return vfs_read_silent(s->f, &u, s->pos);
}

/* Fills the room there is once; a source that may block is read once only. */
static CO_FN ssize_t fill_pipe(struct pipe *p, struct source *s, size_t len, bool nonblock)
{
	bool again = !s->f || S_ISREG(s->f->inode->mode);
	size_t done = 0;
	ssize_t n = 0;

	int ready = pipe_wait_room(p, nonblock);
	if (ready == -EPIPE)
		return broken_pipe();
	if (ready < 0)
		return ready;
	do {
		char *room;
		size_t want = MIN(pipe_room(p, &room), len - done);
		if (!want)
			break;
		n = source_get(s, room, want);
		if (n <= 0)
			break;
		pipe_produce(p, (size_t)n);
		done += (size_t)n;
		if ((size_t)n < want)
			break;
	} while (again && done < len);
	bool more = p->used < p->size;
	comutex_unlock(&p->lock);
	if (more)
		wake_key(&p->wr, POLLOUT);
	co_did_bytes(done);
	return done ? (ssize_t)done : n;
}

/* ---- between pipes ---- */

/* Inodes have an age: two pipes are locked in its order. */
static CO_FN void lock_both(struct file *a, struct file *b)
{
	struct file *first = a->inode->gen < b->inode->gen ? a : b;

	comutex_lock(&pipe_of(first)->lock);
	comutex_lock(&pipe_of(first == a ? b : a)->lock);
}

/* Data in one and room in the other. 1: both locked; 0: end of file; negative errno. */
static CO_FN int wait_both(struct file *in, struct file *out, bool nonblock)
{
	struct pipe *ip = pipe_of(in), *op = pipe_of(out);

	for (;;) {
		int err = pipe_wait_data(ip, nonblock);
		if (err < 0)
			return err;
		comutex_unlock(&ip->lock);
		if (!err)
			return 0;
		err = pipe_wait_room(op, nonblock);
		if (err == -EPIPE)
			return (int)broken_pipe();
		if (err < 0)
			return err;
		comutex_unlock(&op->lock);
		lock_both(in, out);
		if (ip->used && op->used < op->size && op->readers)
			return 1;
		comutex_unlock(&ip->lock);
		comutex_unlock(&op->lock);
	}
}

static CO_FN ssize_t pipe_to_pipe(struct file *in, struct file *out, size_t len, unsigned flags,
                                  bool tee)
{
	struct pipe *ip = pipe_of(in), *op = pipe_of(out);
	size_t done = 0;

	if (ip == op)
		return -EINVAL;
	bool nonblock = flags & SPLICE_F_NONBLOCK || (in->flags | out->flags) & O_NONBLOCK;
	int err = wait_both(in, out, nonblock);
	if (err <= 0)
		return err;
	while (done < len) {
		const char *from;
		char *to;
		size_t n = MIN(pipe_peek(ip, tee ? done : 0, &from), pipe_room(op, &to));
		n = MIN(n, len - done);
		if (!n)
			break;
		memcpy(to, from, n);
		pipe_produce(op, n);
		if (!tee)
			consume(ip, n);
		done += n;
	}
	comutex_unlock(&ip->lock);
	comutex_unlock(&op->lock);
	co_did_bytes(done);
	return (ssize_t)done;
}

/* ---- splice, tee, vmsplice ---- */

static int check_seekable(const struct file *f, const int64_t *pos)
{
	if (!pos)
		return 0;
	if (!f->ops->llseek || *pos < 0)
		return -EINVAL;
	return 0;
}

static CO_FN ssize_t move_bytes(struct file *in, int64_t *in_pos, struct file *out, int64_t *out_pos,
                                size_t len, unsigned flags, uint64_t fsize)
{
	struct pipe *ip = pipe_of(in), *op = pipe_of(out);

	if (!in->can_read || !out->can_write)
		return -EBADF;
	if ((ip && in_pos) || (op && out_pos))
		return -ESPIPE;
	len = MIN(len, UIO_MAX_BYTES);
	if (ip && op)
		return pipe_to_pipe(in, out, len, flags, false);
	bool nonblock = flags & SPLICE_F_NONBLOCK || (ip ? in : out)->flags & O_NONBLOCK;
	if (ip) {
		struct sink s = { .f = out, .pos = out_pos, .fsize = fsize };
		int err = check_seekable(out, out_pos);
		if (!err && (out->flags & O_APPEND || !can_splice(out)))
			err = -EINVAL;
		return err ? err : drain_pipe(ip, &s, len, nonblock);
	}
	if (op) {
		struct source s = { .f = in, .pos = in_pos };
		int err = check_seekable(in, in_pos);
		if (!err && !can_splice(in))
			err = -EINVAL;
		return err ? err : fill_pipe(op, &s, len, nonblock);
	}
	return -EINVAL;
}

CO_FN ssize_t splice_files(struct file *in, int64_t *in_pos, struct file *out, int64_t *out_pos,
                           size_t len, unsigned flags, uint64_t fsize)
{
	ssize_t n = move_bytes(in, in_pos, out, out_pos, len, flags, fsize);

	if (n > 0) {
		notify_file(out, IN_MODIFY);
		notify_file(in, IN_ACCESS);
	}
	return n;
}

/* What went from one to the other is told in this order everywhere but in splice(2). */
static ssize_t told(struct file *in, struct file *out, ssize_t n)
{
	if (n > 0) {
		notify_file(in, IN_ACCESS);
		notify_file(out, IN_MODIFY);
	}
	return n;
}

CO_FN ssize_t splice_tee(struct file *in, struct file *out, size_t len, unsigned flags)
{
	if (!in->can_read || !out->can_write)
		return -EBADF;
	if (!pipe_of(in) || !pipe_of(out))
		return -EINVAL;
	return told(in, out, pipe_to_pipe(in, out, len, flags, true));
}

CO_FN ssize_t splice_from_user(struct file *f, struct uio *u, unsigned flags)
{
	struct source s = { .u = u };

	if (!pipe_of(f))
		return -EBADF;
	ssize_t n = fill_pipe(pipe_of(f), &s, u->resid, flags & SPLICE_F_NONBLOCK);
	if (n > 0)
		notify_file(f, IN_MODIFY);
	return n;
}

CO_FN ssize_t splice_to_user(struct file *f, struct uio *u, unsigned flags)
{
	struct sink s = { .u = u };

	if (!pipe_of(f))
		return -EBADF;
	ssize_t n = drain_pipe(pipe_of(f), &s, u->resid, flags & SPLICE_F_NONBLOCK);
	if (n > 0)
		notify_file(f, IN_ACCESS);
	return n;
}

/* ---- between files ---- */

/* At *ipos and *opos (NULL: out's own), both advanced by what was written. */
static CO_FN ssize_t copy_files(struct file *in, int64_t *ipos, struct file *out, int64_t *opos,
                                size_t len, uint64_t fsize)
{
	size_t size = MIN(len, (size_t)CHUNK), done = 0;
	char *buf = malloc(size ? size : 1);
	ssize_t n = 0;

	if (!buf)
		return -ENOMEM;
	while (done < len) {
		struct uio u;
		int64_t at = *ipos;
		uio_kernel(&u, buf, MIN(size, len - done));
		ssize_t got = n = vfs_read_silent(in, &u, &at);
		if (n <= 0)
			break;
		uio_kernel(&u, buf, (size_t)got);
		n = vfs_write_silent(out, &u, opos, fsize);
		if (n <= 0)
			break;
		*ipos += n;
		done += (size_t)n;
		co_did_bytes((size_t)n);
		if (n < got)
			break;
		if (co_self()->killed)
			break;
	}
	free(buf);
	return done ? (ssize_t)done : n;
}

static CO_FN ssize_t send_bytes(struct file *out, struct file *in, int64_t *in_pos, size_t len,
                                uint64_t fsize)
{
	int64_t pos;

	len = MIN(len, UIO_MAX_BYTES);
	if (pipe_of(out)) {
		struct source s = { .f = in, .pos = in_pos };
		bool nonblock = (in->flags | out->flags) & O_NONBLOCK;
		if (!can_splice(in) || pipe_of(in))
			return -EINVAL;
		return len ? fill_pipe(pipe_of(out), &s, len, nonblock) : 0;
	}
	if (!in->ops->llseek || !can_splice(in) || !can_splice(out) || out->flags & O_APPEND)
		return -EINVAL;
	if (in_pos)
		return copy_files(in, in_pos, out, NULL, len, fsize);
	pos = in->pos;
	ssize_t n = copy_files(in, &pos, out, NULL, len, fsize);
	if (n > 0)
		in->pos = pos;
	return n;
}

CO_FN ssize_t splice_sendfile(struct file *out, struct file *in, int64_t *in_pos, size_t len,
                              uint64_t fsize)
{
	return told(in, out, send_bytes(out, in, in_pos, len, fsize));
}

static CO_FN int check_range(struct file *in, int64_t ipos, struct file *out, int64_t opos,
                             size_t *len, uint64_t fsize)
{
	struct kstat st;

	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (!in->can_read || !out->can_write || out->flags & O_APPEND)
		return -EBADF;
	/* Unsigned, as Linux does it: a negative position overflows first. */
	if ((uint64_t)ipos + *len < (uint64_t)ipos || (uint64_t)opos + *len < (uint64_t)opos)
		return -EOVERFLOW;
	if (ipos < 0 || opos < 0)
		return -EINVAL;
	int err = vfs_getattr(&in->path, &st);
	if (err)
		return err;
	*len = (uint64_t)ipos >= st.size ? 0 : MIN(*len, st.size - (uint64_t)ipos);
	if (*len && (uint64_t)opos >= fsize)
		return -EFBIG;
	*len = MIN(*len, UIO_MAX_BYTES);
	if (in->inode == out->inode && opos + (int64_t)*len > ipos && opos < ipos + (int64_t)*len)
		return -EINVAL;
	return 0;
}

CO_FN ssize_t splice_copy_range(struct file *in, int64_t *in_pos, struct file *out,
                                int64_t *out_pos, size_t len, uint64_t fsize)
{
	int64_t ipos = in_pos ? *in_pos : in->pos, opos = out_pos ? *out_pos : out->pos;
	int err = check_range(in, ipos, out, opos, &len, fsize);

	if (err)
		return err;
	ssize_t n = copy_files(in, &ipos, out, &opos, len, fsize);
	if (n > 0) {
		*(in_pos ? in_pos : &in->pos) = ipos;
		*(out_pos ? out_pos : &out->pos) = opos;
	}
	return told(in, out, n);
}
