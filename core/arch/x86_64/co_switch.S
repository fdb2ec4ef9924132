/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutine switch for x86-64 (System V ABI): saves what a callee must preserve, control words of
 * the SSE and x87 units included, on the old stack, and goes on from the new one.
 *
 *	void arch_co_switch(void **save_sp, void *new_sp);
 */
	.text
	.globl	arch_co_switch
	.type	arch_co_switch, @function
	.p2align 4
arch_co_switch:
	.cfi_startproc
	endbr64
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	subq	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.cfi_endproc
	.size	arch_co_switch, .-arch_co_switch

/* First code on a new stack: r12 holds the function, and it never returns. */
	.globl	arch_co_entry
	.type	arch_co_entry, @function
	.p2align 4
arch_co_entry:
	.cfi_startproc
	.cfi_undefined %rip
	endbr64
	xorl	%ebp, %ebp
	callq	*%r12
	ud2
	.cfi_endproc
	.size	arch_co_entry, .-arch_co_entry

	.section .note.GNU-stack,"",@progbits
