/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace. Layer: syscalls; the mechanism is tasks/ptrace*.c.
 */
#include "syscalls/ptrace.h"

#include <asm/prctl.h>
#include <elf.h>
#include <stdlib.h>

#include "syscalls/syscall.h"
#include "tasks/signal_impl.h"

#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA 0x420d
#endif
/* Segments of 32-bit programs that a tracer may describe: GDT_ENTRY_TLS_MIN .. MAX. */
#define TLS_FIRST 12
#define TLS_LAST 14

/* ---- memory ---- */

static CO_FN int64_t peek_word(struct task *p, gaddr_t addr, gaddr_t data)
{
	uint64_t word;

	if (!ptrace_may_peek(p) || mm_access(p->mm, addr, &word, sizeof(word), false) != sizeof(word))
		return -EIO;
	return copyout_obj(data, &word);
}

static CO_FN int64_t poke_word(struct task *p, gaddr_t addr, uint64_t word)
{
	if (!ptrace_may_peek(p) || mm_access(p->mm, addr, &word, sizeof(word), true) != sizeof(word))
		return -EIO;
	return 0;
}

/* ---- registers ---- */

static CO_FN int64_t peek_user(struct task *p, uint64_t off, gaddr_t data)
{
	uint64_t word;
	int err = ptrace_peek_user(p, off, &word);

	return err ? err : copyout_obj(data, &word);
}

/* The first len bytes of a set. */
static CO_FN int64_t get_set(struct task *p, uint64_t type, gaddr_t data, size_t len)
{
	void *buf = malloc((size_t)ptrace_regset_size(p, type));
	int err = buf ? ptrace_regset_get(p, type, buf) : -ENOMEM;

	if (!err)
		err = copyout(data, buf, len);
	free(buf);
	return err;
}

static CO_FN int64_t put_set(struct task *p, uint64_t type, gaddr_t data, size_t len)
{
	void *buf = malloc((size_t)ptrace_regset_size(p, type));
	int err = buf ? copyin(buf, data, len) : -ENOMEM;

	/* The words before one that can't be read count. */
	if (err == -EFAULT && (uint32_t)type == NT_PRSTATUS) {
		size_t got = mm_read_some(co_self()->mm, buf, data, len) & ~(size_t)7;

		(void)ptrace_regset_put(p, type, buf, got);
	}
	if (!err)
		err = ptrace_regset_put(p, type, buf, len);
	free(buf);
	return err;
}

static CO_FN int64_t regset(struct task *p, bool set, uint64_t type, gaddr_t uiov)
{
	struct { gaddr_t base; uint64_t len; } iov;
	int64_t size, ret;

	if (copyin_obj(&iov, uiov))
		return -EFAULT;
	size = ptrace_regset_size(p, type);
	if (size < 0)
		return size;
	if (iov.len % 8)
		return -EINVAL;
	iov.len = MIN(iov.len, (uint64_t)size);
	ret = set ? put_set(p, type, iov.base, iov.len) : get_set(p, type, iov.base, iov.len);
	if (ret)
		return ret;
	return copyout(uiov + 8, &iov.len, sizeof(iov.len));
}

static CO_FN int64_t bases(struct task *p, uint64_t op, gaddr_t addr)
{
	gaddr_t v;

	switch (op) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= TASK_SIZE)
			return -EPERM;
		platform->ctx_set_tls(p->ctx, (int)op, addr);
		return 0;
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		v = platform->ctx_get_tls(p->ctx, op == ARCH_GET_FS ? ARCH_SET_FS : ARCH_SET_GS);
		return copyout_obj(addr, &v);
	}
	return -EINVAL;
}

/* do_get_thread_area(): no descriptor was ever set, so each is the empty one. */
static CO_FN int64_t thread_area(uint64_t index, gaddr_t data, bool set)
{
	uint32_t desc[4] = { (uint32_t)index, 0, 0, 0x28 /* not present, read and execute only */ };

	if ((int32_t)index < 0)
		return -EIO;
	if (set)
		return copyin(desc, data, sizeof(desc)) ? -EFAULT : -EINVAL;
	if (index < TLS_FIRST || index > TLS_LAST)
		return -EINVAL;
	return copyout(data, desc, sizeof(desc));
}

/* ---- requests ---- */

static CO_FN int64_t seccomp_filter(const struct task *t)
{
	/* Nobody has a filter here. */
	return task_capable(t, CAP_SYS_ADMIN) ? -EINVAL : -EACCES;
}

static CO_FN int64_t request_regs(struct task *p, long op, uint64_t addr, uint64_t data)
{
	switch (op) {
	case PTRACE_PEEKUSR:
		return peek_user(p, addr, data);
	case PTRACE_POKEUSR:
		return ptrace_poke_user(p, addr, data);
	case PTRACE_GETREGS:
		return get_set(p, NT_PRSTATUS, data, ARCH_USER_WORDS * 8);
	case PTRACE_SETREGS:
		return put_set(p, NT_PRSTATUS, data, ARCH_USER_WORDS * 8);
	case PTRACE_GETFPREGS:
		return get_set(p, NT_PRFPREG, data, ARCH_FPREGS_SIZE);
	case PTRACE_SETFPREGS:
		return put_set(p, NT_PRFPREG, data, ARCH_FPREGS_SIZE);
	case PTRACE_GETREGSET:
		return regset(p, false, addr, data);
	case PTRACE_SETREGSET:
		return regset(p, true, addr, data);
	case PTRACE_ARCH_PRCTL_K:
		return bases(p, data, addr);
	case PTRACE_GET_THREAD_AREA_K:
		return thread_area(addr, data, false);
	case PTRACE_SET_THREAD_AREA_K:
		return thread_area(addr, data, true);
	}
	return -EIO;
}

/* Of a tracee that is stopped and frozen. */
static CO_FN int64_t request(struct task *t, struct task *p, long op, uint64_t addr, uint64_t data)
{
	uint64_t message;

	switch (op) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek_word(p, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke_word(p, addr, data);
	case PTRACE_SETOPTIONS:
	case PTRACE_OLDSETOPTIONS_K:
		return ptrace_set_options(p, data);
	case PTRACE_GETEVENTMSG:
		message = p->pt.message;
		return copyout_obj(data, &message);
	case PTRACE_PEEKSIGINFO:
		return ptrace_peek_queue(p, addr, data);
	case PTRACE_GETSIGINFO:
	case PTRACE_SETSIGINFO:
		return ptrace_siginfo(p, op == PTRACE_SETSIGINFO, data);
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		return ptrace_sigmask(p, op == PTRACE_SETSIGMASK, addr, data);
	case PTRACE_GET_SYSCALL_INFO:
		return ptrace_call_info(p, addr, data);
	case PTRACE_LISTEN:
		return ptrace_listen(p);
	case PTRACE_SECCOMP_GET_FILTER:
	case PTRACE_SECCOMP_GET_METADATA:
		return seccomp_filter(t);
	case PTRACE_DETACH:
		return ptrace_detach(p, data);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SINGLEBLOCK_K:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
		return ptrace_resume(p, op, data);
	}
	return request_regs(p, op, addr, data);
}

static CO_FN int64_t on_task(struct task *t, struct task *p, long op, uint64_t addr, uint64_t data)
{
	int64_t ret;

	if (op == PTRACE_ATTACH || op == PTRACE_SEIZE)
		return ptrace_attach(t, p, op == PTRACE_SEIZE, addr, data);
	/* These two don't need it to be stopped. */
	if (op == PTRACE_KILL || op == PTRACE_INTERRUPT) {
		if (p->pt.tracer != t)
			return -ESRCH;
		if (op == PTRACE_INTERRUPT)
			return ptrace_interrupt(p);
		siginfo_t info;
		siginfo_user(&info, SIGKILL, SI_USER);
		send_signal_task(p, SIGKILL, &info);
		return 0;
	}
	ret = ptrace_freeze(t, p);
	if (ret)
		return ret;
	ret = request(t, p, op, addr, data);
	ptrace_unfreeze(p);
	return ret;
}

SYSCALL4(ptrace, long, op, pid_t, pid, uint64_t, addr, uint64_t, data)
{
	struct task *p;
	int64_t ret;

	if (op == PTRACE_TRACEME)
		return ptrace_traceme(t);
	p = task_find(pid);
	if (!p)
		return -ESRCH;
	task_ref(p);
	ret = on_task(t, p, op, addr, data);
	task_unref(p);
	return ret;
}
