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
/* What an event was taken from, should it have to be put back. */
struct epoll_taken {
	int fd;
	uint64_t gen;
	uint32_t events;
};
/*
 * epoll_wait(2): up to max events into ev (the sentry's memory). Returns how many, 0 at the
 * deadline, -ERESTARTSYS. No signal handling beyond that.
 */
CO_FN int epoll_collect(struct file *ep, struct epoll_event *ev, struct epoll_taken *taken, int max,
                        ktime_t deadline);
/* The last n events from collect didn't reach their reader: they are ready again. */
void epoll_put_back(struct file *ep, const struct epoll_taken *taken, int n);

#endif
