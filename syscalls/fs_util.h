/* SPDX-License-Identifier: Apache-2.0
 *
 * What the handlers of file calls share. Layer: syscalls; private to its file families.
 */
#ifndef SYSCALLS_FS_UTIL_H
#define SYSCALLS_FS_UTIL_H

#include "core/fs/locks.h"
#include "core/fs/mount.h"
#include "core/fs/rw.h"
#include "syscalls/syscall.h"

#define KERNEL_O_LARGEFILE 0100000 /* glibc's O_LARGEFILE is 0 on 64-bit machines */

/* A path argument and where it starts; done releases both. */
struct at_arg {
	char *name;
	struct walk w;
	struct file *hold;
};
CO_FN int at_arg(struct task *t, int dirfd, gaddr_t path, struct at_arg *ret);
void at_arg_done(struct at_arg *a);

/* Not a flag of any call: a NULL path with AT_EMPTY_PATH means "" (stat and statx, since 6.11). */
#define AT_NULL_PATH 0x40000000
/* Nor this: only a directory will do (-ENOTDIR). */
#define AT_DIRECTORY 0x20000000

/* The existing file a *at call names. Obeys AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH of at_flags. */
CO_FN int path_at(struct task *t, int dirfd, gaddr_t path, int at_flags, struct path *ret);
/* What a write ends with: SIGXFSZ with -EFBIG, SIGPIPE with -EPIPE. */
int64_t write_result(struct task *t, ssize_t n);
/* Puts a new open file into the caller's table; takes over the reference. */
int64_t install_file(struct task *t, struct file *f, bool cloexec);

#endif
