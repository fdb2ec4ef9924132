/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <sys/prctl.h>

int main(void)
{
	int p[2], st;
	pid_t me = getpid(), got[2];

	need(pipe(p) == 0);
	check_is(prctl(PR_SET_CHILD_SUBREAPER, 1), 0, "become a subreaper");
	int is = 0;
	check(prctl(PR_GET_CHILD_SUBREAPER, &is) == 0 && is == 1, "and know it");
	pid_t mid = fork();
	if (mid == 0) {
		is = 7;
		prctl(PR_GET_CHILD_SUBREAPER, &is);
		if (is)
			_exit(9);
		if (fork() == 0) {
			/* Until the parent is gone. */
			if (!wait_for(getppid() == me))
				_exit(1);
			got[0] = getppid();
			got[1] = getpid();
			write(p[1], got, sizeof(got));
			_exit(33);
		}
		_exit(0);
	}
	check(waitpid(mid, &st, 0) == mid && exited(st, 0), "the parent goes, the flag was not inherited");
	check_is(read(p[0], got, sizeof(got)), sizeof(got), "the orphan speaks");
	check(got[0] == me, "its parent is the subreaper");
	check(waitpid(-1, &st, 0) == got[1] && exited(st, 33), "who reaps it");
	check_is(prctl(PR_SET_CHILD_SUBREAPER, 0), 0, "no longer a subreaper");
	mid = fork();
	if (mid == 0) {
		pid_t parent = getpid();

		if (fork() == 0) {
			if (!wait_for(getppid() != parent))
				_exit(1);
			got[0] = getppid();
			write(p[1], got, sizeof(got));
			_exit(0);
		}
		_exit(0);
	}
	waitpid(mid, &st, 0);
	check_is(read(p[0], got, sizeof(got)), sizeof(got), "another orphan");
	check(got[0] != me && got[0] != mid, "goes to somebody else");
	check_errno(waitpid(-1, &st, 0), ECHILD, "not to be waited for here");
	/* PR_SET_PDEATHSIG */
	mid = fork();
	if (mid == 0) {
		int q[2];
		char c;

		need(pipe(q) == 0);
		if (fork() == 0) {
			close(p[0]);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			write(q[1], "x", 1);
			for (;;)
				pause();
		}
		read(q[0], &c, 1);
		_exit(0);
	}
	close(p[1]);
	waitpid(mid, &st, 0);
	check_is(read(p[0], got, 1), 0, "PR_SET_PDEATHSIG ends an orphan");
	return done();
}
