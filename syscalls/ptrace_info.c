/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace(2): signals of a tracee and the system call that it is in. Layer: syscalls.
 */
#include <signal.h>

#include "syscalls/ptrace.h"
#include "syscalls/syscall.h"
#include "tasks/signal_impl.h"

CO_FN int64_t ptrace_siginfo(struct task *p, bool set, gaddr_t data)
{
	siginfo_t info;

	if (set) {
		if (copyin_obj(&info, data))
			return -EFAULT;
		if (!p->pt.info)
			return -EINVAL;
		*p->pt.info = info;
		return 0;
	}
	if (!p->pt.info)
		return -EINVAL;
	info = *p->pt.info;
	return copyout_obj(data, &info);
}

/* The entry at this place in the queue. */
static bool queued(const struct sigpending *q, uint64_t at, siginfo_t *ret)
{
	const struct sigqueue_entry *e;

	TAILQ_FOREACH(e, &q->queue, entry) {
		if (!at--) {
			*ret = e->info;
			return true;
		}
	}
	return false;
}

CO_FN int64_t ptrace_peek_queue(struct task *p, gaddr_t args, gaddr_t data)
{
	struct ptrace_peeksiginfo_args a;
	const struct sigpending *q;
	siginfo_t info;
	int32_t i;

	if (copyin_obj(&a, args))
		return -EFAULT;
	if ((a.flags & ~(uint32_t)PTRACE_PEEKSIGINFO_SHARED) || a.nr < 0)
		return -EINVAL;
	q = a.flags & PTRACE_PEEKSIGINFO_SHARED ? &p->tg->sig.pending : &p->sig.pending;
	for (i = 0; i < a.nr && queued(q, a.off + (uint64_t)i, &info); i++) {
		if (copyout(data + (uint64_t)i * sizeof(info), &info, sizeof(info)))
			return i ? i : -EFAULT;
		if (co_self()->interrupt)
			return i + 1;
		co_did_entries(1);
	}
	return i;
}

CO_FN int64_t ptrace_sigmask(struct task *p, bool set, uint64_t size, gaddr_t data)
{
	sigmask_t m = p->sig.restore_saved ? p->sig.saved : p->sig.blocked;

	if (size != sizeof(m))
		return -EINVAL;
	if (!set)
		return copyout_obj(data, &m);
	if (copyin_obj(&m, data))
		return -EFAULT;
	p->sig.restore_saved = false;
	signal_set_mask(p, m);
	return 0;
}

/* The layout of linux/ptrace.h, whose union differs between versions of the header. */
struct call_info {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct {
			uint64_t nr, args[6];
		} entry;
		struct {
			int64_t rval;
			uint8_t is_error;
		} exit;
	};
};
#define CALL_NONE_SIZE offsetof(struct call_info, entry)
#define CALL_ENTRY_SIZE (offsetof(struct call_info, entry) + 56)
#define CALL_EXIT_SIZE (offsetof(struct call_info, exit) + 9)
_Static_assert(CALL_NONE_SIZE == 24 && CALL_ENTRY_SIZE == 80 && CALL_EXIT_SIZE == 33, "the ABI's");

CO_FN int64_t ptrace_call_info(struct task *p, uint64_t size, gaddr_t data)
{
	struct call_info ci = { .op = PTRACE_SYSCALL_INFO_NONE, .arch = ARCH_AUDIT };
	size_t actual = CALL_NONE_SIZE;
	struct arch_regs r;
	int64_t result;

	platform->ctx_get_regs(p->ctx, &r);
	ci.ip = arch_pc(&r);
	ci.sp = arch_sp(&r);
	if (p->pt.info && p->pt.info->si_code == (SIGTRAP | 0x80)) {
		if (p->pt.message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
			ci.op = PTRACE_SYSCALL_INFO_ENTRY;
			ci.entry.nr = (uint64_t)(int64_t)(int32_t)p->orig_nr;
			arch_syscall_args(&r, ci.entry.args);
			actual = CALL_ENTRY_SIZE;
		} else if (p->pt.message == PTRACE_EVENTMSG_SYSCALL_EXIT) {
			result = arch_result(&r);
			ci.op = PTRACE_SYSCALL_INFO_EXIT;
			ci.exit.rval = result;
			ci.exit.is_error = result < 0 && result >= -4095;
			actual = CALL_EXIT_SIZE;
		}
	}
	if (copyout(data, &ci, MIN(actual, size)))
		return -EFAULT;
	return (int64_t)actual;
}
