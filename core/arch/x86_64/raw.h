/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls without libc, and new stacks: for code that runs where libc doesn't. Layer: core.
 */
#ifndef CORE_ARCH_X86_64_RAW_H
#define CORE_ARCH_X86_64_RAW_H

#define RAW_INLINE static inline __attribute__((always_inline))

/* The result, or the negative errno. */
RAW_INLINE long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
	                 : "=a"(ret)
	                 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return ret;
}

/* Calls fn(arg, n), which never returns, on the stack that ends at top. */
RAW_INLINE __attribute__((noreturn)) void raw_run_on(void *top, void *fn, void *arg, long n)
{
	__asm__ volatile("movq %0, %%rsp\n\t"
	                 "xorl %%ebp, %%ebp\n\t"
	                 "call *%1\n\t"
	                 "hlt"
	                 :
	                 : "r"(top), "r"(fn), "D"(arg), "S"(n)
	                 : "memory");
	__builtin_unreachable();
}

/* clone(2) with a stack: the new thread calls fn(arg, n), which never returns. */
RAW_INLINE long raw_clone_thread(long nr, long flags, void *top, void *fn, void *arg, long n)
{
	long ret;
	register long r10 __asm__("r10") = 0;
	register long r8 __asm__("r8") = 0;
	register void *r12 __asm__("r12") = fn;
	register void *r13 __asm__("r13") = arg;
	register long r14 __asm__("r14") = n;

	__asm__ volatile("syscall\n\t"
	                 "testq %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xorl %%ebp, %%ebp\n\t"
	                 "movq %%r13, %%rdi\n\t"
	                 "movq %%r14, %%rsi\n\t"
	                 "call *%%r12\n\t"
	                 "hlt\n"
	                 "1:"
	                 : "=a"(ret)
	                 : "a"(nr), "D"(flags), "S"(top), "d"(0L), "r"(r10), "r"(r8), "r"(r12),
	                   "r"(r13), "r"(r14)
	                 : "rcx", "r11", "memory", "cc");
	return ret;
}

#endif
