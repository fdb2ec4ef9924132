/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper: a process that makes file calls which may wait for a disk, so that the sentry
 * never does. It shares the table of descriptors and one buffer area with the sentry, nothing else,
 * and runs under a filter that knows only these calls. Layer: core/host.
 */
#ifndef CORE_HOST_IO_H
#define CORE_HOST_IO_H

#include "core/base.h"

#define HOST_IO_MAX ((size_t)64 << 10) /* bytes in one call */

/* The helper is started when it is first needed. After host_file_init, loop_init. */
int host_io_init(void);
void host_io_done(void);

#define IO_SELF_FD (-1000) /* as an argument: the caller's own /proc/self/fd */
#define IO_ARGS 6

/*
 * A system call, made here or by the helper. Arguments that point somewhere are named apart, for
 * the helper has them copied; everything is borrowed until the call returns. The descriptors may be
 * closed meanwhile: the helper works on copies.
 */
struct io_call {
	int nr;
	long args[IO_ARGS];
	unsigned fds;              /* bits: which arguments are descriptors */
	const char *str[IO_ARGS];  /* strings, in place of these arguments */
	int named_fd, named_arg;   /* a descriptor's number as a string, below IO_SELF_FD; 0: none */
	const void *in;            /* bytes to be written, as argument in_arg */
	int in_arg;                /* 0: 1 */
	bool in_vector;            /* as an iovec of one */
	void *out;                 /* room for bytes to be read, as argument out_arg */
	int out_arg;
	size_t len;                /* of either, at most HOST_IO_MAX */
	bool out_whole;            /* all of it is filled, whatever the call returns */
	bool gives_fd;             /* the result is a descriptor */
	bool killable;             /* changes nothing, so who is killed need not wait: -EINTR */
	int64_t took;              /* out: nanoseconds that the call itself took */
};

/* Builds for tests: the helper is to make all calls it can make. */
bool host_io_forced(void);
/* The helper's, or 0. */
pid_t host_io_pid(void);
/* Is there a helper (it is started, if need be), and a coroutine that could wait for it? */
bool host_io_usable(void);
/* The call's result or negative errno; -EIO when the helper dies of it. */
CO_FN long host_io_run(struct io_call *c);
/* The same without the helper: the sentry waits. */
long host_io_direct(struct io_call *c);
/* Closes fd without waiting for what that entails, such as the end of a large file without a name. */
void host_io_close(int fd);
#endif
