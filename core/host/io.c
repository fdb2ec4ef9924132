/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper. Layer: core/host.
 *
 * Requests are numbered places in shared memory. The sentry fills one, sends its number through a
 * pipe and parks the coroutine; the helper makes the call, stores the result and rings an eventfd.
 * The memory is at the same address in both processes, so pointers mean the same.
 */
#include "core/host/io.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/co.h"
#include "core/log.h"
#include "core/loop.h"

#define REQUESTS 8

enum { REQ_FREE, REQ_POSTED, REQ_DONE };

struct request {
	uint32_t state; /* REQ_* */
	int nr;
	long args[4];
	long result;
	char data[HOST_IO_MAX];
};

static struct {
	pid_t pid; /* 0: no helper, calls are made directly */
	int pidfd, pipe[2], done;
	struct request *req; /* shared */
	struct watch *done_watch, *death_watch;
	bool used[REQUESTS]; /* the sentry's own account */
	struct waitq free, finished;
} io = { .pidfd = -1, .pipe = { -1, -1 }, .done = -1 };

/* ---- the helper's side ---- */

static int cage(void)
{
	static const int calls[] = {
		SCMP_SYS(read),  SCMP_SYS(write),     SCMP_SYS(pread64), SCMP_SYS(openat),
		SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(exit_group),
	};
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err = f ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_LEN(calls) && !err; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}

NORETURN static void helper(void)
{
	unsigned char i;
	uint64_t one = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, "picket-io", 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (cage())
		_exit(1);
	while (read(io.pipe[0], &i, 1) == 1) {
		struct request *r = &io.req[i % REQUESTS];
		long ret = syscall(r->nr, r->args[0], r->args[1], r->args[2], r->args[3]);
		r->result = ret < 0 ? -errno : ret;
		__atomic_store_n(&r->state, REQ_DONE, __ATOMIC_RELEASE);
		if (write(io.done, &one, sizeof(one)) < 0)
			break;
	}
	_exit(0);
}

/* ---- the sentry's side ---- */

static void finished(void *arg UNUSED, int events UNUSED)
{
	uint64_t n;

	if (read(io.done, &n, sizeof(n)) == sizeof(n))
		wake_all(&io.finished);
}

/* Whatever it was doing is lost; from now on the sentry waits for disks itself. */
static void died(void *arg UNUSED, int events UNUSED)
{
	log_warn("the I/O helper ended");
	watch_set(io.death_watch, 0);
	io.pid = 0;
	for (unsigned i = 0; i < REQUESTS; i++) {
		if (__atomic_load_n(&io.req[i].state, __ATOMIC_ACQUIRE) == REQ_POSTED) {
			io.req[i].result = -EIO;
			io.req[i].state = REQ_DONE;
		}
	}
	wake_all(&io.finished);
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

int host_io_init(void)
{
	waitq_init(&io.free);
	waitq_init(&io.finished);
	io.req = mmap(NULL, REQUESTS * sizeof(*io.req), PROT_READ | PROT_WRITE,
	              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (io.req == MAP_FAILED) {
		io.req = NULL;
		return -ENOMEM;
	}
	io.done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (io.done < 0 || pipe2(io.pipe, O_CLOEXEC))
		return -errno;
	/* A plain fork but for the table of descriptors, which stays one. */
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0)
		helper();
	if (pid < 0)
		return -errno;
	io.pid = (pid_t)pid;
	return start_watches();
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
	int *fds[] = { &io.pidfd, &io.pipe[0], &io.pipe[1], &io.done };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	if (io.req)
		munmap(io.req, REQUESTS * sizeof(*io.req));
	io.req = NULL;
}

static bool usable(void)
{
	return io.pid > 0 && co_self();
}

static CO_FN unsigned char take(void)
{
	for (;;) {
		for (unsigned char i = 0; i < REQUESTS; i++) {
			if (io.used[i])
				continue;
			io.used[i] = true;
			return i;
		}
		wait_on_mode(&io.free, KTIME_NEVER, WAIT_UNINTERRUPTIBLE);
	}
}

static void give(unsigned char i)
{
	io.used[i] = false;
	wake_one(&io.free);
}

/* Not interruptible: a disk answers, and the helper has the descriptor in its hands. */
static CO_FN long perform(unsigned char i)
{
	struct request *r = &io.req[i];

	__atomic_store_n(&r->state, REQ_POSTED, __ATOMIC_RELEASE);
	if (!io.pid || write(io.pipe[1], &i, 1) != 1)
		return -EIO;
	while (__atomic_load_n(&r->state, __ATOMIC_ACQUIRE) != REQ_DONE) {
		struct waiter w;
		waiter_init(&w);
		waitq_add(&io.finished, &w);
		wait_many(&w, 1, KTIME_NEVER, WAIT_UNINTERRUPTIBLE);
		waitq_del(&w);
	}
	return r->result;
}

CO_FN ssize_t host_io_pread(int fd, void *buf, size_t n, int64_t off)
{
	if (!usable()) {
		ssize_t got = pread(fd, buf, n, off);
		return got < 0 ? -errno : got;
	}
	unsigned char i = take();
	struct request *r = &io.req[i];
	r->nr = SYS_pread64;
	r->args[0] = fd;
	r->args[1] = (long)r->data;
	r->args[2] = (long)MIN(n, HOST_IO_MAX);
	r->args[3] = off;
	ssize_t got = perform(i);
	if (got > 0) {
		got = MIN(got, (ssize_t)MIN(n, HOST_IO_MAX));
		memcpy(buf, r->data, (size_t)got);
	}
	give(i);
	return got;
}

CO_FN int host_io_openat(int dirfd, const char *name, int flags)
{
	size_t len = strlen(name) + 1;

	if (!usable() || len > HOST_IO_MAX) {
		int fd = openat(dirfd, name, flags);
		return fd < 0 ? -errno : fd;
	}
	unsigned char i = take();
	struct request *r = &io.req[i];
	memcpy(r->data, name, len);
	r->nr = SYS_openat;
	r->args[0] = dirfd;
	r->args[1] = (long)r->data;
	r->args[2] = flags;
	r->args[3] = 0;
	int fd = (int)perform(i);
	give(i);
	return fd;
}

CO_FN int host_io_fsync(int fd, bool data_only)
{
	if (!usable())
		return (data_only ? fdatasync(fd) : fsync(fd)) ? -errno : 0;
	unsigned char i = take();
	struct request *r = &io.req[i];
	r->nr = data_only ? SYS_fdatasync : SYS_fsync;
	r->args[0] = fd;
	r->args[1] = r->args[2] = r->args[3] = 0;
	int err = (int)perform(i);
	give(i);
	return err;
}
