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

/*
 * Opens this process's /proc/self/fd, through which a descriptor can be opened anew with other
 * access. Before the root directory is emptied.
 */
int host_file_init(void);
void host_file_done(void);

/* An O_PATH descriptor of `name` in dirfd. */
CO_FN int host_open_path(int dirfd, const char *name);
/* The file behind an O_PATH (or any) descriptor, opened with flags O_RDONLY, O_WRONLY ... */
CO_FN int host_reopen(int fd, int flags);
unsigned host_fd_limit(void); /* descriptors that this process may have */
CO_FN int host_create(int dirfd, const char *name, uint32_t mode); /* O_RDWR | O_CREAT | O_EXCL */
CO_FN int host_tmpfile(int dirfd, uint32_t mode); /* O_RDWR | O_TMPFILE */
CO_FN int host_stat(int fd, struct statx *ret);
CO_FN int host_stat_at(int dirfd, const char *name, struct statx *ret);
CO_FN int host_statfs(int fd, struct statfs *ret);
CO_FN ssize_t host_readlink(int fd, char *buf, size_t size);
CO_FN ssize_t host_getdents(int fd, void *buf, size_t size); /* struct linux_dirent64 records */
CO_FN int64_t host_seek(int fd, int64_t off, int whence);
CO_FN ssize_t host_pread(int fd, void *buf, size_t n, int64_t off);
CO_FN ssize_t host_pwrite(int fd, const void *buf, size_t n, int64_t off);
/* Writes at the end, wherever that is by now; *end is set to the end after it. */
CO_FN ssize_t host_append(int fd, const void *buf, size_t n, int64_t *end);
CO_FN int host_syncfs(int fd);
CO_FN int host_fsync(int fd, bool data_only);
CO_FN int host_fallocate(int fd, int mode, int64_t off, int64_t len);
CO_FN int host_ftruncate(int fd, int64_t size);
CO_FN int host_mkdir(int dirfd, const char *name, uint32_t mode);
CO_FN int host_mknod(int dirfd, const char *name, uint32_t mode, dev_t rdev);
CO_FN int host_symlink(const char *target, int dirfd, const char *name);
CO_FN int host_link(int fd, int dirfd, const char *name);
CO_FN int host_unlink(int dirfd, const char *name, bool dir);
CO_FN int host_rename(int odir, const char *oname, int ndir, const char *nname, unsigned flags);
CO_FN int host_chmod(int fd, uint32_t mode);
CO_FN int host_chown(int fd, uid_t uid, gid_t gid);
CO_FN int host_utimes(int fd, const struct timespec ts[2]);
CO_FN ssize_t host_getxattr(int fd, const char *name, void *buf, size_t size);
CO_FN int host_setxattr(int fd, const char *name, const void *val, size_t size, int flags);
CO_FN ssize_t host_listxattr(int fd, char *buf, size_t size);
CO_FN int host_removexattr(int fd, const char *name);
int host_dup(int fd);
void host_close(int fd);

#endif
