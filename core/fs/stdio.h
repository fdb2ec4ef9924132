/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's own descriptors as open files of the guest. Layer: core.
 */
#ifndef CORE_FS_STDIO_H
#define CORE_FS_STDIO_H

#include "core/fs/file.h"
#include "core/host/stream.h"

struct stdio {
	struct host_stream *stream;
	struct waitq readers, writers;
};

/* An open file over the host descriptor fd (borrowed, stays open). -EBADF when it isn't open. */
int stdio_file_new(int fd, struct file **ret);

/* For the terminal (tasks/hosttty.c), which adds job control around the same transfers. */
int stdio_init(struct stdio *s, int fd);
void stdio_done(struct stdio *s);
CO_FN ssize_t stdio_read(struct stdio *s, struct file *f, struct uio *u);
CO_FN ssize_t stdio_write(struct stdio *s, struct file *f, struct uio *u);
uint32_t stdio_poll(struct stdio *s, struct poll_table *pt);

#endif
