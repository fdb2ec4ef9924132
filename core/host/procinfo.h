/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host's /proc tells of stubs' memory and of the machine: input from the host.
 * Memory files of the host's kernel, so nothing here waits for a disk. Layer: core/host.
 */
#ifndef CORE_HOST_PROCINFO_H
#define CORE_HOST_PROCINFO_H

#include "core/base.h"

/* Opens the host's /proc once, showing the stubs' pid namespace: before the root is emptied. */
int host_procinfo_init(void);
void host_procinfo_done(void);

/* Memory of a process, in pages (statm). A negative errno leaves zeros. */
struct host_statm { uint64_t size, resident, shared; };
int host_process_statm(pid_t pid, struct host_statm *ret);
/* The same in more detail, in KiB (status). */
struct host_memory_use { uint64_t hwm, rss, anon, file, shmem, pte, swap; };
int host_process_memory(pid_t pid, struct host_memory_use *ret);
/* Page faults of a process, all threads that ever were (stat). */
int host_process_faults(pid_t pid, uint64_t *minor, uint64_t *major);
/* Reads or writes a process's memory as a debugger does: protections don't count. Short at the first
 * page that isn't there; negative errno. */
ssize_t host_process_mem(pid_t pid, uint64_t addr, void *buf, size_t n, bool write);
/* process_madvise(2): 0 or negative errno. */
int host_process_advise(pid_t pid, uint64_t addr, uint64_t len, int advice);
/* Does the host refuse mappings that its memory might not be enough for (vm.overcommit_memory)? */
bool host_strict_memory(void);
/* Our own children, at most max of them. How many, or negative errno. */
int host_procinfo_children(pid_t *ret, unsigned max);
/* Text of /proc/PID/smaps_rollup, or negative errno. */
ssize_t host_process_rollup(pid_t pid, char *buf, size_t size);

/* The whole text of /proc/PID/smaps, malloc'd, or NULL; at most a few MiB. */
char *host_process_smaps(pid_t pid);

/* The sums of memory in the system, in KiB; what isn't known is 0. */
struct host_meminfo { uint64_t total, free, available, buffers, cached; };
void host_meminfo(struct host_meminfo *ret);
/* Load averages over 1, 5 and 15 minutes, in hundredths. */
void host_loadavg(unsigned ret[3]);
/* The text of /proc/cpuinfo, malloc'd; NULL when it can't be had. */
char *host_cpuinfo(void);

#endif
