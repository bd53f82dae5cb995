/* SPDX-License-Identifier: MIT */
/*
 * The per-CPU block: CPU_BLOCK bytes, aligned to their size, so that rsp
 * finds it whatever stack of the CPU is in use.
 *
 *	0 .. 4K		NMI stack (IST 1)
 *	4K .. 8K	double fault stack (IST 2)
 *	8K .. 12K	machine check stack (IST 3)
 *	12K .. 	main stack, grows down from struct cpu
 *	top		struct cpu
 *
 * Interrupts and exceptions from ring 3 land in the current vCPU's regs: the
 * TSS's rsp0 and the CPU's syscall stub point there. Entry code then loads
 * the main stack. Those from ring 0 (NMI, machine check, a fault that the
 * exception table mends, the interrupt window) stay on the stack they hit.
 */
#ifndef CPU_H
#define CPU_H

#define CPU_BLOCK     0x8000
#define CPU_STACK_TOP (CPU_BLOCK - 0x200) /* offset; above it, struct cpu */

/* Selectors of the hypervisor: in the reserved page of every GDT window. */
#define SEL_XEN_CS 0xe008
#define SEL_XEN_DS 0xe010
#define SEL_TSS	   0xe040 /* and 0xe048 */
/* FLAT_RING3_* of the ABI: 0xe019, 0xe023, 0xe02b, 0xe033 */

/* Hypervisor address space; docs/memory-map.md has the picture. */
#define VA_M2P	   0xffff800000000000 /* read-only for guests: the ABI's */
#define VA_M2P_RW  0xffff808000000000 /* the same tables, ours to write */
#define VA_WINDOWS 0xffff820000000000 /* GDT and LDT windows of CPUs */
#define VA_FIXMAP  0xffff820040000000 /* APIC, IO-APIC, ACPI tables */
#define VA_IMAGE   0xffff82d080000000 /* linked here, loaded at 2 MiB */
#define VA_FRAMES  0xffff82e000000000 /* frame table */
#define VA_DIRECT  0xffff830000000000 /* direct map */
#define PA_IMAGE   0x200000

/*
 * Each CPU's window: 64 KiB of GDT (14 guest pages, the reserved page), then
 * 64 KiB of LDT. arch_switch() writes its entries for the vCPU it loads.
 */
#define WINDOW_SIZE	  0x20000ul
#define WINDOW_GDT(cpu)	  (VA_WINDOWS + (cpu)*WINDOW_SIZE)
#define WINDOW_LDT_OFFSET 0x10000ul
#define WINDOW_LDT(cpu)	  (WINDOW_GDT(cpu) + WINDOW_LDT_OFFSET)
#define WINDOW_LDT_PTE	  16 /* index of the LDT's first entry */

#ifndef __ASSEMBLY__
#include "arch.h"

struct tss {
	uint32_t reserved0;
	uint64_t rsp0, rsp1, rsp2;
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, iomap_base;
} __attribute__((packed));

struct cpu {
	struct vcpu *current; /* whose context is loaded; or the idle one */
	uint64_t scratch;     /* syscall stub: guest's rsp */
	uint64_t regs_top;    /* end of current's regs, == tss.rsp0 */
	unsigned int id, apic_id;
	uint64_t flush_request; /* flush.c: what others want of this CPU */
	uint32_t flush_wanted, flush_done; /* requests made, served */
	uint32_t flush_seen; /* flush clock of the last full flush */
	uint64_t cr3;	     /* as loaded */
	uint64_t *window;    /* the 32 entries of its GDT/LDT window */
	struct tss *tss;
	struct vcpu *xstate_owner; /* whose extended state is in registers */
	uint64_t last_poll;	   /* TSC at the last poll: longest stretch */
	uint64_t longest;
} __attribute__((aligned(64)));

/* A descriptor of 16 bytes: of a TSS or an LDT (Intel SDM volume 3, 7.2.3). */
void descriptor_set(uint64_t *to, uint64_t type, uint64_t base, uint64_t limit);

/* All blocks; CPU n's is cpu_blocks + n * CPU_BLOCK. */
extern uint8_t cpu_blocks[];

static inline struct cpu *cpu_at(unsigned int n)
{
	return (struct cpu *)(cpu_blocks + (n + 1ul) * CPU_BLOCK) - 1;
}
static inline struct cpu *this_cpu(void)
{
	uint64_t rsp;

	asm("mov %%rsp, %0" : "=r"(rsp));
	return (struct cpu *)((rsp | (CPU_BLOCK - 1)) + 1) - 1;
}
/* The lowest CPU of a mask that has one. */
static inline struct cpu *cpu_first(cpumask_t mask)
{
	return cpu_at((unsigned int)__builtin_ctz(mask));
}
#endif
#endif
