/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static int global = 1;

int main(void)
{
	int local = 2, st, p[2], n = 0;
	int *heap = malloc(sizeof(int));
	char *big = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*heap = 3;
	memset(big, 'p', 4 << 20);
	check(exited(in_child({
		      if (global != 1 || local != 2 || *heap != 3 || big[1 << 20] != 'p')
			      _exit(1);
		      global = local = *heap = 9;
		      memset(big, 'c', 4 << 20);
	      }), 0), "a child sees and overwrites everything");
	check(global == 1 && local == 2 && *heap == 3 && big[1 << 20] == 'p' && big[(4 << 20) - 1] == 'p',
	      "the parent keeps its own");
	/* What the parent writes after the fork is not the child's. */
	need(pipe(p) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		char c;

		close(p[1]);
		read(p[0], &c, 1);
		_exit(global == 1 && big[5] == 'p' ? 0 : 1);
	}
	global = 5;
	big[5] = 'x';
	close(p[0]);
	close(p[1]);
	need(waitpid(pid, &st, 0) == pid);
	check(exited(st, 0), "later writes of the parent are not seen");
	check(exited(in_child(_exit(getppid() == 1 || getpid() == getppid() ? 1 : 0)), 0), "ids in the child");
	/* Pending signals and timers are not inherited; masks and handlers are. */
	sigset_t s, o;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigaddset(&s, SIGALRM);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGUSR1);
	alarm(100);
	check(exited(in_child({
		      sigpending(&o);
		      if (sigismember(&o, SIGUSR1))
			      _exit(1);
		      sigprocmask(SIG_BLOCK, NULL, &o);
		      if (!sigismember(&o, SIGUSR1))
			      _exit(2);
		      if (alarm(0) != 0)
			      _exit(3);
	      }), 0), "no pending signals, no alarm, the same mask");
	check(alarm(0) > 90, "the parent's alarm goes on");
	sigpending(&o);
	check(sigismember(&o, SIGUSR1), "so does its pending signal");
	/* Many at once. */
	for (int i = 0; i < 30; i++)
		if (fork() == 0)
			_exit(i);
	int sum = 0;
	while (wait(&st) > 0)
		n++, sum += WEXITSTATUS(st);
	check(n == 30 && sum == 435, "thirty children");
	/* A chain. */
	pid = fork();
	if (pid == 0) {
		int depth = 0;

		while (depth < 20) {
			pid_t c = fork();

			if (c) {
				waitpid(c, &st, 0);
				_exit(WEXITSTATUS(st));
			}
			depth++;
		}
		_exit(depth);
	}
	waitpid(pid, &st, 0);
	check(exited(st, 20), "a chain of twenty");
	return done();
}
