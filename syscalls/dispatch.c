/* SPDX-License-Identifier: Apache-2.0
 *
 * From a trapped call to its handler. Layer: syscalls.
 */
#include <stdio.h>
#include <stdlib.h>

#include "syscalls/sock_util.h"
#include "syscalls/strace.h"
#include "syscalls/syscall.h"
#include "tasks/task_ops.h"

static bool strace_on;

static int64_t unsupported(struct task *t, const struct syscall_row *row, uint64_t nr)
{
	char key[32];

	if (row && row->support == SUPPORT_NOSYS)
		return -ENOSYS;
	if (row && row->support == SUPPORT_DENIED)
		return -row->error;
	snprintf(key, sizeof(key), "syscall %llu", (unsigned long long)nr);
	log_once(key, "%s called %s (%llu), which is not implemented", t->comm,
	         row && row->name ? row->name : "an unknown syscall", (unsigned long long)nr);
	return -ENOSYS;
}

CO_FN int64_t syscall_dispatch(struct task *t, uint64_t nr, const uint64_t args[6])
{
	const struct syscall_row *row = nr < syscall_table_size ? &syscall_table[nr] : NULL;

	if (row && !row->name)
		row = NULL;
	if (!strace_on)
		return row && row->fn ? row->fn(t, args) : unsupported(t, row, nr);

	char *in = row ? strace_in(t, row, args) : NULL;
	int64_t ret = row && row->fn ? row->fn(t, args) : unsupported(t, row, nr);
	strace_call(t, row, nr, args, ret, in);
	free(in);
	return ret;
}

void syscalls_init(bool strace)
{
	strace_on = strace;
	calls_init(strace);
	tasks_set_syscall_dispatch(syscall_dispatch);
	sockets_init();
}
