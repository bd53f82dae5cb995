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
#define CPU_NEEDS (1 << 29 | 1 << 20)	/* long mode, NX */
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
	.long 6, 8	/* align modules on pages */
	.long 0, 8	/* end */
mb2_end:

/* ---- The boot loader's entry: eax magic, ebx its information -------------- */

	.code32
	.global head_start
head_start:
	cli
	cld
	mov	%eax, %ebp
	mov	%ebx, %esi
	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	cpu_unfit
	mov	$0x80000001, %eax
	cpuid
	and	$CPU_NEEDS, %edx
	cmp	$CPU_NEEDS, %edx
	jne	cpu_unfit

	/* Whatever the loader left in the bss, it is zero to C. */
	mov	$PHYS(__data_end), %edi
	mov	$PHYS(__image_end), %ecx
	sub	%edi, %ecx
	shr	$2, %ecx
	xor	%eax, %eax
	rep stosl

	/* The first 4 GiB at 0 and at VA_DIRECT, the image at VA_IMAGE. */
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
	mov	$PHYS(early_l4), %edi
	movl	$PHYS(early_l3) + PTE_P_RW, (%edi)
	movl	$PHYS(early_l3) + PTE_P_RW, 8 * L4_SLOT(VA_DIRECT)(%edi)
	movl	$PHYS(early_l3_image) + PTE_P_RW, 8 * L4_SLOT(VA_IMAGE)(%edi)
	movl	$PHYS(early_l2_image) + PTE_P_RW, \
		PHYS(early_l3_image + 8 * L3_SLOT(VA_IMAGE))
	movl	$PA_IMAGE + PDE_2M, PHYS(early_l2_image)
	movl	$PA_IMAGE + 0x200000 + PDE_2M, PHYS(early_l2_image + 8)

/* ---- To long mode, all CPUs: edi root table, ebp and esi C's arguments ---- */

to_long_mode:
	mov	%edi, %cr3
	mov	$0x20, %eax		/* CR4.PAE */
	mov	%eax, %cr4
	mov	$0xc0000080, %ecx	/* EFER.LME, NX */
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$0x80010021, %eax	/* CR0.PG, WP, NE, PE */
	mov	%eax, %cr0
	lgdt	PHYS(early_gdt_ptr)
	ljmp	$EARLY_CS64, $PHYS(1f)
	.code64
1:	mov	$EARLY_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	start_stack(%rip), %rsp
	mov	%ebp, %edi
	mov	%esi, %esi		/* its upper half is undefined */
	xor	%ebp, %ebp
	call	*start_entry(%rip)
	ud2

	.code32
/* The one thing said before C. */
cpu_unfit:
	mov	$PHYS(no_long_mode), %esi
	mov	$SERIAL, %edx
1:	lodsb
	out	%al, %dx
	test	%al, %al
	jnz	1b
2:	hlt
	jmp	2b

no_long_mode:
	.asciz "\r\nEnso needs a 64-bit CPU that can forbid execution (NX).\r\n"

	.balign 8
early_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 64-bit code */
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x00cf9b000000ffff	/* 32-bit code */

/*
 * ---- An AP's entry ----------------------------------------------------------
 *
 * smp_reserve() copies this below 1 MiB, to the start of a page. idle_root
 * still maps the first 4 GiB to themselves.
 */
	.global ap_trampoline, ap_trampoline_end
	.code16
ap_trampoline:
	cli
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	early_gdt_ptr - ap_trampoline
	mov	$0x21, %eax		/* CR0.NE, PE */
	mov	%eax, %cr0
	ljmpl	$EARLY_CS32, $PHYS(ap_32)
early_gdt_ptr:
	.short	31
	.long	PHYS(early_gdt)
ap_trampoline_end:
	.code32
ap_32:
	mov	$EARLY_DS, %eax
	mov	%eax, %ds
	mov	PHYS(idle_root), %edi
	jmp	to_long_mode

	.data
	.balign 8
	.global start_entry, start_stack
start_entry:	.quad	init
start_stack:	.quad	cpu_blocks + CPU_STACK_TOP

/* ---- Page tables until paging_init() ---------------------------------------- */

	.section .bss.tables, "aw", @nobits
	.balign	4096
	.global early_l3
early_l4:	.skip	4096
early_l3:	.skip	4096
early_l3_image:	.skip	4096
early_l2_image:	.skip	4096
early_l2:	.skip	4 * 4096
