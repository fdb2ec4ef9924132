/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the loader's files. Layer: core; private to core/loader.
 */
#ifndef CORE_LOADER_INTERNAL_H
#define CORE_LOADER_INTERNAL_H

#include <elf.h>

#include "core/loader/loader.h"

#define LOAD_HEAD 256 /* bytes of the file that decide about its format: BINPRM_BUF_SIZE */
/* A script replaces argv[0] by at most three strings. */
#define LOAD_HEADROOM (3 * (LOAD_MAX_SCRIPTS + 1))

/* An ELF file whose headers were checked. */
struct elf_image {
	struct file *file; /* reference */
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;    /* eh.e_phnum of them */
	gaddr_t bias;      /* once mapped: what is added to the file's addresses */
	gaddr_t entry;
};

/* One program on its way: everything that load_program frees at its end. */
struct load {
	struct load_request *rq;
	const char *execfn;
	struct file *file; /* the binary, or a script on the way to it; reference */
	unsigned char head[LOAD_HEAD];
	char **argv;       /* with LOAD_HEADROOM free places before first */
	int first, argc;
	char *own[LOAD_HEADROOM]; /* strings that scripts brought */
	unsigned nown;
	struct elf_image exe, interp; /* interp.file NULL: none */
	char *interp_name;
	bool exec_stack;
	bool given; /* the address space is one that was used before, and the caller's */
	struct load_ids ids;
	gaddr_t stack_top, stack_size;
};

static inline char **load_argv(struct load *l) { return l->argv + l->first; }

/* ---- loader.c ---- */
/* Opens an executable: a regular file on an exec mount, with x permission. */
CO_FN int load_open(const struct walk *w, const char *name, unsigned walk_flags,
                    struct file **ret);
/* -E2BIG by the rules of execve(2). *bytes: all strings; *ptrs: pointers to them. */
int load_check_args(struct load *l, uint64_t *bytes);

/* ---- script.c ---- */
/*
 * When l->head is a #! line: rewrites argv, opens the interpreter into l->file and returns 1.
 * 0: no script.
 */
CO_FN int load_script(struct load *l, const char *script_name, const char **interp_name);

/* ---- elf.c ---- */
/* Checks l->file as ELF and opens its interpreter: l->exe, l->interp, l->exec_stack. */
CO_FN int elf_parse(struct load *l);
void elf_image_done(struct elf_image *im);

/* ---- segments.c ---- */
/* Total span of PT_LOAD segments, 0 without any; their largest alignment. */
uint64_t elf_span(const struct elf_image *im, uint64_t *align);
/* Maps the segments at im->bias. For the program itself also records code, data and brk in mm. */
CO_FN int elf_map(struct mm *mm, struct ctx *ctx, struct elf_image *im,
                  const struct mm_rlimits *lim, bool main_program);

/* ---- layout.c ---- */
/* Chooses the stack's place and mmap_base. needed: bytes that the first stack takes. */
void layout_init(struct load *l, struct mm *mm, uint64_t needed);
/* The address difference to load an ET_DYN image with; 0 for ET_EXEC. */
int layout_bias(struct load *l, struct mm *mm, struct elf_image *im, bool main_program);
void layout_brk(struct load *l, struct mm *mm);
uint64_t layout_random(bool aslr, uint64_t n); /* 0 .. n-1; 0 without aslr; n is a power of two */

/* ---- stack.c ---- */
/* Maps the stack and writes argv, envp and the auxiliary vector. *sp is the first stack pointer. */
CO_FN int stack_build(struct load *l, struct mm *mm, struct ctx *ctx, gaddr_t *sp);
CO_FN int stack_map(struct load *l, struct mm *mm, struct ctx *ctx);

#endif
