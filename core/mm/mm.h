/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest address spaces: the authoritative tree of mappings, and copying in and out. Layer: core.
 *
 * The sentry picks every address and keeps the tree; the platform's stub only executes. All changes
 * go through the functions here, under mm->lock, by a context that is trapped (`by`).
 */
#ifndef CORE_MM_MM_H
#define CORE_MM_MM_H

#include <bsd/sys/tree.h>

#include "core/base.h"
#include "core/co.h"
#include "core/platform/platform.h"

struct file;
struct file_ops;
struct auxv_pair { uint64_t type, value; };
#define MM_AUXV_MAX 32

/* One mapping: [start, end), page-aligned. Neighbours with equal attributes are merged. */
struct vma {
	RB_ENTRY(vma) entry;
	gaddr_t start, end;
	int prot;          /* PROT_* */
	int flags;         /* MAP_PRIVATE or MAP_SHARED, MAP_ANONYMOUS, MAP_GROWSDOWN, MAP_NORESERVE ... */
	int advice;        /* sticky MADV_*: bits VMA_DONTFORK, VMA_WIPEONFORK, VMA_DONTDUMP */
	bool locked;       /* mlock */
	struct file *file; /* reference; NULL for private anonymous memory */
	uint64_t off;      /* file offset of start */
	const char *name;  /* "[heap]", "[stack]", "[vdso]" ...: static string, or NULL */
	/* vma.c's own: free bytes below start, and the most of that in the subtree */
	uint64_t gap, max_gap;
};
#define VMA_DONTFORK 1
#define VMA_WIPEONFORK 2
#define VMA_DONTDUMP 4

RB_HEAD(vma_tree, vma);

struct mm {
	int refs;
	struct as *as;          /* immutable */
	struct comutex lock;    /* held while the tree or the host's mappings change */
	struct vma_tree vmas;
	unsigned nr_vmas;
	gaddr_t mmap_base;      /* addresses are picked top-down below this */
	gaddr_t brk_start, brk;
	gaddr_t code_start, code_end, data_start, data_end;
	gaddr_t stack_start, arg_start, arg_end, env_start, env_end;
	gaddr_t vdso;
	struct auxv_pair auxv[MM_AUXV_MAX]; /* terminated by AT_NULL */
	struct file *exe;       /* reference */
	uint64_t total_pages, data_pages, stack_pages, locked_pages, shared_pages; /* accounting */
	uint64_t peak_pages;
	bool aslr;
	int dumpable;           /* prctl(PR_SET_DUMPABLE) */
	bool thp_disabled;      /* prctl(PR_SET_THP_DISABLE): only kept */
	uint64_t id;            /* unique, never reused: names this address space in futex keys */
	bool no_rewrite;        /* code stays as it is: see mm_stop_rewriting() */
	bool no_known;          /* it is being filled for a program with other rights than the caller's */
	unsigned rewritten;     /* how much of what is known of files' code is done here */
	bool lock_future;       /* mlockall(MCL_FUTURE): new mappings count as locked */
	unsigned membarrier;    /* MEMBARRIER_CMD_REGISTER_* done; exec starts with none */
	struct {
		gaddr_t addr;
		uint64_t len;  /* 0: it was no mapping */
	} later;               /* of the last operation that was left for later */
	struct mm_batch *batch; /* core/mm/build.h: host changes are being collected */
};

/* Limits and identity of whoever changes the map, given by the caller (core knows no tasks). */
struct mm_rlimits {
	uint64_t as, data, stack, memlock; /* bytes, RLIM_INFINITY for none */
	bool can_lock;                     /* CAP_IPC_LOCK */
	bool can_map_low;                  /* CAP_SYS_RAWIO: below vm.mmap_min_addr */
};

/* A new, empty address space; *ret_ctx is its first context. -ENOMEM, -EAGAIN. */
CO_FN int mm_new(bool aslr, struct mm **ret, struct ctx **ret_ctx);
/*
 * mm_new() in the place of mm, whose only context is ctx: mm loses its address space to the new one, which
 * still has all mappings until they are unmapped, first of all. Nobody else may have a reference.
 * -EAGAIN: that can't be, and mm is what it was.
 */
CO_FN int mm_renew(struct mm *mm, struct ctx *ctx, bool aslr, struct mm **ret);
/*
 * Writes a few bytes as the first thing that by does in its own address space, if it is alone there, and
 * else at once. Faults are nobody's business.
 */
CO_FN void mm_write_first(struct mm *mm, struct ctx *by, gaddr_t at, const void *bytes, size_t n);
/*
 * What was left for later (as_op.later) failed. 0: it was a mapping, and is one no more. -ENOMEM: the tree
 * isn't what the host has.
 */
CO_FN int mm_op_failed(struct mm *mm, struct ctx *by);
/* fork(2)'s copy of by's address space mm. */
CO_FN int mm_fork(struct mm *mm, struct ctx *by, struct mm **ret, struct ctx **ret_ctx);
struct mm *mm_ref(struct mm *mm);
struct mm *mm_unref(struct mm *mm); /* returns NULL; the last one kills the stub */

/*
 * The system calls, with Linux's checks and errors (mmap(2), munmap(2), mprotect(2), mremap(2),
 * madvise(2), brk(2), mlock(2), mincore(2), msync(2)). addr results are returned as non-negative
 * int64_t. `file` is borrowed.
 */
CO_FN int64_t mm_mmap(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr,
                      uint64_t len, int prot, int flags, struct file *file, uint64_t off);
CO_FN int mm_munmap(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len);
/*
 * shmdt(2): unmaps what is left of the mapping of a file with these operations that began at addr.
 * -EINVAL when there is nothing.
 */
CO_FN int mm_shmdt(struct mm *mm, struct ctx *by, gaddr_t addr, const struct file_ops *ops);
CO_FN int mm_mprotect(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int prot);
CO_FN int64_t mm_mremap(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr,
                        uint64_t old_len, uint64_t new_len, int flags, gaddr_t new_addr);
CO_FN int mm_madvise(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int advice);
/*
 * process_madvise(2) on another's address space: MADV_COLD, PAGEOUT, WILLNEED and COLLAPSE, which
 * change no content. Errors are madvise's.
 */
CO_FN int mm_madvise_remote(struct mm *mm, gaddr_t addr, uint64_t len, int advice);
CO_FN int64_t mm_brk(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t brk);
CO_FN int mm_mlock(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr,
                   uint64_t len, bool lock);
CO_FN int mm_msync(struct mm *mm, gaddr_t addr, uint64_t len, int flags);
/* mlockall(2); flags 0 is munlockall(2). */
CO_FN int mm_mlockall(struct mm *mm, const struct mm_rlimits *lim, int flags);
/*
 * A fault at addr below a MAP_GROWSDOWN mapping (the main stack too): grows it down to addr. The
 * handler of TRAP_FAULT calls this for SIGSEGV with SEGV_MAPERR before it sends the signal: 0 means
 * run the guest again. -EFAULT: nothing there to grow; -ENOMEM: a limit, or the guard gap.
 */
CO_FN int mm_expand_stack(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                          gaddr_t addr);
/* How many of the n bytes at addr a guest may own: stops at TASK_SIZE and the platform's window. */
uint64_t mm_span(gaddr_t addr, uint64_t n);

/*
 * The system call before the pc `after`, of number nr, came the slow way: lets the platform make it faster
 * if its code can be changed, and when it does so often. due: it is, in this process. by: trapped there.
 */
CO_FN void mm_slow_call(struct mm *mm, struct ctx *by, gaddr_t after, uint64_t nr, bool due);
/* Forgets what is known of files' code. */
void mm_rewrite_done(void);
/* Makes all code as it was, for good: somebody looks closely. */
CO_FN void mm_stop_rewriting(struct mm *mm, struct ctx *by);

/* Names the mapping at [start, end) for /proc/PID/maps. */
void mm_set_name(struct mm *mm, gaddr_t start, gaddr_t end, const char *name);
/* The mapping that holds addr, or the first one above it; NULL if there is none. */
struct vma *mm_find(struct mm *mm, gaddr_t addr);
struct vma *mm_next(struct vma *v);
void mm_verify(struct mm *mm); /* debug builds: order, alignment, merging, accounting */

/*
 * Identity of the futex word at addr, the same for all who share it: (mm, address) when private;
 * (inode or shared object, offset) when not. -EFAULT.
 */
struct futex_key { uint64_t object, offset; bool shared; };
int mm_futex_key(struct mm *mm, gaddr_t addr, bool private_, struct futex_key *ret);

/* ---- copying: on co_self()->mm, or on a named address space ---- */

/* All or nothing in meaning: 0, or -EFAULT (then dst is undefined, or the guest half-written). */
CO_FN int copyin(void *dst, gaddr_t src, size_t n);
CO_FN int copyout(gaddr_t dst, const void *src, size_t n);
/* The aligned word of a futex, for a waiter that is queued already; wakers call platform->words_woken()
 * first. */
CO_FN int mm_copyin_word(struct mm *mm, uint32_t *dst, gaddr_t src);
CO_FN int mm_copyin(struct mm *mm, void *dst, gaddr_t src, size_t n);
CO_FN int mm_copyout(struct mm *mm, gaddr_t dst, const void *src, size_t n);
/* How many bytes could be copied before a fault. */
CO_FN size_t mm_read_some(struct mm *mm, void *dst, gaddr_t src, size_t n);
CO_FN size_t mm_write_some(struct mm *mm, gaddr_t dst, const void *src, size_t n);
/*
 * As a debugger: what protections forbid is read all the same, and written after private memory was
 * copied, so that no file and no other process sees it. How many bytes could be moved.
 */
CO_FN size_t mm_access(struct mm *mm, gaddr_t addr, void *buf, size_t n, bool write);
/*
 * A string of at most size-1 bytes into buf, terminated. Returns its length, -EFAULT, or
 * -ENAMETOOLONG when there is no NUL within size bytes.
 */
CO_FN ssize_t copyin_str(char *buf, gaddr_t src, size_t size);
CO_FN ssize_t mm_copyin_str(struct mm *mm, char *buf, gaddr_t src, size_t size);

#define copyin_obj(ptr, src) copyin((ptr), (src), sizeof(*(ptr)))
#define copyout_obj(dst, ptr) copyout((dst), (ptr), sizeof(*(ptr)))

#endif
