/* SPDX-License-Identifier: Apache-2.0
 *
 * Verbs of the command line. Layer: control.
 */
#include "control/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "control/do.h"
#include "syscalls/syscall.h"

#define OCI_SPEC "1.1.0"

void cli_error(const char *fmt, ...)
{
	char buf[1024];
	va_list ap;
	int n = snprintf(buf, sizeof(buf), "picket: ");

	va_start(ap, fmt);
	int m = vsnprintf(buf + n, sizeof(buf) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	size_t len = MIN((size_t)n + (size_t)MAX(m, 0), sizeof(buf) - 2);
	buf[len++] = '\n';
	/* Nothing is left to be done when even stderr can't be written. */
	if (write(STDERR_FILENO, buf, len) < 0)
		return;
}

static int usage(void)
{
	puts("usage: picket COMMAND [OPTION...] [--] [ARG...]\n"
	     "\n"
	     "Runs Linux programs in a sandbox whose kernel is picket itself.\n"
	     "\n"
	     "commands:\n"
	     "  do [OPTION...] [--] CMD [ARG...]  run CMD over a throw-away overlay of the host's root\n"
	     "  syscalls [--json]                 print the system call table with its support levels\n"
	     "  --version, --help\n"
	     "\n"
	     "options of do:");
	puts(do_options_help());
	puts("The exit status is the command's, 128+N when signal N ended it, 127 when it was not found,\n"
	     "126 when it can't be run, 125 when picket itself failed. See picket(1).");
	return fflush(stdout) ? EXIT_PICKET : 0;
}

static int version(void)
{
	printf("picket version %s\nspec: %s\n", PACKAGE_VERSION, OCI_SPEC);
	return fflush(stdout) ? EXIT_PICKET : 0;
}

static int cmd_syscalls(int argc, char **argv)
{
	bool json = argc == 2 && !strcmp(argv[1], "--json");

	if (argc > 1 && !json) {
		cli_error("syscalls takes only --json, not '%s'", argv[1]);
		return EXIT_PICKET;
	}
	int err = syscalls_print(json);
	if (err)
		cli_error("writing the table failed: %s", strerror(-err));
	return err ? EXIT_PICKET : 0;
}

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "do", cmd_do },
	{ "syscalls", cmd_syscalls },
};

int cli_main(int argc, char **argv)
{
	if (argc < 2) {
		cli_error("no command given; try 'picket --help'");
		return EXIT_PICKET;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return usage();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-v"))
		return version();
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	cli_error("unknown %s '%s'; try 'picket --help'", argv[1][0] == '-' ? "option" : "command",
	          argv[1]);
	return EXIT_PICKET;
}
