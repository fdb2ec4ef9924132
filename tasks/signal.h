/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest signals: signal(7), sigaction(2), rt_sigqueueinfo(2). Layer: tasks.
 */
#ifndef TASKS_SIGNAL_H
#define TASKS_SIGNAL_H

#include <bsd/sys/queue.h>
#include <signal.h>

#include "core/base.h"
#include "core/co.h"

#define NSIG_KERNEL 64 /* highest signal number */

typedef uint64_t sigmask_t; /* bit n-1 is signal n: the kernel's sigset_t */
static inline sigmask_t sig_bit(int sig) { return (sigmask_t)1 << (sig - 1); }

/* The kernel's struct sigaction on x86-64, as rt_sigaction(2) moves it. */
struct ksigaction {
	gaddr_t handler; /* 0: SIG_DFL, 1: SIG_IGN */
	uint64_t flags;
	gaddr_t restorer;
	sigmask_t mask;
};

struct sigqueue_entry {
	TAILQ_ENTRY(sigqueue_entry) entry;
	siginfo_t info;
	void *timer; /* POSIX timer that owns this entry (counts overruns), or NULL */
	uid_t uid;   /* user that it is charged to (RLIMIT_SIGPENDING); not when a timer owns it */
};

struct sigpending {
	sigmask_t set;
	TAILQ_HEAD(, sigqueue_entry) queue; /* in order of sending */
	unsigned count;
};

struct task_signals {
	sigmask_t blocked;
	sigmask_t real_blocked; /* mask to come back to while rt_sigtimedwait lets signals through */
	sigmask_t saved;        /* to restore after sigsuspend, pselect, ppoll, epoll_pwait */
	bool restore_saved;
	struct sigpending pending;
	gaddr_t alt_sp;
	uint64_t alt_size;
	int alt_flags;
};

/* Actions by signal: CLONE_SIGHAND shares them between thread groups. */
struct sighand {
	int refs;
	struct ksigaction action[NSIG_KERNEL];  /* index sig-1 */
};

struct group_signals {
	struct sighand *hand;                   /* reference */
	struct ksigaction *action;              /* hand->action, for short */
	struct sigpending pending;
	struct waitq signalfds;                 /* signalfd readers */
};

struct task;
struct thread_group;
struct pgrp;
struct cred;

/*
 * Queue a signal. info NULL means sent by the kernel. Return 0 (also when ignored), -EAGAIN when
 * the queue limit (RLIMIT_SIGPENDING) is reached for a real-time signal. sig 0 does nothing.
 * Permission isn't checked here.
 */
int send_signal_task(struct task *t, int sig, const siginfo_t *info);
int send_signal_group(struct thread_group *tg, int sig, const siginfo_t *info);
int send_signal_pgrp(struct pgrp *pg, int sig, const siginfo_t *info);
/* A synchronous fault: can't be ignored or blocked (then the default action is forced). */
void force_signal(struct task *t, const siginfo_t *info);
/* siginfo for kill(2)-like senders: SI_USER with the current task's pid and uid. */
void siginfo_user(siginfo_t *info, int sig, int code);

/* kill(2)'s rule: may cred of t signal `to`? */
bool may_signal(const struct task *t, const struct task *to, int sig);

/* A signal that isn't blocked is pending for t (or a group exit or stop is). */
bool signal_pending(const struct task *t);
/* Recomputes co->interrupt after mask or queue changes. */
void signal_recalc(struct task *t);
/* Replaces the mask now; the handler's return, or the call's end without one, restores the old. */
void signal_set_temp_mask(struct task *t, sigmask_t mask);
/* Waits for a signal: pause, sigsuspend. Returns -ERESTARTNOHAND. */
CO_FN int64_t signal_wait(struct task *t);

#endif
