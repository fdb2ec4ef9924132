/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/prctl.h>

int main(void)
{
	char name[32] = "", *edge = page_edge();
	int v = 0;

	check_is(prctl(PR_SET_NAME, "a-very-long-name-indeed"), 0, "PR_SET_NAME");
	check(prctl(PR_GET_NAME, name) == 0 && !strcmp(name, "a-very-long-nam"), "is cut to 15");
	check_errno(prctl(PR_SET_NAME, odd_ptr), EFAULT, "wild name");
	check_errno(prctl(PR_GET_NAME, edge - 4), EFAULT, "wild buffer");
	strcpy(edge - 3, "ok");
	check_is(prctl(PR_SET_NAME, edge - 3), 0, "a name at the edge");
	check_is(prctl(PR_GET_DUMPABLE), 1, "dumpable");
	check_is(prctl(PR_SET_DUMPABLE, 0), 0, "PR_SET_DUMPABLE");
	check_is(prctl(PR_GET_DUMPABLE), 0, "no longer");
	check_errno(prctl(PR_SET_DUMPABLE, 2), EINVAL, "2 can't be set");
	check_is(prctl(PR_SET_DUMPABLE, 1), 0, "back");
	check_is(prctl(PR_GET_KEEPCAPS), 0, "KEEPCAPS");
	check_is(prctl(PR_SET_KEEPCAPS, 1), 0, "set");
	check_is(prctl(PR_GET_KEEPCAPS), 1, "is set");
	check_errno(prctl(PR_SET_KEEPCAPS, 2), EINVAL, "2");
	check_is(prctl(PR_SET_PDEATHSIG, SIGUSR1), 0, "PDEATHSIG");
	check(prctl(PR_GET_PDEATHSIG, &v) == 0 && v == SIGUSR1, "is set");
	check_errno(prctl(PR_SET_PDEATHSIG, 65), EINVAL, "65");
	check_errno(prctl(PR_GET_PDEATHSIG, odd_ptr), EFAULT, "wild");
	check(exited(in_child(v = 9; prctl(PR_GET_PDEATHSIG, &v); _exit(v)), 0), "is not inherited");
	check_is(prctl(PR_SET_PDEATHSIG, 0), 0, "clear");
	check_errno(prctl(0x12345, 0, 0, 0, 0), EINVAL, "unknown");
	check_errno(prctl(-1, 0, 0, 0, 0), EINVAL, "-1");
	check_is(prctl(PR_GET_SECCOMP), 0, "no seccomp");
	check_is(prctl(PR_SET_TIMERSLACK, 12345), 0, "TIMERSLACK");
	check_is(prctl(PR_GET_TIMERSLACK), 12345, "is set");
	check_is(prctl(PR_GET_TSC, &v), 0, "PR_GET_TSC");
	check_is(prctl(PR_CAPBSET_READ, 0), 1, "bounding set");
	check_errno(prctl(PR_CAPBSET_READ, 100), EINVAL, "capability 100");
	check_errno(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL, "NO_NEW_PRIVS 0");
	check_errno(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL, "with more arguments");
	check_is(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0, "not set");
	check_is(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0, "set");
	check_is(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1, "is set");
	check(exited(in_child(_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))), 1), "is inherited");
	check_is(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0, "THP_DISABLE");
	check_is(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1, "is set");
	unsigned long fs = 0, gs = 1;
	check(syscall(SYS_arch_prctl, 0x1003, &fs) == 0 && fs != 0, "ARCH_GET_FS");
	check_is(syscall(SYS_arch_prctl, 0x1004, &gs), 0, "ARCH_GET_GS");
	check_errno(syscall(SYS_arch_prctl, 0x1003, odd_ptr), EFAULT, "wild");
	check_errno(syscall(SYS_arch_prctl, 0x1002, kernel_ptr), EPERM, "ARCH_SET_FS to the kernel");
	check_errno(syscall(SYS_arch_prctl, 0x9999, 0), EINVAL, "unknown");
	unsigned long word = 0x1122334455667788, got;
	for (int i = 0; i < 50; i++) /* makes syscall() itself a fast one in picket */
		syscall(SYS_getppid);
	check_is(syscall(SYS_arch_prctl, 0x1001, &word), 0, "ARCH_SET_GS");
	__asm__ volatile("mov %%gs:0, %0" : "=r"(got));
	check(got == word, "gs reaches the word");
	check(syscall(SYS_arch_prctl, 0x1004, &gs) == 0 && gs == (unsigned long)&word, "ARCH_GET_GS tells it");
	check(exited(in_child({
		      __asm__ volatile("mov %%gs:0, %0" : "=r"(got));
		      _exit(got == word ? 0 : 1);
	      }), 0), "a child inherits it");
	check_is(syscall(SYS_arch_prctl, 0x1001, 0), 0, "ARCH_SET_GS to 0");
	pid_t parent = getppid();
	int same = 0;
	for (int i = 0; i < 50; i++)
		same += syscall(SYS_getppid) == parent;
	check_is(same, 50, "calls afterwards");
	check(syscall(SYS_arch_prctl, 0x1004, &gs) == 0 && gs == 0, "gs is 0 again");
	return done();
}
