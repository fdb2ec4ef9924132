/* SPDX-License-Identifier: Apache-2.0
 *
 * A fuzzer that runs as a guest: workers make system calls with arguments drawn by kind from the
 * syscall table. Only for a sandbox: it would harm the machine it runs on.
 *
 *	syscalls [-s FIRST_SEED] [-n SEEDS] [-c CALLS] [-j WORKERS] [-t SECONDS] [-o NUMBER] [-v]
 *
 * Prints a line for each seed and exits 0 when every worker has ended, no matter how; a worker that
 * SIGKILL doesn't end is a failure. -o makes one system call in four the one of that number, -v prints
 * each call to stderr before it is made. A seed repeats the calls of a worker but not their timing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the table ---- */

enum kind {
	K_NONE, K_INT, K_UINT, K_LONG, K_ULONG, K_HEX, K_OCTAL, K_SIZE, K_OFF, K_FD, K_DIRFD, K_PID,
	K_UID, K_GID, K_SIGNAL, K_CLOCK, K_ADDR, K_PATH, K_STR, K_STRV, K_BUF_IN, K_BUF_OUT, K_IOV_IN,
	K_IOV_OUT, K_STRUCT_IN, K_STRUCT_OUT, K_STRUCT_INOUT, K_FLAGS, K_ENUM, K_FUTEX,
};

struct arg {
	enum kind kind;
	const char *set;
};

struct row {
	int nr;
	const char *name;
	struct arg arg[6];
};

#define A(kind, name) { K_##kind, "" }
#define AX(kind, x, name) { K_##kind, #x }
#define ROW(nr, name, ...) { nr, #name, { __VA_ARGS__ } },
#define FULL(nr, name, ret, note, ...) ROW(nr, name, __VA_ARGS__)
#define PART(nr, name, ret, note, ...) ROW(nr, name, __VA_ARGS__)
#define NONE(nr, name, ret, note, ...)
#define NOSYS(nr, name, ret, note, ...)
#define DENY(nr, name, err, ret, note, ...)
static const struct row rows[] = {
#include "syscalls/table_x86_64.h"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- chance ---- */

static __thread uint64_t rng;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1dull;
}

static unsigned below(unsigned n)
{
	return (unsigned)((rnd() >> 20) % n);
}

#define ONE_OF(...) ((const uint64_t[]){ __VA_ARGS__ }[below(sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8)])

/* ---- the world of a worker ---- */

#define PAGE 4096ul
#define PAGES 64
#define FDS 96
#define WINDOW 0x7d0000000000ul /* the platform's own part of every address space */

static pid_t worker_pid;
static char *good, *edge, *ro, *wo_end;
static bool verbose;
static int only = -1;

static const char *const paths[] = {
	"", ".", "..", "/", "f0", "f1", "d0", "d0/f2", "d0/d1", "l0", "l1", "loop", "fifo", "sock", "f0/x",
	"d0/../f1", "./././f0", "no/such", "/proc/self/status", "/proc/self/maps", "/proc/self/fd",
	"/proc/self/mem", "/proc/self/fd/3", "/proc/self/exe", "/proc/self/cwd", "/proc/self/smaps",
	"/proc/self/comm", "/proc/self/oom_score_adj", "/proc/thread-self/stat", "/proc/self/environ",
	"/proc/mounts", "/proc/sys/kernel/hostname", "/proc", "/proc/self/task", "/proc/self/fdinfo",
	"/proc/locks", "/proc/stat", "/proc/meminfo", "/proc/self/auxv", "/proc/self/limits",
	"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/tty", "/dev/shm", "/dev/shm/f",
	"/dev", "/dev/fd", "/dev/ptmx", "/tmp", "/etc/passwd", "/bin/true", "/usr/bin", "/sys",
	"//////", "d0/", "f0/", "new0", "new1", "new2", "d0/new",
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))
static char *long_path, *deep_path, *long_name;

static uint64_t number(void)
{
	switch (below(8)) {
	case 0:
		return below(4);
	case 1:
		return below(64);
	case 2:
		return below(70000);
	case 3:
		return ONE_OF(0, 1, ~0ull, ~1ull, 1ull << 31, (1ull << 31) - 1, 1ull << 32, (1ull << 32) - 1,
		              1ull << 63, (1ull << 63) - 1, 1ull << 47, (1ull << 47) - PAGE, -PAGE, -4095ull);
	case 4:
		return 1ull << below(64);
	case 5:
		return (1ull << below(64)) - 1;
	case 6:
		return -(uint64_t)below(1 << below(20));
	default:
		return rnd() >> below(64);
	}
}

static uint64_t length(void)
{
	switch (below(6)) {
	case 0:
		return number();
	case 1:
		return ONE_OF(0, 1, 4, 8, 12, 16, 24, 32, 64, 128, 255, 256);
	case 2:
		return below(PAGES) * PAGE;
	default:
		return below(1 << below(18));
	}
}

static int some_fd(void)
{
	switch (below(12)) {
	case 0:
		return (int)number();
	case 1:
		return -1;
	default:
		return 3 + (int)below(FDS);
	}
}

/* Never a process that isn't this worker's: the fuzzer itself has to live. */
static uint64_t some_pid(void)
{
	return ONE_OF(0, 0, (uint64_t)worker_pid, (uint64_t)worker_pid, (uint64_t)syscall(SYS_gettid),
	              (uint64_t)-worker_pid, 1, 0x7fffffff, 4194304, 0x80000000u);
}

static uint64_t address(void)
{
	switch (below(20)) {
	case 0:
		return number();
	case 1:
		return 0;
	case 2:
		return (uint64_t)edge + PAGE - below(64); /* runs into nothing */
	case 3:
		return (uint64_t)ro + below(PAGE);
	case 4:
		return ONE_OF(0xffffffff81000000ull, 0x4141414141414141ull, 1ull << 47, (1ull << 47) - 8, WINDOW,
		              WINDOW + 0x10000, WINDOW + 0x1000000, WINDOW + 0x1008000, WINDOW + 0x20000000 - 8,
		              WINDOW - PAGE);
	case 5:
		return (uint64_t)wo_end - below(PAGE);
	case 6:
		return (uint64_t)good + below(PAGES) * PAGE;
	default:
		return (uint64_t)good + below(PAGES * PAGE - 256) / 8 * 8;
	}
}

static uint64_t string_at(const char *s)
{
	size_t n = strlen(s) + 1;

	if (below(12) == 0) { /* ends with the page, or a byte too late */
		char *at = edge + PAGE - n + below(2);
		if (n < PAGE)
			memcpy(at, s, (size_t)(edge + PAGE - at) < n ? (size_t)(edge + PAGE - at) : n);
		return (uint64_t)at;
	}
	return (uint64_t)s;
}

static uint64_t some_path(void)
{
	switch (below(24)) {
	case 0:
		return address();
	case 1:
		return string_at(long_path);
	case 2:
		return string_at(deep_path);
	case 3:
		return string_at(long_name);
	default:
		return string_at(paths[below(PATHS)]);
	}
}

/* ---- what pointers point at ---- */

/* Words that mean something to many structures: lengths, addresses, descriptors, times, flags. */
static void fill(void)
{
	uint64_t *p = (uint64_t *)(good + below(PAGES * PAGE - 256) / 8 * 8);
	unsigned n = 1 + below(24);

	for (unsigned i = 0; i < n; i++) {
		switch (below(8)) {
		case 0:
			p[i] = address();
			break;
		case 1:
			p[i] = length();
			break;
		case 2:
			p[i] = (uint32_t)some_fd() | (uint64_t)below(1 << 16) << 32;
			break;
		case 3:
			p[i] = below(2) ? 0 : below(1000000);
			break;
		case 4:
			p[i] = some_path();
			break;
		case 5:
			p[i] = 0;
			break;
		default:
			p[i] = number();
		}
	}
}

static uint64_t block(void) /* a structure's worth, freshly drawn */
{
	uint64_t *p = (uint64_t *)(good + below(PAGES * PAGE - 512) / 8 * 8);

	if (below(8) == 0)
		return address();
	for (unsigned i = 0; i < 16; i++)
		p[i] = below(3) ? below(2) ? below(100) : 0 : number();
	return (uint64_t)p;
}

static uint64_t vectors(void)
{
	struct iovec *v = (struct iovec *)(good + below(PAGES * PAGE - 1024) / 8 * 8);

	if (below(8) == 0)
		return address();
	for (unsigned i = 0; i < 8; i++)
		v[i] = (struct iovec){ (void *)address(), length() };
	return (uint64_t)v;
}

static uint64_t message(void)
{
	struct msghdr *m = (struct msghdr *)(good + below(PAGES * PAGE - 512) / 8 * 8);
	struct cmsghdr *c = (struct cmsghdr *)(good + below(PAGES * PAGE - 512) / 8 * 8);
	int *fd = (int *)CMSG_DATA(c);
	unsigned n = below(20);

	*m = (struct msghdr){ .msg_iov = (void *)vectors(), .msg_iovlen = below(8) };
	if (below(4) == 0) {
		m->msg_name = (void *)address();
		m->msg_namelen = (socklen_t)length();
	}
	*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = below(4) ? SCM_RIGHTS : (int)below(4),
		               .cmsg_len = below(8) ? CMSG_LEN(n * 4) : length() };
	for (unsigned i = 0; i < n; i++)
		fd[i] = some_fd();
	m->msg_control = below(8) ? c : (void *)address();
	m->msg_controllen = below(8) ? CMSG_SPACE(n * 4) : length();
	return (uint64_t)m;
}

static uint64_t sockaddr(void)
{
	struct sockaddr_un *u = (struct sockaddr_un *)(good + below(PAGES * PAGE - 512) / 8 * 8);

	u->sun_family = (sa_family_t)(below(8) ? AF_UNIX : below(40));
	snprintf(u->sun_path, sizeof(u->sun_path), "%s", (const char *[]){ "sock", "new0", "d0/s", "" }[below(4)]);
	if (below(3) == 0)
		u->sun_path[0] = 0;
	return (uint64_t)u;
}

static uint64_t string_list(void)
{
	char **v = (char **)(good + below(PAGES * PAGE - 1024) / 8 * 8);
	unsigned n = below(6);

	if (below(8) == 0)
		return address();
	for (unsigned i = 0; i < n; i++)
		v[i] = (char *)some_path();
	v[n] = below(10) ? NULL : (char *)address();
	return (uint64_t)v;
}

static uint64_t from_set(const char *set, enum kind kind)
{
	uint64_t v = 0;

	if (below(8) == 0)
		return number();
	if (!strcmp(set, "FL_IOCTL"))
		return ONE_OF(0x5401, 0x5402, 0x5403, 0x5404, 0x540b, 0x540e, 0x540f, 0x5410, 0x5411, 0x5413,
		              0x5414, 0x541b, 0x5421, 0x5422, 0x5423, 0x5424, 0x5429, 0x5450, 0x5451, 0x5452,
		              0x5460, 0x80045430, 0x40045431, 0x801c581f, 0x80086601, 0x8903, 0x8905, 0x8906, 0x8910,
		              0x8912, 0x8915, 0x8927, 0x40049409, 0x4020940d, 0xc0189436, 0x1260, 0x80081272);
	if (!strcmp(set, "FL_FCNTL"))
		return ONE_OF(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 16, 1024, 1025, 1026, 1030, 1031, 1032, 1033, 1034,
		              36, 37, 38, 1035, 1036, 1037, 1038);
	if (!strcmp(set, "FL_FUTEX"))
		return ONE_OF(0, 1, 3, 4, 5, 9, 10) | ONE_OF(0, 128, 256, 384) | (below(16) ? 0 : number());
	if (!strcmp(set, "FL_MMAP"))
		return ONE_OF(0x22, 0x22, 0x21, 0x01, 0x02, 0x03) | ONE_OF(0, 0, 0x10, 0x100000, 0x100, 0x4000, 0x8000,
		                                                             0x2000, 0x40000, 0x20000);
	if (!strcmp(set, "FL_CLONE")) /* of unshare: clone itself is not drawn from here */
		return ONE_OF(0x200, 0x400, 0x10000, 0x800, 0x100, 0x40000, 0x600);
	if (!strcmp(set, "FL_OPEN"))
		return ONE_OF(0, 1, 2, 3) | ONE_OF(0, 0x40, 0xc0, 0x240, 0x440, 0x800, 0x10000, 0x20000, 0x200000, 0x410000,
		                                   0x80000, 0x1000, 0x4000) | (below(4) ? 0 : 1ull << below(24)) | 0x800;
	if (!strcmp(set, "FL_AT"))
		return ONE_OF(0, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x1100, 0x1400, 0x6000);
	if (kind == K_ENUM)
		return below(below(2) ? 8 : 32);
	for (unsigned n = below(4); n; n--)
		v |= 1ull << below(below(3) ? 8 : 32);
	return v;
}

static uint64_t pointer(const struct row *r)
{
	switch (below(12)) {
	case 0:
	case 1:
	case 2:
		return address();
	case 3:
		return vectors();
	case 4:
		return (uint64_t)string_list();
	case 5:
		return some_path();
	default:
		if (strstr(r->name, "msg"))
			return message();
		if (r->nr >= SYS_connect && r->nr <= SYS_getpeername)
			return sockaddr();
		return block();
	}
}

static uint64_t draw(const struct row *r, unsigned i)
{
	const struct arg *a = &r->arg[i];

	switch (a->kind) {
	case K_NONE:
		return number();
	case K_INT:
	case K_UINT:
	case K_LONG:
	case K_ULONG:
	case K_HEX:
		return below(2) ? number() : below(2) ? below(40) : below(4) ? 1ull << below(16) : 0;
	case K_OCTAL:
		return below(4) ? ONE_OF(0, 0644, 0755, 0700, 07777, 0100644, 010644, 020666, 060666, 0140644) : number();
	case K_SIZE:
		return length();
	case K_OFF:
		return below(2) ? length() : number();
	case K_FD:
		return (uint64_t)some_fd();
	case K_DIRFD:
		return below(2) ? (uint64_t)AT_FDCWD : (uint64_t)some_fd();
	case K_PID:
		return some_pid();
	case K_UID:
	case K_GID:
		return ONE_OF(0, 0, 1, 65534, ~0ull, 0xffffffffu, 1000);
	case K_SIGNAL:
		return below(3) ? ONE_OF(0, 14, 17, 10, 12, 18, 23, 28, 34, 40, 64) : below(70);
	case K_CLOCK:
		return below(3) ? below(14) : ~(uint64_t)worker_pid << 3 | below(8);
	case K_PATH:
	case K_STR:
		return some_path();
	case K_STRV:
		return string_list();
	case K_IOV_IN:
	case K_IOV_OUT:
		return vectors();
	case K_BUF_IN:
	case K_BUF_OUT:
	case K_FUTEX:
		return address();
	case K_ADDR:
		return pointer(r);
	case K_STRUCT_IN:
	case K_STRUCT_OUT:
	case K_STRUCT_INOUT:
		return below(4) ? block() : below(2) ? 0 : address();
	case K_FLAGS:
	case K_ENUM:
		return from_set(a->set, a->kind);
	}
	return 0;
}

/* ---- calls that need a careful hand ---- */

/* Changed by hand so that the fuzzer goes on: the memory under it, and who is signalled. */
static bool tame(const struct row *r, uint64_t *a)
{
	char *own = good - PAGE;

	switch (r->nr) {
	case SYS_exit:
	case SYS_exit_group:
	case SYS_execve:
	case SYS_execveat:
	case SYS_rt_sigreturn:
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_arch_prctl:
		return below(300) == 0;
	case SYS_fork:
	case SYS_vfork:
	case SYS_clone:
	case SYS_clone3:
		return false; /* below */
	case SYS_kill:
	case SYS_tkill:
	case SYS_tgkill:
	case SYS_rt_sigqueueinfo:
	case SYS_rt_tgsigqueueinfo:
		if (below(20))
			for (int i = 1; i < 3; i++)
				if (a[i] == SIGKILL || a[i] == SIGSTOP || a[i] < 32)
					a[i] = 34 + a[i];
		return true;
	case SYS_rt_sigaction:
		return below(8) == 0;
	case SYS_setrlimit:
	case SYS_prlimit64:
	case SYS_setgroups:
	case SYS_capset:
	case SYS_chroot:
		return below(10) == 0;
	case SYS_munmap:
	case SYS_mprotect:
	case SYS_mremap:
	case SYS_madvise:
	case SYS_brk:
	case SYS_mlock:
	case SYS_mmap:
		if (below(40) && r->nr != SYS_brk && (a[0] < (uint64_t)own || a[0] > (uint64_t)own + (PAGES + 8) * PAGE) &&
		    a[0] >> 32 != WINDOW >> 32)
			a[0] = r->nr == SYS_mmap ? 0 : (uint64_t)good + below(PAGES) * PAGE;
		if (r->nr == SYS_mmap && a[1] > 64 << 20)
			a[1] &= (64 << 20) - 1;
		return true;
	case SYS_mount: /* the fuzzer works in the tree around it */
		a[1] = (uint64_t)"d0";
		a[3] &= ~32ull; /* MS_REMOUNT */
		return below(8) == 0;
	case SYS_umount2:
		return below(20) == 0;
	case SYS_close_range:
		return below(30) == 0;
	case SYS_fcntl:
		return a[1] != F_SETOWN && a[1] != 15;
	case SYS_ioctl:
		return a[1] != 0x8901 && a[1] != 0x8902 && a[1] != 0x5410 && a[1] != 0x540e;
	case SYS_process_vm_writev:
		return below(4) == 0;
	}
	return true;
}

static void say(const struct row *r, const uint64_t *a)
{
	char line[200];
	int n = snprintf(line, sizeof(line), "%d %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", (int)syscall(SYS_gettid),
	                 r->name, a[0], a[1], a[2], a[3], a[4], a[5]);

	syscall(SYS_write, 2, line, n);
}

static void one_call(void)
{
	const struct row *r = &rows[below(ROWS)];
	uint64_t a[6];

	if (only >= 0 && below(4) == 0)
		for (size_t i = 0; i < ROWS; i++)
			if (rows[i].nr == only)
				r = &rows[i];
	if (below(3) == 0)
		fill();
	for (unsigned i = 0; i < 6; i++)
		a[i] = draw(r, i);
	if (!tame(r, a))
		return;
	if (verbose)
		say(r, a);
	syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* A child of a worker, made in one of the ways there are, that ends at once or makes a few calls. */
static void offspring(void)
{
	static char stacks[4][16384] __attribute__((aligned(16)));
	uint64_t flags = ONE_OF(SIGCHLD, SIGCHLD | CLONE_FILES, SIGCHLD | CLONE_FS | CLONE_FILES, CLONE_PARENT | SIGCHLD, 0,
	                        SIGCHLD | CLONE_VM | CLONE_VFORK, SIGCHLD | CLONE_VM, SIGCHLD | CLONE_CHILD_CLEARTID,
	                        CLONE_VM | CLONE_SIGHAND | SIGCHLD, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FILES);
	char *top = stacks[below(4)] + 16384;
	pid_t p;

	if (below(10) == 0)
		flags |= 1ull << below(32);
	flags &= ~(uint64_t)(CLONE_SETTLS | CLONE_PARENT);
	if (flags & CLONE_VM) {
		/* The child may not return on a shared stack. */
		register long r10 __asm__("r10") = (long)address();
		register long r8 __asm__("r8") = 0;
		long ret;
		__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\tmov $60, %%eax\n\txor %%edi, %%edi\n\tsyscall\n1:"
		                 : "=a"(ret)
		                 : "a"(SYS_clone), "D"(flags), "S"(top), "d"(address()), "r"(r10), "r"(r8)
		                 : "rcx", "r11", "memory");
		p = (pid_t)ret;
	} else {
		p = (pid_t)syscall(SYS_clone, flags, NULL, address(), address(), 0);
	}
	if (p == 0) {
		worker_pid = getpid();
		for (unsigned n = below(30); n; n--)
			one_call();
		switch (below(4)) {
		case 0:
			execl("/bin/true", "true", NULL);
			break;
		case 1:
			kill(getpid(), SIGKILL);
		}
		_exit((int)below(256));
	}
	if (p > 0 && below(2))
		syscall(SYS_wait4, p, NULL, below(2) ? WNOHANG | __WALL : __WALL, NULL);
}

/* ---- a worker ---- */

static unsigned calls;
static uint64_t seed_of_worker;

static void tick(int sig)
{
	(void)sig;
}

static void *thread_main(void *arg)
{
	rng = seed_of_worker * 0x9e3779b97f4a7c15ull + (uint64_t)(uintptr_t)arg * 0x1234567 + 1;
	for (int i = 0; i < 8; i++)
		rnd();
	for (unsigned i = 0; i < calls; i++) {
		if (below(60) == 0)
			offspring();
		else
			one_call();
	}
	return NULL;
}

static void place(int fd, int *next)
{
	if (fd < 0 || *next >= 3 + FDS)
		return;
	if (fd != *next) {
		dup2(fd, *next);
		close(fd);
	}
	++*next;
}

static void make_fds(void)
{
	int next = 3, p[2];
	char name[40];
	sigset_t all;

	sigfillset(&all);
	mkdir("d0", 0755);
	mkdir("d0/d1", 0755);
	symlink("f0", "l0");
	symlink("d0/../l0", "l1");
	symlink("loop", "loop");
	mkfifo("fifo", 0644);
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), i == 2 ? "d0/f%d" : "f%d", i);
		int fd = open(name, O_RDWR | O_CREAT, 0644);
		if (write(fd, good, 3 * PAGE) < 0 || lseek(fd, 0, SEEK_SET))
			_exit(2);
		place(fd, &next);
		place(open(name, O_RDONLY), &next);
	}
	place(open("f0", O_PATH), &next);
	place(open("f0", O_WRONLY | O_APPEND), &next);
	place(open(".", O_TMPFILE | O_RDWR, 0600), &next);
	place(open(".", O_RDONLY | O_DIRECTORY), &next);
	place(open("d0", O_RDONLY | O_DIRECTORY), &next);
	place(open("/", O_PATH), &next);
	place(open("fifo", O_RDWR | O_NONBLOCK), &next);
	for (size_t i = 18; i < 54; i++)
		place(open(paths[i], O_RDONLY | O_NONBLOCK | O_NOCTTY), &next);
	place(open("/dev/shm/f", O_RDWR | O_CREAT, 0600), &next);
	place(memfd_create("m", MFD_ALLOW_SEALING), &next);
	place(eventfd(0, 0), &next);
	place(eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK), &next);
	place(signalfd(-1, &all, 0), &next);
	place(timerfd_create(CLOCK_MONOTONIC, 0), &next);
	for (int i = 0; i < 3; i++)
		place(epoll_create1(0), &next);
	place((int)syscall(SYS_pidfd_open, getpid(), 0), &next);
	if (!pipe(p)) {
		place(p[0], &next);
		place(p[1], &next);
	}
	if (!pipe2(p, O_NONBLOCK)) {
		place(p[0], &next);
		place(p[1], &next);
	}
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	for (int i = 0; i < 3; i++) {
		place(socket(AF_UNIX, types[i], 0), &next);
		if (!socketpair(AF_UNIX, types[i] | (i ? SOCK_NONBLOCK : 0), 0, p)) {
			place(p[0], &next);
			place(p[1], &next);
		}
	}
	struct sockaddr_un u = { .sun_family = AF_UNIX, .sun_path = "sock" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	if (s >= 0 && !bind(s, (void *)&u, sizeof(u)) && !listen(s, 4))
		place(s, &next);
}

static void make_memory(void)
{
	char *p = mmap(NULL, (PAGES + 2) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(2);
	mprotect(p, PAGE, PROT_NONE);
	mprotect(p + (PAGES + 1) * PAGE, PAGE, PROT_NONE);
	good = p + PAGE;
	wo_end = good + PAGES * PAGE;
	edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(edge + PAGE, PAGE);
	ro = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long_path = malloc(6000);
	memset(long_path, '/', 5999);
	long_path[5999] = 0;
	deep_path = malloc(4001);
	for (int i = 0; i < 4000; i += 4)
		memcpy(deep_path + i, "d0/.", 4);
	for (int i = 0; i + 6 <= 4000; i += 6)
		memcpy(deep_path + i, "d0/../", 6);
	deep_path[4000] = 0;
	long_name = malloc(301);
	memset(long_name, 'n', 300);
	long_name[255 + below(2)] = 0;
}

__attribute__((noreturn)) static void worker(uint64_t seed)
{
	struct rlimit as = { 256 << 20, 256 << 20 }, fsize = { 16 << 20, 16 << 20 }, nproc = { 200, 200 };
	struct itimerval it = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = tick };
	char dir[40];
	pthread_t th[3];

	setsid();
	worker_pid = getpid();
	rng = seed_of_worker = seed * 2654435761u + 99;
	snprintf(dir, sizeof(dir), "w%lu", (unsigned long)seed);
	mkdir(dir, 0755);
	if (chdir(dir))
		_exit(2);
	setrlimit(RLIMIT_AS, &as);
	setrlimit(RLIMIT_FSIZE, &fsize);
	setrlimit(RLIMIT_NPROC, &nproc);
	for (int i = 1; i < 65; i++)
		if (i != SIGSEGV && i != SIGBUS && i != SIGABRT)
			sigaction(i, &sa, NULL);
	signal(SIGCHLD, SIG_IGN);
	setitimer(ITIMER_REAL, &it, NULL);
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	if (!verbose)
		dup2(null, 2);
	make_memory();
	make_fds();
	unsigned n = below(4);
	for (unsigned i = 0; i < n; i++)
		pthread_create(&th[i], NULL, thread_main, (void *)(uintptr_t)(i + 1));
	thread_main(NULL);
	_exit(0);
}

/* ---- the fuzzer ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A thread that said PTRACE_TRACEME is ours to wait for, and keeps its process from ending before. */
static void reap_tracees(pid_t pid)
{
	char dir[40];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%d/task", pid);
	d = opendir(dir);
	while (d && (e = readdir(d)))
		if (atoi(e->d_name) != pid)
			waitpid(atoi(e->d_name), NULL, WNOHANG | __WALL);
	if (d)
		closedir(d);
}

/* Ends a worker and everything in its session. Whether it went. */
static bool end(pid_t pid)
{
	double give_up = now() + 40;
	int st;

	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (now() < give_up) {
		if (waitpid(pid, &st, WNOHANG) == pid)
			return true;
		reap_tracees(pid);
		usleep(2000);
	}
	return false;
}

int main(int argc, char **argv)
{
	unsigned long first = 1, seeds = 20, started = 0, ended = 0;
	double until = 0, seconds = 0, patience = 3;
	struct { pid_t pid; unsigned long seed; double limit; } w[32] = { 0 };
	int c, jobs = 4, bad = 0, st;

	calls = 2000;
	while ((c = getopt(argc, argv, "s:n:c:j:t:o:p:v")) != -1) {
		switch (c) {
		case 's': first = strtoul(optarg, NULL, 0); break;
		case 'n': seeds = strtoul(optarg, NULL, 0); break;
		case 'c': calls = (unsigned)strtoul(optarg, NULL, 0); break;
		case 'j': jobs = atoi(optarg); break;
		case 't': seconds = atof(optarg); break;
		case 'o': only = atoi(optarg); break;
		case 'p': patience = atof(optarg); break;
		case 'v': verbose = true; break;
		default: return 2;
		}
	}
	if (jobs < 1 || jobs > 32)
		return 2;
	until = seconds > 0 ? now() + seconds : 1e18;
	/* Orphans of workers come here, where their parents can't leave them. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	while (ended < started || (started < seeds && now() < until)) {
		bool idle = true;
		for (int i = 0; i < jobs; i++) {
			if (!w[i].pid && started < seeds && now() < until) {
				w[i].seed = first + started++;
				w[i].limit = now() + patience;
				printf("seed %lu\n", w[i].seed);
				fflush(stdout);
				w[i].pid = fork();
				if (!w[i].pid)
					worker(w[i].seed);
				if (w[i].pid < 0) {
					perror("fork");
					return 1;
				}
				idle = false;
			} else if (w[i].pid && now() > w[i].limit) {
				if (!end(w[i].pid)) {
					printf("seed %lu: can't be killed\n", w[i].seed);
					bad = 1;
				}
				w[i].pid = 0;
				ended++;
				idle = false;
			}
		}
		pid_t p;
		while ((p = waitpid(-1, &st, WNOHANG | __WALL)) > 0)
			for (int i = 0; i < jobs; i++)
				if (w[i].pid == p) {
					kill(-p, SIGKILL);
					w[i].pid = 0;
					ended++;
					idle = false;
				}
		if (idle)
			usleep(1000);
	}
	/* Whatever moved to a session of its own goes with the sandbox. */
	printf("%lu seeds, %s\n", started, bad ? "failed" : "done");
	return bad;
}
