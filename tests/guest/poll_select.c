/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/select.h>

int main(void)
{
	int p[2], q[2], reg = file("f", "x"), n;
	struct pollfd pf[3];
	struct timespec ts = { 0, 0 };
	struct timeval tv = { 0, 0 };
	fd_set r, w, x;

	need(pipe(p) == 0 && pipe(q) == 0);
	check_is(poll(NULL, 0, 0), 0, "poll of nothing");
	check_errno(syscall(SYS_poll, null_ptr, 1, 0), EFAULT, "poll NULL");
	check_errno(syscall(SYS_poll, pf, 1u << 31, 0), EINVAL, "too many");
	check_errno(syscall(SYS_poll, pf, -1, 0), EINVAL, "-1 of them");
	pf[0] = (struct pollfd){ -1, POLLIN, 77 };
	pf[1] = (struct pollfd){ 12345, POLLIN, 0 };
	pf[2] = (struct pollfd){ p[0], POLLIN, 77 };
	check_is(poll(pf, 3, 0), 1, "negative, closed, quiet");
	check(pf[0].revents == 0 && pf[1].revents == POLLNVAL && pf[2].revents == 0, "only the closed one, POLLNVAL");
	pf[0] = (struct pollfd){ reg, POLLIN | POLLOUT | POLLPRI, 0 };
	check(poll(pf, 1, -1) == 1 && pf[0].revents == (POLLIN | POLLOUT), "a file is always ready");
	write(p[1], "x", 1);
	pf[0] = (struct pollfd){ p[0], POLLIN | POLLRDNORM, 0 };
	check(poll(pf, 1, -1) == 1 && pf[0].revents == (POLLIN | POLLRDNORM), "readable");
	pf[0].events = 0;
	check(poll(pf, 1, 0) == 0, "no interest");
	pf[0] = pf[1] = (struct pollfd){ p[0], POLLIN, 0 };
	check_is(poll(pf, 2, 0), 2, "one descriptor twice");
	ts.tv_nsec = 1000000000;
	check_errno(ppoll(pf, 1, &ts, NULL), EINVAL, "too many nanoseconds");
	ts = (struct timespec){ -1, 0 };
	check_errno(ppoll(pf, 1, &ts, NULL), EINVAL, "negative time");
	check_errno(syscall(SYS_ppoll, pf, 1, odd_ptr, NULL, 8), EFAULT, "wild time");
	sigset_t s;
	sigemptyset(&s);
	check_errno(syscall(SYS_ppoll, pf, 1, NULL, &s, 4), EINVAL, "mask size 4");
	ts = (struct timespec){ 0, 20000000 };
	double t = now();
	check_is(ppoll(NULL, 0, &ts, NULL), 0, "a wait");
	check(now() - t >= 0.019, "lasts");

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(p[0], &r);
	FD_SET(q[0], &r);
	FD_SET(q[1], &w);
	n = q[1] + 1;
	check_is(select(n, &r, &w, &x, &tv), 2, "select");
	check(FD_ISSET(p[0], &r) && !FD_ISSET(q[0], &r) && FD_ISSET(q[1], &w), "one readable, one writable");
	check_errno(select(-1, &r, NULL, NULL, &tv), EINVAL, "-1 descriptors");
	FD_ZERO(&r);
	FD_SET(30, &r);
	check_errno(select(31, &r, NULL, NULL, &tv), EBADF, "a closed one in the set");
	check_is(select(30, &r, NULL, NULL, &tv), 0, "or just beyond it");
	check_errno(syscall(SYS_select, 10, odd_ptr, NULL, NULL, &tv), EFAULT, "wild set");
	check_errno(syscall(SYS_select, 10, NULL, NULL, NULL, odd_ptr), EFAULT, "wild time");
	tv = (struct timeval){ -1, 0 };
	check_errno(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), EINVAL, "negative time");
	FD_ZERO(&r);
	FD_SET(q[0], &r);
	tv = (struct timeval){ 0, 20000 };
	check(select(n, &r, NULL, NULL, &tv) == 0 && !FD_ISSET(q[0], &r), "time runs out, the set is empty");
	check(tv.tv_sec == 0 && tv.tv_usec == 0, "and no time is left");
	ts = (struct timespec){ 0, 10000000 };
	FD_ZERO(&r);
	FD_SET(q[0], &r);
	check_is(pselect(n, &r, NULL, NULL, &ts, NULL), 0, "pselect");
	check(ts.tv_nsec == 10000000, "the library hides what is left");
	close(q[1]);
	FD_SET(q[0], &r);
	check_is(select(n, &r, NULL, NULL, NULL), 1, "end of file is readable");
	close(p[0]);
	FD_ZERO(&w);
	FD_SET(p[1], &w);
	check_is(select(n, NULL, &w, NULL, NULL), 1, "a broken pipe is writable");
	/* A descriptor that is closed while poll waits on it stays watched until the wait ends. */
	need(pipe(p) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(p[0]);
		ms(10);
		_exit(0);
	}
	close(p[1]);
	pf[0] = (struct pollfd){ p[0], POLLIN, 0 };
	check(poll(pf, 1, 5000) == 1 && pf[0].revents == POLLHUP, "the last writer's end wakes poll");
	waitpid(pid, NULL, 0);
	return done();
}
