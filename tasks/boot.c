/* SPDX-License-Identifier: Apache-2.0
 *
 * The first two processes: the built-in reaper (pid 1), which runs no guest code, and the command
 * (pid 2). And the end: when the command is gone, everything else is killed, then the loop stops.
 * Layer: tasks.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/log.h"
#include "core/loop.h"
#include "tasks/ipc.h"
#include "tasks/itimer.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/signal_impl.h"
#include "tasks/tty.h"
#include "tasks/user.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static struct boot {
	struct init_spec spec; /* its argv and envp are copies of our own */
	char **argv, **envp;
	struct boot_failure *failure;
	struct thread_group *main; /* borrowed */
	bool ending;
	int status;
} boot;

static void free_strings(char **v)
{
	for (char **p = v; p && *p; p++)
		free(*p);
	free(v);
}

static char **copy_strings(const char *const *v)
{
	size_t n = 0;
	char **c;

	while (v && v[n])
		n++;
	c = calloc(n + 1, sizeof(*c));
	for (size_t i = 0; c && i < n; i++) {
		c[i] = strdup(v[i]);
		if (!c[i]) {
			free_strings(c);
			return NULL;
		}
	}
	return c;
}

/* ---- the end ---- */

static void kill_all(void)
{
	struct thread_group *tg;
	pid_t at = 1;

	while ((tg = tg_next(at)) != NULL) {
		at = tg->tgid;
		tg_exit(tg, SIGKILL);
	}
}

/* Nothing is left that it could reap. */
static CO_FN void free_reaper(void)
{
	struct thread_group *tg = tg_find(1);
	struct task *t = tg->leader;

	t->files = fdtable_unref(t->files);
	session_leader_gone(tg);
	tg_set_pgrp(tg, NULL);
	tg->leader = NULL;
	tg_ref(tg);
	task_unpublish(t);
	pid_set_tg(tg->tgid, NULL);
	tg_unref(tg);
}

static CO_FN void end_if_alone(void)
{
	if (!boot.ending || tasks_count() > 1)
		return;
	free_reaper();
	free_strings(boot.argv);
	free_strings(boot.envp);
	boot.argv = boot.envp = NULL;
	loop_stop(boot.status);
}

static void on_zombie(struct thread_group *tg)
{
	if (tg != boot.main)
		return;
	boot.main = NULL;
	boot.status = tg_status(tg);
	boot.ending = true;
	kill_all();
}

static void on_stopped(struct thread_group *tg)
{
	if (tg == boot.main && boot.spec.stopped)
		boot.spec.stopped(tg->stop_code);
}

static void on_reaped(struct thread_group *tg UNUSED)
{
	end_if_alone();
}

/* ---- the beginning ---- */

static CO_FN int install_stdio(struct task *t)
{
	for (int i = 0; i < 3; i++) {
		struct file *f = boot.spec.stdio[i];
		int fd;

		if (!f)
			continue;
		boot.spec.stdio[i] = NULL;
		fd = fd_install(t->files, f, i, false, 3);
		if (fd < 0)
			return fd;
	}
	return 0;
}

static CO_FN int enter_cwd(struct task *t)
{
	struct walk w = task_walk(t);
	struct path p;
	int err;

	err = vfs_lookup(&w, boot.spec.cwd ? boot.spec.cwd : "/", WALK_DIRECTORY, &p);
	if (err)
		return err;
	path_put(&t->fs->cwd);
	t->fs->cwd = p;
	return 0;
}

static const char *guest_path(void)
{
	for (char **e = boot.envp; *e; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			return *e + 5;
	return DEFAULT_PATH;
}

/* As execvp(3): names without a slash are looked for along the guest's own PATH. */
static CO_FN int exec_command(struct task *t)
{
	const char *name = boot.argv[0], *dir, *end;
	struct walk w = task_walk(t);
	char buf[PATH_MAX];
	int err, ret = -ENOENT;

	if (!name || !*name)
		return -ENOENT;
	if (strchr(name, '/'))
		return task_exec(t, &w, name, 0, boot.argv, boot.envp);
	for (dir = guest_path();; dir = end + 1) {
		end = strchrnul(dir, ':');
		if (snprintf(buf, sizeof(buf), "%.*s%s%s", (int)(end - dir), dir, end > dir ? "/" : "",
		             name) < (int)sizeof(buf)) {
			err = task_exec(t, &w, buf, 0, boot.argv, boot.envp);
			if (err != -ENOENT && err != -ENOTDIR && err != -EACCES)
				return err;
			if (err == -EACCES)
				ret = err;
		}
		if (!*end)
			return ret;
	}
}

static CO_FN void main_task(void *arg)
{
	struct task *t = arg;
	int err;

	err = install_stdio(t);
	if (!err) {
		err = enter_cwd(t);
		boot.failure->chdir = err;
	}
	if (!err)
		err = exec_command(t);
	if (err) {
		boot.failure->error = err;
		task_exit(t, (err == -ENOENT ? 127 : 126) << 8);
	}
	t->regs_set = false;
	task_run(t);
}

static struct task *make_task(struct thread_group *tg, struct cred *cred, const char *comm)
{
	struct path root = { .mnt = boot.spec.ns->root, .dentry = boot.spec.ns->root->root };
	struct task *t = task_new(tg, tg->tgid);

	if (!t)
		return NULL;
	t->cred = cred_ref(cred);
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
	t->fs = fs_info_new(&root, &root, boot.spec.umask);
	t->files = fdtable_new();
	if (!t->fs || !t->files || user_add_tasks(cred->ruid, 1)) {
		t->files = t->files ? fdtable_unref(t->files) : NULL;
		task_unref(t);
		return NULL;
	}
	t->nproc_uid = cred->ruid;
	return t;
}

/* A group that leads a process group of its own, in session s or, without one, in a new one. */
static struct thread_group *make_group(struct task **ret, struct uts *uts, struct ipc_ns *ipc,
                                       const char *comm, struct session *s)
{
	pid_t nr = pid_new(0);
	struct thread_group *tg;
	bool leads = !s;
	struct pgrp *pg;

	tg = nr > 0 ? tg_new(nr, NULL) : NULL;
	if (!tg)
		return NULL;
	memcpy(tg->rlim, boot.spec.rlim, sizeof(tg->rlim));
	tg->uts = uts_ref(uts);
	tg->ipc = ipc_ns_ref(ipc);
	tg->exit_signal = SIGCHLD;
	*ret = make_task(tg, boot.spec.cred, comm);
	tg_unref(tg);
	if (!*ret)
		return NULL;
	task_publish(*ret);
	pid_set_tg(nr, tg);
	s = leads ? session_new(nr) : session_ref(s);
	pg = s ? pgrp_new(nr, s) : NULL;
	if (!pg)
		return NULL;
	if (leads)
		s->leader = tg;
	tg_set_pgrp(tg, pg);
	pgrp_unref(pg);
	session_unref(s);
	return tg;
}

void tasks_shutdown(void)
{
	struct thread_group *reaper = tg_find(1);

	if (!reaper)
		return;
	struct task *t = reaper->leader;
	t->files = fdtable_unref(t->files);
	t->fs = fs_info_unref(t->fs);
	t->state = TASK_ZOMBIE;
	reaper->zombie = true;
	tg_on_reaped = NULL;
	session_leader_gone(reaper);
	tg_reap(reaper);
}

/* A failure here ends the sentry, so nothing is undone. */
int tasks_boot(const struct init_spec *spec, struct boot_failure *failure)
{
	struct thread_group *reaper, *tg;
	struct task *t;
	struct ipc_ns *ipc;
	struct uts *uts;
	int err;

	boot = (struct boot){ .spec = *spec, .failure = failure };
	*failure = (struct boot_failure){ 0 };
	boot.argv = copy_strings(spec->argv);
	boot.envp = copy_strings(spec->envp);
	for (int i = 0; i < 3; i++) /* the command's coroutine installs them, after we returned */
		if (spec->stdio[i])
			file_ref(spec->stdio[i]);
	uts = uts_new(spec->hostname);
	tasks_ipc_init();
	ipc = ipc_ns_new();
	if (!boot.argv || !boot.envp || !uts || !ipc)
		return -ENOMEM;
	reaper = make_group(&t, uts, ipc, "picket", NULL);
	if (!reaper)
		return -ENOMEM;
	ASSERT(reaper->tgid == 1, "the built-in reaper is pid 1");
	reaper->builtin = true;
	reaper->sig.action[SIGCHLD - 1].handler = SIG_IGN_K;

	/* One session for both: the reaper stands for the shell that started the command. */
	tg = make_group(&t, uts, ipc, spec->argv[0] ? spec->argv[0] : "", reaper->pgrp->session);
	uts_unref(uts);
	ipc_ns_unref(ipc);
	if (!tg)
		return -ENOMEM;
	if (!spec->aslr)
		t->personality |= 0x0040000; /* ADDR_NO_RANDOMIZE */
	tg_add_child(reaper, tg);
	tg->parent_tid = reaper->tgid;
	tg->from_caller = true;
	session_set_tty(tg->pgrp->session, spec->tty);
	tty_set_foreground(spec->tty, tg->pgrp->id);
	cpu_limit_watch(tg);
	boot.main = tg;
	tg_on_zombie = on_zombie;
	tg_on_reaped = on_reaped;
	tg_on_stopped = on_stopped;
	err = task_start(t, main_task);
	return err;
}
