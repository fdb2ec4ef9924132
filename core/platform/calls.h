/* SPDX-License-Identifier: Apache-2.0
 *
 * What a platform may know of system calls, so that it can bring along what they read from guest
 * memory, leave it to the guest's side to put there what they write, and answer those whose answer
 * doesn't change. Filled from the table of system calls; also read by the freestanding stub, so it
 * includes nothing of ours. Layer: core.
 */
#ifndef CORE_PLATFORM_CALLS_H
#define CORE_PLATFORM_CALLS_H

#define CALLS_MAX 448 /* numbers from here on are never copied for */
#define CALL_COPIES 3

#ifndef __ASSEMBLER__
#include <stdint.h>

/* A copy: which argument is the address (3 bits), of what kind it is (3), how long (10). */
enum call_copy_kind {
	COPY_NONE,
	COPY_STR,   /* a string with its end */
	COPY_BYTES, /* `size` bytes */
	COPY_BUF,   /* argument `count` items of 1, 2, 4 ... 64 bytes each */
	COPY_IOV,   /* in: argument `count` struct iovec; shift 1: also what they point to */
	COPY_MSG,   /* in: a struct msghdr and what it points to; shift 1: also the data */
	COPY_WORD,  /* in: the aligned word of a futex(2) that is to wait: see ctx_read_word() */
	COPY_ANY,   /* out: wherever the call writes to */
};
#define CALL_COPY(arg, kind) ((uint16_t)((arg) | (kind) << 3))
#define CALL_COPY_BYTES(arg, size) ((uint16_t)((arg) | COPY_BYTES << 3 | (size) << 6))
#define CALL_COPY_ITEMS(arg, kind, count, shift)                                                   \
	((uint16_t)((arg) | (kind) << 3 | (count) << 6 | (shift) << 9))
#define COPY_ARG(c) ((c) & 7u)
#define COPY_KIND(c) ((c) >> 3 & 7u)
#define COPY_SIZE(c) ((c) >> 6)
#define COPY_COUNT(c) ((c) >> 6 & 7u)
#define COPY_SHIFT(c) ((c) >> 9 & 7u)
#define COPY_SIZE_MAX 1023

/* Answers that hold until somebody says otherwise: ctx_set_local(). For numbers below 256 alone. */
enum call_local { LOCAL_NONE, LOCAL_PID, LOCAL_TID, LOCAL_UID, LOCAL_EUID, LOCAL_GID, LOCAL_EGID, LOCAL_COUNT };

/* On the way in, and which answer may be known. */
struct call_in {
	uint16_t copy[CALL_COPIES];
	uint8_t local; /* enum call_local */
	uint8_t unused;
};

/* All that is known; filled before a platform starts, by number. */
struct platform_calls {
	struct call_in in[CALLS_MAX];
	uint16_t out[CALLS_MAX][CALL_COPIES];
};

#endif
#endif
