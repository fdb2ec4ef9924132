/* SPDX-License-Identifier: Apache-2.0
 *
 * `picket syscalls`: the table for people and for programs. Layer: syscalls.
 */
#include <stdio.h>

#include "syscalls/syscall.h"

static const char *const support_names[] = {
	[SUPPORT_NONE] = "none",   [SUPPORT_PARTIAL] = "partial", [SUPPORT_FULL] = "full",
	[SUPPORT_NOSYS] = "nosys", [SUPPORT_DENIED] = "denied",
};

static void print_json(unsigned nr, const struct syscall_row *r, bool first)
{
	printf("%s\n  {\"number\": %u, \"name\": \"%s\", \"support\": \"%s\", \"args\": [", first ? "" : ",",
	       nr, r->name, support_names[r->support]);
	for (unsigned i = 0; i < r->nargs; i++)
		printf("%s\"%s\"", i ? ", " : "", r->arg[i].name);
	printf("]");
	if (r->note)
		printf(", \"note\": \"%s\"", r->note);
	printf("}");
}

static void print_text(unsigned nr, const struct syscall_row *r)
{
	printf("%3u  %-24s %-8s%s%s\n", nr, r->name, support_names[r->support], r->note ? " " : "",
	       r->note ? r->note : "");
}

int syscalls_print(bool json)
{
	bool first = true;

	if (json)
		printf("[");
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		const struct syscall_row *r = &syscall_table[nr];
		if (!r->name)
			continue;
		if (json)
			print_json(nr, r, first);
		else
			print_text(nr, r);
		first = false;
	}
	if (json)
		printf("\n]\n");
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}
