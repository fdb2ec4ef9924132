/* SPDX-License-Identifier: Apache-2.0
 *
 * What the platform is told of each call: made from the table, and from the list below for
 * arguments whose kind says only that they are addresses. Layer: syscalls.
 */
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>

#include "core/platform/platform.h"
#include "syscalls/strace.h"
#include "syscalls/syscall.h"

#define ANY CALL_COPY(0, COPY_ANY)
#define BYTES CALL_COPY_BYTES
#define BUF(arg, count) CALL_COPY_ITEMS(arg, COPY_BUF, count, 0)
#define DATA 1

static const struct {
	uint16_t nr;
	uint16_t in[CALL_COPIES], out[CALL_COPIES];
} more[] = {
	{ SYS_poll, { CALL_COPY_ITEMS(0, COPY_BUF, 1, 3) }, { CALL_COPY_ITEMS(0, COPY_BUF, 1, 3) } },
	{ SYS_ppoll, { CALL_COPY_ITEMS(0, COPY_BUF, 1, 3), BYTES(3, 8) },
	  { CALL_COPY_ITEMS(0, COPY_BUF, 1, 3) } },
	{ SYS_pselect6, { BYTES(5, 16) }, { 0 } },
	{ SYS_epoll_ctl, { BYTES(3, sizeof(struct epoll_event)) }, { 0 } },
	{ SYS_epoll_wait, { 0 }, { ANY } },
	{ SYS_epoll_pwait, { BYTES(4, 8) }, { ANY } },
	{ SYS_epoll_pwait2, { BYTES(4, 8) }, { ANY } },
	{ SYS_futex, { CALL_COPY(0, COPY_WORD), BYTES(3, 16) }, { 0 } },
	{ SYS_ioctl, { 0 }, { ANY } },
	{ SYS_getcwd, { 0 }, { BUF(0, 1) } },
	{ SYS_getdents, { 0 }, { BUF(1, 2) } },
	{ SYS_getdents64, { 0 }, { BUF(1, 2) } },
	{ SYS_statfs, { 0 }, { BYTES(1, sizeof(struct statfs)) } },
	{ SYS_fstatfs, { 0 }, { BYTES(1, sizeof(struct statfs)) } },
	{ SYS_utimensat, { BYTES(2, 32) }, { 0 } },
	{ SYS_utimes, { BYTES(1, 32) }, { 0 } },
	{ SYS_openat2, { BUF(2, 3) }, { 0 } },
	{ SYS_sendfile, { BYTES(2, 8) }, { BYTES(2, 8) } },
	{ SYS_copy_file_range, { BYTES(1, 8), BYTES(3, 8) }, { BYTES(1, 8), BYTES(3, 8) } },
	{ SYS_splice, { BYTES(1, 8), BYTES(3, 8) }, { BYTES(1, 8), BYTES(3, 8) } },
	{ SYS_sigaltstack, { BYTES(0, sizeof(stack_t)) }, { BYTES(1, sizeof(stack_t)) } },
	{ SYS_rt_sigtimedwait, { 0 }, { BYTES(1, sizeof(siginfo_t)) } },
	{ SYS_waitid, { 0 }, { ANY } },
	{ SYS_clone3, { BUF(0, 1) }, { 0 } },
	{ SYS_getresuid, { 0 }, { BYTES(0, 4), BYTES(1, 4), BYTES(2, 4) } },
	{ SYS_getresgid, { 0 }, { BYTES(0, 4), BYTES(1, 4), BYTES(2, 4) } },
	{ SYS_sysinfo, { 0 }, { BYTES(0, sizeof(struct sysinfo)) } },
	{ SYS_times, { 0 }, { BYTES(0, sizeof(struct tms)) } },
	{ SYS_sched_getaffinity, { 0 }, { BUF(2, 1) } },
	{ SYS_getcpu, { 0 }, { BYTES(0, 4), BYTES(1, 4) } },
	{ SYS_bind, { BUF(1, 2) }, { 0 } },
	{ SYS_connect, { BUF(1, 2) }, { 0 } },
	{ SYS_accept, { BYTES(2, 4) }, { ANY } },
	{ SYS_accept4, { BYTES(2, 4) }, { ANY } },
	{ SYS_getsockname, { BYTES(2, 4) }, { ANY } },
	{ SYS_getpeername, { BYTES(2, 4) }, { ANY } },
	{ SYS_setsockopt, { BUF(3, 4) }, { 0 } },
	{ SYS_getsockopt, { BYTES(4, 4) }, { ANY } },
	{ SYS_sendto, { BUF(4, 5) }, { 0 } },
	{ SYS_recvfrom, { BYTES(5, 4) }, { ANY } },
	{ SYS_sendmsg, { CALL_COPY_ITEMS(1, COPY_MSG, 0, DATA) }, { 0 } },
	{ SYS_recvmsg, { CALL_COPY_ITEMS(1, COPY_MSG, 0, 0) }, { ANY } },
};

static const struct {
	uint16_t nr;
	uint8_t which; /* enum call_local */
} local[] = {
	{ SYS_getpid, LOCAL_PID },   { SYS_gettid, LOCAL_TID },   { SYS_getuid, LOCAL_UID },
	{ SYS_geteuid, LOCAL_EUID }, { SYS_getgid, LOCAL_GID },   { SYS_getegid, LOCAL_EGID },
};

static void add(uint16_t copy[CALL_COPIES], uint16_t c)
{
	for (unsigned i = 0; i < CALL_COPIES; i++)
		if (!copy[i]) {
			copy[i] = c;
			return;
		}
}

/* Strings and structs that are too large go as they always can: fetched by the sentry. */
static void add_arg(unsigned nr, unsigned i, const struct syscall_arg *a)
{
	uint16_t *in = platform_calls.in[nr].copy, *out = platform_calls.out[nr];
	size_t size = a->kind >= ARG_STRUCT_IN && a->kind <= ARG_STRUCT_INOUT ? struct_size(a->x) : 0;

	switch (a->kind) {
	case ARG_PATH:
	case ARG_STR:
		add(in, CALL_COPY(i, COPY_STR));
		break;
	case ARG_BUF_IN:
		add(in, BUF(i, a->x));
		break;
	case ARG_BUF_OUT:
		add(out, BUF(i, a->x));
		break;
	case ARG_IOV_IN:
		add(in, CALL_COPY_ITEMS(i, COPY_IOV, a->x, DATA));
		break;
	case ARG_IOV_OUT:
		add(in, CALL_COPY_ITEMS(i, COPY_IOV, a->x, 0));
		add(out, ANY);
		break;
	case ARG_STRUCT_IN:
	case ARG_STRUCT_OUT:
	case ARG_STRUCT_INOUT:
		if (!size || size > COPY_SIZE_MAX)
			break;
		if (a->kind != ARG_STRUCT_OUT)
			add(in, BYTES(i, size));
		if (a->kind != ARG_STRUCT_IN)
			add(out, BYTES(i, size));
		break;
	}
}

void calls_init(bool all_seen)
{
	memset(&platform_calls, 0, sizeof(platform_calls));
	for (unsigned nr = 0; nr < MIN(syscall_table_size, (unsigned)CALLS_MAX); nr++)
		for (unsigned i = 0; i < syscall_table[nr].nargs && syscall_table[nr].fn; i++)
			add_arg(nr, i, &syscall_table[nr].arg[i]);
	for (unsigned k = 0; k < ARRAY_LEN(more); k++)
		for (unsigned i = 0; i < CALL_COPIES; i++) {
			if (more[k].in[i])
				add(platform_calls.in[more[k].nr].copy, more[k].in[i]);
			if (more[k].out[i])
				add(platform_calls.out[more[k].nr], more[k].out[i]);
		}
	for (unsigned k = 0; k < ARRAY_LEN(local) && !all_seen; k++)
		platform_calls.in[local[k].nr].local = local[k].which;
}
