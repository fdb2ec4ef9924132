/* SPDX-License-Identifier: Apache-2.0
 *
 * The platform interface: how guest code runs and traps. A platform offers address spaces (as) and
 * guest contexts (ctx), nothing else. Only core/mm and tasks call it. Layer: core.
 *
 * Guest memory is real memory of the host process (the stub) that holds the address space; the
 * host kernel handles page faults, copy-on-write and fork. The sentry decides, the stub executes.
 */
#ifndef CORE_PLATFORM_PLATFORM_H
#define CORE_PLATFORM_PLATFORM_H

#include "core/arch/arch.h"
#include "core/base.h"
#include "core/platform/calls.h"
#include "core/co.h"

struct as;  /* one host address space: a stub process */
struct ctx; /* one guest context: a stub thread */

enum trap_kind {
	TRAP_SYSCALL,     /* sc is valid; the pc is after the instruction */
	TRAP_FAULT,       /* a synchronous signal: fault is valid */
	TRAP_INTERRUPTED, /* a kick, or nothing in particular: look for pending work */
	TRAP_DIED,        /* the stub is gone (host OOM, or it damaged itself): as SIGKILL */
	TRAP_OP_FAILED,   /* an operation left for later did, with op_error; nothing else has happened */
};

struct trap {
	enum trap_kind kind;
	union {
		struct {
			uint32_t arch; /* AUDIT_ARCH_*: anything but the native one is a foreign call */
			gaddr_t site;  /* the pc after the instruction, if that could be rewritten; else 0 */
			bool due;      /* it should be, for the sake of this process alone */
			uint64_t nr;
			uint64_t args[6];
		} sc;
		struct {
			int signo; /* SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP */
			int code;  /* si_code */
			gaddr_t addr;
			uint64_t trapno, error; /* for the guest's mcontext */
			bool rewriting; /* it stepped into a rewritten call: undo that and go on */
		} fault;
		int op_error; /* negative errno */
	};
};

enum as_op_kind { AS_MAP, AS_UNMAP, AS_PROTECT, AS_REMAP, AS_ADVISE, AS_ZERO, AS_WRITE, AS_PATCH };

/* One change of an address space, done by the stub. All addresses are page-aligned and checked, but those
 * of ZERO and WRITE, which fill memory as the guest could do itself: -EFAULT. */
struct as_op {
	enum as_op_kind kind;
	gaddr_t addr;
	uint64_t len;
	int prot;       /* MAP, PROTECT: PROT_* */
	int flags;      /* MAP: MAP_PRIVATE or MAP_SHARED, with MAP_ANONYMOUS, NORESERVE, POPULATE,
	                   GROWSDOWN ...; MAP_FIXED is added. REMAP: MREMAP_* */
	int fd;         /* MAP without MAP_ANONYMOUS: a host descriptor of the sentry; borrowed */
	uint64_t off;   /* MAP: file offset */
	gaddr_t new_addr; /* REMAP: target (MREMAP_FIXED is added when it differs) */
	uint64_t new_len; /* REMAP */
	int advice;     /* ADVISE: MADV_* */
	const void *bytes; /* WRITE: len of them, at most AS_WRITE_MAX; borrowed */
	struct text *text; /* PATCH: len bytes of this file from off, text that is mapped read-execute so that
	                      the file's first byte would be at addr; its area is mapped */
	bool later;     /* the answer to a system call, whose context may carry it out as it goes on: then the
	                   result is 0 for now, and the trap that ctx_run gives next tells of a failure */
	bool may_fail;  /* no matter if it does */
	long result;    /* out: 0 (or the address) or negative errno */
};

#define AS_WRITE_MAX 12000

/* A system call instruction that keeps trapping the slow way, and the code around it. */
struct as_rewrite {
	gaddr_t after;         /* the pc after it */
	uint64_t nr;           /* what it called */
	const uint8_t *code;   /* n bytes from code_addr: all of it may be read and executed, none written */
	gaddr_t code_addr;
	size_t n;
	struct text *text;     /* of the file that it is in, or NULL */
	gaddr_t base;          /* where that file's first byte would be */
	bool common;           /* calls are made there in many processes */
	bool elsewhere;        /* the file's area can't be mapped in this one */
};
struct text; /* what is known of a file's code: system calls that were rewritten in some process */
#define AS_THUNK_AREA 0x40000 /* bytes of a mapping for thunks, */
#define AS_THUNK_REACH 0x7f000000 /* at most this far from the code */

struct platform_limits {
	gaddr_t window_start, window_end; /* the stub's own part of the address space: no guest mapping */
};

struct platform {
	const char *name;
	struct platform_limits limits;

	/* Called once by the sentry, before the loop starts, after caging what must be. */
	int (*init)(void);
	void (*done)(void);
	/* Waits for what init has begun; before the first as_new, or that does. */
	CO_FN int (*ready)(void);

	/* ---- address spaces ---- */

	/* An empty address space with one context, whose registers are undefined until set. */
	CO_FN int (*as_new)(struct as **ret, struct ctx **ret_ctx);
	/*
	 * Host fork of the address space of `parent` (which must be trapped): private memory becomes
	 * copy-on-write. *ret_ctx starts as a copy of parent, registers and FP state included.
	 * -EAGAIN or -ENOMEM from the host.
	 */
	CO_FN int (*as_fork)(struct ctx *parent, struct as **ret, struct ctx **ret_ctx);
	/* Kills the stub and forgets it. All its contexts must have been destroyed. */
	void (*as_destroy)(struct as *as);
	/*
	 * Optional, NULL when not offered: the address space of ctx, its only context, is about to be emptied
	 * and used for another program. ctx is whole. What was known of it is forgotten but for the mappings.
	 * Only between programs that may do the same: whatever else the guest did to its stub stays.
	 */
	void (*as_renew)(struct ctx *ctx);
	/*
	 * Runs n operations in order on the address space of `by` (trapped), stopping after the first
	 * that fails; returns its error, or 0. The caller holds the mm's lock.
	 */
	CO_FN int (*as_exec)(struct ctx *by, struct as_op *ops, unsigned n);
	/*
	 * Copy between the sentry and the address space. Return the number of bytes copied, short at
	 * the first page that faults; respect the page protections. Never fail half a page silently.
	 */
	CO_FN size_t (*as_read)(struct as *as, void *dst, gaddr_t src, size_t n);
	CO_FN size_t (*as_write)(struct as *as, gaddr_t dst, const void *src, size_t n);
	/*
	 * Optional, NULL when not offered: as a debugger, whom page protections don't stop. Private
	 * memory that can't be written is copied first (FOLL_FORCE); shared memory stays protected.
	 */
	CO_FN size_t (*as_access)(struct as *as, gaddr_t addr, void *buf, size_t n, bool write);
	/* Optional: process_madvise(2) from outside, for hints alone. -EPERM: the host doesn't let us. */
	CO_FN int (*as_advise)(struct as *as, gaddr_t addr, uint64_t len, int advice);
	/* Locked instructions on an aligned word; -EFAULT. Compare-exchange: *old is in and out. */
	CO_FN int (*as_cmpxchg32)(struct as *as, gaddr_t addr, uint32_t *old, uint32_t val);
	/* Host process id of the stub, for resource usage. */
	pid_t (*as_pid)(struct as *as);

	/*
	 * Optional, NULL when not offered: a full memory barrier on every thread of by's address space
	 * that is in guest code, with sync_core also of instruction fetches: membarrier(2).
	 */
	CO_FN int (*as_barrier)(struct ctx *by, bool sync_core);
	/* mincore(2) on n pages (at most AS_RESIDENT_MAX) from addr, all of them mapped. */
#define AS_RESIDENT_MAX 8192
	CO_FN int (*as_resident)(struct ctx *by, gaddr_t addr, unsigned n, unsigned char *vec);

	/*
	 * Optional, NULL when not offered: makes a system call faster by changing its code, which the
	 * guest doesn't see but by reading it. as_rewrite: 0; -ENOSPC: wants an area that as_thunk_area
	 * gives a descriptor for, to be mapped read-execute and private at addr; -EINVAL: can't be done,
	 * nor later. as_forget: the code is going away; as_restore: it is to be as it was.
	 */
	CO_FN int (*as_rewrite)(struct ctx *by, const struct as_rewrite *rq);
	int (*as_thunk_area)(struct as *as, gaddr_t addr);
	void (*as_forget)(struct as *as, gaddr_t start, gaddr_t end);
	CO_FN int (*as_restore)(struct ctx *by, gaddr_t start, gaddr_t end);
	/*
	 * The same for files: all processes that map a file share one area for its thunks, which ends where the
	 * file's first byte is, or would be: at base. text_area gives the descriptor to map it by (borrowed).
	 * as_add_text: it is mapped. text_wanted: is there something to be changed (AS_PATCH) when these bytes
	 * of the file are mapped?
	 */
	struct text *(*text_new)(void);
	void (*text_free)(struct text *t);
	int (*text_area)(struct text *t);
	bool (*as_has_text)(struct as *as, const struct text *t, gaddr_t base);
	int (*as_add_text)(struct as *as, struct text *t, gaddr_t base);
	bool (*text_wanted)(struct text *t, uint64_t off, uint64_t len);
	/* The next call to be changed that isn't in as, from *off on: the pc after it, as an offset in the file. */
	bool (*text_next)(struct text *t, struct as *as, gaddr_t base, uint64_t *off, uint64_t end,
	                  uint64_t *after, uint64_t *nr);

	/*
	 * Optional, NULL when not offered: copies that cost no call of the host's. ctx_read: how many of
	 * the n bytes at src came along with the call that ctx made; the rest is for as_read. ctx_write,
	 * to be asked before each write: true when the bytes will be at dst before ctx goes on in guest
	 * code, or before anything else is done in its address space for its sake; false when they are
	 * for as_write. own: as far as is known dst can be written, and no other address space maps it.
	 * ctx_publish: others are told of what the call did, and may look there before ctx goes on.
	 */
	size_t (*ctx_read)(struct ctx *ctx, struct as *as, void *dst, gaddr_t src, size_t n);
	bool (*ctx_write)(struct ctx *ctx, struct as *as, gaddr_t dst, const void *src, size_t n,
	                  bool own);
	void (*ctx_publish)(struct ctx *ctx);
	/*
	 * Optional, NULL when not offered: the aligned word at addr, which came along with the call that
	 * ctx made, unless words_woken() was called since it was loaded. Whoever wakes those who wait for
	 * words calls that first: so what is gone to sleep for is never older than a wake-up.
	 */
	bool (*ctx_read_word)(struct ctx *ctx, struct as *as, gaddr_t addr, uint32_t *ret);
	void (*words_woken)(void);
	/* Optional: what ctx may answer by itself; -1: nothing, it is to ask. */
	void (*ctx_set_local)(struct ctx *ctx, enum call_local which, int64_t answer);

	/* ---- contexts ---- */

	/* A new thread in the address space of `by` (trapped): a copy of by's registers and FP state. */
	CO_FN int (*ctx_new)(struct ctx *by, struct ctx **ret);
	/* Ends the thread. Not while it runs guest code unless it has died. Yields until it is gone. */
	void (*ctx_destroy)(struct ctx *ctx);
	/* Lets guest code run until the next trap, which is stored in *ret. */
	CO_FN void (*ctx_run)(struct ctx *ctx, struct trap *ret);
	/* Makes a context that is in guest code trap soon (TRAP_INTERRUPTED). Else does nothing. */
	void (*ctx_kick)(struct ctx *ctx);
	/* Tells a trapped context's stub thread that it will not run for a while: it may sleep now. */
	void (*ctx_blocked)(struct ctx *ctx);

	/*
	 * Registers and FP state can be set, and FP state read, only after this: a trap may have come in a
	 * way that saved less. Yields. -ESRCH: the stub died.
	 */
	CO_FN int (*ctx_whole)(struct ctx *ctx);

	/*
	 * Carries out what was left for later. To be called by who doesn't go on with ctx_run at once. 0, or
	 * the operation's error.
	 */
	CO_FN int (*ctx_settle)(struct ctx *ctx);

	/* The following are for trapped contexts only. */
	void (*ctx_get_regs)(struct ctx *ctx, struct arch_regs *regs);
	void (*ctx_set_regs)(struct ctx *ctx, const struct arch_regs *regs); /* sanitised */
	void (*ctx_set_result)(struct ctx *ctx, int64_t result); /* syscall return register alone */
	/* FP state in the format of a signal frame (XSAVE, with sw_reserved); *len in: room, out: size.
	 * -EINVAL when the state is not acceptable; a NULL buf in set resets to the initial state. */
	size_t (*ctx_fp_size)(struct ctx *ctx);
	void (*ctx_get_fp)(struct ctx *ctx, void *buf, size_t len);
	int (*ctx_set_fp)(struct ctx *ctx, const void *buf, size_t len);
	/* Thread pointer (fs base on x86-64) and gs base. */
	gaddr_t (*ctx_get_tls)(struct ctx *ctx, int which); /* which: ARCH_SET_FS or ARCH_SET_GS */
	void (*ctx_set_tls)(struct ctx *ctx, int which, gaddr_t base);
	/* User and system time of the context since it was made, in ns; zero where that isn't known. */
	void (*ctx_cputime)(struct ctx *ctx, uint64_t *utime, uint64_t *stime);
};

/* What the command line says; set before init. */
enum cpu_policy {
	CPU_BALANCED, /* wait busily for as long as a wake-up costs */
	CPU_LATENCY,  /* for much longer */
	CPU_FRUGAL,   /* never */
};

struct platform_options {
	enum cpu_policy cpu_policy;
	bool no_rewrite; /* leave system call instructions that are used often as they are */
};
extern struct platform_options platform_options;

extern struct platform_calls platform_calls; /* set before init: core/platform/calls.h */

/* How traps came and bytes went, since the start: for --stats. */
struct platform_stats {
	uint64_t by_signal, by_thunk, local; /* traps; calls answered without one */
	uint64_t copied_slot, copied_host;   /* copies: brought along or left to the stub; by a host call */
	uint64_t rewritten, unfit, known; /* sites; known: from another process */
};
extern struct platform_stats platform_stats;

/* The platform in use; set once at start. */
extern const struct platform *platform;
/* Looks one up by name: NULL with errno-style *ret_err (-ENOSYS: known but not built in). */
const struct platform *platform_find(const char *name, int *ret_err);

#endif
