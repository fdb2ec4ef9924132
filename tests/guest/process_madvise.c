/* SPDX-License-Identifier: Apache-2.0
 *
 * process_madvise, process_mrelease: on oneself and others, partial results, who may, dying processes.
 */
#include "guest.h"
#include <sys/prctl.h>
#include <sys/ptrace.h>

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static long advise(int pidfd, const struct iovec *v, size_t n, int advice, unsigned flags)
{
	return syscall(SYS_process_madvise, pidfd, v, n, advice, flags);
}

static int pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	need(fd >= 0);
	return fd;
}

static char *pages(int n)
{
	char *p = mmap(NULL, (size_t)n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED);
	memset(p, 7, (size_t)n * 4096);
	return p;
}

static void on(int fd, char *p, const char *who)
{
	struct iovec v[3] = { { p, 4096 }, { p + 8192, 8192 }, { p + 4096, 100 } };

	check_is(advise(fd, v, 1, MADV_COLD, 0), 4096, "%s: COLD", who);
	check_is(advise(fd, v, 3, MADV_PAGEOUT, 0), 4096 + 8192 + 100, "%s: PAGEOUT of three ranges", who);
	check_is(advise(fd, v, 2, MADV_WILLNEED, 0), 4096 + 8192, "%s: WILLNEED", who);
	check_is(advise(fd, v, 0, MADV_COLD, 0), 0, "%s: of none", who);
	check_errno(advise(fd, v, 1, 12345, 0), EINVAL, "%s: unknown advice", who);
	check_errno(advise(fd, v, 1, -1, 0), EINVAL, "%s: wild advice", who);
	check_errno(advise(fd, v, 1, MADV_COLD, 1), EINVAL, "%s: flags", who);
	check_errno(advise(fd, v, 1025, MADV_COLD, 0), EINVAL, "%s: too many", who);
	check_errno(advise(fd, v, -1ul, MADV_COLD, 0), EINVAL, "%s: a wild number", who);
	check_errno(advise(fd, low_ptr, 1, MADV_COLD, 0), EFAULT, "%s: from nowhere", who);
	v[0].iov_base = p + 1;
	check_errno(advise(fd, v, 1, MADV_COLD, 0), EINVAL, "%s: unaligned", who);
	v[0] = (struct iovec){ p, 4096 };
	v[1] = (struct iovec){ p + 5 * 4096, 4096 };
	check_errno(advise(fd, v + 1, 1, MADV_COLD, 0), ENOMEM, "%s: a hole", who);
	check_is(advise(fd, v, 2, MADV_COLD, 0), 4096, "%s: a hole after a page", who);
	v[1] = (struct iovec){ p + 1, 4096 };
	check_is(advise(fd, v, 2, MADV_COLD, 0), 4096, "%s: an unaligned one after a page", who);
	v[1] = (struct iovec){ p, -1ul };
	check_errno(advise(fd, v, 2, MADV_COLD, 0), EINVAL, "%s: a wild length", who);
	v[1] = (struct iovec){ kernel_ptr, 4096 };
	check_errno(advise(fd, v, 2, MADV_COLD, 0), EFAULT, "%s: the kernel's memory", who);
}

static void targets(void)
{
	char *p = pages(6);
	struct iovec v = { p, 4096 };
	int self = pidfd(getpid()), other, st, dir;
	pid_t pid;

	need(munmap(p + 5 * 4096, 4096) == 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	other = pidfd(pid);
	on(self, p, "oneself");
	on(other, p, "another");
	check(p[0] == 7 && p[4096] == 7, "nothing is lost");
	check_errno(advise(other, &v, 1, MADV_DONTNEED, 0), EINVAL, "DONTNEED isn't for another");
	check_errno(advise(other, &v, 1, MADV_NORMAL, 0), EINVAL, "nor NORMAL");
	check_errno(advise(-1, &v, 1, MADV_COLD, 0), EBADF, "no descriptor");
	dir = open("/", O_RDONLY);
	check_errno(advise(dir, &v, 1, MADV_COLD, 0), EBADF, "not a pidfd");
	check_errno(advise(0x7fffffff, low_ptr, 1, MADV_COLD, 0), EFAULT, "the ranges are looked at first");
	st = in_child({
		(void)!setresgid(1000, 1000, 1000), (void)!setresuid(1000, 1000, 1000);
		if (advise(other, &v, 1, MADV_COLD, 0) != -1 || errno != EACCES)
			_exit(1);
	});
	check(exited(st, 0), "EACCES for another user's");
	st = in_child({
		(void)!setresgid(1000, 1000, 1000), (void)!setresuid(1000, 1000, 1000);
		prctl(PR_SET_DUMPABLE, 1);
		pid_t kid = fork();
		if (kid == 0)
			for (;;)
				pause();
		int fd = pidfd(kid);
		long r = advise(fd, &v, 1, MADV_COLD, 0);
		int e = errno;
		kill(kid, SIGKILL);
		waitpid(kid, NULL, 0);
		_exit(r == -1 && e == EPERM ? 0 : 1);
	});
	check(exited(st, 0), "EPERM without CAP_SYS_NICE");
	kill(pid, SIGKILL);
	siginfo_t si;
	need(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0);
	check_errno(advise(other, &v, 1, MADV_COLD, 0), ESRCH, "a zombie");
	waitpid(pid, NULL, 0);
	check_errno(advise(other, &v, 1, MADV_COLD, 0), ESRCH, "one that is gone");
	close(other);
	close(self);
	close(dir);
}

static long release(int fd, unsigned flags)
{
	return syscall(SYS_process_mrelease, fd, flags);
}

static void released(void)
{
	siginfo_t si;
	int fd, st;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	fd = pidfd(pid);
	need(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
	check_errno(release(fd, 0), EINVAL, "mrelease of one that lives");
	check_errno(release(fd, 1), EINVAL, "flags");
	check_errno(release(-1, 0), EBADF, "no descriptor");
	check_errno(release(0, 0), EBADF, "not a pidfd");
	/* Dying, and kept from it by its tracer. */
	need(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXIT) == 0);
	kill(pid, SIGKILL);
	need(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
	check_is(release(fd, 0), 0, "of one that is dying");
	check_is(release(fd, 0), 0, "twice");
	need(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
	need(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0);
	check_errno(release(fd, 0), ESRCH, "of a zombie");
	waitpid(pid, NULL, 0);
	check_errno(release(fd, 0), ESRCH, "of one that is gone");
	close(fd);
}

int main(void)
{
	need_root();
	targets();
	released();
	return done();
}
