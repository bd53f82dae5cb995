/* SPDX-License-Identifier: MIT */
#include "cpu.h"
#include "irq.h"
#include "mem.h"
#include "memory.h"
#include "paging.h"
#include "param.h"
#include "policy.h"
#include "pte.h"
#include "smp.h"
#include "usercopy.h"
#include "x86.h"

/* The reserved page of a window: descriptors, then the TSS. */
#define RESERVED_GDT  0xe000
#define TSS_OFFSET    0x100
#define GDT_LIMIT     0xe05f /* with the LDT's, that window.c writes */
#define TSS_AVAILABLE 0x89ul

#define XCR0_MASK	  0xe7ul /* x87, SSE, AVX, AVX-512 */
#define LEAF1_C_CX16	  (1u << 13)
#define LEAF1_C_XSAVE	  (1u << 26)
#define LEAF7_B_FSGSBASE  (1u << 0)
#define LEAF7_B_SMEP	  (1u << 7)
#define LEAF7_D_ARCH_CAPS (1u << 29)
#define CAPS_RDCL_NO	  (1u << 0)

#define MSR_AMD_DE_CFG 0xc0011029
#define DE_CFG_LFENCE  (1ul << 1)

/* What system calls clear of rflags: all but the fixed bit. */
#define FMASK 0xfffffffdul

/* enso.lds aligns them to CPU_BLOCK. */
uint8_t cpu_blocks[MAX_CPUS * CPU_BLOCK]
	__attribute__((section(".bss.cpu_blocks")));
_Static_assert(sizeof(struct cpu) <= CPU_BLOCK - CPU_STACK_TOP,
	       "the first stack begins below struct cpu");

uint64_t cpu_cr4, cpu_xcr0;

unsigned int cpu_id(void)
{
	return this_cpu()->id;
}

struct vcpu *current_vcpu(void)
{
	return this_cpu()->current;
}

/* Descriptors 0xe000, 0xe008, ...: SEL_XEN_* and the ABI's FLAT_RING3_*. */
static const uint64_t reserved_gdt[] = {
	0,
	0x00af9b000000ffff, /* 0xe008 ring 0 code, 64-bit */
	0x00cf93000000ffff, /* 0xe010 ring 0 data */
	0,		    /* 0xe019 ring 1 code: of 32-bit guests */
	0x00cffb000000ffff, /* 0xe023 ring 3 code, 32-bit */
	0x00cff3000000ffff, /* 0xe02b ring 3 data */
	0x00affb000000ffff, /* 0xe033 ring 3 code, 64-bit */
	0,
};

void descriptor_set(uint64_t *to, uint64_t type, uint64_t base, uint64_t limit)
{
	to[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | type << 40 |
		(limit >> 16) << 48 | (base >> 24 & 0xff) << 56;
	to[1] = base >> 32;
}

/* The reserved page of this CPU's window, and its tables loaded from it. */
static void load_gdt(struct cpu *c)
{
	uint64_t page = memory_pages(0), base = WINDOW_GDT(c->id);
	uint64_t *gdt = (uint64_t *)(base + RESERVED_GDT);
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr = { GDT_LIMIT, base };

	c->window = paging_window(c->id);
	c->window[RESERVED_GDT >> PAGE_SHIFT] = page | PTE_P | PTE_RW | PTE_A |
						PTE_D | PTE_NX;
	memcpy(gdt, reserved_gdt, sizeof(reserved_gdt));
	c->tss = (struct tss *)((uint8_t *)gdt + TSS_OFFSET);
	for (unsigned int i = 0; i < 3; i++)
		c->tss->ist[i] = (uint64_t)(c + 1) - CPU_BLOCK +
				 (i + 1) * PAGE_SIZE;
	c->tss->iomap_base = sizeof(*c->tss);
	descriptor_set(gdt + ARRAY_SIZE(reserved_gdt), TSS_AVAILABLE,
		       (uint64_t)c->tss, sizeof(*c->tss) - 1);
	asm volatile("lgdt %0\n\t"
		     "push %q1\n\t"
		     "lea 1f(%%rip), %%rax\n\t"
		     "push %%rax\n\t"
		     "lretq\n"
		     "1:\tmov %2, %%ss\n\t"
		     "mov %3, %%ds\n\t"
		     "mov %3, %%es\n\t"
		     "mov %3, %%fs\n\t"
		     "mov %3, %%gs\n\t"
		     "lldt %w3\n\t"
		     "ltr %w4"
		     :
		     : "m"(gdtr), "r"((uint64_t)SEL_XEN_CS), "r"(SEL_XEN_DS),
		       "r"(0), "r"(SEL_TSS)
		     : "rax", "memory");
}

void cpu_init(void)
{
	struct cpu *c = this_cpu();
	uint64_t stub = c->id * (uint64_t)SYSCALL_STUB_SIZE, v;

	load_gdt(c);
	idt_load();
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	/* sysret takes this and the next two: FLAT_RING3_CS32, SS, CS64. */
	wrmsr(MSR_STAR,
	      (uint64_t)FLAT_RING3_CS32 << 48 | (uint64_t)SEL_XEN_CS << 32);
	wrmsr(MSR_LSTAR, (uint64_t)syscall_stubs + stub);
	wrmsr(MSR_CSTAR, (uint64_t)syscall32_stubs + stub);
	wrmsr(MSR_FMASK, FMASK);
	/* sysenter: #GP, so that it never finds a way in of its own. */
	wrmsr(MSR_SYSENTER_CS, 0);
	wrmsr(MSR_PAT, 0x050100070406); /* the ABI's */
	/* AMD: LFENCE waits for what is before it, as guests are told. */
	if (policy_vendor() == AMD && rdmsr_safe(MSR_AMD_DE_CFG, &v) &&
	    !(v & DE_CFG_LFENCE))
		(void)wrmsr_safe(MSR_AMD_DE_CFG, v | DE_CFG_LFENCE);
	write_cr0((read_cr0() & ~(CR0_EM | CR0_TS | CR0_CD | CR0_NW)) | CR0_WP |
		  CR0_NE | CR0_MP | CR0_AM);
	write_cr4(cpu_cr4);
	xsetbv(0, cpu_xcr0);
	c->cr3 = read_cr3();
}

/* ---- What the CPU must have ---------------------------------------------------- */

/*
 * Meltdown and L1TF: guests share their page tables with us, so that a CPU
 * which reads through them cannot be used (there is no isolation of tables).
 */
static bool leaks_page_tables(void)
{
	return policy_vendor() != AMD &&
	       (cpuid(0, 0).a < 7 || !(cpuid(7, 0).d & LEAF7_D_ARCH_CAPS) ||
		!(rdmsr(MSR_ARCH_CAPABILITIES) & CAPS_RDCL_NO));
}

void cpu_check(void)
{
	struct cpuid one = cpuid(1, 0);
	uint32_t seven = cpuid(0, 0).a >= 7 ? cpuid(7, 0).b : 0;

	if (!(one.c & LEAF1_C_XSAVE) || !(one.c & LEAF1_C_CX16))
		boot_stop("the CPU lacks xsave or cmpxchg16b");
	if (leaks_page_tables() && !params.xpti_ignore)
		boot_stop("this CPU has Meltdown or L1TF, and Enso does not "
			  "isolate page tables: guests could read all memory. "
			  "The option xpti=ignore accepts that");
	/* No PGE: guests' and our own mappings alike go with CR3. */
	cpu_cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT |
		  CR4_OSXSAVE | (seven & LEAF7_B_FSGSBASE ? CR4_FSGSBASE : 0) |
		  (seven & LEAF7_B_SMEP ? CR4_SMEP : 0);
	cpu_xcr0 = cpuid(0xd, 0).a & XCR0_MASK;
}
