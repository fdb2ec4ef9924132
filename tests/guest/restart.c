/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

/* Which calls go on after a handler, which end with EINTR, whatever SA_RESTART says. */

static volatile int hits, fd_w, when = 3;
static volatile int futex_word;

static void tick(int sig UNUSED)
{
	if (++hits == when && fd_w >= 0)
		write(fd_w, "x", 1);
}

static void plain(int flags)
{
	on_signal(SIGALRM, tick, flags);
	hits = 0;
}

int main(void)
{
	struct timespec ts, rem;
	struct timeval tv;
	struct pollfd pf;
	struct epoll_event ev;
	sigset_t none;
	int p[2], ep = epoll_create1(0), st;
	char c;
	fd_set rs;

	need(pipe(p) == 0);
	sigemptyset(&none);
	fd_w = p[1];
	ticks(15);
	plain(SA_RESTART);
	check_is(read(p[0], &c, 1), 1, "read goes on with SA_RESTART");
	check(hits >= 3, "over several signals");
	plain(0);
	when = 100000;
	check_errno(read(p[0], &c, 1), EINTR, "read without SA_RESTART");
	plain(SA_RESTART);
	pf = (struct pollfd){ p[0], POLLIN, 0 };
	check_errno(poll(&pf, 1, 5000), EINTR, "poll ends, SA_RESTART or not");
	check_errno(ppoll(&pf, 1, NULL, &none), EINTR, "ppoll");
	FD_ZERO(&rs);
	FD_SET(p[0], &rs);
	check_errno(select(p[0] + 1, &rs, NULL, NULL, NULL), EINTR, "select");
	check(FD_ISSET(p[0], &rs), "whose sets stay as they were");
	tv = (struct timeval){ 5, 0 };
	check_errno(select(0, NULL, NULL, NULL, &tv), EINTR, "select with a timeout");
	check(tv.tv_sec == 4 && tv.tv_usec > 0, "which says what is left");
	ev.events = EPOLLIN;
	check_errno(epoll_wait(ep, &ev, 1, -1), EINTR, "epoll_wait");
	check_errno(epoll_pwait(ep, &ev, 1, 5000, &none), EINTR, "epoll_pwait");
	check_errno(pause(), EINTR, "pause");
	check_errno(sigsuspend(&none), EINTR, "sigsuspend");
	check_errno(usleep(1000000), EINTR, "usleep");
	ts = (struct timespec){ 5, 0 };
	check_errno(nanosleep(&ts, &rem), EINTR, "nanosleep");
	check(rem.tv_sec == 4 && rem.tv_nsec > 0, "says what is left");
	check_errno(syscall(SYS_nanosleep, &ts, odd_ptr), EFAULT, "left over at a wild place");
	check_is(clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &rem), EINTR, "clock_nanosleep");
	check(rem.tv_sec == 4, "says what is left");
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += 5;
	rem = (struct timespec){ 77, 77 };
	check_is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, &rem), EINTR, "to an absolute time");
	check(rem.tv_sec == 77, "leaves that alone");
	check_errno(sigtimedwait(&none, NULL, NULL), EINTR, "sigtimedwait");
	ts = (struct timespec){ 5, 0 };
	check_errno(syscall(SYS_futex, &futex_word, FUTEX_WAIT, 0, &ts, NULL, 0), EINTR, "futex with a timeout");
	/* These do go on. */
	hits = 0;
	pid_t pid = fork();
	if (pid == 0) {
		ms(60);
		_exit(3);
	}
	check(waitpid(pid, &st, 0) == pid && exited(st, 3) && hits > 0, "waitpid goes on");
	plain(SA_RESTART);
	int q[2];
	need(pipe(q) == 0 && fcntl(q[1], F_SETPIPE_SZ, 4096) == 4096);
	char page[4096] = "";
	need(write(q[1], page, 4096) == 4096);
	pid = fork();
	if (pid == 0) {
		ms(60);
		for (int i = 0; i < 2; i++)
			read(q[0], page, 4096);
		_exit(0);
	}
	check_is(write(q[1], page, 4096), 4096, "write to a full pipe goes on");
	plain(0);
	check_errno(read(p[0], &c, 1), EINTR, "once more without");
	while (waitpid(pid, &st, 0) == -1 && errno == EINTR)
		;
	/* A partial write tells how much. */
	char big[20000] = "";
	need(pipe(q) == 0 && fcntl(q[1], F_SETPIPE_SZ, 4096) == 4096);
	check_is(write(q[1], big, sizeof(big)), 4096, "a partial write is interrupted with what it did");
	check_errno(write(q[1], big, 1), EINTR, "then with nothing");
	ticks(0);
	/* Handlers that do not run do not interrupt. */
	signal(SIGALRM, SIG_IGN);
	ticks(10);
	pf = (struct pollfd){ p[0], POLLIN, 0 };
	check_is(poll(&pf, 1, 50), 0, "an ignored signal does not end poll");
	sigset_t blk;
	sigemptyset(&blk);
	sigaddset(&blk, SIGALRM);
	on_signal(SIGALRM, tick, 0);
	ticks(10); /* a repeating timer is armed again by its signal: ignored, it had stopped */
	sigprocmask(SIG_BLOCK, &blk, NULL);
	check_is(poll(&pf, 1, 50), 0, "a blocked signal neither");
	check_errno(ppoll(&pf, 1, NULL, &none), EINTR, "but ppoll with another mask");
	sigprocmask(SIG_BLOCK, NULL, &blk);
	check(sigismember(&blk, SIGALRM), "and the mask is back after it");
	return done();
}
