/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's processors and memory. Layer: core.
 */
#include "core/host/cpu.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#define CPUS_ASKED 4096

unsigned host_cpus(void)
{
	static unsigned n;
	cpu_set_t *set;

	if (n)
		return n;
	n = 1;
	set = CPU_ALLOC(CPUS_ASKED);
	if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(CPUS_ASKED), set) == 0)
		n = (unsigned)MAX(CPU_COUNT_S(CPU_ALLOC_SIZE(CPUS_ASKED), set), 1);
	if (set)
		CPU_FREE(set);
	return n;
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
