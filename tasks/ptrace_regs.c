/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of a stopped tracee, by name of set and by offset into struct user. Layer: tasks. What
 * they look like is the processor's: core/arch.
 */
#include <asm/prctl.h>
#include <elf.h>
#include <stdlib.h>

#include "tasks/ptrace.h"

#ifndef NT_386_IOPERM
#define NT_386_IOPERM 0x201
#endif
#define DR6_RESERVED 0xffff0ff0u
#define DEBUGREG_ADDRESSES 4
#define DEBUGREGS_END (ARCH_USER_DEBUGREG + 64)

void ptrace_get_user(struct task *p, struct arch_user *u)
{
	platform->ctx_get_regs(p->ctx, &u->r);
	u->orig_nr = p->orig_nr;
	u->fs_base = platform->ctx_get_tls(p->ctx, ARCH_SET_FS);
	u->gs_base = platform->ctx_get_tls(p->ctx, ARCH_SET_GS);
	u->forced_tf = p->pt.forced_tf;
}

void ptrace_put_user(struct task *p, const struct arch_user *u)
{
	platform->ctx_set_regs(p->ctx, &u->r);
	p->orig_nr = u->orig_nr;
	p->pt.forced_tf = u->forced_tf;
	if (u->fs_base != platform->ctx_get_tls(p->ctx, ARCH_SET_FS))
		platform->ctx_set_tls(p->ctx, ARCH_SET_FS, u->fs_base);
	if (u->gs_base != platform->ctx_get_tls(p->ctx, ARCH_SET_GS))
		platform->ctx_set_tls(p->ctx, ARCH_SET_GS, u->gs_base);
}

/* ---- struct user ---- */

/*
 * The processor's debug registers are the host's: as where somebody else has taken all four of them,
 * none can be had. What enables none can be written, and the status is kept.
 */
static int poke_debug(struct task *p, unsigned n, uint64_t value)
{
	if (n < DEBUGREG_ADDRESSES)
		return -ENOSPC;
	if (n == 6) {
		p->pt.dr6 = value ^ DR6_RESERVED;
		return 0;
	}
	return n == 7 ? value & 0xff ? -ENOSPC : 0 : -EIO;
}

static uint64_t peek_debug(const struct task *p, unsigned n)
{
	return n == 6 ? p->pt.dr6 ^ DR6_RESERVED : 0;
}

int ptrace_peek_user(struct task *p, uint64_t off, uint64_t *ret)
{
	struct arch_user u;

	if (off % 8 || off >= ARCH_USER_SIZE)
		return -EIO;
	*ret = 0;
	if (off >= ARCH_USER_DEBUGREG && off < DEBUGREGS_END)
		*ret = peek_debug(p, (unsigned)(off - ARCH_USER_DEBUGREG) / 8);
	if (off / 8 < ARCH_USER_WORDS) {
		ptrace_get_user(p, &u);
		*ret = arch_user_get(&u, (unsigned)off / 8);
	}
	return 0;
}

int ptrace_poke_user(struct task *p, uint64_t off, uint64_t value)
{
	struct arch_user u;
	int err;

	if (off % 8 || off >= ARCH_USER_SIZE)
		return -EIO;
	if (off >= ARCH_USER_DEBUGREG && off < DEBUGREGS_END)
		return poke_debug(p, (unsigned)(off - ARCH_USER_DEBUGREG) / 8, value);
	if (off / 8 >= ARCH_USER_WORDS)
		return -EIO;
	ptrace_get_user(p, &u);
	err = arch_user_put(&u, (unsigned)off / 8, value);
	if (!err)
		ptrace_put_user(p, &u);
	return err;
}

/* ---- sets ---- */

int64_t ptrace_regset_size(struct task *p, uint64_t type)
{
	switch ((uint32_t)type) {
	case NT_PRSTATUS:
		return ARCH_USER_WORDS * 8;
	case NT_PRFPREG:
		return ARCH_FPREGS_SIZE;
	case NT_X86_XSTATE:
		return (int64_t)arch_xstate_size(platform->ctx_fp_size(p->ctx));
	case NT_386_IOPERM:
		return 8192; /* there is one, and nobody has got any ports */
	}
	return -EINVAL;
}

/* The state as debuggers see it; malloc'd, ctx_fp_size() bytes. NULL: no memory. */
static uint8_t *fp_state(struct task *p)
{
	size_t len = platform->ctx_fp_size(p->ctx);
	uint8_t *fp = malloc(MAX(len, (size_t)ARCH_FPREGS_SIZE));

	if (fp) {
		platform->ctx_get_fp(p->ctx, fp, len);
		arch_xstate_export(fp, len);
	}
	return fp;
}

int ptrace_regset_get(struct task *p, uint64_t type, void *buf)
{
	struct arch_user u;
	uint64_t *words = buf;
	uint8_t *fp;

	switch ((uint32_t)type) {
	case NT_PRSTATUS:
		ptrace_get_user(p, &u);
		for (unsigned i = 0; i < ARCH_USER_WORDS; i++)
			words[i] = arch_user_get(&u, i);
		return 0;
	case NT_386_IOPERM:
		return -ENXIO;
	}
	fp = fp_state(p);
	if (!fp)
		return -ENOMEM;
	memcpy(buf, fp, (size_t)ptrace_regset_size(p, type));
	if ((uint32_t)type == NT_PRFPREG) /* no software words in this one */
		memset((uint8_t *)buf + 464, 0, 48);
	free(fp);
	return 0;
}

/* Word by word up to the first that can't be: those before it stay changed, as on Linux. */
static int put_words(struct task *p, const uint64_t *words, size_t len)
{
	struct arch_user u;
	int err = 0;

	ptrace_get_user(p, &u);
	for (unsigned i = 0; i < len / 8 && !err; i++)
		err = arch_user_put(&u, i, words[i]);
	ptrace_put_user(p, &u);
	return err;
}

static int put_fpregs(struct task *p, const void *buf)
{
	size_t len = platform->ctx_fp_size(p->ctx);
	uint8_t *fp = fp_state(p);
	int err;

	if (!fp)
		return -ENOMEM;
	err = arch_fpregs_import(fp, len, buf);
	if (!err)
		err = platform->ctx_set_fp(p->ctx, fp, len);
	free(fp);
	return err;
}

static int put_xstate(struct task *p, const void *buf)
{
	size_t len = platform->ctx_fp_size(p->ctx);
	uint8_t *frame = malloc(MAX(len, (size_t)ARCH_FPREGS_SIZE));
	int err;

	if (!frame)
		return -ENOMEM;
	platform->ctx_get_fp(p->ctx, frame, len);
	err = arch_xstate_check(buf, frame, len);
	if (!err) {
		memcpy(frame, buf, arch_xstate_size(len));
		err = platform->ctx_set_fp(p->ctx, frame, len);
	}
	free(frame);
	return err;
}

int ptrace_regset_put(struct task *p, uint64_t type, const void *buf, size_t len)
{
	bool whole = len == (size_t)ptrace_regset_size(p, type);

	switch ((uint32_t)type) {
	case NT_PRSTATUS:
		return put_words(p, buf, len);
	case NT_PRFPREG:
		return whole ? put_fpregs(p, buf) : -EINVAL;
	case NT_X86_XSTATE:
		return whole ? put_xstate(p, buf) : -EFAULT;
	}
	return -EOPNOTSUPP;
}
