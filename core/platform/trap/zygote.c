/* SPDX-License-Identifier: Apache-2.0
 *
 * The zygote: the pristine stub that every other stub is forked from. It starts as a plain fork of
 * the sentry, maps the window and leaves the sentry's image for good. Layer: core.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/arch/x86_64/raw.h"
#include "core/host/cpu.h"
#include "core/host/procinfo.h"
#include "core/log.h"
#include "core/platform/trap/stub.h"
#include "core/platform/trap/trap.h"

#define HWCAP2_FSGSBASE 2

/* The stub's text and parameters, as descriptors that a stub can map but not write. */
static int make_text(void)
{
	size_t n = (size_t)(__stop_stub_text - __start_stub_text);
	int fd = memfd_create("picket-stub", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (n > STUB_TEXT_MAX || write(fd, __start_stub_text, n) != (ssize_t)n ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)) {
		close(fd);
		return -EIO;
	}
	trap_g.text_fd = fd;
	return 0;
}

static int make_params(void)
{
	char path[64];
	int fd = memfd_create("picket-params", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)PAGE_SIZE))
		return -errno;
	void *p = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	trap_g.params = p;
	trap_g.params->has_fsgsbase = !!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE);
	memcpy(trap_g.params->in, platform_calls.in, sizeof(platform_calls.in));
	trap_g.params->epoch = 1;
	trap_spin_init();
	/* Opened again for reading alone: a stub's mapping can then never be made writable. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	trap_g.params_fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = trap_g.params_fd < 0 ? -errno : 0;
	close(fd);
	return err;
}

static bool map_at(uint64_t addr, size_t len, int prot, int flags, int fd)
{
	return mmap((void *)addr, len, prot, flags | MAP_FIXED_NOREPLACE, fd, 0) == (void *)addr;
}

static void limit(int which, rlim_t n)
{
	struct rlimit r = { n, n };

	setrlimit(which, &r);
}

/* Best effort: the host's OOM killer should take a guest before the sentry. */
static void volunteer_for_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, "1000", 4) != 4)
			log_debug("oom_score_adj of the stubs can't be raised");
		close(fd);
	}
}

NORETURN static void become_stub(int sock, int slots_fd)
{
	struct sock_fprog prog;

	/* Here, not in the sentry: what libseccomp leaves behind goes with the rest of the image. */
	if (trap_filter_build(&prog))
		_exit(1);
	/* Its own session: signals of the caller's terminal must not reach it. */
	setsid();
	volunteer_for_oom();
	for (int sig = 1; sig <= 64; sig++)
		signal(sig, SIG_DFL);
	/* glibc's registrations point into memory that goes away; the kernel would kill for it. */
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
		        RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	/* Stubs inherit it. With more than one thread, registering waits for an RCU grace period, 10 ms and more. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_NAME, "picket-stub", 0, 0, 0);
	limit(RLIMIT_CORE, 1); /* 1, not 0: a piped core handler gets nothing either */
	bool ok = map_at(STUB_TEXT, STUB_TEXT_MAX, PROT_READ | PROT_EXEC, MAP_PRIVATE, trap_g.text_fd) &&
	          map_at(STUB_PARAMS, PAGE_SIZE, PROT_READ, MAP_SHARED, trap_g.params_fd) &&
	          map_at(STUB_PRIVATE, STUB_PRIVATE_SIZE, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS, -1) &&
	          map_at(STUB_SLOTS, (size_t)SLOTS_MAX * SLOT_SIZE, PROT_READ | PROT_WRITE,
	                 MAP_SHARED, slots_fd);
	/* Only the socket and the doorbell stay, at the numbers the filter knows. */
	int s = fcntl(sock, F_DUPFD, 64), b = fcntl(trap_g.bell, F_DUPFD, 64);
	ok = ok && s >= 0 && b >= 0 && dup2(s, STUB_SOCK_FD) >= 0 && dup2(b, STUB_BELL_FD) >= 0 &&
	     !close_range(0, STUB_SOCK_FD - 1, 0) && !close_range(STUB_BELL_FD + 1, ~0U, 0);
	if (!ok)
		_exit(1);
	raw_run_on((char *)STUB_SLOTS + SLOT_LOWER_STACK, (void *)STUB_ADDR(stub_init), (void *)STUB_SLOTS,
	           (long)&prog);
}

/* Takes the seccomp listener out of the zygote, which installed the filter. */
static CO_FN int take_listener(struct ctx *ctx)
{
	int64_t theirs = ctx->slot->result;

	if (theirs < 0)
		return (int)theirs;
	int pidfd = (int)syscall(SYS_pidfd_open, ctx->as->pid, 0);
	if (pidfd < 0)
		return -errno;
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)theirs, 0);
	int err = fd < 0 ? -errno : 0;
	close(pidfd);
	if (err)
		return err;
	trap_g.listener = fd;
	ctx->slot->ops[0] = (struct stub_op){ .nr = SYS_close, .args = { (uint64_t)theirs } };
	return trap_ops_run(ctx, 1);
}

static CO_FN int first_trap(struct ctx *ctx)
{
	trap_ctx_expect(ctx);
	int err = trap_ctx_await(ctx);
	if (!err)
		err = trap_ctx_take_frame(ctx);
	if (!err)
		err = take_listener(ctx);
	if (!err)
		err = trap_events_listen();
	if (err)
		log_error("the first stub did not start: %s", strerror(-err));
	return err;
}

CO_FN int trap_zygote_ready(void)
{
	static int failed;

	comutex_lock(&trap_g.zygote->lock);
	if (trap_g.zygote_state == ZYGOTE_STARTS) {
		failed = first_trap(trap_g.zygote_ctx);
		trap_g.zygote_state = failed ? ZYGOTE_FAILED : ZYGOTE_READY;
	}
	int err = trap_g.zygote_state == ZYGOTE_FAILED ? failed : 0;
	comutex_unlock(&trap_g.zygote->lock);
	return err;
}

/* Without limits of ours, and where the host promises more memory than there is, mappings succeed. */
static bool ops_succeed(void)
{
	struct rlimit as, data;

	return !getrlimit(RLIMIT_AS, &as) && !getrlimit(RLIMIT_DATA, &data) &&
	       as.rlim_cur == RLIM_INFINITY && data.rlim_cur == RLIM_INFINITY && !host_strict_memory();
}

/* Children of ours that aren't stubs. In a pid namespace of our own there are none yet. */
static void note_others(void)
{
	int n = getpid() == 1 ? 0 : host_procinfo_children(trap_g.others, ARRAY_LEN(trap_g.others));

	trap_g.nr_others = MAX(n, 0);
}

int trap_zygote_start(void)
{
	struct as *as;
	int stub_sock;
	int err = make_text();

	if (!err)
		err = make_params();
	if (err)
		return err;
	trap_g.bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (trap_g.bell < 0)
		return -errno;
	err = trap_as_alloc(&as, &stub_sock);
	if (err)
		return err;
	struct ctx *ctx = trap_ctx_alloc(as, 0);
	if (!ctx) {
		close(stub_sock);
		trap_as_free(as);
		return -ENOMEM;
	}
	note_others();
	trap_g.ops_succeed = ops_succeed();
	pid_t pid = fork();
	if (pid == 0)
		become_stub(stub_sock, as->slots_fd);
	err = pid < 0 ? -errno : 0;
	close(stub_sock);
	if (err) {
		trap_ctx_free(ctx);
		trap_as_free(as);
		return err;
	}
	as->pid = ctx->tid = pid;
	trap_as_publish(as);
	trap_g.zygote = as;
	trap_g.zygote_ctx = ctx;
	trap_g.zygote_state = ZYGOTE_STARTS;
	return 0;
}
