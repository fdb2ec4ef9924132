/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/sched.h>
#include <poll.h>

static long clone3(struct clone_args *a, size_t size)
{
	return syscall(SYS_clone3, a, size);
}

int main(void)
{
	struct clone_args a = { .exit_signal = SIGCHLD };
	char big[4200] = { 0 };
	int pidfd = -1, st;
	pid_t tid = 0;

	check_errno(clone3((void *)null_ptr, sizeof(a)), EFAULT, "NULL");
	check_errno(clone3(&a, 0), EINVAL, "size 0");
	check_errno(clone3(&a, 63), EINVAL, "size 63");
	check_errno(clone3((void *)big, 4097), E2BIG, "size beyond a page");
	memcpy(big, &a, sizeof(a));
	big[200] = 1;
	check_errno(clone3((void *)big, 4096), E2BIG, "unknown content");
	a.exit_signal = 65;
	check_errno(clone3(&a, sizeof(a)), EINVAL, "exit signal 65");
	a.exit_signal = SIGCHLD;
	a.flags = 1;
	check_errno(clone3(&a, sizeof(a)), EINVAL, "flag in the signal's bits");
	a.flags = 1ull << 50;
	check_errno(clone3(&a, sizeof(a)), EINVAL, "unknown flag");
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	check_errno(clone3(&a, sizeof(a)), EINVAL, "a thread with an exit signal");
	a.flags = 0;
	a.stack_size = 4096;
	check_errno(clone3(&a, sizeof(a)), EINVAL, "stack size without stack");
	a.stack_size = 0;
	a.stack = (uintptr_t)big;
	check_errno(clone3(&a, sizeof(a)), EINVAL, "stack without size");
	a.stack = 0;
	long r = clone3(&a, sizeof(a));
	if (r == 0)
		_exit(4);
	check(r > 0 && waitpid(r, &st, 0) == r && exited(st, 4), "as fork");
	a.flags = CLONE_PIDFD | CLONE_PARENT_SETTID;
	a.pidfd = (uintptr_t)&pidfd;
	a.parent_tid = (uintptr_t)&tid;
	r = clone3(&a, sizeof(a));
	if (r == 0)
		_exit(5);
	check(r > 0 && pidfd > 2 && tid == r, "CLONE_PIDFD and CLONE_PARENT_SETTID");
	check_is(fcntl(pidfd, F_GETFD), FD_CLOEXEC, "the pidfd is close-on-exec");
	struct pollfd pf = { pidfd, POLLIN, 0 };
	check(poll(&pf, 1, 5000) == 1 && (pf.revents & POLLIN), "it polls readable at the end");
	siginfo_t si;
	check(waitid(P_PIDFD, pidfd, &si, WEXITED) == 0 && si.si_pid == r && si.si_status == 5, "waitid by it");
	a.flags = CLONE_CLEAR_SIGHAND;
	signal(SIGUSR1, SIG_IGN);
	on_signal(SIGUSR2, _exit, 0);
	r = clone3(&a, sizeof(a));
	if (r == 0) {
		struct sigaction x, y;

		sigaction(SIGUSR1, NULL, &x);
		sigaction(SIGUSR2, NULL, &y);
		_exit(x.sa_handler == SIG_IGN && y.sa_handler == SIG_DFL ? 0 : 1);
	}
	check(waitpid(r, &st, 0) == r && exited(st, 0), "CLONE_CLEAR_SIGHAND");
	a.flags = CLONE_VFORK | CLONE_VM;
	static volatile int shared;
	static char stack[16384] __attribute__((aligned(16)));
	a.flags = CLONE_VFORK;
	a.stack = 0;
	shared = 0;
	r = clone3(&a, sizeof(a));
	if (r == 0) {
		shared = 1;
		_exit(stack[0]);
	}
	check(waitpid(r, &st, 0) == r && exited(st, 0) && shared == 0, "CLONE_VFORK waits for the end");
	a.flags = 0;
	a.exit_signal = 0;
	r = clone3(&a, sizeof(a));
	if (r == 0)
		_exit(6);
	check(waitpid(r, &st, __WALL) == r && exited(st, 6), "no exit signal");
	return done();
}
