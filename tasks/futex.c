/* SPDX-License-Identifier: Apache-2.0
 *
 * Futexes: waiters in ordered buckets, keyed by what mm_futex_key() says. Layer: tasks.
 *
 * A waiter is queued before the word is read. Reading yields, so a wake-up may arrive in between:
 * it then counts, and the value is not looked at any more.
 */
#include "tasks/futex_impl.h"

#include <linux/futex.h>
#include <stdlib.h>

#include "core/log.h"
#include "tasks/signal_impl.h"

#define BUCKETS 256

static struct futex_list buckets[BUCKETS];
static bool buckets_ready;

struct futex_list *futex_bucket(const struct futex_key *k)
{
	uint64_t h = (k->object * 0x9e3779b97f4a7c15ULL) ^ (k->offset * 0xbf58476d1ce4e5b9ULL);

	if (!buckets_ready) {
		for (int i = 0; i < BUCKETS; i++)
			TAILQ_INIT(&buckets[i]);
		buckets_ready = true;
	}
	return &buckets[(h >> 32) % BUCKETS];
}

bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->offset == b->offset && a->shared == b->shared;
}

int futex_key_of(struct mm *mm, gaddr_t addr, bool private_, struct futex_key *ret)
{
	if (addr & 3)
		return -EINVAL;
	if (addr >= TASK_SIZE)
		return -EFAULT;
	return mm_futex_key(mm, addr, private_, ret);
}

void futex_enqueue(struct futex_waiter *w)
{
	struct futex_list *b = futex_bucket(&w->key);
	struct futex_waiter *o = NULL;

	/* Real-time waiters come before others, by priority; else first come, first served. */
	if (w->prio)
		TAILQ_FOREACH(o, b, entry)
			if (futex_key_equal(&o->key, &w->key) && o->prio < w->prio)
				break;
	if (o)
		TAILQ_INSERT_BEFORE(o, w, entry);
	else
		TAILQ_INSERT_TAIL(b, w, entry);
	w->queued = true;
}

void futex_dequeue(struct futex_waiter *w)
{
	if (!w->queued)
		return;
	TAILQ_REMOVE(futex_bucket(&w->key), w, entry);
	w->queued = false;
}

struct futex_waiter *futex_top(const struct futex_key *key)
{
	struct futex_waiter *w;

	TAILQ_FOREACH(w, futex_bucket(key), entry)
		if (futex_key_equal(&w->key, key))
			return w;
	return NULL;
}

void futex_wake_waiter(struct futex_waiter *w)
{
	futex_dequeue(w);
	w->woken = true;
	wake_all(w->q);
}

/* Who has seen the word as it was before, and isn't queued yet, has to look again. */
static void expire_words(void)
{
	if (platform->words_woken)
		platform->words_woken();
}

static int wake_key_n(const struct futex_key *key, int n, uint32_t bitset)
{
	struct futex_list *b = futex_bucket(key);
	struct futex_waiter *w, *next;
	int woken = 0;

	expire_words();
	TAILQ_FOREACH_SAFE(w, b, entry, next) {
		if (!futex_key_equal(&w->key, key))
			continue;
		if (w->kind != FUTEX_PLAIN)
			return -EINVAL; /* woken by the lock's own calls alone */
		if (!(w->bitset & bitset))
			continue;
		futex_wake_waiter(w);
		/* Linux wakes one even when asked for none or fewer. */
		if (++woken >= n)
			break;
	}
	return woken;
}

CO_FN int64_t futex_wait(struct task *t, gaddr_t addr, bool private_, uint32_t val,
                         uint32_t bitset, ktime_t deadline)
{
	struct futex_waiter w = { .bitset = bitset, .prio = t->sched.rt_prio };
	struct waitq q;
	uint32_t now;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_of(t->mm, addr, private_, &w.key);
	if (err)
		return err;
	waitq_init(&q);
	w.q = &q;
	futex_enqueue(&w);
	err = mm_copyin_word(t->mm, &now, addr);
	if (!err && now != val)
		err = -EAGAIN;
	while (!err && !w.woken)
		err = wait_on(&q, deadline);
	futex_dequeue(&w);
	return w.woken ? 0 : err;
}

CO_FN int64_t futex_wake(struct mm *mm, gaddr_t addr, bool private_, int n, uint32_t bitset)
{
	struct futex_key key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_of(mm, addr, private_, &key);
	return err ? err : wake_key_n(&key, n, bitset);
}

CO_FN void futex_wake_addr(struct mm *mm, gaddr_t addr, int n)
{
	struct futex_key key;

	/* The kernel wakes CLEARTID waiters with a shared key, which for private memory is the same. */
	if (futex_key_of(mm, addr, false, &key) == 0)
		(void)wake_key_n(&key, n, FUTEX_BITSET_MATCH_ANY);
	if (futex_key_of(mm, addr, true, &key) == 0)
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
	err = futex_key_of(mm, addr, private_, &k1);
	if (!err)
		err = futex_key_of(mm, addr2, private_, &k2);
	if (err)
		return err;
	if (cmp) {
		err = mm_copyin(mm, &now, addr, sizeof(now));
		if (err)
			return err;
		if (now != *cmp)
			return -EAGAIN;
	}
	expire_words();
	b = futex_bucket(&k1);
	TAILQ_FOREACH_SAFE(w, b, entry, next) {
		if (!futex_key_equal(&w->key, &k1))
			continue;
		if (w->kind != FUTEX_PLAIN)
			return -EINVAL;
		if (done < nwake) {
			futex_wake_waiter(w);
			done++;
			continue;
		}
		if (moved >= nrequeue)
			break;
		moved++;
		if (futex_key_equal(&k1, &k2))
			continue;
		futex_dequeue(w);
		w->key = k2;
		futex_enqueue(w);
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

	err = futex_key_of(mm, addr, private_, &k1);
	if (!err)
		err = futex_key_of(mm, addr2, private_, &k2);
	if (!err)
		err = change_word(mm, addr2, op, &old);
	if (err)
		return err;
	err = compare_op(op, old);
	ret = wake_key_n(&k1, n, FUTEX_BITSET_MATCH_ANY);
	if (err < 0 || ret < 0)
		return err < 0 ? err : ret;
	if (err) {
		int more = wake_key_n(&k2, n2, FUTEX_BITSET_MATCH_ANY);

		ret = more < 0 ? more : ret + more;
	}
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
		w[i].prio = t->sched.rt_prio;
		w[i].q = &q;
		err = futex_key_of(t->mm, v[i].addr, v[i].private_, &w[i].key);
		if (!err)
			futex_enqueue(&w[i]);
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
		err = wait_on(&q, deadline);
	}
	for (i = 0; i < n; i++)
		futex_dequeue(&w[i]);
	free(w);
	return woken >= 0 ? woken : err;
}
