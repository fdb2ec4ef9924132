/* SPDX-License-Identifier: Apache-2.0
 *
 * Robust lists: the locks of a task that ends are marked as their owner's having died. Layer: tasks.
 * get_robust_list(2), Linux's Documentation/locking/robust-futexes.rst.
 */
#include <linux/futex.h>

#include "tasks/futex.h"

#define ROBUST_LIST_MAX 2048
#define ROBUST_TRIES 1000

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
