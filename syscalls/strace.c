/* SPDX-License-Identifier: Apache-2.0
 *
 * --strace: calls as strace(1) prints them, from the table. Layer: syscalls.
 */
#include "syscalls/strace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>

#define LINE_MAX_LEN 2048
#define STRING_SHOWN 32 /* as strace's default -s */
#define VECTOR_SHOWN 16

struct out {
	char *buf;
	size_t n, size;
};

static void put(struct out *o, const char *fmt, ...) PRINTF_FMT(2, 3);
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int k = vsnprintf(o->buf + o->n, o->size - o->n, fmt, ap);
	va_end(ap);
	if (k > 0)
		o->n = MIN(o->n + (size_t)k, o->size - 1);
}

static void put_bytes(struct out *o, const char *s, size_t n, bool cut)
{
	put(o, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		switch (c) {
		case '\n': put(o, "\\n"); break;
		case '\t': put(o, "\\t"); break;
		case '\r': put(o, "\\r"); break;
		case '"': put(o, "\\\""); break;
		case '\\': put(o, "\\\\"); break;
		default: put(o, c >= 0x20 && c < 0x7f ? "%c" : "\\%o", c);
		}
	}
	put(o, cut ? "\"..." : "\"");
}

static CO_FN void put_string(struct out *o, gaddr_t addr, size_t shown)
{
	char s[4096];

	if (!addr) {
		put(o, "NULL");
		return;
	}
	ssize_t n = copyin_str(s, addr, sizeof(s));
	if (n == -EFAULT)
		put(o, "%#llx", (unsigned long long)addr);
	else if (n < 0)
		put_bytes(o, s, shown, true);
	else
		put_bytes(o, s, MIN((size_t)n, shown), (size_t)n > shown);
}

static CO_FN void put_buffer(struct out *o, gaddr_t addr, uint64_t len)
{
	char s[STRING_SHOWN];
	size_t n = MIN(len, (uint64_t)sizeof(s));

	if (!addr)
		put(o, "NULL");
	else if (copyin(s, addr, n))
		put(o, "%#llx", (unsigned long long)addr);
	else
		put_bytes(o, s, n, len > n);
}

static CO_FN void put_vector(struct out *o, gaddr_t addr)
{
	uint64_t p;

	put(o, "[");
	for (int i = 0; addr; i++, addr += 8) {
		if (copyin_obj(&p, addr) || !p)
			break;
		if (i == VECTOR_SHOWN) {
			put(o, ", ...");
			break;
		}
		put(o, i ? ", " : "");
		put_string(o, p, STRING_SHOWN);
	}
	put(o, "]");
}

static const size_t sizes[ST_COUNT] = {
	[ST_INT] = 4, [ST_INT2] = 8, [ST_SIGSET] = 8, [ST_SIGACTION] = sizeof(struct ksigaction),
	[ST_STAT] = 144, [ST_STATX] = 256, [ST_TIMESPEC] = 16, [ST_TIMEVAL] = 16,
	[ST_ITIMERSPEC] = 32, [ST_ITIMERVAL] = 32, [ST_RLIMIT] = 16, [ST_RUSAGE] = 144,
	[ST_UTSNAME] = 390, [ST_SEMBUF] = 6, [ST_MSGBUF] = 8, [ST_MQATTR] = 64, [ST_SIGEVENT] = 64,
};

size_t struct_size(enum struct_kind k)
{
	return sizes[k];
}

static const char *mode_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "S_IFREG";
	case S_IFDIR: return "S_IFDIR";
	case S_IFCHR: return "S_IFCHR";
	case S_IFBLK: return "S_IFBLK";
	case S_IFIFO: return "S_IFIFO";
	case S_IFLNK: return "S_IFLNK";
	case S_IFSOCK: return "S_IFSOCK";
	}
	return "0";
}

static void put_sigset(struct out *o, sigmask_t set)
{
	bool invert = __builtin_popcountll(set) > 32, first = true;

	if (invert)
		set = ~set;
	put(o, invert ? "~[" : "[");
	for (int sig = 1; sig <= NSIG_KERNEL; sig++) {
		if (!(set & sig_bit(sig)))
			continue;
		const char *name = strace_signal(sig);
		if (name)
			put(o, "%s%s", first ? "" : " ", name + 3);
		else
			put(o, "%sRT_%d", first ? "" : " ", sig - 32);
		first = false;
	}
	put(o, "]");
}

static void put_handler(struct out *o, const struct ksigaction *sa)
{
	put(o, "{sa_handler=");
	if (sa->handler <= 1)
		put(o, sa->handler ? "SIG_IGN" : "SIG_DFL");
	else
		put(o, "%#llx", (unsigned long long)sa->handler);
	put(o, ", sa_mask=");
	put_sigset(o, sa->mask);
	put(o, ", sa_flags=%#llx}", (unsigned long long)sa->flags);
}

/* The first of semop's array. */
static void put_sembuf(struct out *o, const short *op)
{
	put(o, "[{sem_num=%d, sem_op=%d, sem_flg=", (unsigned short)op[0], op[1]);
	if (!(op[2] & ~014000))
		put(o, "%s", !op[2] ? "0" : op[2] == 04000 ? "IPC_NOWAIT" : op[2] == 010000 ? "SEM_UNDO"
		                                                                : "SEM_UNDO|IPC_NOWAIT");
	else
		put(o, "%#x", (unsigned)op[2]);
	put(o, "}...]");
}

static void put_sigevent(struct out *o, const int *ev)
{
	static const char *const hows[] = { "SIGEV_SIGNAL", "SIGEV_NONE", "SIGEV_THREAD" };
	const char *sig = strace_signal(ev[2]);

	if ((unsigned)ev[3] < ARRAY_LEN(hows))
		put(o, "{sigev_notify=%s", hows[ev[3]]);
	else
		put(o, "{sigev_notify=%d", ev[3]);
	if (sig)
		put(o, ", sigev_signo=%s, ...}", sig);
	else
		put(o, ", sigev_signo=%d, ...}", ev[2]);
}

static void put_object(struct out *o, enum struct_kind k, const void *p)
{
	const int64_t *w = p;

	switch (k) {
	case ST_INT: put(o, "[%d]", *(const int *)p); return;
	case ST_INT2: put(o, "[%d, %d]", ((const int *)p)[0], ((const int *)p)[1]); return;
	case ST_SIGSET: put_sigset(o, *(const sigmask_t *)p); return;
	case ST_SIGACTION: put_handler(o, p); return;
	case ST_TIMESPEC: put(o, "{tv_sec=%ld, tv_nsec=%ld}", w[0], w[1]); return;
	case ST_TIMEVAL: put(o, "{tv_sec=%ld, tv_usec=%ld}", w[0], w[1]); return;
	case ST_ITIMERSPEC:
	case ST_ITIMERVAL: {
		const char *unit = k == ST_ITIMERVAL ? "usec" : "nsec";
		put(o, "{it_interval={tv_sec=%ld, tv_%s=%ld}, it_value={tv_sec=%ld, tv_%s=%ld}}", w[0],
		    unit, w[1], w[2], unit, w[3]);
		return;
	}
	case ST_RLIMIT:
		put(o, "{rlim_cur=%lu, rlim_max=%lu}", (uint64_t)w[0], (uint64_t)w[1]);
		return;
	case ST_STAT: {
		const struct stat *st = p;
		put(o, "{st_mode=%s|0%o, st_size=%ld, ...}", mode_type(st->st_mode),
		    st->st_mode & 07777, (long)st->st_size);
		return;
	}
	case ST_STATX: {
		const struct statx *sx = p;
		put(o, "{stx_mask=%#x, stx_mode=%s|0%o, stx_size=%llu, ...}", sx->stx_mask,
		    mode_type(sx->stx_mode), sx->stx_mode & 07777u, (unsigned long long)sx->stx_size);
		return;
	}
	case ST_RUSAGE:
		put(o, "{ru_utime={tv_sec=%ld, tv_usec=%ld}, ru_stime={tv_sec=%ld, tv_usec=%ld}, ...}",
		    w[0], w[1], w[2], w[3]);
		return;
	case ST_UTSNAME:
		put(o, "{sysname=\"%.65s\", nodename=\"%.65s\", ...}", (const char *)p,
		    (const char *)p + 65);
		return;
	case ST_SEMBUF: put_sembuf(o, p); return;
	case ST_MSGBUF: put(o, "{mtype=%ld, ...}", w[0]); return;
	case ST_MQATTR:
		put(o, "{mq_flags=%#lx, mq_maxmsg=%ld, mq_msgsize=%ld, mq_curmsgs=%ld}", w[0], w[1], w[2],
		    w[3]);
		return;
	case ST_SIGEVENT: put_sigevent(o, p); return;
	case ST_NONE:
	case ST_COUNT: break;
	}
	put(o, "...");
}

static CO_FN void put_struct(struct out *o, enum struct_kind k, gaddr_t addr)
{
	uint64_t room[64];

	if (!addr)
		put(o, "NULL");
	else if (k >= ST_COUNT || !sizes[k] || sizes[k] > sizeof(room) || copyin(room, addr, sizes[k]))
		put(o, "%#llx", (unsigned long long)addr);
	else
		put_object(o, k, room);
}

static void put_flags(struct out *o, const struct syscall_arg *a, uint64_t v)
{
	char text[256];

	if (a->kind == ARG_FLAGS)
		strace_flags(text, sizeof(text), a->x, v);
	else
		strace_enum(text, sizeof(text), a->x, v);
	put(o, "%s", text);
}

/* Arguments that the call fills are only known when it has returned. */
static bool is_out(const struct syscall_arg *a)
{
	return a->kind == ARG_BUF_OUT || a->kind == ARG_STRUCT_OUT || a->kind == ARG_IOV_OUT;
}

static CO_FN void put_arg(struct out *o, const struct syscall_arg *a, const uint64_t *args, unsigned i,
                          int64_t ret)
{
	uint64_t v = args[i];

	switch (a->kind) {
	case ARG_INT: case ARG_FD: case ARG_PID:
		put(o, "%d", (int)v);
		return;
	case ARG_UID: case ARG_GID:
		put(o, "%d", (int)v);
		return;
	case ARG_UINT: put(o, "%u", (unsigned)v); return;
	case ARG_LONG: case ARG_OFF: put(o, "%lld", (long long)v); return;
	case ARG_ULONG: case ARG_SIZE: put(o, "%llu", (unsigned long long)v); return;
	case ARG_OCTAL: put(o, "0%o", (unsigned)v); return;
	case ARG_DIRFD:
		if ((int)v == -100)
			put(o, "AT_FDCWD");
		else
			put(o, "%d", (int)v);
		return;
	case ARG_SIGNAL: {
		const char *name = strace_signal((int)v);
		if (name)
			put(o, "%s", name);
		else
			put(o, "%d", (int)v);
		return;
	}
	case ARG_CLOCK: put(o, "%d", (int)v); return;
	case ARG_PATH: put_string(o, v, 4095); return;
	case ARG_STR: put_string(o, v, STRING_SHOWN); return;
	case ARG_STRV: put_vector(o, v); return;
	case ARG_BUF_IN: put_buffer(o, v, args[a->x]); return;
	case ARG_BUF_OUT:
		if (ret < 0)
			put(o, "%#llx", (unsigned long long)v);
		else
			put_buffer(o, v, MIN((uint64_t)ret, args[a->x]));
		return;
	case ARG_STRUCT_IN: case ARG_STRUCT_INOUT: put_struct(o, a->x, v); return;
	case ARG_STRUCT_OUT:
		if (ret < 0)
			put(o, "%#llx", (unsigned long long)v);
		else
			put_struct(o, a->x, v);
		return;
	case ARG_FLAGS: case ARG_ENUM: put_flags(o, a, v); return;
	default:
		if (v)
			put(o, "%#llx", (unsigned long long)v);
		else
			put(o, a->kind == ARG_HEX ? "0" : "NULL");
	}
}

/* The arguments up to the first that the call fills; strace_call goes on from there. */
static unsigned in_count(const struct syscall_row *row)
{
	unsigned n = 0;

	while (n < row->nargs && !is_out(&row->arg[n]))
		n++;
	return n;
}

CO_FN char *strace_in(struct task *t UNUSED, const struct syscall_row *row, const uint64_t args[6])
{
	struct out o = { .buf = malloc(LINE_MAX_LEN), .size = LINE_MAX_LEN };
	unsigned n = in_count(row);

	if (!o.buf)
		return NULL;
	o.buf[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		put(&o, i ? ", " : "");
		put_arg(&o, &row->arg[i], args, i, 0);
	}
	return o.buf;
}

static void put_result(struct out *o, const struct syscall_row *row, int64_t ret)
{
	if (ret < 0 && ret >= -4095) {
		const char *name = strace_errno((int)-ret);
		if (name && ret > -512)
			put(o, "-1 %s (%s)", name, strerror((int)-ret));
		else if (name)
			put(o, "? %s", name);
		else
			put(o, "-1 (errno %lld)", (long long)-ret);
	} else if (row && row->ret == ARG_ADDR) {
		put(o, "%#llx", (unsigned long long)ret);
	} else if (row && row->ret == ARG_OCTAL) {
		put(o, "0%llo", (unsigned long long)ret);
	} else {
		put(o, "%lld", (long long)ret);
	}
}

CO_FN void strace_call(struct task *t, const struct syscall_row *row, uint64_t nr,
                       const uint64_t args[6], int64_t ret, const char *in_args)
{
	struct out o = { .buf = malloc(LINE_MAX_LEN), .size = LINE_MAX_LEN };

	if (!o.buf)
		return;
	if (row)
		put(&o, "[%d] %s(%s", t->tid, row->name, in_args ? in_args : "");
	else
		put(&o, "[%d] syscall_%llu(", t->tid, (unsigned long long)nr);
	for (unsigned i = row ? in_count(row) : 0; i < (row ? row->nargs : 0); i++) {
		put(&o, i ? ", " : "");
		/* After an exec the old addresses mean nothing. */
		put_arg(&o, &row->arg[i], args, i, ret);
	}
	put(&o, ") = ");
	put_result(&o, row, ret);
	log_raw(o.buf, o.n);
	free(o.buf);
}
