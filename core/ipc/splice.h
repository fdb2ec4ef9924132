/* SPDX-License-Identifier: Apache-2.0
 *
 * Moving bytes between files inside the sentry: splice(2), tee(2), vmsplice(2), sendfile(2),
 * copy_file_range(2). Layer: core.
 *
 * A position is given by pointer and advanced; NULL means the file's own. `flags` are SPLICE_F_*.
 * All return the bytes moved, 0 at the end, or negative errno when nothing was moved. Bytes leave
 * a pipe only when the other side has accepted them.
 */
#ifndef CORE_IPC_SPLICE_H
#define CORE_IPC_SPLICE_H

#include "core/fs/file.h"

#define SPLICE_F_ALL (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

/* At least one of them is a pipe (-EINVAL). fsize: RLIMIT_FSIZE, -EFBIG. */
CO_FN ssize_t splice_files(struct file *in, int64_t *in_pos, struct file *out, int64_t *out_pos,
                           size_t len, unsigned flags, uint64_t fsize);
CO_FN ssize_t splice_tee(struct file *in, struct file *out, size_t len, unsigned flags);
/* vmsplice: guest memory into a pipe (the bytes are copied at once), or out of it. */
CO_FN ssize_t splice_from_user(struct file *pipe, struct uio *u, unsigned flags);
CO_FN ssize_t splice_to_user(struct file *pipe, struct uio *u, unsigned flags);
CO_FN ssize_t splice_sendfile(struct file *out, struct file *in, int64_t *in_pos, size_t len,
                              uint64_t fsize);
CO_FN ssize_t splice_copy_range(struct file *in, int64_t *in_pos, struct file *out,
                                int64_t *out_pos, size_t len, uint64_t fsize);

#endif
