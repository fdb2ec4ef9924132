/* SPDX-License-Identifier: Apache-2.0
 *
 * Every system call with wild pointers, -1, huge sizes and closed descriptors. Each number has a
 * child of its own, which makes the call once for each pattern of arguments; what it answers is
 * printed by name, and must be the same natively and in picket.
 *
 * time limit: 60 s
 */
#include "guest.h"

#define CALLS(X) \
	X(read) X(write) X(open) X(close) X(stat) X(fstat) X(lstat) X(poll) X(lseek) X(mmap) \
	X(mprotect) X(munmap) X(brk) X(rt_sigaction) X(rt_sigprocmask) X(rt_sigreturn) X(ioctl) \
	X(pread64) X(pwrite64) X(readv) X(writev) X(access) X(pipe) X(select) X(sched_yield) \
	X(mremap) X(msync) X(mincore) X(madvise) X(shmget) X(shmat) X(shmctl) X(dup) X(dup2) \
	X(pause) X(nanosleep) X(getitimer) X(alarm) X(setitimer) X(getpid) X(sendfile) X(socket) \
	X(connect) X(accept) X(sendto) X(recvfrom) X(sendmsg) X(recvmsg) X(shutdown) X(bind) \
	X(listen) X(getsockname) X(getpeername) X(socketpair) X(setsockopt) X(getsockopt) \
	X(clone) X(fork) X(vfork) X(execve) X(exit) X(wait4) X(kill) X(uname) X(semget) X(semop) \
	X(semctl) X(shmdt) X(msgget) X(msgsnd) X(msgrcv) X(msgctl) X(fcntl) X(flock) X(fsync) \
	X(fdatasync) X(truncate) X(ftruncate) X(getdents) X(getcwd) X(chdir) X(fchdir) X(rename) \
	X(mkdir) X(rmdir) X(creat) X(link) X(unlink) X(symlink) X(readlink) X(chmod) X(fchmod) \
	X(chown) X(fchown) X(lchown) X(umask) X(gettimeofday) X(getrlimit) X(getrusage) \
	X(sysinfo) X(times) X(ptrace) X(getuid) X(syslog) X(getgid) X(setuid) X(setgid) \
	X(geteuid) X(getegid) X(setpgid) X(getppid) X(getpgrp) X(setsid) X(setreuid) X(setregid) \
	X(getgroups) X(setgroups) X(setresuid) X(getresuid) X(setresgid) X(getresgid) X(getpgid) \
	X(setfsuid) X(setfsgid) X(getsid) X(capget) X(capset) X(rt_sigpending) X(rt_sigtimedwait) \
	X(rt_sigqueueinfo) X(rt_sigsuspend) X(sigaltstack) X(utime) X(mknod) X(uselib) \
	X(personality) X(ustat) X(statfs) X(fstatfs) X(sysfs) X(getpriority) X(setpriority) \
	X(sched_setparam) X(sched_getparam) X(sched_setscheduler) X(sched_getscheduler) \
	X(sched_get_priority_max) X(sched_get_priority_min) X(sched_rr_get_interval) X(mlock) \
	X(munlock) X(mlockall) X(munlockall) X(vhangup) X(modify_ldt) X(pivot_root) X(_sysctl) \
	X(prctl) X(arch_prctl) X(adjtimex) X(setrlimit) X(chroot) X(sync) X(acct) X(settimeofday) \
	X(mount) X(umount2) X(swapon) X(swapoff) X(reboot) X(sethostname) X(setdomainname) \
	X(iopl) X(ioperm) X(create_module) X(init_module) X(delete_module) X(get_kernel_syms) \
	X(query_module) X(quotactl) X(nfsservctl) X(getpmsg) X(putpmsg) X(afs_syscall) X(tuxcall) \
	X(security) X(gettid) X(readahead) X(setxattr) X(lsetxattr) X(fsetxattr) X(getxattr) \
	X(lgetxattr) X(fgetxattr) X(listxattr) X(llistxattr) X(flistxattr) X(removexattr) \
	X(lremovexattr) X(fremovexattr) X(tkill) X(time) X(futex) X(sched_setaffinity) \
	X(sched_getaffinity) X(set_thread_area) X(io_setup) X(io_destroy) X(io_getevents) \
	X(io_submit) X(io_cancel) X(get_thread_area) X(lookup_dcookie) X(epoll_create) \
	X(epoll_ctl_old) X(epoll_wait_old) X(remap_file_pages) X(getdents64) X(set_tid_address) \
	X(restart_syscall) X(semtimedop) X(fadvise64) X(timer_create) X(timer_settime) \
	X(timer_gettime) X(timer_getoverrun) X(timer_delete) X(clock_settime) X(clock_gettime) \
	X(clock_getres) X(clock_nanosleep) X(exit_group) X(epoll_wait) X(epoll_ctl) X(tgkill) \
	X(utimes) X(vserver) X(mbind) X(set_mempolicy) X(get_mempolicy) X(mq_open) X(mq_unlink) \
	X(mq_timedsend) X(mq_timedreceive) X(mq_notify) X(mq_getsetattr) X(kexec_load) X(waitid) \
	X(add_key) X(request_key) X(keyctl) X(ioprio_set) X(ioprio_get) X(inotify_init) \
	X(inotify_add_watch) X(inotify_rm_watch) X(migrate_pages) X(openat) X(mkdirat) X(mknodat) \
	X(fchownat) X(futimesat) X(newfstatat) X(unlinkat) X(renameat) X(linkat) X(symlinkat) \
	X(readlinkat) X(fchmodat) X(faccessat) X(pselect6) X(ppoll) X(unshare) X(set_robust_list) \
	X(get_robust_list) X(splice) X(tee) X(sync_file_range) X(vmsplice) X(move_pages) \
	X(utimensat) X(epoll_pwait) X(signalfd) X(timerfd_create) X(eventfd) X(fallocate) \
	X(timerfd_settime) X(timerfd_gettime) X(accept4) X(signalfd4) X(eventfd2) \
	X(epoll_create1) X(dup3) X(pipe2) X(inotify_init1) X(preadv) X(pwritev) \
	X(rt_tgsigqueueinfo) X(perf_event_open) X(recvmmsg) X(fanotify_init) X(fanotify_mark) \
	X(prlimit64) X(name_to_handle_at) X(open_by_handle_at) X(clock_adjtime) X(syncfs) \
	X(sendmmsg) X(setns) X(getcpu) X(process_vm_readv) X(process_vm_writev) X(kcmp) \
	X(finit_module) X(sched_setattr) X(sched_getattr) X(renameat2) X(seccomp) X(getrandom) \
	X(memfd_create) X(kexec_file_load) X(bpf) X(execveat) X(userfaultfd) X(membarrier) \
	X(mlock2) X(copy_file_range) X(preadv2) X(pwritev2) X(pkey_mprotect) X(pkey_alloc) \
	X(pkey_free) X(statx) X(io_pgetevents) X(rseq) X(pidfd_send_signal) X(io_uring_setup) \
	X(io_uring_enter) X(io_uring_register) X(open_tree) X(move_mount) X(fsopen) X(fsconfig) \
	X(fsmount) X(fspick) X(pidfd_open) X(clone3) X(close_range) X(openat2) X(pidfd_getfd) \
	X(faccessat2) X(process_madvise) X(epoll_pwait2) X(mount_setattr) X(quotactl_fd) \
	X(landlock_create_ruleset) X(landlock_add_rule) X(landlock_restrict_self) X(memfd_secret) \
	X(process_mrelease) X(futex_waitv) X(set_mempolicy_home_node)

/* Left out: with these there is no process left to tell, or nothing of its own that answers. */
static const int skipped[] = {
	SYS_exit, SYS_exit_group,		 /* end it */
	SYS_pause, SYS_restart_syscall,		 /* wait for ever, or mean nothing by themselves */
	SYS_rt_sigreturn,			 /* takes its arguments from the stack; see contexts.c */
	SYS_fork, SYS_vfork, SYS_clone,		 /* have no wild arguments; see clone_flags.c */
	SYS_reboot, SYS_vhangup, SYS_kexec_load, /* would end more than the process */
	SYS_kexec_file_load, SYS_acct, SYS_sethostname, SYS_setdomainname,
	SYS_swapon, SYS_swapoff, SYS_sync,	 /* are the host's, natively */
	SYS_msgget, SYS_semget, SYS_shmget,	 /* leave an object behind on success */
	SYS_msgrcv,				 /* waits, if there happens to be a queue */
};

/* Whose answer rightly differs in a sandbox, or with how the host's kernel was built. */
static const int differing[] = {
	/* The largest file is the filesystem's own; see truncate.c. */
	SYS_truncate, SYS_ftruncate,
	/* The machine's clock, kernel log, modules, ports and segments are not a sandbox's. */
	SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_syslog, SYS_init_module,
	SYS_finit_module, SYS_delete_module, SYS_iopl, SYS_ioperm, SYS_modify_ldt,
	/* File handles go round the path walk, and quotas are the host's. */
	SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_quotactl, SYS_quotactl_fd, SYS_pivot_root,
	/* Kernels are built without these, and programs know it. */
	SYS_add_key, SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_memfd_secret,
	SYS_fanotify_init, SYS_fanotify_mark, SYS_landlock_create_ruleset, SYS_landlock_add_rule,
	SYS_landlock_restrict_self, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_io_setup,
	SYS_io_destroy, SYS_io_submit, SYS_io_cancel, SYS_io_getevents, SYS_io_pgetevents, SYS_pkey_alloc,
	SYS_pkey_free, SYS_pkey_mprotect, SYS_remap_file_pages, SYS_rseq, SYS_sysfs, SYS_ustat, SYS_kcmp,
	SYS_seccomp,
	/* A sandbox need not offer namespaces; see clone_flags.c for the rest. */
	SYS_unshare,
	/* Since Linux 6.13 AT_FDCWD is a descriptor to it, by accident. */
	SYS_fgetxattr,
	/* There is one memory node. */
	SYS_mbind, SYS_set_mempolicy, SYS_get_mempolicy, SYS_set_mempolicy_home_node, SYS_migrate_pages, SYS_move_pages,
	/* Not there yet in picket: ENOSYS (docs/compatibility.md). */
	SYS_shmat, SYS_shmctl, SYS_shmdt, SYS_semop, SYS_semctl, SYS_semtimedop, SYS_msgsnd, SYS_msgctl, SYS_ptrace,
	SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive, SYS_mq_notify, SYS_mq_getsetattr,
	SYS_inotify_init, SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_process_madvise,
	SYS_process_mrelease,
	/* The new way to mount, which falls back to mount(2). */
	SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_open_tree, SYS_move_mount, SYS_mount_setattr,
};

enum { PATTERNS = 8 };

static const char *const pattern[PATTERNS] = {
	"-1", "kernel", "odd", "closed", "file", "path", "at", "zero",
};

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
		fd = open("/dev/null", O_RDWR);
		dup2(fd, 0);
		close(fd);
		result[i] = -1001;
		errno = 0;
		long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		result[i] = r == -1 && errno ? -errno : 0;
	}
	_exit(0);
}

static void try(int nr, const char *name)
{
	char line[256] = "";
	int len = 0, st;

	if (IN(nr, skipped) || IN(nr, differing))
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
	check(true, "%s:%s", name, line);
}

int main(void)
{
	result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	name_f = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	need(name_f == (char *)0x20000000);
	memset(name_f, 0xff, 4096); /* as a structure it makes no sense either */
	strcpy(name_f, "f");
	on_signal(SIGALRM, watchdog, 0);
	printf("#");
	for (int i = 0; i < PATTERNS; i++)
		printf(" %s", pattern[i]);
	printf("\n");
#define X(name) try(SYS_##name, #name);
	CALLS(X)
	return done();
}
