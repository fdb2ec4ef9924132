/* SPDX-License-Identifier: Apache-2.0
 *
 * The stub: the only code of picket that runs in a guest's address space. It hands traps to the
 * sentry and executes what the sentry posts. Freestanding: no libc, no data, no relocations; all of
 * it lies in the section stub_text and runs at STUB_TEXT. It decides nothing and checks nothing:
 * a guest may jump into it or overwrite it, and the seccomp filter doesn't trust it.
 */
#include "core/platform/trap/stub.h"

#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "core/arch/x86_64/raw.h"

#define STUB __attribute__((section("stub_text"), used, noinline))
#define STUB_INLINE static inline __attribute__((always_inline))

/* Carry, parity, adjust, zero, sign, overflow, interrupts and the bit that is always set. */
#define FLAGS_ORDINARY 0xad7

/* Longer strings, and more pieces, are rare, and the sentry fetches them. */
#define STR_MAX 512
#define IOV_MAX_COPIED 16
/* Looks at the state before the first one at the clock: an answer that needs no more is on its way. */
#define SPIN_FIRST 8

/* In stub_entry.S. Hidden, so that no access goes through a table outside the section. */
#pragma GCC visibility push(hidden)
void stub_restorer(void);
void stub_loop_on(struct slot *s, char *stack) __attribute__((noreturn));
void stub_fast_on(struct slot *s, char *stack) __attribute__((noreturn));
void stub_enter_frame(char *uc) __attribute__((noreturn));
long stub_clone_thread(struct slot *child, char *stack);
long stub_clone_process(struct slot *s, int sock, int mem);
long stub_cmpxchg(uint64_t addr, uint32_t *old, uint32_t val);
long stub_poke(uint64_t addr, uint64_t bytes, uint32_t n);
long stub_copy(uint64_t dst, uint64_t src, uint64_t n);
long stub_copy_word(uint64_t dst, uint64_t src);
long stub_zero(uint64_t dst, uint64_t n);
long stub_copy_str(uint64_t dst, uint64_t src, uint64_t max);
extern const char stub_guard_start[], stub_guard_end[], stub_guard_fault[];
extern const char stub_fast_exit[], stub_fast_exit_end[], stub_local[], stub_local_end[];
#pragma GCC visibility pop

#define sys6 raw_syscall
#define sys3(nr, a, b, c) sys6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

STUB_INLINE const struct stub_params *params(void)
{
	return (const struct stub_params *)STUB_PARAMS;
}

/* Receives at most SLOT_FDS_MAX descriptors; -1 for those that didn't come. */
STUB static void recv_fds(int fds[SLOT_FDS_MAX])
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(SLOT_FDS_MAX * sizeof(int))];
	} c;
	struct msghdr m;
	unsigned got;

	m.msg_name = NULL;
	m.msg_namelen = 0;
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = &c;
	m.msg_controllen = sizeof(c);
	m.msg_flags = 0;
	long n;
	do
		n = sys3(SYS_recvmsg, STUB_SOCK_FD, &m, 0);
	while (n == -4 /* EINTR */);
	got = 0;
	if (n >= 1 && m.msg_controllen >= CMSG_LEN(sizeof(int)))
		got = (unsigned)((c.h.cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (unsigned i = 0; i < SLOT_FDS_MAX; i++)
		fds[i] = i < got ? ((const int *)CMSG_DATA(&c.h))[i] : -1;
}

STUB static long patch_code(const struct stub_patch *p, uint64_t n)
{
	uint8_t now[sizeof(p->was)];

	for (uint64_t i = 0; i < n; i++) {
		if (p[i].nr_was > sizeof(now) || stub_copy((uint64_t)now, p[i].was_addr, p[i].nr_was))
			return -14; /* EFAULT */
		for (uint64_t k = 0; k < p[i].nr_was; k++)
			if (now[k] != p[i].was[k])
				return -116; /* ESTALE */
	}
	for (uint64_t i = 0; i < n; i++)
		if (stub_copy(p[i].addr, (uint64_t)p[i].new, p[i].len))
			return -14;
	return 0;
}

STUB static long run_op(const struct stub_op *op, const int *fds)
{
	switch (op->nr) {
	case OP_CMPXCHG:
		return stub_cmpxchg(op->args[0], (uint32_t *)op->args[1], (uint32_t)op->args[2]);
	case OP_POKE:
		return stub_poke(op->args[0], op->args[1], (uint32_t)op->args[2]);
	case OP_PATCH:
		return patch_code((const struct stub_patch *)op->args[0], op->args[1]);
	case OP_ZERO:
		return stub_zero(op->args[0], op->args[1]);
	case OP_COPY:
		return stub_copy(op->args[0], op->args[1], op->args[2]);
	}
	long fd = (long)op->args[4];
	if (op->flags & OP_FD)
		fd = fds[fd % SLOT_FDS_MAX];
	return sys6(op->nr, (long)op->args[0], (long)op->args[1], (long)op->args[2], (long)op->args[3], fd,
	            (long)op->args[5]);
}

/* Runs the posted operations up to the first that fails. */
STUB static void run_ops(struct slot *s)
{
	uint32_t n = s->nops, nfds = s->nfds;
	int fds[SLOT_FDS_MAX];

	s->op_failed = 0;
	if (nfds)
		recv_fds(fds);
	for (uint32_t i = 0; i < n && i < SLOT_OPS_MAX; i++) {
		s->ops[i].result = run_op(&s->ops[i], fds);
		s->ops_done = i + 1;
		if (s->ops[i].result < 0 && s->ops[i].result >= -4095 && !(s->ops[i].flags & OP_MAY_FAIL)) {
			s->op_failed = 1;
			break;
		}
	}
	for (uint32_t i = 0; nfds && i < SLOT_FDS_MAX; i++)
		if (fds[i] >= 0)
			sys3(SYS_close, fds[i], 0, 0);
}

STUB static void set_bases(struct slot *s, uint32_t flags)
{
	if (params()->has_fsgsbase) {
		if (flags & SLOT_F_SET_FS)
			__asm__ volatile("wrfsbase %0" : : "r"(s->fs_base));
		if (flags & SLOT_F_SET_GS)
			__asm__ volatile("wrgsbase %0" : : "r"(s->gs_base));
		return;
	}
	if (flags & SLOT_F_SET_FS)
		sys3(SYS_arch_prctl, ARCH_SET_FS, s->fs_base, 0);
	if (flags & SLOT_F_SET_GS)
		sys3(SYS_arch_prctl, ARCH_SET_GS, s->gs_base, 0);
}

/* The processor's count, and which one it is. */
STUB_INLINE uint64_t counter(uint32_t *cpu)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi), "=c"(*cpu));
	return (uint64_t)hi << 32 | lo;
}

STUB_INLINE void pause_for(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		__builtin_ia32_pause();
}

/*
 * Publishes the trap (or a command's end) and waits until the sentry has posted a command. `how`: of
 * SLOT_HOW. Gives SLOT_POSTED or SLOT_RESUMED.
 */
STUB static uint32_t hand_over(struct slot *s, uint32_t how)
{
	uint32_t state, asleep = SLOT_ASLEEP | how, spin = params()->spin;
	uint64_t start = 0;

	__atomic_exchange_n(&s->state, SLOT_TRAPPED | how, __ATOMIC_SEQ_CST);
	/* The sentry sets the flag, then looks at the slots once more: one of the two sees the other. */
	if (__atomic_load_n(&params()->sentry_sleeps, __ATOMIC_SEQ_CST)) {
		uint64_t one = 1;
		uint32_t cpu;
		if (params()->stamps) {
			s->rang = counter(&cpu);
			s->rang_cpu = cpu;
		}
		sys3(SYS_write, STUB_BELL_FD, &one, sizeof(one));
	}
	if (spin)
		pause_for(params()->hold);
	for (uint32_t i = 0;; i++) {
		state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
		if (state == SLOT_RESUMED || state == SLOT_POSTED)
			return state;
		if (__atomic_load_n(&s->flags, __ATOMIC_RELAXED) & SLOT_F_NO_SPIN || !spin)
			break;
		pause_for(params()->look);
		if (i < SPIN_FIRST)
			continue;
		/* The sentry can't answer while it waits for this processor. */
		uint32_t cpu;
		uint64_t now = counter(&cpu);
		if (i == SPIN_FIRST)
			start = now;
		if (cpu == __atomic_load_n(&params()->sentry_cpu, __ATOMIC_RELAXED))
			asleep |= SLOT_CROWDED;
		if (asleep & SLOT_CROWDED || now - start > spin)
			break;
	}
	state = SLOT_TRAPPED | how;
	if (!__atomic_compare_exchange_n(&s->state, &state, asleep, 0, __ATOMIC_ACQ_REL,
	                                 __ATOMIC_ACQUIRE))
		return state;
	for (;;) {
		state = __atomic_load_n(&s->state, __ATOMIC_ACQUIRE);
		if (state == SLOT_RESUMED || state == SLOT_POSTED)
			break;
		sys4(SYS_futex, &s->state, FUTEX_WAIT, asleep, 0);
	}
	__atomic_store_n(&s->state, SLOT_GUEST, __ATOMIC_RELAXED); /* awake */
	return state;
}

STUB static void fork_process(struct slot *s)
{
	int fds[SLOT_FDS_MAX];

	recv_fds(fds);
	int mem = fds[0], sock = fds[1];
	if (mem < 0 || sock < 0) {
		s->result = -9; /* EBADF */
		return;
	}
	s->result = stub_clone_process(s, sock, mem);
	sys3(SYS_close, mem, 0, 0);
	sys3(SYS_close, sock, 0, 0);
}

/* First code of a forked stub, on the private stack: makes the prepared slots its own. */
STUB __attribute__((noreturn)) void stub_process_main(struct slot *s, int sock, int mem)
{
	char byte = 0;

	sys3(SYS_dup3, sock, STUB_SOCK_FD, 0);
	sys3(SYS_close, sock, 0, 0);
	sys6(SYS_mmap, STUB_SLOTS, (long)SLOTS_MAX * SLOT_SIZE, 3 /* read, write */,
	     0x11 /* MAP_SHARED | MAP_FIXED */, mem, 0);
	sys3(SYS_close, mem, 0, 0);
	/* The host kernel puts our credentials on it: that is how the sentry learns the pid. */
	sys3(SYS_write, STUB_SOCK_FD, &byte, 1);
	if (s->arg == SLOT_FAST)
		stub_fast_on(s, (char *)s + SLOT_LOWER_STACK);
	stub_loop_on(s, (char *)s + SLOT_LOWER_STACK);
}

/* First code of a new thread, on the lower stack of its slot. */
STUB __attribute__((noreturn)) void stub_thread_main(struct slot *s)
{
	stack_t ss;

	ss.ss_sp = (char *)s + SLOT_STACK_OFF;
	ss.ss_flags = 0;
	ss.ss_size = SLOT_STACK_SIZE;
	sys3(SYS_sigaltstack, &ss, NULL, 0);
	stub_loop_on(s, (char *)s + SLOT_LOWER_STACK);
}

/* ---- what calls read and write ---- */

struct copies {
	struct slot *s;
	struct slot_copy *last; /* NULL: none yet */
	uint64_t off;           /* in the slot: where the next begins */
};

/* Room for one more of at most n bytes; NULL: there is none, or it is too much for this way. */
STUB_INLINE struct slot_copy *next_copy(struct copies *c, uint64_t addr, uint64_t n)
{
	struct slot_copy *r = (struct slot_copy *)((char *)c->s + c->off);

	if (addr < 4096 || !n || n > SLOT_COPY_MAX || c->off + sizeof(*r) + n > SLOT_STACK_OFF)
		return 0;
	r->addr = addr;
	return r;
}

STUB_INLINE void copied(struct copies *c, struct slot_copy *r, uint64_t n)
{
	r->len = (uint32_t)n;
	r->more = 0;
	if (c->last)
		c->last->more |= SLOT_MORE;
	c->last = r;
	c->off = (c->off + sizeof(*r) + n + 7) & ~7ull;
}

STUB static int copy_bytes(struct copies *c, uint64_t addr, uint64_t n)
{
	struct slot_copy *r = next_copy(c, addr, n);

	if (!r || stub_copy((uint64_t)(r + 1), addr, n))
		return 0;
	copied(c, r, n);
	return 1;
}

STUB static void copy_str(struct copies *c, uint64_t addr)
{
	struct slot_copy *r = next_copy(c, addr, STR_MAX);
	long n = r ? stub_copy_str((uint64_t)(r + 1), addr, STR_MAX) : 0;

	if (n > 0)
		copied(c, r, (uint64_t)n);
}

/* The array and, as far as there is room, what it points to. */
STUB static void copy_iov(struct copies *c, uint64_t addr, uint64_t n, uint32_t data)
{
	uint64_t at = c->off + sizeof(struct slot_copy);

	if (n > IOV_MAX_COPIED || !copy_bytes(c, addr, n * 16) || !data)
		return;
	const uint64_t *iov = (const uint64_t *)((const char *)c->s + at);
	for (uint64_t i = 0; i < n; i++)
		if (iov[2 * i + 1] && !copy_bytes(c, iov[2 * i], iov[2 * i + 1]))
			return;
}

/*
 * The epoch first: a wake-up that comes between the two makes the word worthless. And before both, as
 * Linux does it, whatever the caller has written is there for others: one that says in memory that it
 * waits, and then finds the word as it was, is seen by who changes the word and then looks for waiters.
 */
STUB static void copy_word(struct copies *c, uint64_t addr, uint64_t op)
{
	struct slot_copy *r = next_copy(c, addr, 4);

	op &= FUTEX_CMD_MASK;
	if ((op != FUTEX_WAIT && op != FUTEX_WAIT_BITSET) || !r || addr % 4)
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	uint32_t epoch = __atomic_load_n(&params()->epoch, __ATOMIC_ACQUIRE);
	if (stub_copy_word((uint64_t)(r + 1), addr))
		return;
	copied(c, r, 4);
	r->more = epoch << SLOT_EPOCH_SHIFT;
}

STUB static void copy_msg(struct copies *c, uint64_t addr, uint32_t data)
{
	const struct msghdr *m;

	m = (const struct msghdr *)((const char *)c->s + c->off + sizeof(struct slot_copy));
	if (!copy_bytes(c, addr, sizeof(*m)))
		return;
	if (data) {
		copy_bytes(c, (uint64_t)m->msg_name, m->msg_namelen);
		copy_bytes(c, (uint64_t)m->msg_control, m->msg_controllen);
	}
	copy_iov(c, (uint64_t)m->msg_iov, m->msg_iovlen, data);
}

/* Brings along what a call reads. A copy that fails is left to the sentry, who knows the errno. */
STUB static uint32_t copy_in(struct slot *s)
{
	struct copies c;
	const uint64_t a[6] = { s->regs.rdi, s->regs.rsi, s->regs.rdx,
		                s->regs.r10, s->regs.r8, s->regs.r9 };

	if (s->regs.nr >= CALLS_MAX)
		return 0;
	const uint16_t *copy = params()->in[s->regs.nr].copy;
	if (!copy[0])
		return 0;
	c.s = s;
	c.last = 0;
	c.off = SLOT_BUF_OFF;
	for (int i = 0; i < CALL_COPIES && copy[i]; i++) {
		uint64_t addr = a[COPY_ARG(copy[i])], n;
		switch (COPY_KIND(copy[i])) {
		case COPY_STR:
			copy_str(&c, addr);
			break;
		case COPY_BYTES:
			copy_bytes(&c, addr, COPY_SIZE(copy[i]));
			break;
		case COPY_BUF:
			n = a[COPY_COUNT(copy[i])];
			if (n <= SLOT_COPY_MAX)
				copy_bytes(&c, addr, n << COPY_SHIFT(copy[i]));
			break;
		case COPY_IOV:
			copy_iov(&c, addr, a[COPY_COUNT(copy[i])], COPY_SHIFT(copy[i]));
			break;
		case COPY_WORD:
			copy_word(&c, addr, a[1]);
			break;
		default:
			copy_msg(&c, addr, COPY_SHIFT(copy[i]));
		}
	}
	return c.last ? SLOT_COPIED : 0;
}

/* Writes what the answer brought. 1: guest memory faulted. */
STUB static int copy_out(struct slot *s, uint64_t off)
{
	for (;;) {
		const struct slot_copy *r = (const struct slot_copy *)((char *)s + SLOT_BUF_OFF + off);
		if (stub_copy(r->addr, (uint64_t)(r + 1), r->len))
			return 1;
		if (!(r->more & SLOT_MORE))
			return 0;
		off += (sizeof(*r) + r->len + 7) & ~7ull;
	}
}

/* Does what the sentry posts, until that is going on: 0 to guest code, 1 (CMD_FRAME) to a trap. */
STUB static int obey(struct slot *s, uint32_t how)
{
	for (;;) {
		if (hand_over(s, how) == SLOT_RESUMED) {
			uint32_t flags = s->flags;
			if (!(flags & SLOT_F_OUT) || !copy_out(s, flags >> SLOT_F_OUT_SHIFT))
				return 0;
			how = SLOT_FAST | SLOT_FAULT;
			continue;
		}
		how &= SLOT_FAST;
		switch (s->cmd) {
		case CMD_RESUME:
			run_ops(s);
			if (s->op_failed)
				break;
			uint32_t flags = s->flags;
			if (flags & (SLOT_F_SET_FS | SLOT_F_SET_GS))
				set_bases(s, flags);
			__atomic_store_n(&s->state, SLOT_GUEST, __ATOMIC_RELEASE);
			return 0;
		case CMD_OPS:
			run_ops(s);
			break;
		case CMD_FRAME:
			return 1;
		case CMD_FORK:
			fork_process(s);
			break;
		case CMD_CLONE: {
			struct slot *child = (struct slot *)(STUB_SLOTS + (uint64_t)s->arg * SLOT_SIZE);
			s->result = stub_clone_thread(child, (char *)child + SLOT_LOWER_STACK);
			break;
		}
		default: /* CMD_EXIT */
			sys3(SYS_exit, 0, 0, 0);
		}
	}
}

/* The life of a stub thread between two stays in guest code, when it trapped by signal. */
STUB __attribute__((noreturn)) void stub_loop(struct slot *s)
{
	while (obey(s, 0))
		; /* it has a frame already */
	stub_enter_frame((char *)s + s->uc_off);
}

/* The same when it came by a thunk. 1: its way back is by a frame, since the flags are odd ones. */
STUB int stub_fast(struct slot *s)
{
	uint32_t how = SLOT_FAST | copy_in(s);

	s->call.rax = s->regs.nr;
	s->call.arg[0] = s->regs.rdi;
	s->call.arg[1] = s->regs.rsi;
	s->call.arg[2] = s->regs.rdx;
	s->call.arg[3] = s->regs.r10;
	s->call.arg[4] = s->regs.r8;
	s->call.arg[5] = s->regs.r9;
	return obey(s, how) || s->regs.flags & ~(uint64_t)FLAGS_ORDINARY;
}

/* And for a forked child whose parent came so: the call is answered, not made again. */
STUB int stub_fast_child(struct slot *s)
{
	return obey(s, SLOT_FAST) || s->regs.flags & ~(uint64_t)FLAGS_ORDINARY;
}

/* A frame as if the way out had come to its end. */
STUB_INLINE void guest_registers(const struct slot *s, ucontext_t *uc)
{
	greg_t *g = uc->uc_mcontext.gregs;

	g[REG_RIP] = (greg_t)s->regs.ret;
	g[REG_EFL] = (greg_t)s->regs.flags;
	g[REG_RAX] = (greg_t)s->call.rax;
	g[REG_RBX] = (greg_t)s->regs.rbx;
	g[REG_RDX] = (greg_t)s->regs.rdx;
	g[REG_RSI] = (greg_t)s->regs.rsi;
	g[REG_RDI] = (greg_t)s->regs.rdi;
	g[REG_RBP] = (greg_t)s->regs.rbp;
	g[REG_RSP] = (greg_t)s->regs.rsp;
	g[REG_R8] = (greg_t)s->regs.r8;
	g[REG_R9] = (greg_t)s->regs.r9;
	g[REG_R10] = (greg_t)s->regs.r10;
	g[REG_R11] = (greg_t)s->regs.flags;
	g[REG_R12] = (greg_t)s->regs.r12;
	g[REG_R13] = (greg_t)s->regs.r13;
	g[REG_R14] = (greg_t)s->regs.r14;
	g[REG_R15] = (greg_t)s->regs.r15;
}

/*
 * Every trap arrives here, on the alternate stack inside the slot. The slot follows from the
 * frame's address: the guest can change every register, but not where the kernel puts the frame.
 */
STUB void stub_handler(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	struct slot *s = (struct slot *)((uintptr_t)uc & ~(uintptr_t)(SLOT_SIZE - 1));
	uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	uint64_t base = STUB_TEXT;

	/* What touches guest memory hit a bad page: it reports that. */
	const char *here;
	__asm__("leaq __start_stub_text(%%rip), %0" : "=r"(here));
	if (pc >= base + (uint64_t)(stub_guard_start - here) &&
	    pc < base + (uint64_t)(stub_guard_end - here) && sig != STUB_KICK_SIGNAL) {
		uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(base + (uint64_t)(stub_guard_fault - here));
		return;
	}
	if (sig == STUB_KICK_SIGNAL && pc >= base + (uint64_t)(stub_local - here) &&
	    pc < base + (uint64_t)(stub_local_end - here)) {
		uc->uc_mcontext.gregs[REG_RAX] = uc->uc_mcontext.gregs[REG_R11];
		uc->uc_mcontext.gregs[REG_RIP] = (greg_t)s->regs.ret - 2;
		return;
	}
	if (sig == STUB_KICK_SIGNAL && pc - base < STUB_TEXT_MAX) {
		/* On the way in the trap follows at once; on the way out it is looked for. */
		if (pc < base + (uint64_t)(stub_fast_exit - here) ||
		    pc >= base + (uint64_t)(stub_fast_exit_end - here)) {
			s->kick_seen = 1;
			return;
		}
		guest_registers(s, uc);
	}
	s->signo = (uint32_t)sig;
	s->uc_off = (uint32_t)((char *)uc - (char *)s);
	s->info_off = (uint32_t)((char *)si - (char *)s);
	if (params()->has_fsgsbase) {
		__asm__ volatile("rdfsbase %0" : "=r"(s->fs_base));
		__asm__ volatile("rdgsbase %0" : "=r"(s->gs_base));
	}
	stub_loop(s);
}

struct ksigaction {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

STUB static void catch(int sig)
{
	struct ksigaction sa;

	sa.handler = (void *)stub_handler;
	sa.flags = SA_SIGINFO | SA_ONSTACK | 0x04000000 /* SA_RESTORER */ | SA_NODEFER;
	sa.restorer = (void *)stub_restorer;
	sa.mask = 1UL << (STUB_KICK_SIGNAL - 1);
	sys4(SYS_rt_sigaction, sig, &sa, NULL, sizeof(sa.mask));
}

/*
 * The zygote's first code at STUB_TEXT: drops the image it was forked with, and becomes the empty
 * address space from which all others are forked. The order matters: the filter's program lies in
 * the old image, and nothing but the stub's own calls is possible after it.
 */
STUB __attribute__((noreturn)) void stub_init(struct slot *s, const void *fprog)
{
	uint64_t none = 0;

	s->tid = (uint32_t)sys3(SYS_set_tid_address, &s->tid, 0, 0);
	sys3(SYS_set_robust_list, NULL, 24, 0);
	/* NODEFER without a mask yet: everything must be deliverable in guest code. */
	sys4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	catch (SIGSYS);
	catch (SIGSEGV);
	catch (SIGBUS);
	catch (SIGFPE);
	catch (SIGILL);
	catch (SIGTRAP);
	catch (STUB_KICK_SIGNAL);
	stack_t ss;
	ss.ss_sp = (char *)s + SLOT_STACK_OFF;
	ss.ss_flags = 0;
	ss.ss_size = SLOT_STACK_SIZE;
	sys3(SYS_sigaltstack, &ss, NULL, 0);
	/* A seccomp filter with a listener: the sentry takes the descriptor while we wait. */
	s->result = sys3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, fprog);
	sys3(SYS_munmap, 0, STUB_WINDOW, 0);
	sys3(SYS_munmap, STUB_WINDOW_END, 0x7ffffffff000 - STUB_WINDOW_END, 0);
	__asm__ volatile("int3");
	sys3(SYS_exit, 1, 0, 0);
	__builtin_unreachable();
}
