/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for several files at once: the mechanism under poll(2) and select(2). Layer: core.
 */
#ifndef CORE_IPC_POLL_H
#define CORE_IPC_POLL_H

#include "core/fs/file.h"

struct poll_item {
	struct file *file; /* reference of the caller's, or NULL: never ready */
	uint32_t events;   /* asked for; with poll(2), POLLERR and POLLHUP always are */
	uint32_t revents;  /* out */
};

/*
 * Waits until an item is ready, the monotonic deadline passes (KTIME_NEVER: none; 0: only looks) or
 * a signal comes. Returns how many items are ready, 0 at the deadline, -ERESTARTSYS, -ENOMEM.
 */
CO_FN int poll_items(struct poll_item *items, unsigned n, ktime_t deadline);

#endif
