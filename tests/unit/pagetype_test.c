// SPDX-License-Identifier: MIT
/*
 * Page types and page-table entries: what is legal, what is read back, what
 * answers there are, what is left behind when a change fails, is interrupted
 * or never continued, and which TLBs are flushed for it.
 */
#include "core_setup.h"
#include "hypercall.h"
#include "pagetype.h"
#include "pte.h"
#include "unit.h"

#define PAGES 32u
#define F_RO  (PTE_P | PTE_US | PTE_A)
#define F_RW  (F_RO | PTE_RW | PTE_D)

static struct host_guest g, other; /* privileged, not */
static struct vcpu *v;
static uint64_t args[64];

/* Every second time; once at each point. */
static bool sometimes(void)
{
	static unsigned int n;

	return ++n % 2;
}

static bool always(void)
{
	return true;
}

static void begin(void)
{
	setup_machine(2);
	CU_ASSERT_TRUE_FATAL(host_guest_create(&g, 0, true, 2, PAGES));
	CU_ASSERT_TRUE_FATAL(host_guest_create(&other, 1, false, 1, PAGES));
	for (unsigned int i = 0; i < 2; i++)
		sched_stop(g.d->vcpu[i], VCPU_PAUSED);
	sched_stop(other.d->vcpu[0], VCPU_PAUSED);
	host_settle();
	v = g.d->vcpu[0];
	host_run(v);
	host_window(args, sizeof(args));
	host.preempt = NULL;
}

static void end(void)
{
	host.preempt = NULL;
	CU_ASSERT_EQUAL(audit_frames(), 0);
	CU_ASSERT_EQUAL(host_tlb_audit(), 0);
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	for (unsigned int n = 2; n--;) {
		host_cpu(n);
		host_run(&host.cpu[n].idle);
	}
	host_destroy_all();
}

/* ---- Helpers ----------------------------------------------------------------- */

static uint64_t pte(mfn_t m, uint64_t flags)
{
	return m.n << PAGE_SHIFT | flags;
}

static uint64_t *entry(mfn_t table, unsigned int i)
{
	return (uint64_t *)frame_ptr(table) + i;
}

static uint64_t word(mfn_t m)
{
	return frame_of(m)->word;
}

/* The first table: maps HOST_VA(0..511). Its entries PAGES.. are free. */
static mfn_t l1(const struct host_guest *of)
{
	return of->mfn[of->pages - of->tables];
}

static mfn_t l3(const struct host_guest *of)
{
	return of->mfn[of->pages - 2];
}

static int set(mfn_t table, unsigned int i, uint64_t value)
{
	return until_done(pte_update(v, g.d, g.d, table, i, value, false, NULL));
}

/* An unmapped page of g's, zeroed. */
static mfn_t spare(unsigned int page)
{
	memset(frame_ptr(g.mfn[page]), 0, PAGE_SIZE);
	CU_ASSERT_EQUAL_FATAL(set(l1(&g), page, 0), 0);
	return g.mfn[page];
}

/* An L1 of g's that maps n pages of its writably; not yet typed. */
static mfn_t table_of(unsigned int page, unsigned int n)
{
	mfn_t m = spare(page);

	for (unsigned int i = 0; i < n; i++)
		*entry(m, i * 7) = pte(g.mfn[i], F_RW);
	return m;
}

/* L4 -> L3 -> L2 -> L1s at pages 20.., all valid. Returns the L4. */
static mfn_t tree(void)
{
	mfn_t top = spare(20), three = spare(21), two = spare(22);

	*entry(top, 3) = pte(three, F_RW);
	*entry(top, 300) = pte(three, F_RO);
	*entry(three, 511) = pte(two, F_RW);
	*entry(two, 0) = pte(table_of(23, 5), F_RW);
	*entry(two, 400) = pte(table_of(24, 9), F_RW);
	return top;
}

static int64_t call(hypercall_fn *fn, uint64_t a0, uint64_t a1, uint64_t a2,
		    uint64_t a3)
{
	struct hypercall h = { .v = current_vcpu(), .arg = { a0, a1, a2, a3 } };

	return until_done((int)fn(&h));
}

/* ---- What is read back ------------------------------------------------------------ */

static void l1_flags_are_adjusted(void)
{
	static const struct {
		uint64_t in, out;
	} row[] = {
		{ PTE_P, PTE_P | PTE_US | PTE_GUEST_KERNEL },
		{ PTE_P | PTE_US, PTE_P | PTE_US | PTE_G },
		{ PTE_P | PTE_G, PTE_P | PTE_G | PTE_US | PTE_GUEST_KERNEL },
		{ PTE_P | PTE_US | PTE_GUEST_KERNEL,
		  PTE_P | PTE_US | PTE_GUEST_KERNEL },
		{ PTE_P | PTE_RW | PTE_NX | 7ul << 9,
		  PTE_P | PTE_RW | PTE_NX | 7ul << 9 | PTE_US |
			  PTE_GUEST_KERNEL },
		{ PTE_P | PTE_US | PTE_PCD, PTE_P | PTE_US | PTE_PCD | PTE_G },
		{ PTE_P | PTE_US | PTE_PSE, PTE_P | PTE_US | PTE_PSE | PTE_G },
		{ PTE_RW | 7ul << 52, PTE_RW | 7ul << 52 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(row); i++) {
		CU_ASSERT_EQUAL(set(l1(&g), 100, pte(g.mfn[0], row[i].in)), 0);
		CU_ASSERT_EQUAL(*entry(l1(&g), 100), pte(g.mfn[0], row[i].out));
	}
	CU_ASSERT_EQUAL(set(l1(&g), 100, 0), 0);
}

static void upper_entries_become_user(void)
{
	mfn_t t = table_of(20, 0), two = g.mfn[PAGES - 3];

	CU_ASSERT_EQUAL(set(two, 9, pte(t, PTE_P)), 0);
	CU_ASSERT_EQUAL(*entry(two, 9), pte(t, PTE_P | PTE_US));
	/* Only flags: no new reference. */
	CU_ASSERT_EQUAL(set(two, 9, pte(t, PTE_P | PTE_NX)), 0);
	CU_ASSERT_EQUAL(*entry(two, 9), pte(t, PTE_P | PTE_US | PTE_NX));
	CU_ASSERT_EQUAL(set(two, 9, 0), 0);
	CU_ASSERT_EQUAL(word(t) & FRAME_TCOUNT_MASK, 0);
}

static void accessed_and_dirty_are_kept_if_asked(void)
{
	uint64_t *e = entry(l1(&g), 0);
	uint64_t value = pte(g.mfn[0], PTE_P | PTE_US);

	*e |= PTE_A | PTE_D;
	CU_ASSERT_EQUAL(pte_update(v, g.d, g.d, l1(&g), 0, value, true, NULL),
			0);
	CU_ASSERT_EQUAL(*e, value | PTE_A | PTE_D | PTE_G);
	CU_ASSERT_EQUAL(set(l1(&g), 0, value), 0);
	CU_ASSERT_EQUAL(*e, value | PTE_G);
}

static void an_exchange_compares(void)
{
	uint64_t *e = entry(l1(&g), 0), old = *e, expect = old ^ PTE_A;
	uint64_t value = pte(g.mfn[1], F_RW | PTE_G);

	CU_ASSERT_EQUAL(pte_update(v, g.d, g.d, l1(&g), 0, value, false, &expect),
			-XEN_EAGAIN);
	CU_ASSERT_EQUAL(expect, old);
	CU_ASSERT_EQUAL(*e, old);
	CU_ASSERT_EQUAL(
		pte_update(v, g.d, g.d, l1(&g), 0, value, false, &expect), 0);
	CU_ASSERT_EQUAL(*e, value);
}

static void parts_of_an_entry_are_merged(void)
{
	uint64_t *e = entry(l1(&g), 0), old = *e, expect = 0x1234;

	CU_ASSERT_EQUAL(pte_write_partial(v, l1(&g), 7, 0x80, 1, NULL), 0);
	CU_ASSERT_EQUAL(*e, old | PTE_NX);
	CU_ASSERT_EQUAL(pte_write_partial(v, l1(&g), 4, 0, 4, &expect),
			-XEN_EAGAIN);
	CU_ASSERT_EQUAL(expect, *e >> 32);
	CU_ASSERT_EQUAL(pte_write_partial(v, l1(&g), 4, 0, 4, &expect), 0);
	CU_ASSERT_EQUAL(*e, old);
}

/* ---- What is legal ------------------------------------------------------------------- */

static void errors_of_entries(void)
{
	mfn_t two = g.mfn[PAGES - 3], own = l1(&other);
	struct vcpu *w = other.d->vcpu[0];
	struct domain *o = other.d;

	/* L1: not ours, nobody's, no memory at all. */
	CU_ASSERT_EQUAL(set(l1(&g), 90, pte(other.mfn[0], F_RO)), -XEN_EBUSY);
	CU_ASSERT_EQUAL(set(l1(&g), 90, pte(MFN(0), F_RO)), -XEN_EBUSY);
	CU_ASSERT_EQUAL(
		pte_update(w, o, o, own, 90, PTE_ADDR | F_RO, false, NULL),
		-XEN_EINVAL);
	/* Cache types are for who has devices. */
	CU_ASSERT_EQUAL(pte_update(w, o, o, own, 90,
				   pte(other.mfn[0], F_RO | PTE_PCD), false,
				   NULL),
			-XEN_EINVAL);
	/* Upper: no superpages, no cache types, no globals, right level. */
	CU_ASSERT_EQUAL(set(two, 90, pte(g.mfn[0], F_RW | PTE_PSE)),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(set(two, 90, pte(spare(9), F_RW | PTE_PWT)),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(set(two, 90, pte(spare(9), F_RW | PTE_G)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(two, 90, pte(g.mfn[0], F_RW)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(two, 90, pte(two, F_RW)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(two, 90, pte(g.root, F_RW)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(two, 90, pte(other.mfn[9], F_RW)), -XEN_EINVAL);
	/* The hypervisor's slots. */
	CU_ASSERT_EQUAL(set(g.root, 256, pte(l3(&g), F_RW)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(g.root, 271, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(g.root, 272, pte(l3(&g), F_RW)), 0);
	/* A table that is not ours, a page that is no table. */
	CU_ASSERT_EQUAL(set(own, 0, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(MFN(frame_limit), 0, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(g.mfn[3], 5, 0x1234567), 0);
	CU_ASSERT_EQUAL(*entry(g.mfn[3], 5), 0x1234567);
}

static void trusted_pages_are_mapped_readonly_only(void)
{
	mfn_t seg = spare(10);

	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(l1(&g), F_RW)), -XEN_EBUSY);
	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(g.root, F_RW)), -XEN_EBUSY);
	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(g.root, F_RO)), 0);
	CU_ASSERT_EQUAL(type_get(g.d, seg, FT_SEGDESC), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 92, pte(seg, F_RW)), -XEN_EBUSY);
	CU_ASSERT_EQUAL(set(l1(&g), 92, pte(seg, F_RO)), 0);
	CU_ASSERT_EQUAL(set(seg, 0, 0), -XEN_EINVAL);
	type_put(seg);
	CU_ASSERT_EQUAL(set(l1(&g), 92, pte(seg, F_RW)), 0);
	CU_ASSERT_EQUAL(type_get(g.d, seg, FT_SEGDESC), -XEN_EINVAL);
}

static void descriptors_are_made_safe(void)
{
	mfn_t seg = spare(10);
	uint64_t *e = entry(seg, 0);

	e[1] = 0x00af9b000000ffff;		  /* 64-bit code, DPL 0 */
	e[2] = 0x00cf93000000ffff & ~(1ul << 47); /* not present */
	CU_ASSERT_EQUAL(type_get(g.d, seg, FT_SEGDESC), 0);
	CU_ASSERT_EQUAL(e[1], 0x00affb000000ffff);
	CU_ASSERT_EQUAL(e[2], 0x00cf13000000ffff);
	type_put(seg);
	e[3] = 0x0000890000000067; /* a TSS */
	CU_ASSERT_EQUAL(set(l1(&g), 99, pte(seg, F_RW)), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 99, 0), 0);
	CU_ASSERT_EQUAL(type_get(g.d, seg, FT_SEGDESC), -XEN_EINVAL);
	CU_ASSERT_EQUAL(word(seg) & FRAME_TCOUNT_MASK, 0);
}

static void device_memory(void)
{
	mfn_t io = MFN(frame_limit + 100);
	struct domain *pseudo = pte_pseudo_domain(DOMID_IO);
	uint64_t *e = entry(l1(&g), 80);

	CU_ASSERT_EQUAL(set(l1(&g), 80, pte(io, F_RW)), 0);
	CU_ASSERT_EQUAL(*e, pte(io, F_RW | PTE_PWT | PTE_PCD | PTE_G));
	CU_ASSERT_EQUAL(set(l1(&g), 80, pte(io, F_RW | PTE_PWT | PTE_PSE)), 0);
	CU_ASSERT_EQUAL(*e, pte(io, F_RW | PTE_PWT | PTE_PCD | PTE_G));
	CU_ASSERT_EQUAL(set(l1(&g), 80, pte(io, F_RW | PTE_PCD)), 0);
	CU_ASSERT_EQUAL(*e, pte(io, F_RW | PTE_PCD | PTE_G));
	CU_ASSERT_EQUAL(pte_update(v, g.d, pseudo, l1(&g), 80, pte(io, F_RO),
				   false, NULL),
			0);
	/* RAM is nobody's by that name. */
	CU_ASSERT_EQUAL(pte_update(v, g.d, pseudo, l1(&g), 81,
				   pte(g.mfn[0], F_RO), false, NULL),
			-XEN_EBUSY);
	CU_ASSERT_EQUAL(pte_update(other.d->vcpu[0], other.d, other.d,
				   l1(&other), 80, pte(io, F_RO), false, NULL),
			-XEN_EPERM);
	CU_ASSERT_EQUAL(pte_update(other.d->vcpu[0], other.d, pseudo,
				   l1(&other), 80, pte(io, F_RO), false, NULL),
			-XEN_EPERM);
}

static void share_pages(void)
{
	mfn_t m = ptr_frame(g.d->shared);

	CU_ASSERT_EQUAL(set(l1(&g), 80, pte(m, F_RW)), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 81, pte(m, F_RW | PTE_PCD)), -XEN_EACCES);
	CU_ASSERT_EQUAL(type_get(g.d, m, FT_L1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(l1(&g), 81, pte(ptr_frame(other.d->shared), F_RO)),
			-XEN_EBUSY);
}

static void foreign_frames(void)
{
	uint64_t value = pte(other.mfn[2], F_RW);

	CU_ASSERT_EQUAL(
		pte_update(v, g.d, other.d, l1(&g), 80, value, false, NULL), 0);
	CU_ASSERT_EQUAL(frame_of(other.mfn[2])->foreign, 1);
	CU_ASSERT_EQUAL(audit_frames(), 0);
	/* Its owner cannot make a table of it meanwhile. */
	CU_ASSERT_EQUAL(type_get(other.d, other.mfn[2], FT_L1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(set(l1(&g), 80, 0), 0);
	/* Tables link to tables of their own domain only. */
	CU_ASSERT_EQUAL(pte_update(v, g.d, other.d, g.mfn[PAGES - 3], 80,
				   pte(other.mfn[2], F_RW), false, NULL),
			-XEN_EINVAL);
}

/* ---- Pins ---------------------------------------------------------------------------------- */

static void pins(void)
{
	mfn_t t = table_of(20, 4);
	uint64_t before = word(g.mfn[0]);

	CU_ASSERT_EQUAL(type_pin(g.d, t, FT_L1), 0);
	CU_ASSERT_EQUAL(word(g.mfn[0]), before + FRAME_TCOUNT_ONE + 1);
	CU_ASSERT_EQUAL(type_pin(g.d, t, FT_L1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(type_pin(g.d, t, FT_L2), -XEN_EINVAL);
	CU_ASSERT_EQUAL(type_pin(other.d, t, FT_L1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(type_pin(g.d, MFN_NONE, FT_L1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(type_unpin(other.d, t), -XEN_EINVAL);
	CU_ASSERT_EQUAL(audit_frames(), 0);
	CU_ASSERT_EQUAL(type_unpin(g.d, t), 0);
	CU_ASSERT_EQUAL(type_unpin(g.d, t), -XEN_EINVAL);
	CU_ASSERT_EQUAL(word(g.mfn[0]), before);
}

/* Each level, with something wrong at the bottom: nothing is left behind. */
static void a_failed_validation_leaves_nothing(void)
{
	static bool (*const preempt[])(void) = { NULL, sometimes, always };

	for (unsigned int i = 0; i < ARRAY_SIZE(preempt); i++) {
		mfn_t top = tree(), bottom = g.mfn[24];
		uint64_t before = word(g.mfn[0]), *bad = entry(bottom, 500);

		*bad = pte(other.mfn[0], F_RO);
		host.preempt = preempt[i];
		CU_ASSERT_EQUAL(until_done(type_pin(g.d, top, FT_L4)),
				-XEN_EBUSY);
		*bad = PTE_ADDR | F_RO;
		CU_ASSERT_EQUAL(until_done(type_pin(g.d, top, FT_L4)),
				-XEN_EINVAL);
		host.preempt = NULL;
		for (unsigned int p = 20; p < 25; p++)
			CU_ASSERT_EQUAL(word(g.mfn[p]) & (FRAME_TCOUNT_MASK |
							  FRAME_PARTIAL |
							  FRAME_VALIDATED),
					0);
		CU_ASSERT_EQUAL(word(g.mfn[0]), before);
		CU_ASSERT_EQUAL(audit_frames(), 0);
		for (unsigned int p = 20; p < 25; p++)
			CU_ASSERT_EQUAL(set(l1(&g), p, pte(g.mfn[p], F_RW)), 0);
	}
}

/* ---- Interruptions -------------------------------------------------------------------------- */

static void every_step_can_be_interrupted(void)
{
	mfn_t top = tree();
	unsigned int calls = 0;
	int rc;

	host.preempt = always;
	do {
		rc = type_pin(g.d, top, FT_L4);
		CU_ASSERT_EQUAL(audit_frames(), 0);
		calls++;
	} while (rc == -XEN_ERESTART);
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(calls > 20);
	rc = type_unpin(g.d, top);
	for (calls = 0; rc == -XEN_ERESTART; calls++) {
		CU_ASSERT_EQUAL(audit_frames(), 0);
		rc = type_finish(top);
	}
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(calls > 20);
	CU_ASSERT_EQUAL(word(g.mfn[24]) & FRAME_TCOUNT_MASK, 0);
}

/* Somebody else goes on, in either direction, wherever it was left. */
static void a_change_can_be_turned(void)
{
	mfn_t top = tree();

	for (unsigned int stop = 1; stop < 60; stop++) {
		int rc = -XEN_ERESTART;

		host.preempt = always;
		for (unsigned int n = 0; n < stop && rc; n++)
			rc = type_get(g.d, top, FT_L4);
		if (!rc)
			rc = type_put(top);
		for (unsigned int n = 0; n < stop && rc; n++)
			rc = type_finish(top);
		CU_ASSERT_EQUAL(audit_frames(), 0);
		host.preempt = NULL;
		CU_ASSERT_EQUAL(type_get(g.d, top, FT_L4), 0);
		/* The one that was interrupted has nothing to do any more. */
		CU_ASSERT_EQUAL(type_finish(top), 0);
		CU_ASSERT_EQUAL(type_put(top), 0);
		CU_ASSERT_EQUAL(audit_frames(), 0);
	}
}

/* Nobody goes on: the end of the domain does. end() sees if a page is lost. */
static void a_change_that_is_never_continued(void)
{
	mfn_t top = tree();

	host.preempt = always;
	for (unsigned int n = 0; n < 15; n++)
		CU_ASSERT_EQUAL_FATAL(type_pin(g.d, top, FT_L4), -XEN_ERESTART);
	CU_ASSERT_NOT_EQUAL(word(top) & FRAME_PARTIAL, 0);
	CU_ASSERT_EQUAL(type_get(g.d, top, FT_WRITABLE), -XEN_EINVAL);
	CU_ASSERT_EQUAL(domain_free(g.d, top), 0);
}

static void an_old_table_is_finished_by_the_next_call(void)
{
	mfn_t top = tree();

	CU_ASSERT_EQUAL(set(g.root, 5, pte(g.mfn[21], F_RW)), 0);
	host.preempt = always;
	CU_ASSERT_EQUAL(pte_update(v, g.d, g.d, g.root, 5, 0, false, NULL), 0);
	CU_ASSERT_TRUE(pte_unfinished(v));
	CU_ASSERT_EQUAL(audit_frames(), 0);
	CU_ASSERT_EQUAL(pte_update(v, g.d, g.d, l1(&g), 70, 0, false, NULL),
			-XEN_ERESTART);
	CU_ASSERT_EQUAL(until_done(pte_finish(v)), 0);
	CU_ASSERT_EQUAL(word(g.mfn[21]) & FRAME_TCOUNT_MASK, 0);
	CU_ASSERT_EQUAL(word(top) & FRAME_TCOUNT_MASK, 0);
}

static void roots(void)
{
	mfn_t top = tree();

	/* The guest must still find itself. */
	*entry(top, 0) = *entry(g.root, 0);
	host.preempt = sometimes;
	CU_ASSERT_EQUAL(until_done(pte_set_root(v, top, false)), 0);
	CU_ASSERT_EQUAL(v->x86.cr3, top.n << PAGE_SHIFT);
	CU_ASSERT_EQUAL(until_done(pte_set_root(v, top, true)), 0);
	CU_ASSERT_EQUAL(word(top) & FRAME_TCOUNT_MASK, 2 * FRAME_TCOUNT_ONE);
	CU_ASSERT_EQUAL(until_done(pte_set_root(v, l3(&g), true)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(until_done(pte_set_root(v, MFN(0), false)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(until_done(pte_set_root(v, MFN(0), true)), 0);
	CU_ASSERT_EQUAL(until_done(pte_set_root(v, g.root, false)), 0);
	CU_ASSERT_EQUAL(until_done(pte_finish(v)), 0);
	CU_ASSERT_EQUAL(word(top) & FRAME_TCOUNT_MASK, 0);
	CU_ASSERT_EQUAL(*entry(top, 256), *entry(g.root, 256));
}

/* ---- Flushes ------------------------------------------------------------------------------------ */

static void a_stale_writable_translation_is_flushed(void)
{
	unsigned int flushes;
	uint64_t x = 1;
	mfn_t m = g.mfn[6];

	/* CPU 1 has written there; then the page is unmapped, no flush asked. */
	host_cpu(1);
	host_run(g.d->vcpu[1]);
	CU_ASSERT_EQUAL(copy_to_guest(HOST_VA(6), &x, 8), 0);
	memset(frame_ptr(m), 0, PAGE_SIZE);
	host_cpu(0);
	CU_ASSERT_EQUAL(set(l1(&g), 6, 0), 0);
	flushes = host.cpu[1].full_flushes;
	CU_ASSERT_EQUAL(type_get(g.d, m, FT_L1), 0);
	CU_ASSERT_EQUAL(host.cpu[1].full_flushes, flushes + 1);
	CU_ASSERT_EQUAL(host_tlb_audit(), 0);
	type_put(m);
	/* Back and forth: the same again, each time it matters. */
	CU_ASSERT_EQUAL(set(l1(&g), 6, pte(m, F_RW)), 0);
	CU_ASSERT_EQUAL(host.cpu[1].full_flushes, flushes + 2);
}

static void nobody_is_flushed_in_vain(void)
{
	unsigned int flushes;
	mfn_t m = spare(6);

	host_cpu(1);
	host_run(g.d->vcpu[1]);
	host_cpu(0);
	/* All have flushed since it was let go of. */
	arch_flush(3, FLUSH_TLB | FLUSH_GLOBAL, 0);
	flushes = host.cpu[0].full_flushes + host.cpu[1].full_flushes;
	CU_ASSERT_EQUAL(type_get(g.d, m, FT_L1), 0);
	type_put(m);
	/* The same type once more. */
	CU_ASSERT_EQUAL(type_get(g.d, m, FT_L1), 0);
	type_put(m);
	CU_ASSERT_EQUAL(host.cpu[0].full_flushes + host.cpu[1].full_flushes,
			flushes);
	/* CPU 1 does not run this domain. */
	host_cpu(1);
	host_run(&host.cpu[1].idle);
	host_cpu(0);
	flushes = host.cpu[1].full_flushes;
	CU_ASSERT_EQUAL(set(l1(&g), 6, pte(m, F_RW)), 0);
	CU_ASSERT_EQUAL(host.cpu[1].full_flushes, flushes);
}

static void who_maps_a_foreign_frame_is_flushed(void)
{
	uint64_t x = 0;
	mfn_t m = other.mfn[7];

	CU_ASSERT_EQUAL(pte_update(v, g.d, other.d, l1(&g), 80, pte(m, F_RW),
				   false, NULL),
			0);
	CU_ASSERT_EQUAL(copy_to_guest(HOST_VA(80), &x, 8), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 80, 0), 0);
	CU_ASSERT_EQUAL(pte_update(other.d->vcpu[0], other.d, other.d,
				   l1(&other), 7, 0, false, NULL),
			0);
	CU_ASSERT_EQUAL(type_get(other.d, m, FT_L1), 0);
	CU_ASSERT_EQUAL(host_tlb_audit(), 0);
	type_put(m);
}

/* ---- Hypercalls -------------------------------------------------------------------------------------- */

static void a_batch_says_how_far_it_got(void)
{
	struct mmu_update *req = (void *)args;
	uint32_t *done = (uint32_t *)&args[60];
	uint64_t at = HOST_WINDOW, out = HOST_WINDOW + 480;

	for (unsigned int i = 0; i < 5; i++) {
		req[i].ptr = pte(l1(&g), (200 + i) * 8);
		req[i].val = pte(g.mfn[i], F_RW);
	}
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, DOMID_SELF), 0);
	CU_ASSERT_EQUAL(*done, 5);
	req[3].val = pte(g.root, F_RW);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, DOMID_SELF), -XEN_EBUSY);
	CU_ASSERT_EQUAL(*done, 3);
	req[1].ptr |= 7;
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, DOMID_SELF),
			-XEN_ENOSYS);
	CU_ASSERT_EQUAL(*done, 1);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, 77), -XEN_ESRCH);
	CU_ASSERT_EQUAL(*done, 0);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, 0, 0), -XEN_ESRCH);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, 0, 99 << 16 | DOMID_SELF),
			-XEN_ESRCH);
	CU_ASSERT_EQUAL(call(hc_mmu_update, 0xffff800000000000, 5, 0, DOMID_SELF),
			-XEN_EFAULT);
	/* 512 bytes are there: one request can be read, the next cannot. */
	req[31].ptr = pte(l1(&g), 200 * 8);
	req[31].val = 0;
	CU_ASSERT_EQUAL(call(hc_mmu_update, at + 31 * 16, 2, at, DOMID_SELF),
			-XEN_EFAULT);
	CU_ASSERT_EQUAL(*(uint32_t *)args, 1);
}

static void a_batch_is_continued(void)
{
	struct mmuext_op *op = (void *)args;
	struct hypercall h = {
		.v = v, .arg = { HOST_WINDOW, 3, HOST_WINDOW + 480, DOMID_SELF }
	};
	unsigned int again = 0;
	int64_t rc;

	op[0] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE };
	op[0].arg1.mfn = tree().n;
	op[1] = op[2] = op[0];
	op[1].cmd = MMUEXT_UNPIN_TABLE;
	host.preempt = always;
	while ((rc = hc_mmuext_op(&h)) == -XEN_ERESTART) {
		CU_ASSERT_EQUAL_FATAL(audit_frames(), 0);
		again++;
	}
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(again > 50);
	CU_ASSERT_EQUAL(*(uint32_t *)&args[60], 3);
	CU_ASSERT_NOT_EQUAL(word(g.mfn[20]) & FRAME_PINNED, 0);
	/* The error comes after what was put is gone. */
	op[0].cmd = MMUEXT_UNPIN_TABLE;
	op[1].cmd = 77;
	CU_ASSERT_EQUAL(call(hc_mmuext_op, HOST_WINDOW, 2, HOST_WINDOW + 480,
			     DOMID_SELF),
			-XEN_ENOSYS);
	CU_ASSERT_EQUAL(*(uint32_t *)&args[60], 1);
	CU_ASSERT_EQUAL(word(g.mfn[24]) & FRAME_TCOUNT_MASK, 0);
}

static int64_t ext(unsigned int cmd, uint64_t a1, uint64_t a2, domid_t foreign)
{
	struct mmuext_op *op = (void *)args;

	op->cmd = cmd;
	op->arg1.mfn = a1;
	op->arg2.src_mfn = a2;
	return call(hc_mmuext_op, HOST_WINDOW, 1, 0, foreign);
}

static void errors_of_extended_operations(void)
{
	CU_ASSERT_EQUAL(ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, 1), -XEN_EPERM);
	CU_ASSERT_EQUAL(ext(MMUEXT_NEW_BASEPTR, g.root.n, 0, 1), -XEN_EPERM);
	CU_ASSERT_EQUAL(ext(MMUEXT_NEW_BASEPTR, g.mfn[0].n, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_CLEAR_PAGE, g.root.n, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_COPY_PAGE, g.mfn[0].n, 1, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_COPY_PAGE, g.mfn[0].n, g.root.n, DOMID_SELF),
			0);
	CU_ASSERT_EQUAL(
		memcmp(frame_ptr(g.mfn[0]), frame_ptr(g.root), PAGE_SIZE), 0);
	CU_ASSERT_EQUAL(ext(MMUEXT_MARK_SUPER, 0, 0, DOMID_SELF),
			-XEN_EOPNOTSUPP);
	CU_ASSERT_EQUAL(ext(MMUEXT_TLB_FLUSH_MULTI, 0, 1ul << 63, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_SET_LDT, 8, 1, DOMID_SELF), -XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_SET_LDT, 4096, 8193, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(14, 0, 0, DOMID_SELF), -XEN_ENOSYS);
	host_run(other.d->vcpu[0]);
	CU_ASSERT_EQUAL(ext(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_SELF), -XEN_EACCES);
	CU_ASSERT_EQUAL(ext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_UNPIN_TABLE, g.root.n, 0, 0), -XEN_EPERM);
	CU_ASSERT_EQUAL(ext(MMUEXT_UNPIN_TABLE, g.root.n, 0, DOMID_IO),
			-XEN_EPERM);
}

static void update_va_mapping(void)
{
	uint64_t va = HOST_VA(90), value = pte(g.mfn[0], F_RW), x = 77, y = 0;

	CU_ASSERT_EQUAL(call(hc_update_va_mapping, va, value, 0, 0), 0);
	CU_ASSERT_EQUAL(copy_to_guest(va, &x, 8), 0);
	CU_ASSERT_EQUAL(copy_from_guest(&y, HOST_VA(0), 8), 0);
	CU_ASSERT_EQUAL(y, 77);
	CU_ASSERT_EQUAL(
		call(hc_update_va_mapping, va, 0, UVMF_INVLPG | UVMF_LOCAL, 0),
		0);
	CU_ASSERT_EQUAL(copy_to_guest(va, &x, 8), -XEN_EFAULT);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping, va, 0,
			     UVMF_TLB_FLUSH | 1ul << 62, 0),
			-XEN_EFAULT);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping, va + (1ul << 30), 0, 0, 0),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping, 0xffff800000000000, 0, 0, 0),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping_otherdomain, va, 0, 0, 5),
			-XEN_ESRCH);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping_otherdomain, va,
			     pte(other.mfn[0], F_RO), 0, 1),
			0);
	host_run(other.d->vcpu[0]);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping_otherdomain, va, 0, 0, 0),
			-XEN_EPERM);
}

/* ---- The audit ------------------------------------------------------------------------------------------ */

static void the_audit_sees_damage(void)
{
	struct frame *f = frame_of(g.mfn[0]);
	uint64_t *e = entry(l1(&g), 0), was = *e;

	f->word += FRAME_TCOUNT_ONE;
	CU_ASSERT(audit_frames());
	f->word -= FRAME_TCOUNT_ONE;
	*e = was & ~PTE_RW;
	CU_ASSERT(audit_frames());
	*e = pte(g.root, F_RW);
	CU_ASSERT(audit_frames());
	*e = was;
	frame_of(g.root)->word &= ~FRAME_PINNED;
	CU_ASSERT(audit_frames());
	frame_of(g.root)->word |= FRAME_PINNED;
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(l1_flags_are_adjusted),
		TEST(upper_entries_become_user),
		TEST(accessed_and_dirty_are_kept_if_asked),
		TEST(an_exchange_compares),
		TEST(parts_of_an_entry_are_merged),
		TEST(errors_of_entries),
		TEST(trusted_pages_are_mapped_readonly_only),
		TEST(descriptors_are_made_safe),
		TEST(device_memory),
		TEST(share_pages),
		TEST(foreign_frames),
		TEST(pins),
		TEST(a_failed_validation_leaves_nothing),
		TEST(every_step_can_be_interrupted),
		TEST(a_change_can_be_turned),
		TEST(a_change_that_is_never_continued),
		TEST(an_old_table_is_finished_by_the_next_call),
		TEST(roots),
		TEST(a_stale_writable_translation_is_flushed),
		TEST(nobody_is_flushed_in_vain),
		TEST(who_maps_a_foreign_frame_is_flushed),
		TEST(a_batch_says_how_far_it_got),
		TEST(a_batch_is_continued),
		TEST(errors_of_extended_operations),
		TEST(update_va_mapping),
		TEST(the_audit_sees_damage),
		CU_TEST_INFO_NULL,
	};

	return unit_main("pagetype", tests, begin, end);
}
