/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of mappings: private to core/mm. Layer: core.
 *
 * Nothing here yields, asks the host or checks limits. Changes that may need another struct vma take
 * it from spares that the caller got before it changed the host, so none can fail half-way.
 */
#ifndef CORE_MM_VMA_H
#define CORE_MM_VMA_H

#include <sys/mman.h>

#include "core/mm/mm.h"

#define MM_MAX_MAPS 65530u              /* vm.max_map_count */
#define MM_MIN_ADDR ((gaddr_t)65536)    /* vm.mmap_min_addr */
#define MM_GUARD_GAP (256 * PAGE_SIZE)  /* kept free below MAP_GROWSDOWN mappings */
#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

#define VMA_MAX_SPARES 4
struct vma_spares {
	struct vma *v[VMA_MAX_SPARES];
	unsigned n;
};

struct vma *vma_new(void); /* zeroed; NULL: no memory */
void vma_free(struct vma *v); /* drops the file; not in a tree any more; NULL is fine */
void vma_set_file(struct vma *v, struct file *f); /* takes a reference of its own; NULL is fine */
int vma_spares_get(struct vma_spares *s, unsigned n); /* -ENOMEM, then s is empty */
void vma_spares_put(struct vma_spares *s);

static inline uint64_t vma_pages(const struct vma *v) { return (v->end - v->start) >> PAGE_SHIFT; }
static inline bool vma_shared(const struct vma *v) { return v->flags & MAP_SHARED; }

/* First mapping that ends above addr; the one below v; the first that meets [start, end). */
struct vma *vma_find(struct mm *mm, gaddr_t addr);
struct vma *vma_prev(struct vma *v);
struct vma *vma_next(struct vma *v);
struct vma *vma_meets(struct mm *mm, gaddr_t start, gaddr_t end);
/* Pages of [start, end) that are mapped. */
uint64_t vma_count_pages(struct mm *mm, gaddr_t start, gaddr_t end);

/* Adds v (owned by the tree from now on); its range must be free. */
void vma_insert(struct mm *mm, struct vma *v);
/* Splits so that no mapping crosses start or end: uses at most two spares. */
void vma_isolate(struct mm *mm, gaddr_t start, gaddr_t end, struct vma_spares *s);
/* Number of splits that isolating would take. */
unsigned vma_splits(struct mm *mm, gaddr_t start, gaddr_t end);
/* Forgets all of [start, end): at most two spares. */
void vma_drop(struct mm *mm, gaddr_t start, gaddr_t end, struct vma_spares *s);
/* Joins equal neighbours in, and at both ends of, [start, end). */
void vma_merge(struct mm *mm, gaddr_t start, gaddr_t end);
/* Changes what accounting depends on. */
void vma_set_prot(struct mm *mm, struct vma *v, int prot);
void vma_set_locked(struct mm *mm, struct vma *v, bool locked);
void vma_set_start(struct mm *mm, struct vma *v, gaddr_t start); /* grows downwards, file or not */
void vma_set_end(struct mm *mm, struct vma *v, gaddr_t end);     /* grows into free space */
/* Is a mapping of these attributes counted as data (RLIMIT_DATA)? */
bool vma_is_data(int prot, int flags);
/* Takes all mappings out of the tree and frees them. */
void vma_clear(struct mm *mm);

/* ---- place.c ---- */

/*
 * An address for len bytes (page-aligned, not 0): hint if it is free there, else the highest free
 * place below mm->mmap_base, else the lowest above TASK_SIZE / 3; with MAP_32BIT in the second GiB.
 * -ENOMEM.
 */
int64_t mm_place(struct mm *mm, gaddr_t hint, uint64_t len, int flags);
/* Does [start, end) meet the platform's window? */
bool mm_in_window(gaddr_t start, gaddr_t end);

/* ---- host.c ---- */

/*
 * Runs op (for REMAP: in full; else: the parts of its range outside the window) on the host, or
 * queues it when a batch is open. own_fd: op->fd is closed in any case. *done is the address up to
 * which everything was carried out: op's end on success.
 */
CO_FN int mm_host(struct mm *mm, struct ctx *by, const struct as_op *op, bool own_fd,
                  gaddr_t *done);

/*
 * May an operation be done as its context goes on? With few mappings the host refuses none for their number,
 * and a change that doesn't fail is known to have happened. map: if it is one, what mm_op_failed takes back.
 */
bool mm_may_wait(struct mm *mm, const struct as_op *op);
/*
 * Private mappings of one file in one batch use one descriptor: find_fd gives that of an earlier one,
 * borrowed, and note_fd says that the last operation's may be used so. delta: host offset - file offset.
 */
bool mm_batch_find_fd(const struct mm *mm, const struct file *file, uint64_t off, int *fd,
                      uint64_t *host_off);
void mm_batch_note_fd(struct mm *mm, const struct file *file, uint64_t delta);

/* ---- rewrite.c ---- */

/*
 * What has to follow when len bytes of file from off are mapped read-execute at start: the number of
 * operations that change its code, or 0. If the first is a mapping, it gets a vma by mm_text_area.
 */
unsigned mm_text_ops(struct mm *mm, const struct file *file, gaddr_t start, uint64_t off, uint64_t len,
                     struct as_op ops[2]);
void mm_text_area(struct mm *mm, struct vma *v, gaddr_t at);
/* What has become known of code that is mapped already: before a fork, for the sake of the children. */
CO_FN void mm_rewrite_known(struct mm *mm, struct ctx *by);

/* ---- shared between the calls; mm->lock is held ---- */

CO_FN int munmap_locked(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len);
/* -ENOMEM when RLIMIT_AS or RLIMIT_DATA would be passed by `pages` more; lim NULL: no limits. */
int mm_may_expand(const struct mm *mm, const struct mm_rlimits *lim, uint64_t pages, bool data);
/* mlock's limit for `pages` more: -EAGAIN (mmap, mremap and brk). */
int mm_may_lock(const struct mm *mm, const struct mm_rlimits *lim, uint64_t pages);
/* Updates peak_pages; in debug builds checks the whole tree. */
void mm_changed(struct mm *mm);
/*
 * A host descriptor to map `file` with at most what a mapping of these attributes may ever become;
 * *fd = -1: anonymous zero pages.
 */
CO_FN int mm_file_fd(struct file *file, int prot, bool shared, uint64_t off, uint64_t len, int *fd,
                     uint64_t *host_off);

#endif
