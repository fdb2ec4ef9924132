/* SPDX-License-Identifier: Apache-2.0
 *
 * futex(2) and robust lists. Layer: tasks.
 */
#ifndef TASKS_FUTEX_H
#define TASKS_FUTEX_H

#include "tasks/task.h"

/* deadline: monotonic, or KTIME_NEVER. */
CO_FN int64_t futex_wait(struct task *t, gaddr_t addr, bool private_, uint32_t val,
                         uint32_t bitset, ktime_t deadline);
CO_FN int64_t futex_wake(struct mm *mm, gaddr_t addr, bool private_, int n, uint32_t bitset);
CO_FN int64_t futex_requeue(struct mm *mm, gaddr_t addr, gaddr_t addr2, bool private_, int nwake,
                            int nrequeue, const uint32_t *cmp);
CO_FN int64_t futex_wake_op(struct mm *mm, gaddr_t addr, gaddr_t addr2, bool private_, int n,
                            int n2, uint32_t op);

struct futex_vec {
	uint64_t val;
	gaddr_t addr;
	bool private_;
};
#define FUTEX_VEC_MAX 128
/* futex_waitv(2): index of a word that was woken. */
CO_FN int64_t futex_wait_many(struct task *t, const struct futex_vec *v, unsigned n,
                              ktime_t deadline);

/*
 * Locks whose word holds the owner's tid: FUTEX_LOCK_PI and its kin. The host schedules, so nobody's
 * priority is raised; real-time waiters get the lock first. deadline: monotonic, or KTIME_NEVER.
 * -EDEADLK, -EPERM (not the owner), -ESRCH (the word names nobody), -EINVAL (the word and its waiters
 * don't agree), -EAGAIN (busy, or changed meanwhile), -ETIMEDOUT, -ERESTARTNOINTR.
 */
CO_FN int64_t futex_lock_pi(struct task *t, gaddr_t addr, bool private_, ktime_t deadline);
CO_FN int64_t futex_trylock_pi(struct task *t, gaddr_t addr, bool private_);
CO_FN int64_t futex_unlock_pi(struct task *t, gaddr_t addr, bool private_);
/* A condition at addr, waited for in order to own the lock at addr2. */
CO_FN int64_t futex_wait_requeue_pi(struct task *t, gaddr_t addr, bool private_, uint32_t val,
                                    ktime_t deadline, gaddr_t addr2);
CO_FN int64_t futex_cmp_requeue_pi(struct task *t, gaddr_t addr, gaddr_t addr2, bool private_,
                                   int nwake, int nrequeue, uint32_t cmp);
/* The locks that t holds pass to their first waiters, marked as left by a dead owner. */
CO_FN void futex_exit_pi(struct task *t);

/* A kernel wake-up (CLEARTID): shared or private waiters alike. */
CO_FN void futex_wake_addr(struct mm *mm, gaddr_t addr, int n);
/* Marks the words of t's robust list as owner-died, at exit and exec. */
CO_FN void futex_exit_robust_list(struct task *t);

#endif
