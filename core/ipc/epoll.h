/* SPDX-License-Identifier: Apache-2.0
 *
 * epoll(7). Layer: core.
 */
#ifndef CORE_IPC_EPOLL_H
#define CORE_IPC_EPOLL_H

#include <sys/epoll.h>

#include "core/fs/file.h"

int epoll_new(struct file **ret);
bool epoll_is(const struct file *f);
/* epoll_ctl(2) on the open file f known as fd: -EEXIST, -ENOENT, -EPERM, -ELOOP, -EINVAL, -ENOMEM. */
int epoll_control(struct file *ep, int op, int fd, struct file *f, const struct epoll_event *ev);
/*
 * epoll_wait(2): up to max events into ev (the sentry's memory). Returns how many, 0 at the
 * deadline, -ERESTARTSYS. No signal handling beyond that.
 */
CO_FN int epoll_collect(struct file *ep, struct epoll_event *ev, int max, ktime_t deadline);

#endif
