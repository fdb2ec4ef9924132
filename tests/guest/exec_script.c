/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static void script(const char *name, const char *text)
{
	close(file(name, text));
	chmod(name, 0755);
}

int main(int argc, char **argv)
{
	char *v[] = { "zero", "one", NULL }, self[2100], text[4300], cwd[2048];

	if (argc > 1 && !strcmp(argv[1], "-show me")) {
		/* self "-show me" script one */
		_exit(argc == 4 && !strcmp(argv[2], "./arg") && !strcmp(argv[3], "one") ? 21 : 22);
	}
	need(getcwd(cwd, sizeof(cwd)));
	int n = readlink("/proc/self/exe", self, 2000);
	need(n > 0);
	self[n] = 0;
	script("plain", "#!/bin/sh\nexit 5\n");
	check(exited(in_child(execve("./plain", v, NULL)), 5), "script");
	script("space", "#!  \t/bin/sh  \nexit 6\n");
	check(exited(in_child(execve("./space", v, NULL)), 6), "with spaces");
	script("args", "#!/bin/sh\n[ \"$0\" = ./args ] && [ \"$1\" = one ] && [ $# = 1 ] && exit 7\n");
	check(exited(in_child(execve("./args", v, NULL)), 7), "arguments: the script's name replaces the first");
	snprintf(text, sizeof(text), "#!%s -show me  \n", self);
	if (strlen(text) < 255) {
		script("arg", text);
		check(exited(in_child(execve("./arg", v, NULL)), 21), "the rest of the line is one argument");
	}
	script("nested", "#!./plain\n");
	check(exited(in_child(execve("./nested", v, NULL)), 5), "a script as interpreter");
	script("n1", "#!./nested\n");
	script("n2", "#!./n1\n");
	script("n3", "#!./n2\n");
	check(exited(in_child(execve("./n2", v, NULL)), 5), "four deep");
	script("n4", "#!./n3\n");
	check(exited(in_child(execve("./n3", v, NULL)), 5), "five deep");
	check_errno(execve("./n4", v, NULL), ELOOP, "six deep");
	script("loop", "#!./loop\n");
	check_errno(execve("./loop", v, NULL), ELOOP, "itself");
	script("gone", "#!/none/sh\n");
	check_errno(execve("./gone", v, NULL), ENOENT, "no interpreter");
	script("void", "#!\n");
	check_errno(execve("./void", v, NULL), ENOEXEC, "an empty line");
	script("blank", "#!   \n");
	check_errno(execve("./blank", v, NULL), ENOEXEC, "a blank line");
	script("noline", "#!/bin/true");
	check(exited(in_child(execve("./noline", v, NULL)), 0), "no newline");
	memset(text, 'x', 4200);
	memcpy(text, "#!/bin/sh ", 10);
	strcpy(text + 4200, "\nexit 8\n");
	script("longline", text);
	int st = in_child(execve("./longline", v, NULL); _exit(errno == ENOEXEC ? 98 : 99));
	check(!exited(st, 99), "a long line");
	memset(text, 'x', 4200);
	memcpy(text, "#!/", 3);
	script("longname", text);
	check_errno(execve("./longname", v, NULL), ENOEXEC, "a cut interpreter name");
	script("crlf", "#!/bin/sh\r\nexit 1\n");
	check_errno(execve("./crlf", v, NULL), ENOENT, "a carriage return belongs to the name");
	chmod("plain", 0644);
	check_errno(execve("./plain", v, NULL), EACCES, "not executable");
	check_errno(execve("./nested", v, NULL), EACCES, "interpreter not executable");
	chmod("plain", 0755);
	int fd = open("plain", O_RDONLY);
	check(exited(in_child(execveat(fd, "", v, NULL, AT_EMPTY_PATH)), 5), "script by descriptor");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	check_errno(execveat(fd, "", v, NULL, AT_EMPTY_PATH), ENOENT, "which is close-on-exec");
	return done();
}
