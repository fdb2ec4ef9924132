/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>
#include <sys/prctl.h>

int main(void)
{
	struct sched_param sp = { 0 };
	struct timespec ts;
	int st;

	need_root();
	check_is(getpriority(PRIO_PROCESS, 0), 0, "0 at first");
	check_is(setpriority(PRIO_PROCESS, 0, 5), 0, "nice 5");
	check_is(getpriority(PRIO_PROCESS, 0), 5, "is set");
	check_is(syscall(SYS_getpriority, PRIO_PROCESS, 0), 15, "the call itself says 20 - nice");
	check_is(setpriority(PRIO_PROCESS, 0, 100), 0, "100");
	check_is(getpriority(PRIO_PROCESS, 0), 19, "is 19");
	check_is(setpriority(PRIO_PROCESS, 0, -100), 0, "-100 by root");
	check_is(getpriority(PRIO_PROCESS, 0), -20, "is -20");
	check_is(setpriority(PRIO_PROCESS, 0, 3), 0, "3");
	check(exited(in_child(_exit(getpriority(PRIO_PROCESS, 0))), 3), "is inherited");
	check_errno(setpriority(9, 0, 0), EINVAL, "unknown kind");
	check_errno(getpriority(PRIO_PROCESS, 1 << 22), ESRCH, "nobody");
	check_errno(setpriority(PRIO_PGRP, 1 << 22, 0), ESRCH, "no group");
	check_is(getpriority(PRIO_PGRP, 0) <= 3, 1, "of the group");
	st = in_child({
		setgroups(0, NULL);
		need(setresuid(1000, 1000, 1000) == 0);
		check_errno(setpriority(PRIO_PROCESS, 0, 0), EACCES, "a user may not go down");
		check_is(setpriority(PRIO_PROCESS, 0, 10), 0, "but up");
		check_errno(setpriority(PRIO_PROCESS, getppid(), 10), EPERM, "not of another's process");
		_exit(tap_failed);
	});
	check(exited(st, 0), "the child agrees");
	check_is(nice(2), 5, "nice adds");
	check_is(setpriority(PRIO_PROCESS, 0, 0), 0, "back to 0");

	check_is(sched_getscheduler(0), SCHED_OTHER, "SCHED_OTHER");
	check_errno(sched_getscheduler(-1), EINVAL, "pid -1");
	check_errno(sched_getscheduler(1 << 22), ESRCH, "nobody");
	check_is(sched_setscheduler(0, SCHED_BATCH, &sp), 0, "SCHED_BATCH");
	check_is(sched_getscheduler(0), SCHED_BATCH, "is set");
	check_errno(sched_setscheduler(0, 77, &sp), EINVAL, "unknown policy");
	sp.sched_priority = 1;
	check_errno(sched_setscheduler(0, SCHED_OTHER, &sp), EINVAL, "priority of SCHED_OTHER");
	sp.sched_priority = 100;
	check_errno(sched_setscheduler(0, SCHED_FIFO, &sp), EINVAL, "priority of 100");
	check_errno(sched_setscheduler(0, SCHED_FIFO, odd_ptr), EFAULT, "wild");
	check(sched_getparam(0, &sp) == 0 && sp.sched_priority == 0, "sched_getparam");
	check_is(sched_get_priority_max(SCHED_FIFO), 99, "maximum of FIFO");
	check_is(sched_get_priority_min(SCHED_RR), 1, "minimum of RR");
	check_is(sched_get_priority_max(SCHED_OTHER), 0, "maximum of OTHER");
	check_errno(sched_get_priority_max(77), EINVAL, "of an unknown policy");
	check_is(sched_rr_get_interval(0, &ts), 0, "interval");
	check_is(sched_yield(), 0, "sched_yield");
	check_is(syscall(SYS_ioprio_get, 1, 0) >= 0, 1, "ioprio_get");
	check_errno(syscall(SYS_ioprio_get, 9, 0), EINVAL, "of an unknown kind");
	return done();
}
