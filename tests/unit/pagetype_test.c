// SPDX-License-Identifier: MIT
/*
 * Page types and page-table entries: what is legal, what is read back, what
 * answers there are, what is left behind when a change fails, is interrupted
 * or never continued, and which TLBs are flushed for it.
 */
#include "mmu_setup.h"

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
		rc = type_finish(top, false);
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
			rc = type_finish(top, false);
		CU_ASSERT_EQUAL(audit_frames(), 0);
		host.preempt = NULL;
		CU_ASSERT_EQUAL(type_get(g.d, top, FT_L4), 0);
		/* The one that was interrupted has nothing to do any more. */
		CU_ASSERT_EQUAL(type_finish(top, false), 0);
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
		TEST(the_audit_sees_damage),
		CU_TEST_INFO_NULL,
	};

	return unit_main("pagetype", tests, begin, end);
}
