// SPDX-License-Identifier: MIT
/*
 * Two guests for tests of page types: g is privileged, two vCPUs on two CPUs,
 * other is not. This is CPU 0 with v, g's first.
 */
#ifndef MMU_SETUP_H
#define MMU_SETUP_H

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
static inline bool sometimes(void)
{
	static unsigned int n;

	return ++n % 2;
}

static inline bool always(void)
{
	return true;
}

static inline void begin(void)
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

static inline void end(void)
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

static inline uint64_t pte(mfn_t m, uint64_t flags)
{
	return m.n << PAGE_SHIFT | flags;
}

static inline uint64_t *entry(mfn_t table, unsigned int i)
{
	return (uint64_t *)frame_ptr(table) + i;
}

static inline uint64_t word(mfn_t m)
{
	return frame_of(m)->word;
}

/* The first table: maps HOST_VA(0..511). Its entries PAGES.. are free. */
static inline mfn_t l1(const struct host_guest *of)
{
	return of->mfn[of->pages - of->tables];
}

static inline mfn_t l3(const struct host_guest *of)
{
	return of->mfn[of->pages - 2];
}

static inline int set(mfn_t table, unsigned int i, uint64_t value)
{
	return until_done(pte_update(v, g.d, g.d, table, i, value, false, NULL));
}

/* An unmapped page of g's, zeroed. */
static inline mfn_t spare(unsigned int page)
{
	memset(frame_ptr(g.mfn[page]), 0, PAGE_SIZE);
	CU_ASSERT_EQUAL_FATAL(set(l1(&g), page, 0), 0);
	return g.mfn[page];
}

/* An L1 of g's that maps n pages of its writably; not yet typed. */
static inline mfn_t table_of(unsigned int page, unsigned int n)
{
	mfn_t m = spare(page);

	for (unsigned int i = 0; i < n; i++)
		*entry(m, i * 7) = pte(g.mfn[i], F_RW);
	return m;
}

/* L4 -> L3 -> L2 -> L1s at pages 20.., all valid. Returns the L4. */
static inline mfn_t tree(void)
{
	mfn_t top = spare(20), three = spare(21), two = spare(22);

	*entry(top, 3) = pte(three, F_RW);
	*entry(top, 300) = pte(three, F_RO);
	*entry(three, 511) = pte(two, F_RW);
	*entry(two, 0) = pte(table_of(23, 5), F_RW);
	*entry(two, 400) = pte(table_of(24, 9), F_RW);
	return top;
}

static inline int64_t call(hypercall_fn *fn, uint64_t a0, uint64_t a1,
			   uint64_t a2, uint64_t a3)
{
	struct hypercall h = { .v = current_vcpu(), .arg = { a0, a1, a2, a3 } };

	return until_done((int)fn(&h));
}

#endif
