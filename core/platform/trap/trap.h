/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to the trap platform: the sentry's view of stubs. See slot.h for the protocol and
 * docs/architecture.md for the whole.
 */
#ifndef CORE_PLATFORM_TRAP_TRAP_H
#define CORE_PLATFORM_TRAP_TRAP_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "core/platform/platform.h"
#include "core/platform/trap/slot.h"

static inline bool slot_has_trapped(uint32_t state)
{
	state &= ~(uint32_t)SLOT_HOW;
	return state == SLOT_TRAPPED || state == SLOT_ASLEEP;
}

enum ctx_state {
	CTX_TRAPPED, /* the stub thread waits for a command */
	CTX_POSTED,  /* the stub thread has the word: guest code, or a command */
};

#define ARGS_IN_MAX 24
#define ARGS_OUT_MAX 16

/* Guest memory that is in the slot's buffer. */
struct arg_copy {
	gaddr_t addr;
	uint32_t len, off; /* off: of the bytes, in the buffer */
	uint32_t epoch;    /* of a futex word; 0: it is none */
};

/* The call of a fast trap, what came along with it, and what goes back: args.c. */
struct args {
	uint64_t nr, arg[6];
	uint64_t result;         /* rax: written to the slot with the state */
	bool looked;             /* in[] is filled */
	bool at_once;            /* nothing is left to the stub */
	bool out_failed;         /* something couldn't be written: the call's result is EFAULT */
	unsigned nr_in, nr_out;
	uint32_t end;            /* of all that is in the buffer */
	uint32_t last_out;       /* the last one's header, in the buffer */
	struct arg_copy in[ARGS_IN_MAX], out[ARGS_OUT_MAX];
};

struct ctx {
	struct as *as;
	unsigned index; /* of the slot */
	struct slot *slot;
	enum ctx_state state;
	pid_t tid;
	struct co *waiting; /* to ready when it traps */
	struct co *owner;   /* ran it last: nobody else may post to it while it is trapped */
	bool waking;        /* it was asleep, and hasn't shown yet that it runs */
	/* steer.c */
	bool blocked;       /* its task has, since it was last in guest code */
	bool pinned;        /* to the sentry's processor */
	unsigned wild;      /* it computed lately: times that it has to block before it is pinned again */
	uint32_t runs, runs_seen; /* stays in guest code; at the last tick */
	TAILQ_ENTRY(ctx) pinned_entry;
	bool in_guest;      /* the command in progress is CMD_RESUME */
	bool takes_long;    /* the command in progress does: to be slept for */
	unsigned later;     /* operations in the slot that go with the next command */
	struct {
		struct text *text; /* NULL: nothing; else which of the operations changes code */
		unsigned op;
		gaddr_t base;
		uint64_t off, len;
	} patch;
	bool kicked;        /* a kick is on its way and no trap has shown it */
	struct timer deaf;  /* a stub that doesn't answer while this is armed is killed */
	/* copied and checked at the last trap */
	bool in_thunk;      /* it was a thunk's instruction that trapped */
	uint32_t came;      /* what the slot's state said: SLOT_HOW */
	bool fast;          /* it came by a thunk: there is no frame, see trap_ctx_whole() */
	uint32_t uc_off, fp_off;
	int signo;
	struct args args;   /* of a fast trap */
	uint64_t fs_base, gs_base;
	bool set_fs, set_gs;
	bool own_gs;        /* the guest uses gs itself: no thunks for this thread */
	TAILQ_ENTRY(ctx) posted_entry;
	LIST_ENTRY(ctx) as_entry;
};

struct as {
	pid_t pid;           /* 0 until the host has vouched for it */
	pid_t claimed;       /* before that: what the parent's stub says, trusted with nothing */
	bool dead;           /* the stub process is gone */
	bool threaded;       /* it has had more than one thread */
	bool clone_expected; /* one process clone may pass the filter */
	int sock;            /* sends descriptors to the stub */
	int slots_fd;
	char *slots; /* SLOTS_MAX * SLOT_SIZE bytes */
	uint32_t used[SLOTS_MAX / 32];    /* slots with a ctx, or whose thread is still ending */
	uint32_t leaving[SLOTS_MAX / 32]; /* no ctx any more: free once the host cleared slot->tid */
	struct comutex lock; /* descriptors in flight, and forks: one at a time */
	struct rewrites *rewrites; /* rewrite.c; NULL: none yet */
	LIST_HEAD(, ctx) ctxs;
	RB_ENTRY(as) by_pid;
	TAILQ_ENTRY(as) spare_entry;
	struct ctx *spare_ctx;
};

/* Shared state of the platform. */
struct trap_global {
	struct stub_params *params; /* writable view of the page that stubs read */
	int params_fd;              /* read-only */
	int text_fd;
	int bell;                   /* eventfd: rung by stubs when the sentry sleeps */
	int listener;               /* seccomp notifications of all stubs */
	bool ops_succeed;           /* but for lack of memory: they may be left for later */
	uint32_t fp_size;           /* bytes of XSAVE state in a frame, with the trailing magic */
	pid_t others[8]; /* children of ours that were there before */
	int nr_others;
	struct as *zygote;
	struct ctx *zygote_ctx;
	enum { ZYGOTE_STARTS, ZYGOTE_READY, ZYGOTE_FAILED } zygote_state;
};
extern struct trap_global trap_g;

/* filter.c: the program, malloc'd instructions in *ret. */
struct sock_fprog;
int trap_filter_build(struct sock_fprog *ret);

/* zygote.c */
int trap_zygote_start(void); /* forks it; what it does then goes on beside the sentry */
CO_FN int trap_zygote_ready(void);

/* as.c */
int trap_as_alloc(struct as **ret, int *stub_sock);
void trap_as_free(struct as *as);
void trap_as_publish(struct as *as); /* pid is known: can be found by it */
int trap_send_fds(int sock, const int *fds, unsigned n); /* with one byte; negative errno */
struct as *trap_as_find(pid_t pid);
struct as *trap_as_find_tid(pid_t tid); /* the one with a context on this host thread */
struct as *trap_as_find_unborn(pid_t claimed); /* a fork's child that isn't published yet */
void trap_as_died(struct as *as);
CO_FN int trap_as_ready(void); /* begins to fork the first spare, too */
CO_FN int trap_as_new(struct as **ret, struct ctx **ret_ctx);
void trap_as_pool_done(void); /* ends the spares */
CO_FN int trap_as_fork(struct ctx *parent, struct as **ret, struct ctx **ret_ctx);
void trap_as_destroy(struct as *as); /* soon */
void trap_as_bury_all(void);         /* now */
void trap_as_renew(struct ctx *ctx);
CO_FN int trap_as_exec(struct ctx *by, struct as_op *ops, unsigned n);
CO_FN int trap_as_barrier(struct ctx *by, bool sync_core);
CO_FN int trap_as_resident(struct ctx *by, gaddr_t addr, unsigned n, unsigned char *vec);
CO_FN size_t trap_as_read(struct as *as, void *dst, gaddr_t src, size_t n);
CO_FN size_t trap_as_write(struct as *as, gaddr_t dst, const void *src, size_t n);
CO_FN size_t trap_as_access(struct as *as, gaddr_t addr, void *buf, size_t n, bool write);
CO_FN int trap_as_advise(struct as *as, gaddr_t addr, uint64_t len, int advice);
CO_FN int trap_as_cmpxchg32(struct as *as, gaddr_t addr, uint32_t *old, uint32_t val);
pid_t trap_as_pid(struct as *as);

/* ctx.c */
struct ctx *trap_ctx_alloc(struct as *as, unsigned index);
void trap_ctx_free(struct ctx *ctx);
/* Hands the word to the stub thread, waking it if it sleeps. */
void trap_ctx_post(struct ctx *ctx, uint32_t cmd);
/* From now on the stub thread must answer within bounded time. */
void trap_ctx_expect(struct ctx *ctx);
/* Posts cmd and sleeps until the stub thread has trapped again. 0, or -ESRCH when it died. */
CO_FN int trap_ctx_command(struct ctx *ctx, uint32_t cmd);
/* Sleeps until the stub thread, which is busy or just being born, has trapped. */
CO_FN int trap_ctx_await(struct ctx *ctx);
int trap_ctx_take_frame(struct ctx *ctx); /* copies and checks where the frame is */
CO_FN int trap_ctx_new(struct ctx *by, struct ctx **ret);
void trap_ctx_destroy(struct ctx *ctx);
CO_FN void trap_ctx_run(struct ctx *ctx, struct trap *ret);
void trap_ctx_kick(struct ctx *ctx);
void trap_ctx_blocked(struct ctx *ctx);
void trap_ctx_cputime(struct ctx *ctx, uint64_t *utime, uint64_t *stime);
bool trap_ctx_sleeps(const struct ctx *ctx); /* its stub thread does, in the host */
/* Is ctx->tid, a guest's word, a thread of its stub's process, and not one of ours or another's? */
bool trap_ctx_has_thread(const struct ctx *ctx);
unsigned trap_scan(void);
void trap_ctx_relax(void);
ktime_t trap_patience(void); /* how long to look for the next trap before sleeping */
bool trap_before_sleep(void);
void trap_after_sleep(void);

/* spin.c: for how long both sides look before they sleep */
void trap_spin_init(void);
bool trap_spins(void);
ktime_t trap_spin_patience(unsigned in_guest); /* how long to look, with so many stubs in guest code */
void trap_spin_hold(void); /* after a command was given, for as long as no answer can be there */
void trap_spin_look(void); /* between two looks */
void trap_relax(unsigned waking); /* stubs that were woken and haven't shown up yet */
void trap_spin_slept(void);
void trap_spin_woken(void);
void trap_spin_found(const struct slot *s, bool alone); /* a trap was found there; no other stub runs */

bool trap_spin_possible(void); /* there is more than one processor to use */
ktime_t trap_spin_cost(void);  /* of a wake-up, as measured */
void trap_spin_pause(bool on); /* nobody waits busily for now */

/* steer.c: on which processor stubs run */
void trap_steer(struct ctx *ctx); /* ctx is about to go on in guest code */
void trap_steer_inherit(const struct ctx *parent, struct ctx *child); /* the host has cloned it */
void trap_steer_forget(struct ctx *ctx);
/* A stub gets a command; crowded: it sleeps, since we have its processor. */
void trap_steer_gave(bool crowded);
bool trap_steer_together(void); /* some stubs are kept on our processor */
void trap_steer_done(void);

/* The processor's number that the host gave with rdtscp's, which has the node above it. */
static inline unsigned trap_stub_cpu(uint32_t tsc_aux)
{
	return tsc_aux & 0xfff;
}

/* beside.c: the sentry on the processor of a guest that computes */
struct ring {
	unsigned cpu;  /* where the stub is that woke us, as the host numbers it */
	bool near;     /* we were there, too */
	bool alone;    /* no other stub runs */
	ktime_t slept; /* before that; */
	ktime_t took;  /* and until its trap was found */
};
void trap_beside_rung(const struct ring *r);
/* A trap was found without having slept; dear: after looking for long. True: it should be slept for. */
bool trap_beside_awake(bool dear);
/* While a stub beside us is woken it is kept there: true if so, then it is to be released. */
bool trap_beside_hold(const struct ctx *ctx);
void trap_beside_release(const struct ctx *ctx);
void trap_beside_end(void);
void trap_beside_done(void);

/* args.c: what goes through the slot's buffer */
void trap_args_begin(struct ctx *ctx); /* a fast trap has come */
uint32_t trap_args_post(struct ctx *ctx); /* slot flags for going on */
/* Nothing is in the buffer any more: what waits to be written is, at once, by a host call. */
void trap_args_settle(struct ctx *ctx);
void trap_args_blocked(struct ctx *ctx); /* and for the rest of the call */
size_t trap_ctx_read(struct ctx *ctx, struct as *as, void *dst, gaddr_t src, size_t n);
bool trap_ctx_write(struct ctx *ctx, struct as *as, gaddr_t dst, const void *src, size_t n, bool own);
void trap_ctx_publish(struct ctx *ctx);
bool trap_ctx_read_word(struct ctx *ctx, struct as *as, gaddr_t addr, uint32_t *ret);
void trap_words_woken(void);
void trap_ctx_set_local(struct ctx *ctx, enum call_local which, int64_t answer);

/* ops.c: lists of operations in the slot */
/* To be called before a new one is written: nothing is left for later, and the buffer is free. */
CO_FN struct slot *trap_ops_begin(struct ctx *by);
/* The first n. 0, -ESRCH when the stub is gone, or the first error of one that must not fail. */
CO_FN int trap_ops_run(struct ctx *by, unsigned n);
/* The stub has carried out n: the same, without running them. */
int trap_ops_done(struct ctx *by, unsigned n);
/* Runs ctx->later. 0, or the error of what failed. */
CO_FN int trap_ctx_settle(struct ctx *ctx);

/* A fast trap becomes one by signal, with a frame. 0, -ESRCH when the stub died. */
CO_FN int trap_ctx_whole(struct ctx *ctx);

/* rewrite.c: syscall instructions that have become jumps */
CO_FN int trap_as_rewrite(struct ctx *by, const struct as_rewrite *rq);
int trap_as_thunk_area(struct as *as, gaddr_t addr);
void trap_as_forget(struct as *as, gaddr_t start, gaddr_t end);
CO_FN int trap_as_restore(struct ctx *by, gaddr_t start, gaddr_t end);
/* May the syscall before pc be rewritten, and has it trapped by signal often enough to be worth it? */
bool trap_rewrite_due(struct as *as, gaddr_t pc, bool *due);
int trap_rewrites_fork(const struct as *parent, struct as *child);
void trap_rewrites_free(struct as *as);
/* What a guest should see instead of pc; pc itself when that lies in no thunk. */
gaddr_t trap_pc_shown(const struct as *as, gaddr_t pc);
/* Where to go on for a guest that is to go on at pc, which a jump may have overwritten. */
gaddr_t trap_pc_meant(const struct as *as, gaddr_t pc);
/* Was this fault a jump's doing, to be gone on from without a word? Then at *pc. */
bool trap_pc_retry(const struct as *as, int signo, gaddr_t *pc);

/* text.c: what is known of a file's code */
struct text *trap_text_new(void);
struct text *trap_text_ref(struct text *t);
void trap_text_unref(struct text *t);
int trap_text_area(struct text *t);
bool trap_as_has_text(struct as *as, const struct text *t, gaddr_t base);
int trap_as_add_text(struct as *as, struct text *t, gaddr_t base);
bool trap_text_wanted(struct text *t, uint64_t off, uint64_t len);
bool trap_text_next(struct text *t, struct as *as, gaddr_t base, uint64_t *off, uint64_t end,
                    uint64_t *after, uint64_t *nr);
#define TEXT_PATCHES_MAX 96u
unsigned trap_text_room(const struct text *t); /* how many trap_text_fill gives at most */
/* What is to be changed in the file's bytes from off to off + len. */
unsigned trap_text_fill(const struct as *as, const struct text *t, gaddr_t base, uint64_t off, uint64_t len,
                        struct stub_patch *out);
/* That is about to be done; or it was not, and stale: because the stub has found other code there. */
void trap_text_applied(struct as *as, struct text *t, gaddr_t base, const struct stub_patch *done, unsigned n);
void trap_text_undone(struct as *as, struct text *t, gaddr_t base, uint64_t off, uint64_t len, bool stale);

/* frame.c: registers and FP state in the signal frame */
void trap_get_regs(struct ctx *ctx, struct arch_regs *regs);
void trap_set_regs(struct ctx *ctx, const struct arch_regs *regs);
void trap_set_result(struct ctx *ctx, int64_t result);
size_t trap_fp_size(struct ctx *ctx);
void trap_get_fp(struct ctx *ctx, void *buf, size_t len);
int trap_set_fp(struct ctx *ctx, const void *buf, size_t len);
gaddr_t trap_get_tls(struct ctx *ctx, int which);
void trap_set_tls(struct ctx *ctx, int which, gaddr_t base);
void trap_clear_mask(struct ctx *ctx);
void trap_ctx_take_fast(struct ctx *ctx);
/* Between what the guest knows of its pc and what rewriting has made of the code there. */
bool trap_show_pc(struct ctx *ctx); /* true: it was in a thunk */
void trap_mean_pc(struct ctx *ctx);
/* Did a rewritten byte fault, so that the guest has only to go on? Sets its pc. */
bool trap_retry(struct ctx *ctx);
/* What the frame says happened: fills ret. */
void trap_decode(struct ctx *ctx, struct trap *ret);
/* Copies the frame of `from` into the same place of another slot. */
void trap_copy_frame(const struct ctx *from, struct slot *to, unsigned to_index);

/* events.c: doorbell, dead children, clone notifications */
int trap_events_init(void);
int trap_events_listen(void); /* to clone notifications: the zygote's filter is there */
void trap_events_done(void);

#endif
