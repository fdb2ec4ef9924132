/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's process while a sandbox runs: it stands for the sandbox towards its own parent, and of
 * all its memory keeps no more than a page of code and its stack. Layer: control.
 */
#ifndef CONTROL_SUPERVISE_H
#define CONTROL_SUPERVISE_H

#include <signal.h>
#include <sys/types.h>

struct supervised {
	pid_t pid;   /* the sentry */
	int signals; /* a signalfd: what is passed on */
	int sentry;  /* the socket to it, from which the command's stops come */
	char died[64]; /* what to say when a signal ends it, up to the signal's number */
	unsigned died_len;
};

/* Waits for the sentry and ends as it did, by code EXIT_PICKET when a signal ended it. */
void supervise(struct supervised *s) __attribute__((noreturn));

#endif
