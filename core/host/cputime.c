/* SPDX-License-Identifier: Apache-2.0
 *
 * CPU times of the host's threads. The kernel gives another process a clock, but not its threads
 * (pid_for_clock() asks for the same thread group): there the total comes from schedstat, in
 * nanoseconds. Its division comes from stat, in ticks. Layer: core.
 */
#include "core/host/cputime.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 10000000ULL

static int proc_fd = -1;

void host_cputime_init(int procfd)
{
	if (proc_fd >= 0)
		close(proc_fd);
	proc_fd = procfd;
}

static int read_file(pid_t pid, pid_t tid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	if (proc_fd < 0)
		proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return -errno;
	snprintf(path, sizeof(path), "%d/task/%d/%s", pid, tid, name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	buf[n] = '\0';
	return 0;
}

/* Fields 14 and 15 of stat, which follow the name in parentheses. */
static bool parse_stat(const char *buf, uint64_t *uticks, uint64_t *sticks)
{
	const char *p = strrchr(buf, ')');
	unsigned long long u, s;

	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &u, &s) != 2)
		return false;
	*uticks = u;
	*sticks = s;
	return true;
}

static void divide(pid_t pid, pid_t tid, uint64_t total, uint64_t *utime, uint64_t *stime)
{
	uint64_t u, s;
	char buf[512];

	/* Below two ticks the division says nothing, and reading it costs as much again. */
	if (total < 2 * TICK_NS || read_file(pid, tid, "stat", buf, sizeof(buf)) ||
	    !parse_stat(buf, &u, &s) || u + s == 0)
		s = 0, u = 1;
	*stime = (uint64_t)((__uint128_t)total * s / (u + s));
	*utime = total - *stime;
}

int host_thread_cputime(pid_t pid, pid_t tid, uint64_t *utime, uint64_t *stime)
{
	char buf[512];

	*utime = *stime = 0;
	int err = read_file(pid, tid, "schedstat", buf, sizeof(buf));
	if (!err)
		divide(pid, tid, strtoull(buf, NULL, 10), utime, stime);
	return err;
}

/* MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel. */
static clockid_t process_clock(pid_t pid)
{
	return (clockid_t)(~(unsigned)pid << 3 | 2);
}

int host_process_cputime(pid_t pid, uint64_t *utime, uint64_t *stime)
{
	struct timespec ts;

	if (clock_gettime(process_clock(pid), &ts))
		return host_thread_cputime(pid, pid, utime, stime);
	divide(pid, pid, (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec, utime, stime);
	return 0;
}
