/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <spawn.h>

static volatile int shared;
extern char **environ;

int main(void)
{
	int st;
	pid_t pid;

	pid = vfork();
	if (pid == 0) {
		shared = 5;
		_exit(3);
	}
	check(pid > 0 && shared == 5, "the child writes to the parent's memory, and goes first");
	check(waitpid(pid, &st, 0) == pid && exited(st, 3), "its status");
	pid = vfork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exit 11", NULL);
		_exit(127);
	}
	check(waitpid(pid, &st, 0) == pid && exited(st, 11), "exec in the child");
	pid = vfork();
	if (pid == 0) {
		execl("/none", "none", NULL);
		shared = errno;
		_exit(127);
	}
	check(waitpid(pid, &st, 0) == pid && exited(st, 127) && shared == ENOENT, "a failed exec tells its errno");
	pid = vfork();
	if (pid == 0) {
		kill(getpid(), SIGKILL);
		_exit(0);
	}
	check(waitpid(pid, &st, 0) == pid && killed(st, SIGKILL), "a killed child lets the parent go on");
	char *argv[] = { "sh", "-c", "exit 12", NULL };
	check_is(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ), 0, "posix_spawn");
	check(waitpid(pid, &st, 0) == pid && exited(st, 12), "its status");
	check_is(posix_spawn(&pid, "/none", NULL, NULL, argv, environ), ENOENT, "posix_spawn of nothing");
	check_errno(waitpid(-1, &st, 0), ECHILD, "leaves no child");
	posix_spawn_file_actions_t fa;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "out", O_CREAT | O_WRONLY, 0644);
	char *echo[] = { "sh", "-c", "echo spawned", NULL };
	check(posix_spawn(&pid, "/bin/sh", &fa, NULL, echo, environ) == 0 && waitpid(pid, &st, 0) == pid && exited(st, 0),
	      "with file actions");
	char buf[32] = "";
	int fd = open("out", O_RDONLY);
	check(read(fd, buf, 31) == 8 && !strcmp(buf, "spawned\n"), "its output");
	volatile int n = 0;
	for (volatile int i = 0; i < 20; i++) {
		pid = vfork();
		if (pid == 0)
			_exit(i);
		if (waitpid(pid, &st, 0) == pid && exited(st, i))
			n++;
	}
	check_is(n, 20, "twenty in turn");
	FILE *f = popen("echo popen; exit 4", "r");
	check(f && fgets(buf, 32, f) && !strcmp(buf, "popen\n"), "popen");
	st = pclose(f);
	check(exited(st, 4), "pclose");
	st = system("exit 6");
	check(exited(st, 6), "system");
	return done();
}
