/* SPDX-License-Identifier: Apache-2.0
 *
 * Record locks of fcntl(2). Layer: syscalls.
 */
#ifndef SYSCALLS_FLOCK_H
#define SYSCALLS_FLOCK_H

#include "syscalls/syscall.h"

/* F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ forms; arg is a guest's struct flock. */
CO_FN int64_t fcntl_getlk(struct task *t, struct file *f, gaddr_t arg, bool ofd);
CO_FN int64_t fcntl_setlk(struct task *t, int fd, struct file *f, gaddr_t arg, bool ofd, bool wait);

#endif
