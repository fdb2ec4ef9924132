/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that lets the ends and beginnings of tasks run into each other: threads that exec, fork,
 * vfork, share memory without being threads, exit and are stopped, killed and looked at through /proc
 * meanwhile. Each round is a process; the parent has to come through all of them.
 *
 *	races [-s FIRST_SEED] [-n SEEDS] [-l MILLISECONDS]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
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
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static __thread uint64_t rng;
static uint64_t seed;
static char self[4096];

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

static void run_again(void)
{
	char s[24], d[24];
	const char *depth = getenv("DEPTH");

	snprintf(s, sizeof(s), "%lu", (unsigned long)rnd());
	snprintf(d, sizeof(d), "%d", (depth ? atoi(depth) : 0) + 1);
	setenv("DEPTH", d, 1);
	execl(self, self, "-r", s, NULL);
}

/* A process that shares memory with its parent and is no thread of it. */
static void shared_child(int flags)
{
	char *stack = malloc(32768);

	if (!stack)
		return;
	register long r10 __asm__("r10") = (long)stack;
	register long r8 __asm__("r8") = 0;
	long ret;
	__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 2f\n"
	                 "1:\tmov $24, %%eax\n\tsyscall\n\tdec %%rbx\n\tjnz 1b\n\t"
	                 "mov $60, %%eax\n\txor %%edi, %%edi\n\tsyscall\n2:"
	                 : "=a"(ret)
	                 : "a"(SYS_clone), "D"((long)flags), "S"(stack + 32000), "d"((long)stack), "r"(r10), "r"(r8),
	                   "b"((long)below(50) + 1)
	                 : "rcx", "r11", "memory");
}

static void look_at(pid_t pid)
{
	static const char *const names[] = {
		"status", "stat", "maps", "smaps", "cmdline", "environ", "auxv", "limits", "io", "syscall", "mem", "comm",
		"fd", "fdinfo", "task", "exe", "cwd", "root", "mounts", "statm", "wchan", "oom_score", "ns", "mountinfo",
	};
	static __thread char buf[8192];
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[below(sizeof(names) / sizeof(names[0]))]);
	if (readlink(path, buf, sizeof(buf)) > 0 && below(2))
		return;
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return;
	if (read(fd, buf, sizeof(buf)) < 0 && errno == EISDIR)
		syscall(SYS_getdents64, fd, buf, sizeof(buf));
	close(fd);
}

static uint32_t words[4];

static void act(void)
{
	static int ep = -1, sp[2] = { -1, -1 };
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	struct timespec ts = { 0, below(300000) };
	char buf[256];
	pid_t p;

	switch (below(24)) {
	case 0:
		if (!fork())
			below(2) ? _exit(0) : run_again();
		break;
	case 1:
		p = vfork();
		if (!p) {
			if (below(2))
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		break;
	case 2:
		if (below(12) == 0)
			run_again();
		break;
	case 3:
		if (below(30) == 0)
			_exit(0);
		break;
	case 4:
		if (below(8) == 0)
			syscall(SYS_exit, 0);
		break;
	case 5:
		shared_child(CLONE_VM | (below(2) ? SIGCHLD : 0) | (below(2) ? CLONE_SIGHAND : 0) |
		             (below(2) ? CLONE_FILES | CLONE_FS : 0) | (below(3) ? 0 : CLONE_VFORK));
		break;
	case 6:
		shared_child(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_FS | CLONE_FILES | CLONE_CHILD_CLEARTID);
		break;
	case 7:
		syscall(SYS_futex, &words[below(4)], FUTEX_WAIT | (below(2) ? FUTEX_PRIVATE_FLAG : 0), 0, &ts, NULL, 0);
		break;
	case 8:
		syscall(SYS_futex, &words[below(4)], FUTEX_WAKE_OP, 1, 1, &words[below(4)],
		        FUTEX_OP(below(5), below(8), below(6), below(8)));
		break;
	case 9:
		syscall(SYS_futex, &words[below(4)], FUTEX_REQUEUE, 1, 2, &words[below(4)], 0);
		break;
	case 10:
		look_at(getpid());
		break;
	case 11:
		look_at(getppid());
		break;
	case 12: {
		char *m = mmap(NULL, 40960, PROT_READ | PROT_WRITE, (below(2) ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
		if (m != MAP_FAILED) {
			*m = 1;
			mprotect(m + 4096 * below(8), 8192, below(8));
			munmap(m, 4096 * below(11));
		}
		break;
	}
	case 13:
		kill(getpid(), below(2) ? SIGUSR1 : SIGCONT);
		break;
	case 14:
		if (below(20) == 0)
			kill(getpid(), SIGSTOP);
		break;
	case 15:
		waitpid(-1, NULL, WNOHANG | __WALL);
		break;
	case 16:
		waitpid(-1, NULL, __WALL);
		break;
	case 17:
		if (ep < 0)
			ep = epoll_create1(0);
		if (sp[0] < 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sp))
			sp[0] = -1;
		epoll_ctl(ep, below(2) ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, sp[below(2)], &e);
		epoll_wait(ep, &e, 1, (int)below(2));
		break;
	case 18:
		if (sp[0] >= 0)
			below(2) ? send(sp[below(2)], buf, sizeof(buf), MSG_DONTWAIT)
			         : recv(sp[below(2)], buf, sizeof(buf), below(4) ? MSG_DONTWAIT : 0);
		break;
	case 19:
		if (below(4) == 0) {
			int fd = sp[below(2)];
			sp[0] = sp[1] = -1;
			close(fd);
		} else if (below(4) == 0) {
			close(ep);
			ep = -1;
		}
		break;
	case 20: {
		sigset_t s;
		sigfillset(&s);
		int fd = signalfd(-1, &s, SFD_NONBLOCK);
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
		if (below(2))
			close(fd);
		break;
	}
	case 21: {
		struct iovec l = { buf, sizeof(buf) }, r = { words, sizeof(words) };
		process_vm_readv(getppid(), &l, 1, &r, 1, 0);
		break;
	}
	case 22: {
		timer_t id;
		struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1,
			               ._sigev_un = { ._tid = (int)syscall(SYS_gettid) } };
		struct itimerspec its = { { 0, 100000 }, { 0, 100000 } };
		if (!timer_create(CLOCK_MONOTONIC, &ev, &id)) {
			timer_settime(id, 0, &its, NULL);
			if (below(2))
				timer_delete(id);
		}
		break;
	}
	default:
		sched_yield();
	}
}

static void *thread(void *arg)
{
	rng = seed * 0x9e3779b97f4a7c15ull + (uintptr_t)arg * 77 + 1;
	for (;;)
		act();
	return NULL;
}

static void handler(int sig)
{
	(void)sig;
}

__attribute__((noreturn)) static void round_of(uint64_t s)
{
	struct sigaction sa = { .sa_handler = handler };
	struct itimerval it = { { 0, 3000 }, { 0, 3000 } };
	const char *depth = getenv("DEPTH");
	pthread_t t;

	/* Each program starts processes that start programs: not for ever. */
	if (depth && atoi(depth) > 6)
		_exit(0);
	seed = s;
	rng = s * 0x9e3779b97f4a7c15ull + 1;
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	if (below(2))
		signal(SIGCHLD, SIG_IGN);
	setitimer(ITIMER_REAL, &it, NULL);
	for (unsigned i = 0, n = below(5); i < n; i++)
		pthread_create(&t, NULL, thread, (void *)(uintptr_t)(i + 2));
	thread((void *)1);
	_exit(0);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Ends everything but this process. */
static bool clear_up(void)
{
	double give_up = now() + 40;

	while (now() < give_up) {
		kill(-1, SIGKILL);
		if (waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD)
			return true;
		usleep(500);
	}
	return false;
}

int main(int argc, char **argv)
{
	unsigned long first = 1, seeds = 10;
	int c, ms = 300, bad = 0;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	while ((c = getopt(argc, argv, "s:n:l:r:")) != -1) {
		switch (c) {
		case 's': first = strtoul(optarg, NULL, 0); break;
		case 'n': seeds = strtoul(optarg, NULL, 0); break;
		case 'l': ms = atoi(optarg); break;
		case 'r': round_of(strtoul(optarg, NULL, 0));
		default: return 2;
		}
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (unsigned long s = first; s < first + seeds; s++) {
		double start = now();
		pid_t p = fork();
		if (!p) {
			setsid();
			round_of(s);
		}
		if (p < 0) {
			bad = 1;
			break;
		}
		rng = s + 1000;
		while (now() < start + ms / 1000.0) {
			look_at((pid_t)(p + (pid_t)below(6)));
			switch (below(6)) {
			case 0:
				kill(-p, below(2) ? SIGSTOP : SIGCONT);
				break;
			case 1:
				kill(-p, SIGUSR1);
				break;
			case 2:
				if (below(10) == 0)
					kill(p + (pid_t)below(30), SIGKILL);
				break;
			case 3:
				waitpid(-1, NULL, WNOHANG);
				break;
			default:
				usleep(300);
			}
		}
		bool ended = clear_up();
		printf("%s - seed %lu\n", ended ? "ok" : "not ok", s);
		fflush(stdout);
		bad |= !ended;
	}
	printf("%s\n", bad ? "failed" : "done");
	return bad;
}
