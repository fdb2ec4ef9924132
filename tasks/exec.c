/* SPDX-License-Identifier: Apache-2.0
 *
 * execve(2): the new program is loaded beside the old one, and takes its place only when nothing
 * can fail any more. Layer: tasks.
 */
#include "tasks/exec.h"

#include <sys/personality.h>

#include "tasks/cputime.h"
#include "tasks/life.h"
#include "tasks/pid.h"
#include "tasks/posix_timer.h"
#include "tasks/ptrace.h"
#include "tasks/signal_impl.h"
#include "tasks/user.h"

#ifndef ARCH_SET_FS
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#endif
#define EFLAGS_INITIAL 0x202 /* IF, and the bit that is always set */
#define PERSONALITY_CLEAR_ON_SETID                                                                 \
	(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)

struct exec_state {
	struct task *t;
	struct cred *cred;
	bool secure;
	bool unreadable;
	bool aslr;
	bool alone;   /* the group has no other threads any more, and shares nothing that exec unshares */
	bool left;    /* the old address space: there is no way back */
	bool renewed; /* the task has the new one already, where the old one was */
};

static CO_FN int creds_for_exec(struct file *exe, const struct load_file_ids *fi,
                          struct load_ids *ids, void *arg)
{
	struct exec_state *st = arg;
	struct task *t = st->t, *o;
	int users = 0, err;

	LIST_FOREACH(o, &t->tg->tasks, tg_entry)
		users += o->fs == t->fs;
	st->cred = cred_unref(st->cred);
	st->unreadable = vfs_permission(&exe->path, t->cred, MAY_READ) != 0;
	err = exec_compute_cred(t->cred, fi, t->fs->refs > users || ptrace_exec_unsafe(t), &st->cred,
	                        &st->secure);
	if (err)
		return err;
	ids->uid = st->cred->ruid;
	ids->euid = st->cred->euid;
	ids->gid = st->cred->rgid;
	ids->egid = st->cred->egid;
	ids->secure = st->secure;
	return 0;
}

/* t takes the place, and the id, of the leader, which has ended. */
static void become_leader(struct task *t)
{
	struct thread_group *tg = t->tg, *c;
	struct task *leader = tg->leader;
	pid_t old = t->tid;

	/* Its tracer won't be told of its end any more. */
	if (leader->pt.tracer)
		wake_all(&leader->pt.tracer->tg->wait_children);
	task_account_end(leader);
	t->start_time = leader->start_time;
	tg->leader = t;
	task_unpublish(leader);
	pid_set_task(old, NULL);
	t->tid = tg->tgid;
	pid_set_task(t->tid, t);
	LIST_FOREACH(c, &tg->children, sibling)
		if (c->parent_tid == old)
			c->parent_tid = t->tid;
}

/* Ends all other threads. -EAGAIN when another exec or an exit of the group was first. */
static CO_FN int de_thread(struct task *t)
{
	struct thread_group *tg = t->tg;
	struct task *o;
	int err = 0;

	if (tg->exiting || tg->exec_task || t->exiting)
		return -EAGAIN;
	if (tg->nr_tasks == 1)
		return 0;
	tg->exec_task = t;
	LIST_FOREACH(o, &tg->tasks, tg_entry)
		if (o != t)
			task_zap(o, 0);
	while (tg->nr_tasks > 2 ||
	       (tg->nr_tasks == 2 && (tg->leader == t || tg->leader->state != TASK_ZOMBIE))) {
		err = wait_on_mode(&tg->exec_wait, KTIME_NEVER, WAIT_KILLABLE);
		if (err)
			break;
	}
	tg->exec_task = NULL;
	if (err)
		return -EAGAIN;
	if (tg->leader != t)
		become_leader(t);
	return 0;
}

static int unshare_sighand(struct thread_group *tg)
{
	struct sighand *hand;

	if (tg->sig.hand->refs == 1)
		return 0;
	hand = sighand_new();
	if (!hand)
		return -ENOMEM;
	memcpy(hand->action, tg->sig.hand->action, sizeof(hand->action));
	sighand_unref(tg->sig.hand);
	tg->sig.hand = hand;
	tg->sig.action = hand->action;
	return 0;
}

static CO_FN int unshare_files(struct task *t)
{
	struct fdtable *own;
	int err;

	if (!fdtable_shared(t->files))
		return 0;
	err = fdtable_dup(t->files, &own);
	if (err)
		return err;
	fdtable_unref(t->files);
	t->files = own;
	return 0;
}

static void reset_signals(struct task *t)
{
	for (int i = 0; i < NSIG_KERNEL; i++) {
		struct ksigaction *ka = &t->tg->sig.action[i];

		*ka = (struct ksigaction){ .handler = ka->handler == SIG_IGN_K ? SIG_IGN_K : SIG_DFL_K };
	}
	t->sig.alt_sp = 0;
	t->sig.alt_size = 0;
	t->sig.alt_flags = SS_DISABLE;
}

/* The last thing done with the old address space. */
static CO_FN void leave_space(struct exec_state *st)
{
	struct task *t = st->t;

	if (st->left)
		return;
	st->left = true;
	mm_release(t);
	t->tg->dead.maxrss_kib =
	    MAX(t->tg->dead.maxrss_kib, t->mm->peak_pages * (PAGE_SIZE / 1024));
}

static void use_space(struct task *t, struct mm *mm, struct ctx *ctx)
{
	mm->dumpable = 0; /* until commit_cred(): nobody may look into it with the old ids */
	t->ctx = ctx;
	t->mm = mm;
	t->co->mm = mm;
	t->co->ctx = ctx;
	t->ids_told = false;
}

static CO_FN void switch_space(struct exec_state *st, const struct load_result *res)
{
	struct task *t = st->t;
	struct ctx *old_ctx = t->ctx;
	struct mm *old_mm = t->mm;

	if (old_mm) {
		leave_space(st);
		task_account_ctx(t);
	}
	use_space(t, res->mm, res->ctx);
	if (old_ctx)
		platform->ctx_destroy(old_ctx);
	if (old_mm)
		mm_unref(old_mm);
}

static void init_registers(struct task *t, const struct load_result *res)
{
	struct arch_regs r = { .eflags = EFLAGS_INITIAL };

	arch_set_pc(&r, res->entry);
	arch_set_sp(&r, res->sp);
	platform->ctx_set_regs(t->ctx, &r);
	platform->ctx_set_fp(t->ctx, NULL, 0);
	platform->ctx_set_tls(t->ctx, ARCH_SET_FS, 0);
	platform->ctx_set_tls(t->ctx, ARCH_SET_GS, 0);
}

static void commit_cred(struct task *t, struct exec_state *st)
{
	const struct cred *old = t->cred, *c = st->cred;
	bool changed;

	/* What may be executed but not read isn't to be read out of memory either. */
	t->mm->dumpable = !st->unreadable;
	if (!c)
		return;
	changed = c->euid != old->euid || c->egid != old->egid || c->ruid != c->euid ||
	          c->rgid != c->egid || (c->cap_permitted & ~old->cap_permitted);
	if (changed) {
		t->mm->dumpable = 0;
		t->pdeath_signal = 0;
	}
	if (st->secure) {
		t->personality &= ~(unsigned)PERSONALITY_CLEAR_ON_SETID;
		t->pdeath_signal = 0;
	}
	task_set_cred(t, st->cred);
	st->cred = NULL;
}

static CO_FN int end_others(struct exec_state *st)
{
	struct task *t = st->t;
	int err = 0;

	if (!st->alone)
		err = unshare_sighand(t->tg);
	if (!err && !st->alone)
		err = unshare_files(t);
	if (!err && !st->alone)
		err = de_thread(t);
	st->alone = !err;
	return err;
}

/*
 * May the program have the address space, emptied, that this one has? A guest can make more of its stub than
 * is known here, so only one that has no more rights, and nothing to hide from it.
 */
static bool may_renew(const struct exec_state *st)
{
	const struct task *t = st->t;
	const struct cred *old = t->cred, *c = st->cred ? st->cred : old;

	return t->mm && t->mm->refs == 1 && t->tg->nr_tasks == 1 && !st->secure && !st->unreadable &&
	       c->ruid == old->ruid && c->euid == old->euid && c->suid == old->suid &&
	       c->rgid == old->rgid && c->egid == old->egid && c->sgid == old->sgid &&
	       !(c->cap_permitted & ~old->cap_permitted);
}

/* Most often a child that was forked for this: then its stub need not be replaced by another. */
static CO_FN int give_space(struct mm **mm, struct ctx **ctx, void *arg)
{
	struct exec_state *st = arg;
	struct task *t = st->t;
	struct mm *new, *old = t->mm;

	if (!may_renew(st))
		return 0;
	int err = end_others(st);
	if (err)
		return err;
	leave_space(st);
	if (mm_renew(old, t->ctx, st->aslr, &new))
		return 0;
	use_space(t, new, t->ctx);
	mm_unref(old);
	st->renewed = true;
	*mm = new;
	*ctx = t->ctx;
	return 0;
}

static int count_strings(char **v)
{
	int n = 0;

	while (v && v[n])
		n++;
	return n;
}

static CO_FN void discard_image(struct load_result *res)
{
	platform->ctx_destroy(res->ctx);
	mm_unref(res->mm);
}

static CO_FN int exec_guarded(struct task *t, const struct exec_args *a)
{
	struct exec_state st = { .t = t, .aslr = !(t->personality & ADDR_NO_RANDOMIZE) };
	struct load_request rq = {
		.walk = a->walk,
		.name = a->name,
		.walk_flags = a->walk_flags,
		.execfn = a->execfn,
		.inaccessible = a->inaccessible,
		.argv = a->argv,
		.envp = a->envp,
		.argc = count_strings(a->argv),
		.envc = count_strings(a->envp),
		.cred = t->cred,
		.aslr = st.aslr,
		.stack_limit = task_rlimit(t, RLIMIT_STACK),
		.lim = task_mm_rlimits(t),
		.creds_for_exec = creds_for_exec,
		.give_space = give_space,
		.arg = &st,
	};
	struct load_result res = { 0 };
	int err;

	/* set*uid went over the limit and left it to execve to fail, where errors are looked at. */
	if (t->nproc_exceeded && user_tasks(t->cred->ruid) > task_rlimit(t, RLIMIT_NPROC))
		return -EAGAIN;
	t->nproc_exceeded = false;
	err = load_program(&rq, &res);
	if (err) {
		cred_unref(st.cred);
		/* Unless it failed for being killed, perhaps by another thread's exec. */
		if (st.left || (res.committed && t->mm && !t->co->killed))
			tg_exit(t->tg, SIGSEGV);
		return err;
	}
	err = end_others(&st);
	if (err) {
		cred_unref(st.cred);
		discard_image(&res);
		return err;
	}

	posix_timers_free(t->tg);
	t->tg->exec_id = tg_next_exec_id();
	if (!st.renewed)
		switch_space(&st, &res);
	init_registers(t, &res);
	reset_signals(t);
	fd_close_on_exec(t->files);
	commit_cred(t, &st);
	memset(t->comm, 0, sizeof(t->comm));
	memcpy(t->comm, res.comm, MIN(sizeof(t->comm) - 1, sizeof(res.comm)));
	t->tg->exit_signal = SIGCHLD;
	t->tg->has_execed = true;
	t->forked_no_exec = false;
	t->set_child_tid = t->clear_child_tid = 0;
	t->robust_list = 0;
	t->pi_exited = false;
	t->restart = NULL;
	memset(&t->last_fault, 0, sizeof(t->last_fault));
	t->pt.dr6 = 0;
	t->regs_set = false; /* only the result is missing */
	return 0;
}

CO_FN int task_exec_args(struct task *t, const struct exec_args *a)
{
	struct thread_group *tg = t->tg;
	pid_t tid = t->tid;
	int err;

	/* Whether somebody traces it decides what set-id bits do: nobody begins to meanwhile. */
	tg->execs++;
	err = exec_guarded(t, a);
	if (--tg->execs == 0)
		wake_all(&tg->trapping_wait);
	if (!err)
		ptrace_event_exec(t, tid);
	return err;
}

CO_FN int task_exec(struct task *t, const struct walk *w, const char *name, unsigned walk_flags,
                    char **argv, char **envp)
{
	struct exec_args a = {
		.walk = w, .name = name, .walk_flags = walk_flags, .argv = argv, .envp = envp
	};

	return task_exec_args(t, &a);
}
