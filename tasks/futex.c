/* SPDX-License-Identifier: Apache-2.0
 *
 * Futexes: waiters in ordered buckets, keyed by what mm_futex_key() says. Layer: tasks.
 *
 * A waiter is queued before the word is read. Reading yields, so a wake-up may arrive in between:
 * it then counts, and the value is not looked at any more.
 */
#include "tasks/futex.h"

#include <linux/futex.h>
#include <stdlib.h>

#include "core/log.h"
#include "tasks/signal_impl.h"

#define BUCKETS 256
#define ROBUST_LIST_MAX 2048
#define ROBUST_TRIES 1000

struct futex_waiter {
	TAILQ_ENTRY(futex_waiter) entry;
	struct futex_key key;
	uint32_t bitset;
	bool queued;
	bool woken;
	struct waitq *q; /* where the owner sleeps */
};

TAILQ_HEAD(futex_list, futex_waiter);
static struct futex_list buckets[BUCKETS];
static bool buckets_ready;

static struct futex_list *bucket_of(const struct futex_key *k)
{
	uint64_t h = (k->object * 0x9e3779b97f4a7c15ULL) ^ (k->offset * 0xbf58476d1ce4e5b9ULL);

	if (!buckets_ready) {
		for (int i = 0; i < BUCKETS; i++)
			TAILQ_INIT(&buckets[i]);
		buckets_ready = true;
	}
	return &buckets[(h >> 32) % BUCKETS];
}

static bool key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset && a->shared == b->shared;
}

static int key_of(struct mm *mm, gaddr_t addr, bool private_, struct futex_key *ret)
{
	if (addr & 3)
		return -EINVAL;
	if (addr >= TASK_SIZE)
		return -EFAULT;
	return mm_futex_key(mm, addr, private_, ret);
}

static void enqueue(struct futex_waiter *w)
{
	TAILQ_INSERT_TAIL(bucket_of(&w->key), w, entry);
	w->queued = true;
}

static void dequeue(struct futex_waiter *w)
{
	if (!w->queued)
		return;
	TAILQ_REMOVE(bucket_of(&w->key), w, entry);
	w->queued = false;
}

static void wake_waiter(struct futex_waiter *w)
{
	dequeue(w);
	w->woken = true;
	wake_all(w->q);
}

static int wake_key_n(const struct futex_key *key, int n, uint32_t bitset)
{
	struct futex_list *b = bucket_of(key);
	struct futex_waiter *w, *next;
	int woken = 0;

	TAILQ_FOREACH_SAFE(w, b, entry, next) {
		if (!key_equal(&w->key, key) || !(w->bitset & bitset))
			continue;
		wake_waiter(w);
		/* Linux wakes one even when asked for none or fewer. */
		if (++woken >= n)
			break;
	}
	return woken;
}

CO_FN int64_t futex_wait(struct task *t, gaddr_t addr, bool private_, uint32_t val,
                         uint32_t bitset, ktime_t deadline)
{
	struct futex_waiter w = { .bitset = bitset };
	struct waitq q;
	uint32_t now;
	int err;

	if (!bitset)
		return -EINVAL;
	err = key_of(t->mm, addr, private_, &w.key);
	if (err)
		return err;
	waitq_init(&q);
	w.q = &q;
	enqueue(&w);
	err = mm_copyin(t->mm, &now, addr, sizeof(now));
	if (!err && now != val)
		err = -EAGAIN;
	while (!err && !w.woken) {
		platform->ctx_blocked(t->ctx);
		err = wait_on(&q, deadline);
	}
	dequeue(&w);
	return w.woken ? 0 : err;
}

CO_FN int64_t futex_wake(struct mm *mm, gaddr_t addr, bool private_, int n, uint32_t bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = key_of(mm, addr, private_, &key);
	return err ? err : wake_key_n(&key, n, bitset);
}

CO_FN void futex_wake_addr(struct mm *mm, gaddr_t addr, int n)
{
	struct futex_key key;

	/* The kernel wakes CLEARTID waiters with a shared key, which for private memory is the same. */
	if (key_of(mm, addr, false, &key) == 0)
		(void)wake_key_n(&key, n, FUTEX_BITSET_MATCH_ANY);
	if (key_of(mm, addr, true, &key) == 0)
		(void)wake_key_n(&key, n, FUTEX_BITSET_MATCH_ANY);
}

CO_FN int64_t futex_requeue(struct mm *mm, gaddr_t addr, gaddr_t addr2, bool private_, int nwake,
                            int nrequeue, const uint32_t *cmp)
{
	struct futex_key k1, k2;
	struct futex_waiter *w, *next;
	struct futex_list *b;
	int err, done = 0, moved = 0;
	uint32_t now;

	if (nwake < 0 || nrequeue < 0)
		return -EINVAL;
	err = key_of(mm, addr, private_, &k1);
	if (!err)
		err = key_of(mm, addr2, private_, &k2);
	if (err)
		return err;
	if (cmp) {
		err = mm_copyin(mm, &now, addr, sizeof(now));
		if (err)
			return err;
		if (now != *cmp)
			return -EAGAIN;
	}
	b = bucket_of(&k1);
	TAILQ_FOREACH_SAFE(w, b, entry, next) {
		if (!key_equal(&w->key, &k1))
			continue;
		if (done < nwake) {
			wake_waiter(w);
			done++;
			continue;
		}
		if (moved >= nrequeue)
			break;
		moved++;
		if (key_equal(&k1, &k2))
			continue;
		dequeue(w);
		w->key = k2;
		enqueue(w);
	}
	return done + moved;
}

/* op's change of the word. -ENOSYS for an unknown one. */
static int apply_op(uint32_t op, uint32_t old, uint32_t *ret)
{
	uint32_t arg = (uint32_t)((int32_t)(op << 8) >> 20);

	if (op & ((uint32_t)FUTEX_OP_OPARG_SHIFT << 28))
		arg = 1U << (arg & 31);
	switch ((op >> 28) & 7) {
	case FUTEX_OP_SET:
		*ret = arg;
		return 0;
	case FUTEX_OP_ADD:
		*ret = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*ret = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*ret = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*ret = old ^ arg;
		return 0;
	}
	return -ENOSYS;
}

static int compare_op(uint32_t op, uint32_t oldval)
{
	int32_t arg = (int32_t)(op << 20) >> 20, old = (int32_t)oldval;

	switch ((op >> 24) & 15) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	case FUTEX_OP_CMP_GT:
		return old > arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	}
	return -ENOSYS;
}

/* Changes the word with a locked instruction. Another thread that spins on it can't hold this up
 * for ever: it gives way after each lost race and a signal ends it. */
static CO_FN int change_word(struct mm *mm, gaddr_t addr, uint32_t op, uint32_t *old)
{
	uint32_t seen, val;
	int err;

	err = mm_copyin(mm, old, addr, sizeof(*old));
	while (!err) {
		err = apply_op(op, *old, &val);
		if (err)
			break;
		seen = *old;
		err = platform->as_cmpxchg32(mm->as, addr, &seen, val);
		if (err || seen == *old)
			break;
		*old = seen;
		co_yield();
		if (co_self()->killed)
			err = -ERESTARTNOINTR;
	}
	return err;
}

CO_FN int64_t futex_wake_op(struct mm *mm, gaddr_t addr, gaddr_t addr2, bool private_, int n,
                            int n2, uint32_t op)
{
	struct futex_key k1, k2;
	uint32_t old;
	int err, ret;

	err = key_of(mm, addr, private_, &k1);
	if (!err)
		err = key_of(mm, addr2, private_, &k2);
	if (!err)
		err = change_word(mm, addr2, op, &old);
	if (err)
		return err;
	err = compare_op(op, old);
	ret = wake_key_n(&k1, n, FUTEX_BITSET_MATCH_ANY);
	if (err < 0)
		return err;
	if (err)
		ret += wake_key_n(&k2, n2, FUTEX_BITSET_MATCH_ANY);
	return ret;
}

CO_FN int64_t futex_wait_many(struct task *t, const struct futex_vec *v, unsigned n,
                              ktime_t deadline)
{
	struct futex_waiter *w = calloc(n, sizeof(*w));
	struct waitq q;
	unsigned i;
	int err = 0, woken = -1;
	uint32_t now;

	if (!w)
		return -ENOMEM;
	waitq_init(&q);
	for (i = 0; i < n && !err; i++) {
		w[i].bitset = FUTEX_BITSET_MATCH_ANY;
		w[i].q = &q;
		err = key_of(t->mm, v[i].addr, v[i].private_, &w[i].key);
		if (!err)
			enqueue(&w[i]);
	}
	for (i = 0; i < n && !err; i++) {
		err = mm_copyin(t->mm, &now, v[i].addr, sizeof(now));
		if (!err && now != (uint32_t)v[i].val)
			err = -EAGAIN;
	}
	for (;;) {
		for (i = 0; i < n && woken < 0; i++)
			if (w[i].woken)
				woken = (int)i;
		if (woken >= 0 || err)
			break;
		platform->ctx_blocked(t->ctx);
		err = wait_on(&q, deadline);
	}
	for (i = 0; i < n; i++)
		dequeue(&w[i]);
	free(w);
	return woken >= 0 ? woken : err;
}

/* ---- robust lists: kernel/futex/core.c, exit_robust_list() ---- */

/* Returns a negative errno when the list can't be followed further. */
static CO_FN int owner_died(struct task *t, gaddr_t addr, bool pi, bool pending)
{
	uint32_t word, seen, val;

	if (addr & 3)
		return -EINVAL;
	if (mm_copyin(t->mm, &word, addr, sizeof(word)))
		return -EFAULT;
	/* A lock that others keep changing meanwhile isn't this one's any more. */
	for (int tries = 0; tries < ROBUST_TRIES; tries++) {
		/* Died between taking the lock's word to zero and the wake-up: do that for it. */
		if (pending && !pi && !word) {
			futex_wake_addr(t->mm, addr, 1);
			return 0;
		}
		if ((word & FUTEX_TID_MASK) != (uint32_t)t->tid)
			return 0;
		val = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		seen = word;
		if (platform->as_cmpxchg32(t->mm->as, addr, &seen, val))
			return -EFAULT;
		if (seen == word)
			break;
		word = seen;
		co_yield();
	}
	if (!pi && (word & FUTEX_WAITERS))
		futex_wake_addr(t->mm, addr, 1);
	return 0;
}

CO_FN void futex_exit_robust_list(struct task *t)
{
	struct robust_list_head_k {
		uint64_t next;
		int64_t offset;
		uint64_t pending;
	} head;
	gaddr_t list = t->robust_list, entry, next;
	bool pi;

	t->robust_list = 0;
	if (!list || mm_copyin(t->mm, &head, list, sizeof(head)))
		return;
	entry = head.next & ~1ULL;
	pi = head.next & 1;
	for (int i = 0; i < ROBUST_LIST_MAX && entry != list; i++) {
		int err = mm_copyin(t->mm, &next, entry, sizeof(next));

		/* The pending entry is handled last. */
		if (entry != (head.pending & ~1ULL) &&
		    owner_died(t, entry + (uint64_t)head.offset, pi, false))
			return;
		if (err)
			return;
		pi = next & 1;
		entry = next & ~1ULL;
		co_did_entries(1);
	}
	if (head.pending & ~1ULL)
		(void)owner_died(t, (head.pending & ~1ULL) + (uint64_t)head.offset, head.pending & 1, true);
}
