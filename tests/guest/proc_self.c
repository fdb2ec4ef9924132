/* SPDX-License-Identifier: Apache-2.0
 *
 * proc(5): what a process reads about itself, how generated files are read and written.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "tap.h"

static char text[65536];

static ssize_t slurp(const char *name)
{
	int fd = open(name, O_RDONLY);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, text + done, sizeof(text) - 1 - done)) > 0)
		done += (size_t)n;
	close(fd);
	text[done] = '\0';
	return n < 0 ? -1 : (ssize_t)done;
}

static ssize_t put(const char *name, const char *value)
{
	int fd = open(name, O_WRONLY | O_TRUNC), saved;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	saved = errno;
	close(fd);
	errno = saved;
	return n;
}

static long field(const char *key)
{
	char *p = strstr(text, key);

	return p ? strtol(p + strlen(key), NULL, 10) : -1;
}

static void test_stat(void)
{
	int spaces = 0;
	char *p;

	prctl(PR_SET_NAME, "a) b (c");
	check(slurp("/proc/self/stat") > 0, "stat is read");
	check_is(strtol(text, NULL, 10), getpid(), "stat starts with the pid");
	p = strrchr(text, ')');
	check(p && strstr(text, "(a) b (c) R "), "the name is in parentheses, then R");
	for (; p && *p; p++)
		spaces += *p == ' ';
	check_is(spaces, 50, "52 fields");
	check(slurp("/proc/self/statm") > 0 && atol(text) > 0, "statm starts with a size");
}

static void test_status(void)
{
	check(slurp("/proc/self/status") > 0, "status is read");
	check_is(field("\nTgid:\t"), getpid(), "Tgid");
	check_is(field("\nPid:\t"), getpid(), "Pid");
	check_is(field("\nPPid:\t"), getppid(), "PPid");
	check_is(field("\nUid:\t"), getuid(), "Uid");
	check_is(field("\nThreads:\t"), 1, "Threads");
	check(field("\nVmRSS:\t") > 0 && field("\nVmSize:\t") >= field("\nVmRSS:\t"), "VmRSS, VmSize");
	check(strstr(text, "\nSigCgt:\t") && strstr(text, "\nCapAmb:\t"), "signals and capabilities");
	check(strstr(text, "State:\tR (running)\n"), "State");
}

static void test_comm(void)
{
	char name[16];

	check_is(put("/proc/self/comm", "0123456789abcdefgh"), 18, "a long name is taken");
	prctl(PR_GET_NAME, name);
	check(!strcmp(name, "0123456789abcde"), "and cut to 15 bytes");
	check(slurp("/proc/self/comm") == 16 && !strcmp(text, "0123456789abcde\n"), "comm shows it");
}

static void test_reading(void)
{
	char a[64], b[64];
	struct stat st;
	int fd = open("/proc/self/status", O_RDONLY);

	need(fd >= 0);
	check_is(read(fd, a, 6), 6, "a part of it");
	check(!memcmp(a, "Name:\t", 6), "is its beginning");
	check_is(pread(fd, b, 4, 0), 4, "pread at the start");
	check(!memcmp(b, "Name", 4), "says the same");
	check_is(lseek(fd, 2, SEEK_SET), 2, "lseek");
	check(read(fd, b, 4) == 4 && !memcmp(b, "me:\t", 4), "reads on from there");
	check_errno(lseek(fd, 0, SEEK_END), EINVAL, "there is no end to seek to");
	check_errno(lseek(fd, -1, SEEK_SET), EINVAL, "nor anything before the start");
	check(fstat(fd, &st) == 0 && st.st_size == 0 && S_ISREG(st.st_mode), "its size is 0");
	check_is(pread(fd, b, 10, 1 << 20), 0, "nothing beyond the end");
	close(fd);
}

static void test_memory(void)
{
	static volatile char secret[] = "guarded";
	int fd = open("/proc/self/mem", O_RDWR);
	char buf[8] = "", line[64];
	void *p;

	need(fd >= 0);
	check(pread(fd, buf, 7, (off_t)(uintptr_t)secret) == 7 && !strcmp(buf, "guarded"), "mem is read");
	check_is(pwrite(fd, "G", 1, (off_t)(uintptr_t)secret), 1, "mem is written");
	check(secret[0] == 'G', "and the program sees it");
	check_errno(pread(fd, buf, 1, 16), EIO, "what isn't mapped");
	close(fd);
	p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	need(p != MAP_FAILED);
	mprotect((char *)p + 4096, 4096, PROT_NONE);
	snprintf(line, sizeof(line), "%08lx-%08lx r--p 00000000 00:00 0 \n", (unsigned long)p,
	         (unsigned long)p + 4096);
	check(slurp("/proc/self/maps") > 0 && strstr(text, "[stack]\n"), "maps has a stack");
	check(strstr(text, line), "and the mapping just made");
	check(slurp("/proc/self/auxv") > 0, "auxv is read");
	check(slurp("/proc/self/smaps_rollup") > 0 && field("\nRss:") > 0, "smaps_rollup");
}

static void test_settings(void)
{
	check_is(put("/proc/self/oom_score_adj", "100\n"), 4, "oom_score_adj is written");
	check(slurp("/proc/self/oom_score_adj") > 0 && !strcmp(text, "100\n"), "and kept");
	check_errno(put("/proc/self/oom_score_adj", "1001"), EINVAL, "too much");
	check_errno(put("/proc/self/oom_score_adj", "x"), EINVAL, "not a number");
	check_errno(put("/proc/self/clear_refs", "9"), EINVAL, "clear_refs of a bad kind");
	check(slurp("/proc/self/coredump_filter") == 9, "coredump_filter");
	check(slurp("/proc/self/limits") > 0 && !strncmp(text, "Limit   ", 8), "limits");
	check(slurp("/proc/self/mounts") > 0 && strstr(text, " /proc proc "), "mounts");
	check(slurp("/proc/self/mountinfo") > 0 && strstr(text, " /proc "), "mountinfo");
	check(slurp("/proc/self/environ") >= 0, "environ");
	check(slurp("/proc/self/cmdline") > 0 && text[strlen(text)] == '\0', "cmdline");
}

static void test_global(void)
{
	static const char *const names[] = {
		"meminfo", "cpuinfo", "uptime", "loadavg", "stat", "version", "filesystems", "swaps",
		"net/dev", "net/tcp", "net/unix", "sys/kernel/ostype", "sys/kernel/hostname",
		"sys/kernel/random/boot_id", "sys/kernel/random/uuid", "sys/fs/nr_open", "sys/vm/swappiness",
	};
	struct statfs sf;
	char once[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s", names[i]);
		check(slurp(path) > 0, "%s", names[i]);
	}
	slurp("/proc/sys/kernel/random/boot_id");
	snprintf(once, sizeof(once), "%.40s", text);
	slurp("/proc/sys/kernel/random/boot_id");
	check(!strcmp(once, text), "boot_id stays");
	slurp("/proc/sys/kernel/random/uuid");
	snprintf(once, sizeof(once), "%.40s", text);
	slurp("/proc/sys/kernel/random/uuid");
	check(strcmp(once, text) != 0 && strlen(text) == 37, "uuid changes");
	check(statfs("/proc", &sf) == 0 && sf.f_type == 0x9fa0, "statfs says proc");
	check_errno(open("/proc/sys/kernel/ostype", O_WRONLY), EACCES, "ostype can't be written");
	check(unlink("/proc/version") == -1 && errno == (geteuid() ? EACCES : EPERM), "nothing is removed");
}

int main(void)
{
	test_stat();
	test_status();
	test_comm();
	test_reading();
	test_memory();
	test_settings();
	test_global();
	return done();
}
