/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of flags, enumerations, errors and signals for --strace. Layer: syscalls.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "syscalls/strace.h"

struct name {
	uint64_t value;
	const char *text;
};
#define N(x) { (uint64_t)(x), #x }

static const struct name open_names[] = {
	N(O_APPEND), N(O_ASYNC), N(O_CLOEXEC), N(O_CREAT), N(O_TMPFILE), N(O_DIRECTORY), N(O_SYNC),
	N(O_DSYNC), N(O_EXCL), N(O_NOATIME), N(O_NOCTTY), N(O_NOFOLLOW), N(O_NONBLOCK), N(O_PATH),
	N(O_TRUNC), N(O_DIRECT), { 0100000, "O_LARGEFILE" },
};
static const struct name prot_names[] = { N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC) };
static const struct name mmap_names[] = {
	N(MAP_SHARED_VALIDATE), N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_FIXED_NOREPLACE), N(MAP_FIXED),
	N(MAP_ANONYMOUS), N(MAP_32BIT), N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_EXECUTABLE),
	N(MAP_LOCKED), N(MAP_NORESERVE), N(MAP_POPULATE), N(MAP_NONBLOCK), N(MAP_STACK), N(MAP_HUGETLB),
};
static const struct name mremap_names[] = {
	N(MREMAP_MAYMOVE), N(MREMAP_FIXED), { 4, "MREMAP_DONTUNMAP" },
};
static const struct name msync_names[] = { N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC) };
static const struct name madv_names[] = {
	N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL), N(MADV_WILLNEED), N(MADV_DONTNEED),
	N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK), N(MADV_DOFORK), N(MADV_HUGEPAGE),
	N(MADV_NOHUGEPAGE), N(MADV_DONTDUMP), N(MADV_DODUMP), N(MADV_WIPEONFORK), N(MADV_KEEPONFORK),
};
static const struct name seek_names[] = {
	N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), N(SEEK_DATA), N(SEEK_HOLE),
};
static const struct name access_names[] = { N(R_OK), N(W_OK), N(X_OK) };
static const struct name at_names[] = {
	N(AT_SYMLINK_NOFOLLOW), N(AT_SYMLINK_FOLLOW), N(AT_NO_AUTOMOUNT), N(AT_EMPTY_PATH),
	{ 0x200, "AT_EACCESS" }, { 0x2000, "AT_STATX_FORCE_SYNC" }, { 0x4000, "AT_STATX_DONT_SYNC" },
};
static const struct name atrm_names[] = { N(AT_REMOVEDIR) };
static const struct name clone_names[] = {
	N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND), N(CLONE_PIDFD), N(CLONE_PTRACE),
	N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS), N(CLONE_SYSVSEM),
	N(CLONE_SETTLS), N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID), N(CLONE_DETACHED),
	N(CLONE_UNTRACED), N(CLONE_CHILD_SETTID), N(CLONE_NEWCGROUP), N(CLONE_NEWUTS), N(CLONE_NEWIPC),
	N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET), N(CLONE_IO), N(SIGCHLD),
};
static const struct name wait_names[] = {
	N(WNOHANG), N(WUNTRACED), N(WEXITED), N(WCONTINUED), N(WNOWAIT), { 0x40000000, "__WALL" },
	{ 0x80000000, "__WCLONE" },
};
static const struct name sighow_names[] = { N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK) };
static const struct name ioctl_names[] = {
	N(TCGETS), N(TCSETS), N(TCSETSW), N(TCSETSF), N(TIOCGWINSZ), N(TIOCSWINSZ), N(TIOCGPGRP),
	N(TIOCSPGRP), N(TIOCGSID), N(TIOCSCTTY), N(TIOCNOTTY), N(FIONREAD), N(FIONBIO), N(FIOASYNC),
	N(FIOCLEX), N(FIONCLEX), N(TIOCOUTQ), N(TCSBRK), N(TCFLSH), N(TIOCGPTN), N(TIOCSPTLCK),
};
static const struct name fcntl_names[] = {
	N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK), N(F_SETLK), N(F_SETLKW),
	N(F_SETOWN), N(F_GETOWN), N(F_SETSIG), N(F_GETSIG), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ),
	N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW),
	N(F_SETLEASE), N(F_GETLEASE), N(F_NOTIFY), N(F_SETOWN_EX), N(F_GETOWN_EX),
};
static const struct name flock_names[] = { N(LOCK_SH), N(LOCK_EX), N(LOCK_UN), N(LOCK_NB) };
static const struct name itimer_names[] = { N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF) };
static const struct name rlimit_names[] = {
	N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK), N(RLIMIT_CORE), N(RLIMIT_RSS),
	N(RLIMIT_NPROC), N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK), N(RLIMIT_AS), N(RLIMIT_LOCKS),
	N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE), N(RLIMIT_RTPRIO), N(RLIMIT_RTTIME),
};
static const struct name af_names[] = {
	N(AF_UNSPEC), N(AF_UNIX), N(AF_INET), N(AF_INET6), N(AF_NETLINK), N(AF_PACKET),
};
static const struct name msg_names[] = {
	N(MSG_OOB), N(MSG_PEEK), N(MSG_DONTROUTE), N(MSG_CTRUNC), N(MSG_TRUNC), N(MSG_DONTWAIT),
	N(MSG_EOR), N(MSG_WAITALL), N(MSG_NOSIGNAL), N(MSG_MORE), N(MSG_CMSG_CLOEXEC), N(MSG_ZEROCOPY),
};
static const struct name epoll_names[] = { N(EPOLL_CTL_ADD), N(EPOLL_CTL_DEL), N(EPOLL_CTL_MOD) };
static const struct name rename_names[] = {
	{ 1, "RENAME_NOREPLACE" }, { 2, "RENAME_EXCHANGE" }, { 4, "RENAME_WHITEOUT" },
};
static const struct name futex_names[] = {
	N(FUTEX_WAIT), N(FUTEX_WAKE), N(FUTEX_FD), N(FUTEX_REQUEUE), N(FUTEX_CMP_REQUEUE),
	N(FUTEX_WAKE_OP), N(FUTEX_LOCK_PI), N(FUTEX_UNLOCK_PI), N(FUTEX_TRYLOCK_PI),
	N(FUTEX_WAIT_BITSET), N(FUTEX_WAKE_BITSET), N(FUTEX_WAIT_REQUEUE_PI), N(FUTEX_CMP_REQUEUE_PI),
	N(FUTEX_LOCK_PI2),
};

/* The headers of System V IPC name one of their flags as <sys/socket.h> does, with another value. */
static const struct name ipckey_names[] = { { 0, "IPC_PRIVATE" } };
#define IPCGET_NAMES { 01000, "IPC_CREAT" }, { 02000, "IPC_EXCL" }
static const struct name ipcget_names[] = { IPCGET_NAMES };
static const struct name shmget_names[] = {
	IPCGET_NAMES, { 04000, "SHM_HUGETLB" }, { 010000, "SHM_NORESERVE" },
};
static const struct name shmat_names[] = {
	{ 010000, "SHM_RDONLY" }, { 020000, "SHM_RND" }, { 040000, "SHM_REMAP" }, { 0100000, "SHM_EXEC" },
};
static const struct name msgop_names[] = {
	{ 04000, "IPC_NOWAIT" }, { 010000, "MSG_NOERROR" }, { 020000, "MSG_EXCEPT" }, { 040000, "MSG_COPY" },
};
#define IPCCTL_NAMES { 0, "IPC_RMID" }, { 1, "IPC_SET" }, { 2, "IPC_STAT" }, { 3, "IPC_INFO" }
static const struct name shmctl_names[] = {
	IPCCTL_NAMES, { 11, "SHM_LOCK" }, { 12, "SHM_UNLOCK" }, { 13, "SHM_STAT" }, { 14, "SHM_INFO" },
	{ 15, "SHM_STAT_ANY" },
};
static const struct name semctl_names[] = {
	IPCCTL_NAMES, { 11, "GETPID" }, { 12, "GETVAL" }, { 13, "GETALL" }, { 14, "GETNCNT" },
	{ 15, "GETZCNT" }, { 16, "SETVAL" }, { 17, "SETALL" }, { 18, "SEM_STAT" }, { 19, "SEM_INFO" },
	{ 20, "SEM_STAT_ANY" },
};
static const struct name msgctl_names[] = {
	IPCCTL_NAMES, { 11, "MSG_STAT" }, { 12, "MSG_INFO" }, { 13, "MSG_STAT_ANY" },
};

#define SET(kind, names) [kind] = { names, ARRAY_LEN(names) }
static const struct {
	const struct name *names;
	size_t n;
} sets[FL_COUNT] = {
	SET(FL_OPEN, open_names), SET(FL_PROT, prot_names), SET(FL_MMAP, mmap_names),
	SET(FL_MREMAP, mremap_names), SET(FL_MSYNC, msync_names), SET(FL_MADV, madv_names),
	SET(FL_SEEK, seek_names), SET(FL_ACCESS, access_names), SET(FL_AT, at_names),
	SET(FL_ATRM, atrm_names), SET(FL_CLONE, clone_names), SET(FL_WAIT, wait_names),
	SET(FL_SIGHOW, sighow_names), SET(FL_IOCTL, ioctl_names), SET(FL_FCNTL, fcntl_names),
	SET(FL_FLOCK, flock_names), SET(FL_FUTEX, futex_names), SET(FL_ITIMER, itimer_names),
	SET(FL_RLIMIT, rlimit_names), SET(FL_AF, af_names), SET(FL_MSG, msg_names),
	SET(FL_EPOLL, epoll_names), SET(FL_RENAME, rename_names), SET(FL_IPCKEY, ipckey_names),
	SET(FL_IPCGET, ipcget_names), SET(FL_SHMGET, shmget_names), SET(FL_SHMAT, shmat_names),
	SET(FL_SHMCTL, shmctl_names), SET(FL_SEMCTL, semctl_names), SET(FL_MSGCTL, msgctl_names),
	SET(FL_MSGOP, msgop_names),
};

/* What a set says when no bit is there. */
static const char *zero_name(enum flag_kind k)
{
	switch (k) {
	case FL_PROT: return "PROT_NONE";
	case FL_ACCESS: return "F_OK";
	default: return "0";
	}
}

static void append(char *buf, size_t size, const char *sep, const char *text)
{
	size_t n = strlen(buf);

	snprintf(buf + n, size - n, "%s%s", sep, text);
}

void strace_flags(char *buf, size_t size, enum flag_kind k, uint64_t value)
{
	uint64_t rest = (uint32_t)value;

	buf[0] = '\0';
	if (k == FL_OPEN) {
		static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
		append(buf, size, "", modes[rest & O_ACCMODE]);
		rest &= ~(uint64_t)O_ACCMODE;
	}
	for (size_t i = 0; i < sets[k].n; i++) {
		const struct name *n = &sets[k].names[i];
		if (n->value && (rest & n->value) == n->value) {
			append(buf, size, buf[0] ? "|" : "", n->text);
			rest &= ~n->value;
		}
	}
	if ((k == FL_IPCGET || k == FL_SHMGET) && !(rest & ~0777ul)) { /* permissions */
		size_t n = strlen(buf);
		snprintf(buf + n, size - n, "%s%#o", n ? "|" : "", (unsigned)rest);
	} else if (rest) {
		char hex[24];
		snprintf(hex, sizeof(hex), "%#llx", (unsigned long long)rest);
		append(buf, size, buf[0] ? "|" : "", hex);
	} else if (!buf[0]) {
		append(buf, size, "", zero_name(k));
	}
}

void strace_enum(char *buf, size_t size, enum flag_kind k, uint64_t value)
{
	uint64_t v = (uint32_t)value;
	const char *suffix = "";

	if (k == FL_FUTEX) { /* a command with option bits */
		suffix = v & FUTEX_PRIVATE_FLAG && v & FUTEX_CLOCK_REALTIME
		                 ? "_PRIVATE|FUTEX_CLOCK_REALTIME"
		         : v & FUTEX_PRIVATE_FLAG   ? "_PRIVATE"
		         : v & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME"
		                                    : "";
		v &= (uint64_t)FUTEX_CMD_MASK;
	}
	for (size_t i = 0; i < sets[k].n; i++) {
		if (sets[k].names[i].value == v) {
			snprintf(buf, size, "%s%s", sets[k].names[i].text, suffix);
			return;
		}
	}
	snprintf(buf, size, "%#llx", (unsigned long long)v);
}

const char *strace_errno(int err)
{
	switch (err) {
	case ERESTARTSYS: return "ERESTARTSYS";
	case ERESTARTNOINTR: return "ERESTARTNOINTR";
	case ERESTARTNOHAND: return "ERESTARTNOHAND";
	case ERESTART_RESTARTBLOCK: return "ERESTART_RESTARTBLOCK";
	}
	return strerrorname_np(err);
}

const char *strace_signal(int sig)
{
	static const char *const names[] = {
		NULL, "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
		"SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
		"SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
		"SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
	};

	return sig > 0 && sig < (int)ARRAY_LEN(names) ? names[sig] : NULL;
}
