/* SPDX-License-Identifier: Apache-2.0
 *
 * execve(2) below its arguments. Layer: tasks.
 */
#ifndef TASKS_EXEC_H
#define TASKS_EXEC_H

#include "core/loader/loader.h"
#include "tasks/task.h"

struct exec_args {
	const struct walk *walk;
	const char *name;
	unsigned walk_flags;
	const char *execfn;  /* NULL: name; execveat's "/dev/fd/N/..." otherwise */
	bool inaccessible;   /* execfn names a close-on-exec descriptor */
	char **argv, **envp; /* NULL-terminated */
};

/* As task_exec(), with what execveat(2) adds. */
CO_FN int task_exec_args(struct task *t, const struct exec_args *a);

/*
 * The credentials after an exec of a file: set-id bits, root's capabilities, ambient set
 * (capabilities(7), "Transformation of capabilities during execve()"). shared: another process has
 * a hand in it that may not have them: it shares root and cwd, or traces. *ret is new, with one reference. -ENOMEM.
 */
int exec_compute_cred(const struct cred *old, const struct load_file_ids *fi, bool shared,
                      struct cred **ret, bool *secure);

#endif
