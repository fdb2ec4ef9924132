/* SPDX-License-Identifier: Apache-2.0
 *
 * What most guest tests need on top of tap.h: children, bounded waits, small files, wild pointers.
 * Waits are for conditions and bounded; nothing here sleeps for luck.
 */
#ifndef TESTS_GUEST_GUEST_H
#define TESTS_GUEST_GUEST_H

#include "tap.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

/* Volatile, so that the compiler neither warns of nor folds what is meant to be wrong. */
UNUSED static void *volatile null_ptr = NULL;
UNUSED static void *volatile low_ptr = (void *)8;
UNUSED static void *volatile kernel_ptr = (void *)0xffffffff81000000ul;
UNUSED static void *volatile odd_ptr = (void *)0x4141414141414141ul; /* not canonical */

/* Tries for about five seconds. */
#define wait_for(cond)                                                                             \
	({                                                                                         \
		bool ok_ = false;                                                                  \
		for (int i_ = 0; i_ < 5000 && !(ok_ = (cond)); i_++)                               \
			usleep(1000);                                                              \
		ok_;                                                                               \
	})

/* Runs the statements in a child; the child exits 0 at their end. Gives the wait status. */
#define in_child(...)                                                                              \
	({                                                                                         \
		int st_ = -1;                                                                      \
		fflush(stdout);                                                                    \
		pid_t p_ = fork();                                                                 \
		if (p_ == 0) {                                                                     \
			__VA_ARGS__;                                                               \
			_exit(0);                                                                  \
		}                                                                                  \
		while (waitpid(p_, &st_, 0) == -1 && errno == EINTR)                               \
			;                                                                          \
		st_;                                                                               \
	})

UNUSED static bool exited(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

UNUSED static bool killed(int status, int sig)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

/* A file with this text. */
UNUSED static int file(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	need(fd >= 0);
	need(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	need(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* For what only root can try natively. */
UNUSED static void need_root(void)
{
	if (geteuid())
		exit(77);
}

UNUSED static void ms(int n)
{
	usleep(n * 1000);
}

/* A page that may be used, followed by one that may not: returns the end of the first. */
UNUSED static char *page_edge(void)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED);
	need(mprotect(p + 4096, 4096, PROT_NONE) == 0);
	return p + 4096;
}

UNUSED static void on_signal(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	need(sigaction(sig, &sa, NULL) == 0);
}

/* SIGALRM every so many milliseconds, so that a blocking call is interrupted no matter when. */
UNUSED static void ticks(int every)
{
	struct itimerval it = { { every / 1000, every % 1000 * 1000 },
				{ every / 1000, every % 1000 * 1000 } };

	need(setitimer(ITIMER_REAL, &it, NULL) == 0);
}

UNUSED static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

#endif
