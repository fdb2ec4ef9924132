/* SPDX-License-Identifier: Apache-2.0
 *
 * signalfd(2). Reading takes signals of whoever reads, not of whoever made the file. Layer: tasks.
 */
#include "tasks/signalfd.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "tasks/signal_impl.h"

struct signalfd {
	sigmask_t mask;
};

static void export_info(struct signalfd_siginfo *o, const siginfo_t *i)
{
	memset(o, 0, sizeof(*o));
	o->ssi_signo = (uint32_t)i->si_signo;
	o->ssi_errno = i->si_errno;
	o->ssi_code = i->si_code;
	if (i->si_code == SI_TIMER) {
		o->ssi_tid = (uint32_t)i->si_timerid;
		o->ssi_overrun = (uint32_t)i->si_overrun;
		o->ssi_ptr = (uint64_t)i->si_ptr;
		o->ssi_int = i->si_int;
		return;
	}
	if (i->si_code > 0 && i->si_code != SI_KERNEL) {
		switch (i->si_signo) {
		case SIGCHLD:
			o->ssi_pid = (uint32_t)i->si_pid;
			o->ssi_uid = i->si_uid;
			o->ssi_status = i->si_status;
			o->ssi_utime = (uint64_t)i->si_utime;
			o->ssi_stime = (uint64_t)i->si_stime;
			return;
		case SIGPOLL:
			o->ssi_band = (uint32_t)i->si_band;
			o->ssi_fd = i->si_fd;
			return;
		case SIGSEGV:
		case SIGBUS:
		case SIGILL:
		case SIGFPE:
		case SIGTRAP:
			o->ssi_addr = (uint64_t)i->si_addr;
			return;
		}
	}
	o->ssi_pid = (uint32_t)i->si_pid;
	o->ssi_uid = i->si_uid;
	if (i->si_code < 0) {
		o->ssi_ptr = (uint64_t)i->si_ptr;
		o->ssi_int = i->si_int;
	}
}

static CO_FN int next_signal(struct file *f, struct task *t, siginfo_t *info, bool wait)
{
	struct signalfd *s = f->priv;
	int sig, err;

	for (;;) {
		sig = signal_dequeue(t, s->mask, info);
		if (sig)
			return sig;
		if (!wait)
			return -EAGAIN;
		err = wait_on(&t->tg->sig.signalfds, KTIME_NEVER);
		if (err)
			return err;
	}
}

static CO_FN ssize_t signalfd_read(struct file *f, struct uio *u, int64_t *pos UNUSED)
{
	struct task *t = current_task();
	struct signalfd_siginfo out;
	siginfo_t info;
	ssize_t done = 0;
	int sig;

	if (!t || u->resid < sizeof(out))
		return -EINVAL;
	while (u->resid >= sizeof(out)) {
		sig = next_signal(f, t, &info, !done && !(f->flags & O_NONBLOCK));
		if (sig < 0)
			return done ? done : sig;
		export_info(&out, &info);
		if (uio_put(u, &out, sizeof(out)) != sizeof(out))
			return done ? done : -EFAULT;
		done += (ssize_t)sizeof(out);
	}
	return done;
}

static uint32_t signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->priv;
	struct task *t = current_task();

	if (!t)
		return 0;
	poll_wait(pt, &t->tg->sig.signalfds);
	return signals_pending_set(t) & s->mask ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct file *f)
{
	free(f->priv);
}

static int signalfd_show(struct file *f, char *buf, size_t size)
{
	struct signalfd *s = f->priv;

	return snprintf(buf, size, "sigmask:\t%016llx\n", (unsigned long long)s->mask);
}

static const struct file_ops signalfd_ops = {
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.show_fdinfo = signalfd_show,
	.llseek = noop_llseek,
	.stream = true,
};

struct file *signalfd_new(sigmask_t mask, unsigned flags)
{
	struct signalfd *s = calloc(1, sizeof(*s));
	struct file *f;

	if (!s)
		return NULL;
	s->mask = mask & ~SIGMASK_NEVER_BLOCKED;
	f = file_anon(&signalfd_ops, "anon_inode:[signalfd]", 0600, O_RDWR | flags, s);
	if (!f)
		free(s);
	return f;
}

int signalfd_set_mask(struct file *f, sigmask_t mask)
{
	struct task *t = current_task();

	if (f->ops != &signalfd_ops)
		return -EINVAL;
	((struct signalfd *)f->priv)->mask = mask & ~SIGMASK_NEVER_BLOCKED;
	if (t)
		wake_all(&t->tg->sig.signalfds);
	return 0;
}
