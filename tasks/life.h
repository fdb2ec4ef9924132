/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files about the life of tasks share: making, starting, ending and reaping tasks, thread
 * groups, process groups and sessions; CPU times. Layer: tasks.
 */
#ifndef TASKS_LIFE_H
#define TASKS_LIFE_H

#include <time.h>

#include "tasks/task.h"

/* Guest threads that may exist at once, over all users: each costs the host a thread. */
#define TASKS_MAX 16384

/* ---- tasks and thread groups (task.c) ---- */
/* A task of tg with one reference and no resources yet; tid is reserved. NULL: no memory. */
struct task *task_new(struct thread_group *tg, pid_t tid);
/* Puts t into its group and the tables, which take over the caller's reference. */
void task_publish(struct task *t);
/* Takes t out of both. */
void task_unpublish(struct task *t);
/* A group with one reference: default actions when hand is NULL (else a reference taken over). */
struct thread_group *tg_new(pid_t tgid, struct sighand *hand);
uint64_t tg_next_exec_id(void);
void tg_add_child(struct thread_group *parent, struct thread_group *child);
void tg_del_child(struct thread_group *child);
struct uts *uts_new(const char *nodename);
struct uts *uts_ref(struct uts *u);
struct uts *uts_unref(struct uts *u);

/* ---- running (run.c) ---- */
/* Makes t's coroutine: fn (NULL: run guest code) with t->mm as its address space. -ENOMEM. */
int task_start(struct task *t, void (*fn)(void *task));
CO_FN void task_run(struct task *t); /* until it ends; then finishes it. For fn. */

/* ---- ends (exit.c) ---- */
CO_FN void task_finish(struct task *t);
void task_zap(struct task *t, int code); /* task_exit(), and no stop is taken part in any more */
void tg_reap(struct thread_group *tg); /* a zombie's last trace goes */
/* A thread that led no group and has ended goes; maybe its leader was only waiting for that. */
void task_release_thread(struct task *t);
/* The real parent of a zombie, which no tracer has any more, is told; maybe it is gone then. */
void tg_notify_parent(struct thread_group *tg);
/* wait(2) status of a group that ended. */
int tg_status(const struct thread_group *tg);
/* Wakes the parent that waits for a vfork child. */
void vfork_release(struct task *t);
CO_FN void mm_release(struct task *t); /* robust list, CLEARTID, vfork: before t leaves its mm */
/* Set by boot.c: called when a group became a zombie, and when one was reaped. */
extern void (*tg_on_zombie)(struct thread_group *tg);
extern void (*tg_on_reaped)(struct thread_group *tg);
/* Set by boot.c: called when job control has stopped a whole group. */
extern void (*tg_on_stopped)(struct thread_group *tg);

/* ---- process groups and sessions (session.c) ---- */
struct session *session_new(pid_t id); /* id in use or reserved; one reference */
struct session *session_ref(struct session *s);
struct session *session_unref(struct session *s);
struct pgrp *pgrp_new(pid_t id, struct session *s);
struct pgrp *pgrp_ref(struct pgrp *pg);
struct pgrp *pgrp_unref(struct pgrp *pg);
void tg_set_pgrp(struct thread_group *tg, struct pgrp *pg); /* takes a reference; NULL leaves */
int64_t tg_setsid(struct thread_group *tg);
int tg_setpgid(struct task *t, pid_t pid, pid_t pgid);
/* The session leader ends: hang up the terminal's foreground group, give the terminal up. */
void session_leader_gone(struct thread_group *tg);

#endif
