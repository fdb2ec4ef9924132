/* SPDX-License-Identifier: Apache-2.0
 *
 * exit, exit_group, set_tid_address. Layer: syscalls.
 */
#include "syscalls/syscall.h"

SYSCALL1(exit, int, code)
{
	task_exit(t, (code & 0xff) << 8);
	return 0;
}

SYSCALL1(exit_group, int, code)
{
	tg_exit(t->tg, (code & 0xff) << 8);
	return 0;
}

SYSCALL1(set_tid_address, gaddr_t, addr)
{
	t->clear_child_tid = addr;
	return t->tid;
}
