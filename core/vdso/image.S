/* SPDX-License-Identifier: Apache-2.0
 *
 * The built vDSO image as bytes of the sentry. The path is relative to the top of the build tree,
 * where the assembler runs.
 */
	.section .rodata
	.globl vdso_image_start, vdso_image_end
	.type vdso_image_start, @object
	.balign 4096
vdso_image_start:
	.incbin "core/vdso/vdso.so"
vdso_image_end:
	.size vdso_image_start, . - vdso_image_start
	.section .note.GNU-stack, "", @progbits
