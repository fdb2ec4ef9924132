/* SPDX-License-Identifier: Apache-2.0
 *
 * The signal calls. Layer: syscalls; the mechanism is tasks/signal_*.c.
 */
#include <sys/signalfd.h>

#include "core/clock.h"
#include "syscalls/syscall.h"
#include "tasks/pidfd.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"
#include "tasks/signalfd.h"

/* SA_UNSUPPORTED: set by programs that probe for flag bits, always cleared by the kernel. */
#define SA_UNSUPPORTED 0x400
#define SA_EXPOSE_TAGBITS 0x800
#define SA_FLAGS_KNOWN                                                                             \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER |             \
	 SA_RESETHAND | SA_RESTORER | SA_EXPOSE_TAGBITS)

static bool sig_valid(int sig)
{
	return sig >= 1 && sig <= NSIG_KERNEL;
}

SYSCALL4(rt_sigaction, int, sig, gaddr_t, act, gaddr_t, oact, size_t, setsize)
{
	struct { uint64_t handler, flags, restorer, mask; } k;
	struct ksigaction *ka, old;
	struct task *o;

	if (setsize != sizeof(sigmask_t))
		return -EINVAL;
	if (act && copyin_obj(&k, act))
		return -EFAULT;
	if (!sig_valid(sig) || (act && (SIGMASK_NEVER_BLOCKED & sig_bit(sig))))
		return -EINVAL;
	ka = &t->tg->sig.action[sig - 1];
	old = *ka;
	if (act) {
		ka->handler = k.handler;
		ka->flags = k.flags & (uint32_t)SA_FLAGS_KNOWN;
		ka->restorer = k.restorer;
		ka->mask = k.mask & ~SIGMASK_NEVER_BLOCKED;
		/* POSIX: a pending signal that is ignored from now on is dropped, blocked or not. */
		if (k.handler == SIG_IGN_K ||
		    (k.handler == SIG_DFL_K && (sig_bit(sig) & SIGMASK_IGNORE))) {
			sigpending_flush(&t->tg->sig.pending, sig_bit(sig));
			LIST_FOREACH(o, &t->tg->tasks, tg_entry) {
				sigpending_flush(&o->sig.pending, sig_bit(sig));
				signal_recalc(o);
			}
		}
	}
	if (oact) {
		k.handler = old.handler;
		k.flags = old.flags;
		k.restorer = old.restorer;
		k.mask = old.mask;
		if (copyout_obj(oact, &k))
			return -EFAULT;
	}
	return 0;
}

SYSCALL4(rt_sigprocmask, int, how, gaddr_t, set, gaddr_t, oset, size_t, setsize)
{
	sigmask_t old = t->sig.blocked, m;

	if (setsize != sizeof(m))
		return -EINVAL;
	if (set) {
		if (copyin_obj(&m, set))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			m = old | (m & ~SIGMASK_NEVER_BLOCKED);
			break;
		case SIG_UNBLOCK:
			m = old & ~m;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_mask(t, m);
	}
	if (oset && copyout_obj(oset, &old))
		return -EFAULT;
	return 0;
}

SYSCALL2(rt_sigpending, gaddr_t, set, size_t, setsize)
{
	sigmask_t m = signals_pending_set(t) & t->sig.blocked;

	if (setsize > sizeof(m))
		return -EINVAL;
	return copyout(set, &m, setsize);
}

SYSCALL2(rt_sigsuspend, gaddr_t, set, size_t, setsize)
{
	sigmask_t m;

	if (setsize != sizeof(m))
		return -EINVAL;
	if (copyin_obj(&m, set))
		return -EFAULT;
	signal_set_temp_mask(t, m);
	return signal_wait(t);
}

SYSCALL0(pause)
{
	return signal_wait(t);
}

/* Lets the wanted signals through while asleep, so that sending one wakes this thread. */
static CO_FN int wait_for(struct task *t, sigmask_t want, ktime_t deadline, siginfo_t *info)
{
	int sig = signal_dequeue(t, want, info), err;

	if (sig || deadline == 0)
		return sig ? sig : -EAGAIN;
	t->sig.real_blocked = t->sig.blocked;
	t->sig.blocked &= ~want;
	signal_recalc(t);
	err = signal_pending(t) ? -ERESTARTSYS : sleep_until(deadline);
	t->sig.blocked = t->sig.real_blocked;
	t->sig.real_blocked = 0;
	sig = signal_dequeue(t, want, info);
	signal_recalc(t);
	if (sig)
		return sig;
	return err == -ERESTARTSYS ? -EINTR : -EAGAIN;
}

SYSCALL4(rt_sigtimedwait, gaddr_t, set, gaddr_t, uinfo, gaddr_t, uts, size_t, setsize)
{
	ktime_t deadline = KTIME_NEVER;
	struct timespec ts;
	siginfo_t info;
	sigmask_t want;
	int sig;

	if (setsize != sizeof(want))
		return -EINVAL;
	if (copyin_obj(&want, set))
		return -EFAULT;
	if (uts) {
		if (copyin_obj(&ts, uts))
			return -EFAULT;
		if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		deadline = ts.tv_sec || ts.tv_nsec
		               ? ktime_add(clock_monotonic(), ktime_from_timespec(&ts))
		               : 0;
	}
	sig = wait_for(t, want & ~SIGMASK_NEVER_BLOCKED, deadline, &info);
	if (sig > 0 && uinfo && copyout_obj(uinfo, &info))
		return -EFAULT;
	return sig;
}

/* ---- sending ---- */

static int send_checked(struct task *t, struct task *to, int sig, const siginfo_t *info, bool group)
{
	if (sig < 0 || sig > NSIG_KERNEL)
		return -EINVAL;
	if (!may_signal(t, to, sig))
		return -EPERM;
	if (!sig)
		return 0;
	return group ? send_signal_group(to->tg, sig, info) : send_signal_task(to, sig, info);
}

static int kill_pgrp(struct task *t, pid_t id, int sig, const siginfo_t *info)
{
	struct pgrp *pg = pgrp_find(id);
	struct thread_group *tg, *next;
	int err, ret = -ESRCH;
	bool ok = false;

	if (!pg)
		return -ESRCH;
	LIST_FOREACH_SAFE(tg, &pg->members, pgrp_entry, next) {
		err = send_checked(t, tg->leader, sig, info, true);
		ok |= !err;
		ret = err;
	}
	return ok ? 0 : ret;
}

static int kill_all(struct task *t, int sig, const siginfo_t *info)
{
	int err, ret = 0, count = 0;
	struct thread_group *tg;
	pid_t at = 1;

	while ((tg = tg_next(at)) != NULL) {
		at = tg->tgid;
		if (tg == t->tg || !tg->leader)
			continue;
		err = send_checked(t, tg->leader, sig, info, true);
		count++;
		if (err != -EPERM)
			ret = err;
	}
	return count ? ret : -ESRCH;
}

SYSCALL2(kill, pid_t, pid, int, sig)
{
	struct thread_group *tg;
	struct task *to;
	siginfo_t info;

	siginfo_user(&info, sig, SI_USER);
	if (pid > 0) {
		/* A thread's id names its process here. */
		to = task_find(pid);
		tg = to ? to->tg : tg_find(pid);
		if (!tg || !tg->leader)
			return -ESRCH;
		return send_checked(t, tg->leader, sig, &info, true);
	}
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid == -1)
		return kill_all(t, sig, &info);
	return kill_pgrp(t, pid ? -pid : t->tg->pgrp->id, sig, &info);
}

static int kill_thread(struct task *t, pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	struct task *to = task_find(tid);

	if (!to || (tgid > 0 && to->tg->tgid != tgid))
		return -ESRCH;
	return send_checked(t, to, sig, info, false);
}

SYSCALL3(tgkill, pid_t, tgid, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	siginfo_user(&info, sig, SI_TKILL);
	return kill_thread(t, tgid, tid, sig, &info);
}

SYSCALL2(tkill, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tid <= 0)
		return -EINVAL;
	siginfo_user(&info, sig, SI_TKILL);
	return kill_thread(t, 0, tid, sig, &info);
}

/* Only the kernel says that the kernel, or kill(), sent a signal - except to oneself. */
static bool forged(const struct task *t, const siginfo_t *info, pid_t to)
{
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && t->tg->tgid != to;
}

SYSCALL3(rt_sigqueueinfo, pid_t, pid, int, sig, gaddr_t, uinfo)
{
	struct thread_group *tg;
	struct task *to;
	siginfo_t info;

	if (copyin_obj(&info, uinfo))
		return -EFAULT;
	info.si_signo = sig;
	if (forged(t, &info, pid))
		return -EPERM;
	to = task_find(pid);
	tg = to ? to->tg : tg_find(pid);
	if (pid <= 0 || !tg || !tg->leader)
		return -ESRCH;
	return send_checked(t, tg->leader, sig, &info, true);
}

SYSCALL4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, tid, int, sig, gaddr_t, uinfo)
{
	siginfo_t info;

	if (copyin_obj(&info, uinfo))
		return -EFAULT;
	info.si_signo = sig;
	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	if (forged(t, &info, tid))
		return -EPERM;
	return kill_thread(t, tgid, tid, sig, &info);
}

SYSCALL0(rt_sigreturn)
{
	return signal_return(t);
}

SYSCALL2(sigaltstack, gaddr_t, ss, gaddr_t, oss)
{
	struct { uint64_t sp; int32_t flags, pad; uint64_t size; } k, old = { 0 };
	struct arch_regs r;
	int err;

	platform->ctx_get_regs(t->ctx, &r);
	if (ss && copyin_obj(&k, ss))
		return -EFAULT;
	old.sp = t->sig.alt_sp;
	old.size = t->sig.alt_size;
	old.flags = signal_altstack_flags(t, arch_sp(&r)) | (t->sig.alt_flags & (int)SS_AUTODISARM);
	if (ss) {
		err = signal_set_altstack(t, arch_sp(&r), k.sp, k.flags, k.size);
		if (err)
			return err;
	}
	return oss && copyout_obj(oss, &old) ? -EFAULT : 0;
}

SYSCALL0(restart_syscall)
{
	return t->restart ? t->restart(t) : -EINTR;
}

/* ---- signalfd ---- */

static CO_FN int64_t signalfd_common(struct task *t, int fd, gaddr_t set, size_t setsize, int flags)
{
	struct file *f;
	sigmask_t m;
	int err;

	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	if (setsize != sizeof(m))
		return -EINVAL;
	if (copyin_obj(&m, set))
		return -EFAULT;
	if (fd != -1) {
		f = fd_get(t->files, fd);
		if (!f)
			return -EBADF;
		err = signalfd_set_mask(f, m);
		file_unref(f);
		return err ? err : fd;
	}
	f = signalfd_new(m, flags & SFD_NONBLOCK ? O_NONBLOCK : 0);
	if (!f)
		return -ENOMEM;
	return fd_install(t->files, f, 0, flags & SFD_CLOEXEC, task_rlimit(t, RLIMIT_NOFILE));
}

SYSCALL4(signalfd4, int, fd, gaddr_t, set, size_t, setsize, int, flags)
{
	return signalfd_common(t, fd, set, setsize, flags);
}

SYSCALL3(signalfd, int, fd, gaddr_t, set, size_t, setsize)
{
	return signalfd_common(t, fd, set, setsize, 0);
}

/* ---- pidfd ---- */

#define PIDFD_NONBLOCK_K O_NONBLOCK

SYSCALL2(pidfd_open, pid_t, pid, unsigned, flags)
{
	struct thread_group *tg;

	if (flags & ~(unsigned)PIDFD_NONBLOCK_K)
		return -EINVAL;
	if (pid <= 0)
		return -EINVAL;
	tg = tg_find(pid);
	if (!tg)
		return task_find(pid) ? -EINVAL : -ESRCH;
	return pidfd_install(t, tg, flags & PIDFD_NONBLOCK_K);
}

SYSCALL4(pidfd_send_signal, int, fd, int, sig, gaddr_t, uinfo, unsigned, flags)
{
	struct thread_group *tg;
	struct file *f;
	siginfo_t info;
	int err;

	if (flags)
		return -EINVAL;
	f = fd_get(t->files, fd);
	if (!f)
		return -EBADF;
	tg = pidfd_group(f);
	if (!tg) {
		err = -EBADF;
	} else if (uinfo && copyin_obj(&info, uinfo)) {
		err = -EFAULT;
	} else if (uinfo && info.si_signo != sig) {
		err = -EINVAL;
	} else if (uinfo && forged(t, &info, tg->tgid)) {
		err = -EPERM;
	} else {
		if (!uinfo)
			siginfo_user(&info, sig, SI_USER);
		err = tg->reaped || !tg->leader ? -ESRCH : send_checked(t, tg->leader, sig, &info, true);
	}
	file_unref(f);
	return err;
}

SYSCALL3(pidfd_getfd, int, pidfd, int, fd, unsigned, flags)
{
	struct file *f, *got = NULL;
	struct thread_group *tg;
	int err = 0;

	if (flags)
		return -EINVAL;
	f = fd_get(t->files, pidfd);
	if (!f)
		return -EBADF;
	tg = pidfd_group(f);
	if (!tg)
		err = -EBADF;
	else if (tg->reaped || !tg->leader || !tg->leader->files)
		err = -ESRCH;
	else if (!ptrace_may_access(t, tg->leader, ACCESS_ATTACH))
		err = -EPERM;
	else if ((got = fd_get(tg->leader->files, fd)) == NULL)
		err = -EBADF;
	file_unref(f);
	if (err)
		return err;
	return fd_install(t->files, got, 0, true, task_rlimit(t, RLIMIT_NOFILE));
}
