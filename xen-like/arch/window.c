/* SPDX-License-Identifier: MIT */
#include "window.h"
#include "bounce.h"
#include "cpu.h"
#include "pagetype.h"
#include "pte.h"
#include "trap.h"
#include "x86.h"

#define SEL_LDT	     0xe050 /* and 0xe058, behind the TSS's */
#define DESCRIPTORS  512u   /* in a page */
#define GDT_PAGES    14u
#define LDT_TYPE     0x82ul /* present, LDT: Intel SDM volume 3, table 3-2 */
#define SELECTOR_LDT 4u	    /* table indicator in an error code */

static uint64_t window_pte(mfn_t m)
{
	if (!m.n)
		return 0;
	return m.n << PAGE_SHIFT | PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX;
}

static void release(mfn_t *m)
{
	if (!m->n)
		return;
	/* A descriptor page is no table: its put never has to restart. */
	type_put(*m);
	*m = MFN(0);
}

/* ---- LDT ------------------------------------------------------------------ */

/* LDTR for v, by a descriptor in the reserved page (SDM volume 3, 3.5). */
static void ldt_load(const struct vcpu *v)
{
	uint64_t gdt = WINDOW_GDT(cpu_id());

	if (v->x86.ldt_entries)
		descriptor_set((uint64_t *)(gdt + SEL_LDT), LDT_TYPE,
			       WINDOW_LDT(cpu_id()),
			       v->x86.ldt_entries * 8ul - 1);
	asm volatile("lldt %w0" : : "r"(v->x86.ldt_entries ? SEL_LDT : 0));
}

void arch_ldt_drop(struct vcpu *v)
{
	lock_take(&v->x86.ldt_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->x86.ldt); i++) {
		if (!v->x86.ldt[i].n)
			continue;
		if (v == current_vcpu())
			this_cpu()->window[WINDOW_LDT_PTE + i] = 0;
		release(&v->x86.ldt[i]);
	}
	lock_drop(&v->x86.ldt_lock);
}

int arch_ldt_set(struct vcpu *v, gva_t base, unsigned int n)
{
	if (!n)
		base = 0;
	if ((base & ~PAGE_MASK) || n > LDT_MAX || !guest_range_ok(base, n * 8ul))
		return -XEN_EINVAL;
	arch_ldt_drop(v);
	v->x86.ldt_base = base;
	v->x86.ldt_entries = n;
	if (v == current_vcpu()) {
		write_cr3(read_cr3());
		ldt_load(v);
	}
	return 0;
}

/* The frame that the guest kernel's tables show at va, with a reference. */
static mfn_t frame_at(struct vcpu *v, gva_t va)
{
	bool mode = v->x86.kernel_mode, found;
	unsigned int index;
	uint64_t pte = 0;
	mfn_t table;

	v->x86.kernel_mode = true;
	found = pte_find_l1(v, va, &table, &index);
	v->x86.kernel_mode = mode;
	if (found) {
		pte = READ_ONCE(((uint64_t *)frame_ptr(table))[index]);
		frame_put(table);
	}
	return pte & PTE_P ? pte_mfn(pte) : MFN_NONE;
}

static bool ldt_map(struct vcpu *v, uint64_t offset)
{
	unsigned int page = (unsigned int)(offset >> PAGE_SHIFT);
	mfn_t m;

	if (offset / 8 >= v->x86.ldt_entries || v->x86.ldt[page].n)
		return false;
	m = frame_at(v, v->x86.ldt_base + offset);
	if (mfn_eq(m, MFN_NONE) || type_get(v->domain, m, FT_SEGDESC))
		return false;
	v->x86.ldt[page] = m;
	this_cpu()->window[WINDOW_LDT_PTE + page] = window_pte(m);
	return true;
}

/* ---- GDT ------------------------------------------------------------------ */

static void gdt_show(const struct vcpu *v)
{
	for (unsigned int i = 0; i < GDT_PAGES; i++)
		this_cpu()->window[i] = window_pte(v->x86.gdt[i]);
}

int window_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int n)
{
	unsigned int i, pages = (n + DESCRIPTORS - 1) / DESCRIPTORS;

	for (i = 0; i < pages; i++)
		if (type_get(v->domain, MFN(frames[i]), FT_SEGDESC))
			goto fail;
	for (i = 0; i < GDT_PAGES; i++) {
		release(&v->x86.gdt[i]);
		v->x86.gdt[i] = MFN(i < pages ? frames[i] : 0);
	}
	v->x86.gdt_entries = n;
	if (v == current_vcpu()) {
		gdt_show(v);
		write_cr3(read_cr3());
	}
	return 0;
fail:
	while (i--)
		type_put(MFN(frames[i]));
	return -XEN_EINVAL;
}

/* ---- The CPU's view ---------------------------------------------------------- */

void window_load(const struct vcpu *v)
{
	gdt_show(v);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->x86.ldt); i++)
		this_cpu()->window[WINDOW_LDT_PTE + i] =
			window_pte(v->x86.ldt[i]);
	ldt_load(v);
}

uint32_t window_selector(gva_t va)
{
	uint64_t offset = va - WINDOW_GDT(cpu_id());

	if (offset >= WINDOW_SIZE)
		return 0;
	return (uint32_t)(offset & (WINDOW_LDT_OFFSET - 1) & ~7ul) |
	       (offset < WINDOW_LDT_OFFSET ? 0 : SELECTOR_LDT);
}

bool window_fault(struct vcpu *v, gva_t va, uint32_t error, bool in_guest)
{
	uint64_t offset = va - WINDOW_GDT(cpu_id());
	bool in_ldt = offset >= WINDOW_LDT_OFFSET;
	gva_t ldt_va = v->x86.ldt_base + offset - WINDOW_LDT_OFFSET;

	if (offset >= WINDOW_SIZE || !v->domain ||
	    (error & (PF_USER | PF_RESERVED)))
		return false;
	if (in_ldt && ldt_map(v, offset - WINDOW_LDT_OFFSET))
		return true;
	if (!in_guest)
		return false;
	/* The guest's own access to its LDT: as if by its own address. */
	if (in_ldt && canonical(ldt_va))
		bounce_page_fault(v, ldt_va, error);
	else
		bounce_exception_error(v, EXC_GP, window_selector(va));
	return true;
}
