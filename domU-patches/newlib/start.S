/* SPDX-License-Identifier: MIT */
/*
 * The notes that make an ELF file a PV kernel, its first instructions, and
 * the entries of exceptions, events, the failsafe callback and system calls.
 */
#include <xen/elfnote.h>
#include "frame.h"

/* ---- Notes for the domain builder --------------------------------------- */

#define NOTE(type, value...) \
	.pushsection .note.Xen, "a", @note; .balign 4; \
	.long 2f - 1f, 4f - 3f, type; \
1:	.asciz "Xen"; 2:; .balign 4; 3:; value; 4:; .balign 4; .popsection

NOTE(XEN_ELFNOTE_GUEST_OS, .asciz "libguest")
NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0")
NOTE(XEN_ELFNOTE_VIRT_BASE, .quad GUEST_VIRT_BASE)
NOTE(XEN_ELFNOTE_PADDR_OFFSET, .quad 0)
NOTE(XEN_ELFNOTE_ENTRY, .quad start)
NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page)
NOTE(XEN_ELFNOTE_INIT_P2M, .quad GUEST_P2M_BASE)
NOTE(XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb")
NOTE(XEN_ELFNOTE_PAE_MODE, .asciz "yes")
NOTE(XEN_ELFNOTE_L1_MFN_VALID, .quad 1, 1)
NOTE(XEN_ELFNOTE_LOADER, .asciz "generic")

/* ---- Start ------------------------------------------------------------------ */

	.section .text.start, "ax"
	.global start
start:
	cld
	lea	cpu_stack + GUEST_STACK(%rip), %rsp
	xor	%ebp, %ebp
	mov	%rsi, %rdi
	call	guest_start_c
	ud2

/* A further vCPU starts here with its stack set. */
	.global start_secondary
start_secondary:
	cld
	xor	%ebp, %ebp
	call	vcpu_start_c
	ud2

	.balign 4096
	.global hypercall_page
hypercall_page:
	.fill	4096, 1, 0xcc

/* ---- Ways in ------------------------------------------------------------------ */
/*
 * What Xen pushes, from the top of the stack: rcx, r11, an error code for
 * some vectors, rip, cs, rflags, rsp, ss. Made into a struct regs of trap.h.
 */
	.text
	.macro	entry vector, error=0
	pop	%rcx
	pop	%r11
	.if	!(\error)
	push	$0
	.endif
	push	$\vector
	jmp	entry_common
	.endm

	.balign	16
	.global trap_entries
trap_entries:
	number = 0
	.rept	256
	.balign	16
	entry	number, (number < 32) & (0x227d00 >> (number & 31)) & 1
	number = number + 1
	.endr

	.global entry_upcall, entry_syscall, entry_failsafe, entry_nmi
entry_upcall:
	entry	VECTOR_UPCALL
entry_syscall:
	entry	VECTOR_SYSCALL
entry_nmi:
	entry	VECTOR_NMI
entry_failsafe:				/* ds, es, fs, gs are above rip */
	pop	%rcx
	pop	%r11
	pop	failsafe_selectors
	pop	failsafe_selectors + 8
	pop	failsafe_selectors + 16
	pop	failsafe_selectors + 24
	push	$0
	push	$VECTOR_FAILSAFE

entry_common:
	cld
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	mov	%rsp, %rbx
	xor	%ebp, %ebp
	and	$~15, %rsp
	cmpq	$VECTOR_UPCALL, REGS_VECTOR(%rdi)
	je	1f
	call	trap_dispatch
	mov	%rbx, %rdi
	jmp	trap_return

/* An event comes between any two instructions: it keeps the FPU's, too. */
1:	sub	$512, %rsp
	fxsave64 (%rsp)
	call	trap_dispatch
	fxrstor64 (%rsp)
	mov	%rbx, %rdi

/* Goes to what the struct regs in rdi says. */
	.global trap_return
trap_return:
	mov	%rdi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$16, %rsp
	push	$0			/* the iret frame: flags, rcx, r11, rax */
	push	%rcx
	push	%r11
	push	%rax
	mov	$HYPERCALL_IRET, %eax
	syscall
	ud2

/* Where user_run's function returns to: leaves user mode. */
	.global user_return
user_return:
	mov	%rax, %rdi
	mov	$USER_EXIT, %eax
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
