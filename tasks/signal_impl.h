/* SPDX-License-Identifier: Apache-2.0
 *
 * What the signal_*.c files share with each other, with exit, exec, signalfd and the handlers of
 * syscalls/signal.c. Layer: tasks. Nothing here yields unless marked.
 */
#ifndef TASKS_SIGNAL_IMPL_H
#define TASKS_SIGNAL_IMPL_H

#include "core/arch/x86_64/sigframe.h"
#include "tasks/task.h"

/* The kernel's numbers: libc reserves some of the real-time signals, the kernel doesn't. */
#define SIGRTMIN_KERNEL 32
#define SIG_DFL_K 0
#define SIG_IGN_K 1

#define SIGMASK_NEVER_BLOCKED (sig_bit(SIGKILL) | sig_bit(SIGSTOP))
#define SIGMASK_STOP                                                                               \
	(sig_bit(SIGSTOP) | sig_bit(SIGTSTP) | sig_bit(SIGTTIN) | sig_bit(SIGTTOU))
#define SIGMASK_CORE                                                                               \
	(sig_bit(SIGQUIT) | sig_bit(SIGILL) | sig_bit(SIGTRAP) | sig_bit(SIGABRT) | sig_bit(SIGFPE) | \
	 sig_bit(SIGSEGV) | sig_bit(SIGBUS) | sig_bit(SIGSYS) | sig_bit(SIGXCPU) | sig_bit(SIGXFSZ))
#define SIGMASK_IGNORE                                                                             \
	(sig_bit(SIGCONT) | sig_bit(SIGCHLD) | sig_bit(SIGWINCH) | sig_bit(SIGURG))
#define SIGMASK_SYNC                                                                               \
	(sig_bit(SIGSEGV) | sig_bit(SIGBUS) | sig_bit(SIGILL) | sig_bit(SIGTRAP) | sig_bit(SIGFPE) |  \
	 sig_bit(SIGSYS))

/* However high RLIMIT_SIGPENDING is, one user can't fill the sentry's memory. */
#define SIGQUEUE_HARD_MAX 65536

/* ---- queues (signal_queue.c) ---- */
void sigpending_init(struct sigpending *p);
/*
 * Adds sig. Standard signals coalesce. info NULL: none is kept. Beyond `limit` entries of user
 * uid, sig is still marked pending without its siginfo when may_drop, else -EAGAIN.
 */
int sigpending_add(struct sigpending *p, int sig, const siginfo_t *info, uid_t uid, uint64_t limit,
                   bool may_drop);
/* Adds an entry that a POSIX timer owns. */
void sigpending_add_timer(struct sigpending *p, struct sigqueue_entry *e);
/* The next signal of `set` to take, in Linux's order; 0 when there is none. */
int sigpending_next(const struct sigpending *p, sigmask_t set);
/* Takes the oldest sig out. */
void sigpending_take(struct sigpending *p, int sig, siginfo_t *info);
void sigpending_flush(struct sigpending *p, sigmask_t which);
struct sighand *sighand_new(void);
struct sighand *sighand_ref(struct sighand *h);
struct sighand *sighand_unref(struct sighand *h);
/* Called for a timer's entry that left its queue; info NULL: it was dropped. tasks/timer.c. */
void posix_timer_taken(void *timer, siginfo_t *info);

/* ---- sending (signal_send.c) ---- */
/* Sends a timer's entry: 0 queued (or queued already), 1 ignored. */
int send_signal_timer(struct task *t, struct thread_group *tg, struct sigqueue_entry *e);
bool signal_is_ignored(struct task *t, int sig); /* would be dropped at once */
sigmask_t signals_pending_set(const struct task *t);
/* Takes a signal of `set` for t, private ones first. 0: none. */
int signal_dequeue(struct task *t, sigmask_t set, siginfo_t *info);
void signal_set_mask(struct task *t, sigmask_t mask);
/* Other threads take over what t can't handle any more. */
void signal_retarget(struct task *t, sigmask_t which);
void force_signal_kernel(struct task *t, int sig); /* SI_KERNEL */
int send_kernel_signal_group(struct thread_group *tg, int sig);

/* ---- job control (signal_stop.c) ---- */
/* Adds pending bits (and, with them, the signal, unless 0); false: t is ending. */
bool jobctl_set(struct task *t, unsigned mask, int sig);
void jobctl_clear(struct task *t, unsigned mask);
void jobctl_trapped(struct task *t); /* PTRACE_ATTACH need not wait any longer */
/*
 * Stops t with its group, which sig (0: a stop that is pending) begins. True: t was parked, look
 * again. False: nothing came of it, or t is traced and is to stop for its tracer instead.
 */
CO_FN bool stop_with_group(struct task *t, int sig);
/* t, which stops or ends, need not be waited for. True: the group's stop is complete by that. */
bool stop_participate(struct task *t);
/* SIGCONT was sent. */
void stop_continue(struct thread_group *tg);
/* A new thread of t's group takes part in a stop that is under way. */
void stop_join(const struct task *t, struct task *n);
/* SIGCHLD and a wake-up for the real parent (of the group), or for t's tracer; why: CLD_*. */
void stop_notify(struct task *t, bool for_tracer, int why);
/* POSIX's orphaned process group, leaving `ignored` out of account. */
bool pgrp_orphaned(const struct pgrp *pg, const struct thread_group *ignored);
bool pgrp_has_stopped(const struct pgrp *pg);

/* ---- delivery (signal_deliver.c) ---- */
/* Before t goes back to guest code: stops, signals, restart of the call that was interrupted. */
CO_FN void signal_return_work(struct task *t);
static inline bool is_restart_code(int64_t ret)
{
	return ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND ||
	       ret == -ERESTART_RESTARTBLOCK;
}
/* SS_ONSTACK, SS_DISABLE or 0 for t's alternate stack seen from sp. */
int signal_altstack_flags(const struct task *t, gaddr_t sp);
/* rt_sigreturn(2). */
CO_FN int64_t signal_return(struct task *t);
/* sigaltstack(2)'s change, after its checks: -EPERM, -EINVAL, -ENOMEM. */
int signal_set_altstack(struct task *t, gaddr_t sp_now, gaddr_t ss_sp, int ss_flags,
                        uint64_t ss_size);

#endif
