/* SPDX-License-Identifier: Apache-2.0
 *
 * struct user_regs_struct, word by word. Layer: core.
 */
#include "core/arch/x86_64/user.h"

#include <sys/user.h>

/* What a debugger may change: FLAG_MASK of arch/x86/kernel/ptrace.c. */
#define EFLAGS_DEBUGGER 0x00054dd5u /* AC RF NT OF DF TF SF ZF AF PF CF */
#define USER_CS 0x33
#define USER_DS 0x2b

_Static_assert(sizeof(struct user_regs_struct) == ARCH_USER_WORDS * 8, "the ABI's registers");
_Static_assert(sizeof(struct user) == ARCH_USER_SIZE - 16, "the ABI's struct user");
_Static_assert(offsetof(struct user, u_debugreg) == ARCH_USER_DEBUGREG, "the ABI's struct user");

#define WORD(field) (offsetof(struct user_regs_struct, field) / 8)

/* Where a general register's word is kept; NULL for the words that are more than that. */
static uint64_t *plain(struct arch_regs *r, unsigned word)
{
	switch (word) {
	case WORD(r15): return &r->r15;
	case WORD(r14): return &r->r14;
	case WORD(r13): return &r->r13;
	case WORD(r12): return &r->r12;
	case WORD(rbp): return &r->rbp;
	case WORD(rbx): return &r->rbx;
	case WORD(r11): return &r->r11;
	case WORD(r10): return &r->r10;
	case WORD(r9): return &r->r9;
	case WORD(r8): return &r->r8;
	case WORD(rax): return &r->rax;
	case WORD(rcx): return &r->rcx;
	case WORD(rdx): return &r->rdx;
	case WORD(rsi): return &r->rsi;
	case WORD(rdi): return &r->rdi;
	case WORD(rip): return &r->rip;
	case WORD(rsp): return &r->rsp;
	}
	return NULL;
}

/* ds and es have no meaning in 64-bit mode, and no place in a frame: they stay 0. */
uint64_t arch_user_get(const struct arch_user *u, unsigned word)
{
	struct arch_regs r = u->r;
	const uint64_t *p = plain(&r, word);

	if (p)
		return *p;
	switch (word) {
	case WORD(orig_rax):
		return (uint64_t)u->orig_nr;
	case WORD(cs):
		return r.cs ? r.cs : USER_CS;
	case WORD(ss):
		return r.ss ? r.ss : USER_DS;
	case WORD(fs):
		return r.fs;
	case WORD(gs):
		return r.gs;
	case WORD(eflags):
		return u->forced_tf ? r.eflags & ~(uint64_t)ARCH_EFLAGS_TF : r.eflags;
	case WORD(fs_base):
		return u->fs_base;
	case WORD(gs_base):
		return u->gs_base;
	}
	return 0;
}

static int put_base(gaddr_t *base, uint64_t value)
{
	if (value >= TASK_SIZE)
		return -EIO;
	*base = value;
	return 0;
}

int arch_user_put(struct arch_user *u, unsigned word, uint64_t value)
{
	uint64_t *p = plain(&u->r, word);

	if (p) {
		*p = value;
		return 0;
	}
	switch (word) {
	case WORD(orig_rax):
		u->orig_nr = (int64_t)value;
		return 0;
	case WORD(eflags):
		if (value & ARCH_EFLAGS_TF)
			u->forced_tf = false;
		else if (u->forced_tf)
			value |= ARCH_EFLAGS_TF;
		u->r.eflags = (u->r.eflags & ~(uint64_t)EFLAGS_DEBUGGER) | (value & EFLAGS_DEBUGGER);
		return 0;
	case WORD(fs_base):
		return put_base(&u->fs_base, value);
	case WORD(gs_base):
		return put_base(&u->gs_base, value);
	}
	/* Selectors: there are no others than those that a context has. */
	return (uint16_t)value == (uint16_t)arch_user_get(u, word) ? 0 : -EIO;
}

bool arch_sets_trap_flag(const uint8_t *code, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		switch (code[i]) {
		case 0x9d: case 0xcf: /* popf, iret */
			return true;
		case 0x66: case 0x67: case 0x26: case 0x2e: case 0x36: case 0x3e:
		case 0x64: case 0x65: case 0xf0: case 0xf2: case 0xf3:
			continue; /* prefixes */
		}
		if ((code[i] & 0xf0) != 0x40) /* REX */
			return false;
	}
	return false;
}
