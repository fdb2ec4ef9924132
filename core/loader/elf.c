/* SPDX-License-Identifier: Apache-2.0
 *
 * ELF headers: which files are accepted, as Linux's binfmt_elf decides. elf(5). Layer: core.
 * Nothing here maps anything; every number comes from the file and is hostile.
 */
#include <limits.h>
#include <stdlib.h>

#include "core/loader/internal.h"

#define MAX_PHDR_BYTES 65536

void elf_image_done(struct elf_image *im)
{
	free(im->ph);
	im->ph = NULL;
	if (im->file)
		im->file = file_unref(im->file);
}

static CO_FN int read_exact(struct file *f, void *buf, size_t n, uint64_t off)
{
	if (off > INT64_MAX - n)
		return -EIO;
	ssize_t got = file_pread(f, buf, n, (int64_t)off);
	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -EIO;
}

static bool header_ok(const Elf64_Ehdr *eh)
{
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_machine == EM_X86_64;
}

/* load_elf_phdrs(): any trouble is the caller's errno, so only -ENOMEM differs in kind. */
static CO_FN int read_phdrs(struct elf_image *im)
{
	size_t bytes = (size_t)im->eh.e_phnum * sizeof(Elf64_Phdr);

	if (im->eh.e_phentsize != sizeof(Elf64_Phdr) || !bytes || bytes > MAX_PHDR_BYTES)
		return -ENOEXEC;
	im->ph = malloc(bytes);
	if (!im->ph)
		return -ENOMEM;
	return read_exact(im->file, im->ph, bytes, im->eh.e_phoff) ? -ENOEXEC : 0;
}

static const Elf64_Phdr *find_phdr(const struct elf_image *im, uint32_t type)
{
	for (unsigned i = 0; i < im->eh.e_phnum; i++)
		if (im->ph[i].p_type == type)
			return &im->ph[i];
	return NULL;
}

static CO_FN int read_interp_name(struct load *l, const Elf64_Phdr *ph)
{
	if (ph->p_filesz > PATH_MAX || ph->p_filesz < 2)
		return -ENOEXEC;
	l->interp_name = malloc(ph->p_filesz);
	if (!l->interp_name)
		return -ENOMEM;
	int err = read_exact(l->exe.file, l->interp_name, ph->p_filesz, ph->p_offset);
	if (err)
		return err;
	return l->interp_name[ph->p_filesz - 1] ? -ENOEXEC : 0;
}

static CO_FN int open_interp(struct load *l)
{
	struct walk w = { .fs = l->rq->walk->fs, .cred = l->rq->walk->cred };
	struct elf_image *im = &l->interp;
	int err = load_open(&w, l->interp_name, 0, &im->file);

	if (err)
		return err;
	return read_exact(im->file, &im->eh, sizeof(im->eh), 0);
}

/* The interpreter's headers: what is wrong with them is -ELIBBAD. */
static CO_FN int check_interp(struct elf_image *im)
{
	if (!header_ok(&im->eh))
		return -ELIBBAD;
	int err = read_phdrs(im);
	if (err)
		return err == -ENOMEM ? err : -ELIBBAD;
	/* load_elf_interp() */
	if (im->eh.e_type != ET_EXEC && im->eh.e_type != ET_DYN)
		return -ENOEXEC;
	return im->file->ops->mmap ? 0 : -ENOEXEC;
}

CO_FN int elf_parse(struct load *l)
{
	struct elf_image *im = &l->exe;

	im->file = file_ref(l->file);
	memcpy(&im->eh, l->head, sizeof(im->eh)); /* zeros where the file is shorter */
	if (!header_ok(&im->eh) || (im->eh.e_type != ET_EXEC && im->eh.e_type != ET_DYN))
		return -ENOEXEC;
	if (!im->file->ops->mmap)
		return -ENOEXEC;
	int err = read_phdrs(im);
	if (err)
		return err;
	const Elf64_Phdr *ph = find_phdr(im, PT_INTERP);
	if (ph) {
		err = read_interp_name(l, ph);
		if (!err)
			err = open_interp(l);
		if (err)
			return err;
	}
	/* The last one counts. None means: not executable (x86-64). */
	for (unsigned i = 0; i < im->eh.e_phnum; i++)
		if (im->ph[i].p_type == PT_GNU_STACK)
			l->exec_stack = im->ph[i].p_flags & PF_X;
	return l->interp.file ? check_interp(&l->interp) : 0;
}
