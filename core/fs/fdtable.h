/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of file descriptors (struct files_struct of Linux). Layer: core. Never yields except
 * where a close has to flush.
 */
#ifndef CORE_FS_FDTABLE_H
#define CORE_FS_FDTABLE_H

#include "core/fs/file.h"

#define FDTABLE_MAX (1 << 20) /* as fs.nr_open */

struct fdtable;

struct fdtable *fdtable_new(void);
struct fdtable *fdtable_ref(struct fdtable *t);
CO_FN struct fdtable *fdtable_unref(struct fdtable *t); /* the last one closes all; returns NULL */
/* A copy for fork: shares the open files. */
int fdtable_dup(struct fdtable *t, struct fdtable **ret);
bool fdtable_shared(const struct fdtable *t);
int fdtable_count(const struct fdtable *t);
uint64_t fdtable_id(const struct fdtable *t); /* unique; owner of the table's POSIX locks */

/*
 * Installs f (taking over the reference, also on failure) at the lowest free number >= min.
 * limit: RLIMIT_NOFILE. -EMFILE, -ENOMEM, -EINVAL (min >= limit).
 */
int fd_install(struct fdtable *t, struct file *f, int min, bool cloexec, uint64_t limit);
/* dup2/dup3: replaces what is at fd. Takes over the reference. -EBADF when fd >= limit. */
CO_FN int fd_replace(struct fdtable *t, struct file *f, int fd, bool cloexec, uint64_t limit);
/* The file at fd with a new reference, or NULL. O_PATH files only through fd_get_path. */
struct file *fd_get(struct fdtable *t, int fd);
struct file *fd_get_path(struct fdtable *t, int fd); /* O_PATH files too */
CO_FN int fd_close(struct fdtable *t, int fd);       /* -EBADF, or the flush's error */
CO_FN int fd_close_range(struct fdtable *t, unsigned first, unsigned last, bool only_set_cloexec);
CO_FN void fd_close_on_exec(struct fdtable *t);
int fd_cloexec_get(struct fdtable *t, int fd); /* 0, 1, -EBADF */
int fd_cloexec_set(struct fdtable *t, int fd, bool on);
/* The first used descriptor >= fd, or -1: for /proc/PID/fd and exec. */
int fd_next(struct fdtable *t, int fd);

#endif
