/* SPDX-License-Identifier: Apache-2.0
 *
 * Address spaces of the trap platform: stub processes, their slots and sockets. Layer: core.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/host/io.h"
#include "core/host/procinfo.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/objcount.h"
#include "core/platform/trap/trap.h"

#define SLOTS_BYTES ((size_t)SLOTS_MAX * SLOT_SIZE)
/* What one host call copies at most; larger transfers yield in between. */
#define COPY_CHUNK ((size_t)64 << 10)

OBJCOUNT(as_count, "address space");

RB_HEAD(as_tree, as);
static int as_cmp(const struct as *a, const struct as *b)
{
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}
RB_GENERATE_INTERNAL(as_tree, as, by_pid, as_cmp, static UNUSED)
static struct as_tree by_pid = RB_INITIALIZER(&by_pid);

/* Makes the sentry's half of a stub: slots and socket. *stub_sock is the stub's end. */
int trap_as_alloc(struct as **ret, int *stub_sock)
{
	int sv[2] = { -1, -1 }, on = 1, err;
	struct as *as = calloc(1, sizeof(*as));

	if (!as)
		return -ENOMEM;
	as->sock = -1;
	as->slots = MAP_FAILED;
	LIST_INIT(&as->ctxs);
	comutex_init(&as->lock);
	obj_born(&as_count);
	as->slots_fd = memfd_create("picket-slots", MFD_CLOEXEC);
	/* Sparse: a slot costs memory once it is used. */
	if (as->slots_fd < 0 || ftruncate(as->slots_fd, (off_t)SLOTS_BYTES))
		goto fail;
	as->slots = mmap(NULL, SLOTS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, as->slots_fd, 0);
	if (as->slots == MAP_FAILED ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv))
		goto fail;
	as->sock = sv[0];
	if (setsockopt(sv[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		goto fail;
	*ret = as;
	*stub_sock = sv[1];
	return 0;
fail:
	/* What the sentry is short of: not the guest's descriptors. */
	err = errno == EMFILE || errno == ENFILE ? -EAGAIN : -errno;
	if (sv[1] >= 0)
		close(sv[1]);
	trap_as_free(as);
	return err;
}

void trap_as_free(struct as *as)
{
	if (as->slots != MAP_FAILED)
		munmap(as->slots, SLOTS_BYTES);
	if (as->slots_fd >= 0)
		close(as->slots_fd);
	if (as->sock >= 0)
		close(as->sock);
	comutex_done(&as->lock);
	trap_rewrites_free(as);
	free(as);
	obj_died(&as_count);
}

/* Once the stub maps the slots, nobody needs the descriptor. */
static void close_slots_fd(struct as *as)
{
	close(as->slots_fd);
	as->slots_fd = -1;
}

void trap_as_publish(struct as *as)
{
	close_slots_fd(as);
	RB_INSERT(as_tree, &by_pid, as);
}

struct as *trap_as_find(pid_t pid)
{
	struct as key = { .pid = pid };

	return RB_FIND(as_tree, &by_pid, &key);
}

struct as *trap_as_find_tid(pid_t tid)
{
	struct as *as = trap_as_find(tid);
	struct ctx *ctx;

	if (as)
		return as;
	/* Only a fork by another thread than the first: rare enough to look everywhere. */
	RB_FOREACH(as, as_tree, &by_pid)
		LIST_FOREACH(ctx, &as->ctxs, as_entry)
			if (ctx->tid == tid)
				return as;
	return NULL;
}

/* ---- the end ---- */

/* Those that nobody needs any more. Who waits for the end of a process isn't to wait for all of this. */
static TAILQ_HEAD(, as) graves = TAILQ_HEAD_INITIALIZER(graves);
static bool burying;

void trap_as_bury_all(void)
{
	struct as *as;

	while ((as = TAILQ_FIRST(&graves))) {
		TAILQ_REMOVE(&graves, as, spare_entry);
		RB_REMOVE(as_tree, &by_pid, as);
		if (!as->dead)
			kill(as->pid, SIGKILL); /* reaped in events.c */
		trap_as_free(as);
	}
}

static CO_FN void bury(void *arg UNUSED)
{
	/* After those who are ready now, and whom they make ready. */
	co_yield();
	burying = false;
	trap_as_bury_all();
}

void trap_as_destroy(struct as *as)
{
	ASSERT(LIST_EMPTY(&as->ctxs), "an address space is destroyed before its contexts");
	TAILQ_INSERT_TAIL(&graves, as, spare_entry);
	if (!burying && !loop_stopping())
		burying = co_new("graves", bury, NULL);
	if (!burying)
		trap_as_bury_all();
}

void trap_as_renew(struct ctx *ctx)
{
	trap_rewrites_free(ctx->as);
	ctx->own_gs = false;
}

pid_t trap_as_pid(struct as *as)
{
	return as->pid;
}

/* ---- sending descriptors ---- */

int trap_send_fds(int sock, const int *fds, unsigned n)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(SLOT_FDS_MAX * sizeof(int))];
	} c = { 0 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)),
	};

	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	c.h.cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(&c.h), fds, n * sizeof(int));
	return sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

/* The pid that the host kernel vouches for, from the first message of a new stub. */
static pid_t recv_hello(int sock)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} c;
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};

	if (recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1 ||
	    m.msg_controllen < CMSG_LEN(sizeof(struct ucred)) || c.h.cmsg_type != SCM_CREDENTIALS)
		return -1;
	struct ucred u;
	memcpy(&u, CMSG_DATA(&c.h), sizeof(u));
	return u.pid;
}

/* ---- fork ---- */

static TAILQ_HEAD(, as) unborn = TAILQ_HEAD_INITIALIZER(unborn);

struct as *trap_as_find_unborn(pid_t claimed)
{
	struct as *as;

	TAILQ_FOREACH(as, &unborn, spare_entry)
		if (as->claimed == claimed)
			return as;
	return NULL;
}

/* Waits for a fork's child. The parent's word may be false; the child's credentials on its own
 * socket are not. -EAGAIN: it didn't come, or is none that was made for this. */
static CO_FN int await_child(const struct ctx *parent, struct as *as, struct ctx *ctx, pid_t claimed)
{
	siginfo_t si;

	as->claimed = claimed;
	TAILQ_INSERT_TAIL(&unborn, as, spare_entry);
	trap_ctx_expect(ctx);
	ctx->takes_long = true;
	int err = trap_ctx_await(ctx);
	ctx->takes_long = false;
	timer_cancel(&ctx->deaf);
	TAILQ_REMOVE(&unborn, as, spare_entry);
	if (err)
		return -EAGAIN;
	pid_t pid = recv_hello(as->sock);
	/* One that has died and was reaped meanwhile may have given its number to another. */
	if (pid <= 1 || trap_as_find(pid) ||
	    waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT | __WALL))
		return -EAGAIN;
	as->pid = ctx->tid = pid;
	trap_as_publish(as);
	trap_steer_inherit(parent, ctx);
	if (ctx->came & SLOT_FAST) {
		trap_ctx_take_fast(ctx);
		trap_args_begin(ctx);
	} else {
		err = trap_ctx_take_frame(ctx);
	}
	if (err) {
		RB_REMOVE(as_tree, &by_pid, as);
		kill(pid, SIGKILL);
	}
	return err;
}

/*
 * A hostile parent can make a process that never shows itself, or that shows itself as another. Once
 * that could have happened no fork begins until those under way are done; then every child that no
 * address space is known by is such a process.
 */
static struct waitq may_fork = { TAILQ_HEAD_INITIALIZER(may_fork.waiters) };
static unsigned forking;
static bool strays;

static CO_FN int fork_begin(void)
{
	while (strays)
		if (wait_on_mode(&may_fork, KTIME_NEVER, WAIT_KILLABLE))
			return -EAGAIN;
	forking++;
	return 0;
}

static bool is_other(pid_t pid)
{
	if (pid == host_io_pid())
		return true;
	for (int i = 0; i < trap_g.nr_others; i++)
		if (trap_g.others[i] == pid)
			return true;
	return false;
}

static void fork_end(bool stray)
{
	pid_t pid[64];

	strays |= stray;
	if (--forking || !strays)
		return;
	/* As those found end, the others come up: but nobody waits for that here. */
	int n = host_procinfo_children(pid, ARRAY_LEN(pid));
	for (int i = 0; i < n; i++)
		if (!trap_as_find(pid[i]) && !is_other(pid[i]))
			kill(pid[i], SIGKILL);
	strays = false;
	wake_all(&may_fork);
}

/*
 * The sentry's half of the next child, made while the host clones this one: a sandbox that has forked
 * twice does so again.
 */
static struct as *half;
static int half_sock;
static unsigned nr_forks;

static int half_take(struct as **ret, int *stub_sock)
{
	nr_forks++;
	if (!half)
		return trap_as_alloc(ret, stub_sock);
	*ret = half;
	*stub_sock = half_sock;
	half = NULL;
	return 0;
}

static void half_prepare(void)
{
	if (!half && nr_forks > 2 && trap_as_alloc(&half, &half_sock))
		half = NULL;
}

static void half_done(void)
{
	nr_forks = 0;
	if (!half)
		return;
	close(half_sock);
	trap_as_free(half);
	half = NULL;
}

/* What the child goes on from, in the slot of the same index: the parent's frame or registers. */
static void copy_state(const struct ctx *parent, struct ctx *ctx)
{
	if (parent->fast) {
		ctx->slot->regs = parent->slot->regs;
		ctx->slot->arg = SLOT_FAST;
	} else {
		trap_copy_frame(parent, ctx->slot, ctx->index);
	}
	ctx->fs_base = parent->fs_base;
	ctx->gs_base = parent->gs_base;
	ctx->set_fs = parent->set_fs;
	ctx->own_gs = parent->own_gs;
	/* Behind a thunk gs has that of the slot, which is where the child has its own. */
	ctx->set_gs = !parent->fast;
}

CO_FN int trap_as_fork(struct ctx *parent, struct as **ret, struct ctx **ret_ctx)
{
	struct as *pas = parent->as, *as;
	int stub_sock;
	int err = half_take(&as, &stub_sock);

	if (err)
		return err;
	(void)trap_ctx_settle(parent); /* who forks has left nothing for later */
	trap_args_settle(parent); /* what was to be written lies in both memories */
	err = trap_rewrites_fork(pas, as);
	if (err) {
		close(stub_sock);
		trap_as_free(as);
		return err;
	}
	struct ctx *ctx = trap_ctx_alloc(as, parent->index);
	if (!ctx) {
		close(stub_sock);
		trap_as_free(as);
		return -ENOMEM;
	}
	copy_state(parent, ctx);

	bool cloned = false;
	err = fork_begin();
	if (err) {
		close(stub_sock);
		goto fail;
	}
	comutex_lock(&pas->lock);
	int fds[2] = { as->slots_fd, stub_sock };
	err = trap_send_fds(pas->sock, fds, 2);
	close(stub_sock);
	if (!err) {
		pas->clone_expected = true;
		err = pas->dead ? -ESRCH : 0;
		if (!err) {
			trap_ctx_post(parent, CMD_FORK);
			half_prepare();
			parent->takes_long = true;
			err = trap_ctx_await(parent);
			parent->takes_long = false;
		}
		cloned = !pas->clone_expected;
		pas->clone_expected = false;
	}
	int64_t child = err ? err : parent->slot->result;
	comutex_unlock(&pas->lock);
	if (child > 0)
		err = await_child(parent, as, ctx, (pid_t)child);
	else
		err = child == -ENOMEM ? -ENOMEM : -EAGAIN;
	fork_end(err && cloned);
	if (err)
		goto fail;
	*ret = as;
	*ret_ctx = ctx;
	return 0;
fail:
	trap_ctx_free(ctx);
	trap_as_free(as);
	return err;
}

/* ---- the pool of spare stubs ---- */

#define SPARES 2
#define EAGER_AFTER 2 /* a sandbox of one program needs no more than the one */

static TAILQ_HEAD(, as) spares = TAILQ_HEAD_INITIALIZER(spares);
static struct waitq spare_came = { TAILQ_HEAD_INITIALIZER(spare_came.waiters) };
static unsigned nr_spares, nr_wanted, nr_taken;
static bool refilling, pool_closed;

static CO_FN void refill(void *arg UNUSED)
{
	struct as *as;
	struct ctx *ctx;

	while (nr_spares < nr_wanted && !pool_closed && !loop_stopping()) {
		if (trap_as_fork(trap_g.zygote_ctx, &as, &ctx))
			break; /* the host is short of something: forked when needed, or not at all */
		as->spare_ctx = ctx;
		TAILQ_INSERT_TAIL(&spares, as, spare_entry);
		nr_spares++;
		wake_all(&spare_came);
		/* The first is about to be used. */
		if (nr_taken)
			trap_ctx_blocked(ctx);
	}
	refilling = false;
	wake_all(&spare_came);
}

static void want_spares(unsigned n)
{
	nr_wanted = n;
	if (refilling || nr_spares >= n)
		return;
	refilling = true;
	if (!co_new("spare stubs", refill, NULL))
		refilling = false;
}

static struct as *spare_take(void)
{
	struct as *as;

	while ((as = TAILQ_FIRST(&spares))) {
		TAILQ_REMOVE(&spares, as, spare_entry);
		nr_spares--;
		if (!as->dead)
			return as;
		trap_ctx_destroy(as->spare_ctx);
		trap_as_destroy(as);
	}
	return NULL;
}

CO_FN int trap_as_ready(void)
{
	int err = trap_zygote_ready();

	if (!err && !nr_taken)
		want_spares(1);
	return err;
}

CO_FN int trap_as_new(struct as **ret, struct ctx **ret_ctx)
{
	int err = trap_as_ready();
	struct as *as;

	if (err)
		return err;
	while (!(as = spare_take()) && refilling && !nr_taken)
		if (wait_on_mode(&spare_came, KTIME_NEVER, WAIT_KILLABLE))
			return -EAGAIN;
	if (++nr_taken >= EAGER_AFTER)
		want_spares(SPARES);
	if (!as) {
		err = trap_as_fork(trap_g.zygote_ctx, ret, ret_ctx);
		if (err)
			return err;
	} else {
		*ret = as;
		*ret_ctx = as->spare_ctx;
	}
	(*ret_ctx)->owner = co_self();
	return 0;
}

void trap_as_pool_done(void)
{
	struct as *as;

	pool_closed = true;
	while ((as = spare_take())) {
		trap_ctx_destroy(as->spare_ctx);
		trap_as_destroy(as);
	}
	pool_closed = false;
	nr_taken = nr_wanted = 0;
	half_done();
}

/* ---- copies ---- */

typedef ssize_t (*vm_fn)(pid_t, const struct iovec *, unsigned long, const struct iovec *,
                         unsigned long, unsigned long);

static CO_FN size_t copy(struct as *as, char *mine, gaddr_t theirs, size_t n, vm_fn fn)
{
	size_t done = 0;

	platform_stats.copied_host++;
	while (done < n && !as->dead) {
		size_t k = MIN(n - done, COPY_CHUNK);
		struct iovec l = { mine + done, k };
		struct iovec r = { (void *)(theirs + done), k };
		ssize_t got = fn(as->pid, &l, 1, &r, 1, 0);
		if (got > 0)
			done += (size_t)got;
		if (got < (ssize_t)k)
			break;
	}
	return done;
}

CO_FN size_t trap_as_read(struct as *as, void *dst, gaddr_t src, size_t n)
{
	return copy(as, dst, src, n, process_vm_readv);
}

CO_FN size_t trap_as_write(struct as *as, gaddr_t dst, const void *src, size_t n)
{
	return copy(as, (char *)(uintptr_t)src, dst, n, process_vm_writev);
}

/* Through the host's /proc/PID/mem, which is a debugger's door. */
CO_FN size_t trap_as_access(struct as *as, gaddr_t addr, void *buf, size_t n, bool write)
{
	ssize_t done = as->dead ? -ESRCH : host_process_mem(as->pid, addr, buf, n, write);

	return done < 0 ? 0 : (size_t)done;
}

CO_FN int trap_as_advise(struct as *as, gaddr_t addr, uint64_t len, int advice)
{
	return as->dead ? -ESRCH : host_process_advise(as->pid, addr, len, advice);
}
