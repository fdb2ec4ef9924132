/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for children: the mechanism below wait4(2) and waitid(2). Layer: tasks.
 */
#ifndef TASKS_WAIT_H
#define TASKS_WAIT_H

#include "tasks/task.h"

enum wait_who { WAITFOR_ANY, WAITFOR_TGID, WAITFOR_PGRP };

struct wait_request {
	enum wait_who who;
	pid_t id;
	int options; /* WEXITED WSTOPPED WCONTINUED WNOHANG WNOWAIT __WALL __WCLONE __WNOTHREAD */
};

struct wait_result {
	pid_t pid;
	uid_t uid;
	int code;   /* CLD_* */
	int status; /* si_status */
	int wstatus; /* wait(2) format */
	struct rusage_sum usage;
};

/* 1: *ret tells of a child; 0: WNOHANG and nothing yet; -ECHILD, -ERESTARTSYS. */
CO_FN int task_wait(struct task *t, const struct wait_request *rq, struct wait_result *ret);

#endif
