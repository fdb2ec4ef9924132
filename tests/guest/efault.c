/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

/* Every kind of bad pointer to every kind of argument. */
int main(void)
{
	char *edge = page_edge();
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct { const char *name; void *p; } bad[] = {
		{ "8", low_ptr },
		{ "kernel", kernel_ptr },
		{ "non-canonical", odd_ptr },
		{ "-1", (void *)-1 },
		{ "the end of user space", (void *)0x7ffffffff000 },
		{ "forbidden page", edge },
		{ "over the edge", edge - 2 },
	};
	int fd = file("f", "0123456789012345"), p[2], ep = epoll_create1(0);

	need(pipe(p) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		void *b = bad[i].p;
		const char *n = bad[i].name;
		bool edgy = b == edge - 2;

		memset(edge - 2, 'z', 2);
		check_is(pread(fd, b, 16, 0), edgy ? 2 : -1, "read: %s", n);
		memset(edge - 2, 'z', 2);
		check_errno(syscall(SYS_stat, b, edge - 512), EFAULT, "stat path: %s", n);
		check_errno(syscall(SYS_stat, "f", b), EFAULT, "stat buffer: %s", n);
		memset(edge - 2, 'z', 2);
		check_errno(syscall(SYS_open, b, 0), EFAULT, "open: %s", n);
		check_errno(syscall(SYS_pipe, b), EFAULT, "pipe: %s", n);
		check_errno(syscall(SYS_uname, b), EFAULT, "uname: %s", n);
		check_errno(syscall(SYS_sysinfo, b), EFAULT, "sysinfo: %s", n);
		check_errno(syscall(SYS_times, b), EFAULT, "times: %s", n);
		check_errno(syscall(SYS_getrlimit, 0, b), EFAULT, "getrlimit: %s", n);
		check_errno(syscall(SYS_setrlimit, 0, b), EFAULT, "setrlimit: %s", n);
		check_errno(syscall(SYS_getrusage, 0, b), EFAULT, "getrusage: %s", n);
		check_errno(syscall(SYS_rt_sigaction, SIGUSR1, b, NULL, 8), EFAULT, "sigaction: %s", n);
		check_errno(syscall(SYS_rt_sigaction, SIGUSR1, NULL, b, 8), EFAULT, "sigaction old: %s", n);
		check_errno(syscall(SYS_rt_sigprocmask, SIG_BLOCK, b, NULL, 8), EFAULT, "sigprocmask: %s", n);
		check_errno(syscall(SYS_rt_sigpending, b, 8), EFAULT, "sigpending: %s", n);
		check_errno(syscall(SYS_sigaltstack, b, NULL), EFAULT, "sigaltstack: %s", n);
		check_errno(syscall(SYS_nanosleep, b, NULL), EFAULT, "nanosleep: %s", n);
		check_errno(syscall(SYS_getitimer, 0, b), EFAULT, "getitimer: %s", n);
		check_errno(syscall(SYS_poll, b, 1, 0), EFAULT, "poll: %s", n);
		check_errno(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, p[0], b), EFAULT, "epoll_ctl: %s", n);
		check_errno(syscall(SYS_readv, fd, b, 1), EFAULT, "readv: %s", n);
		check_errno(syscall(SYS_sched_getaffinity, 0, 128, b), EFAULT, "sched_getaffinity: %s", n);
		check_errno(syscall(SYS_getgroups, 1, b) == 0 ? (errno = EFAULT, -1) : -1, EFAULT, "getgroups: %s", n);
		check_errno(syscall(SYS_getresuid, b, b, b), EFAULT, "getresuid: %s", n);
		check_errno(syscall(SYS_timer_create, CLOCK_MONOTONIC, b, edge - 64), EFAULT, "timer_create: %s", n);
		memset(edge - 2, 'z', 2);
		check_errno(syscall(SYS_execve, b, NULL, NULL), EFAULT, "execve path: %s", n);
		check_errno(syscall(SYS_execve, "/bin/true", b, NULL), EFAULT, "execve argv: %s", n);
	}
	check_errno(pread(fd, ro, 4, 0), EFAULT, "read to a read-only page");
	check_errno(syscall(SYS_stat, "f", ro), EFAULT, "stat to a read-only page");
	check_errno(syscall(SYS_pipe, ro), EFAULT, "pipe to a read-only page");
	/* A failed pipe leaves no descriptors behind. */
	int n = dup(fd);
	close(n);
	for (int i = 0; i < 50; i++)
		syscall(SYS_pipe, null_ptr);
	int m = dup(fd);
	check(m == n, "a failed pipe leaks nothing");
	return done();
}
