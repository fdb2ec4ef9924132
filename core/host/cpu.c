/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's processors and memory. Layer: core.
 */
#include "core/host/cpu.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#define CPUS_ASKED 4096

static cpu_set_t *allowed; /* what the sandbox was started with; NULL: not known */

unsigned host_cpus(void)
{
	static unsigned n;

	if (n)
		return n;
	n = 1;
	allowed = CPU_ALLOC(CPUS_ASKED);
	if (!allowed)
		return n;
	if (sched_getaffinity(0, CPU_ALLOC_SIZE(CPUS_ASKED), allowed)) {
		CPU_FREE(allowed);
		allowed = NULL;
		return n;
	}
	n = (unsigned)MAX(CPU_COUNT_S(CPU_ALLOC_SIZE(CPUS_ASKED), allowed), 1);
	return n;
}

unsigned host_cpu_current(void)
{
	return (unsigned)MAX(sched_getcpu(), 0);
}

int host_cpu_pin(pid_t tid, unsigned cpu)
{
	cpu_set_t *one = allowed && cpu < CPUS_ASKED ? CPU_ALLOC(CPUS_ASKED) : NULL;
	size_t size = CPU_ALLOC_SIZE(CPUS_ASKED);

	if (!one)
		return -EINVAL;
	/* The host would let us on any of its own, also where the sandbox was told not to go. */
	if (!CPU_ISSET_S(cpu, size, allowed)) {
		CPU_FREE(one);
		return -EINVAL;
	}
	CPU_ZERO_S(size, one);
	CPU_SET_S(cpu, size, one);
	int err = sched_setaffinity(tid, size, one) ? -errno : 0;
	CPU_FREE(one);
	return err;
}

int host_cpu_unpin(pid_t tid)
{
	if (!allowed)
		return -EINVAL;
	return sched_setaffinity(tid, CPU_ALLOC_SIZE(CPUS_ASKED), allowed) ? -errno : 0;
}

int host_cpu_leave(void)
{
	cpu_set_t *others = allowed ? CPU_ALLOC(CPUS_ASKED) : NULL;
	size_t size = CPU_ALLOC_SIZE(CPUS_ASKED);
	int err = 0;

	if (!others)
		return -EINVAL;
	memcpy(others, allowed, size);
	CPU_CLR_S(host_cpu_current(), size, others);
	if (sched_setaffinity(0, size, others))
		err = -errno;
	if (sched_setaffinity(0, size, allowed)) /* in any case: it may have been pinned */
		err = -errno;
	CPU_FREE(others);
	return err;
}

void host_yield(void)
{
	sched_yield();
}

void host_memory(uint64_t *total, uint64_t *free_bytes)
{
	struct sysinfo si;

	*total = *free_bytes = 0;
	if (sysinfo(&si))
		return;
	*total = (uint64_t)si.totalram * si.mem_unit;
	*free_bytes = (uint64_t)si.freeram * si.mem_unit;
}
