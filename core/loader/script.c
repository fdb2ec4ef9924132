/* SPDX-License-Identifier: Apache-2.0
 *
 * Interpreter scripts: execve(2), "Interpreter scripts"; the parsing is binfmt_script's. Layer: core.
 */
#include <stdlib.h>

#include "core/loader/internal.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* First blank or NUL in [p, end), or NULL. */
static const char *find_end(const char *p, const char *end)
{
	for (; p < end; p++)
		if (is_blank(*p) || !*p)
			return p;
	return NULL;
}

/*
 * Finds interpreter and optional argument in the 256 bytes at buf (zero-filled after the file's
 * end). A line that is cut off may lose part of its argument but never of the interpreter's name.
 */
static int parse_line(const char *buf, const char **name, size_t *name_len, const char **arg,
                      size_t *arg_len)
{
	const char *last = buf + LOAD_HEAD - 1, *p = buf + 2;
	const char *end = memchr(p, '\n', (size_t)(last - p));

	if (!end) {
		p = skip_blanks(p, last);
		if (p == last || !find_end(p, last))
			return -ENOEXEC;
		end = last;
	}
	while (end > buf + 2 && is_blank(end[-1]))
		end--;
	*name = skip_blanks(buf + 2, end);
	if (*name == end || !**name)
		return -ENOEXEC;
	const char *sep = find_end(*name, end);
	*name_len = (size_t)((sep ? sep : end) - *name);
	*arg = NULL;
	*arg_len = 0;
	if (sep && *sep) {
		*arg = skip_blanks(sep, end);
		*arg_len = strnlen(*arg, (size_t)(end - *arg));
		if (!*arg_len)
			*arg = NULL;
	}
	return 0;
}

/* Puts a copy of n bytes of s before argv[0]; returns the copy, owned by l. */
static char *push_arg(struct load *l, const char *s, size_t n)
{
	char *copy = strndup(s, n);

	if (!copy)
		return NULL;
	l->own[l->nown++] = copy;
	l->argv[--l->first] = copy;
	l->argc++;
	return copy;
}

CO_FN int load_script(struct load *l, const char *script_name, const char **interp_name)
{
	const char *buf = (const char *)l->head, *name, *arg;
	size_t name_len, arg_len;

	if (buf[0] != '#' || buf[1] != '!')
		return 0;
	int err = parse_line(buf, &name, &name_len, &arg, &arg_len);
	if (err)
		return err;
	/* The interpreter couldn't open it: the descriptor will be closed by then. */
	if (l->rq->inaccessible && script_name == l->execfn)
		return -ENOENT;

	l->first++;
	l->argc--;
	if (!push_arg(l, script_name, strlen(script_name)) || (arg && !push_arg(l, arg, arg_len)))
		return -ENOMEM;
	char *interp = push_arg(l, name, name_len);
	if (!interp)
		return -ENOMEM;

	struct walk w = { .fs = l->rq->walk->fs, .cred = l->rq->walk->cred };
	struct file *f;
	err = load_open(&w, interp, 0, &f);
	if (err)
		return err;
	file_unref(l->file);
	l->file = f;
	*interp_name = interp;
	return 1;
}
