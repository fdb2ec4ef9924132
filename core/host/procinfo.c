/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host's /proc tells. Layer: core/host.
 */
#include "core/host/procinfo.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/host/cputime.h"
#include "core/log.h"

#define TEXT_MAX ((size_t)16 << 20)

static int proc_fd = -1;
static bool pids_match; /* it shows our own pid namespace, which is the stubs' */

/* A detached instance for our own pid namespace, where we may mount one. */
static int open_own(void)
{
#ifdef SYS_fsopen
	int fs = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC), fd = -1;

	if (fs >= 0 && !syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
		                  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (fs >= 0)
		close(fs);
	return fd;
#else
	return -1;
#endif
}

static bool is_own(int fd)
{
	char text[32];
	ssize_t n = readlinkat(fd, "self", text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	return strtol(text, NULL, 10) == (long)getpid();
}

int host_procinfo_init(void)
{
	if (proc_fd >= 0)
		return 0;
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return -errno;
	pids_match = is_own(proc_fd);
	if (!pids_match) {
		int own = open_own();

		if (own >= 0) {
			close(proc_fd);
			proc_fd = own;
			pids_match = is_own(own);
		}
	}
	if (pids_match)
		host_cputime_init(fcntl(proc_fd, F_DUPFD_CLOEXEC, 0));
	else
		log_info("the host's /proc doesn't show the sandbox's processes: no memory figures");
	return 0;
}

void host_procinfo_done(void)
{
	if (proc_fd >= 0)
		close(proc_fd);
	proc_fd = -1;
}

/* All of a file, up to size - 1 bytes, terminated. Its length or negative errno. */
static ssize_t read_file(const char *name, char *buf, size_t size)
{
	size_t done = 0;
	ssize_t n = host_procinfo_init();
	int fd;

	if (n)
		return n;
	fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (done < size - 1) {
		n = read(fd, buf + done, size - 1 - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	buf[done] = '\0';
	return n < 0 ? n : (ssize_t)done;
}

static ssize_t read_pid(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];

	if (host_procinfo_init() || !pids_match)
		return -ENOSYS;
	snprintf(path, sizeof(path), "%d/%s", pid, name);
	return read_file(path, buf, size);
}

/* The number behind "key:" at the start of a line, or 0. */
static uint64_t number_of(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, key, len) && p[len] == ':')
			return strtoull(p + len + 1, NULL, 10);
	return 0;
}

int host_process_statm(pid_t pid, struct host_statm *ret)
{
	unsigned long long size, resident, shared;
	char buf[128];
	ssize_t n = read_pid(pid, "statm", buf, sizeof(buf));

	memset(ret, 0, sizeof(*ret));
	if (n < 0)
		return (int)n;
	if (sscanf(buf, "%llu %llu %llu", &size, &resident, &shared) != 3)
		return -EIO;
	*ret = (struct host_statm){ size, resident, shared };
	return 0;
}

int host_process_memory(pid_t pid, struct host_memory_use *ret)
{
	char buf[8192];
	ssize_t n = read_pid(pid, "status", buf, sizeof(buf));

	memset(ret, 0, sizeof(*ret));
	if (n < 0)
		return (int)n;
	*ret = (struct host_memory_use){
		.hwm = number_of(buf, "VmHWM"),
		.rss = number_of(buf, "VmRSS"),
		.anon = number_of(buf, "RssAnon"),
		.file = number_of(buf, "RssFile"),
		.shmem = number_of(buf, "RssShmem"),
		.pte = number_of(buf, "VmPTE"),
		.swap = number_of(buf, "VmSwap"),
	};
	return 0;
}

int host_process_faults(pid_t pid, uint64_t *minor, uint64_t *major)
{
	unsigned long long a, b;
	char buf[1024], *p;
	ssize_t n = read_pid(pid, "stat", buf, sizeof(buf));

	*minor = *major = 0;
	if (n < 0)
		return (int)n;
	p = strrchr(buf, ')');
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu", &a, &b) != 2)
		return -EIO;
	*minor = a;
	*major = b;
	return 0;
}

ssize_t host_process_mem(pid_t pid, uint64_t addr, void *buf, size_t n, bool write)
{
	char path[64];
	ssize_t done;
	int fd;

	if (host_procinfo_init() || !pids_match)
		return -ENOSYS;
	snprintf(path, sizeof(path), "%d/mem", pid);
	fd = openat(proc_fd, path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	done = write ? pwrite(fd, buf, n, (off_t)addr) : pread(fd, buf, n, (off_t)addr);
	if (done < 0)
		done = -errno;
	close(fd);
	return done;
}

int host_process_advise(pid_t pid, uint64_t addr, uint64_t len, int advice)
{
	struct iovec v = { (void *)addr, len };
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), ret = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_process_madvise, fd, &v, 1, advice, 0) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

ssize_t host_process_rollup(pid_t pid, char *buf, size_t size)
{
	return read_pid(pid, "smaps_rollup", buf, size);
}

int host_procinfo_children(pid_t *ret, unsigned max)
{
	char buf[4096], *p = buf, *end;
	unsigned n = 0;

	if (host_procinfo_init() || !pids_match)
		return -ENOSYS;
	/* One thread makes them all. A number cut off at the end of the buffer isn't taken. */
	ssize_t len = read_file("thread-self/children", buf, sizeof(buf));
	if (len < 0)
		return (int)len;
	for (; n < max; n++, p = end) {
		long pid = strtol(p, &end, 10);
		if (end == p || *end != ' ')
			break;
		ret[n] = (pid_t)pid;
	}
	return (int)n;
}

bool host_strict_memory(void)
{
	char mode = '2';
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &mode, 1) != 1)
		mode = '2';
	if (fd >= 0)
		close(fd);
	return mode == '2';
}

void host_meminfo(struct host_meminfo *ret)
{
	char buf[8192];

	memset(ret, 0, sizeof(*ret));
	if (read_file("meminfo", buf, sizeof(buf)) < 0)
		return;
	*ret = (struct host_meminfo){
		.total = number_of(buf, "MemTotal"),
		.free = number_of(buf, "MemFree"),
		.available = number_of(buf, "MemAvailable"),
		.buffers = number_of(buf, "Buffers"),
		.cached = number_of(buf, "Cached"),
	};
}

void host_loadavg(unsigned ret[3])
{
	char buf[128], *p = buf;

	memset(ret, 0, 3 * sizeof(*ret));
	if (read_file("loadavg", buf, sizeof(buf)) < 0)
		return;
	for (int i = 0; i < 3; i++) {
		unsigned long whole = strtoul(p, &p, 10);

		ret[i] = (unsigned)whole * 100;
		if (*p == '.')
			ret[i] += (unsigned)strtoul(p + 1, &p, 10) % 100;
	}
}

/* A file of unknown length: read again with more room until it fits. */
static char *read_whole(const char *name)
{
	for (size_t size = 65536; size <= TEXT_MAX; size *= 4) {
		char *buf = malloc(size);
		ssize_t n = buf ? read_file(name, buf, size) : -ENOMEM;

		if (n > 0 && (size_t)n < size - 1)
			return buf;
		free(buf);
		if (n <= 0)
			break;
	}
	return NULL;
}

char *host_cpuinfo(void)
{
	return read_whole("cpuinfo");
}

char *host_process_smaps(pid_t pid)
{
	char path[64];

	if (host_procinfo_init() || !pids_match)
		return NULL;
	snprintf(path, sizeof(path), "%d/smaps", pid);
	return read_whole(path);
}
