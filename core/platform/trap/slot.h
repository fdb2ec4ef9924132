/* SPDX-License-Identifier: Apache-2.0
 *
 * The slot protocol of the trap platform: what a stub thread and the sentry say to each other
 * through shared memory, and where that memory is. Shared by the sentry and the freestanding stub.
 *
 * Everything in a slot can be written by the guest at any time. The sentry copies, then checks.
 *
 *   GUEST --trap--> TRAPPED --(stub gave up spinning)--> ASLEEP
 *     ^                |                                   |
 *     |             sentry posts a command and sets POSTED (waking a stub that is ASLEEP)
 *     +--CMD_RESUME--- POSTED --other commands--> done, TRAPPED again
 */
#ifndef CORE_PLATFORM_TRAP_SLOT_H
#define CORE_PLATFORM_TRAP_SLOT_H

/* ---- the window: the stub's part of every guest address space ---- */

/* Inside a hole that neither ASan, TSan nor MSan wants for a shadow, and Go and Java don't use. */
#define STUB_WINDOW 0x7d0000000000
#define STUB_TEXT STUB_WINDOW                     /* read, execute */
#define STUB_TEXT_MAX 0x10000
#define STUB_PARAMS (STUB_WINDOW + 0x10000)       /* read-only, one page for all stubs */
#define STUB_PRIVATE (STUB_WINDOW + 0x20000)      /* private memory: the stack across a fork */
#define STUB_PRIVATE_SIZE 0x4000
#define STUB_SLOTS (STUB_WINDOW + 0x1000000)      /* shared with the sentry alone */
#define SLOT_SHIFT 15
#define SLOT_SIZE (1 << SLOT_SHIFT)
#define SLOTS_MAX 8192
#define STUB_WINDOW_END (STUB_WINDOW + 0x20000000)

/* Inside a slot: header, buffer, and the alternate signal stack at the end. */
#define SLOT_BUF_OFF 4096
#define SLOT_STACK_OFF (16 << 10)
#define SLOT_STACK_SIZE (SLOT_SIZE - SLOT_STACK_OFF)
/* Frames fill at most the upper half; a thread that has no frame yet starts on the lower one. */
#define SLOT_LOWER_STACK (SLOT_STACK_OFF + SLOT_STACK_SIZE / 2)

/* Descriptors of a stub. Its seccomp filter names them. */
#define STUB_SOCK_FD 3
#define STUB_BELL_FD 4

#define STUB_KICK_SIGNAL 34

/* ---- the header ---- */

#define SLOT_GUEST 0
#define SLOT_TRAPPED 1
#define SLOT_ASLEEP 2
#define SLOT_POSTED 3

#define CMD_RESUME 0 /* run ops[0..nops), then enter the frame; trap again if one failed */
#define CMD_OPS 1    /* run ops[0..nops), then trap */
#define CMD_FORK 2   /* receive a slot memfd and a socket, clone a process, trap */
#define CMD_CLONE 3  /* clone a thread that starts in slot `arg`, trap */
#define CMD_EXIT 4   /* end this thread */

#define SLOT_F_SET_FS 1
#define SLOT_F_SET_GS 2
#define SLOT_F_NO_SPIN 4 /* the sentry will not answer soon: sleep at once */

#define OP_RECV_FD 1 /* receive a descriptor first, use it as args[4], close it after */
#define OP_CMPXCHG 0xffff /* pseudo call: args: address, pointer to old (in the slot), new value */

/* Exact flags, also in the filter. */
#define STUB_THREAD_FLAGS 0x01250f00 /* CLONE_{VM,FS,FILES,SIGHAND,THREAD,SYSVSEM,CHILD_SETTID,CHILD_CLEARTID} */
#define STUB_FORK_FLAGS 0x00008011   /* CLONE_PARENT | SIGCHLD */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct stub_op {
	uint32_t nr;
	uint32_t flags;
	uint64_t args[6];
	int64_t result;
};

#define SLOT_OPS_MAX 32

struct slot {
	uint32_t state;   /* SLOT_*: the futex word */
	uint32_t tid;     /* host thread id; cleared by the host kernel when the thread is gone */
	uint32_t cmd;     /* CMD_* */
	uint32_t nops;
	uint32_t flags;   /* SLOT_F_* */
	uint32_t arg;
	uint32_t ops_done; /* how many ops ran, the failing one included */
	uint32_t op_failed;
	/* the trap: where the signal frame lies, as offsets in this slot */
	uint32_t signo;
	uint32_t uc_off;
	uint32_t info_off;
	uint32_t pad;
	uint64_t fs_base, gs_base;
	int64_t result; /* of CMD_FORK and CMD_CLONE */
	struct stub_op ops[SLOT_OPS_MAX];
};
_Static_assert(sizeof(struct slot) <= SLOT_BUF_OFF, "the slot's header fits its page");

struct stub_params {
	uint32_t sentry_sleeps; /* the sentry waits in the host: ring the doorbell */
	uint32_t spin;          /* iterations to look at the state before sleeping */
	uint32_t has_fsgsbase;
};


#endif
#endif
