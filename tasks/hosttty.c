/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's terminal. Layer: tasks. tty(4), ioctl_tty(2), termios(3), credentials(7).
 */
#include "tasks/hosttty.h"

#include <asm/termbits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include "core/clock.h"
#include "core/fs/filesystems.h"
#include "core/fs/stdio.h"
#include "core/objcount.h"
#include "tasks/signal_impl.h"
#include "tasks/task.h"
#include "tasks/tty.h"

#define DRAIN_EVERY NSEC_PER_MSEC

OBJCOUNT(tty_count, "tty");

struct tty {
	int refs;
	int fd; /* the caller's descriptor */
	struct host_stream *stream; /* for settings */
	struct termios saved;
	bool changed;              /* by the guest: to be given back */
	pid_t foreground;
};

static struct tty *the_tty; /* the sandbox's, borrowed from hosttty_new's caller */

/* ---- tty_ops ---- */

static pid_t get_foreground(struct tty *tty) { return tty->foreground; }

static void set_foreground(struct tty *tty, pid_t pgrp)
{
	tty->foreground = pgrp;
}

static void session_gone(struct tty *tty)
{
	tty->foreground = 0;
}

static struct tty *tty_ref(struct tty *tty)
{
	tty->refs++;
	return tty;
}

static void no_wake(void *arg UNUSED, int events UNUSED)
{
}

static struct tty *tty_unref(struct tty *tty)
{
	if (--tty->refs)
		return NULL;
	host_stream_free(tty->stream);
	free(tty);
	obj_died(&tty_count);
	return NULL;
}

static dev_t host_tty_rdev(struct tty *tty UNUSED)
{
	return makedev(HOSTTTY_MAJOR, 0);
}

static const struct tty_ops tty_ops = {
	.foreground = get_foreground,
	.set_foreground = set_foreground,
	.session_gone = session_gone,
	.ref = tty_ref,
	.unref = tty_unref,
	.rdev = host_tty_rdev,
};

/* ---- job control ---- */

static bool is_controlling(const struct task *t, const struct tty *tty)
{
	return t && t->tg->pgrp && t->tg->pgrp->session->tty == tty;
}

static bool blocked_or_ignored(struct task *t, int sig)
{
	return t->sig.blocked & sig_bit(sig) || signal_is_ignored(t, sig);
}

/* A background process reads: stopped by SIGTTIN, or EIO when that can't be. */
static int check_read(struct tty *tty)
{
	struct task *t = current_task();

	if (!is_controlling(t, tty) || !tty->foreground || t->tg->pgrp->id == tty->foreground)
		return 0;
	if (blocked_or_ignored(t, SIGTTIN) || pgrp_orphaned(t->tg->pgrp, NULL))
		return -EIO;
	send_signal_pgrp(t->tg->pgrp, SIGTTIN, NULL);
	return -ERESTARTSYS;
}

/* A background process writes under TOSTOP or changes settings. */
static int check_change(struct tty *tty)
{
	struct task *t = current_task();

	if (!is_controlling(t, tty) || !tty->foreground || t->tg->pgrp->id == tty->foreground)
		return 0;
	if (blocked_or_ignored(t, SIGTTOU))
		return 0;
	if (pgrp_orphaned(t->tg->pgrp, NULL))
		return -EIO;
	send_signal_pgrp(t->tg->pgrp, SIGTTOU, NULL);
	return -ERESTARTSYS;
}

static int check_write(struct tty *tty)
{
	struct termios tio;

	if (host_stream_ioctl(tty->stream, TCGETS, &tio) || !(tio.c_lflag & TOSTOP))
		return 0;
	return check_change(tty);
}

/* ---- open files ---- */

struct tty_file {
	struct stdio io;
	struct tty *tty;
};

static CO_FN ssize_t tty_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct tty_file *tf = f->priv;
	int err = check_read(tf->tty);

	return err ? err : stdio_read(&tf->io, f, u);
}

static CO_FN ssize_t tty_write(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct tty_file *tf = f->priv;
	int err = check_write(tf->tty);

	return err ? err : stdio_write(&tf->io, f, u);
}

static uint32_t tty_poll(struct file *f, struct poll_table *pt)
{
	return stdio_poll(&((struct tty_file *)f->priv)->io, pt);
}

static void tty_release(struct file *f)
{
	struct tty_file *tf = f->priv;

	if (!tf)
		return;
	stdio_done(&tf->io);
	tty_unref(tf->tty);
	free(tf);
}

/* ---- settings ---- */

/* Waits until the terminal has shown all output: the host's own wait would block everybody. */
static CO_FN int drain(struct tty *tty)
{
	int left;

	while (!host_stream_ioctl(tty->stream, TIOCOUTQ, &left) && left > 0) {
		int err = sleep_until(ktime_add(clock_monotonic(), DRAIN_EVERY));
		if (err)
			return err;
	}
	return 0;
}

static CO_FN int set_termios(struct tty *tty, unsigned cmd, gaddr_t arg)
{
	struct termios2 t2;
	bool is2 = cmd == TCSETS2 || cmd == TCSETSW2 || cmd == TCSETSF2;
	size_t size = is2 ? sizeof(t2) : sizeof(struct termios);
	int err = check_change(tty);

	if (!err)
		err = copyin(&t2, arg, size);
	if (!err && cmd != TCSETS && cmd != TCSETS2)
		err = drain(tty);
	if (err)
		return err;
	if (cmd == TCSETSF || cmd == TCSETSF2)
		host_stream_ioctl(tty->stream, TCFLSH, (void *)(uintptr_t)TCIFLUSH);
	tty->changed = true;
	return host_stream_ioctl(tty->stream, is2 ? TCSETS2 : TCSETS, &t2);
}

static CO_FN int get_block(struct tty *tty, unsigned cmd, gaddr_t arg, size_t size)
{
	char buf[sizeof(struct termios2)];
	int err = host_stream_ioctl(tty->stream, cmd, buf);

	return err ? err : copyout(arg, buf, size);
}

static CO_FN int set_winsize(struct tty *tty, gaddr_t arg)
{
	struct winsize now, ws;

	if (copyin_obj(&ws, arg))
		return -EFAULT;
	int err = host_stream_ioctl(tty->stream, TIOCGWINSZ, &now);
	if (err || !memcmp(&now, &ws, sizeof(ws)))
		return err;
	return host_stream_ioctl(tty->stream, TIOCSWINSZ, &ws); /* the host tells by SIGWINCH */
}

/* ---- sessions ---- */

static CO_FN int get_pgrp(struct tty *tty, gaddr_t arg)
{
	int pgrp = tty->foreground;

	return is_controlling(current_task(), tty) ? copyout_obj(arg, &pgrp) : -ENOTTY;
}

static CO_FN int set_pgrp(struct tty *tty, gaddr_t arg)
{
	struct task *t = current_task();
	int id, err = check_change(tty);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (!is_controlling(t, tty))
		return -ENOTTY;
	if (copyin_obj(&id, arg))
		return -EFAULT;
	if (id < 0)
		return -EINVAL;
	struct pgrp *pg = pgrp_find(id);
	if (!pg)
		return -ESRCH;
	if (pg->session != t->tg->pgrp->session)
		return -EPERM;
	tty->foreground = id;
	return 0;
}

static CO_FN int get_sid(struct tty *tty, gaddr_t arg)
{
	struct task *t = current_task();

	if (!is_controlling(t, tty))
		return -ENOTTY;
	int sid = t->tg->pgrp->session->id;
	return copyout_obj(arg, &sid);
}

/* The session whose controlling terminal it is, or NULL. */
static struct session *session_of(struct tty *tty)
{
	struct thread_group *tg = NULL;

	for (pid_t at = 0; (tg = tg_next(at)); at = tg->tgid)
		if (tg->pgrp && tg->pgrp->session->tty == tty)
			return tg->pgrp->session;
	return NULL;
}

static int set_controlling(struct tty *tty, uint64_t steal)
{
	struct task *t = current_task();
	struct session *s = t->tg->pgrp->session;

	if (s->leader == t->tg && s->tty == tty)
		return 0;
	if (s->leader != t->tg || s->tty)
		return -EPERM;
	struct session *owner = session_of(tty);
	if (owner) {
		if (steal != 1 || !task_capable(t, CAP_SYS_ADMIN))
			return -EPERM;
		session_drop_tty(owner);
	}
	session_set_tty(s, tty);
	tty->foreground = t->tg->pgrp->id;
	return 0;
}

static int give_up(struct tty *tty)
{
	struct task *t = current_task();
	struct session *s = t->tg->pgrp->session;

	if (!is_controlling(t, tty))
		return -ENOTTY;
	if (s->leader != t->tg)
		return 0; /* only this process loses it, and it has no copy of its own */
	struct pgrp *fg = pgrp_find(tty->foreground);
	if (fg) {
		send_signal_pgrp(fg, SIGHUP, NULL);
		send_signal_pgrp(fg, SIGCONT, NULL);
	}
	session_drop_tty(s);
	return 0;
}

static CO_FN int64_t tty_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	struct tty *tty = ((struct tty_file *)f->priv)->tty;
	int err;

	switch (cmd) {
	case TCGETS: return get_block(tty, cmd, arg, sizeof(struct termios));
	case TCGETS2: return get_block(tty, cmd, arg, sizeof(struct termios2));
	case TIOCGWINSZ: return get_block(tty, cmd, arg, sizeof(struct winsize));
	case TIOCOUTQ:
	case FIONREAD:
	case TIOCGETD: return get_block(tty, cmd, arg, sizeof(int));
	case TCSETS: case TCSETSW: case TCSETSF:
	case TCSETS2: case TCSETSW2: case TCSETSF2: return set_termios(tty, cmd, arg);
	case TIOCSWINSZ: return set_winsize(tty, arg);
	case TIOCGPGRP: return get_pgrp(tty, arg);
	case TIOCSPGRP: return set_pgrp(tty, arg);
	case TIOCGSID: return get_sid(tty, arg);
	case TIOCSCTTY: return set_controlling(tty, arg);
	case TIOCNOTTY: return give_up(tty);
	case TCSBRK:
	case TCSBRKP:
		err = check_change(tty);
		if (!err)
			err = drain(tty);
		/* A break is for serial lines; terminals here only drain. */
		return err;
	case TCXONC:
	case TCFLSH:
		err = check_change(tty);
		return err ? err : host_stream_ioctl(tty->stream, cmd, (void *)(uintptr_t)(int)arg);
	case TIOCSTI: return -EIO; /* as with dev.tty.legacy_tiocsti=0: typing into the caller's shell */
	}
	return -ENOTTY;
}

static const struct file_ops tty_fops = {
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release,
};

static int open_on(struct tty *tty, struct file *f)
{
	struct tty_file *tf = calloc(1, sizeof(*tf));

	if (!tf)
		return -ENOMEM;
	int err = stdio_init(&tf->io, tty->fd);
	if (err) {
		free(tf);
		return err;
	}
	tf->tty = tty_ref(tty);
	f->priv = tf;
	f->ops = &tty_fops;
	return 0;
}

/* /dev/pts/0 */
static int open_device(struct inode *ino UNUSED, struct file *f)
{
	return the_tty ? open_on(the_tty, f) : -ENXIO;
}

/* /dev/tty: the caller's controlling terminal */
static int open_current(struct inode *ino UNUSED, struct file *f)
{
	struct task *t = current_task();
	struct tty *tty = t && t->tg->pgrp ? t->tg->pgrp->session->tty : NULL;

	return tty ? open_on(tty, f) : -ENXIO;
}

int hosttty_register_none(void)
{
	int err = chrdev_register(5, 0, NULL, open_current);

	return err == -EEXIST ? 0 : err;
}

int hosttty_new(int fd, struct tty **ret)
{
	struct tty *tty = calloc(1, sizeof(*tty));

	if (!tty)
		return -ENOMEM;
	tty->refs = 1;
	tty->fd = fd;
	int err = host_stream_new(fd, no_wake, NULL, &tty->stream);
	if (!err) {
		err = host_stream_ioctl(tty->stream, TCGETS, &tty->saved);
		if (err)
			host_stream_free(tty->stream);
	}
	if (!err)
		err = hosttty_register_none();
	if (!err)
		err = chrdev_register(HOSTTTY_MAJOR, 0, NULL, open_device);
	if (err) {
		free(tty);
		return err;
	}
	obj_born(&tty_count);
	the_tty = tty;
	tasks_set_tty_ops(&tty_ops);
	*ret = tty;
	return 0;
}

void hosttty_done(struct tty *tty)
{
	/* However the guest left it, the caller's shell goes on with its own settings. */
	if (tty->changed)
		host_stream_ioctl(tty->stream, TCSETS, &tty->saved);
	the_tty = NULL;
	tty_unref(tty);
}
