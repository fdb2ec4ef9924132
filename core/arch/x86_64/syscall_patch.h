/* SPDX-License-Identifier: Apache-2.0
 *
 * Turning a syscall instruction into a jump to a thunk: which bytes change, and what the thunk is.
 * Only bytes go in and come out; core/platform/trap/rewrite.c puts them in place. Layer: core.
 *
 * A thunk:
 *	[mov $nr,%eax]              what the jump overwrote in front of the instruction
 *	lea tail(%rip),%rcx
 *	jmp *entry(%rip)
 *	syscall                     the slow way, just before the tail
 * tail:	lea after(%rip),%rcx
 *	[instructions after the syscall that the jump overwrote]
 *	jmp resume
 */
#ifndef CORE_ARCH_X86_64_SYSCALL_PATCH_H
#define CORE_ARCH_X86_64_SYSCALL_PATCH_H

#include "core/base.h"

#define THUNK_SIZE 64
#define PATCH_MAX 20
#define PATCH_MOVED_MAX 5
#define PATCH_CONTEXT_MAX 24
/* A byte that is no instruction in 64-bit code: SIGILL. */
#define PATCH_INVALID 0x06

struct syscall_patch {
	gaddr_t start;  /* of the overwritten bytes */
	gaddr_t after;  /* the pc after the syscall instruction */
	unsigned len;   /* overwritten bytes; the guest goes on at start + len */
	bool mov;       /* the jump replaced `mov $nr,%eax`: the syscall itself is intact */
	uint32_t nr;
	uint8_t old[PATCH_MAX];
	/* all bytes that decided about this: nr_context of them from before the start on */
	uint8_t before, nr_context;
	uint8_t context[PATCH_CONTEXT_MAX];
	/* what has to be done elsewhere: offsets of the instructions after the syscall, from start */
	unsigned nr_moved;
	uint8_t moved[PATCH_MOVED_MAX], moved_len[PATCH_MOVED_MAX];
	/* filled by syscall_patch_emit */
	uint8_t new[PATCH_MAX];
	uint8_t tail;                          /* offset in the thunk */
	uint8_t moved_to[PATCH_MOVED_MAX];     /* likewise */
	uint8_t resume;                        /* of the last jump */
};

/*
 * Plans the change of the syscall that ends at `after` and called nr, given n bytes of code from
 * code_addr. 0, or -EINVAL when it can't be done.
 */
int syscall_patch_plan(struct syscall_patch *p, gaddr_t after, uint64_t nr, const uint8_t *code,
                       gaddr_t code_addr, size_t n);
/* Is there a fitting place every 64 KiB? Else it is one in 16 MiB, or rarer: not worth an area. */
bool syscall_patch_near(const struct syscall_patch *p);
/*
 * May the thunk be at this address? A jump's bytes where instructions began must be invalid ones, so
 * that whoever jumps there is noticed.
 */
bool syscall_patch_fits(const struct syscall_patch *p, gaddr_t thunk);
/* The bytes for a thunk there; `entry` is the address of the word that holds the entry's address. */
int syscall_patch_emit(struct syscall_patch *p, gaddr_t thunk, gaddr_t entry,
                       uint8_t code[THUNK_SIZE]);

#endif
