/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper, the sentry's side. Layer: core/host.
 *
 * Requests are numbered places in shared memory. The sentry fills one, sends its number through a
 * pipe and parks the coroutine; the helper makes the call, stores the result and rings an eventfd.
 * What a request uses (buffer, descriptors) is its own until it is done, even if nobody waits for it
 * any more. The memory is at the same address in both processes, so pointers mean the same.
 *
 * The helper is made when the first call is to go its way: most short commands have none.
 */
#include "core/host/io.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arch/x86_64/raw.h"
#include "core/co.h"
#include "core/host/file.h"
#include "core/host/io_ring.h"
#include "core/log.h"
#include "core/loop.h"

_Static_assert(IO_SELF_FD == IO_RING_SELF, "the helper puts its own in");
_Static_assert(HOST_IO_MAX == IO_DATA_MAX, "one request takes one call's bytes");

/* The sentry's account of a request. */
struct place {
	bool used;
	bool orphan;         /* nobody waits: whatever it gives is thrown away */
	bool gives_fd;
	char *out;           /* in the ring: where the call's bytes come to be */
	int fds[IO_ARGS + 1]; /* copies of descriptors, closed when it is done; -1: none */
	struct waitq done;
};

static struct {
	pid_t pid; /* 0: no helper, calls are made directly */
	bool tried; /* to start it */
	int pidfd, pipe[2], done;
	int reserved[3]; /* descriptors for its start */
	struct io_ring *ring; /* shared */
	struct watch *done_watch, *death_watch;
	struct place place[IO_REQUESTS];
	struct waitq free;
	bool forced;         /* these are for tests */
	unsigned test_delay; /* milliseconds */
} io = { .pidfd = -1, .pipe = { -1, -1 }, .done = -1, .reserved = { -1, -1, -1 } };

/* ---- the filter ---- */

/* Besides those with conditions. */
static const int allowed[] = {
	SCMP_SYS(pread64),   SCMP_SYS(pwrite64),  SCMP_SYS(pwritev2), SCMP_SYS(getdents64),
	SCMP_SYS(openat),    SCMP_SYS(close),     SCMP_SYS(statx),    SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(syncfs),    SCMP_SYS(mkdirat),  SCMP_SYS(symlinkat),
	SCMP_SYS(linkat),    SCMP_SYS(unlinkat),  SCMP_SYS(renameat2), SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate), SCMP_SYS(fchmodat),  SCMP_SYS(fchownat), SCMP_SYS(utimensat),
	SCMP_SYS(clock_gettime), SCMP_SYS(exit_group),
};

/* Allowed where an argument, without the bits that aren't in mask, is that value. */
static int allow_with(scmp_filter_ctx f, int nr, unsigned arg, uint64_t mask, uint64_t value)
{
	struct scmp_arg_cmp cmp = {
		.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value,
	};

	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, nr, 1, &cmp);
}

static int add_rules(scmp_filter_ctx f)
{
	static const uint32_t types[] = { S_IFREG, S_IFIFO, S_IFSOCK }; /* no devices */
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(allowed) && !err; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < ARRAY_LEN(types) && !err; i++)
		err = allow_with(f, SCMP_SYS(mknodat), 2, S_IFMT, types[i]);
	if (!err)
		err = allow_with(f, SCMP_SYS(read), 0, UINT32_MAX, (uint64_t)io.pipe[0]);
	if (!err)
		err = allow_with(f, SCMP_SYS(write), 0, UINT32_MAX, (uint64_t)io.done);
	if (!err && io.test_delay)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(nanosleep), 0);
	return err;
}

/* Into the ring, since the helper has no other memory when it needs it. */
static int make_filter(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int err = !f || fd < 0 ? -ENOMEM : add_rules(f);
	struct stat st;

	if (!err)
		err = seccomp_export_bpf(f, fd);
	if (!err && (fstat(fd, &st) || (size_t)st.st_size > sizeof(io.ring->filter)))
		err = -E2BIG;
	if (!err && pread(fd, io.ring->filter, (size_t)st.st_size, 0) != st.st_size)
		err = -EIO;
	if (!err)
		io.ring->filter_len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	seccomp_release(f);
	if (fd >= 0)
		close(fd);
	return err;
}

/* ---- start and end ---- */

static void reclaim(unsigned i)
{
	struct place *p = &io.place[i];
	struct io_request *q = &io.ring->req[i];

	if (p->orphan && p->gives_fd && q->result >= 0)
		close((int)q->result);
	for (size_t k = 0; k < ARRAY_LEN(p->fds); k++)
		if (p->fds[k] >= 0)
			close(p->fds[k]);
	p->used = p->orphan = false;
	q->state = IO_FREE;
	wake_one(&io.free);
}

static void look_for_done(void)
{
	for (unsigned i = 0; i < IO_REQUESTS; i++) {
		if (!io.place[i].used ||
		    __atomic_load_n(&io.ring->req[i].state, __ATOMIC_ACQUIRE) != IO_DONE)
			continue;
		if (io.place[i].orphan)
			reclaim(i);
		else
			wake_all(&io.place[i].done);
	}
}

static void finished(void *arg UNUSED, int events UNUSED)
{
	uint64_t n;

	if (read(io.done, &n, sizeof(n)) == sizeof(n))
		look_for_done();
}

/* Whatever it was doing is lost; from now on the sentry waits for disks itself. */
static void died(void *arg UNUSED, int events UNUSED)
{
	log_warn("the I/O helper ended: disks are waited for by the sentry now");
	watch_set(io.death_watch, 0);
	waitpid(io.pid, NULL, WNOHANG);
	io.pid = 0;
	for (unsigned i = 0; i < IO_REQUESTS; i++) {
		struct io_request *q = &io.ring->req[i];
		if (__atomic_load_n(&q->state, __ATOMIC_ACQUIRE) == IO_POSTED) {
			q->result = -EIO;
			q->state = IO_DONE;
		}
	}
	look_for_done();
	wake_all(&io.free);
}

static int start_watches(void)
{
	io.pidfd = (int)syscall(SYS_pidfd_open, io.pid, 0);
	if (io.pidfd < 0)
		return -errno;
	io.done_watch = watch_new(io.done, finished, NULL);
	io.death_watch = watch_new(io.pidfd, died, NULL);
	if (!io.done_watch || !io.death_watch)
		return -ENOMEM;
	watch_set(io.done_watch, LOOP_READ);
	watch_set(io.death_watch, LOOP_READ);
	return 0;
}

/* The last that is done with libc. The filter is built here: what that leaves behind goes with the rest. */
NORETURN static void become_helper(pid_t sentry)
{
	struct io_ring *r = io.ring;
	sigset_t all;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != sentry || make_filter())
		_exit(1); /* it died before it could matter */
	prctl(PR_SET_NAME, "picket-io", 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* The sentry's handlers go with its memory, and so does what glibc registered. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
		        RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	r->self_fd = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->self_fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(1);
	raw_run_on(r->stacks[0] + sizeof(r->stacks[0]), io_helper_main, r, 0);
}

/* PICKET_TEST_IO=MS, in builds for tests: all goes by the helper, and changes of names "slow..." and
 * reads of 12345 bytes take that long there. */
static void read_test_settings(void)
{
#ifdef PICKET_DEBUG
	const char *s = getenv("PICKET_TEST_IO");

	io.forced = s;
	io.test_delay = s ? (unsigned)atoi(s) : 0;
#endif
}

static int make_channels(void)
{
	io.ring = mmap(NULL, sizeof(*io.ring), PROT_READ | PROT_WRITE,
	               MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (io.ring == MAP_FAILED) {
		io.ring = NULL;
		return -ENOMEM;
	}
	io.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (io.done < 0 || pipe2(io.pipe, O_CLOEXEC))
		return -errno;
	io.ring->requests_fd = io.pipe[0];
	io.ring->done_fd = io.done;
	io.ring->self_fd = -1;
	/* The helper's start needs some, at a time when there may be none. */
	for (size_t i = 0; i < ARRAY_LEN(io.reserved); i++) {
		io.reserved[i] = fcntl(io.done, F_DUPFD_CLOEXEC, 0);
		if (io.reserved[i] < 0)
			return -errno;
	}
	return 0;
}

static void use_reserved(void)
{
	for (size_t i = 0; i < ARRAY_LEN(io.reserved); i++) {
		if (io.reserved[i] >= 0)
			close(io.reserved[i]);
		io.reserved[i] = -1;
	}
}

int host_io_init(void)
{
	waitq_init(&io.free);
	for (unsigned i = 0; i < IO_REQUESTS; i++)
		waitq_init(&io.place[i].done);
	io.tried = false;
	read_test_settings();
	return make_channels();
}

static int start_helper(void)
{
	pid_t self = getpid();

	use_reserved();
	/* A plain fork but for the table of descriptors, which stays one. */
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0)
		become_helper(self);
	if (pid < 0)
		return -errno;
	io.pid = (pid_t)pid;
	int err = start_watches();
	if (err) {
		kill(io.pid, SIGKILL);
		io.pid = 0;
	}
	return err;
}

static bool have_helper(void)
{
	if (!io.tried && io.ring) {
		io.tried = true;
		int err = start_helper();
		if (err)
			log_warn("the I/O helper can't be started: %s", strerror(-err));
	}
	return io.pid > 0;
}

pid_t host_io_pid(void)
{
	return io.pid;
}

void host_io_done(void)
{
	if (io.pid > 0) {
		kill(io.pid, SIGKILL);
		waitpid(io.pid, NULL, 0);
	}
	io.pid = 0;
	watch_free(io.done_watch);
	watch_free(io.death_watch);
	io.done_watch = io.death_watch = NULL;
	use_reserved();
	if (io.ring && io.ring->self_fd >= 0)
		close(io.ring->self_fd);
	int *fds[] = { &io.pidfd, &io.pipe[0], &io.pipe[1], &io.done };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	if (io.ring)
		munmap(io.ring, sizeof(*io.ring));
	io.ring = NULL;
	memset(io.place, 0, sizeof(io.place));
}

/* ---- calls ---- */

struct fd_name {
	char s[12];
};

static struct fd_name fd_name(int fd)
{
	struct fd_name n;

	snprintf(n.s, sizeof(n.s), "%d", fd);
	return n;
}

long host_io_direct(struct io_call *c)
{
	struct fd_name name;
	long a[IO_ARGS], ret;

	for (int k = 0; k < IO_ARGS; k++)
		a[k] = c->str[k] ? (long)c->str[k] : c->args[k] == IO_SELF_FD ? host_self_fd() : c->args[k];
	if (c->named_arg) {
		name = fd_name(c->named_fd);
		a[c->named_arg] = (long)name.s;
	}
	struct iovec v = { .iov_base = (void *)(uintptr_t)c->in, .iov_len = c->len };
	if (c->in)
		a[c->in_arg ? c->in_arg : 1] = c->in_vector ? (long)&v : (long)c->in;
	if (c->out)
		a[c->out_arg] = (long)c->out;
	ret = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	return ret < 0 ? -errno : ret;
}

bool host_io_forced(void)
{
	return io.forced;
}

bool host_io_usable(void)
{
	return co_self() && have_helper();
}

static int find_free(void)
{
	for (int i = 0; i < IO_REQUESTS; i++)
		if (!io.place[i].used)
			return i;
	return -1;
}

/* A place, or negative: -EINTR for who was killed. */
static CO_FN int take(bool killable)
{
	int i, err = 0;

	while ((i = find_free()) < 0 && !err)
		err = wait_on_mode(&io.free, KTIME_NEVER, killable ? WAIT_KILLABLE : WAIT_UNINTERRUPTIBLE);
	if (i < 0)
		return -EINTR;
	io.place[i] = (struct place){ .used = true };
	waitq_init(&io.place[i].done);
	for (size_t k = 0; k < ARRAY_LEN(io.place[i].fds); k++)
		io.place[i].fds[k] = -1;
	return i;
}

static void close_all(const int *fds, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		if (fds[k] >= 0)
			close(fds[k]);
}

/* Copies of the call's descriptors, which others may close while it waits. */
static int copy_fds(const struct io_call *c, int fds[IO_ARGS + 1])
{
	for (int k = 0; k <= IO_ARGS; k++) {
		int fd = k == IO_ARGS ? c->named_fd : (int)c->args[k];
		bool is = k == IO_ARGS ? c->named_arg > 0 : c->fds >> k & 1;

		fds[k] = is && fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
		if (is && fd >= 0 && fds[k] < 0) {
			int err = -errno;
			close_all(fds, (unsigned)k);
			return err;
		}
	}
	return 0;
}

static char *put(char *at, const void *s, size_t n)
{
	memcpy(at, s, n);
	return at + n;
}

/* All that the helper needs, in the ring. Strings are names and paths: there is room for them. */
static void fill(unsigned i, const struct io_call *c)
{
	struct io_request *q = &io.ring->req[i];
	const int *fds = io.place[i].fds;
	char *at = io.ring->data[i];

	q->nr = c->nr;
	for (int k = 0; k < IO_ARGS; k++) {
		q->args[k] = fds[k] >= 0 ? fds[k] : c->args[k];
		if (c->str[k]) {
			q->args[k] = (long)at;
			at = put(at, c->str[k], strlen(c->str[k]) + 1);
		}
	}
	if (c->named_arg) {
		struct fd_name name = fd_name(fds[IO_ARGS]);
		q->args[c->named_arg] = (long)at;
		at = put(at, name.s, sizeof(name.s));
	}
	at = (char *)(((uintptr_t)at + 7) & ~(uintptr_t)7);
	if (c->in_vector) {
		struct iovec v = { .iov_base = at + sizeof(v), .iov_len = c->len };
		q->args[1] = (long)at;
		at = put(at, &v, sizeof(v));
	} else if (c->in) {
		q->args[c->in_arg ? c->in_arg : 1] = (long)at;
	}
	if (c->in)
		at = put(at, c->in, c->len);
	io.place[i].out = at;
	if (c->out)
		q->args[c->out_arg] = (long)at;
	q->delay = 0;
	if (io.test_delay) {
		for (int k = 0; k < IO_ARGS; k++)
			if (!c->killable && c->str[k] && !strncmp(c->str[k], "slow", 4))
				q->delay = io.test_delay;
		if (c->len == 12345)
			q->delay = io.test_delay;
	}
}

static int post(unsigned i)
{
	unsigned char n = (unsigned char)i;

	__atomic_store_n(&io.ring->req[i].state, IO_POSTED, __ATOMIC_RELEASE);
	return io.pid && write(io.pipe[1], &n, 1) == 1 ? 0 : -EIO;
}

static CO_FN int wait_done(unsigned i, bool killable)
{
	const uint32_t *state = &io.ring->req[i].state;
	int err = 0;

	while (__atomic_load_n(state, __ATOMIC_ACQUIRE) != IO_DONE && !err)
		err = wait_on_mode(&io.place[i].done, KTIME_NEVER,
		                   killable ? WAIT_KILLABLE : WAIT_UNINTERRUPTIBLE);
	return __atomic_load_n(state, __ATOMIC_ACQUIRE) == IO_DONE ? 0 : err;
}

static long collect(unsigned i, struct io_call *c)
{
	const struct io_request *q = &io.ring->req[i];
	long ret = q->result;

	c->took = q->took;
	if (c->out && ret >= 0)
		memcpy(c->out, io.place[i].out, c->out_whole ? c->len : MIN((size_t)ret, c->len));
	return ret;
}

CO_FN long host_io_run(struct io_call *c)
{
	int fds[IO_ARGS + 1], i;

	if (!have_helper())
		return host_io_direct(c);
	int err = c->len > HOST_IO_MAX ? -EINVAL : copy_fds(c, fds);

	if (err)
		return err;
	i = take(c->killable);
	if (i < 0) {
		close_all(fds, ARRAY_LEN(fds));
		return i;
	}
	memcpy(io.place[i].fds, fds, sizeof(fds));
	io.place[i].gives_fd = c->gives_fd;
	fill((unsigned)i, c);
	long ret = post((unsigned)i);
	if (!ret && wait_done((unsigned)i, c->killable)) {
		io.place[i].orphan = true; /* reclaimed when it is done */
		return -EINTR;
	}
	if (!ret)
		ret = collect((unsigned)i, c);
	reclaim((unsigned)i);
	return ret;
}

void host_io_close(int fd)
{
	int i = fd >= 0 && have_helper() ? find_free() : -1;

	if (fd < 0)
		return;
	if (i < 0) {
		close(fd);
		return;
	}
	struct io_call c = { .nr = SYS_close, .args = { fd } };
	io.place[i] = (struct place){ .used = true, .orphan = true };
	waitq_init(&io.place[i].done);
	for (size_t k = 0; k < ARRAY_LEN(io.place[i].fds); k++)
		io.place[i].fds[k] = -1;
	fill((unsigned)i, &c);
	if (post((unsigned)i)) {
		reclaim((unsigned)i);
		close(fd);
	}
}
