/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: verbs, messages, exit codes. Layer: control.
 */
#ifndef CONTROL_CLI_H
#define CONTROL_CLI_H

#include "core/base.h"

/* As container tools answer: picket's own failure, command found but not runnable, not found. */
#define EXIT_PICKET 125
#define EXIT_NOT_RUNNABLE 126
#define EXIT_NOT_FOUND 127

/* One line on stderr, "picket: ...". */
void cli_error(const char *fmt, ...) PRINTF_FMT(1, 2);

int cli_main(int argc, char **argv);

#endif
