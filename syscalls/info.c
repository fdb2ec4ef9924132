/* SPDX-License-Identifier: Apache-2.0
 *
 * What the system tells about itself: uname, names, sysinfo, sysfs, syslog, getcpu, getrandom.
 * Layer: syscalls.
 */
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "core/clock.h"
#include "core/fs/filesystems.h"
#include "core/host/cpu.h"
#include "core/host/random.h"
#include "core/release.h"
#include "syscalls/syscall.h"

#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

SYSCALL1(uname, gaddr_t, ubuf)
{
	const struct uts *u = t->tg->uts;
	struct utsname n = { .sysname = "Linux", .release = UTS_RELEASE, .version = UTS_VERSION,
		                 .machine = ARCH_PLATFORM_NAME };

	memcpy(n.nodename, u->nodename, sizeof(n.nodename));
	memcpy(n.domainname, u->domainname, sizeof(n.domainname));
	return copyout_obj(ubuf, &n);
}

static CO_FN int64_t set_uts(struct task *t, char field[65], gaddr_t addr, int len)
{
	char buf[65] = { 0 };

	if (!task_capable(t, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > 64)
		return -EINVAL;
	if (copyin(buf, addr, (size_t)len))
		return -EFAULT;
	memcpy(field, buf, sizeof(buf));
	return 0;
}

SYSCALL2(sethostname, gaddr_t, name, int, len)
{
	return set_uts(t, t->tg->uts->nodename, name, len);
}

SYSCALL2(setdomainname, gaddr_t, name, int, len)
{
	return set_uts(t, t->tg->uts->domainname, name, len);
}

SYSCALL1(sysinfo, gaddr_t, ubuf)
{
	ktime_t up = clock_monotonic() - clock_start();
	struct sysinfo si = { 0 };
	uint64_t total, free_bytes;

	host_memory(&total, &free_bytes);
	/* Rounded up: a sandbox that is up has been so for a while. */
	si.uptime = (long)((up + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
	si.totalram = total;
	si.freeram = free_bytes;
	si.procs = (unsigned short)MIN(tasks_count(), 65535u);
	si.mem_unit = 1;
	return copyout_obj(ubuf, &si);
}

/* Which CPU a thread is on changes all the time, and the host's choice is its own: the answer is
 * stable per thread, within the mask of sched_setaffinity. */
SYSCALL3(getcpu, gaddr_t, ucpu, gaddr_t, unode, gaddr_t, cache UNUSED)
{
	unsigned n = host_cpus(), cpu = (unsigned)t->tid % n, node = 0;

	for (unsigned i = 0; t->sched.affinity_set && i < n; i++) {
		unsigned c = (cpu + i) % n;

		if (t->sched.affinity[c / 64] >> (c % 64) & 1) {
			cpu = c;
			break;
		}
	}
	if (ucpu && copyout_obj(ucpu, &cpu))
		return -EFAULT;
	if (unode && copyout_obj(unode, &node))
		return -EFAULT;
	return 0;
}

SYSCALL3(getrandom, gaddr_t, ubuf, size_t, len, unsigned, flags)
{
	char buf[256];
	size_t done = 0;

	if (flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM))
		return -EINVAL;
	len = MIN(len, (size_t)INT32_MAX);
	while (done < len) {
		size_t n = MIN(len - done, sizeof(buf));

		host_random(buf, n);
		size_t put = mm_write_some(t->mm, ubuf + done, buf, n);
		done += put;
		if (put < n)
			return done ? (int64_t)done : -EFAULT;
		co_did_bytes(n);
		if (co_self()->interrupt)
			break;
	}
	return (int64_t)done;
}

/* ---- sysfs(2): the file system types by number ---- */

enum { SYSFS_INDEX = 1, SYSFS_NAME, SYSFS_COUNT };

SYSCALL3(sysfs, int, option, gaddr_t, arg1, gaddr_t, arg2)
{
	char *name;
	int ret = -EINVAL;

	switch (option) {
	case SYSFS_INDEX:
		name = path_arg(arg1, &ret);
		if (!name)
			return ret;
		ret = -EINVAL;
		for (int i = 0; i < FS_TYPES; i++)
			if (!strcmp(name, fs_type[i]))
				ret = i;
		path_arg_free(name);
		return ret;
	case SYSFS_NAME:
		if (arg1 >= FS_TYPES)
			return -EINVAL;
		return copyout(arg2, fs_type[arg1], strlen(fs_type[arg1]) + 1) ? -EFAULT : 0;
	case SYSFS_COUNT:
		return FS_TYPES;
	}
	return ret;
}

/* ---- syslog(2): the log of a kernel that has logged nothing ---- */

#define LOG_BUF_LEN (1 << 17)

enum {
	SYSLOG_CLOSE, SYSLOG_OPEN, SYSLOG_READ, SYSLOG_READ_ALL, SYSLOG_READ_CLEAR, SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF, SYSLOG_CONSOLE_ON, SYSLOG_CONSOLE_LEVEL, SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

SYSCALL3(syslog, int, type, gaddr_t, buf, int, len)
{
	if (type != SYSLOG_READ_ALL && type != SYSLOG_SIZE_BUFFER && !task_capable(t, CAP_SYSLOG) &&
	    !task_capable(t, CAP_SYS_ADMIN))
		return -EPERM;
	switch (type) {
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		if (!buf || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (buf >= TASK_SIZE || (uint64_t)len > TASK_SIZE - buf)
			return -EFAULT;
		return type == SYSLOG_READ ? sleep_until(KTIME_NEVER) : 0;
	case SYSLOG_CONSOLE_LEVEL:
		return len < 1 || len > 8 ? -EINVAL : 0;
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
	case SYSLOG_CLEAR:
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
	case SYSLOG_SIZE_UNREAD:
		return 0;
	case SYSLOG_SIZE_BUFFER:
		return LOG_BUF_LEN;
	}
	return -EINVAL;
}
