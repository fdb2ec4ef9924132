/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks (guest threads), thread groups (guest processes), process groups and sessions.
 * Layer: tasks. The words are Linux's; credentials(7), pid_namespaces(7), setsid(2).
 */
#ifndef TASKS_TASK_H
#define TASKS_TASK_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "core/base.h"
#include "core/co.h"
#include "core/cred.h"
#include "core/fs/fdtable.h"
#include "core/fs/namei.h"
#include "core/ipc/task.h"
#include "core/mm/mm.h"
#include "core/platform/platform.h"
#include "core/timer.h"
#include "tasks/signal.h"

#define TASK_COMM_LEN 16
#define PID_MAX 4194304

struct ipc_ns;
struct thread_group;
struct pgrp;
struct session;
struct tty;
struct pi_state;
struct posix_timers;
struct cpu_timers;

/* Scheduling parameters: kept as values and reported back; the host does the scheduling. */
#define SCHED_CPUS_MAX 1024
struct task_sched {
	int policy;              /* SCHED_*, without SCHED_RESET_ON_FORK */
	int nice;                /* -20 .. 19 */
	int rt_prio;             /* 1 .. 99 for SCHED_FIFO and SCHED_RR, else 0 */
	bool reset_on_fork;
	uint64_t dl_runtime, dl_deadline, dl_period;
	int ioprio;              /* ioprio_set(2): class << 13 | data; 0 for none */
	bool affinity_set;       /* false: all CPUs */
	uint64_t affinity[SCHED_CPUS_MAX / 64];
};

/* Names of one sandbox (UTS namespace). */
struct uts {
	int refs;
	char nodename[65], domainname[65];
};

enum task_state {
	TASK_RUNNING, /* in guest code, or its coroutine is runnable */
	TASK_SLEEPING,
	TASK_STOPPED, /* job control */
	TASK_TRACED,  /* stopped for its tracer: tasks/ptrace_stop.c */
	TASK_ZOMBIE,
	TASK_DEAD,
};

/* Stops that a task is to take part in, and those it is in: task_struct.jobctl of Linux. */
enum {
	JOBCTL_STOP_DEQUEUED = 1 << 0, /* took a stop signal that no SIGCONT has undone */
	JOBCTL_STOP_PENDING = 1 << 1,  /* is to stop with its group */
	JOBCTL_STOP_CONSUME = 1 << 2,  /* and is counted in tg->stop_count */
	JOBCTL_TRAP_STOP = 1 << 3,     /* is to stop for its tracer */
	JOBCTL_TRAP_NOTIFY = 1 << 4,   /* is to stop and tell a seizing tracer of job control */
	JOBCTL_TRAPPING = 1 << 5,      /* PTRACE_ATTACH waits for it to get from STOPPED to TRACED */
	JOBCTL_LISTENING = 1 << 6,     /* PTRACE_LISTEN: stopped, and not the tracer's */
	JOBCTL_STOPPED = 1 << 7,       /* parked by job control; cleared by who wakes it */
	JOBCTL_TRACED = 1 << 8,        /* parked for the tracer; likewise */
	JOBCTL_FROZEN = 1 << 9,        /* the tracer is at its registers: stays parked, killed or not */
};
#define JOBCTL_TRAP_MASK (JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY)
#define JOBCTL_PENDING_MASK (JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK)

LIST_HEAD(task_list, task);

/* ptrace(2): as a tracee, and as a tracer. */
struct task_ptrace {
	struct task *tracer;      /* borrowed: it lets go when it ends; NULL: not traced */
	struct cred *cred;        /* the tracer's when it began (reference) */
	LIST_ENTRY(task) entry;   /* on tracer's list, newest first */
	struct task_list tracees;
	unsigned options;         /* PTRACE_O_* */
	bool seized;
	bool syscall_trace, syscall_emu; /* resumed with PTRACE_SYSCALL, PTRACE_SYSEMU */
	bool step;                /* resumed with PTRACE_SINGLESTEP */
	bool forced_tf;           /* and the trap flag is ours, not the guest's */
	bool killed;              /* a stop ends because the task does */
	int code;                 /* of the stop: told to wait(2); then what the tracer resumed with */
	uint64_t message;         /* PTRACE_GETEVENTMSG */
	siginfo_t *info;          /* of the stop, on the parked coroutine's stack; NULL: none */
	uint64_t dr6;             /* debug status, as far as it is only kept */
};

struct task {
	int refs;
	/* immutable */
	pid_t tid;
	struct thread_group *tg; /* reference */
	uint64_t start_time;     /* monotonic ns */
	/* this task only (its coroutine) */
	struct co *co;
	struct ctx *ctx;
	struct mm *mm;             /* reference; NULL after exit */
	struct fs_info *fs;        /* reference */
	struct fdtable *files;     /* reference */
	struct cred *cred;         /* reference; replaced, never changed */
	struct ipc_task ipc;       /* System V IPC */
	char comm[TASK_COMM_LEN];
	gaddr_t set_child_tid, clear_child_tid;
	gaddr_t robust_list;
	LIST_HEAD(, pi_state) pi_states; /* PI locks it owns that others wait for */
	bool pi_exited;            /* owns none any more */
	int pdeath_signal;
	unsigned personality;
	uint64_t syscall_nr;       /* of the call in progress, for restarts and /proc/PID/syscall */
	uint64_t syscall_args[6];
	int64_t orig_nr;           /* orig_rax: of the call that a restart would make again, or -1 */
	bool in_syscall;
	int64_t (*restart)(struct task *t); /* restart_syscall(2): what to go on with */
	uint64_t restart_args[6];
	struct trap last_fault;    /* for the guest's mcontext: trapno, error, address */
	ktime_t timer_slack;
	bool vfork_done;           /* set when a vfork child execs or exits */
	struct waitq *vfork_wait;  /* parent's queue to wake then, or NULL */
	/* loop */
	enum task_state state;
	struct task_signals sig;   /* mask, pending, alternate stack */
	bool exiting;
	int exit_code;             /* wait(2) format, once exiting */
	LIST_ENTRY(task) tg_entry;
	unsigned jobctl;           /* JOBCTL_* */
	int stop_sig;              /* why JOBCTL_STOP_PENDING is, or last was, set */
	struct task_ptrace pt;
	bool released;             /* out of the tables */
	bool regs_set;             /* the result, or what a handler set instead, is in the registers */
	bool nproc_exceeded;       /* set*uid went over RLIMIT_NPROC: the next execve fails */
	bool forked_no_exec;
	bool ids_told;             /* the platform knows what it may answer by itself */
	uid_t nproc_uid;           /* whose process count this task is part of */
	struct task_sched sched;
	ktime_t timer_slack_default;
	/* accounting */
	uint64_t utime, stime;     /* ns */
	uint64_t nvcsw, nivcsw;
	uint64_t nsyscalls;
	uint64_t rchar, wchar, syscr, syscw; /* /proc/PID/io: bytes and calls of read(2), write(2) ... */
};

struct thread_group {
	int refs;
	/* immutable */
	pid_t tgid;
	/* loop */
	struct task *leader;
	struct task_list tasks;
	unsigned nr_tasks;
	struct thread_group *parent; /* NULL for the init thread group */
	LIST_HEAD(, thread_group) children; /* oldest first */
	struct thread_group *last_child;
	LIST_ENTRY(thread_group) sibling;
	struct pgrp *pgrp;           /* reference */
	LIST_ENTRY(thread_group) pgrp_entry;
	struct group_signals sig;    /* actions, shared pending */
	struct rlimit64 rlim[RLIM_NLIMITS];
	int exit_signal;             /* sent to the parent; 0 for none */
	bool exiting;                /* exit_group, exec or a fatal signal: all threads are to go */
	struct task *exec_task;      /* the thread that survives an exec in progress */
	int group_exit_code;         /* wait(2) format */
	bool zombie;                 /* all threads are gone, waiting to be reaped */
	bool child_subreaper;
	bool has_execed;             /* setpgid of the parent fails with EACCES */
	/* job control: reported once to wait */
	bool stopped, continued;
	int stop_code;               /* the signal that stopped it; 0 once wait(2) has told */
	unsigned stop_count;         /* threads that a group stop under way still waits for */
	struct waitq wait_children;  /* parents in wait4/waitid sleep on their own */
	struct waitq exec_wait;      /* exec waits here for the other threads to go */
	struct waitq trapping_wait;  /* PTRACE_ATTACH waits: JOBCTL_TRAPPING is to fall, execs to end */
	unsigned execs;              /* threads inside execve(2) */
	struct waitq exit_wait;      /* pidfd pollers: woken when the group becomes a zombie */
	unsigned nr_live;            /* threads that have not ended; nr_tasks counts a zombie leader */
	pid_t parent_tid;            /* thread of `parent` that made it: __WNOTHREAD, PR_SET_PDEATHSIG */
	bool reaped;                 /* gone from the tables; only references are left */
	bool builtin;                /* the reaper, pid 1: no guest code, no signals */
	bool from_caller;            /* the command: its parent stands for the caller's shell */
	/* timers */
	struct itimer_state {
		struct timer timer;
		ktime_t interval;
	} itimer_real;
	struct cpu_timers *cpu_timers; /* ITIMER_VIRTUAL, ITIMER_PROF, RLIMIT_CPU; NULL until used */
	struct posix_timers *timers; /* timer_create(2) */
	/* accounting of dead threads and of reaped children */
	struct rusage_sum {
		uint64_t utime, stime, minflt, majflt, nvcsw, nivcsw, inblock, oublock;
		uint64_t maxrss_kib;
	} dead, children_sum;
	struct uts *uts; /* reference */
	struct ipc_ns *ipc; /* reference */
	uint64_t exec_id;   /* unique for each program that any group has run: for mq_notify(3) */
	/* proc(5): kept as values; fork copies them, exec keeps them */
	int oom_score_adj, oom_score_adj_min; /* -1000 .. 1000 */
	unsigned coredump_filter_flip;        /* bits in which it differs from the default, 0x33 */
};

struct pgrp {
	int refs;
	pid_t id;
	struct session *session; /* reference */
	LIST_HEAD(, thread_group) members;
};

struct session {
	int refs;
	pid_t id;
	struct thread_group *leader; /* borrowed; NULL once it is gone */
	struct tty *tty;             /* controlling terminal (reference), or NULL */
};

/* The task whose coroutine runs; NULL in kernel coroutines and in the loop. */
static inline struct task *current_task(void)
{
	struct co *co = co_self();
	return co ? co->task : NULL;
}

/* ---- tables of ids (tasks/pid.c): one number space, as in Linux ---- */
struct task *task_find(pid_t tid);              /* borrowed; NULL */
struct thread_group *tg_find(pid_t tgid);       /* borrowed; zombies too */
struct pgrp *pgrp_find(pid_t id);
struct session *session_find(pid_t id);
struct task *task_next(pid_t after);            /* lowest tid > after: for /proc and kill(-1) */
struct thread_group *tg_next(pid_t after);
unsigned tasks_count(void);

struct task *task_ref(struct task *t);
struct task *task_unref(struct task *t);
struct thread_group *tg_ref(struct thread_group *tg);
struct thread_group *tg_unref(struct thread_group *tg);

/* The walk context of a task's own paths; base NULL means cwd. */
static inline struct walk task_walk(const struct task *t)
{
	return (struct walk){ .fs = t->fs, .cred = t->cred };
}
static inline uint64_t task_rlimit(const struct task *t, int which)
{
	return t->tg->rlim[which].rlim_cur;
}
static inline bool task_capable(const struct task *t, int cap)
{
	return cred_capable(t->cred, cap);
}
void task_set_cred(struct task *t, struct cred *c); /* takes over the reference */
struct mm_rlimits task_mm_rlimits(const struct task *t);

/* ---- life (tasks/clone.c, exec.c, exit.c, run.c) ---- */
struct clone_args;
CO_FN int64_t task_clone(struct task *t, const struct clone_args *args);
/* execve(2): on success the task's registers are those of the new program and 0 is returned. */
CO_FN int task_exec(struct task *t, const struct walk *w, const char *name, unsigned walk_flags,
                    char **argv, char **envp);
/* Marks this thread, or all of its group, to end with `code` (wait(2) format). */
void task_exit(struct task *t, int code);
void tg_exit(struct thread_group *tg, int code);

/* What the CLI wants to run; all borrowed. */
struct init_spec {
	const char *const *argv, *const *envp;
	const char *cwd;
	struct mount_ns *ns;
	struct cred *cred;
	const struct rlimit64 *rlim;
	uint32_t umask;
	struct file *stdio[3]; /* descriptors 0, 1, 2; NULL: closed */
	const char *hostname;
	bool aslr;
	struct tty *tty; /* controlling terminal, or NULL */
	void (*stopped)(int sig); /* the command was stopped by job control; NULL: nobody cares */
};
/* Why the first process never began. */
struct boot_failure {
	int error;     /* negative errno, or 0 */
	bool chdir;    /* it was the working directory, not the program */
};
/*
 * Makes the built-in reaper (pid 1) and the first guest process (pid 2) and readies it. The loop
 * stops, with the wait(2) status of that process, when it ends and everything else was killed.
 * A failed exec ends the loop too, with *failure set.
 */
int tasks_boot(const struct init_spec *spec, struct boot_failure *failure);
/* After the loop has stopped: the built-in reaper goes too. */
void tasks_shutdown(void);

#endif
