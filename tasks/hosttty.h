/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's terminal as the guest's controlling terminal. The host's line discipline does the
 * editing and echo; job control (who is in the foreground) is the sentry's own. Layer: tasks.
 */
#ifndef TASKS_HOSTTTY_H
#define TASKS_HOSTTTY_H

#include "core/fs/file.h"

struct tty;

#define HOSTTTY_PATH "/dev/pts/0"
#define HOSTTTY_MAJOR 136

/*
 * Takes the host terminal behind descriptor fd (borrowed, stays open) as the guest's. Its settings
 * are remembered. Registers the devices 136:0 and /dev/tty. One per sandbox.
 */
int hosttty_new(int fd, struct tty **ret);
/* Gives the terminal's settings back as they were, and drops the last reference. */
void hosttty_done(struct tty *tty);
/* /dev/tty, when there is no host terminal: -ENXIO. */
int hosttty_register_none(void);

#endif
