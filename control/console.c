/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard input, output and error of the first process. Layer: control.
 */
#include "control/console.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/fs/stdio.h"
#include "core/log.h"
#include "tasks/hosttty.h"
#include "tasks/task.h"
#include "tasks/tty.h"

#define FIRST_PID 2

static struct tty *console_tty;

/* The terminal's place in the guest's /dev, so that ttyname(3) finds it. */
static CO_FN int make_node(const struct walk *w, const struct cred *owner)
{
	struct attr_change ch = { .valid = ATTR_UID, .uid = owner->euid };
	struct path p;
	int err = vfs_mknod(w, HOSTTTY_PATH, S_IFCHR | 0620, makedev(HOSTTTY_MAJOR, 0));

	if (err)
		return err == -EEXIST ? 0 : err;
	err = vfs_lookup(w, HOSTTTY_PATH, 0, &p);
	if (!err) {
		err = vfs_setattr(&p, &ch, w->cred);
		path_put(&p);
	}
	return err;
}

static CO_FN int open_terminal(const struct walk *w, const struct cred *owner, int fd,
                               struct file **ret)
{
	int flags = fcntl(fd, F_GETFL);
	int err = 0;

	if (!console_tty)
		err = hosttty_new(fd, &console_tty);
	if (!err)
		err = make_node(w, owner);
	return err ? err : vfs_open(w, HOSTTTY_PATH, (unsigned)flags & O_ACCMODE, 0, ret);
}

CO_FN int console_open(const struct walk *w, const struct cred *owner, struct file *stdio[3],
                       struct tty **tty)
{
	int err = hosttty_register_none();

	for (int fd = 0; fd < 3 && !err; fd++) {
		/* Without a /dev in the guest's root the terminal is a stream like any other. */
		if (isatty(fd) && !open_terminal(w, owner, fd, &stdio[fd]))
			continue;
		err = stdio_file_new(fd, &stdio[fd]);
		if (err == -EBADF) { /* closed for the caller, closed for the guest */
			stdio[fd] = NULL;
			err = 0;
		}
	}
	*tty = console_tty;
	return err;
}

void console_signal(int sig, bool from_terminal)
{
	struct thread_group *tg = tg_find(FIRST_PID);
	struct pgrp *pg = NULL;

	if (!tg)
		return;
	if (from_terminal)
		pg = console_tty ? pgrp_find(tty_foreground(console_tty)) : tg->pgrp;
	if (pg)
		send_signal_pgrp(pg, sig, NULL);
	else
		send_signal_group(tg, sig, NULL);
}

void console_close(void)
{
	if (console_tty)
		hosttty_done(console_tty);
	console_tty = NULL;
}
