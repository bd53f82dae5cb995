/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader's 32-bit protected mode, or an AP's real mode, to C in
 * long mode. Addresses here are physical until the jump to VA_IMAGE.
 */
#include "cpu.h"

#define PHYS(sym) ((sym) - VA_IMAGE + PA_IMAGE)
#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x10003	/* align modules, memory map, addresses below */
#define MB2_MAGIC 0xe85250d6
#define EARLY_CS64 0x08
#define EARLY_DS 0x10
#define EARLY_CS32 0x18
#define PTE_P_RW 0x3
#define PDE_2M 0x83
#define L4_SLOT(va) (((va) >> 39) & 511)
#define L3_SLOT(va) (((va) >> 30) & 511)
#define SERIAL 0x3f8

	.section .head, "ax"
	.balign 8
mb1_header:		/* Multiboot 0.6.96, 3.1.1 */
	.long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)
	.long PHYS(mb1_header), PHYS(__image_start), PHYS(__data_end)
	.long PHYS(__image_end), PHYS(head_start)

	.balign 8
mb2_header:		/* Multiboot2 2.0, 3.1.2 */
	.long MB2_MAGIC, 0, mb2_end - mb2_header
	.long -(MB2_MAGIC + 0 + (mb2_end - mb2_header))
	.short 6, 0	/* align modules on pages */
	.long 8
	.short 0, 0	/* end */
	.long 8
mb2_end:

/* ---- The boot loader's entry: eax magic, ebx its information -------------- */

	.code32
	.global head_start
head_start:
	cli
	cld
	mov	%eax, %ebp
	mov	$PHYS(cpu_blocks + CPU_STACK_TOP), %esp
	call	check_cpu
	/* Whatever the loader left in the bss, it is zero to C. */
	mov	$PHYS(__data_end), %edi
	mov	$PHYS(__image_end), %ecx
	sub	%edi, %ecx
	shr	$2, %ecx
	xor	%eax, %eax
	rep stosl
	call	early_tables
	mov	$PHYS(early_l4), %eax
	call	enter_long_mode
	lgdt	PHYS(early_gdt_ptr)
	ljmp	$EARLY_CS64, $PHYS(1f)
	.code64
1:	movabs	$2f, %rax
	jmp	*%rax
2:	lgdt	early_gdt_ptr64(%rip)
	mov	$EARLY_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lea	cpu_blocks + CPU_STACK_TOP(%rip), %rsp
	mov	%ebp, %edi
	mov	%ebx, %esi
	xor	%ebp, %ebp
	call	init
	ud2

	.code32
/* eax: root table. Keeps all but eax, ecx, edx. */
enter_long_mode:
	mov	%eax, %cr3
	mov	$0x20, %eax		/* CR4.PAE */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx	/* EFER.LME */
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	$0x80010021, %eax	/* CR0.PG, WP, NE, PE */
	mov	%eax, %cr0
	ret

/* The first 4 GiB at 0 and at VA_DIRECT, the image at VA_IMAGE. */
early_tables:
	mov	$PHYS(early_l2), %edi
	mov	$PDE_2M, %eax
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	jnc	1b
	mov	$PHYS(early_l3), %edi
	mov	$PHYS(early_l2) + PTE_P_RW, %eax
	mov	$4, %ecx
1:	mov	%eax, (%edi)
	add	$8, %edi
	add	$4096, %eax
	loop	1b
	movl	$PHYS(early_l3) + PTE_P_RW, PHYS(early_l4)
	movl	$PHYS(early_l3) + PTE_P_RW, \
		PHYS(early_l4 + 8 * L4_SLOT(VA_DIRECT))
	movl	$PHYS(early_l3_image) + PTE_P_RW, \
		PHYS(early_l4 + 8 * L4_SLOT(VA_IMAGE))
	movl	$PHYS(early_l2_image) + PTE_P_RW, \
		PHYS(early_l3_image + 8 * L3_SLOT(VA_IMAGE))
	movl	$PA_IMAGE + PDE_2M, PHYS(early_l2_image)
	movl	$PA_IMAGE + 0x200000 + PDE_2M, PHYS(early_l2_image + 8)
	ret

/* No long mode: the one thing said before C. */
check_cpu:
	mov	$0x80000000, %eax
	push	%ebx
	cpuid
	cmp	$0x80000001, %eax
	jb	1f
	mov	$0x80000001, %eax
	cpuid
	pop	%ebx
	bt	$29, %edx
	jnc	1f
	ret
1:	mov	$PHYS(no_long_mode), %esi
	mov	$SERIAL, %edx
2:	lodsb
	test	%al, %al
	jz	3f
	out	%al, %dx
	jmp	2b
3:	hlt
	jmp	3b

no_long_mode:
	.asciz "\r\nEnso needs a 64-bit CPU.\r\n"

	.balign 8
early_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 64-bit code */
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x00cf9b000000ffff	/* 32-bit code */
early_gdt_end:
early_gdt_ptr:
	.short	early_gdt_end - early_gdt - 1
	.long	PHYS(early_gdt)
early_gdt_ptr64:
	.short	early_gdt_end - early_gdt - 1
	.quad	early_gdt

/*
 * ---- An AP's entry ----------------------------------------------------------
 *
 * smp_start() copies this below 1 MiB, to the start of a page that the root
 * it names maps to itself, and fills in ap_root, ap_stack and ap_entry.
 */
	.global ap_trampoline, ap_trampoline_end
	.global ap_root, ap_stack, ap_entry
#define AP(sym) ((sym) - ap_trampoline)
	.balign 16
	.code16
ap_trampoline:
	cli
	mov	%cs, %ax
	mov	%ax, %ds
	movzwl	%ax, %ebx
	shl	$4, %ebx		/* the page's address */
	lea	AP(early_gdt_copy)(%ebx), %eax
	mov	%eax, AP(ap_gdt_ptr + 2)
	lea	AP(ap_32)(%ebx), %eax
	mov	%eax, AP(ap_far32)
	lea	AP(ap_64)(%ebx), %eax
	mov	%eax, AP(ap_far64)
	lgdtl	AP(ap_gdt_ptr)
	mov	$0x21, %eax		/* CR0.NE, PE */
	mov	%eax, %cr0
	ljmpl	*AP(ap_far32)
	.code32
ap_32:
	mov	$EARLY_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$0x20, %eax		/* CR4.PAE */
	mov	%eax, %cr4
	mov	AP(ap_root)(%ebx), %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* EFER.LME, NX: the root uses it */
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$0x80010021, %eax	/* CR0.PG, WP, NE, PE */
	mov	%eax, %cr0
	ljmp	*AP(ap_far64)(%ebx)
	.code64
ap_64:
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	ap_stack(%rip), %rsp
	mov	ap_entry(%rip), %rax
	xor	%ebp, %ebp
	call	*%rax
	ud2

	.balign 8
early_gdt_copy:
	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
ap_gdt_ptr:
	.short	31
	.long	0
ap_far32:
	.long	0
	.short	EARLY_CS32
ap_far64:
	.long	0
	.short	EARLY_CS64
	.balign 8
ap_root:
	.quad	0
ap_stack:
	.quad	0
ap_entry:
	.quad	0
ap_trampoline_end:

/* ---- Page tables until paging_init() ---------------------------------------- */

	.section .bss.tables, "aw", @nobits
	.balign	4096
	.global early_l3
early_l4:
	.skip	4096
early_l3:
	.skip	4096
early_l3_image:
	.skip	4096
early_l2_image:
	.skip	4096
early_l2:
	.skip	4 * 4096
