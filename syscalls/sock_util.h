/* SPDX-License-Identifier: Apache-2.0
 *
 * What the handlers of socket calls share. Layer: syscalls; private to its socket files.
 */
#ifndef SYSCALLS_SOCK_UTIL_H
#define SYSCALLS_SOCK_UTIL_H

#include "core/ipc/socket.h"
#include "syscalls/syscall.h"

/* The socket at fd with a reference, or NULL: *err is -EBADF or -ENOTSOCK. */
struct file *sock_get(struct task *t, int fd, int *err);
struct sock_caller sock_caller_of(struct task *t);
/* An address in, as move_addr_to_kernel(): -EINVAL, -EFAULT. */
CO_FN int sock_addr_in(gaddr_t addr, int len, struct sock_addr *ret);
/* As move_addr_to_user(): cut to the room that *len_addr says; the true length goes there. */
CO_FN int sock_addr_out(const struct sock_addr *a, gaddr_t addr, gaddr_t len_addr);

/* Sets the hooks of core/ipc/socket.h and core/ipc/pipe.h. Called by syscalls_init(). */
void sockets_init(void);

#endif
