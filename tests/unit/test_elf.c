/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader: programs made here, in a tmpfs, loaded into a fake address space. Cut off and broken at
 * every header; scripts; the first stack; the vDSO.
 */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/unit/fake_as.h"

#include "core/fs/filesystems.h"
#include "core/fs/namei.h"
#include "core/loader/loader.h"
#include "core/objcount.h"
#include "core/host/memfd.h"
#include "core/vdso/vdso.h"
#include "core/vdso/vvar.h"

#define MAX_PHDRS 8

/* A program under construction: headers, then three pages of data. */
struct prog {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[MAX_PHDRS];
	char interp[64];
	unsigned char pad[4096 - sizeof(Elf64_Ehdr) - MAX_PHDRS * sizeof(Elf64_Phdr) - 64];
	unsigned char data[3 * 4096];
};
_Static_assert(sizeof(struct prog) == 4 * 4096, "data starts at a page");

static struct mount_ns *ns;
static struct fs_info *fs;
static struct cred *cred;
static struct walk walk;
static struct prog prog;

static void setup_fs(void)
{
	struct super *sb;

	fake_window(0x7d0000000000, 0x7d0020000000);
	assert_int_equal(tmpfs_new(0, 0, 0755, &sb), 0);
	ns = mount_ns_new(sb, 0, "tmpfs");
	struct path root = { ns->root, ns->root->root };
	fs = fs_info_new(&root, &root, 022);
	cred = cred_new();
	cred->cap_effective = cred->cap_permitted = ~0ULL;
	walk = (struct walk){ .fs = fs, .cred = cred };
	super_unref(sb);
}

static void done_fs(void)
{
	vdso_done();
	fs = fs_info_unref(fs);
	ns = mount_ns_unref(ns);
	cred = cred_unref(cred);
}

static void put_file(const char *name, const void *data, size_t n, uint32_t mode)
{
	struct file *f;
	struct uio u;
	int64_t pos = 0;

	assert_int_equal(vfs_open(&walk, name, O_CREAT | O_TRUNC | O_RDWR, mode, &f), 0);
	uio_kernel(&u, (void *)(uintptr_t)data, n);
	assert_int_equal(vfs_write(f, &u, &pos, RLIM_INFINITY), n);
	file_unref(f);
}

static Elf64_Phdr load_phdr(gaddr_t vaddr, uint64_t off, uint64_t filesz, uint64_t memsz, unsigned fl)
{
	return (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = fl, .p_offset = off, .p_vaddr = vaddr,
		             .p_filesz = filesz, .p_memsz = memsz, .p_align = 4096 };
}

/* Text with the headers, then data with bss. */
static void make_prog(uint16_t type, gaddr_t base)
{
	memset(&prog, 0, sizeof(prog));
	memcpy(prog.eh.e_ident, ELFMAG, SELFMAG);
	prog.eh.e_ident[EI_CLASS] = ELFCLASS64;
	prog.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	prog.eh.e_type = type;
	prog.eh.e_machine = EM_X86_64;
	prog.eh.e_phoff = sizeof(Elf64_Ehdr);
	prog.eh.e_phentsize = sizeof(Elf64_Phdr);
	prog.eh.e_phnum = 2;
	prog.eh.e_entry = base + 4096 + 16;
	prog.ph[0] = load_phdr(base, 0, 2 * 4096, 2 * 4096, PF_R | PF_X);
	prog.ph[1] = load_phdr(base + 0x3000, 2 * 4096, 100, 2 * 4096 + 200, PF_R | PF_W);
	memset(prog.data, 0xcc, sizeof(prog.data));
}

static void add_interp(const char *name)
{
	strcpy(prog.interp, name);
	prog.ph[prog.eh.e_phnum++] =
		(Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = offsetof(struct prog, interp),
			      .p_filesz = strlen(name) + 1 };
}

static int load_req(struct load_request *rq, struct load_result *res)
{
	static char *no_env[1];

	rq->walk = &walk;
	rq->cred = cred;
	if (!rq->stack_limit)
		rq->stack_limit = 8 << 20;
	if (!rq->envp)
		rq->envp = no_env;
	rq->lim = (struct mm_rlimits){ RLIM_INFINITY, RLIM_INFINITY, rq->stack_limit, RLIM_INFINITY, true, false };
	return load_program(rq, res);
}

static int load_name(const char *name, struct load_result *res)
{
	char *argv[] = { (char *)(uintptr_t)name, "one" };
	struct load_request rq = { .name = name, .argv = argv, .argc = 2 };

	return load_req(&rq, res);
}

static void drop(struct load_result *res)
{
	mm_verify(res->mm);
	platform->ctx_destroy(res->ctx);
	res->mm = mm_unref(res->mm);
}

static int load_prog(struct load_result *res)
{
	put_file("/prog", &prog, sizeof(prog), 0755);
	int err = load_name("/prog", res);

	if (err)
		assert_int_equal(fake_as_live, 0);
	return err;
}

/* Only whether and how it fails. */
static int try_prog(void)
{
	struct load_result res;
	int err = load_prog(&res);

	if (!err)
		drop(&res);
	return err;
}

static uint64_t word_at(struct load_result *res, gaddr_t at)
{
	uint64_t v;

	assert_int_equal(mm_copyin(res->mm, &v, at, 8), 0);
	return v;
}

static void string_at(struct load_result *res, gaddr_t at, const char *want)
{
	char buf[256];

	assert_true(mm_copyin_str(res->mm, buf, at, sizeof(buf)) >= 0);
	assert_string_equal(buf, want);
}

static gaddr_t arg(struct load_result *res, unsigned i)
{
	return word_at(res, res->sp + 8 + 8 * i);
}

static uint64_t aux(struct load_result *res, uint64_t type)
{
	gaddr_t p = res->sp + 8;

	while (word_at(res, p))
		p += 8;
	for (p += 8; word_at(res, p); p += 8)
		;
	for (p += 8; word_at(res, p); p += 16)
		if (word_at(res, p) == type)
			return word_at(res, p + 8);
	return 0xdead;
}

/* ---- tests ---- */

static void static_body(void *unused UNUSED)
{
	char *argv[] = { "prog", "a b", "" }, *envp[] = { "X=1", "PATH=/bin" };
	struct load_request rq = { .name = "/dir/../prog", .argv = argv, .argc = 3, .envp = envp,
		                   .envc = 2 };
	struct load_result res;

	setup_fs();
	assert_int_equal(vfs_mkdir(&walk, "/dir", 0755), 0);
	make_prog(ET_EXEC, 0x400000);
	put_file("/prog", &prog, sizeof(prog), 0755);
	assert_int_equal(load_req(&rq, &res), 0);
	assert_int_equal(res.entry, 0x401010);
	assert_string_equal(res.comm, "prog");
	assert_int_equal(res.sp & 15, 0);
	/* Segments, the zeroed tail, bss, heap. */
	assert_int_equal(fake_byte(res.ctx, 0x400000), 0x7f);
	assert_int_equal(fake_byte(res.ctx, 0x403000 + 99), 0xcc);
	assert_int_equal(fake_byte(res.ctx, 0x403000 + 100), 0);
	assert_int_equal(fake_byte(res.ctx, 0x403fff), 0);
	assert_int_equal(fake_byte(res.ctx, 0x405000), 0);
	assert_int_equal(res.mm->brk_start, 0x406000);
	assert_int_equal(mm_find(res.mm, 0x400000)->prot, PROT_READ | PROT_EXEC);
	/* The stack. */
	assert_int_equal(word_at(&res, res.sp), 3);
	string_at(&res, arg(&res, 0), "prog");
	string_at(&res, arg(&res, 1), "a b");
	string_at(&res, arg(&res, 2), "");
	assert_int_equal(arg(&res, 3), 0);
	string_at(&res, arg(&res, 4), "X=1");
	string_at(&res, arg(&res, 5), "PATH=/bin");
	assert_int_equal(arg(&res, 6), 0);
	assert_int_equal(aux(&res, AT_PHDR), 0x400040);
	assert_int_equal(aux(&res, AT_PHNUM), 2);
	assert_int_equal(aux(&res, AT_ENTRY), 0x401010);
	assert_int_equal(aux(&res, AT_BASE), 0);
	assert_int_equal(aux(&res, AT_PAGESZ), 4096);
	assert_int_equal(aux(&res, AT_CLKTCK), 100);
	assert_int_equal(aux(&res, AT_SECURE), 0);
	string_at(&res, aux(&res, AT_EXECFN), "/dir/../prog");
	string_at(&res, aux(&res, AT_PLATFORM), "x86_64");
	assert_int_equal(word_at(&res, TASK_SIZE - 8), 0);
	assert_int_equal(res.mm->arg_end - res.mm->arg_start, 5 + 4 + 1);
	assert_int_equal(res.mm->env_end - res.mm->env_start, 4 + 10);
	assert_string_equal(mm_find(res.mm, res.sp)->name, "[stack]");
	assert_int_equal(mm_find(res.mm, res.sp)->prot, PROT_READ | PROT_WRITE);
	/* The vDSO. */
	gaddr_t vdso = aux(&res, AT_SYSINFO_EHDR);
	assert_int_equal(vdso, res.mm->vdso);
	assert_int_equal(fake_byte(res.ctx, vdso + 1), 'E');
	assert_int_equal(fake_byte(res.ctx, vdso - PAGE_SIZE), VVAR_VERSION);
	assert_string_equal(mm_find(res.mm, vdso)->name, "[vdso]");
	drop(&res);
	done_fs();
}

static void dynamic_body(void *unused UNUSED)
{
	struct load_result res;

	setup_fs();
	make_prog(ET_DYN, 0);
	put_file("/ld.so", &prog, sizeof(prog), 0755);
	add_interp("/ld.so");
	prog.ph[prog.eh.e_phnum++] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W | PF_X };
	assert_int_equal(load_prog(&res), 0);
	assert_int_equal(aux(&res, AT_ENTRY), 0x555555554000 + 0x1010);
	gaddr_t base = aux(&res, AT_BASE);
	assert_int_equal(res.entry, base + 0x1010);
	assert_true(base < res.mm->mmap_base && base > 0x7ff000000000);
	assert_int_equal(res.mm->brk_start, 0x555555554000 + 0x6000);
	assert_true(mm_find(res.mm, res.sp)->prot & PROT_EXEC);
	drop(&res);

	/* Interpreters that are missing, forbidden or broken. */
	vfs_unlink(&walk, "/ld.so");
	assert_int_equal(try_prog(), -ENOENT);
	put_file("/ld.so", &prog, sizeof(prog), 0644);
	assert_int_equal(try_prog(), -EACCES);
	vfs_unlink(&walk, "/ld.so");
	put_file("/ld.so", "\177ELF", 4, 0755);
	assert_int_equal(try_prog(), -EIO);
	struct prog saved = prog;
	prog.eh.e_machine = EM_386;
	put_file("/ld.so", &prog, sizeof(prog), 0755);
	prog = saved;
	assert_int_equal(try_prog(), -ELIBBAD);
	prog.eh.e_phnum = 0;
	put_file("/ld.so", &prog, sizeof(prog), 0755);
	prog = saved;
	assert_int_equal(try_prog(), -ELIBBAD);

	/* Without an interpreter it lies among the mappings, the heap elsewhere. */
	make_prog(ET_DYN, 0);
	assert_int_equal(load_prog(&res), 0);
	assert_true(res.entry > 0x7ff000000000);
	assert_int_equal(res.mm->brk_start, 0x555555554000);
	drop(&res);
	done_fs();
}

static void truncated_body(void *unused UNUSED)
{
	struct load_result res;
	size_t headers = sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr);
	size_t interp_end = offsetof(struct prog, interp) + sizeof("/ld.so");

	setup_fs();
	make_prog(ET_DYN, 0);
	put_file("/ld.so", &prog, sizeof(prog), 0755);
	add_interp("/ld.so");
	for (size_t n = 0; n < interp_end; n++) {
		vfs_unlink(&walk, "/prog");
		put_file("/prog", &prog, n, 0755);
		assert_int_equal(load_name("/prog", &res), n < headers ? -ENOEXEC : -EIO);
		assert_int_equal(fake_as_live, 0);
		assert_false(res.committed);
	}
	/* The same for the interpreter. */
	put_file("/prog", &prog, sizeof(prog), 0755);
	make_prog(ET_DYN, 0);
	headers = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
	for (size_t n = 0; n < headers; n++) {
		vfs_unlink(&walk, "/ld.so");
		put_file("/ld.so", &prog, n, 0755);
		assert_int_equal(load_name("/prog", &res), n < sizeof(Elf64_Ehdr) ? -EIO : -ELIBBAD);
		assert_int_equal(fake_as_live, 0);
	}
	done_fs();
}

static void broken_body(void *unused UNUSED)
{
	setup_fs();
#define BROKEN(err, change)                                                                        \
	do {                                                                                       \
		make_prog(ET_EXEC, 0x400000);                                                      \
		change;                                                                            \
		assert_int_equal(try_prog(), err);                                                 \
	} while (0)
	BROKEN(0, (void)0);
	BROKEN(-ENOEXEC, prog.eh.e_ident[0] = 0);
	BROKEN(-ENOEXEC, prog.eh.e_type = ET_REL);
	BROKEN(-ENOEXEC, prog.eh.e_type = ET_CORE);
	BROKEN(-ENOEXEC, prog.eh.e_machine = EM_AARCH64);
	BROKEN(-ENOEXEC, prog.eh.e_phentsize = 32);
	BROKEN(-ENOEXEC, prog.eh.e_phnum = 0);
	BROKEN(-ENOEXEC, prog.eh.e_phnum = 0xffff);
	BROKEN(-ENOEXEC, prog.eh.e_phnum = 1100);
	BROKEN(-ENOEXEC, prog.eh.e_phoff = UINT64_MAX - 8);
	BROKEN(-ENOEXEC, prog.eh.e_phoff = INT64_MAX);
	BROKEN(-EINVAL, prog.eh.e_phnum = 1; prog.ph[0].p_type = PT_NOTE);
	BROKEN(-EINVAL, prog.ph[1].p_filesz = prog.ph[1].p_memsz + 1);
	BROKEN(-EINVAL, prog.ph[1].p_memsz = TASK_SIZE + 1);
	BROKEN(-EINVAL, prog.ph[1].p_memsz = TASK_SIZE - 4096);
	BROKEN(-EINVAL, prog.ph[1].p_vaddr = UINT64_MAX - 4095);
	BROKEN(-EINVAL, prog.ph[1].p_vaddr += 1);
	BROKEN(-EINVAL, prog.ph[1].p_offset = 1; prog.ph[1].p_vaddr += 2);
	BROKEN(-EPERM, prog.ph[0].p_vaddr = 0);
	BROKEN(-EINVAL, prog.eh.e_entry = TASK_SIZE);
	BROKEN(-ENOMEM, prog.ph[1].p_vaddr = 0x7d0000001000);
	BROKEN(-ENOEXEC, add_interp("/x"); prog.ph[2].p_filesz = 1);
	BROKEN(-ENOEXEC, add_interp("/x"); prog.ph[2].p_filesz = 4097);
	BROKEN(-ENOEXEC, add_interp("/x"); prog.ph[2].p_filesz = 2);
	BROKEN(-EIO, add_interp("/x"); prog.ph[2].p_offset = UINT64_MAX - 1);
	BROKEN(-ENOENT, add_interp("/x"));
	BROKEN(0, prog.ph[1].p_align = 3);
	BROKEN(0, prog.ph[1].p_filesz = 0);
	make_prog(ET_DYN, 0);
	prog.ph[0].p_align = (uint64_t)1 << 62;
	assert_int_equal(try_prog(), -ENOMEM);
	done_fs();
}

/* Random bytes in the headers: any errno will do, but nothing may be left behind. */
static void noise_body(void *unused UNUSED)
{
	setup_fs();
	srandom(4711);
	for (unsigned i = 0; i < 3000; i++) {
		make_prog(random() & 1 ? ET_DYN : ET_EXEC, 0x400000);
		unsigned char *p = (unsigned char *)&prog;
		for (unsigned k = 1 + (unsigned)random() % 4; k; k--) {
			size_t at = 16 + (size_t)random() % (sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr) - 16);
			p[at] = (unsigned char)(random() & 1 ? random() : 0xff);
		}
		/* A segment of gigabytes is fine, but slow to make of single pages here. */
		prog.ph[0].p_memsz &= 0xffffff;
		prog.ph[1].p_memsz &= 0xffffff;
		try_prog();
		assert_int_equal(fake_as_live, 0);
	}
	done_fs();
}

static void script_body(void *unused UNUSED)
{
	char line[400], name[16];
	struct load_result res;

	setup_fs();
	make_prog(ET_EXEC, 0x400000);
	put_file("/sh", &prog, sizeof(prog), 0755);
	put_file("/s", "#! /sh  -e x \t\nrest", 19, 0755);
	assert_int_equal(load_name("/s", &res), 0);
	assert_int_equal(word_at(&res, res.sp), 4);
	string_at(&res, arg(&res, 0), "/sh");
	string_at(&res, arg(&res, 1), "-e x");
	string_at(&res, arg(&res, 2), "/s");
	string_at(&res, arg(&res, 3), "one");
	string_at(&res, aux(&res, AT_EXECFN), "/s");
	assert_string_equal(res.comm, "s");
	drop(&res);

	put_file("/s", "#!/sh", 5, 0755);
	assert_int_equal(load_name("/s", &res), 0);
	assert_int_equal(word_at(&res, res.sp), 3);
	drop(&res);
	put_file("/s", "#!\n", 3, 0755);
	assert_int_equal(load_name("/s", &res), -ENOEXEC);
	put_file("/s", "#!  \t ", 6, 0755);
	assert_int_equal(load_name("/s", &res), -ENOEXEC);
	put_file("/s", "#!/none\n", 8, 0755);
	assert_int_equal(load_name("/s", &res), -ENOENT);
	put_file("/s", "#!/s\n", 5, 0755);
	assert_int_equal(load_name("/s", &res), -ELOOP);
	put_file("/s", "text\n", 5, 0755);
	assert_int_equal(load_name("/s", &res), -ENOEXEC);
	put_file("/s", "", 0, 0755);
	vfs_unlink(&walk, "/s");
	put_file("/s", "", 0, 0755);
	assert_int_equal(load_name("/s", &res), -ENOEXEC);

	/* A name that may be cut off is refused, a long argument is cut. */
	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/sh", 5);
	put_file("/s", line, sizeof(line), 0755);
	assert_int_equal(load_name("/s", &res), -ENOEXEC);
	line[5] = ' ';
	put_file("/s", line, sizeof(line), 0755);
	assert_int_equal(load_name("/s", &res), 0);
	assert_int_equal(arg(&res, 2) - arg(&res, 1), 255 - 6 + 1);
	drop(&res);

	/* Five levels are allowed. */
	for (unsigned i = 1; i <= 6; i++) {
		int n = i == 1 ? snprintf(line, sizeof(line), "#!/sh %u\n", i)
		               : snprintf(line, sizeof(line), "#!/l%u %u\n", i - 1, i);
		snprintf(name, sizeof(name), "/l%u", i);
		put_file(name, line, (size_t)n, 0755);
	}
	assert_int_equal(load_name("/l5", &res), 0);
	assert_int_equal(word_at(&res, res.sp), 12);
	drop(&res);
	assert_int_equal(load_name("/l6", &res), -ELOOP);
	done_fs();
}

static void rules_body(void *unused UNUSED)
{
	static char big[LOAD_MAX_STRING + 1];
	char *argv[60] = { big };
	struct load_request rq = { .name = "/prog", .argv = argv, .argc = 1 };
	struct load_result res;

	setup_fs();
	make_prog(ET_EXEC, 0x400000);
	put_file("/prog", &prog, sizeof(prog), 0644);
	assert_int_equal(load_name("/prog", &res), -EACCES);
	assert_int_equal(load_name("/", &res), -EACCES);
	assert_int_equal(load_name("/none", &res), -ENOENT);
	vfs_unlink(&walk, "/prog");
	put_file("/prog", &prog, sizeof(prog), 0111);
	ns->root->flags |= MS_NOEXEC;
	assert_int_equal(load_name("/prog", &res), -EACCES);
	ns->root->flags &= ~(unsigned)MS_NOEXEC;

	memset(big, 'x', LOAD_MAX_STRING);
	assert_int_equal(load_req(&rq, &res), -E2BIG);
	big[LOAD_MAX_STRING - 1] = '\0';
	assert_int_equal(load_req(&rq, &res), 0);
	assert_int_equal(res.mm->arg_end - res.mm->arg_start, LOAD_MAX_STRING);
	drop(&res);
	/* A quarter of the stack limit, six megabytes at most, 128 KiB at least. */
	for (unsigned i = 0; i < ARRAY_LEN(argv); i++)
		argv[i] = big;
	rq.argc = 15;
	assert_int_equal(load_req(&rq, &res), 0);
	drop(&res);
	rq.argc = 16;
	assert_int_equal(load_req(&rq, &res), -E2BIG);
	rq.stack_limit = RLIM_INFINITY;
	rq.argc = 47;
	assert_int_equal(load_req(&rq, &res), 0);
	drop(&res);
	rq.argc = 48;
	assert_int_equal(load_req(&rq, &res), -E2BIG);
	rq.stack_limit = 4096;
	big[128 * 1024 - 100] = '\0';
	rq.argc = 1;
	assert_int_equal(load_req(&rq, &res), 0);
	drop(&res);
	/* No arguments at all: one empty string. */
	rq.argc = 0;
	assert_int_equal(load_req(&rq, &res), 0);
	assert_int_equal(word_at(&res, res.sp), 1);
	string_at(&res, arg(&res, 0), "");
	drop(&res);
	done_fs();
}

static void random_body(void *unused UNUSED)
{
	char *argv[] = { "x" };
	struct load_request rq = { .name = "/prog", .argv = argv, .argc = 1, .aslr = true };
	struct load_result res;
	gaddr_t last_sp = 0, last_base = 0;

	setup_fs();
	make_prog(ET_DYN, 0);
	put_file("/ld.so", &prog, sizeof(prog), 0755);
	add_interp("/ld.so");
	put_file("/prog", &prog, sizeof(prog), 0755);
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(load_req(&rq, &res), 0);
		gaddr_t base = aux(&res, AT_BASE);
		assert_int_equal(res.sp & 15, 0);
		assert_true(aux(&res, AT_ENTRY) >= 0x555555554000 + 0x1010);
		assert_true(base < res.mm->mmap_base && base != last_base && res.sp != last_sp);
		last_base = base;
		last_sp = res.sp;
		drop(&res);
	}
	/* The host refuses something: everything is given back. */
	for (int i = 1; i < 12; i++) {
		fake_fail_in = i;
		int err = load_req(&rq, &res);
		assert_true(err == 0 || err == -ENOMEM);
		fake_fail_in = 0;
		if (!err)
			drop(&res);
		else
			assert_true(res.committed);
		assert_int_equal(fake_as_live, 0);
	}
	done_fs();
}

#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		in_coroutine(name##_body, NULL);                                                   \
	}
TEST(static)
TEST(dynamic)
TEST(truncated)
TEST(broken)
TEST(noise)
TEST(script)
TEST(rules)
TEST(random)

static void test_vdso_image(void **state)
{
	size_t size;
	const unsigned char *p = vdso_image(&size);
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	(void)state;
	memcpy(&eh, p, sizeof(eh));
	memcpy(&ph, p + eh.e_phoff, sizeof(ph));
	assert_memory_equal(eh.e_ident, ELFMAG, SELFMAG);
	assert_int_equal(eh.e_type, ET_DYN);
	assert_true(size <= PAGE_SIZE);
	assert_int_equal(ph.p_type, PT_LOAD);
	assert_int_equal(ph.p_flags, PF_R | PF_X);
	assert_int_equal(ph.p_offset, 0);
	assert_int_equal(ph.p_vaddr, 0);
	assert_true(ph.p_filesz == ph.p_memsz && ph.p_filesz <= size);
}

/* What guests map: the sentry's changes show, and nobody else can make any. */
static void test_vdso_page(void **state)
{
	static char data[2 * PAGE_SIZE];
	volatile char *mapped;
	void *page;
	int fd = host_memfd_page("test", data, sizeof(data), &page);

	(void)state;
	assert_true(fd >= 0);
	if (!page) /* before Linux 5.1 */
		skip();
	mapped = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	assert_int_equal(mapped[0], 0);
	*(volatile char *)page = 7;
	assert_int_equal(mapped[0], 7);
	mapped[0] = 9;
	assert_int_equal(*(volatile char *)page, 7);
	assert_ptr_equal(mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	munmap((void *)mapped, PAGE_SIZE);
	munmap(page, PAGE_SIZE);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vdso_image),
		cmocka_unit_test(test_vdso_page),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_dynamic),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
