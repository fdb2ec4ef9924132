/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <pthread.h>

static int add(int ep, int fd, unsigned int ev)
{
	struct epoll_event e = { .events = ev, .data.u64 = 0x1122334455667788 };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int waits(int ep, struct epoll_event *e)
{
	return epoll_wait(ep, e, 8, 0);
}

int main(void)
{
	struct epoll_event e[8], one = { .events = EPOLLIN };
	int p[2], ep, ep2, reg = file("f", "x");
	char c;

	check_errno(epoll_create(0), EINVAL, "size 0");
	check_errno(epoll_create1(1), EINVAL, "unknown flag");
	ep = epoll_create1(EPOLL_CLOEXEC);
	check(ep >= 0 && fcntl(ep, F_GETFD) == FD_CLOEXEC, "epoll_create1");
	need(pipe2(p, O_NONBLOCK) == 0);
	check_errno(add(ep, ep, EPOLLIN), EINVAL, "itself");
	check_errno(add(ep, reg, EPOLLIN), EPERM, "a plain file");
	check_errno(add(ep, 12345, EPOLLIN), EBADF, "closed");
	check_errno(add(12345, p[0], EPOLLIN), EBADF, "closed set");
	check_errno(add(p[0], p[1], EPOLLIN), EINVAL, "not a set");
	check_errno(epoll_ctl(ep, 9, p[0], &one), EINVAL, "unknown operation");
	check_errno(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &one), ENOENT, "MOD of nothing");
	check_errno(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], &one), ENOENT, "DEL of nothing");
	check_is(add(ep, p[0], EPOLLIN), 0, "ADD");
	check_errno(add(ep, p[0], EPOLLIN), EEXIST, "again");
	check_errno(epoll_wait(ep, e, 0, 0), EINVAL, "no events wanted");
	check_errno(syscall(SYS_epoll_wait, ep, e, -1, 0), EINVAL, "-1 events wanted");
	check_errno(epoll_wait(ep, (void *)kernel_ptr, 1, 0), EFAULT, "wild");
	check_errno(epoll_wait(p[0], e, 1, 0), EINVAL, "not a set");
	check_is(waits(ep, e), 0, "nothing");
	write(p[1], "ab", 2);
	check(waits(ep, e) == 1 && e[0].events == EPOLLIN && e[0].data.u64 == 0x1122334455667788, "level: readable, its data");
	check_is(waits(ep, e), 1, "level: still");
	check_errno(epoll_wait(ep, (void *)low_ptr, 1, 0), EFAULT, "events to a wild place");
	check_is(waits(ep, e), 1, "are not lost");
	one.events = EPOLLIN | EPOLLET;
	check_is(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &one), 0, "MOD to edge");
	check_is(waits(ep, e), 1, "edge: after MOD");
	check_is(waits(ep, e), 0, "edge: only once");
	read(p[0], &c, 1);
	check_is(waits(ep, e), 0, "edge: a read is no edge");
	write(p[1], "c", 1);
	check_is(waits(ep, e), 1, "edge: a write is");
	one.events = EPOLLIN | EPOLLONESHOT;
	epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &one);
	check_is(waits(ep, e), 1, "oneshot: once");
	write(p[1], "d", 1);
	check_is(waits(ep, e), 0, "oneshot: then silent");
	epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &one);
	check_is(waits(ep, e), 1, "oneshot: armed again");
	check_is(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], (void *)low_ptr), 0, "DEL looks at no event");
	check_is(waits(ep, e), 0, "is gone");
	/* Hang-up is told without being asked for. */
	add(ep, p[0], 0);
	check_is(waits(ep, e), 0, "no interest");
	close(p[1]);
	check(waits(ep, e) == 1 && e[0].events == EPOLLHUP, "EPOLLHUP");
	/* Closing removes, duplicates keep. */
	int d = dup(p[0]);
	close(p[0]);
	check_is(waits(ep, e), 1, "a duplicate keeps the entry");
	close(d);
	check_is(waits(ep, e), 0, "the last close removes it");
	/* EXCLUSIVE */
	int ev = eventfd(0, EFD_NONBLOCK);
	check_errno(add(ep, ev, EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL, "EXCLUSIVE with ONESHOT");
	check_is(add(ep, ev, EPOLLIN | EPOLLEXCLUSIVE), 0, "EXCLUSIVE");
	one.events = EPOLLIN;
	check_errno(epoll_ctl(ep, EPOLL_CTL_MOD, ev, &one), EINVAL, "MOD of it");
	uint64_t v = 1;
	write(ev, &v, 8);
	check_is(waits(ep, e), 1, "and it works");
	/* Nesting */
	ep2 = epoll_create1(0);
	check_errno(add(ep2, ep, EPOLLIN | EPOLLEXCLUSIVE), EINVAL, "EXCLUSIVE of a set");
	check_is(add(ep2, ep, EPOLLIN), 0, "a set in a set");
	check_is(waits(ep2, e), 1, "is readable when it has events");
	struct pollfd pf = { ep, POLLIN, 0 };
	check(poll(&pf, 1, 0) == 1 && pf.revents == POLLIN, "to poll too");
	check_errno(add(ep, ep2, EPOLLIN), ELOOP, "a loop");
	read(ev, &v, 8);
	check_is(waits(ep2, e), 0, "quiet again");
	int chain[8], depth = 0;
	for (int i = 0; i < 8; i++)
		chain[i] = epoll_create1(0);
	for (int i = 1; i < 8 && add(chain[i], chain[i - 1], EPOLLIN) == 0; i++)
		depth = i;
	check(depth == 4 && errno == ELOOP, "five deep at most");
	/* The order of many, maxevents, fairness. */
	int ev5[5], seen[5] = { 0 };
	ep = epoll_create1(0);
	for (int i = 0; i < 5; i++) {
		ev5[i] = eventfd(1, 0);
		struct epoll_event x = { .events = EPOLLIN, .data.u32 = i };
		epoll_ctl(ep, EPOLL_CTL_ADD, ev5[i], &x);
	}
	for (int i = 0; i < 5; i++)
		if (epoll_wait(ep, e, 1, 0) == 1)
			seen[e[0].data.u32]++;
	check(seen[0] == 1 && seen[1] == 1 && seen[2] == 1 && seen[3] == 1 && seen[4] == 1, "one event at a time: each has its turn");
	/* A timeout, and a waker in another process. */
	ep = epoll_create1(0);
	double t = now();
	check_is(epoll_wait(ep, e, 1, 30), 0, "a timeout");
	check(now() - t >= 0.029, "is waited for");
	struct timespec ts = { 0, 1000000000 };
	check_errno(syscall(441, ep, e, 1, &ts, NULL, 0), EINVAL, "epoll_pwait2 with too many nanoseconds");
	ts.tv_nsec = 1000000;
	check_is(syscall(441, ep, e, 1, &ts, NULL, 0), 0, "epoll_pwait2");
	need(pipe(p) == 0);
	add(ep, p[0], EPOLLIN | EPOLLRDHUP);
	pid_t pid = fork();
	if (pid == 0) {
		ms(5);
		write(p[1], "x", 1);
		_exit(0);
	}
	check_is(epoll_wait(ep, e, 1, 5000), 1, "woken by a child");
	waitpid(pid, NULL, 0);
	return done();
}
