/* SPDX-License-Identifier: Apache-2.0
 *
 * PI futexes: a lock's word holds its owner's tid, and the kernel hands it over. Layer: tasks.
 * futex(2), Linux's Documentation/locking/pi-futex.rst.
 *
 * While anybody waits, a pi_state says who owns the lock; the word must agree, or the call fails as
 * on Linux. Reading and changing a word yields, so all calls take one mutex while they look at word
 * and waiters together, and let go of it before they sleep.
 */
#include <linux/futex.h>
#include <stdlib.h>

#include "core/objcount.h"
#include "tasks/futex_impl.h"

OBJCOUNT(pi_count, "pi_state");

struct pi_state {
	int refs;           /* waiters */
	struct task *owner; /* borrowed: its exit sets NULL; then the first waiter takes the lock */
	LIST_ENTRY(pi_state) entry; /* the owner's */
	struct futex_key key;
};

static struct comutex words;
static bool words_ready;

static CO_FN void lock_words(void)
{
	if (!words_ready) {
		comutex_init(&words);
		words_ready = true;
	}
	comutex_lock(&words);
}

/* ---- who owns a lock that is waited for ---- */

static void pi_set_owner(struct pi_state *p, struct task *owner)
{
	if (p->owner)
		LIST_REMOVE(p, entry);
	p->owner = owner;
	if (owner)
		LIST_INSERT_HEAD(&owner->pi_states, p, entry);
}

static struct pi_state *pi_new(const struct futex_key *key, struct task *owner)
{
	struct pi_state *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->key = *key;
	pi_set_owner(p, owner);
	obj_born(&pi_count);
	return p;
}

static void pi_unref(struct pi_state *p)
{
	if (!p || --p->refs)
		return;
	pi_set_owner(p, NULL);
	free(p);
	obj_died(&pi_count);
}

/* ---- the word; all with `words` held ---- */

/* 1 when the word was `was` and is `val` now, 0 when it has changed. */
static CO_FN int swap_word(struct mm *mm, gaddr_t addr, uint32_t was, uint32_t val)
{
	uint32_t seen = was;
	int err = platform->as_cmpxchg32(mm->as, addr, &seen, val);

	return err ? err : seen == was;
}

/* Does the word say what the state of those who wait says? */
static int agree(const struct pi_state *p, uint32_t word)
{
	uint32_t tid = word & FUTEX_TID_MASK;

	if (!p)
		return -EINVAL; /* somebody waits there by FUTEX_WAIT */
	if (!p->owner)
		return word & FUTEX_OWNER_DIED && tid ? -EINVAL : 0;
	if (word & FUTEX_OWNER_DIED && !tid)
		return 0;
	return tid == (uint32_t)p->owner->tid ? 0 : -EINVAL;
}

/*
 * Takes the lock for `who` if it is free: 1. Otherwise 0, with *ret a reference to the state to wait
 * with. -EAGAIN when the word changed under the call's hands: try again.
 */
static CO_FN int take_or_attach(struct mm *mm, gaddr_t addr, const struct futex_key *key,
                                struct task *who, bool waiters, struct pi_state **ret)
{
	struct futex_waiter *top;
	struct task *owner;
	uint32_t word, val;
	int err = mm_copyin(mm, &word, addr, sizeof(word));

	if (err)
		return err;
	if ((word & FUTEX_TID_MASK) == (uint32_t)who->tid)
		return -EDEADLK;
	top = futex_top(key);
	if (top) {
		err = agree(top->pi, word);
		if (err)
			return err;
		*ret = top->pi;
		top->pi->refs++;
		return 0;
	}
	if (!(word & FUTEX_TID_MASK)) {
		val = (word & FUTEX_OWNER_DIED) | (uint32_t)who->tid | (waiters ? FUTEX_WAITERS : 0);
		err = swap_word(mm, addr, word, val);
		return err ? err : -EAGAIN;
	}
	/* From now on the owner can't let go without the kernel. */
	err = swap_word(mm, addr, word, word | FUTEX_WAITERS);
	if (err <= 0)
		return err ? err : -EAGAIN;
	owner = task_find((pid_t)(word & FUTEX_TID_MASK));
	if (!owner || owner->pi_exited) {
		err = mm_copyin(mm, &val, addr, sizeof(val));
		if (err)
			return err;
		return val == (word | FUTEX_WAITERS) ? -ESRCH : -EAGAIN;
	}
	*ret = pi_new(key, owner);
	return *ret ? 0 : -ENOMEM;
}

/* The first waiter's part of taking over from an owner that is gone: 1, or a negative errno. */
static CO_FN int inherit(struct task *t, gaddr_t addr, struct futex_waiter *w)
{
	uint32_t word;
	int err;

	do {
		err = mm_copyin(t->mm, &word, addr, sizeof(word));
		if (!err)
			err = swap_word(t->mm, addr, word, (uint32_t)t->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED);
	} while (!err && !co_self()->killed);
	if (err <= 0) {
		futex_dequeue(w);
		if ((w = futex_top(&w->key)))
			wake_all(w->q); /* the next may do better */
		return err ? err : -ERESTARTNOINTR;
	}
	futex_dequeue(w);
	pi_set_owner(w->pi, t);
	return 1;
}

/* ---- waiting for a lock ---- */

/*
 * Sleeps, queued at w->key with w->pi, until the lock is owned (0) or for as long as it may take.
 * Entered with `words` held, left without it.
 */
static CO_FN int64_t wait_for_lock(struct task *t, gaddr_t addr, struct futex_waiter *w,
                                   ktime_t deadline)
{
	int err = 0;

	for (;;) {
		if (w->woken) {
			err = 0; /* whoever let go made it ours */
			break;
		}
		if (!w->pi->owner && futex_top(&w->key) == w) {
			err = inherit(t, addr, w);
			if (err == 1)
				err = 0;
			break;
		}
		if (err)
			break;
		comutex_unlock(&words);
		err = wait_on(w->q, deadline);
		lock_words();
	}
	futex_dequeue(w);
	pi_unref(w->pi);
	comutex_unlock(&words);
	return err;
}

static void init_waiter(struct futex_waiter *w, struct task *t, struct waitq *q,
                        const struct futex_key *key)
{
	waitq_init(q);
	*w = (struct futex_waiter){ .key = *key, .kind = FUTEX_PI, .prio = t->sched.rt_prio,
		                        .bitset = FUTEX_BITSET_MATCH_ANY, .q = q, .task = t };
}

static CO_FN int64_t lock_pi(struct task *t, gaddr_t addr, bool private_, bool try_,
                             ktime_t deadline)
{
	struct futex_waiter w;
	struct futex_key key;
	struct waitq q;
	int64_t err = futex_key_of(t->mm, addr, private_, &key);

	if (err)
		return err;
	init_waiter(&w, t, &q, &key);
	lock_words();
	while ((err = take_or_attach(t->mm, addr, &key, t, false, &w.pi)) == -EAGAIN) {
		/* Lost to a thread that changes the word all the time: others first. */
		comutex_unlock(&words);
		if (co_self()->killed)
			return -ERESTARTNOINTR;
		co_yield();
		lock_words();
	}
	if (err || try_) {
		if (!err)
			pi_unref(w.pi);
		comutex_unlock(&words);
		return err == 1 ? 0 : err ? err : -EAGAIN;
	}
	futex_enqueue(&w);
	err = wait_for_lock(t, addr, &w, deadline);
	return err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
}

CO_FN int64_t futex_lock_pi(struct task *t, gaddr_t addr, bool private_, ktime_t deadline)
{
	return lock_pi(t, addr, private_, false, deadline);
}

CO_FN int64_t futex_trylock_pi(struct task *t, gaddr_t addr, bool private_)
{
	return lock_pi(t, addr, private_, true, KTIME_NEVER);
}

/* ---- letting go ---- */

static CO_FN int unlock_once(struct task *t, gaddr_t addr, const struct futex_key *key,
                             uint32_t word)
{
	struct futex_waiter *w = futex_top(key);
	int err;

	if (!w) {
		err = swap_word(t->mm, addr, word, 0);
		return err == 1 ? 0 : err ? err : -EAGAIN;
	}
	if (!w->pi || w->pi->owner != t)
		return -EINVAL;
	err = swap_word(t->mm, addr, word, (uint32_t)w->task->tid | FUTEX_WAITERS);
	if (err <= 0)
		return err ? err : -EAGAIN;
	/* Waiters come and go only with `words` held: w is still there. */
	pi_set_owner(w->pi, w->task);
	futex_wake_waiter(w);
	return 0;
}

CO_FN int64_t futex_unlock_pi(struct task *t, gaddr_t addr, bool private_)
{
	struct futex_key key;
	uint32_t word;
	int err;

	for (;;) {
		err = mm_copyin(t->mm, &word, addr, sizeof(word));
		if (err)
			return err;
		if ((word & FUTEX_TID_MASK) != (uint32_t)t->tid)
			return -EPERM;
		err = futex_key_of(t->mm, addr, private_, &key);
		if (err)
			return err;
		lock_words();
		err = unlock_once(t, addr, &key, word);
		comutex_unlock(&words);
		if (err != -EAGAIN)
			return err;
		if (co_self()->killed)
			return -ERESTARTNOINTR;
		co_yield();
	}
}

CO_FN void futex_exit_pi(struct task *t)
{
	struct futex_waiter *w;
	struct pi_state *p;

	t->pi_exited = true;
	if (LIST_EMPTY(&t->pi_states))
		return;
	/* Not between somebody's look at the owner and what follows from it. */
	lock_words();
	while ((p = LIST_FIRST(&t->pi_states))) {
		pi_set_owner(p, NULL);
		w = futex_top(&p->key);
		if (w)
			wake_all(w->q);
	}
	comutex_unlock(&words);
}

/* ---- conditions with such a lock ---- */

CO_FN int64_t futex_wait_requeue_pi(struct task *t, gaddr_t addr, bool private_, uint32_t val,
                                    ktime_t deadline, gaddr_t addr2)
{
	struct futex_waiter w;
	struct futex_key key, target;
	struct waitq q;
	uint32_t now;
	int64_t err;

	if (addr == addr2)
		return -EINVAL;
	err = futex_key_of(t->mm, addr2, private_, &target);
	if (!err)
		err = futex_key_of(t->mm, addr, private_, &key);
	if (!err && futex_key_equal(&key, &target))
		err = -EINVAL;
	if (err)
		return err;
	init_waiter(&w, t, &q, &key);
	w.kind = FUTEX_REQUEUE_PI;
	w.target = target;
	futex_enqueue(&w);
	err = mm_copyin(t->mm, &now, addr, sizeof(now));
	if (!err && now != val)
		err = -EAGAIN;
	while (!err && !w.woken && w.kind == FUTEX_REQUEUE_PI)
		err = wait_on(&q, deadline);
	/* A requeue in progress has the words: what it does to w must be complete. */
	lock_words();
	if (w.kind == FUTEX_PI) {
		err = wait_for_lock(t, addr2, &w, deadline);
		/* Started anew it would find the condition changed: that is what it is told. */
		return err == -ERESTARTSYS ? -EAGAIN : err;
	}
	futex_dequeue(&w);
	comutex_unlock(&words);
	if (w.woken)
		return 0; /* and the owner of the lock */
	return err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
}

/* Moves the waiters; `pi` is the state of the lock they are to wait for. */
static int requeue_waiters(const struct futex_key *from, const struct futex_key *to,
                           struct pi_state *pi, int max)
{
	struct futex_waiter *w, *next;
	int n = 0;

	TAILQ_FOREACH_SAFE(w, futex_bucket(from), entry, next) {
		if (!futex_key_equal(&w->key, from))
			continue;
		if (n >= max)
			break;
		if (w->kind != FUTEX_REQUEUE_PI || !futex_key_equal(&w->target, to))
			return -EINVAL;
		futex_dequeue(w);
		w->kind = FUTEX_PI;
		w->key = *to;
		w->pi = pi;
		pi->refs++;
		futex_enqueue(w);
		wake_all(w->q); /* it waits for something else now */
		n++;
	}
	return n;
}

static CO_FN int64_t requeue_pi(struct task *t, gaddr_t addr2, const struct futex_key *from,
                                const struct futex_key *to, int64_t max)
{
	struct futex_waiter *top = futex_top(from);
	struct pi_state *pi = NULL;
	int taken = 0, err;
	int64_t n;

	if (!top)
		return 0;
	if (top->kind != FUTEX_REQUEUE_PI || !futex_key_equal(&top->target, to))
		return -EINVAL;
	err = take_or_attach(t->mm, addr2, to, top->task, max > 1, &pi);
	if (err < 0)
		return err;
	if (err) {
		/* It was free, and is the first waiter's now. */
		futex_wake_waiter(top);
		taken = 1;
		if (max <= 1 || !futex_top(from))
			return taken;
		pi = pi_new(to, top->task);
		if (!pi)
			return taken;
	}
	n = requeue_waiters(from, to, pi, (int)MIN(max - taken, INT32_MAX));
	pi_unref(pi);
	return n < 0 && !taken ? n : MAX(n, 0) + taken;
}

CO_FN int64_t futex_cmp_requeue_pi(struct task *t, gaddr_t addr, gaddr_t addr2, bool private_,
                                   int nwake, int nrequeue, uint32_t cmp)
{
	struct futex_key k1, k2;
	uint32_t now;
	int64_t err;

	if (nwake < 0 || nrequeue < 0 || addr == addr2 || nwake != 1)
		return -EINVAL;
	err = futex_key_of(t->mm, addr, private_, &k1);
	if (!err)
		err = futex_key_of(t->mm, addr2, private_, &k2);
	if (!err && futex_key_equal(&k1, &k2))
		err = -EINVAL;
	while (!err) {
		lock_words();
		err = mm_copyin(t->mm, &now, addr, sizeof(now));
		if (!err && now != cmp)
			err = -EAGAIN;
		if (err) {
			comutex_unlock(&words);
			break;
		}
		err = requeue_pi(t, addr2, &k1, &k2, (int64_t)nrequeue + nwake);
		comutex_unlock(&words);
		if (err != -EAGAIN)
			return err;
		if (co_self()->killed)
			return -ERESTARTNOINTR;
		co_yield();
		err = 0;
	}
	return err;
}
