/* SPDX-License-Identifier: Apache-2.0
 *
 * The first stack of a program: strings, vectors and the auxiliary vector, in the layout of Linux's
 * create_elf_tables(). getauxval(3). Layer: core.
 *
 *	top - 8   zero
 *	          execfn, environment strings, argument strings (lowest)
 *	          platform name, 16 random bytes
 *	sp        argc, argv[], NULL, envp[], NULL, auxv[] ... AT_NULL
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "core/arch/arch.h"
#include "core/assert.h"
#include "core/host/hwcap.h"
#include "core/host/random.h"
#include "core/loader/internal.h"
#include "core/mm/build.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#define CLOCK_TICKS 100 /* USER_HZ */
#define RANDOM_BYTES 16

/* The stack while it is built in the sentry's memory: buf[0] will be at address sp. */
struct stack {
	char *buf;
	size_t size;
	gaddr_t top, sp;
	gaddr_t strings, envs, execfn, platform_name, random;
	uint64_t *word; /* next one of the tables */
};

CO_FN int stack_map(struct load *l, struct mm *mm, struct ctx *ctx)
{
	int prot = PROT_READ | PROT_WRITE | (l->exec_stack ? PROT_EXEC : 0);
	gaddr_t start = l->stack_top - l->stack_size;
	int64_t at = mm_mmap(mm, ctx, &l->rq->lim, start, l->stack_size, prot,
	                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE |
	                             MAP_GROWSDOWN | MAP_STACK,
	                     NULL, 0);
	if (at < 0)
		return (int)at;
	mm_set_name(mm, start, l->stack_top, "[stack]");
	return 0;
}

static void add_aux(struct mm *mm, unsigned *n, uint64_t type, uint64_t value)
{
	ASSERT(*n < MM_AUXV_MAX, "the auxiliary vector is too small");
	mm->auxv[(*n)++] = (struct auxv_pair){ type, value };
}

static gaddr_t phdr_address(const struct elf_image *im)
{
	for (unsigned i = 0; i < im->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &im->ph[i];

		if (ph->p_type == PT_LOAD && ph->p_offset <= im->eh.e_phoff &&
		    im->eh.e_phoff - ph->p_offset < ph->p_filesz)
			return im->bias + im->eh.e_phoff - ph->p_offset + ph->p_vaddr;
	}
	return 0;
}

/* Entries in Linux's order. Returns how many, AT_NULL included. */
static unsigned fill_auxv(struct load *l, struct mm *mm, const struct stack *s)
{
	const struct host_hwcap *hw = host_hwcap();
	unsigned n = 0;

	if (mm->vdso)
		add_aux(mm, &n, AT_SYSINFO_EHDR, mm->vdso);
	if (hw->minsigstksz)
		add_aux(mm, &n, AT_MINSIGSTKSZ, hw->minsigstksz);
	add_aux(mm, &n, AT_HWCAP, hw->hwcap);
	add_aux(mm, &n, AT_PAGESZ, PAGE_SIZE);
	add_aux(mm, &n, AT_CLKTCK, CLOCK_TICKS);
	add_aux(mm, &n, AT_PHDR, phdr_address(&l->exe));
	add_aux(mm, &n, AT_PHENT, sizeof(Elf64_Phdr));
	add_aux(mm, &n, AT_PHNUM, l->exe.eh.e_phnum);
	add_aux(mm, &n, AT_BASE, l->interp.file ? l->interp.bias : 0);
	add_aux(mm, &n, AT_FLAGS, 0);
	add_aux(mm, &n, AT_ENTRY, l->exe.entry);
	add_aux(mm, &n, AT_UID, l->ids.uid);
	add_aux(mm, &n, AT_EUID, l->ids.euid);
	add_aux(mm, &n, AT_GID, l->ids.gid);
	add_aux(mm, &n, AT_EGID, l->ids.egid);
	add_aux(mm, &n, AT_SECURE, l->ids.secure);
	add_aux(mm, &n, AT_RANDOM, s->random);
	add_aux(mm, &n, AT_HWCAP2, hw->hwcap2);
	add_aux(mm, &n, AT_EXECFN, s->execfn);
	add_aux(mm, &n, AT_PLATFORM, s->platform_name);
	add_aux(mm, &n, AT_NULL, 0);
	return n;
}

static uint64_t bytes_of(char *const *v, int n)
{
	uint64_t bytes = 0;

	for (int i = 0; i < n; i++)
		bytes += strlen(v[i]) + 1;
	return bytes;
}

/* Decides every address, from the top down. */
static unsigned place(struct load *l, struct mm *mm, struct stack *s)
{
	const struct load_request *rq = l->rq;

	s->top = l->stack_top;
	s->execfn = s->top - sizeof(gaddr_t) - (strlen(l->execfn) + 1);
	s->envs = s->execfn - bytes_of(rq->envp, rq->envc);
	s->strings = s->envs - bytes_of(load_argv(l), l->argc);

	gaddr_t p = (s->strings - layout_random(rq->aslr, 8192)) & ~(gaddr_t)15;
	p -= sizeof(ARCH_PLATFORM_NAME);
	s->platform_name = p;
	p -= RANDOM_BYTES;
	s->random = p;
	unsigned naux = fill_auxv(l, mm, s);
	uint64_t words = 1 + (uint64_t)l->argc + 1 + (uint64_t)rq->envc + 1 + 2 * naux;
	s->sp = (p - words * sizeof(uint64_t)) & ~(gaddr_t)15;
	s->size = s->top - s->sp;

	mm->stack_start = s->sp;
	mm->arg_start = s->strings;
	mm->arg_end = mm->env_start = s->envs;
	mm->env_end = s->execfn;
	return naux;
}

static void put_bytes(struct stack *s, gaddr_t at, const void *p, size_t n)
{
	ASSERT(at >= s->sp && n <= s->top - at, "the stack was measured too small");
	memcpy(s->buf + (at - s->sp), p, n);
}

/* Strings from `at` on, and the words that point to them with the NULL after. */
static void put_vector(struct stack *s, gaddr_t at, char *const *v, int n)
{
	for (int i = 0; i < n; i++) {
		size_t len = strlen(v[i]) + 1;

		put_bytes(s, at, v[i], len);
		*s->word++ = at;
		at += len;
	}
	*s->word++ = 0;
}

CO_FN int stack_build(struct load *l, struct mm *mm, struct ctx *ctx, gaddr_t *sp)
{
	struct stack s = { .buf = NULL };
	unsigned char random[RANDOM_BYTES];
	unsigned naux = place(l, mm, &s);

	if (s.size > l->stack_size)
		return -E2BIG;
	s.buf = calloc(1, s.size);
	if (!s.buf)
		return -ENOMEM;
	s.word = (uint64_t *)(void *)s.buf;
	*s.word++ = (uint64_t)l->argc;
	put_vector(&s, s.strings, load_argv(l), l->argc);
	put_vector(&s, s.envs, l->rq->envp, l->rq->envc);
	memcpy(s.word, mm->auxv, naux * sizeof(mm->auxv[0]));
	put_bytes(&s, s.execfn, l->execfn, strlen(l->execfn) + 1);
	put_bytes(&s, s.platform_name, ARCH_PLATFORM_NAME, sizeof(ARCH_PLATFORM_NAME));
	host_random(random, sizeof(random));
	put_bytes(&s, s.random, random, sizeof(random));
	int err = mm_batch_write(mm, ctx, s.sp, s.buf, s.size);
	free(s.buf);
	*sp = s.sp;
	return err;
}
