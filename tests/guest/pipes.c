/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>

static short events(int fd)
{
	struct pollfd pf = { fd, POLLIN | POLLOUT, 0 };

	poll(&pf, 1, 0);
	return pf.revents;
}

int main(void)
{
	static char buf[1 << 20];
	int p[2], n, st, total;

	signal(SIGPIPE, SIG_IGN);
	check_errno(syscall(SYS_pipe2, p, 0x1), EINVAL, "unknown flag");
	need(pipe2(p, O_NONBLOCK) == 0);
	check_is(fcntl(p[0], F_GETPIPE_SZ), 65536, "64 KiB");
	check(events(p[0]) == 0 && events(p[1]) == POLLOUT, "empty");
	check_is(write(p[1], buf, sizeof(buf)), 65536, "takes as much");
	check_errno(write(p[1], buf, 1), EAGAIN, "and no more");
	check(events(p[0]) == POLLIN && events(p[1]) == 0, "full");
	check(ioctl(p[0], FIONREAD, &n) == 0 && n == 65536, "FIONREAD");
	check_is(read(p[0], buf, 1000), 1000, "read a little");
	check_errno(write(p[1], buf, 4096), EAGAIN, "no room until a whole page is free");
	check_is(read(p[0], buf, 3096), 3096, "read the rest of the page");
	check_is(write(p[1], buf, 4097), 4096, "more than PIPE_BUF is cut to the free page");
	check_errno(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY, "too full to shrink");
	check_is(fcntl(p[0], F_SETPIPE_SZ, 100000), 131072, "grow, rounded up to a power of two");
	check_is(write(p[1], buf, sizeof(buf)), 65536, "room for more");
	while (read(p[0], buf, sizeof(buf)) > 0)
		;
	check_is(fcntl(p[0], F_SETPIPE_SZ, 1), 4096, "at least a page");
	check_errno(fcntl(p[0], F_SETPIPE_SZ, 0) > 0 ? (errno = EINVAL, -1) : -1, EINVAL, "0");
	for (total = 0; write(p[1], buf, 10) == 10; total += 10)
		;
	check_is(total, 4090, "small writes share a page");
	close(p[1]);
	check(events(p[0]) == (POLLIN | POLLHUP), "no writer, but data");
	while (read(p[0], buf, sizeof(buf)) > 0)
		;
	check(events(p[0]) == POLLHUP, "no writer, no data");
	check_is(read(p[0], buf, 1), 0, "end of file");
	close(p[0]);
	need(pipe(p) == 0);
	close(p[0]);
	check(events(p[1]) == (POLLOUT | POLLERR), "no reader");
	check_errno(write(p[1], "x", 1), EPIPE, "EPIPE");
	close(p[1]);
	/* Packets */
	need(pipe2(p, O_DIRECT | O_NONBLOCK) == 0);
	check(write(p[1], "one", 3) == 3 && write(p[1], "three", 5) == 5, "two packets");
	check_is(read(p[0], buf, 100), 3, "are read one by one");
	check_is(read(p[0], buf, 2), 2, "what is not read of one");
	check_errno(read(p[0], buf, 100), EAGAIN, "is lost");
	check_is(write(p[1], buf, 10000), 10000, "a large one is cut");
	check_is(read(p[0], buf, 10000), 4096, "at 4096");
	close(p[0]);
	close(p[1]);
	/* Writes up to PIPE_BUF are never mixed. */
	need(pipe(p) == 0);
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			char rec[1000];

			memset(rec, 'a' + i, sizeof(rec));
			close(p[0]);
			for (int j = 0; j < 100; j++)
				if (write(p[1], rec, sizeof(rec)) != sizeof(rec))
					_exit(1);
			_exit(0);
		}
	close(p[1]);
	char rec[1000];
	bool whole = true;
	n = 0;
	while (true) {
		int got = 0, r;

		while (got < 1000 && (r = read(p[0], rec + got, 1000 - got)) > 0)
			got += r;
		if (got < 1000)
			break;
		for (int i = 1; i < 1000; i++)
			whole = whole && rec[i] == rec[0];
		n++;
	}
	check(whole && n == 400, "four writers of 1000 bytes are never mixed");
	while (wait(&st) > 0)
		;
	/* A large blocking write comes through in order. */
	need(pipe(p) == 0);
	if (fork() == 0) {
		for (int i = 0; i < 300000; i++)
			buf[i] = i * 7;
		_exit(write(p[1], buf, 300000) == 300000 ? 0 : 1);
	}
	close(p[1]);
	for (total = 0; (n = read(p[0], buf + total, 10000)) > 0; total += n)
		;
	bool ok = total == 300000;
	for (int i = 0; i < total; i++)
		ok = ok && buf[i] == (char)(i * 7);
	wait(&st);
	check(ok && exited(st, 0), "300000 bytes through a pipe");
	check_errno(pipe((int *)odd_ptr), EFAULT, "wild");
	return done();
}
