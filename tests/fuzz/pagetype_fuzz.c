// SPDX-License-Identifier: MIT
/*
 * Two domains with two vCPUs each on two CPUs do random MMU hypercalls, on
 * tables that random writes through their own mappings have made. Preemption
 * comes at random; an interrupted call of one vCPU is continued, or never
 * continued, between steps of the others. After each step everything is
 * recounted, no TLB may know more than it should, and no validated L1 table
 * may have a writable entry for a table or a descriptor page. In the end both
 * domains die, in preemptible steps too, and no frame may be lost.
 */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "heap.h"
#include "host.h"
#include "hypercall.h"
#include "pagetype.h"
#include "panic.h"
#include "pte.h"
#include "sched.h"

#define DOMAINS	  2u
#define VCPUS	  2u
#define PAGES	  28u
#define STEPS	  400u
#define PREEMPTED (1ul << 31)

/* A vCPU and its call that was not finished. */
struct actor {
	struct domain *d;
	struct vcpu *v;
	hypercall_fn *fn;
	struct hypercall h;
	/* What the call reads; it lies where a guest's would. */
	union {
		struct mmu_update update[4];
		struct mmuext_op ext[4];
		uint8_t bytes[128];
	} args;
};

static struct host_guest guest[DOMAINS];
static struct actor actor[DOMAINS * VCPUS];
static const uint8_t *in;
static size_t left;
static uint32_t noise, preempt_rate;

/* ---- The input ---------------------------------------------------------- */

static uint8_t byte(void)
{
	if (!left)
		return 0;
	left--;
	return *in++;
}

static bool preempt(void)
{
	noise = noise * 1664525 + 1013904223;
	return noise >> 24 < preempt_rate;
}

/* A frame: mostly one of this domain's, the tables it began with too. */
static mfn_t pick_frame(const struct actor *a)
{
	uint8_t b = byte();

	if (b < 0xf0)
		return guest[a->d->id].mfn[b % PAGES];
	if (b < 0xf6)
		return guest[!a->d->id].mfn[b % PAGES];
	if (b == 0xf6)
		return ptr_frame(a->d->shared);
	if (b == 0xf7)
		return MFN(byte());
	if (b == 0xf8)
		return MFN(0xffffffffff);
	return MFN(frame_limit + b);
}

static uint64_t pick_pte(const struct actor *a)
{
	static const uint64_t flags[] = {
		PTE_P,
		PTE_P | PTE_RW,
		PTE_P | PTE_US | PTE_A,
		PTE_P | PTE_US | PTE_RW | PTE_A | PTE_D,
		PTE_P | PTE_US | PTE_RW,
		PTE_P | PTE_RW | PTE_NX,
		PTE_P | PTE_PSE | PTE_US,
		PTE_P | PTE_PCD | PTE_PWT,
		PTE_P | PTE_PWT | PTE_RW,
		PTE_P | PTE_G | PTE_RW,
		PTE_P | PTE_GUEST_KERNEL | PTE_G,
		PTE_P | 7ul << 9 | 0x7fful << 52,
		0,
		PTE_RW,
	};
	uint64_t pte = pick_frame(a).n << PAGE_SHIFT;

	return pte | flags[byte() % ARRAY_SIZE(flags)];
}

static unsigned int pick_index(void)
{
	static const uint16_t at[] = { 0,  1,	2,   3,	  63,  64,
				       65, 255, 256, 271, 272, 511 };
	uint8_t b = byte();

	return b < 0x80 ? b % 8 : at[b % ARRAY_SIZE(at)];
}

/* ---- What must hold --------------------------------------------------------- */

static bool trusted(mfn_t m)
{
	uint64_t w = frame_of(m)->word;
	enum frame_type type = frame_type_in(w);

	return w & FRAME_TCOUNT_MASK && type != FT_NONE && type != FT_WRITABLE;
}

static void check_l1(const uint64_t *table)
{
	for (unsigned int i = 0; i < PTES; i++) {
		mfn_t m = pte_mfn(table[i]);

		if (table[i] & PTE_P && table[i] & PTE_RW &&
		    m.n < frame_limit && trusted(m))
			panic("a writable entry for trusted frame %lx", m.n);
	}
}

static void check(void)
{
	ASSERT(!host_locks_held());
	for (uint64_t n = 1; n < frame_limit; n++) {
		uint64_t w = frame_of(MFN(n))->word;

		if (frame_type_in(w) == FT_L1 && w & FRAME_VALIDATED &&
		    w & FRAME_TCOUNT_MASK)
			check_l1(frame_ptr(MFN(n)));
	}
	/* Not the scheduler's: vCPUs run here as this test wants it. */
	if (heap_audit() || audit_frames())
		panic("the audit");
	for (unsigned int i = 0; i < DOMAINS; i++)
		if (guest[i].d && domain_frames_audit(guest[i].d))
			panic("the audit of domain %u's list", i);
	if (host_tlb_audit())
		panic("a TLB knows too much");
}

/* ---- Calls -------------------------------------------------------------------- */

static void become(struct actor *a)
{
	host_cpu(a->v->id);
	if (current_vcpu() != a->v)
		host_run(a->v);
	host_window(&a->args, sizeof(a->args));
}

/* Once; what was interrupted stays with the actor. */
static void run(struct actor *a)
{
	become(a);
	if (a->fn(&a->h) != -XEN_ERESTART)
		a->fn = NULL;
}

static void call(struct actor *a, hypercall_fn *fn, uint64_t a0, uint64_t a1,
		 uint64_t a2, uint64_t a3)
{
	a->fn = fn;
	a->h = (struct hypercall){ .v = a->v, .arg = { a0, a1, a2, a3 } };
	run(a);
}

static domid_t pick_domain(void)
{
	static const domid_t ids[] = { DOMID_SELF, DOMID_SELF, DOMID_SELF,
				       DOMID_SELF, DOMID_IO,   DOMID_XEN,
				       0,	   1,	       2 };
	return ids[byte() % ARRAY_SIZE(ids)];
}

static void do_update(struct actor *a)
{
	unsigned int n = 1 + byte() % ARRAY_SIZE(a->args.update);
	uint64_t foreign = pick_domain();

	if (byte() > 0xf0)
		foreign |= (uint64_t)(1 + byte() % 3) << 16;
	for (unsigned int i = 0; i < n; i++) {
		a->args.update[i].ptr = pick_frame(a).n << PAGE_SHIFT |
					pick_index() * 8 | byte() % 5;
		a->args.update[i].val = pick_pte(a);
	}
	call(a, hc_mmu_update, HOST_WINDOW, n,
	     HOST_WINDOW + sizeof(a->args) - 8, foreign);
}

static void do_ext(struct actor *a)
{
	static const uint8_t cmd[] = {
		MMUEXT_PIN_L1_TABLE,  MMUEXT_PIN_L2_TABLE,
		MMUEXT_PIN_L3_TABLE,  MMUEXT_PIN_L4_TABLE,
		MMUEXT_UNPIN_TABLE,   MMUEXT_UNPIN_TABLE,
		MMUEXT_NEW_BASEPTR,   MMUEXT_NEW_USER_BASEPTR,
		MMUEXT_CLEAR_PAGE,    MMUEXT_COPY_PAGE,
		MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_MULTI,
		MMUEXT_FLUSH_CACHE,   MMUEXT_SET_LDT,
	};
	unsigned int n = 1 + byte() % ARRAY_SIZE(a->args.ext);

	for (unsigned int i = 0; i < n; i++) {
		uint8_t b = byte();

		a->args.ext[i].cmd = b < 0xf8 ? cmd[b % sizeof(cmd)] : b - 0xe8;
		a->args.ext[i].arg1.mfn = pick_frame(a).n;
		a->args.ext[i].arg2.src_mfn = pick_frame(a).n;
	}
	call(a, hc_mmuext_op, HOST_WINDOW, n, HOST_WINDOW + sizeof(a->args) - 8,
	     pick_domain());
}

static void do_va(struct actor *a)
{
	uint64_t va = HOST_VA(byte() % (PAGES + 2));
	uint8_t b = byte();

	if (b > 0xf8)
		va = (uint64_t)b << 39 | 0xffff000000000000;
	if (b & 1)
		call(a, hc_update_va_mapping, va, pick_pte(a), b % 8, 0);
	else
		call(a, hc_update_va_mapping_otherdomain, va, pick_pte(a),
		     b % 8, pick_domain());
}

/* A table of the domain's, or what has been one, copied to a page. */
static void do_copy(struct actor *a)
{
	const struct host_guest *g = &guest[a->d->id];

	a->args.ext[0].cmd = MMUEXT_COPY_PAGE;
	a->args.ext[0].arg1.mfn = g->mfn[byte() % PAGES].n;
	a->args.ext[0].arg2.src_mfn = g->mfn[PAGES - 1 - byte() % 4].n;
	call(a, hc_mmuext_op, HOST_WINDOW, 1, 0, DOMID_SELF);
}

/* A page becomes read-only, or writable again, where it began. */
static void do_protect(struct actor *a)
{
	unsigned int page = byte() % PAGES, b = byte();
	uint64_t pte = guest[a->d->id].mfn[page].n << PAGE_SHIFT | PTE_P |
		       PTE_US | PTE_A;

	call(a, hc_update_va_mapping, HOST_VA(page), b & 3 ? pte : pte | PTE_RW,
	     b & 4 ? UVMF_NONE : UVMF_INVLPG | UVMF_ALL, 0);
}

/* ---- What a guest does by itself ---------------------------------------------- */

/* Entries of a table to be, through a mapping, if it has a writable one. */
static void do_write(struct actor *a)
{
	uint64_t va = HOST_VA(byte() % PAGES);

	become(a);
	for (unsigned int n = byte() % 4; n < 4; n++) {
		uint64_t pte = pick_pte(a);

		(void)copy_to_guest(va + pick_index() * 8, &pte, 8);
	}
}

static void do_read(struct actor *a)
{
	uint64_t word;

	become(a);
	(void)copy_from_guest(&word, HOST_VA(byte() % PAGES), sizeof(word));
}

/* A write to a read-only page that the hypervisor does for it. */
static void do_emulated(struct actor *a)
{
	uint64_t expect = byte();
	unsigned int index;
	gva_t va = HOST_VA(byte() % PAGES);
	mfn_t table;

	become(a);
	if (!pte_find_l1(a->v, va, &table, &index))
		return;
	(void)pte_update(a->v, a->d, a->d, table, index, pick_pte(a), false,
			 expect & 1 ? &expect : NULL);
	frame_put(table);
}

/* Pages that the segment unit trusts: one GDT page per vCPU. */
static void do_gdt(struct actor *a)
{
	mfn_t m = pick_frame(a), old = a->v->x86.gdt[0];

	become(a);
	if (byte() & 1) {
		if (type_get(a->d, m, FT_SEGDESC))
			return;
		a->v->x86.gdt[0] = m;
	} else {
		a->v->x86.gdt[0] = MFN(0);
	}
	a->v->x86.gdt_entries = a->v->x86.gdt[0].n ? 512 : 0;
	if (old.n)
		type_put(old);
}

/* A page goes, another comes. */
static void do_balloon(struct actor *a)
{
	mfn_t *m = &guest[a->d->id].mfn[byte() % PAGES], got;

	become(a);
	if (domain_free(a->d, *m))
		return;
	got = domain_alloc(a->d, 0);
	if (!mfn_eq(got, MFN_NONE))
		*m = got;
}

/* ---- A run -------------------------------------------------------------------------- */

static void step(void)
{
	static void (*const does[])(struct actor *) = {
		do_update,   do_update,	 do_update,  do_ext,   do_ext,
		do_va,	     do_va,	 do_write,   do_write, do_read,
		do_emulated, do_gdt,	 do_balloon, do_copy,  do_copy,
		do_protect,  do_protect,
	};
	uint8_t b = byte();
	struct actor *a = &actor[b % ARRAY_SIZE(actor)];

	preempt_rate = b & 0x40 ? 200 : 20;
	/* A guest may also do something else first. */
	if (a->fn && b < 0xf0)
		run(a);
	else
		does[byte() % ARRAY_SIZE(does)](a);
}

static void create(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(actor); i++) {
		unsigned int id = i / VCPUS;

		if (i % VCPUS == 0 && !host_guest_create(&guest[id], (domid_t)id,
							 !id, VCPUS, PAGES))
			panic("no memory for domain %u", id);
		memset(&actor[i], 0, sizeof(actor[i]));
		actor[i].d = guest[id].d;
		actor[i].v = guest[id].d->vcpu[i % VCPUS];
		/* They run when this test says so. */
		sched_stop(actor[i].v, VCPU_PAUSED);
	}
}

/* No CPU runs one of d's vCPUs any more. */
static void leave(const struct domain *d)
{
	for (unsigned int n = VCPUS; n--;) {
		host_cpu(n);
		if (current_vcpu()->domain == d)
			host_run(&host.cpu[n].idle);
	}
}

/* Domain id dies, with interruptions, while the other one looks on. */
static void destroy(unsigned int id)
{
	struct domain *d = guest[id].d;
	int rc;

	leave(d);
	do {
		host_settle();
		rc = domain_destroy(d);
		if (!rc)
			guest[id].d = NULL;
		check();
	} while (rc == -XEN_ERESTART);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!host.frames)
		host_init(160 * PAGE_SIZE, VCPUS);
	in = data;
	left = size;
	noise = 1;
	host.preempt = NULL;
	create();
	host_settle();
	host.preempt = preempt;
	for (unsigned int n = 0; n < STEPS && left; n++) {
		step();
		check();
	}
	preempt_rate = 200;
	for (unsigned int id = byte() & 1, n = 0; n < DOMAINS; n++)
		destroy(id ^ n);
	host_window(NULL, 0);
	host_destroy_all();
	return 0;
}
