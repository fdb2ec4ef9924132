/* SPDX-License-Identifier: Apache-2.0
 *
 * pidfds as files: readable once the process has ended. Layer: tasks.
 */
#include "tasks/pidfd.h"

#include <stdio.h>

#include "tasks/life.h"

static uint32_t pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct thread_group *tg = f->priv;

	poll_wait(pt, &tg->exit_wait);
	return tg->zombie || tg->reaped ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct file *f)
{
	tg_unref(f->priv);
}

static int pidfd_show(struct file *f, char *buf, size_t size)
{
	struct thread_group *tg = f->priv;
	int pid = tg->reaped ? -1 : tg->tgid;

	return snprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

static const struct file_ops pidfd_ops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.show_fdinfo = pidfd_show,
	.llseek = noop_llseek,
	.stream = true,
};

int pidfd_install(struct task *t, struct thread_group *tg, unsigned flags)
{
	struct file *f = file_anon(&pidfd_ops, "anon_inode:[pidfd]", 0600, O_RDWR | flags, tg_ref(tg));

	if (!f) {
		tg_unref(tg);
		return -ENOMEM;
	}
	return fd_install(t->files, f, 0, true, task_rlimit(t, RLIMIT_NOFILE));
}

struct thread_group *pidfd_group(struct file *f)
{
	return f->ops == &pidfd_ops ? f->priv : NULL;
}
