/* SPDX-License-Identifier: Apache-2.0
 *
 * Types, macros and error codes that every file of the sentry uses.
 * Layer: core, below everything. Includes nothing of picket.
 */
#ifndef CORE_BASE_H
#define CORE_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint64_t gaddr_t; /* an address in a guest's address space: hostile, never dereferenced */
typedef int64_t ktime_t;  /* nanoseconds; of CLOCK_MONOTONIC unless said otherwise */

#define KTIME_NEVER INT64_MAX
#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define NSEC_PER_USEC 1000LL

/*
 * Marks a function that may yield: other coroutines, and so other guest tasks, may run before it
 * returns. After calling one, a caller re-checks whatever it knew about shared state. A function
 * that calls a CO_FN is itself one.
 */
#define CO_FN

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CLAMP(x, lo, hi) MIN(MAX(x, lo), hi)
#define UNUSED __attribute__((unused))
#define PRINTF_FMT(f, a) __attribute__((format(printf, f, a)))
#define NORETURN __attribute__((noreturn))

/* calloc for what is made and freed all the time: glibc's own passes its per-thread cache by. */
static inline void *zalloc(size_t n)
{
	void *p = malloc(n);

	return p ? memset(p, 0, n) : NULL;
}

#define PAGE_SHIFT 12
#define PAGE_SIZE ((uint64_t)1 << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_DOWN(x) ((uint64_t)(x) & PAGE_MASK)
#define PAGE_UP(x) (((uint64_t)(x) + PAGE_SIZE - 1) & PAGE_MASK)
#define TASK_SIZE ((gaddr_t)0x7ffffffff000ULL)

/*
 * Codes that travel inside the sentry and never reach a guest: a handler that was interrupted by a
 * signal returns one, and tasks/signal.c turns it into a restart or -EINTR (see signal(7)).
 * The values are Linux's own (include/linux/errno.h), as strace prints them.
 */
#define ERESTARTSYS 512           /* restart if SA_RESTART or no handler runs, else EINTR */
#define ERESTARTNOINTR 513        /* always restart */
#define ERESTARTNOHAND 514        /* restart if no handler runs, else EINTR */
#define ERESTART_RESTARTBLOCK 516 /* no handler: go on through restart_syscall(2), else EINTR */

#endif
