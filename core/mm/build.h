/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling a fresh address space in few hand-overs: for the loader. Layer: core.
 *
 * While a batch is open, host changes of the mm are collected; the tree is updated at once. Only for
 * an mm that nobody else uses yet: when a flush fails, the mm is thrown away.
 */
#ifndef CORE_MM_BUILD_H
#define CORE_MM_BUILD_H

#include "core/mm/mm.h"

#define MM_BATCH_MAX 24

struct mm_batch {
	struct as_op ops[MM_BATCH_MAX];
	bool own_fd[MM_BATCH_MAX];
	const struct file *file[MM_BATCH_MAX]; /* whose descriptor it is; NULL: not to be used again */
	uint64_t delta[MM_BATCH_MAX];          /* from the file's offset to the descriptor's */
	void *bytes[MM_BATCH_MAX];             /* malloc'd, for AS_WRITE */
	unsigned n;
	int error; /* the first that failed; nothing is run after it */
};

/* b is the caller's, live until mm_batch_end. */
void mm_batch_begin(struct mm *mm, struct mm_batch *b);
/* Runs what was collected; before memory is written. Returns the batch's error. */
CO_FN int mm_batch_flush(struct mm *mm, struct ctx *by);
/*
 * Fill memory that was mapped before, as the guest could. Without a batch at once, and so where that many
 * bytes don't fit one; the bytes are copied. -EFAULT, perhaps only at the flush.
 */
CO_FN int mm_batch_zero(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end);
CO_FN int mm_batch_write(struct mm *mm, struct ctx *by, gaddr_t at, const void *bytes, size_t n);
/* Flushes and closes the batch. Safe without one. */
CO_FN int mm_batch_end(struct mm *mm, struct ctx *by);

/*
 * Maps a host descriptor of the sentry (borrowed) privately: the vDSO. addr must be free and
 * outside the window, as mm_place_for gave it. Shown as `name`.
 */
CO_FN int mm_map_special(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int prot,
                         int fd, uint64_t off, const char *name);
/* Unmaps all that the host has mapped, of which the tree knows nothing: after mm_renew. */
CO_FN int mm_unmap_all(struct mm *mm, struct ctx *by);
/* A free place for len bytes, or -ENOMEM. */
int64_t mm_place_for(struct mm *mm, uint64_t len);

#endif
