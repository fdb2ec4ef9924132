/* SPDX-License-Identifier: Apache-2.0
 *
 * load_program: from a name to an address space that is ready to run. Layer: core. See loader.h.
 *
 * Like Linux's fs/exec.c, all that can be checked is checked before the point of no return; unlike
 * it the old address space stays whole whatever happens, since a new one is filled.
 */
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "core/loader/internal.h"
#include "core/mm/build.h"
#include "core/vdso/vdso.h"

#define ARG_FLOOR (128 * 1024ULL)             /* ARG_MAX: always allowed */
#define ARG_CEILING (6 * 1024 * 1024ULL)      /* _STK_LIM / 4 * 3 */

/* The rules for what may be executed at all; p is a found path. */
static CO_FN int check_executable(const struct path *p, const struct cred *cred)
{
	uint32_t type = p->dentry->inode->mode & S_IFMT;

	if (type == S_IFLNK)
		return -ELOOP; /* only with WALK_NOFOLLOW */
	if (type != S_IFREG)
		return -EACCES;
	if (p->mnt && (p->mnt->flags & MS_NOEXEC))
		return -EACCES;
	return vfs_permission(p, cred, MAY_EXEC);
}

CO_FN int load_open(const struct walk *w, const char *name, unsigned walk_flags,
                    struct file **ret)
{
	struct path p;
	int err = vfs_lookup(w, name, walk_flags, &p);

	if (err)
		return err;
	err = check_executable(&p, w->cred);
	/* Without asking for read permission: a file may be executable alone. */
	if (!err)
		err = vfs_open_path(&p, O_RDONLY | FMODE_EXEC_OPEN,
		                    (struct cred *)(uintptr_t)w->cred, ret);
	path_put(&p);
	/* Said now, while the caller can still be told; denied for good once the map holds it. */
	if (!err && (*ret)->inode->writers > 0) {
		*ret = file_unref(*ret);
		err = -ETXTBSY;
	}
	return err;
}

static CO_FN int open_first(struct load *l)
{
	struct load_request *rq = l->rq;

	if (!rq->file)
		return load_open(rq->walk, rq->name, rq->walk_flags, &l->file);
	int err = check_executable(&rq->file->path, rq->cred);
	if (!err)
		l->file = file_ref(rq->file);
	return err;
}

static int add_bytes(char *const *v, int n, uint64_t *bytes)
{
	for (int i = 0; i < n; i++) {
		size_t len = strlen(v[i]) + 1;

		if (len > LOAD_MAX_STRING)
			return -E2BIG;
		*bytes += len;
	}
	return 0;
}

int load_check_args(struct load *l, uint64_t *bytes)
{
	const struct load_request *rq = l->rq;
	uint64_t limit = MIN(ARG_CEILING, rq->stack_limit / 4);
	uint64_t ptrs = ((uint64_t)MAX(l->argc, 1) + (uint64_t)rq->envc) * sizeof(gaddr_t);

	limit = MAX(limit, ARG_FLOOR);
	*bytes = 0;
	int err = add_bytes((char *const *)&l->execfn, 1, bytes);
	if (!err)
		err = add_bytes(load_argv(l), l->argc, bytes);
	if (!err)
		err = add_bytes(rq->envp, rq->envc, bytes);
	if (err)
		return err;
	return ptrs >= limit || *bytes > limit - ptrs ? -E2BIG : 0;
}

static int copy_argv(struct load *l)
{
	static char empty[] = "";
	const struct load_request *rq = l->rq;
	int n = rq->argc;

	l->argv = calloc((size_t)n + 1 + LOAD_HEADROOM, sizeof(char *));
	if (!l->argv)
		return -ENOMEM;
	l->first = LOAD_HEADROOM;
	l->argc = n;
	if (n)
		memcpy(load_argv(l), rq->argv, (size_t)n * sizeof(char *));
	if (!n) {
		/* Since Linux 5.18 a program always has an argv[0]. */
		load_argv(l)[0] = empty;
		l->argc = 1;
	}
	return 0;
}

/* Follows #! lines until the file isn't a script. */
static CO_FN int resolve_scripts(struct load *l)
{
	const char *name = l->execfn;

	for (unsigned depth = 0;; depth++) {
		if (depth > LOAD_MAX_SCRIPTS)
			return -ELOOP;
		memset(l->head, 0, sizeof(l->head));
		ssize_t got = file_pread(l->file, l->head, sizeof(l->head), 0);
		if (got < 0)
			return (int)got;
		if (got == 0)
			return -ENOEXEC;
		int ret = load_script(l, name, &name);
		if (ret <= 0)
			return ret;
	}
}

static CO_FN int set_ids(struct load *l, struct load_result *ret)
{
	const struct cred *c = l->rq->cred;
	const struct mount *mnt = l->exe.file->path.mnt;
	struct kstat st;
	int err = vfs_getattr(&l->exe.file->path, &st);

	if (err)
		return err;
	ret->file_ids = (struct load_file_ids){
		.mode = st.mode, .uid = st.uid, .gid = st.gid,
		.nosuid = mnt && (mnt->flags & MS_NOSUID),
	};
	l->ids = (struct load_ids){ c->ruid, c->euid, c->rgid, c->egid, false };
	if (!l->rq->creds_for_exec)
		return 0;
	return l->rq->creds_for_exec(l->exe.file, &ret->file_ids, &l->ids, l->rq->arg);
}

static CO_FN int map_images(struct load *l, struct mm *mm, struct ctx *ctx)
{
	int err = layout_bias(l, mm, &l->exe, true);

	if (!err)
		err = elf_map(mm, ctx, &l->exe, &l->rq->lim, true);
	if (!err && l->interp.file)
		err = layout_bias(l, mm, &l->interp, false);
	if (!err && l->interp.file)
		err = elf_map(mm, ctx, &l->interp, &l->rq->lim, false);
	if (!err)
		layout_brk(l, mm);
	return err;
}

/* Fills the fresh mm, if all goes well in one hand-over. */
static CO_FN int fill(struct load *l, struct mm *mm, struct ctx *ctx, uint64_t arg_bytes,
                      gaddr_t *sp)
{
	struct mm_batch *batch = malloc(sizeof(*batch));
	uint64_t ptrs = (uint64_t)(l->argc + l->rq->envc) * sizeof(gaddr_t);

	if (!batch)
		return -ENOMEM;
	mm_batch_begin(mm, batch);
	int busy = inode_deny_write(l->exe.file->inode);
	if (busy) {
		free(batch);
		return busy;
	}
	mm->exe = file_ref(l->exe.file);
	mm->no_known = l->ids.secure;
	layout_init(l, mm, arg_bytes + ptrs);
	int err = l->given ? mm_unmap_all(mm, ctx) : 0;
	if (!err)
		err = stack_map(l, mm, ctx);
	if (!err)
		err = map_images(l, mm, ctx);
	if (!err)
		err = vdso_map(mm, ctx);
	if (!err)
		err = stack_build(l, mm, ctx, sp);
	int end = mm_batch_end(mm, ctx);
	free(batch);
	mm->no_known = false;
	return err ? err : end;
}

static CO_FN int load(struct load *l, struct load_result *ret)
{
	uint64_t bytes;
	int err = open_first(l);

	if (!err)
		err = copy_argv(l);
	if (!err)
		err = load_check_args(l, &bytes);
	if (!err)
		err = resolve_scripts(l);
	if (!err)
		err = load_check_args(l, &bytes);
	if (!err)
		err = elf_parse(l);
	if (!err)
		err = set_ids(l, ret);
	if (!err && l->rq->give_space)
		err = l->rq->give_space(&ret->mm, &ret->ctx, l->rq->arg);
	l->given = ret->mm;
	if (!err && !l->given)
		err = mm_new(l->rq->aslr, &ret->mm, &ret->ctx);
	if (err)
		return err;

	ret->committed = true;
	err = fill(l, ret->mm, ret->ctx, bytes, &ret->sp);
	if (err && !l->given) {
		platform->ctx_destroy(ret->ctx);
		ret->mm = mm_unref(ret->mm);
		ret->ctx = NULL;
	}
	if (err)
		return err;
	ret->entry = l->interp.file ? l->interp.entry : l->exe.entry;
	return 0;
}

static void set_comm(struct load_result *ret, const char *execfn)
{
	const char *slash = strrchr(execfn, '/');
	const char *base = slash ? slash + 1 : execfn;
	size_t n = strnlen(base, LOAD_COMM_LEN - 1);

	memcpy(ret->comm, base, n);
	ret->comm[n] = '\0';
}

static void load_free(struct load *l)
{
	elf_image_done(&l->exe);
	elf_image_done(&l->interp);
	if (l->file)
		file_unref(l->file);
	while (l->nown)
		free(l->own[--l->nown]);
	free(l->interp_name);
	free(l->argv);
	free(l);
}

CO_FN int load_program(struct load_request *rq, struct load_result *ret)
{
	struct load *l = calloc(1, sizeof(*l));

	memset(ret, 0, sizeof(*ret));
	if (!l)
		return -ENOMEM;
	l->rq = rq;
	l->execfn = rq->execfn ? rq->execfn : rq->name ? rq->name : "";
	int err = load(l, ret);
	if (!err)
		set_comm(ret, l->execfn);
	load_free(l);
	return err;
}
