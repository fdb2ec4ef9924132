/* SPDX-License-Identifier: Apache-2.0
 *
 * wait4, waitid. Layer: syscalls.
 */
#include <sys/wait.h>

#include "syscalls/syscall.h"
#include "tasks/cputime.h"
#include "tasks/pidfd.h"
#include "tasks/wait.h"

#ifndef __WNOTHREAD
#define __WNOTHREAD 0x20000000
#endif
#define P_PIDFD_K 3

SYSCALL4(wait4, pid_t, pid, gaddr_t, ustatus, int, options, gaddr_t, urusage)
{
	struct wait_request rq = { .who = WAITFOR_ANY };
	struct wait_result res;
	struct rusage ru;
	int ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | (int)(__WNOTHREAD | __WCLONE | __WALL)))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid > 0) {
		rq.who = WAITFOR_TGID;
		rq.id = pid;
	} else if (pid != -1) {
		rq.who = WAITFOR_PGRP;
		rq.id = pid ? -pid : t->tg->pgrp->id;
	}
	rq.options = options | WEXITED;
	ret = task_wait(t, &rq, &res);
	if (ret <= 0)
		return ret;
	if (ustatus && copyout_obj(ustatus, &res.wstatus))
		return -EFAULT;
	rusage_export(&res.usage, &ru);
	if (urusage && copyout_obj(urusage, &ru))
		return -EFAULT;
	return res.pid;
}

/* Who is waited for; *hold keeps a pidfd. */
static int waitid_target(struct task *t, int which, pid_t id, struct wait_request *rq,
                         struct file **hold)
{
	struct thread_group *tg;

	switch (which) {
	case P_ALL:
		rq->who = WAITFOR_ANY;
		return 0;
	case P_PID:
		rq->who = WAITFOR_TGID;
		rq->id = id;
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		rq->who = WAITFOR_PGRP;
		rq->id = id ? id : t->tg->pgrp->id;
		return id >= 0 ? 0 : -EINVAL;
	case P_PIDFD_K:
		if (id < 0)
			return -EINVAL;
		*hold = fd_get(t->files, id);
		if (!*hold)
			return -EBADF;
		tg = pidfd_group(*hold);
		if (!tg)
			return -EBADF;
		rq->who = WAITFOR_TGID;
		rq->id = tg->reaped ? -1 : tg->tgid;
		if ((*hold)->flags & O_NONBLOCK)
			rq->options |= WNOHANG;
		return 0;
	}
	return -EINVAL;
}

static CO_FN int do_wait_id(struct task *t, int which, pid_t id, int options, struct wait_result *res)
{
	struct wait_request rq = { .options = options };
	struct file *hold = NULL;
	int ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED |
	                (int)(__WNOTHREAD | __WCLONE | __WALL)))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_target(t, which, id, &rq, &hold);
	if (!ret)
		ret = task_wait(t, &rq, res);
	/* A non-blocking pidfd says that there is nothing yet; WNOHANG says it with success. */
	if (ret == 0 && hold && (hold->flags & O_NONBLOCK) && !(options & WNOHANG))
		ret = -EAGAIN;
	if (hold)
		file_unref(hold);
	return ret;
}

SYSCALL5(waitid, int, which, pid_t, id, gaddr_t, uinfo, int, options, gaddr_t, urusage)
{
	struct wait_result res = { 0 };
	siginfo_t info;
	struct rusage ru;
	int ret = do_wait_id(t, which, id, options, &res);

	memset(&info, 0, sizeof(info));
	if (ret > 0) {
		info.si_signo = SIGCHLD;
		info.si_code = res.code;
		info.si_pid = res.pid;
		info.si_uid = res.uid;
		info.si_status = res.status;
		rusage_export(&res.usage, &ru);
		if (urusage && copyout_obj(urusage, &ru))
			return -EFAULT;
	}
	/* Linux writes these six fields alone, and whatever the outcome is. */
	if (uinfo && copyout(uinfo, &info, offsetof(siginfo_t, si_status) + sizeof(int)))
		return -EFAULT;
	return MIN(ret, 0);
}
