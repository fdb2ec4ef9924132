/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading a program into a fresh address space: ELF (static, static-pie, dynamic), #! scripts, the
 * first stack with its auxiliary vector. execve(2), elf(5), getauxval(3). Layer: core.
 *
 * The caller (execve, boot) owns credentials and tasks; the loader owns the new mm until it returns.
 */
#ifndef CORE_LOADER_LOADER_H
#define CORE_LOADER_LOADER_H

#include "core/base.h"
#include "core/cred.h"
#include "core/fs/file.h"
#include "core/fs/namei.h"
#include "core/mm/mm.h"

#define LOAD_COMM_LEN 16
#define LOAD_MAX_SCRIPTS 5        /* nested #! lines, as Linux */
#define LOAD_MAX_STRING (128 * 1024) /* MAX_ARG_STRLEN, the NUL included */

/*
 * What creds_for_exec answers, for AT_UID, AT_EUID, AT_GID, AT_EGID and AT_SECURE. The loader fills
 * it from load_request.cred (secure = false) before the call.
 */
struct load_ids {
	uid_t uid, euid;
	gid_t gid, egid;
	bool secure;
};

/* The program's file as it decides about set-id: the binary, never the script. */
struct load_file_ids {
	uint32_t mode; /* type and permissions */
	uid_t uid;
	gid_t gid;
	bool nosuid;   /* its mount has MS_NOSUID: set-id bits don't count */
};

/* All borrowed for the call. */
struct load_request {
	const struct walk *walk; /* where names (the program's, the interpreters') are looked up */
	const char *name;        /* program; ignored when file is set */
	unsigned walk_flags;     /* WALK_NOFOLLOW, WALK_EMPTY for name */
	struct file *file;       /* the program, opened already (for reading), or NULL */
	const char *execfn;      /* AT_EXECFN and a script's own argument: NULL means name */
	bool inaccessible;       /* execfn names a close-on-exec descriptor: a script gets ENOENT */
	char *const *argv, *const *envp; /* sentry's memory; counts below, no NULL needed at the end */
	int argc, envc;
	const struct cred *cred; /* before the exec */
	bool aslr;               /* false: as under personality(ADDR_NO_RANDOMIZE) */
	uint64_t stack_limit;    /* RLIMIT_STACK in bytes, RLIM_INFINITY for none */
	struct mm_rlimits lim;
	/*
	 * Called once, before anything is written to the new stack: `exe` is the binary that will run.
	 * Computes the new credentials and may change *ids. An error ends the load. NULL: no change.
	 */
	int (*creds_for_exec)(struct file *exe, const struct load_file_ids *fi, struct load_ids *ids,
	                      void *arg);
	/*
	 * Called when all that can be checked was: may give an address space that was renewed (mm_renew) and
	 * its context, to be used in place of new ones, and whose owner the caller stays: also on failure,
	 * when nothing is left in it. An error ends the load. NULL: none.
	 */
	CO_FN int (*give_space)(struct mm **mm, struct ctx **ctx, void *arg);
	void *arg;
};

struct load_result {
	struct mm *mm;   /* one reference for the caller, unless it gave it; mm->exe is set */
	struct ctx *ctx; /* its first context: set pc, sp and a clean register file, then run it */
	gaddr_t entry, sp;
	char comm[LOAD_COMM_LEN]; /* basename of execfn, cut and terminated */
	struct load_file_ids file_ids;
	/*
	 * Valid on failure too: the error came after the point of no return of Linux's execve, which
	 * would have killed the caller with SIGSEGV. The old address space is whole unless it was given.
	 */
	bool committed;
};

/*
 * Loads a program. On failure nothing is left behind and only ret->committed is set.
 * -ENOENT, -EACCES (not executable, noexec mount, no regular file), -ENOEXEC (no known format),
 * -ELOOP (scripts nested too deep), -ELIBBAD (broken interpreter), -E2BIG, -EINVAL, -ENOMEM, -EIO,
 * and those of path_resolution(7).
 */
CO_FN int load_program(struct load_request *rq, struct load_result *ret);

#endif
