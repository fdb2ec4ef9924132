/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tasks layer needs of a controlling terminal. Whoever implements terminals registers it;
 * without, sessions simply have none. Layer: tasks.
 */
#ifndef TASKS_TTY_H
#define TASKS_TTY_H

#include "tasks/task.h"

struct tty_ops {
	/* Foreground process group id, or 0. */
	pid_t (*foreground)(struct tty *tty);
	void (*set_foreground)(struct tty *tty, pid_t pgrp);
	/* The session's leader ended: the terminal belongs to no session now. */
	void (*session_gone)(struct tty *tty);
	struct tty *(*ref)(struct tty *tty);
	struct tty *(*unref)(struct tty *tty); /* returns NULL */
	/* st_rdev of the terminal, for /proc/PID/stat. */
	dev_t (*rdev)(struct tty *tty);
};

void tasks_set_tty_ops(const struct tty_ops *ops);
/* Gives s the controlling terminal tty (takes a reference), with s's id in the foreground. */
void session_set_tty(struct session *s, struct tty *tty);
/* Takes it away (TIOCNOTTY of the leader, hang-up). */
void session_drop_tty(struct session *s);
pid_t tty_foreground(struct tty *tty);
void tty_set_foreground(struct tty *tty, pid_t pgrp); /* NULL: nothing to do */
dev_t tty_rdev(struct tty *tty); /* its device number; 0 when that isn't known */

#endif
