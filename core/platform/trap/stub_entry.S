/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the stub that C can't say. See stub.c.
 */
#define __ASSEMBLER__ 1
#include <asm/unistd.h>
#include "core/platform/calls.h"
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
	leaq	SLOT_TID(%rdi), %r10	/* child tid: slot.tid, set and cleared by the kernel */
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

/* long stub_poke(addr, bytes, n), and long stub_cmpxchg(addr, old, val): 0, or -EFAULT by way of
 * stub_handler when guest memory faults between stub_guard_start and stub_guard_end. */
FUNC(stub_poke)
	movl	%edx, %ecx
FUNC(stub_guard_start)
1:	movb	%sil, (%rdi)
	incq	%rdi
	shrq	$8, %rsi
	decl	%ecx
	jnz	1b
	xorl	%eax, %eax
	ret
/* long stub_copy(dst, src, n): 0; long stub_copy_str(dst, src, max): how many, with the end. */
FUNC(stub_copy)
	movq	%rdx, %rcx
	rep movsb
	xorl	%eax, %eax
	ret
FUNC(stub_copy_word)		/* in one piece */
	movl	(%rsi), %eax
	movl	%eax, (%rdi)
	xorl	%eax, %eax
	ret
FUNC(stub_zero)
	movq	%rsi, %rcx
	xorl	%eax, %eax
	rep stosb
	ret
FUNC(stub_copy_str)
	xorl	%eax, %eax
1:	movb	(%rsi,%rax), %cl
	movb	%cl, (%rdi,%rax)
	incq	%rax
	testb	%cl, %cl
	jz	2f
	cmpq	%rdx, %rax
	jb	1b
2:	ret
FUNC(stub_cmpxchg)
	movl	(%rsi), %eax
	lock cmpxchgl %edx, (%rdi)
FUNC(stub_guard_end)
	movl	%eax, (%rsi)
	xorl	%eax, %eax
	ret
FUNC(stub_guard_fault)
	movq	$-14, %rax
	ret

/* ---- the fast way in and out ---- */

/* stub_fast_on(slot, stack): the way out of a call that the parent made. */
FUNC(stub_fast_on)
	movq	%rsi, %rsp
	xorl	%ebp, %ebp
	call	stub_fast_child
	testl	%eax, %eax
	jnz	stub_fast_frame
	jmp	stub_fast_exit

/* The upper half of any slot's address, as bswap leaves it in the lower one. */
#define SLOTS_HIGH ((STUB_SLOTS >> 32 & 0xff) << 24 | (STUB_SLOTS >> 40 & 0xff) << 16)

/*
 * A thunk jumps here in place of a syscall instruction: rcx is the thunk's tail, r11 is free, all
 * else is the guest's, the stack too. No flag changes before they are saved. A guest that has set gs
 * for itself is sent to the syscall instruction that each thunk has just before its tail.
 */
FUNC(stub_fast_entry)
	movq	%rax, %r11
	rdgsbase %rax
	xchgq	%rax, %rcx
	bswapq	%rcx
	movl	%ecx, %ecx
	leal	-SLOTS_HIGH(%rcx), %ecx
	jrcxz	1f
	leaq	-2(%rax), %rcx
	movq	%r11, %rax
	jmpq	*%rcx
1:	movq	%rax, %gs:FAST_RET
/*
 * Is the answer known? No flag may change, so tests are for rcx being zero alone. A kick between
 * stub_local and stub_local_end starts the call again, by the thunk's syscall instruction.
 */
	movl	%gs:SLOT_KICK_SEEN, %ecx
FUNC(stub_local)
	jrcxz	3f
	jmp	2f
3:	movzbl	%r11b, %ecx
	notq	%rcx
	leaq	1(%r11,%rcx), %rcx
	jrcxz	4f
	jmp	2f		/* a number above 255 */
4:	movzbl	%r11b, %ecx
	movabsq	$(STUB_PARAMS + PARAMS_IN + PARAMS_IN_LOCAL), %rax
	movzbl	(%rax,%rcx,8), %ecx
	jrcxz	2f
	movq	%gs:SLOT_LOCAL(,%rcx,8), %rcx
	leaq	1(%rcx), %rcx
	jrcxz	2f
	leaq	-1(%rcx), %rax
	movq	%gs:SLOT_LOCAL_CALLS, %rcx
	leaq	1(%rcx), %rcx
	movq	%rcx, %gs:SLOT_LOCAL_CALLS
	jmpq	*%gs:FAST_RET
FUNC(stub_local_end)
2:	movq	%r11, %gs:FAST_NR
	movq	%rbx, %gs:FAST_RBX
	movq	%rdx, %gs:FAST_RDX
	movq	%rsi, %gs:FAST_RSI
	movq	%rdi, %gs:FAST_RDI
	movq	%rbp, %gs:FAST_RBP
	movq	%rsp, %gs:FAST_RSP
	movq	%r8, %gs:FAST_R8
	movq	%r9, %gs:FAST_R9
	movq	%r10, %gs:FAST_R10
	movq	%r12, %gs:FAST_R12
	movq	%r13, %gs:FAST_R13
	movq	%r14, %gs:FAST_R14
	movq	%r15, %gs:FAST_R15
	rdgsbase %rdi
	leaq	SLOT_LOWER_STACK(%rdi), %rsp
	pushfq
	popq	FAST_FLAGS(%rdi)
	cld
	xorl	%ebp, %ebp
	call	stub_fast
	testl	%eax, %eax
	jnz	stub_fast_frame
/* All but rcx and r11, which the system call instruction has changed. */
.macro RESTORE_REGISTERS
	movq	%gs:FAST_RBX, %rbx
	movq	%gs:FAST_RDX, %rdx
	movq	%gs:FAST_RSI, %rsi
	movq	%gs:FAST_RDI, %rdi
	movq	%gs:FAST_RBP, %rbp
	movq	%gs:FAST_R8, %r8
	movq	%gs:FAST_R9, %r9
	movq	%gs:FAST_R10, %r10
	movq	%gs:FAST_R12, %r12
	movq	%gs:FAST_R13, %r13
	movq	%gs:FAST_R14, %r14
	movq	%gs:FAST_R15, %r15
	movq	%gs:FAST_RSP, %rsp
	movq	%gs:SLOT_RESULT, %rax
.endm

/*
 * Back to the guest. Whatever of this has run, all of the guest's registers are still in the slot: a
 * kick that arrives here fills its frame from there.
 */
FUNC(stub_fast_exit)
	cmpl	$0, %gs:SLOT_KICK_SEEN
	jne	stub_fast_frame
	movq	%gs:FAST_FLAGS, %r11
	movl	%r11d, %ecx
	movb	%cl, %ah
	shrl	$11, %ecx
	andb	$1, %cl
	movb	%cl, %al
	addb	$0x7f, %al
	sahf
	RESTORE_REGISTERS
	jmpq	*%gs:FAST_RET
FUNC(stub_fast_exit_end)

/* The same, but into a trap: the host writes a frame with the FP state and the guest's registers. */
FUNC(stub_fast_frame)
	movl	$0, %gs:SLOT_KICK_SEEN
	RESTORE_REGISTERS
	int3
FUNC(stub_fast_frame_pc)
	hlt

	.section .note.GNU-stack,"",@progbits
