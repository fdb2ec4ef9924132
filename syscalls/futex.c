/* SPDX-License-Identifier: Apache-2.0
 *
 * futex, futex_waitv, set_robust_list, get_robust_list. Layer: syscalls.
 */
#include <linux/futex.h>

#include "core/clock.h"
#include "syscalls/syscall.h"
#include "tasks/futex.h"
#include "tasks/ktime.h"
#include "tasks/ptrace.h"

#define FUTEX_WAITERS_MAX 128
#define FUTEX_32_K 2

/* restart_args: address, value, bitset, private, deadline. */
static CO_FN int64_t wait_restart(struct task *t);

static CO_FN int64_t wait_settled(struct task *t, gaddr_t addr, bool private_, uint32_t val,
                                  uint32_t bitset, ktime_t deadline)
{
	int64_t ret = futex_wait(t, addr, private_, val, bitset, deadline);

	if (ret != -ERESTARTSYS || deadline == KTIME_NEVER)
		return ret;
	/* The time that was waited already must not be waited again. */
	t->restart = wait_restart;
	t->restart_args[0] = addr;
	t->restart_args[1] = val;
	t->restart_args[2] = bitset;
	t->restart_args[3] = private_;
	t->restart_args[4] = (uint64_t)deadline;
	return -ERESTART_RESTARTBLOCK;
}

static CO_FN int64_t wait_restart(struct task *t)
{
	const uint64_t *a = t->restart_args;

	return wait_settled(t, a[0], a[3], (uint32_t)a[1], (uint32_t)a[2], (ktime_t)a[4]);
}

/* The monotonic deadline that uts (may be 0: none) means for the operation. */
static CO_FN int deadline_arg(int op, gaddr_t uts, ktime_t *ret)
{
	int cmd = op & FUTEX_CMD_MASK;
	bool real = op & FUTEX_CLOCK_REALTIME || cmd == FUTEX_LOCK_PI;
	struct timespec ts;

	*ret = KTIME_NEVER;
	if (!uts)
		return 0;
	if (copyin_obj(&ts, uts))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*ret = guest_clock_deadline(real ? CLOCK_REALTIME : CLOCK_MONOTONIC, cmd != FUTEX_WAIT,
	                            ktime_from_timespec(&ts));
	return 0;
}

static CO_FN int64_t do_wait(struct task *t, gaddr_t addr, int op, uint32_t val, gaddr_t uts,
                             uint32_t bitset)
{
	ktime_t deadline;
	int err = deadline_arg(op, uts, &deadline);

	return err ? err : wait_settled(t, addr, op & FUTEX_PRIVATE_FLAG, val, bitset, deadline);
}

static CO_FN int64_t do_wait_pi(struct task *t, gaddr_t addr, int op, uint32_t val, gaddr_t uts,
                                gaddr_t addr2)
{
	bool private_ = op & FUTEX_PRIVATE_FLAG;
	ktime_t deadline;
	int err = deadline_arg(op, uts, &deadline);

	if (err)
		return err;
	if ((op & FUTEX_CMD_MASK) != FUTEX_WAIT_REQUEUE_PI)
		return futex_lock_pi(t, addr, private_, deadline);
	return futex_wait_requeue_pi(t, addr, private_, val, deadline, addr2);
}

SYSCALL6(futex, gaddr_t, addr, int, op, uint32_t, val, uint64_t, arg4, gaddr_t, addr2, uint32_t,
         val3)
{
	bool private_ = op & FUTEX_PRIVATE_FLAG;
	int cmd = op & FUTEX_CMD_MASK;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
	    cmd != FUTEX_LOCK_PI2)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		return do_wait(t, addr, op, val, arg4, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return do_wait(t, addr, op, val, arg4, val3);
	case FUTEX_WAKE:
		return futex_wake(t->mm, addr, private_, (int)val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(t->mm, addr, private_, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(t->mm, addr, addr2, private_, (int)val, (int)arg4, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(t->mm, addr, addr2, private_, (int)val, (int)arg4, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(t->mm, addr, addr2, private_, (int)val, (int)arg4, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_WAIT_REQUEUE_PI:
		return do_wait_pi(t, addr, op, val, arg4, addr2);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(t, addr, private_);
	case FUTEX_TRYLOCK_PI:
		return futex_trylock_pi(t, addr, private_);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_cmp_requeue_pi(t, addr, addr2, private_, (int)val, (int)arg4, val3);
	}
	return -ENOSYS;
}

struct waitv_k {
	uint64_t val, uaddr;
	uint32_t flags, reserved;
};

SYSCALL5(futex_waitv, gaddr_t, uwaiters, unsigned, n, unsigned, flags, gaddr_t, uts, int, clock)
{
	struct futex_vec v[FUTEX_WAITERS_MAX];
	ktime_t deadline = KTIME_NEVER;
	struct timespec ts;
	struct waitv_k k;

	if (flags || !n || n > FUTEX_WAITERS_MAX || !uwaiters)
		return -EINVAL;
	if (uts) {
		if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
			return -EINVAL;
		if (copyin_obj(&ts, uts))
			return -EFAULT;
		if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		deadline = guest_clock_deadline(clock, true, ktime_from_timespec(&ts));
	}
	for (unsigned i = 0; i < n; i++) {
		if (copyin_obj(&k, uwaiters + i * sizeof(k)))
			return -EFAULT;
		if ((k.flags & ~(unsigned)(FUTEX_32_K | FUTEX_PRIVATE_FLAG)) || k.reserved ||
		    !(k.flags & FUTEX_32_K))
			return -EINVAL;
		v[i] = (struct futex_vec){ k.val, k.uaddr, k.flags & FUTEX_PRIVATE_FLAG };
	}
	return futex_wait_many(t, v, n, deadline);
}

SYSCALL2(set_robust_list, gaddr_t, head, size_t, len)
{
	if (len != 24)
		return -EINVAL;
	t->robust_list = head;
	return 0;
}

SYSCALL3(get_robust_list, pid_t, pid, gaddr_t, uhead, gaddr_t, ulen)
{
	struct task *o = pid ? task_find(pid) : t;
	uint64_t len = 24;
	gaddr_t head;

	if (!o)
		return -ESRCH;
	if (!ptrace_may_access(t, o, ACCESS_READ))
		return -EPERM;
	head = o->robust_list; /* o may be gone once this has yielded */
	if (copyout_obj(ulen, &len) || copyout_obj(uhead, &head))
		return -EFAULT;
	return 0;
}
