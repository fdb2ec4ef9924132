/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's entry.
 */
#include "control/cli.h"

/*
 * Sanitizer builds: LeakSanitizer wants to ptrace its own process, which fails once the process has
 * made a pid namespace. Leaks are found by the object counters at teardown instead.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
