/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest's standard input, output and error. Layer: control.
 */
#ifndef CONTROL_CONSOLE_H
#define CONTROL_CONSOLE_H

#include "core/fs/namei.h"

struct tty;

/*
 * Open files over the caller's descriptors 0 to 2 (NULL where closed), references for the caller;
 * and the terminal among them that becomes the controlling one, or NULL, which stays ours. Names
 * are looked up with w, which may make nodes in /dev; the terminal belongs to `owner`.
 */
CO_FN int console_open(const struct walk *w, const struct cred *owner, struct file *stdio[3],
                       struct tty **tty);
/*
 * A signal that the caller's side received. What a terminal sent goes to the guest's foreground
 * group, what a process sent to the first process.
 */
void console_signal(int sig, bool from_terminal);
/* Gives the terminal back as it was found. */
void console_close(void);

#endif
