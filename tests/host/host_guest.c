/* SPDX-License-Identifier: MIT */
/* Domains, vCPUs' contexts and page tables on the host. */
#include <string.h>

#include "heap.h"
#include "host.h"
#include "host_memory.h"
#include "pagetype.h"
#include "panic.h"
#include "pte.h"
#include "sched.h"

#define GDT_MAX 7168u

/* ---- The x86 part of a vCPU ------------------------------------------------ */

int arch_vcpu_create(struct vcpu *v)
{
	v->x86.kernel_mode = true;
	return 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
	/* Nothing may use it any more. */
	memset(&v->x86, 0x5a, sizeof(v->x86));
}

static int take_gdt(struct vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int n = (unsigned int)c->gdt_ents;
	int rc = 0;

	for (unsigned int i = 0; !rc && i < (n + 511) / 512; i++) {
		rc = type_get(v->domain, MFN(c->gdt_frames[i]), FT_SEGDESC);
		if (!rc)
			v->x86.gdt[i] = MFN(c->gdt_frames[i]);
	}
	if (!rc)
		v->x86.gdt_entries = n;
	return rc;
}

static int take_root(struct vcpu *v, uint64_t cr3, mfn_t *root)
{
	mfn_t m = MFN(xen_cr3_to_pfn(cr3));
	int rc;

	if (!m.n || root->n)
		return 0;
	rc = type_get(v->domain, m, FT_L4);
	if (!rc)
		*root = m;
	return rc;
}

int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = 0;

	if (c->gdt_ents > GDT_MAX || !c->ctrlreg[3] ||
	    (!(c->flags & VGCF_in_kernel) && !c->ctrlreg[1]))
		return -XEN_EINVAL;
	if (!v->x86.gdt_entries)
		rc = take_gdt(v, c);
	if (!rc)
		rc = take_root(v, c->ctrlreg[3], &v->x86.root);
	if (!rc)
		rc = take_root(v, c->ctrlreg[1], &v->x86.user_root);
	if (rc == -XEN_ERESTART)
		return rc;
	if (rc) {
		while (arch_vcpu_drop_context(v) == -XEN_ERESTART)
			;
		return rc;
	}
	v->regs = c->user_regs;
	v->x86.kernel_mode = c->flags & VGCF_in_kernel;
	v->x86.kernel_sp = c->kernel_sp;
	arch_load_root(v);
	return 0;
}

void arch_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	*c = (struct vcpu_guest_context){
		.flags = v->x86.kernel_mode ? VGCF_in_kernel : 0,
		.user_regs = v->regs,
		.kernel_sp = v->x86.kernel_sp,
		.gdt_ents = v->x86.gdt_entries,
	};
	c->ctrlreg[3] = xen_pfn_to_cr3(v->x86.root.n);
	c->ctrlreg[1] = xen_pfn_to_cr3(v->x86.user_root.n);
	for (unsigned int i = 0; i < ARRAY_SIZE(v->x86.gdt); i++)
		c->gdt_frames[i] = v->x86.gdt[i].n;
}

static int drop_root(mfn_t *root)
{
	mfn_t m = *root;
	int rc = 0;

	*root = MFN(0);
	if (m.n)
		rc = type_put(m);
	while (rc == -XEN_ERESTART)
		rc = type_finish(m, false);
	return rc;
}

int arch_vcpu_drop_context(struct vcpu *v)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(v->x86.gdt); i++) {
		if (v->x86.gdt[i].n)
			type_put(v->x86.gdt[i]);
		v->x86.gdt[i] = MFN(0);
	}
	v->x86.gdt_entries = 0;
	arch_ldt_drop(v);
	drop_root(&v->x86.root);
	drop_root(&v->x86.user_root);
	return 0;
}

static uint64_t live[MAX_CPUS];

void arch_switch(struct vcpu *prev, struct vcpu *next)
{
	unsigned int cpu = cpu_id();

	ASSERT(host.cpu[cpu].current == prev);
	/* What is live goes to prev, and comes from next: plain memory, so
	 * that a vCPU on two CPUs is a data race. */
	prev->x86.gs_base_user = live[cpu];
	live[cpu] = next->x86.gs_base_user;
	if (host.switching)
		host.switching(prev);
	host.cpu[cpu].current = next;
	host_tlb_clear(cpu);
	if (next->domain)
		(void)atomic_bit_set(&next->domain->dirty, cpu);
	if (prev->domain && prev->domain != next->domain)
		(void)atomic_bit_clear(&prev->domain->dirty, cpu);
}

void arch_load_root(struct vcpu *v)
{
	mfn_t root = v->x86.kernel_mode ? v->x86.root : v->x86.user_root;

	v->x86.cr3 = root.n << PAGE_SHIFT;
	if (v == current_vcpu())
		host_tlb_clear(cpu_id());
}

int arch_ldt_set(struct vcpu *v, gva_t base, unsigned int n)
{
	if (base % PAGE_SIZE || n > 8192 || !guest_range_ok(base, n * 8ul))
		return -XEN_EINVAL;
	arch_ldt_drop(v);
	v->x86.ldt_base = base;
	v->x86.ldt_entries = n;
	return 0;
}

void arch_ldt_drop(struct vcpu *v)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(v->x86.ldt); i++) {
		if (v->x86.ldt[i].n)
			type_put(v->x86.ldt[i]);
		v->x86.ldt[i] = MFN(0);
	}
}

/* ---- A guest ------------------------------------------------------------------ */

static uint64_t *table(struct host_guest *g, unsigned int page)
{
	return frame_ptr(g->mfn[page]);
}

/* Tables are the last pages: L1s, L2, L3, L4. HOST_VA(0) is 1 GiB. */
static void build_tables(struct host_guest *g)
{
	unsigned int first = g->pages - g->tables, l2 = g->pages - 3;
	uint64_t flags = PTE_P | PTE_US | PTE_A | PTE_D;

	for (unsigned int i = 0; i < g->pages; i++)
		table(g, first + i / PTES)[i % PTES] = g->mfn[i].n
							       << PAGE_SHIFT |
						       flags |
						       (i < first ? PTE_RW : 0);
	for (unsigned int i = first; i < l2; i++)
		table(g, l2)[i - first] = g->mfn[i].n << PAGE_SHIFT | flags |
					  PTE_RW;
	table(g, l2 + 1)[HOST_VA(0) >> 30] = g->mfn[l2].n << PAGE_SHIFT |
					     flags | PTE_RW;
	table(g, l2 + 2)[0] = g->mfn[l2 + 1].n << PAGE_SHIFT | flags | PTE_RW;
	g->root = g->mfn[l2 + 2];
}

static bool start_vcpus(struct host_guest *g, unsigned int vcpus)
{
	static struct vcpu_guest_context c;
	int rc;

	do {
		rc = type_pin(g->d, g->root, FT_L4);
	} while (rc == -XEN_ERESTART);
	c = (struct vcpu_guest_context){ .flags = VGCF_in_kernel };
	c.ctrlreg[3] = g->root.n << PAGE_SHIFT;
	for (unsigned int i = 0; !rc && i < vcpus; i++) {
		rc = arch_vcpu_set_context(g->d->vcpu[i], &c);
		if (rc)
			break;
		g->d->vcpu[i]->initialised = true;
		g->d->vcpu[i]->info->evtchn_upcall_mask = 1;
		rc = vcpu_up(g->d->vcpu[i]);
	}
	return !rc;
}

static bool fill(struct host_guest *g)
{
	for (unsigned int i = 0; i < g->pages; i++) {
		g->mfn[i] = domain_alloc(g->d, 0);
		if (mfn_eq(g->mfn[i], MFN_NONE))
			return false;
		machphys[g->mfn[i].n] = i;
	}
	return true;
}

static void kill(struct domain *d)
{
	int rc;

	do {
		host_settle();
		rc = domain_destroy(d);
	} while (rc == -XEN_ERESTART);
	ASSERT(!rc);
}

bool host_guest_create(struct host_guest *g, domid_t id, bool privileged,
		       unsigned int vcpus, unsigned int pages)
{
	bool ok = true;

	g->pages = pages;
	g->tables = (pages + PTES - 1) / PTES + 3;
	ASSERT(pages <= HOST_PAGES_MAX && pages > g->tables);
	g->d = domain_create(id, privileged, vcpus, pages + 64);
	if (!g->d)
		return false;
	for (unsigned int i = 0; ok && i < vcpus; i++)
		ok = !vcpu_create(g->d, i);
	if (ok && fill(g)) {
		build_tables(g);
		if (start_vcpus(g, vcpus))
			return true;
	}
	kill(g->d);
	return false;
}

void host_destroy_all(void)
{
	struct domain *d;

	host.preempt = NULL;
	for (d = domain_next(NULL); d; d = domain_next(d))
		if (d->life != DOMAIN_DEAD)
			kill(d);
	host_settle();
	if ((d = domain_next(NULL)))
		panic("domain %u is not gone, %u references", d->id, d->refs);
	if (heap_free_frames() != heap_total_frames())
		panic("%lu frames are lost",
		      heap_total_frames() - heap_free_frames());
}
