/* SPDX-License-Identifier: Apache-2.0
 *
 * Every system call with wild pointers, -1, huge sizes and closed descriptors. Each number has a
 * child of its own, which makes the call once for each pattern of arguments; one line a number says
 * what was answered. tests/limits/wild.sh compares them with the host's.
 *
 *	wild [--sandboxed]    with it also the calls that would change the machine
 */
#include <limits.h>

#include "guest.h"

enum { NUMBERS = 1024 }; /* more than there are */

/* Left out: with these there is no process left to tell, or nothing of its own that answers. */
static const int skipped[] = {
	SYS_exit, SYS_exit_group,	    /* end it */
	SYS_pause, SYS_restart_syscall,	    /* wait for ever, or mean nothing by themselves */
	SYS_rt_sigreturn,		    /* takes its arguments from the stack; see contexts.c */
	SYS_fork, SYS_vfork, SYS_clone,	    /* have no wild arguments; see clone_flags.c */
	SYS_msgget, SYS_semget, SYS_shmget, /* leave an object behind on success; see sysv_*.c */
	SYS_msgrcv,			    /* waits, if there happens to be a queue */
};

/* Not made natively: what they would do, they would do to the machine. */
static const int of_machine[] = {
	SYS_reboot, SYS_vhangup, SYS_kexec_load, SYS_kexec_file_load, SYS_acct, SYS_sethostname,
	SYS_setdomainname, SYS_swapon, SYS_swapoff, SYS_sync, SYS_settimeofday, SYS_clock_settime,
	SYS_adjtimex, SYS_clock_adjtime,
};

/* -1, a kernel address, an odd one, a closed descriptor, an open one, a path, AT_FDCWD, zeros */
enum { PATTERNS = 8 };

static const int pid_calls[] = {
	/* A descriptor's number would be somebody's pid. */
	SYS_kill, SYS_tkill, SYS_tgkill, SYS_setpgid, SYS_getpgid, SYS_getsid, SYS_sched_setparam, SYS_sched_getparam,
	SYS_sched_setscheduler, SYS_sched_getscheduler, SYS_sched_rr_get_interval, SYS_sched_setaffinity,
	SYS_sched_getaffinity, SYS_sched_setattr, SYS_sched_getattr, SYS_prlimit64, SYS_process_vm_readv,
	SYS_process_vm_writev, SYS_kcmp, SYS_migrate_pages, SYS_move_pages, SYS_get_robust_list, SYS_pidfd_open, SYS_capget,
	SYS_capset, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_ptrace, SYS_wait4, SYS_waitid,
};

static const int zero_blocks[] = { SYS_select, SYS_pselect6, SYS_ppoll };

static char *name_f;  /* "f", at a fixed address: some calls take it for a number */
static short *result; /* [pattern], shared with the child */
static volatile pid_t child;
static bool sandboxed;

static void watchdog(int sig UNUSED)
{
	if (child > 0)
		kill(child, SIGKILL);
}

static bool in(int nr, const int *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == nr)
			return true;
	return false;
}
#define IN(nr, list) in(nr, list, sizeof(list) / sizeof(*list))

static void all_patterns(int nr)
{
	long odd = (long)odd_ptr, kern = (long)kernel_ptr;
	long args[PATTERNS][6] = {
		{ -1, -1, -1, -1, -1, -1 },
		{ kern, kern, kern, kern, kern, kern },
		{ odd, odd, odd, odd, odd, odd },
		{ 12345, odd, -1, odd, -1, odd },
		{ 1000, odd, -1, odd, odd, odd },
		{ (long)name_f, odd, odd, odd, odd, odd },
		{ AT_FDCWD, (long)name_f, odd, odd, odd, odd },
		{ 0, 0, 0, 0, 0, 0 },
	};

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < PATTERNS; i++) {
		long *a = args[i];
		int fd;

		if ((i == 4 && IN(nr, pid_calls)) || (i == 7 && IN(nr, zero_blocks))) {
			result[i] = -1000;
			continue;
		}
		unlink("f");
		fd = open("f", O_CREAT | O_RDWR | O_TRUNC, 0644);
		dup2(fd, 1000);
		close(fd);
		/* As 0 a file of our own too: natively, fchmod(0, 0) and its like are carried out. */
		fd = open("g", O_CREAT | O_RDWR | O_TRUNC, 0644);
		dup2(fd, 0);
		close(fd);
		result[i] = -1001;
		errno = 0;
		long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		result[i] = r == -1 && errno ? -errno : 0;
	}
	_exit(0);
}

static void try(int nr)
{
	char line[256] = "";
	int len = 0, st;

	if (IN(nr, skipped) || (!sandboxed && IN(nr, of_machine)))
		return;
	for (int i = 0; i < PATTERNS; i++)
		result[i] = -1002;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		signal(SIGALRM, SIG_DFL);
		all_patterns(nr);
	}
	alarm(2);
	while (waitpid(child, &st, 0) == -1 && errno == EINTR)
		;
	child = 0;
	alarm(0);
	for (int i = 0; i < PATTERNS; i++) {
		const char *e = result[i] == 0 ? "ok" : result[i] == -1000 ? "-" : result[i] == -1001 ? "ended" :
				result[i] == -1002 ? "." : strerrorname_np(-result[i]);

		len += snprintf(line + len, sizeof(line) - len, " %s", e ? e : "?");
	}
	printf("%d%s\n", nr, line);
}

int main(int argc, char **argv)
{
	static const int odd_numbers[] = { -1, INT_MIN, INT_MAX, 0x40000000, 0x40000000 + 39, 0x10000 };

	sandboxed = argc > 1 && !strcmp(argv[1], "--sandboxed");
	result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	name_f = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	need(name_f == (char *)0x20000000);
	memset(name_f, 0xff, 4096); /* as a structure it makes no sense either */
	strcpy(name_f, "f");
	on_signal(SIGALRM, watchdog, 0);
	for (int nr = 0; nr < NUMBERS; nr++)
		try(nr);
	for (size_t i = 0; i < sizeof(odd_numbers) / sizeof(*odd_numbers); i++)
		try(odd_numbers[i]);
	printf("done\n");
	return 0;
}
