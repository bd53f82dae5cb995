/* SPDX-License-Identifier: MIT */
/*
 * The ways in and the ways out.
 *
 * From ring 3 every way in builds one frame straight in the vCPU's regs
 * (TSS.rsp0 and the syscall stub's regs_top point at its end):
 *
 *	r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi
 *	error_code|entry_vector  rip cs rflags rsp ss
 *
 * and goes on with the CPU's main stack, empty. From ring 0 (interrupt
 * window, idle loop, faults that the exception table mends, NMI) the same
 * frame is built on the stack that was hit, and returned to.
 *
 * NMI, #DF, #MC and #DB come on stacks of their own, whatever rsp is: in the
 * first instructions of a syscall stub it is the guest's. Those from ring 3
 * are copied into the vCPU's regs and go the common way.
 */
#include "asm-offsets.h"
#include "cpu.h"
#include "irq.h"
#include "trap.h"

#define SEL_RING3_CS32 0xe023	/* FLAT_RING3_CS32, SS32, CS64 of the ABI */
#define SEL_RING3_SS 0xe02b
#define SEL_RING3_CS64 0xe033

	.macro PUSH_REGS
	.irp	reg, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	push	%\reg
	.endr
	.endm

	.macro POP_REGS
	.irp	reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	pop	%\reg
	.endr
	.endm

	/* Load registers from the frame of the vCPU at rbx. */
	.macro LOAD_REGS regs:vararg
	.irp	reg, \regs
	mov	VCPU_regs + REGS_\reg(%rbx), %\reg
	.endr
	.endm

	/* rsp points at a vCPU's saved registers: vCPU to rbx, main stack. */
	.macro MAIN_STACK
	lea	-VCPU_regs(%rsp), %rbx
	mov	VCPU_stack(%rbx), %rsp
	.endm

	/* Anything to do before leaving to the vCPU at rbx? Then to \work. */
	.macro CHECK_WORK work
	mov	VCPU_cpu(%rbx), %eax
	lea	softirq_pending(%rip), %rdx
	cmpl	$0, (%rdx, %rax, 4)
	jne	\work
	cmpb	$0, VCPU_nmi_pending(%rbx)
	jne	\work
	/* Pending (first byte) and not masked (second): 0x0001 .. 0x00ff. */
	mov	VCPU_info(%rbx), %rax
	movzwl	(%rax), %eax
	dec	%eax
	cmp	$0xfe, %eax
	jbe	\work
	.endm

	/* The struct cpu at the end of rsp's block: the main stack's top. */
	.macro CPU_BLOCK_TOP reg
	mov	%rsp, \reg
	or	$CPU_BLOCK - 1, \reg
	sub	$CPU_SIZE - 1, \reg
	.endm

	.text

/* ---- System calls -------------------------------------------------------- */

	.macro SYSCALL_STUBS name, cs, ss, entry
	.global	\name
	.balign	SYSCALL_STUB_SIZE
\name:
	.set	cpu, CPU_BLOCK - CPU_SIZE
	.rept	MAX_CPUS
	.balign	SYSCALL_STUB_SIZE
	mov	%rsp, cpu_blocks + cpu + CPU_scratch(%rip)
	mov	cpu_blocks + cpu + CPU_regs_top(%rip), %rsp
	push	$\ss
	push	cpu_blocks + cpu + CPU_scratch(%rip)
	push	%r11
	push	$\cs
	jmp	\entry
	.set	cpu, cpu + CPU_BLOCK
	.endr
	.endm

	SYSCALL_STUBS syscall_stubs, SEL_RING3_CS64, SEL_RING3_SS, syscall_entry
	SYSCALL_STUBS syscall32_stubs, SEL_RING3_CS32, SEL_RING3_SS, syscall32_entry

	.balign	64
syscall_entry:
	push	%rcx
	push	$EXIT_SYSRET
	PUSH_REGS
	MAIN_STACK
	cmpb	$0, VCPU_kernel_mode(%rbx)
	je	syscall_user
	/* A struct hypercall: number and arguments are still in registers. */
	.irp	reg, r8, r10, rdx, rsi, rdi, rax, rbx
	push	%\reg
	.endr
	mov	%rsp, %rdi
	call	hypercall_run
	add	$56, %rsp
	CHECK_WORK leave_work
	testl	$EXIT_SYSRET, VCPU_regs + REGS_error_code(%rbx)
	jz	leave_iret
	/* Nothing switched: C has preserved rbp and r12 to r15. */
leave_sysret:
	/* A sysret to a non-canonical address may fault in ring 0. */
	mov	VCPU_regs + REGS_rip(%rbx), %rcx
	sar	$47, %rcx
	inc	%ecx
	cmp	$1, %ecx
	ja	leave_iret
	LOAD_REGS rdi, rsi, rdx, rax, r8, r9, r10
	mov	VCPU_regs + REGS_rflags(%rbx), %r11
	mov	VCPU_regs + REGS_rip(%rbx), %rcx
	mov	VCPU_regs + REGS_rsp(%rbx), %rsp
	LOAD_REGS rbx
	sysretq

syscall32_entry:
	push	%rcx
	push	$0
	PUSH_REGS
	MAIN_STACK
	lea	VCPU_syscall32(%rbx), %rsi
	jmp	1f
syscall_user:
	lea	VCPU_syscall(%rbx), %rsi
1:	mov	%rbx, %rdi
	call	trap_syscall
	jmp	leave

/* ---- Leaving ------------------------------------------------------------- */

	.global	cpu_leave
cpu_leave:
	CPU_BLOCK_TOP %rax
	mov	%rax, %rsp
	/* Leave to whoever is current here, once nothing is due. */
leave:
	mov	CPU_current(%rsp), %rbx
	cmpq	$0, VCPU_domain(%rbx)
	je	leave_idle
	CHECK_WORK leave_work
	testl	$EXIT_SYSRET, VCPU_regs + REGS_error_code(%rbx)
	jz	leave_iret
	LOAD_REGS rbp, r12, r13, r14, r15
	jmp	leave_sysret

	/* The frame is copied: a fault of iret must not hit the vCPU's. */
leave_iret:
	push	VCPU_regs + REGS_ss(%rbx)
	push	VCPU_regs + REGS_rsp(%rbx)
	push	VCPU_regs + REGS_rflags(%rbx)
	push	VCPU_regs + REGS_cs(%rbx)
	push	VCPU_regs + REGS_rip(%rbx)
	/* cs shares its word with the saved mask. */
	movzwl	8(%rsp), %eax
	mov	%rax, 8(%rsp)
	LOAD_REGS r15, r14, r13, r12, rbp, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, rbx
	.global	iret_guest, iret_failed
iret_guest:
	iretq

	/* trap_hypervisor() returns here; vector and error are in the vCPU. */
iret_failed:
	CPU_BLOCK_TOP %rax
	mov	%rax, %rsp
	mov	CPU_current(%rsp), %rdi
	call	trap_iret_failed
	jmp	leave

leave_work:
	mov	%rbx, %rdi
	call	trap_exit_work
	jmp	leave

leave_idle:
	mov	VCPU_cpu(%rbx), %eax
	lea	softirq_pending(%rip), %rdx
	cmpl	$0, (%rdx, %rax, 4)
	jne	leave_work
	call	irq_idle
	jmp	leave

/* ---- Exceptions and interrupts -------------------------------------------- */

	.global	idt_stubs
	.balign	IDT_STUB_SIZE
idt_stubs:
	.set	vector, 0
	.rept	256
	.balign	IDT_STUB_SIZE
	/* Not one of those for which the CPU pushes an error code? */
	.if	(vector > 31) || !((EXC_WITH_ERROR >> (vector & 31)) & 1)
	push	$0
	.endif
	movl	$vector, 4(%rsp)
	.if	vector == EXC_DB || vector == EXC_NMI || vector == EXC_DF || vector == EXC_MC
	jmp	ist_entry
	.else
	jmp	trap_entry
	.endif
	.set	vector, vector + 1
	.endr

trap_entry:
	PUSH_REGS
	cld
	testb	$3, REGS_cs(%rsp)
	jz	1f
	MAIN_STACK
	mov	%rbx, %rdi
	call	trap_guest
	jmp	leave
1:	mov	%rsp, %rdi
	call	trap_hypervisor
	POP_REGS
	add	$8, %rsp
	iretq

ist_entry:
	PUSH_REGS
	cld
	testb	$3, REGS_cs(%rsp)
	jz	1b
	CPU_BLOCK_TOP %rax
	mov	CPU_current(%rax), %rbx
	lea	VCPU_regs(%rbx), %rdi
	mov	%rsp, %rsi
	mov	$REGS_end / 8, %ecx
	rep movsq
	mov	%rax, %rsp
	mov	%rbx, %rdi
	call	trap_guest
	/* NMIs are blocked until an iret: now, whatever is due. */
	cmpl	$EXC_NMI, VCPU_regs + REGS_entry_vector(%rbx)
	je	leave_iret
	jmp	leave
