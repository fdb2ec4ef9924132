/* SPDX-License-Identifier: Apache-2.0
 *
 * See supervise.h. Freestanding, as the stub is: no libc, no data, nothing outside its section.
 * Layer: control.
 */
#include "control/supervise.h"

#include <poll.h>
#include <stdint.h>
#include <sys/rseq.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "control/cli.h"
#include "core/arch/x86_64/raw.h"

#define SUPERVISE __attribute__((section("supervise_text"), used, noinline))
#define PAGE 4096UL

/* Hidden, so that no address comes from a table that is gone by then. */
extern const char __start_supervise_text[] __attribute__((visibility("hidden")));
extern const char __stop_supervise_text[] __attribute__((visibility("hidden")));

#define sys6 raw_syscall
#define sys2(nr, a, b) sys6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(nr, a, b, c) sys6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* Hands signals that we got to the sentry. */
SUPERVISE static void forward(const struct supervised *s)
{
	struct signalfd_siginfo si;
	uint8_t b[2];

	while (sys3(SYS_read, s->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			continue;
		/* The number, and whether a terminal sent it. */
		b[0] = (uint8_t)si.ssi_signo;
		b[1] = si.ssi_code == SI_KERNEL;
		/* A sentry that can't take it any more is ending. */
		if (sys6(SYS_sendto, s->sentry, (long)b, sizeof(b), MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0) < 0)
			return;
	}
}

/* The command was stopped: so are we, in the eyes of the caller's shell, until it continues us. */
SUPERVISE static void follow_stop(const struct supervised *s)
{
	uint8_t sig;

	if (sys6(SYS_recvfrom, s->sentry, (long)&sig, 1, MSG_DONTWAIT, 0, 0) == 1)
		sys2(SYS_kill, sys2(SYS_getpid, 0, 0), SIGSTOP);
}

SUPERVISE static int wait_for_end(const struct supervised *s)
{
	struct pollfd p[2];
	int status;

	p[0].fd = s->signals;
	p[1].fd = s->sentry;
	p[0].events = p[1].events = POLLIN;
	while (sys4(SYS_wait4, s->pid, &status, WNOHANG, 0) != s->pid) {
		p[1].revents = 0;
		sys3(SYS_poll, p, 2, -1);
		forward(s);
		if (p[1].revents & POLLHUP)
			p[1].fd = -1; /* the sentry is ending: SIGCHLD tells when it has */
		else if (p[1].revents & POLLIN)
			follow_stop(s);
	}
	return status;
}

SUPERVISE static void drop(unsigned long from, unsigned long to)
{
	if (from < to)
		sys2(SYS_munmap, from, to - from);
}

/* All but this code and the stack, of which what was used before goes, too. */
SUPERVISE static void drop_memory(void)
{
	unsigned long text = (unsigned long)__start_supervise_text & ~(PAGE - 1);
	unsigned long text_end = ((unsigned long)__stop_supervise_text + PAGE - 1) & ~(PAGE - 1);
	unsigned long stack = ((unsigned long)__builtin_frame_address(0) & ~(PAGE - 1)) - PAGE;

	if (text_end > stack)
		return;
	drop(0, text);
	drop(text_end, stack);
}

SUPERVISE void supervise(struct supervised *s)
{
	/* glibc's registrations point into memory that goes away; the kernel would kill for it. */
	if (__rseq_size)
		sys4(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER,
		     RSEQ_SIG);
	sys2(SYS_set_robust_list, 0, 24);
	drop_memory();
	int status = wait_for_end(s), sig = WTERMSIG(status);
	if (WIFEXITED(status))
		for (;;)
			sys2(SYS_exit_group, WEXITSTATUS(status), 0);
	s->died[s->died_len++] = (char)('0' + sig / 10);
	s->died[s->died_len++] = (char)('0' + sig % 10);
	s->died[s->died_len++] = '\n';
	sys3(SYS_write, 2, s->died, s->died_len);
	for (;;)
		sys2(SYS_exit_group, EXIT_PICKET, 0);
}
