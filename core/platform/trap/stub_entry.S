/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the stub that C can't say. See stub.c.
 */
#define __ASSEMBLER__ 1
#include <asm/unistd.h>
#include "core/platform/trap/slot.h"

	.section stub_text, "ax", @progbits

#define FUNC(name) .globl name; .hidden name; .type name, @function; name:

/* Where a handler returns to: the frame is on top of the stack. */
FUNC(stub_restorer)
	movl	$__NR_rt_sigreturn, %eax
	syscall
	hlt

/* stub_enter_frame(uc): goes on in guest code with the registers of a signal frame. */
FUNC(stub_enter_frame)
	movq	%rdi, %rsp
	movl	$__NR_rt_sigreturn, %eax
	syscall
	hlt

/* stub_loop_on(slot, stack) */
FUNC(stub_loop_on)
	movq	%rsi, %rsp
	xorl	%ebp, %ebp
	call	stub_loop
	hlt

/* long stub_clone_thread(child_slot, stack): the child starts in stub_thread_main. */
FUNC(stub_clone_thread)
	pushq	%rbx
	movq	%rdi, %rbx
	leaq	4(%rdi), %r10		/* child tid: slot.tid, set and cleared by the kernel */
	xorl	%edx, %edx
	xorl	%r8d, %r8d
	movl	$STUB_THREAD_FLAGS, %edi
	movl	$__NR_clone, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	popq	%rbx
	ret
1:	movq	%rbx, %rdi
	xorl	%ebp, %ebp
	call	stub_thread_main
	hlt

/*
 * long stub_clone_process(slot, sock, mem): the slots are shared with the sentry, so the two
 * processes must not both run on a stack there; the private page is copied by the fork itself.
 */
FUNC(stub_clone_process)
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	movq	%rdi, %rbx
	movl	%esi, %r12d
	movl	%edx, %r13d
	movq	%rsp, %rbp
	movabsq	$(STUB_PRIVATE + STUB_PRIVATE_SIZE), %rsp
	movl	$STUB_FORK_FLAGS, %edi
	xorl	%esi, %esi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	movl	$__NR_clone, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	movq	%rbp, %rsp
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
1:	movq	%rbx, %rdi
	movl	%r12d, %esi
	movl	%r13d, %edx
	xorl	%ebp, %ebp
	call	stub_process_main
	hlt

/* long stub_cmpxchg(addr, old, val): 0, or -EFAULT by way of stub_handler. */
FUNC(stub_cmpxchg)
	movl	(%rsi), %eax
FUNC(stub_cmpxchg_start)
	lock cmpxchgl %edx, (%rdi)
FUNC(stub_cmpxchg_end)
	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
FUNC(stub_cmpxchg_fault)
	movq	$-14, %rax
	ret

	.section .note.GNU-stack,"",@progbits
