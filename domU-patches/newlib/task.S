/* SPDX-License-Identifier: MIT */
/*
 * From one stack to another. What a call keeps is pushed, in this order:
 *
 *	return address, rbx, rbp, r12, r13, r14, r15 <- sp
 *
 * task_start() makes the first frame of a task like this.
 */
	.text
	.global task_switch
task_switch:			/* rdi: where our sp is kept, rsi: the other's */
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
