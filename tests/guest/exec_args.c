/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

extern char **environ;

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "count")) {
		int n = 0;
		while (environ[n])
			n++;
		_exit((argc * 16 + n) & 255);
	}
	if (argc > 1 && !strcmp(argv[1], "len"))
		_exit(argc == 3 && strlen(argv[2]) == 131071 ? 0 : 1);
	if (argc > 1 && !strcmp(argv[1], "many"))
		_exit(argc == 10002 && !strcmp(argv[10001], "x") ? 0 : 1);
	if (argc == 1 && argv[0][0] == 0)
		_exit(77);

	char self[4096] = "/proc/self/exe";
	char *env[] = { "A=1", "B=2", "noequals", NULL }, *none[] = { NULL };
	int st;

	char *c[] = { "x", "count", "", "b c", NULL };
	check(exited(in_child(execve(self, c, env)), 4 * 16 + 3), "arguments and environment");
	check(exited(in_child(execve(self, c, none)), 4 * 16), "no environment");
	check(exited(in_child(execve(self, c, NULL)), 4 * 16), "environment NULL");
	check(exited(in_child(syscall(SYS_execve, self, NULL, env)), 77), "argv NULL becomes an empty argument");
	char *longarg = malloc(131073);
	memset(longarg, 'a', 131072);
	longarg[131072] = 0;
	char *l[] = { "x", "len", longarg, NULL };
	check_errno(execve(self, l, none), E2BIG, "an argument of 128 KiB");
	longarg[131071] = 0;
	check(exited(in_child(execve(self, l, none)), 0), "one byte less");
	char **many = calloc(10003, sizeof(char *));
	many[0] = "x";
	many[1] = "many";
	for (int i = 2; i < 10002; i++)
		many[i] = "x";
	st = in_child(execve(self, many, none));
	check(exited(st, 0), "10002 arguments");
	many = calloc(100, sizeof(char *));
	many[0] = "x";
	for (int i = 1; i < 60; i++)
		many[i] = longarg;
	check_errno(execve(self, many, none), E2BIG, "7 MiB of arguments");
	check(exited(in_child({
		      struct rlimit r = { 1 << 20, 1 << 20 };
		      setrlimit(RLIMIT_STACK, &r);
		      many[4] = NULL;
		      if (execve(self, many, none) != -1 || errno != E2BIG)
			      _exit(1);
	      }), 0), "a quarter of the stack limit at most");
	check_errno(execve("/none", c, env), ENOENT, "nothing there");
	check_errno(execve("", c, env), ENOENT, "empty path");
	check_errno(execve(".", c, env), EACCES, "a directory");
	close(file("plain", "not a program"));
	check_errno(execve("plain", c, env), EACCES, "not executable");
	chmod("plain", 0755);
	check_errno(execve("plain", c, env), ENOEXEC, "no known format");
	close(file("empty", ""));
	chmod("empty", 0755);
	check_errno(execve("empty", c, env), ENOEXEC, "an empty file");
	int fd = file("elf", "\177ELF");
	ftruncate(fd, 64);
	close(fd);
	chmod("elf", 0755);
	check_errno(execve("elf", c, env), ENOEXEC, "a torn ELF header");
	check_errno(execve("plain/x", c, env), ENOTDIR, "below a file");
	check_errno(execve("/dev/null", c, env), EACCES, "a device");
	fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
	check(exited(in_child(execveat(fd, "", c, env, AT_EMPTY_PATH)), 0), "execveat by descriptor");
	int d = open("/bin", O_RDONLY | O_DIRECTORY);
	check(exited(in_child(execveat(d, "true", c, env, 0)), 0), "execveat in a directory");
	check_errno(execveat(d, "", c, env, 0), ENOENT, "empty path without the flag");
	check_errno(execveat(d, "true", c, env, 0x40000), EINVAL, "unknown flag");
	check_errno(execveat(12345, "true", c, env, 0), EBADF, "closed descriptor");
	need(symlink("/bin/true", "lnk") == 0);
	check_errno(execveat(AT_FDCWD, "lnk", c, env, AT_SYMLINK_NOFOLLOW), ELOOP, "a link with NOFOLLOW");
	/* A file that is open for writing. */
	char cmd[] = "cp /bin/true copy";
	need(system(cmd) == 0);
	fd = open("copy", O_RDWR);
	check_errno(execve("./copy", c, env), ETXTBSY, "open for writing");
	close(fd);
	check(exited(in_child(execve("./copy", c, env)), 0), "no longer");
	return done();
}
