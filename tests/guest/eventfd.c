/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

static void *adds(void *arg)
{
	uint64_t one = 1;

	for (int i = 0; i < 1000; i++)
		write((int)(long)arg, &one, 8);
	return NULL;
}

int main(void)
{
	uint64_t v = 5;
	struct pollfd pf;
	int fd, st;

	check_errno(eventfd(0, 0x100), EINVAL, "unknown flag");
	fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
	check(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "eventfd");
	check(read(fd, &v, 8) == 8 && v == 3, "the first value");
	check_errno(read(fd, &v, 8), EAGAIN, "then it would block");
	check_errno(read(fd, &v, 7), EINVAL, "too small a read");
	check_errno(write(fd, &v, 7), EINVAL, "too small a write");
	v = 2;
	check(write(fd, &v, 8) == 8 && write(fd, &v, 8) == 8 && read(fd, &v, 8) == 8 && v == 4, "values add up");
	v = UINT64_MAX;
	check_errno(write(fd, &v, 8), EINVAL, "the largest number");
	v = UINT64_MAX - 1;
	check_is(write(fd, &v, 8), 8, "one less");
	pf = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	check(poll(&pf, 1, 0) == 1 && pf.revents == POLLIN, "full: only readable");
	v = 1;
	check_errno(write(fd, &v, 8), EAGAIN, "no more room");
	check(read(fd, &v, 8) == 8 && v == UINT64_MAX - 1, "read all");
	check(poll(&pf, 1, 0) == 1 && pf.revents == POLLOUT, "empty: only writable");
	check_errno(read(fd, odd_ptr, 8), EFAULT, "wild");
	check_errno(write(fd, low_ptr, 8), EFAULT, "wild write");
	check_is(lseek(fd, 5, SEEK_SET), 0, "lseek does nothing");
	check_errno(pread(fd, &v, 8, 0), ESPIPE, "pread");
	close(fd);
	fd = eventfd(0, EFD_SEMAPHORE);
	v = 3;
	write(fd, &v, 8);
	for (int i = 0; i < 3; i++)
		check(read(fd, &v, 8) == 8 && v == 1, "semaphore: one at a time");
	pid_t pid = fork();
	if (pid == 0)
		_exit(read(fd, &v, 8) == 8 && v == 1 ? 0 : 1);
	ms(5);
	v = 1;
	write(fd, &v, 8);
	waitpid(pid, &st, 0);
	check(exited(st, 0), "a blocked reader is woken");
	close(fd);
	fd = eventfd(0, 0);
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, adds, (void *)(long)fd);
	uint64_t sum = 0;
	while (sum < 4000 && read(fd, &v, 8) == 8)
		sum += v;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	check_is(sum, 4000, "four threads, nothing lost");
	return done();
}
