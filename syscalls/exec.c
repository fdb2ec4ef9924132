/* SPDX-License-Identifier: Apache-2.0
 *
 * execve, execveat: reading the argument vectors within the limits of execve(2). Layer: syscalls.
 */
#include <stdio.h>
#include <stdlib.h>

#include "syscalls/syscall.h"
#include "tasks/exec.h"

#define ARG_TOTAL_MAX (6UL * 1024 * 1024) /* three quarters of _STK_LIM */
#define ARG_TOTAL_MIN (32 * PAGE_SIZE)    /* ARG_MAX is always allowed */

struct string_vec {
	char **v;
	size_t n, room;
};

static void vec_free(struct string_vec *vec)
{
	for (size_t i = 0; i < vec->n; i++)
		free(vec->v[i]);
	free(vec->v);
}

static int vec_add(struct string_vec *vec, char *s)
{
	if (vec->n + 1 >= vec->room) {
		size_t room = vec->room ? vec->room * 2 : 32; /* the last place is the NULL's */
		char **v = realloc(vec->v, room * sizeof(*v));

		if (!v) {
			free(s);
			return -ENOMEM;
		}
		vec->v = v;
		vec->room = room;
	}
	vec->v[vec->n++] = s;
	vec->v[vec->n] = NULL;
	return 0;
}

/* What was read of guest memory last: the next string most likely follows. */
struct peek {
	gaddr_t start;
	size_t n;
	char bytes[PAGE_SIZE];
};

/* The bytes at addr, at least one and to the end of the page if they can be read; NULL: a fault. */
static CO_FN const char *peek_at(struct peek *w, gaddr_t addr, size_t *n)
{
	if (addr < w->start || addr - w->start >= w->n) {
		w->start = addr;
		w->n = mm_read_some(co_self()->mm, w->bytes, addr, PAGE_SIZE - (addr & ~PAGE_MASK));
		if (!w->n)
			return NULL;
	}
	*n = w->n - (size_t)(addr - w->start);
	return w->bytes + (addr - w->start);
}

static CO_FN int pointer_in(struct peek *w, gaddr_t addr, gaddr_t *ret)
{
	size_t n;
	const char *at = peek_at(w, addr, &n);

	if (at && n >= sizeof(*ret))
		memcpy(ret, at, sizeof(*ret));
	else if (!at || copyin_obj(ret, addr)) /* over the end of a page */
		return -EFAULT;
	return 0;
}

static CO_FN char *string_in(struct peek *w, gaddr_t addr, size_t max, int *err)
{
	char *buf = NULL;
	size_t len = 0, n;

	*err = 0;
	for (;;) {
		const char *at = peek_at(w, addr + len, &n), *end;
		if (!at) {
			*err = -EFAULT;
			break;
		}
		n = MIN(n, max - len);
		end = memchr(at, 0, n);
		if (end)
			n = (size_t)(end - at) + 1;
		char *bigger = realloc(buf, len + n);
		if (!bigger) {
			*err = -ENOMEM;
			break;
		}
		buf = bigger;
		memcpy(buf + len, at, n);
		len += n;
		if (end)
			return buf;
		if (len == max) {
			*err = -E2BIG;
			break;
		}
	}
	free(buf);
	return NULL;
}

/* A NULL vector counts as empty, a Linux speciality. *left is what the limit still allows. */
static CO_FN int vec_in(struct string_vec *vec, gaddr_t addr, size_t *left)
{
	struct peek pointers, strings;
	gaddr_t ptr;
	char *s;
	int err;

	pointers.start = strings.start = 0;
	pointers.n = strings.n = 0;
	for (; addr; addr += sizeof(ptr)) {
		if (pointer_in(&pointers, addr, &ptr))
			return -EFAULT;
		if (!ptr)
			break;
		s = string_in(&strings, ptr, LOAD_MAX_STRING, &err);
		if (!s)
			return err;
		if (strlen(s) + 1 + sizeof(ptr) > *left) {
			free(s);
			return -E2BIG;
		}
		*left -= strlen(s) + 1 + sizeof(ptr);
		err = vec_add(vec, s);
		if (err)
			return err;
		co_did_entries(1);
		if (co_self()->killed)
			return -ERESTARTNOINTR;
	}
	if (vec->v)
		return 0;
	vec->v = calloc(1, sizeof(*vec->v));
	return vec->v ? 0 : -ENOMEM;
}

static size_t arg_limit(const struct task *t)
{
	uint64_t max = task_rlimit(t, RLIMIT_STACK) / 4;

	return MAX(MIN(max, (uint64_t)ARG_TOTAL_MAX), ARG_TOTAL_MIN);
}

static CO_FN int check_program(const struct exec_args *a)
{
	struct path p;
	int err = vfs_lookup(a->walk, a->name, a->walk_flags, &p);

	if (err)
		return err;
	if (!S_ISREG(p.dentry->inode->mode))
		err = S_ISLNK(p.dentry->inode->mode) ? -ELOOP : -EACCES;
	else
		err = vfs_permission(&p, a->walk->cred, MAY_EXEC);
	path_put(&p);
	return err;
}

static CO_FN int64_t exec_with(struct task *t, struct exec_args *a, gaddr_t argv, gaddr_t envp)
{
	struct string_vec av = { 0 }, ev = { 0 };
	size_t left = arg_limit(t);
	int err;

	/* What can't be executed at all is said before the arguments are looked at. */
	err = check_program(a);
	if (!err)
		err = vec_in(&av, argv, &left);
	if (!err)
		err = vec_in(&ev, envp, &left);
	/* Programs rely on argv[0]: Linux makes it an empty string since 5.18. */
	if (!err && av.n == 0) {
		char *empty = strdup("");

		err = empty ? vec_add(&av, empty) : -ENOMEM;
	}
	if (!err) {
		a->argv = av.v;
		a->envp = ev.v;
		err = task_exec_args(t, a);
	}
	vec_free(&av);
	vec_free(&ev);
	return err;
}

SYSCALL3(execve, gaddr_t, path, gaddr_t, argv, gaddr_t, envp)
{
	struct walk w = task_walk(t);
	struct exec_args a = { .walk = &w };
	int64_t ret;
	int err = 0;
	char *name = path_arg(path, &err);

	if (!name)
		return err;
	a.name = name;
	ret = exec_with(t, &a, argv, envp);
	path_arg_free(name);
	return ret;
}

/* What a script's interpreter is told to open. */
static char *execfn_at(int dirfd, const char *name)
{
	char *s;

	if (dirfd == AT_FDCWD || name[0] == '/')
		return strdup(name);
	if (asprintf(&s, "/dev/fd/%d%s%s", dirfd, *name ? "/" : "", name) < 0)
		return NULL;
	return s;
}

SYSCALL5(execveat, int, dirfd, gaddr_t, path, gaddr_t, argv, gaddr_t, envp, int, flags)
{
	struct file *hold = NULL;
	struct walk w = task_walk(t);
	struct exec_args a = { .walk = &w };
	char *name, *execfn;
	int64_t ret;
	int err = 0;

	name = path_arg(path, &err);
	if (!name)
		return err;
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
		path_arg_free(name);
		return -EINVAL;
	}
	if (!*name && !(flags & AT_EMPTY_PATH)) {
		path_arg_free(name);
		return -ENOENT;
	}
	execfn = execfn_at(dirfd, name);
	err = execfn ? walk_at(t, dirfd, name, &w, &hold) : -ENOMEM;
	if (err) {
		ret = err;
	} else {
		a.name = name;
		a.execfn = execfn;
		a.inaccessible = dirfd != AT_FDCWD && name[0] != '/' &&
		                 fd_cloexec_get(t->files, dirfd) == 1;
		a.walk_flags = (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0) |
		               (flags & AT_SYMLINK_NOFOLLOW ? WALK_NOFOLLOW : 0);
		ret = exec_with(t, &a, argv, envp);
	}
	if (hold)
		file_unref(hold);
	free(execfn);
	path_arg_free(name);
	return ret;
}
