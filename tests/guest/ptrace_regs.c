/* SPDX-License-Identifier: Apache-2.0
 *
 * ptrace: registers, whole and by word, in sets; floating point and vectors; bases and debug registers.
 */
#include "trace.h"

#define OFF(field) offsetof(struct user, field)

static volatile uint64_t out[40];
static volatile float vec_in[8] __attribute__((aligned(32))) = { 1, 2, 3, 4, 5, 6, 7, 8 };
static volatile float vec_out[8] __attribute__((aligned(32)));

static void idle(void)
{
	for (;;)
		pause();
}

/* Known values in registers, a stop, and then what is in them. */
static void loaded(void)
{
	uint64_t *o = (uint64_t *)out;

	__asm__ volatile("movq $0x1111, %%rbx\n\tmovq $0x1212, %%r12\n\tmovq $0x1313, %%r13\n\t"
			 "movq $0x1414, %%r14\n\tmovq $0x1515, %%r15\n\tmovq $0x1616, %%rcx\n\tmovq $0x1717, %%rdx\n\t"
			 "movq $0x1818, %%rsi\n\tmovq $0x1919, %%r8\n\tmovq $0x2020, %%r9\n\tmovq $0x2121, %%r10\n\t"
			 "movq $0x2222, %%r11\n\tmovq $0x2323, %%rax\n\tstc\n\tint3\n\t"
			 "movq %%rbx, (%%rdi)\n\tmovq %%r12, 8(%%rdi)\n\tmovq %%r13, 16(%%rdi)\n\tmovq %%rcx, 24(%%rdi)\n\t"
			 "movq %%r11, 32(%%rdi)\n\tmovq %%rax, 40(%%rdi)\n\tpushfq\n\tpopq %%rax\n\tmovq %%rax, 48(%%rdi)"
			 :
			 : "D"(o)
			 : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	__asm__ volatile("int3");
	_exit(0);
}

static void general(void)
{
	pid_t pid = tracee(loaded);
	struct user_regs_struct r, s;
	unsigned long v = 0;

	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	r = regs(pid);
	check(r.rbx == 0x1111 && r.r12 == 0x1212 && r.r13 == 0x1313 && r.r14 == 0x1414 && r.r15 == 0x1515 && r.rcx == 0x1616 &&
	      r.rdx == 0x1717 && r.rsi == 0x1818 && r.rdi == (unsigned long)out && r.r8 == 0x1919 && r.r9 == 0x2020 &&
	      r.r10 == 0x2121 && r.r11 == 0x2222 && r.rax == 0x2323, "GETREGS");
	check(r.cs == 0x33 && r.ss == 0x2b && r.ds == 0 && r.es == 0 && r.fs == 0 && r.gs == 0, "segments");
	check((r.eflags & 1) && (r.eflags & 0x202) == 0x202 && !(r.eflags & 0x100), "flags");
	check((long)r.orig_rax == -1, "orig_rax");
	check(r.fs_base != 0 && r.gs_base == 0, "bases");
	check(pt(PTRACE_PEEKUSR, pid, OFF(regs.rbx), (unsigned long)&v) == 0 && v == 0x1111, "PEEKUSER of a register");
	check(pt(PTRACE_PEEKUSR, pid, OFF(regs.gs), (unsigned long)&v) == 0 && v == 0, "of the last one");
	check(pt(PTRACE_PEEKUSR, pid, OFF(u_tsize), (unsigned long)&v) == 0 && v == 0, "of what isn't kept");
	check_errno(pt(PTRACE_PEEKUSR, pid, OFF(regs.rbx) + 1, (unsigned long)&v), EIO, "unaligned");
	check_errno(pt(PTRACE_PEEKUSR, pid, sizeof(struct user) + 16, (unsigned long)&v), EIO, "beyond");
	check_errno(pt(PTRACE_PEEKUSR, pid, -8ul, (unsigned long)&v), EIO, "before");
	check_errno(pt(PTRACE_PEEKUSR, pid, OFF(regs.rbx), 8), EFAULT, "to nowhere");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(regs.rbx), 0x3333), 0, "POKEUSER");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(u_tsize), 1), EIO, "of what isn't kept");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.rbx) + 4, 1), EIO, "unaligned");
	check_errno(pt(PTRACE_POKEUSR, pid, sizeof(struct user) + 16, 1), EIO, "beyond");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.cs), 0), EIO, "no code segment");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.ss), 0), EIO, "no stack segment");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.cs), 0x10), EIO, "the kernel's code segment");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.ds), 0x18), EIO, "the kernel's data segment");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.fs_base), 1ul << 47), EIO, "a base in the kernel");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(regs.gs_base), -1ul), EIO, "a wild base");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(regs.cs), 0x33), 0, "its own code segment");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(regs.eflags), -1ul), 0, "all flags");
	check(pt(PTRACE_PEEKUSR, pid, OFF(regs.eflags), (unsigned long)&v) == 0 && v & 0x200 && !(v & 0x3000) && v & 0x40001,
	      "only those that it may");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(regs.eflags), 0), 0, "no flags");
	check(pt(PTRACE_PEEKUSR, pid, OFF(regs.eflags), (unsigned long)&v) == 0 && v == 0x202, "but those that it must have");
	s = regs(pid);
	s.r12 = 0x4444;
	s.rcx = 0x5555;
	s.r11 = 0x6666;
	s.rax = 0x7777;
	check_is(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&s), 0, "SETREGS");
	s.r13 = 0x8888;
	s.fs_base = -1ul; /* comes late: what is before it stays changed */
	check_errno(pt(PTRACE_SETREGS, pid, 0, (unsigned long)&s), EIO, "SETREGS with a wild base");
	check(regs(pid).r13 == 0x8888 && regs(pid).fs_base == r.fs_base, "is done up to there");
	check_errno(pt(PTRACE_SETREGS, pid, 0, 8), EFAULT, "SETREGS from nowhere");
	check_errno(pt(PTRACE_GETREGS, pid, 0, 8), EFAULT, "GETREGS to nowhere");
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	unsigned long want[] = { 0x3333, 0x4444, 0x8888, 0x5555, 0x6666, 0x7777 };
	bool ok = true;
	for (int i = 0; i < 6; i++)
		ok &= peek(pid, &out[i]) == want[i];
	check(ok, "the tracee runs with all of it");
	check(!(peek(pid, &out[6]) & 1), "flags too");
	finish(pid);
}

static long set(long op, pid_t pid, unsigned long type, void *buf, size_t *len)
{
	struct iovec v = { buf, *len };
	long ret = pt(op, pid, type, (unsigned long)&v);

	*len = v.iov_len;
	return ret;
}

static void sets(void)
{
	pid_t pid = tracee(idle);
	struct user_regs_struct r = regs(pid), s;
	size_t n;

	n = sizeof(s);
	check(set(PTRACE_GETREGSET, pid, NT_PRSTATUS, &s, &n) == 0 && n == sizeof(s) && !memcmp(&r, &s, sizeof(s)), "NT_PRSTATUS");
	memset(&s, 0x55, sizeof(s));
	n = 16;
	check(set(PTRACE_GETREGSET, pid, NT_PRSTATUS, &s, &n) == 0 && n == 16 && s.r15 == r.r15 && s.r13 == 0x5555555555555555, "a part of it");
	n = 0;
	check(set(PTRACE_GETREGSET, pid, NT_PRSTATUS, &s, &n) == 0 && n == 0, "none of it");
	n = 1 << 20;
	check(set(PTRACE_GETREGSET, pid, NT_PRSTATUS, &s, &n) == 0 && n == sizeof(s), "more than there is");
	n = 12;
	check_errno(set(PTRACE_GETREGSET, pid, NT_PRSTATUS, &s, &n), EINVAL, "half a word");
	n = 8;
	check_errno(set(PTRACE_GETREGSET, pid, 0x12345, &s, &n), EINVAL, "no such set");
	check_errno(set(PTRACE_GETREGSET, pid, -1ul, &s, &n), EINVAL, "a wild set");
	check_errno(set(PTRACE_GETREGSET, pid, NT_PRSTATUS, low_ptr, &n), EFAULT, "to nowhere");
	check_errno(pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8), EFAULT, "no iovec");
	check_errno(pt(PTRACE_SETREGSET, pid, NT_PRSTATUS, 8), EFAULT, "no iovec to set");
	s = r;
	s.r15 = 0xabc;
	s.r14 = 0xdef;
	n = 8;
	check_is(set(PTRACE_SETREGSET, pid, NT_PRSTATUS, &s, &n), 0, "SETREGSET of one word");
	check(regs(pid).r15 == 0xabc && regs(pid).r14 == r.r14, "sets one");
	finish(pid);
}

static void floats(void)
{
	long double x = 3.0L;

	__asm__ volatile("vmovups %1, %%ymm3\n\tfldt %2\n\tint3\n\tvmovups %%ymm3, %0\n\tfstpt %3"
			 : "=m"(vec_out), "+m"(vec_in), "+m"(x), "=m"(out)
			 :
			 : "xmm3", "memory");
	__asm__ volatile("int3");
	_exit(0);
}

static void fp(void)
{
	pid_t pid = tracee(floats);
	struct user_fpregs_struct f, g;
	static uint8_t xs[1 << 16], ys[1 << 16];
	size_t n, size;
	uint64_t bv, xcr0;
	float v[4];

	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	check_is(pt(PTRACE_GETFPREGS, pid, 0, (unsigned long)&f), 0, "GETFPREGS");
	memcpy(v, &f.xmm_space[3 * 4], sizeof(v));
	check(v[0] == 1 && v[3] == 4, "xmm3");
	check(f.cwd == 0x37f && f.mxcsr == 0x1f80 && ((f.swd >> 11) & 7) == 7, "control words");
	n = sizeof(g);
	check(set(PTRACE_GETREGSET, pid, NT_PRFPREG, &g, &n) == 0 && n == 512 && !memcmp(&f, &g, 512), "NT_PRFPREG is the same");
	n = sizeof(xs);
	check_is(set(PTRACE_GETREGSET, pid, NT_X86_XSTATE, xs, &n), 0, "NT_X86_XSTATE");
	size = n;
	memcpy(&bv, xs + 512, 8);
	memcpy(&xcr0, xs + 464, 8);
	check(size > 576 + 256 && (xcr0 & 7) == 7 && (bv & 7) == 7 && !(bv & ~xcr0), "has AVX");
	memcpy(v, xs + 576 + 3 * 16, sizeof(v));
	check(v[0] == 5 && v[3] == 8 && !memcmp(xs + 160, f.xmm_space, 256), "the upper half of ymm3, and the lower as before");
	/* FXSAVE alone: the upper halves stay. */
	v[0] = 10;
	memcpy(&f.xmm_space[3 * 4], v, 4);
	f.cwd = 0x27f;
	check_is(pt(PTRACE_SETFPREGS, pid, 0, (unsigned long)&f), 0, "SETFPREGS");
	n = sizeof(ys);
	need(set(PTRACE_GETREGSET, pid, NT_X86_XSTATE, ys, &n) == 0 && n == size);
	memcpy(v, ys + 160 + 3 * 16, 4);
	check(v[0] == 10 && !memcmp(ys + 576, xs + 576, 256), "leaves the upper halves");
	v[0] = 50;
	memcpy(ys + 576 + 3 * 16, v, 4);
	n = size;
	check_is(set(PTRACE_SETREGSET, pid, NT_X86_XSTATE, ys, &n), 0, "SETREGSET of NT_X86_XSTATE");
	n = size - 8;
	check_errno(set(PTRACE_SETREGSET, pid, NT_X86_XSTATE, ys, &n), EFAULT, "not a part of it");
	n = 256;
	check_errno(set(PTRACE_SETREGSET, pid, NT_PRFPREG, &f, &n), EINVAL, "nor of NT_PRFPREG");
	n = size;
	ys[520] = 1;
	check_errno(set(PTRACE_SETREGSET, pid, NT_X86_XSTATE, ys, &n), EINVAL, "nor compacted");
	ys[520] = 0;
	ys[512 + 7] |= 0x40;
	check_errno(set(PTRACE_SETREGSET, pid, NT_X86_XSTATE, ys, &n), EINVAL, "nor with components that there aren't");
	ys[512 + 7] = 0;
	ys[27] = 1;
	check_errno(set(PTRACE_SETREGSET, pid, NT_X86_XSTATE, ys, &n), EINVAL, "nor with a wild mxcsr");
	f.mxcsr = 0x12345678;
	check_errno(pt(PTRACE_SETFPREGS, pid, 0, (unsigned long)&f), EINVAL, "SETFPREGS with one");
	check_errno(pt(PTRACE_SETFPREGS, pid, 0, 8), EFAULT, "SETFPREGS from nowhere");
	check_errno(pt(PTRACE_GETFPREGS, pid, 0, 8), EFAULT, "GETFPREGS to nowhere");
	cont(pid, 0);
	need(stopped_by(stop_of(pid), SIGTRAP));
	unsigned long w = peek(pid, vec_out);
	memcpy(v, &w, 4);
	w = peek(pid, vec_out + 4);
	memcpy(v + 1, &w, 4);
	check(v[0] == 10 && v[1] == 50, "the tracee runs with both");
	finish(pid);
}

static void bases(void)
{
	pid_t pid = tracee(idle);
	unsigned long v = 0;

	check(pt(PTRACE_ARCH_PRCTL_K, pid, (unsigned long)&v, 0x1003 /* ARCH_GET_FS */) == 0 && v == regs(pid).fs_base, "ARCH_GET_FS");
	check_is(pt(PTRACE_ARCH_PRCTL_K, pid, 0x5000, 0x1001 /* ARCH_SET_GS */), 0, "ARCH_SET_GS");
	check(regs(pid).gs_base == 0x5000, "sets it");
	check(pt(PTRACE_ARCH_PRCTL_K, pid, (unsigned long)&v, 0x1004 /* ARCH_GET_GS */) == 0 && v == 0x5000, "ARCH_GET_GS");
	check_errno(pt(PTRACE_ARCH_PRCTL_K, pid, 1ul << 47, 0x1002 /* ARCH_SET_FS */), EPERM, "a base in the kernel");
	check_errno(pt(PTRACE_ARCH_PRCTL_K, pid, 8, 0x1003), EFAULT, "to nowhere");
	check_errno(pt(PTRACE_ARCH_PRCTL_K, pid, 0, 77), EINVAL, "unknown");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(regs.gs_base), 0x6000), 0, "by its word");
	check(regs(pid).gs_base == 0x6000, "sets it too");
	unsigned d[4] = { 0 };
	check(pt(25, pid, 12, (unsigned long)d) == 0 && d[0] == 12 && d[1] == 0 && d[2] == 0, "GET_THREAD_AREA of an empty one");
	check_errno(pt(25, pid, 5, (unsigned long)d), EINVAL, "of none");
	check_errno(pt(25, pid, -1ul, (unsigned long)d), EIO, "of a negative one");
	/* Debug registers: what doesn't depend on their being free. */
	check(pt(PTRACE_PEEKUSR, pid, OFF(u_debugreg[0]), (unsigned long)&v) == 0 && v == 0, "debug register 0");
	check(pt(PTRACE_PEEKUSR, pid, OFF(u_debugreg[7]), (unsigned long)&v) == 0 && v == 0, "7");
	check(pt(PTRACE_PEEKUSR, pid, OFF(u_debugreg[6]), (unsigned long)&v) == 0 && v == 0xffff0ff0, "6");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(u_debugreg[7]), 0), 0, "none enabled");
	check_errno(pt(PTRACE_POKEUSR, pid, OFF(u_debugreg[4]), 1), EIO, "4 can't be set");
	check_is(pt(PTRACE_POKEUSR, pid, OFF(u_debugreg[6]), 0), 0, "6 can");
	finish(pid);
}

int main(void)
{
	general();
	sets();
	fp();
	bases();
	return done();
}
