/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

int main(void)
{
	enum { PROCS = 4, ROUNDS = 10000 };
	volatile int *s = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile int *priv = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int st, n = 0;

	check(s[0] == 0 && s[8191] == 0, "zero at first");
	priv[0] = 1;
	check(exited(in_child(s[0] = 5; priv[0] = 2), 0), "a child writes");
	check(s[0] == 5 && priv[0] == 1, "shared is seen, private is not");
	for (int i = 0; i < PROCS; i++)
		if (fork() == 0) {
			for (int j = 0; j < ROUNDS; j++)
				__atomic_add_fetch(&s[1], 1, __ATOMIC_SEQ_CST);
			_exit(0);
		}
	while (wait(&st) > 0)
		n += exited(st, 0);
	check_is(n, PROCS, "four children");
	check_is(s[1], PROCS * ROUNDS, "atomic additions are not lost");
	/* A grandchild shares it after its parent has gone. */
	int p[2];
	char c;
	need(pipe(p) == 0);
	if (fork() == 0) {
		if (fork() == 0) {
			close(p[0]);
			s[2] = 77;
			write(p[1], "x", 1);
		}
		_exit(0);
	}
	close(p[1]);
	check_is(read(p[0], &c, 1), 1, "the grandchild was there");
	check_is(s[2], 77, "and its write is seen");
	wait(&st);
	/* Protections and unmapping are each one's own. */
	check(exited(in_child(munmap((void *)s, 8 * 4096)), 0), "a child unmaps");
	s[3] = 1;
	check(s[2] == 77, "the parent keeps it");
	check(killed(in_child(mprotect((void *)s, 4096, PROT_READ); s[0] = 9), SIGSEGV), "a child protects and falls");
	check_is(s[0], 5, "nothing was written");
	/* A mapping made after the fork is not shared. */
	need(pipe(p) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		volatile int *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		own[0] = 3;
		_exit(own[0] == 3 ? 0 : 1);
	}
	volatile int *mine = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	waitpid(pid, &st, 0);
	check(exited(st, 0) && mine[0] == 0, "mappings made after the fork are separate");
	return done();
}
