/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <pthread.h>

static void nop(int sig UNUSED)
{
}

/* Started again with "after": looks at what survived, one bit for each thing that is wrong. */
static int after(void)
{
	sigset_t s;
	struct sigaction sa;
	int bad = 0;
	stack_t ss;

	bad |= fcntl(100, F_GETFD) != -1 ? 1 : 0;
	bad |= fcntl(101, F_GETFD) != 0 ? 2 : 0;
	sigprocmask(SIG_BLOCK, NULL, &s);
	bad |= !sigismember(&s, SIGUSR1) ? 4 : 0;
	sigpending(&s);
	bad |= !sigismember(&s, SIGUSR1) ? 8 : 0;
	sigaction(SIGUSR2, NULL, &sa);
	bad |= sa.sa_handler != SIG_DFL ? 16 : 0;
	sigaction(SIGHUP, NULL, &sa);
	bad |= sa.sa_handler != SIG_IGN ? 32 : 0;
	sigaltstack(NULL, &ss);
	bad |= !(ss.ss_flags & SS_DISABLE) ? 64 : 0;
	bad |= alarm(0) < 50 || umask(0) != 0123 || nice(0) != 3 ? 128 : 0;
	return bad;
}

int main(int argc, char **argv)
{
	char *v[] = { argv[0], "after", NULL };
	int fd = file("f", "x"), st;

	if (argc > 1)
		_exit(after());
	st = in_child({
		sigset_t s;
		stack_t ss = { .ss_sp = malloc(65536), .ss_size = 65536 };

		dup3(fd, 100, O_CLOEXEC);
		dup2(fd, 101);
		on_signal(SIGUSR2, nop, 0);
		signal(SIGHUP, SIG_IGN);
		sigemptyset(&s);
		sigaddset(&s, SIGUSR1);
		sigprocmask(SIG_BLOCK, &s, NULL);
		raise(SIGUSR1);
		sigaltstack(&ss, NULL);
		alarm(100);
		umask(0123);
		nice(3);
		execve("/proc/self/exe", v, NULL);
		_exit(255);
	});
	check(WIFEXITED(st), "the program starts again");
	st = WEXITSTATUS(st);
	const char *what[] = { "close-on-exec closes", "others stay open", "the mask stays", "pending signals stay",
			       "handlers become the default", "ignored signals stay", "the alternate stack goes",
			       "alarm, umask and niceness stay" };
	for (int i = 0; i < 8; i++)
		check(!(st & 1 << i), "%s", what[i]);
	/* A failed exec changes nothing. */
	dup3(fd, 100, O_CLOEXEC);
	on_signal(SIGUSR2, nop, 0);
	check_errno(execve("/none", v, NULL), ENOENT, "a failed exec");
	check_is(fcntl(100, F_GETFD), FD_CLOEXEC, "closes nothing");
	struct sigaction sa;
	sigaction(SIGUSR2, NULL, &sa);
	check(sa.sa_handler == nop, "keeps handlers");
	return done();
}
