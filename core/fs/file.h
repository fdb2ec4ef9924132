/* SPDX-License-Identifier: Apache-2.0
 *
 * Open files (open file descriptions) and what they can do. Layer: core.
 */
#ifndef CORE_FS_FILE_H
#define CORE_FS_FILE_H

#include <fcntl.h>
#include <poll.h>

#include "core/base.h"
#include "core/co.h"
#include "core/fs/vfs.h"
#include "core/uio.h"

struct poll_table;

/* Feeds directory entries to getdents: false when the buffer is full (stop, don't advance). */
struct dir_sink {
	bool (*emit)(struct dir_sink *s, const char *name, size_t len, uint64_t ino, unsigned type,
	             int64_t next_off);
};

/*
 * Operations of an open file; NULL means what Linux answers for a file without it (EINVAL, ESPIPE,
 * ENOTTY, ENODEV ...). Access mode, O_APPEND position, limits (RLIMIT_FSIZE), and pos locking are
 * done by the vfs_read/vfs_write wrappers.
 */
struct file_ops {
	/* At *pos (advanced by the op). Bytes moved, 0 at the end, or negative errno. O_NONBLOCK in
	 * f->flags: -EAGAIN instead of waiting. Partial progress is returned, never lost. */
	CO_FN ssize_t (*read)(struct file *f, struct uio *u, int64_t *pos);
	CO_FN ssize_t (*write)(struct file *f, struct uio *u, int64_t *pos);
	CO_FN int64_t (*llseek)(struct file *f, int64_t off, int whence); /* NULL: ESPIPE */
	/*
	 * Ready events (POLLIN ...) now. When pt is not NULL, first registers on the queue(s) whose
	 * wake-up may change the answer with poll_wait(pt, queue). NULL: always ready for both.
	 */
	uint32_t (*poll)(struct file *f, struct poll_table *pt);
	/* arg is a guest address or a value; -ENOTTY for what isn't known. */
	CO_FN int64_t (*ioctl)(struct file *f, unsigned cmd, uint64_t arg);
	/*
	 * For mmap: a host descriptor, owned by the caller afterwards, opened no wider than prot and
	 * shared need, and the offset in it. -ENODEV: can't be mapped. -ENOEXEC is not used: EPERM for
	 * PROT_EXEC on a noexec mount is checked before. *fd = -1 with 0: map anonymous zero pages.
	 */
	CO_FN int (*mmap)(struct file *f, int prot, bool shared, uint64_t off, uint64_t len, int *fd,
	                  uint64_t *host_off);
	/*
	 * A mapping of f came to be (mmap, fork, a split) or went. Optional; never yield. Mappings of such
	 * a file are counted, so they aren't merged.
	 */
	void (*vma_open)(struct file *f);
	void (*vma_close)(struct file *f);
	CO_FN int (*iterate)(struct file *f, struct dir_sink *s); /* from f->pos */
	CO_FN int (*fsync)(struct file *f, bool data_only);
	CO_FN int (*fallocate)(struct file *f, int mode, int64_t off, int64_t len);
	/* Each close(2) of a descriptor (not only the last); its error is close's. */
	CO_FN int (*flush)(struct file *f);
	void (*release)(struct file *f); /* last reference gone; must not yield */
	/* Text after the common lines of /proc/PID/fdinfo/N. Optional. */
	int (*show_fdinfo)(struct file *f, char *buf, size_t size);
	bool stream; /* lseek(2) is accepted and means nothing, pread(2) is ESPIPE */
	/* Sockets: the operations of core/ipc/socket.h, else NULL. */
	const struct socket_ops *socket;
};

struct file {
	int refs;
	const struct file_ops *ops;
	struct path path;     /* references; always set (anonymous files have a nameless dentry) */
	struct inode *inode;  /* borrowed from path.dentry */
	unsigned flags;       /* O_ACCMODE, O_APPEND, O_NONBLOCK, O_DIRECT, O_PATH, ...; not O_CLOEXEC */
	bool can_read, can_write;
	bool notify;          /* what is done through it is told to those who watch: core/fs/notify.h */
	int64_t pos;
	struct comutex pos_lock; /* as f_pos_lock: read, write, lseek, getdents by descriptor */
	/* fcntl F_SETOWN, F_SETSIG, O_ASYNC: meaning is the tasks layer's */
	int owner_type, owner_pid, owner_sig;
	struct cred *cred;    /* opener's; reference */
	uint64_t gen;         /* unique: epoll guards against reuse of a descriptor with it */
	bool counted_writer;  /* holds one of inode->writers */
	struct file_eplist *epolls; /* epoll instances that watch this file: core/ipc/epoll.c */
	void *priv;
};

/*
 * Makes an open file with one reference. `path` references are taken over. can_read and can_write
 * come from the access mode. NULL: no memory (path is put).
 */
struct file *file_new(const struct file_ops *ops, struct path path, unsigned flags,
                      struct cred *cred);
/* An open file without a place in the tree: name as readlink of /proc/PID/fd shows it, such as
 * "pipe:[12]", "socket:[9]" or "anon_inode:[eventfd]"; mode gives the type for fstat. */
struct file *file_anon(const struct file_ops *ops, const char *name, uint32_t mode, unsigned flags,
                       void *priv);
struct file *file_ref(struct file *f);
struct file *file_unref(struct file *f); /* returns NULL; releases with the last */
/* Called by the last file_unref before release, so that epoll forgets the file. Set by core/ipc. */
extern void (*file_epoll_release)(struct file *f);

/* ---- reading and writing: checks, limits, positions (core/fs/rw.c) ---- */

/* pos NULL: the file's own position, under its lock. fsize: RLIMIT_FSIZE (-EFBIG beyond; the
 * caller sends SIGXFSZ). */
CO_FN ssize_t vfs_read(struct file *f, struct uio *u, int64_t *pos);
CO_FN ssize_t vfs_write(struct file *f, struct uio *u, int64_t *pos, uint64_t fsize);
/* n bytes at off into buf, for the loader: short only at the end of the file. */
CO_FN ssize_t file_pread(struct file *f, void *buf, size_t n, int64_t off);
uint32_t file_poll(struct file *f, struct poll_table *pt);
/* Common llseek for files with a size and a position. */
CO_FN int64_t generic_llseek(struct file *f, int64_t off, int whence);
int64_t noop_llseek(struct file *f, int64_t off, int whence);
/* For directories whose positions are cookies: no end to count from. -EINVAL. */
int64_t dir_llseek(struct file *f, int64_t off, int whence);
/* fsync of what lives in memory: there is nothing to do. */
int memory_fsync(struct file *f, bool data_only);

/* ---- polling (core/ipc/poll.c) ---- */

struct poll_table {
	void (*queue)(struct poll_table *pt, struct waitq *q);
};
static inline void poll_wait(struct poll_table *pt, struct waitq *q)
{
	if (pt)
		pt->queue(pt, q);
}

#endif
