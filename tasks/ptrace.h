/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace(2) below its arguments: who traces whom and who may, a tracee's stops, letting it go on, its
 * registers. Layer: tasks. The words and the order of things are kernel/ptrace.c's.
 *
 * A tracee stops by parking its own coroutine in ptrace_stop(). Its tracer freezes it for the length
 * of a request: until it is unfrozen it stays parked, with its context trapped and its address space
 * in place, even when it is killed meanwhile.
 */
#ifndef TASKS_PTRACE_H
#define TASKS_PTRACE_H

#include <linux/ptrace.h>

#include "core/arch/x86_64/user.h"
#include "tasks/task.h"

/* Requests of newer kernels or of glibc's other header. */
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#define PTRACE_SINGLEBLOCK_K 33
#define PTRACE_OLDSETOPTIONS_K 21
#define PTRACE_ARCH_PRCTL_K 30
#define PTRACE_GET_THREAD_AREA_K 25
#define PTRACE_SET_THREAD_AREA_K 26

/* ---- access (ptrace_access.c) ---- */

/* PTRACE_MODE_*; with FSCREDS the filesystem ids and effective capabilities count. */
#define ACCESS_READ 0
#define ACCESS_ATTACH 1 /* no difference without a security module, but says what is meant */
#define ACCESS_FSCREDS 2
/* ptrace_may_access(): may `by` look into t? */
bool ptrace_may_access(const struct task *by, const struct task *t, int mode);

/* ---- the relation (ptrace.c) ---- */

/* PTRACE_TRACEME: -EPERM. */
int ptrace_traceme(struct task *t);
/*
 * PTRACE_ATTACH and, with seize, PTRACE_SEIZE. `to` is a reference of the caller's. -EPERM, -EIO
 * (unknown options), -EINVAL, -ERESTARTNOINTR.
 */
CO_FN int ptrace_attach(struct task *t, struct task *to, bool seize, uint64_t addr, uint64_t options);
/* A new task, not started yet, is traced as its parent t is: CLONE_PTRACE and fork events. */
void ptrace_inherit(struct task *t, struct task *n);
/* Ends the relation, whatever p is doing; a stopped p goes on. Nothing if p isn't traced. */
void ptrace_unlink(struct task *p);
/* PTRACE_DETACH of a frozen tracee with signal sig (0: none). -EIO: no such signal. */
int ptrace_detach(struct task *p, uint64_t sig);
/* t ends: its tracees go on without it, or are killed if they were to be. */
void ptrace_exit(struct task *t);
int ptrace_set_options(struct task *p, uint64_t options); /* -EINVAL */
/* Is the tracer another process than the real parent? */
static inline bool ptrace_reparented(const struct task *p)
{
	return p->pt.tracer && p->pt.tracer->tg != p->tg->parent;
}
/* The set-id bits of a program that p executes are not for its tracer to misuse. */
bool ptrace_exec_unsafe(const struct task *p);

/* ---- requests to a tracee (ptrace_resume.c) ---- */

/* Keeps p, t's tracee, in the stop that it is in: -ESRCH when it is in none, or not t's. */
int ptrace_freeze(struct task *t, struct task *p);
/* p may go on again, if it is to. Safe after it has been resumed. */
void ptrace_unfreeze(struct task *p);
/* PTRACE_CONT and its kin on a frozen tracee. -EIO: no such signal, or no such way to step. */
CO_FN int ptrace_resume(struct task *p, long request, uint64_t sig);
int ptrace_interrupt(struct task *p); /* -EIO */
int ptrace_listen(struct task *p);    /* -EIO */
/* A seizing tracer is to be told that job control changed something. */
void ptrace_trap_notify(struct task *p);
/* p is to end: no stop but a last one keeps it. */
void ptrace_killed(struct task *p);
void ptrace_step_disable(struct task *p); /* of one that is trapped */

/* ---- stops (ptrace_stop.c): all park t until its tracer resumes it ---- */

/* A signal that t took: the one to act on now, or 0. group: it was sent to the process. */
CO_FN int ptrace_signal(struct task *t, int sig, siginfo_t *info, bool group);
/* JOBCTL_TRAP_* is pending. */
CO_FN void ptrace_jobctl_trap(struct task *t);
/* SIGTRAP with a code of its own. */
CO_FN void ptrace_notify(struct task *t, int code, uint64_t message);
/* An event (PTRACE_EVENT_*), if the tracer wants to know of it. */
static inline bool ptrace_wants(const struct task *t, int event)
{
	return t->pt.tracer && (t->pt.options & (1u << event));
}
CO_FN void ptrace_event(struct task *t, int event, uint64_t message);
CO_FN void ptrace_event_exit(struct task *t);
/* execve(2) has succeeded; old_tid is what t was called before. */
CO_FN void ptrace_event_exec(struct task *t, pid_t old_tid);
/*
 * A traced task enters a system call: orig_nr, syscall_nr and syscall_args are what the tracer left.
 * False: the call isn't made, its result is in the registers.
 */
CO_FN bool ptrace_syscall_enter(struct task *t);
CO_FN void ptrace_syscall_exit(struct task *t);

/* Is p's memory open to its tracer? Not when p has executed what the tracer mustn't look into. */
static inline bool ptrace_may_peek(const struct task *p)
{
	return p->mm->dumpable == 1 || cred_capable(p->pt.cred, CAP_SYS_PTRACE);
}

/* ---- registers of a frozen tracee (ptrace_regs.c) ---- */

void ptrace_get_user(struct task *p, struct arch_user *u);
void ptrace_put_user(struct task *p, const struct arch_user *u);
/* PTRACE_PEEKUSER and POKEUSER at an offset into struct user: -EIO, -ENOSPC (no breakpoints). */
int ptrace_peek_user(struct task *p, uint64_t off, uint64_t *ret);
int ptrace_poke_user(struct task *p, uint64_t off, uint64_t value);
/*
 * A register set by its note type: how long it is, or -EINVAL. get fills buf of that size; put takes
 * its first len bytes. -EIO, -EINVAL, -EFAULT (an incomplete state), -ENOMEM.
 */
int64_t ptrace_regset_size(struct task *p, uint64_t type);
int ptrace_regset_get(struct task *p, uint64_t type, void *buf);
int ptrace_regset_put(struct task *p, uint64_t type, const void *buf, size_t len);

#endif
