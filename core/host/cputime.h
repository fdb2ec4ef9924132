/* SPDX-License-Identifier: Apache-2.0
 *
 * CPU times of the host's threads: input from the host. Layer: core.
 */
#ifndef CORE_HOST_CPUTIME_H
#define CORE_HOST_CPUTIME_H

#include "core/base.h"

/*
 * Which /proc to read: a directory descriptor (taken over), opened before the sentry's root is
 * emptied and showing the stubs' pid namespace. Without it "/proc" is opened at first use.
 */
void host_cputime_init(int procfd);
/*
 * User and system time of one thread since it was made, in ns. A negative errno leaves both zero:
 * the thread is gone, or /proc can't be read.
 */
int host_thread_cputime(pid_t pid, pid_t tid, uint64_t *utime, uint64_t *stime);
/* The same of a process that has never had another thread than its first: much quicker. */
int host_process_cputime(pid_t pid, uint64_t *utime, uint64_t *stime);

#endif
