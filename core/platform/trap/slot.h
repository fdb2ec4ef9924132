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
 *
 * A trap comes in one of two forms. By signal: the host kernel wrote a whole signal frame into the
 * slot, and the way back is rt_sigreturn. By thunk (SLOT_FAST): a rewritten syscall jumped to
 * stub_fast_entry, which saved the general registers; FP state is still in the processor, and the way
 * back is a jump. CMD_FRAME turns the second form into the first.
 *
 * All that a fast trap and its answer need lies in the first cache line: each line more that goes
 * from one processor to the other costs as much as the whole call. The two after it are the stub's
 * alone. While one side looks at the line, each time that the other begins to write to it makes it
 * travel: so both write all that they have to say at once, right before the state.
 *
 * What a call reads from guest memory comes along in the slot's buffer (SLOT_COPIED), and what it
 * writes goes back there (SLOT_F_OUT): both as struct slot_copy with the bytes after it, one after
 * the other, eight bytes aligned.
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
#define SLOT_BUF_SIZE (SLOT_STACK_OFF - SLOT_BUF_OFF)
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
#define SLOT_RESUMED 4 /* posted: CMD_RESUME with no operations and no bases to set */
/* Added to TRAPPED and ASLEEP: */
#define SLOT_FAST 8    /* by thunk */
#define SLOT_COPIED 16 /* what the call reads is in the buffer */
#define SLOT_FAULT 32  /* no new trap: what the answer brought couldn't be written */
#define SLOT_CROWDED 64 /* with ASLEEP: at once, since the sentry was on the same processor */
#define SLOT_HOW (SLOT_FAST | SLOT_COPIED | SLOT_FAULT | SLOT_CROWDED)

#define CMD_RESUME 0 /* run ops[0..nops), then enter the frame; trap again if one failed */
#define CMD_OPS 1    /* run ops[0..nops), then trap */
#define CMD_FORK 2   /* receive a slot memfd and a socket, clone a process, trap. The child begins in the
                        same slot of its own memory, as a trap by thunk if `arg` there is SLOT_FAST */
#define CMD_CLONE 3  /* clone a thread that starts in slot `arg`, trap */
#define CMD_EXIT 4   /* end this thread */
#define CMD_FRAME 5  /* of a fast trap: trap again, by signal, with all registers as they are */

#define SLOT_F_SET_FS 1
#define SLOT_F_SET_GS 2
#define SLOT_F_NO_SPIN 4 /* the sentry will not answer soon: sleep at once */
#define SLOT_F_OUT 8     /* with SLOT_RESUMED: bytes to be written, at this offset in the buffer: */
#define SLOT_F_OUT_SHIFT 8

/* The longest piece: lines that travel between processors twice cost more than a call of the host's. */
#define SLOT_COPY_MAX 2048

#define OP_MAY_FAIL 2
#define OP_FD 1 /* args[4] is the number of a descriptor that came with the batch */
#define OP_CMPXCHG 0xffff /* pseudo call: args: address, pointer to old (in the slot), new value */
#define OP_POKE 0xfffe    /* pseudo call: args: address, bytes (at most 8, in a word), their number */
#define OP_ZERO 0xfffd    /* pseudo call: args: address, number of bytes */
#define OP_PATCH 0xfffb   /* pseudo call: args: array of struct stub_patch (in the slot), its length */
#define OP_COPY 0xfffc    /* pseudo call: args: address, where the bytes are (in the slot), their number */

/* Exact flags, also in the filter. */
#define STUB_THREAD_FLAGS 0x01250f00 /* CLONE_{VM,FS,FILES,SIGHAND,THREAD,SYSVSEM,CHILD_SETTID,CHILD_CLEARTID} */
#define STUB_FORK_FLAGS 0x00008011   /* CLONE_PARENT | SIGCHLD */

/* Offsets for the assembly; checked below. */
#define SLOT_RESULT 8
#define FAST_NR 128
#define FAST_RET 136
#define FAST_FLAGS 144
#define FAST_RBX 152
#define FAST_RBP 160
#define FAST_RSP 168
#define FAST_RDI 176
#define FAST_RSI 184
#define FAST_RDX 192
#define FAST_R10 200
#define FAST_R8 208
#define FAST_R9 216
#define FAST_R12 224
#define FAST_R13 232
#define FAST_R14 240
#define FAST_R15 248
#define SLOT_KICK_SEEN 256
#define SLOT_TID 260
#define SLOT_LOCAL 264
#define SLOT_LOCAL_CALLS 320
#define PARAMS_IN 64 /* in struct stub_params */
#define PARAMS_IN_LOCAL 6 /* in struct call_in */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "core/platform/calls.h"

/* The call of a fast trap, and its answer. */
struct fast_call {
	uint64_t rax; /* the number, then the result */
	uint64_t arg[6];
};

/* The registers of a fast trap. rcx and r11 are the syscall instruction's own. */
struct fast_regs {
	uint64_t nr;
	uint64_t ret; /* the thunk's tail: where guest code goes on */
	uint64_t flags;
	uint64_t rbx, rbp, rsp, rdi, rsi, rdx, r10, r8, r9, r12, r13, r14, r15;
};

struct stub_op {
	uint32_t nr;
	uint32_t flags;
	uint64_t args[6];
	int64_t result;
};

/* A change of code: all of a batch's or, if one isn't as it was, none. */
struct stub_patch {
	uint64_t addr, len;
	uint64_t was_addr, nr_was; /* what has to be there, around it */
	uint8_t was[24], new[24];
};

struct slot_copy {
	uint64_t addr; /* the guest's */
	uint32_t len;
	uint32_t more; /* SLOT_MORE: another one follows; above that: the epoch of a futex word, or 0 */
};
#define SLOT_MORE 1u
#define SLOT_EPOCH_SHIFT 1

#define SLOT_OPS_MAX 32
#define SLOT_FDS_MAX 8

struct slot {
	uint32_t state; /* SLOT_*: the futex word */
	uint32_t flags; /* SLOT_F_* */
	struct fast_call call;
	char unused[64]; /* processors fetch lines by pairs: the sentry shall not get the registers as well */
	struct fast_regs regs;
	uint32_t kick_seen; /* a kick came while the stub was between two looks: trap once more */
	uint32_t tid;       /* host thread id; cleared by the host kernel when the thread is gone */
	int64_t local[LOCAL_COUNT]; /* answers by enum call_local; -1: to be asked for */
	uint64_t local_calls;       /* answered so */
	uint64_t rang;              /* the processor's count when the doorbell was last rung, */
	uint32_t rang_cpu;          /* and which one that was */
	uint32_t cmd;       /* CMD_* */
	uint32_t nops;
	uint32_t arg;
	uint32_t ops_done;  /* how many ops ran, the failing one included */
	uint32_t op_failed;
	uint32_t nfds;      /* descriptors that are received before the ops run, and closed after */
	/* the trap by signal: where the frame lies, as offsets in this slot */
	uint32_t signo;
	uint32_t uc_off;
	uint32_t info_off;
	uint64_t fs_base, gs_base;
	int64_t result; /* of CMD_FORK and CMD_CLONE */
	struct stub_op ops[SLOT_OPS_MAX];
};
_Static_assert(offsetof(struct slot, call.rax) == SLOT_RESULT, "as the assembly has it");
_Static_assert(offsetof(struct slot, unused) == 64, "a call fills one line");
_Static_assert(offsetof(struct slot, regs.nr) == FAST_NR, "as the assembly has it");
_Static_assert(offsetof(struct slot, regs.r15) == FAST_R15, "as the assembly has it");
_Static_assert(offsetof(struct slot, kick_seen) == SLOT_KICK_SEEN, "as the assembly has it");
_Static_assert(offsetof(struct slot, tid) == SLOT_TID, "as the assembly has it");
_Static_assert(offsetof(struct slot, local) == SLOT_LOCAL, "as the assembly has it");
_Static_assert(offsetof(struct slot, local_calls) == SLOT_LOCAL_CALLS, "as the assembly has it");
_Static_assert(sizeof(struct slot) <= SLOT_BUF_OFF, "the slot's header fits its page");

struct stub_params {
	uint32_t sentry_sleeps; /* the sentry waits in the host: ring the doorbell */
	uint32_t spin;          /* the processor's counts for which to look at the state before sleeping */
	uint32_t has_fsgsbase;
	uint32_t epoch;         /* changes before waiters of a futex are woken; 31 bits, never 0 */
	uint32_t sentry_cpu;    /* where the sentry runs, as rdtscp tells it */
	uint32_t hold, look;    /* pauses before the first look at the state, and between two */
	uint32_t stamps;        /* note when and where the doorbell is rung */
	uint32_t unused[8];
	struct call_in in[CALLS_MAX];
};
_Static_assert(offsetof(struct stub_params, in) == PARAMS_IN, "as the assembly has it");
_Static_assert(offsetof(struct call_in, local) == PARAMS_IN_LOCAL, "as the assembly has it");
_Static_assert(sizeof(struct stub_params) <= 4096, "a page holds them");


#endif
#endif
