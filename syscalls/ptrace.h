/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace(2)'s requests about signals and system calls: what ptrace.c hands on to ptrace_info.c.
 * Layer: syscalls. p is a tracee that is frozen for the request.
 */
#ifndef SYSCALLS_PTRACE_H
#define SYSCALLS_PTRACE_H

#include "tasks/ptrace.h"

CO_FN int64_t ptrace_siginfo(struct task *p, bool set, gaddr_t data);
CO_FN int64_t ptrace_peek_queue(struct task *p, gaddr_t args, gaddr_t data);
CO_FN int64_t ptrace_sigmask(struct task *p, bool set, uint64_t size, gaddr_t data);
CO_FN int64_t ptrace_call_info(struct task *p, uint64_t size, gaddr_t data);

#endif
