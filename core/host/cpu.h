/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's processors and load: input from the host. Layer: core.
 */
#ifndef CORE_HOST_CPU_H
#define CORE_HOST_CPU_H

#include "core/base.h"

/* CPUs that the sandbox may use, numbered from 0 for the guest. Read once, at least 1. */
unsigned host_cpus(void);
unsigned host_cpu_current(void); /* named as the host does */
/* Keeps a thread (0: the caller) on one processor, or lets it go wherever the sandbox may. Negative errno;
 * -EINVAL if the sandbox may not be there. */
int host_cpu_pin(pid_t tid, unsigned cpu);
int host_cpu_unpin(pid_t tid);
/* Moves the caller to another of the sandbox's processors, from where it may go wherever it may. */
int host_cpu_leave(void);
/* Lets others run who wait for this processor. */
void host_yield(void);
/* Memory of the host in bytes, and what is free of it (sysinfo(2)). */
void host_memory(uint64_t *total, uint64_t *free_bytes);

#endif
