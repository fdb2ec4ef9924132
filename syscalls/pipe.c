/* SPDX-License-Identifier: Apache-2.0
 *
 * pipe(2), eventfd(2). Layer: syscalls.
 */
#include <sys/eventfd.h>

#include "core/ipc/eventfd.h"
#include "core/ipc/pipe.h"
#include "syscalls/syscall.h"

static CO_FN int64_t make_pipe(struct task *t, gaddr_t fds, unsigned flags)
{
	struct file *rd, *wr;
	int fd[2], err;

	if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = pipe_new(flags & (O_NONBLOCK | O_DIRECT), &rd, &wr);
	if (err)
		return err;
	uint64_t limit = task_rlimit(t, RLIMIT_NOFILE);
	fd[0] = fd_install(t->files, rd, 0, flags & O_CLOEXEC, limit);
	if (fd[0] < 0) {
		file_unref(wr);
		return fd[0];
	}
	fd[1] = fd_install(t->files, wr, 0, flags & O_CLOEXEC, limit);
	err = fd[1] < 0 ? fd[1] : copyout(fds, fd, sizeof(fd));
	if (err) {
		fd_close(t->files, fd[0]);
		if (fd[1] >= 0)
			fd_close(t->files, fd[1]);
	}
	return err;
}

SYSCALL1(pipe, gaddr_t, fds)
{
	return make_pipe(t, fds, 0);
}

SYSCALL2(pipe2, gaddr_t, fds, unsigned, flags)
{
	return make_pipe(t, fds, flags);
}

static int64_t make_eventfd(struct task *t, unsigned count, unsigned flags)
{
	struct file *f;

	if (flags & ~(unsigned)(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
		return -EINVAL;
	int err = eventfd_new(count, flags & EFD_SEMAPHORE, flags & EFD_NONBLOCK, &f);
	return err ? err
	           : fd_install(t->files, f, 0, flags & EFD_CLOEXEC, task_rlimit(t, RLIMIT_NOFILE));
}

SYSCALL1(eventfd, unsigned, count)
{
	return make_eventfd(t, count, 0);
}

SYSCALL2(eventfd2, unsigned, count, unsigned, flags)
{
	return make_eventfd(t, count, flags);
}
