/* SPDX-License-Identifier: Apache-2.0
 *
 * Scattered transfers: where the bytes of a read(2) go or of a write(2) come from. Layer: core.
 * Either segments of guest memory (of mm) or one kernel buffer. File code only uses uio_put/get.
 */
#ifndef CORE_UIO_H
#define CORE_UIO_H

#include "core/base.h"
#include "core/mm/mm.h"

#define UIO_MAXIOV 1024
#define UIO_MAX_BYTES ((size_t)0x7ffff000) /* Linux's MAX_RW_COUNT */

struct uio_seg {
	gaddr_t base;
	uint64_t len;
};

struct uio {
	size_t resid; /* bytes still to move */
	size_t done;  /* bytes moved */
	/* private */
	struct mm *mm; /* borrowed; NULL for a kernel buffer */
	const struct uio_seg *segs;
	unsigned nsegs, seg;
	uint64_t seg_off;
	char *kbuf;
	bool fault; /* a copy fell short */
	struct uio_seg one;
};

/* A kernel buffer: used by sendfile, the loader, proc. */
void uio_kernel(struct uio *u, void *buf, size_t n);
/* One guest buffer. n above UIO_MAX_BYTES is cut, as Linux does. */
void uio_guest(struct uio *u, struct mm *mm, gaddr_t base, size_t n);
/* Guest segments, borrowed while u is in use; the caller got them from uio_import. */
void uio_segs(struct uio *u, struct mm *mm, const struct uio_seg *segs, unsigned n, size_t total);
/*
 * Reads and checks an iovec array of the guest. *ret is `fast` when n <= fast_n, else malloc'd
 * (caller frees if != fast). Returns the total length (cut to UIO_MAX_BYTES), -EINVAL, -EFAULT,
 * -ENOMEM.
 */
CO_FN ssize_t uio_import(struct mm *mm, gaddr_t iov, uint64_t n, struct uio_seg *fast,
                         unsigned fast_n, struct uio_seg **ret);

/* Moves n bytes (at most resid) from src to the destination. Returns how many: short on a fault. */
CO_FN size_t uio_put(struct uio *u, const void *src, size_t n);
/* Moves n bytes (at most resid) to dst from the source. Returns how many: short on a fault. */
CO_FN size_t uio_get(struct uio *u, void *dst, size_t n);
CO_FN size_t uio_zero(struct uio *u, size_t n);
/* Takes the last n moved bytes back (a write that was accepted only in part). */
void uio_revert(struct uio *u, size_t n);

/* For a handler's end: bytes done, or -EFAULT when nothing was and a copy fell short. */
static inline ssize_t uio_result(const struct uio *u)
{
	return u->done ? (ssize_t)u->done : u->fault ? -EFAULT : 0;
}

#endif
