/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of system calls, and how a handler is written. Layer: syscalls.
 *
 * A handler is thin: decode, find the file, check, call the mechanism, translate once. It returns
 * a non-negative result or a negative errno (also -ERESTARTSYS and friends of core/base.h).
 *
 *	SYSCALL3(read, int, fd, gaddr_t, buf, size_t, count)
 *	{
 *		... `t` is the calling task ...
 *	}
 */
#ifndef SYSCALLS_SYSCALL_H
#define SYSCALLS_SYSCALL_H

#include "core/base.h"
#include "core/log.h"
#include "tasks/task.h"

#define SYSCALL0(name)                                                                             \
	CO_FN int64_t sys_##name(struct task *t, const uint64_t *a);                               \
	CO_FN int64_t sys_##name(struct task *t UNUSED, const uint64_t *a UNUSED)
#define SYSCALL_BODY_(name, params, args)                                                          \
	static CO_FN int64_t do_##name params;                                                     \
	CO_FN int64_t sys_##name(struct task *t, const uint64_t *a);                               \
	CO_FN int64_t sys_##name(struct task *t, const uint64_t *a) { return do_##name args; }    \
	static CO_FN int64_t do_##name params
#define SYSCALL1(name, t0, a0) SYSCALL_BODY_(name, (struct task * t UNUSED, t0 a0), (t, (t0)a[0]))
#define SYSCALL2(name, t0, a0, t1, a1)                                                             \
	SYSCALL_BODY_(name, (struct task * t UNUSED, t0 a0, t1 a1), (t, (t0)a[0], (t1)a[1]))
#define SYSCALL3(name, t0, a0, t1, a1, t2, a2)                                                     \
	SYSCALL_BODY_(name, (struct task * t UNUSED, t0 a0, t1 a1, t2 a2),                         \
	              (t, (t0)a[0], (t1)a[1], (t2)a[2]))
#define SYSCALL4(name, t0, a0, t1, a1, t2, a2, t3, a3)                                             \
	SYSCALL_BODY_(name, (struct task * t UNUSED, t0 a0, t1 a1, t2 a2, t3 a3),                  \
	              (t, (t0)a[0], (t1)a[1], (t2)a[2], (t3)a[3]))
#define SYSCALL5(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4)                                     \
	SYSCALL_BODY_(name, (struct task * t UNUSED, t0 a0, t1 a1, t2 a2, t3 a3, t4 a4),           \
	              (t, (t0)a[0], (t1)a[1], (t2)a[2], (t3)a[3], (t4)a[4]))
#define SYSCALL6(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)                             \
	SYSCALL_BODY_(name, (struct task * t UNUSED, t0 a0, t1 a1, t2 a2, t3 a3, t4 a4, t5 a5),    \
	              (t, (t0)a[0], (t1)a[1], (t2)a[2], (t3)a[3], (t4)a[4], (t5)a[5]))

typedef int64_t (*syscall_fn)(struct task *t, const uint64_t *a);

enum support {
	SUPPORT_NONE,    /* answers ENOSYS; logged once */
	SUPPORT_PARTIAL, /* works with the limits that the note names */
	SUPPORT_FULL,
	SUPPORT_NOSYS,   /* Linux answers ENOSYS too (removed, or not of this processor) */
	SUPPORT_DENIED,  /* answers what Linux does when it is configured out or not permitted */
};

/* Kinds of arguments: for strace, for copying through the slot, for the fuzzer. */
enum arg_kind {
	ARG_NONE, /* no such argument */
	ARG_INT, ARG_UINT, ARG_LONG, ARG_ULONG, ARG_HEX, ARG_OCTAL, ARG_SIZE, ARG_OFF,
	ARG_FD, ARG_DIRFD, ARG_PID, ARG_UID, ARG_GID, ARG_SIGNAL, ARG_CLOCK,
	ARG_ADDR,    /* an opaque address */
	ARG_PATH,    /* string in */
	ARG_STR,     /* string in that is no path */
	ARG_STRV,    /* NULL-terminated vector of strings in */
	ARG_BUF_IN,  /* bytes in; length is argument .x */
	ARG_BUF_OUT, /* bytes out; room is argument .x, used is the result */
	ARG_IOV_IN, ARG_IOV_OUT, /* iovec array; count is argument .x */
	ARG_STRUCT_IN, ARG_STRUCT_OUT, ARG_STRUCT_INOUT, /* one object of struct type .x */
	ARG_FLAGS,   /* bits of flag set .x */
	ARG_ENUM,    /* one value of set .x */
	ARG_FUTEX,   /* a futex word: never copied with the arguments */
};

struct syscall_arg {
	uint8_t kind; /* enum arg_kind */
	uint8_t x;    /* index of the length argument, struct type or flag set, by kind */
	const char *name;
};

struct syscall_row {
	const char *name;
	syscall_fn fn; /* NULL: ENOSYS, or `error` */
	uint8_t nargs;
	uint8_t support; /* enum support */
	int16_t error;   /* errno for rows without fn; 0 means ENOSYS */
	uint8_t ret;     /* ARG_* kind of the result, for strace: ARG_LONG, ARG_FD, ARG_ADDR ... */
	struct syscall_arg arg[6];
	const char *note; /* for docs: what is missing; NULL */
};

/* Rows by number; names are NULL in the holes that Linux has. */
extern const struct syscall_row syscall_table[];
extern const unsigned syscall_table_size;

/* Runs the call that t->syscall_nr and t->syscall_args name: tasks calls it through task_ops. */
CO_FN int64_t syscall_dispatch(struct task *t, uint64_t nr, const uint64_t args[6]);
/* Registers dispatch with the tasks layer; strace prints every call to the log. */
void syscalls_init(bool strace);
/* Tells the platform what calls read and write (core/platform/calls.h); all_seen: none is answered
 * without the sentry. */
void calls_init(bool all_seen);
/* `picket syscalls`: the table as text or JSON on stdout. */
int syscalls_print(bool json);

/* ---- helpers that many handlers use (syscalls/util.c) ---- */

/* Base of a *at call: fills w for dirfd and name; *hold must be released with file_unref after.
 * -EBADF, -ENOTDIR. AT_FDCWD and absolute names need no file. */
int walk_at(struct task *t, int dirfd, const char *name, struct walk *w, struct file **hold);
/* A path argument: malloc'd, freed by the caller with path_arg_free. Negative errno through *err. */
CO_FN char *path_arg(gaddr_t addr, int *err); /* -EFAULT, -ENAMETOOLONG, -ENOENT never (empty is "") */
void path_arg_free(char *name);
/* Reads struct timespec and checks it: -EFAULT, -EINVAL (tv_nsec out of range, tv_sec negative). */
CO_FN int timespec_arg(gaddr_t addr, struct timespec *ret);

#endif
