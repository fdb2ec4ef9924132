/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the host, by descriptor and single name: an input of the sentry. All return negative
 * errno. A name is one component; no symlink is followed. Calls that may touch a disk are CO_FN.
 * Layer: core/host.
 */
#ifndef CORE_HOST_FILE_H
#define CORE_HOST_FILE_H

#include <sys/stat.h>
#include <sys/statfs.h>

#include "core/base.h"
#include "core/host/disk.h"

/*
 * Opens this process's /proc/self/fd, through which a descriptor can be opened anew with other
 * access. Before the root directory is emptied.
 */
int host_file_init(void);
void host_file_done(void);

/* What of that is this process's, for core/host/io.c. */
int host_self_fd(void);
unsigned host_fd_limit(void); /* descriptors that this process may have */

/*
 * The disk is that of the file or directory, or NULL when it isn't known. Callers may lose their
 * descriptors while they wait.
 */

/* An O_PATH descriptor of `name` in dirfd. killable: who is killed doesn't wait for it, -EINTR. */
CO_FN int host_open_path(struct host_disk *d, int dirfd, const char *name, bool killable);
/*
 * Attributes of `name` in dirfd, without waiting for a disk where that can be helped: then it takes
 * an O_PATH descriptor to know, which is the caller's; else *fd is -1. -EINTR as above.
 */
CO_FN int host_look(struct host_disk *d, int dirfd, const char *name, struct statx *ret, int *fd);
/* Opens what is known to be a regular file, for reading; the caller makes sure that it still is. */
CO_FN int host_open_file(struct host_disk *d, int dirfd, const char *name);
/* The file behind an O_PATH (or any) descriptor, opened with flags O_RDONLY, O_WRONLY ... */
CO_FN int host_reopen(struct host_disk *d, int fd, int flags);
/* O_RDWR | O_CREAT | O_EXCL */
CO_FN int host_create(struct host_disk *d, int dirfd, const char *name, uint32_t mode);
CO_FN int host_tmpfile(struct host_disk *d, int dirfd, uint32_t mode); /* O_RDWR | O_TMPFILE */
CO_FN int host_stat(struct host_disk *d, int fd, struct statx *ret);
CO_FN int host_stat_at(struct host_disk *d, int dirfd, const char *name, struct statx *ret);
CO_FN int host_statfs(int fd, struct statfs *ret);
CO_FN ssize_t host_readlink(int fd, char *buf, size_t size);
/* struct linux_dirent64 records */
CO_FN ssize_t host_getdents(struct host_disk *d, int fd, void *buf, size_t size);
CO_FN int64_t host_seek(int fd, int64_t off, int whence);
/* size: of the file, if it is known, else -1: to read up to there needs no further question. */
CO_FN ssize_t host_pread(struct host_disk *d, int fd, void *buf, size_t n, int64_t off, int64_t size);
CO_FN ssize_t host_pwrite(struct host_disk *d, int fd, const void *buf, size_t n, int64_t off);
/* Writes at the end, wherever that is by now; *end is set to the end after it. */
CO_FN ssize_t host_append(struct host_disk *d, int fd, const void *buf, size_t n, int64_t *end);
CO_FN int host_syncfs(int fd);
CO_FN int host_fsync(int fd, bool data_only);
CO_FN int host_fallocate(struct host_disk *d, int fd, int mode, int64_t off, int64_t len);
/* old: the size before. */
CO_FN int host_ftruncate(struct host_disk *d, int fd, int64_t size, int64_t old);
CO_FN int host_mkdir(struct host_disk *d, int dirfd, const char *name, uint32_t mode);
CO_FN int host_mknod(struct host_disk *d, int dirfd, const char *name, uint32_t mode, dev_t rdev);
CO_FN int host_symlink(struct host_disk *d, const char *target, int dirfd, const char *name);
CO_FN int host_link(struct host_disk *d, int fd, int dirfd, const char *name);
CO_FN int host_unlink(struct host_disk *d, int dirfd, const char *name, bool dir);
CO_FN int host_rename(struct host_disk *d, int odir, const char *oname, int ndir, const char *nname,
                      unsigned flags);
CO_FN int host_chmod(struct host_disk *d, int fd, uint32_t mode);
CO_FN int host_chown(struct host_disk *d, int fd, uid_t uid, gid_t gid);
CO_FN int host_utimes(struct host_disk *d, int fd, const struct timespec ts[2]);
CO_FN ssize_t host_getxattr(int fd, const char *name, void *buf, size_t size);
CO_FN int host_setxattr(int fd, const char *name, const void *val, size_t size, int flags);
CO_FN ssize_t host_listxattr(int fd, char *buf, size_t size);
CO_FN int host_removexattr(int fd, const char *name);
int host_dup(int fd);
void host_close(int fd);
/* The last descriptor of a file without a name, of so many bytes: its end may take long. */
void host_close_last(struct host_disk *d, int fd, uint64_t size);

#endif
