/* SPDX-License-Identifier: Apache-2.0
 *
 * What --strace prints, from the table. Layer: syscalls. Struct and flag kinds are what the x of
 * ARG_STRUCT_* and ARG_FLAGS/ARG_ENUM arguments names.
 */
#ifndef SYSCALLS_STRACE_H
#define SYSCALLS_STRACE_H

#include "syscalls/syscall.h"

enum struct_kind {
	ST_NONE, ST_INT, ST_INT2, ST_SIGSET, ST_SIGACTION, ST_STAT, ST_STATX, ST_TIMESPEC, ST_TIMEVAL,
	ST_ITIMERSPEC, ST_ITIMERVAL, ST_RLIMIT, ST_RUSAGE, ST_UTSNAME, ST_SEMBUF, ST_MSGBUF, ST_MQATTR,
	ST_SIGEVENT,
	ST_COUNT
};

enum flag_kind {
	FL_NONE, FL_OPEN, FL_PROT, FL_MMAP, FL_MREMAP, FL_MSYNC, FL_MADV, FL_SEEK, FL_ACCESS, FL_AT,
	FL_ATRM, FL_CLONE, FL_WAIT, FL_SIGHOW, FL_IOCTL, FL_FCNTL, FL_FLOCK, FL_FUTEX, FL_ITIMER,
	FL_RLIMIT, FL_AF, FL_MSG, FL_EPOLL, FL_RENAME, FL_IPCKEY, FL_IPCGET, FL_SHMGET, FL_SHMAT, FL_SHMCTL,
	FL_SEMCTL, FL_MSGCTL, FL_MSGOP,
	FL_COUNT
};

/* Size in bytes of a struct kind, as the guest lays it out. */
size_t struct_size(enum struct_kind k);

/* Text for a value of a flag set; the value in hex when nothing fits. */
void strace_flags(char *buf, size_t size, enum flag_kind k, uint64_t value);
void strace_enum(char *buf, size_t size, enum flag_kind k, uint64_t value);
const char *strace_errno(int err);    /* "ENOENT", or NULL */
const char *strace_signal(int sig);   /* "SIGINT", or NULL */

/* Prints one finished call. */
CO_FN void strace_call(struct task *t, const struct syscall_row *row, uint64_t nr,
                       const uint64_t args[6], int64_t ret, const char *in_args);
/* The arguments that go in, formatted before the call runs; malloc'd or NULL. */
CO_FN char *strace_in(struct task *t, const struct syscall_row *row, const uint64_t args[6]);

#endif
